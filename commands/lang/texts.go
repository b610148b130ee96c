package lang

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/commands/prose"
)

// Text is one word of any text, in quotes where it holds blanks.
func Text(name string) *Arg[string] { return text(name, "") }

// Filled is one word of any text but the empty one.
func Filled(name string) *Arg[string] { return text(name, name+" must not be empty") }

// text is one word; empty is what is wrong with the empty one, "" where nothing is.
func text(name, empty string) *Arg[string] {
	return (&Kind[string]{
		Name: name, Doc: "a word, or a text in quotes",
		Word: func(p *Parser, w Word) (string, error) {
			if w.Text == "" && empty != "" {
				return "", p.Fail(w, "%s", empty)
			}
			return w.Text, nil
		},
	}).New()
}

// Rest is the rest of the command, taken as it stands. Options of the
// command's may end it.
func Rest(name string) *Arg[string] {
	return (&Kind[string]{
		Name: name, Doc: "any text, used exactly as typed, to the end of the line, a `;`, or a `#` at the start of " +
			"a word",
		nature: nature{raw: rawText},
		Parse: func(p *Parser) (string, error) {
			text, _, err := p.raw(rawText)
			if err == nil && text == "" && !p.arg.optional {
				err = p.Missing()
			}
			return text, err
		},
	}).New()
}

// Tail is the rest of the command, which compile makes something of. A quote or
// a bracket that nobody closes is a mistake there, and so is what compile refuses:
// the column of its error counts in src.
func Tail[T any](name, doc string, compile func(p *Parser, src string) (T, error),
	complete func(*Completion)) *Kind[T] {
	return &Kind[T]{
		Name: name, Doc: doc, Complete: complete, nature: nature{raw: rawCondition},
		Parse: func(p *Parser) (v T, err error) {
			src, from, err := p.raw(rawCondition)
			if err != nil {
				return v, err
			}
			if src == "" {
				return v, p.Missing().asMistake()
			}
			got, err := compile(p, src)
			if err != nil {
				e := asError(err, p.lex.line)
				e.Line = p.lex.line
				e.Col = from + max(e.Col, 1)
				return v, e.asMistake()
			}
			return got, nil
		},
	}
}

// Words is any number of words, which the command reads for itself; offer completes them.
func Words(name string, offer ...string) *Arg[[]string] {
	return (&Kind[[]string]{
		Name: name, Doc: "words",
		Parse: func(p *Parser) ([]string, error) {
			var out []string
			for w, ok := p.Peek(); ok; w, ok = p.Peek() {
				out = append(out, w.Text)
				p.i++
			}
			return out, p.err
		},
		Complete: func(c *Completion) { c.Offer(offer...) },
	}).New()
}

// Nested is a whole command as an argument, as for `whatif`.
func Nested() *Arg[*Call] {
	return (&Kind[*Call]{
		Name: "COMMAND", Doc: "any command", nature: nature{isNested: true},
		Parse:    (*Parser).nested,
		Complete: func(c *Completion) { c.nested() },
	}).New()
}

func (p *Parser) nested() (*Call, error) {
	from := p.lex.pos
	if p.i < len(p.words) {
		from = p.words[p.i].From
	}
	if p.completing {
		p.touched = true
		return nil, errCompleting
	}
	c, end, err := p.Session.parseCommand(p.lex.line, from)
	if err != nil {
		return nil, err
	}
	p.words, p.err, p.lex.pos = p.words[:p.i], nil, end
	return c, nil
}

// Field is one FIELD=VALUE.
type Field struct{ Name, Value string }

// FieldList is several, each name once.
type FieldList []Field

// Get is the value of a field.
func (l FieldList) Get(name string) (string, bool) {
	for _, f := range l {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Fields is a list of FIELD=VALUE, where a FIELD is one of names.
func Fields(names ...string) *Arg[FieldList] {
	return (&Kind[FieldList]{
		Name: "FIELD=VALUE…", Doc: "one or more fields: " + prose.Or(names),
		Starts: func(w Word) bool { return strings.Contains(w.Text, "=") },
		Parse:  func(p *Parser) (FieldList, error) { return p.fields(names) },
		Complete: func(c *Completion) {
			for _, name := range names {
				c.Offer(name + "=")
			}
		},
	}).New()
}

func (p *Parser) fields(names []string) (FieldList, error) {
	var list FieldList
	for w, ok := p.at(p.i); ok; w, ok = p.Peek() {
		name, value, has := strings.Cut(w.Text, "=")
		switch {
		case !has && len(list) > 0 && p.More():
			return list, nil
		case !has:
			return nil, p.Fail(w, "%s is not FIELD=VALUE", prose.Cite(w.Text)).
				WithHint("write no blanks around the =; the fields are %s", prose.And(names))
		case !slices.Contains(names, name):
			w.Text = name
			return nil, p.NoChoice(w, "field", names)
		}
		if _, twice := list.Get(name); twice {
			return nil, p.Fail(w, "%s is given twice", name)
		}
		list = append(list, Field{name, value})
		p.i++
	}
	return list, p.err
}

// File is the path of a file.
func File() *Arg[string] {
	return text("FILE", "the name of a file is empty").Explained("a file, in quotes if its name has blanks").
		CompletedBy(completeFile)
}

// completeFile offers what the directory holds, hidden files only when asked
// for.
func completeFile(c *Completion) {
	dir, part := filepath.Split(c.Prefix)
	beside := filepath.Join(c.Session.Innermost().Dir, dir)
	if filepath.IsAbs(dir) {
		beside = dir
	}
	entries, err := os.ReadDir(cmp.Or(beside, "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".") {
			continue
		}
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		c.Offer(dir + name)
	}
}
