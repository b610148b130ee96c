package cond

import (
	"reflect"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/prose"
)

// Word is a name that conditions have for a field of a struct.
type Word struct {
	Name, Doc string // from its tags expr and doc
	Type      reflect.Type
	index     []int  // of the field
	names     string // the word of its elements that is a name of theirs
	id        []int  // where that is in an element
}

// WordsOf are the words of a struct. A field without one cannot be asked for.
func WordsOf(t reflect.Type) []Word {
	var out []Word
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("expr"); name != "" && name != "-" {
			w := Word{Name: name, Doc: f.Tag.Get("doc"), Type: f.Type, index: f.Index, names: f.Tag.Get("names")}
			if id, ok := wordOf(f.Type, w.names); ok {
				w.id = id.index
			}
			out = append(out, w)
		}
	}
	return out
}

// wordOf is one word of a struct, or of what a pointer or a collection holds.
func wordOf(t reflect.Type, name string) (Word, bool) {
	if t = elem(t); t == nil || name == "" {
		return Word{}, false
	}
	words := WordsOf(t)
	if i := slices.IndexFunc(words, func(w Word) bool { return w.Name == name }); i >= 0 {
		return words[i], true
	}
	return Word{}, false
}

func namesOf(words []Word) []string {
	return each.As(words, func(w Word) string { return w.Name })
}

// elem takes pointers and collections off a type.
func elem(t reflect.Type) reflect.Type {
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		t = t.Elem()
	}
	return t
}

// value is a word's value in a struct. It is an untyped nil where there is
// nothing, for a nil pointer inside an interface would not equal nil.
func (w *Word) value(v reflect.Value) any { return plain(v.FieldByIndex(w.index).Interface()) }

// lookup is the value of a name, nil where there is none.
func (l *Language[V]) lookup(v reflect.Value, name string) any {
	words := l.Words()
	for i := range words {
		if words[i].Name == name {
			return words[i].value(v)
		}
	}
	for _, w := range l.listed() {
		list := v.FieldByIndex(w.index)
		for j := range list.Len() {
			if x := list.Index(j); reflect.Indirect(x).FieldByIndex(w.id).String() == name {
				return x.Interface()
			}
		}
	}
	return nil
}

// membersOf are the words that may follow a path such as leader or
// messages[0].prev. A path that begins with a dot stands inside a predicate: it may
// be of anything that is listed.
func (l *Language[V]) membersOf(path []string, names []string) []string {
	var t reflect.Type
	switch w, ok := wordOf(reflect.TypeFor[V](), path[0]); {
	case path[0] == "":
		return l.listedWords()
	case ok:
		t = w.Type
	case slices.Contains(names, path[0]) && len(l.listed()) > 0:
		t = l.listed()[0].Type
	}
	for _, name := range path[1:] {
		w, _ := wordOf(t, name)
		t = w.Type
	}
	if t = elem(t); t == nil {
		return nil
	}
	return namesOf(WordsOf(t))
}

// listedWords are the words of each sort of thing that V has a list of.
func (l *Language[V]) listedWords() []string {
	var out []string
	var seen []reflect.Type
	for _, w := range l.Words() {
		if t := elem(w.Type); w.Type.Kind() == reflect.Slice && !slices.Contains(seen, t) {
			seen = append(seen, t)
			out = append(out, namesOf(WordsOf(t))...)
		}
	}
	return out
}

// pathAtEnd is a path that ends with a dot, and the beginning of a name behind it; indices may hold others.
var pathAtEnd = prose.Pattern(`(?:((?:\w|\.|` + index + `)*)\.)?(\w*)$`)

var indices = prose.Pattern(index)

const index = `\[(?:[^\[\]]|\[[^\[\]]*\])*\]`

// pathBefore is the path before the word at the end of text, where that stands behind a dot, and where
// the word begins: for `S1.up && leader.sn` it is [leader].
func pathBefore(text string) (path []string, at int) {
	m := pathAtEnd().FindStringSubmatchIndex(text)
	if m[2] >= 0 {
		path = strings.Split(indices().ReplaceAllString(text[m[2]:m[3]], ""), ".")
	}
	return path, m[4]
}
