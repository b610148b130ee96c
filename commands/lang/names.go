package lang

import (
	"slices"

	"raftlab/commands/prose"
)

// OneOf is one of the given words.
func OneOf(name string, words ...string) *Arg[string] {
	return (&Kind[string]{
		Name: name, Doc: "one of " + prose.Or(words), nature: nature{only: words},
		Starts: func(w Word) bool { return slices.Contains(words, w.Text) },
		Word: func(p *Parser, w Word) (string, error) {
			if !slices.Contains(words, w.Text) {
				return "", p.noneOf(w, words...).Suggest(w.Text, words, "")
			}
			return w.Text, nil
		},
		Complete: func(c *Completion) { c.Offer(words...) },
	}).New()
}

// noneOf is the error for a word that is none of the given ones.
func (p *Parser) noneOf(w Word, words ...string) *Error {
	return p.unlike(w, "%s is needed here, not %s", prose.Or(words), prose.Cite(w.Text)).wanting(words...)
}

// truth is a word among some that are understood, and whether it is the first of them. One that is a word of
// the command itself is none in quotes.
func truth(name, doc string, isWord bool, words ...string) *Kind[bool] {
	is := func(w Word) bool { return slices.Contains(words, w.Text) && !(isWord && w.Quoted) }
	return &Kind[bool]{
		Name: name, Doc: doc, Starts: is, nature: nature{isWord: isWord, only: words},
		Word: func(p *Parser, w Word) (bool, error) {
			if !is(w) {
				return false, p.noneOf(w, words...)
			}
			return w.Text == words[0], nil
		},
		Complete: func(c *Completion) { c.Offer(words...) },
	}
}

// OnOff is on or off; usage shows it as on|off.
func OnOff() *Arg[bool] { return truth("on|off", "on or off", false, "on", "off").New() }

// Literal is a word of the command itself: `until` in `run until CONDITION`.
func Literal(word string) *Arg[bool] { return truth(word, "the word itself", true, word).New() }

// Flag is an option that is just a word: `keep`.
func Flag(word string) *Arg[bool] { return Literal(word).Keyword(word) }

// Existing is the name of something of a sort that the World can list.
func Existing(name string, sort Sort) *Arg[string] {
	return NameIn(name, "the name of an existing "+string(sort), string(sort),
		func(_ *Session, w World) []string { return w.Names(sort) })
}

// NameIn is the name of something of a sort that can be listed.
func NameIn(name, doc, sort string, names func(*Session, World) []string) *Arg[string] {
	return (&Kind[string]{
		Name: name, Doc: doc,
		Word: func(p *Parser, w Word) (string, error) {
			if all := names(p.Session, p.World); !slices.Contains(all, w.Text) {
				return "", p.NoChoice(w, sort, all)
			}
			return w.Text, nil
		},
		Complete: func(c *Completion) { c.Offer(names(c.Session, c.World)...) },
	}).New()
}

// NoChoice is the error for a word that is none of the names of a sort of thing. It suggests one of
// them, or says how to list them.
func (p *Parser) NoChoice(w Word, sort string, names []string) *Error {
	err := p.Fail(w, "there is no %s %s", sort, prose.Cite(w.Text))
	otherwise := ""
	switch {
	case sort == "field":
		err.Msg += "; the fields are " + prose.And(names)
	case len(names) == 0:
		otherwise = "there is none yet"
	case len(names) == 1:
		otherwise = "the only one is " + names[0]
	case len(names) <= 12:
		otherwise = "choose one of " + prose.Or(names)
	case slices.Contains(p.Session.Table.domain.Listed, sort):
		otherwise = sort + "s lists them"
	}
	return err.Suggest(w.Text, names, otherwise)
}

// NewName is a name for something new: it begins with a letter, and holds
// letters, digits, '-', '_' and '.'.
func NewName() *Arg[string] {
	return (&Kind[string]{
		Name: "NAME", Doc: "a new name: a letter, then letters, digits, `-`, `_` or `.`",
		Word: func(p *Parser, w Word) (string, error) {
			if !IsName(w.Text) {
				return "", p.Fail(w, "a name begins with a letter and holds letters, digits, - _ and ., not %s",
					prose.Cite(w.Text))
			}
			return w.Text, nil
		},
	}).New()
}

var name = prose.Pattern(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// IsName says whether text may be the name of something new.
func IsName(text string) bool { return len(text) <= 64 && name().MatchString(text) }
