package cond

import (
	"errors"
	"slices"
	"strings"

	"raftlab/commands/lang"
)

// Kind is the kind of argument that is a condition, and takes the rest of the line.
func (l *Language[V]) Kind(name, doc string) *lang.Kind[*Cond[V]] {
	return lang.Tail(name, doc,
		func(p *lang.Parser, src string) (*Cond[V], error) { return l.parse(p, src, l.Compile) }, l.complete)
}

// ValueKind is like it, of any value.
func (l *Language[V]) ValueKind(name, doc string) *lang.Kind[*Cond[V]] {
	return lang.Tail(name, doc,
		func(p *lang.Parser, src string) (*Cond[V], error) { return l.parse(p, src, l.CompileValue) }, l.complete)
}

// parse compiles a condition about this world.
func (l *Language[V]) parse(p *lang.Parser, src string,
	compile func(string, []string) (*Cond[V], error)) (*Cond[V], error) {
	c, err := compile(src, l.Names(p.World))
	if err != nil {
		var e *lang.Error
		if errors.As(err, &e) && strings.HasPrefix(e.Msg, `"within" is not expected`) {
			e.Hint = l.Hints.Within
		}
		return nil, err
	}
	unseen := l.Unseen(p.World)
	for _, w := range l.Words() {
		if why := unseen[w.Name]; why != "" &&
			(slices.Contains(c.roots, w.Name) || c.words["$env"] && c.words[w.Name]) {
			return nil, &lang.Error{Msg: w.Name + ": " + why, Col: max(strings.Index(src, w.Name), 0) + 1}
		}
	}
	return c.Until(p.Session.Stopped), nil
}

// complete offers the names of the vocabulary, and after a dot the members of what
// stands before it.
func (l *Language[V]) complete(c *lang.Completion) {
	path, at := pathBefore(c.Text)
	names := l.Names(c.World)
	if len(path) > 0 {
		names = l.membersOf(path, names)
	} else {
		unseen := l.Unseen(c.World)
		words := slices.DeleteFunc(namesOf(l.Words()), func(name string) bool { return unseen[name] != "" })
		names = slices.Concat(words, names, []string{"len", "all", "any", "none", "one", "count", "filter", "not",
			"in"})
		slices.Sort(names)
	}
	for _, name := range names {
		if strings.HasPrefix(name, c.Text[at:]) {
			c.Add(c.From+at, name)
		}
	}
}
