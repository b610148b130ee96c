package cond

import (
	"reflect"
	"slices"
	"strings"

	"raftlab/commands/each"
)

// Word is a name that conditions have for a field of a struct.
type Word struct {
	Name, Doc string
	Type      reflect.Type
	index     []int
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
	for i := range l.Words {
		if l.Words[i].Name == name {
			return l.Words[i].value(v)
		}
	}
	for i := range l.listed {
		list := v.FieldByIndex(l.listed[i].index)
		for j := range list.Len() {
			if x := list.Index(j); reflect.Indirect(x).FieldByIndex(l.listed[i].id).String() == name {
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
	case slices.Contains(names, path[0]) && len(l.listed) > 0:
		t = l.listed[0].Type
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
	for _, w := range l.Words {
		if t := elem(w.Type); w.Type.Kind() == reflect.Slice && !slices.Contains(seen, t) {
			seen = append(seen, t)
			out = append(out, namesOf(WordsOf(t))...)
		}
	}
	return out
}

// pathBefore is the path that ends with the last dot of text, if the cursor
// stands right behind one: for `S1.up && leader.sn` it is [leader].
func pathBefore(text string) []string {
	end := len(text)
	for end > 0 && isNameByte(text[end-1]) {
		end--
	}
	if end == 0 || text[end-1] != '.' {
		return nil
	}
	from := end - 1
	for depth := 0; from > 0; from-- {
		c := text[from-1]
		switch {
		case c == ']':
			depth++
		case c == '[' && depth > 0:
			depth--
		case depth == 0 && c != '.' && !isNameByte(c):
			return splitPath(text[from : end-1])
		}
	}
	return splitPath(text[:end-1])
}

// splitPath takes the indices off a path and cuts it at its dots.
func splitPath(path string) []string {
	var b strings.Builder
	depth := 0
	for _, c := range path {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0:
			b.WriteRune(c)
		}
	}
	return strings.Split(b.String(), ".")
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
