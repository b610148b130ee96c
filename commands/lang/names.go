package lang

import (
	"slices"
	"strings"

	"raftlab/commands/prose"
)

// OneOf is one of the given words.
func OneOf(name string, words ...string) *Arg[string] {
	k := &Kind[string]{
		Name: name, Doc: "one of " + prose.Or(words),
		Starts: func(w Word) bool { return slices.Contains(words, w.Text) },
		Parse: func(p *Parser) (string, error) {
			w, err := p.Next()
			if err != nil {
				return "", err
			}
			if slices.Contains(words, w.Text) {
				return w.Text, nil
			}
			err = p.unlike(w, "%s is needed here, not %s", prose.Or(words), prose.Cite(w.Text)).wanting(words...)
			return "", err.(*Error).WithHint("%s", prose.DidYouMean(w.Text, words))
		},
		Complete: func(c *Completion) { c.Offer(words...) },
	}
	return k.New()
}

// OnOff is on or off; usage shows it as on|off.
func OnOff() *Arg[bool] {
	k := &Kind[bool]{
		Name: "on|off", Doc: "on or off",
		Starts: func(w Word) bool { return w.Text == "on" || w.Text == "off" },
		Parse: func(p *Parser) (bool, error) {
			w, err := p.Next()
			if err == nil && w.Text != "on" && w.Text != "off" {
				err = p.unlike(w, "on or off is needed here, not %s", prose.Cite(w.Text)).wanting("on", "off")
			}
			return w.Text == "on", err
		},
		Complete: func(c *Completion) { c.Offer("on", "off") },
	}
	return k.New()
}

// Literal is a word of the command itself: `until` in `run until CONDITION`.
func Literal(word string) *Arg[bool] {
	k := &Kind[bool]{
		Name: word, Doc: "the word itself", isWord: true,
		Starts: func(w Word) bool { return w.Text == word },
		Parse: func(p *Parser) (bool, error) {
			w, err := p.Next()
			if err == nil && w.Text != word {
				err = p.unlike(w, "%s is needed here, not %s", word, prose.Cite(w.Text)).wanting(word)
			}
			return true, err
		},
		Complete: OfferWord(word),
	}
	return k.New()
}

// Flag is an option that is just a word: `keep`.
func Flag(word string) *Arg[bool] { return Literal(word).Keyword(word) }

// Existing is the name of something of a sort that the World can list.
func Existing(name string, sort Sort) *Arg[string] {
	k := &Kind[string]{
		Name: name, Doc: "the name of an existing " + string(sort),
		Parse: func(p *Parser) (string, error) {
			w, err := p.Next()
			if err != nil {
				return "", err
			}
			names := p.World.Names(sort)
			if slices.Contains(names, w.Text) {
				return w.Text, nil
			}
			return "", p.NoChoice(w, string(sort), names)
		},
		Complete: func(c *Completion) { c.Offer(c.World.Names(sort)...) },
	}
	return k.New()
}

// NoChoice says that w is none of the names there are.
func (p *Parser) NoChoice(w Word, sort string, names []string) *Error {
	err := p.Fail(w, "there is no %s %s", sort, prose.Cite(w.Text))
	if sort == "field" {
		err.Msg += "; the fields are " + prose.And(names)
	}
	if hint := prose.DidYouMean(w.Text, names); hint != "" {
		return err.WithHint("%s", hint)
	}
	switch {
	case len(names) == 0:
		return err.WithHint("there is none yet")
	case len(names) <= 12:
		return err.WithHint("there is %s", prose.And(names))
	case slices.Contains(p.Session.Table.domain.Listed, sort):
		return err.WithHint("%ss lists them", sort)
	}
	return err
}

// NewName is a name for something new: it begins with a letter, and holds
// letters, digits, '-', '_' and '.'.
func NewName() *Arg[string] {
	k := &Kind[string]{
		Name: "NAME", Doc: "a new name: a letter, then letters, digits, `-`, `_` or `.`",
		Parse: func(p *Parser) (string, error) {
			w, err := p.Next()
			if err == nil && !IsName(w.Text) {
				err = p.Fail(w, "a name begins with a letter and holds letters, digits, - _ and ., not %s",
					prose.Cite(w.Text))
			}
			return w.Text, err
		},
	}
	return k.New()
}

// IsName says whether text may be the name of something new.
func IsName(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i] | 0x20
		if c >= 'a' && c <= 'z' && text[i] >= 'A' {
			continue
		}
		if i == 0 || !(text[i] >= '0' && text[i] <= '9' || strings.IndexByte("-_.", text[i]) >= 0) {
			return false
		}
	}
	return text != "" && len(text) <= 64
}
