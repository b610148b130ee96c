package lang

import (
	"slices"
	"strings"
)

// nested completes a command inside the command.
func (c *Completion) nested() { c.Session.completeCommand(c.line, c.From, c.offered) }

// result brings all offers to begin at the same byte.
func (o *offers) result(pos int) (from int, candidates []string) {
	from = 0
	for _, x := range o.all {
		from = max(from, x.from)
	}
	if len(o.all) == 0 {
		return pos, nil
	}
	for _, x := range o.all {
		if from-x.from <= len(x.text) {
			candidates = append(candidates, x.text[from-x.from:])
		}
	}
	slices.Sort(candidates)
	return from, slices.Compact(candidates)
}

// Complete returns what may stand for line[from:pos], the word before the
// cursor.
func (s *Session) Complete(line string, pos int) (from int, candidates []string) {
	defer func() {
		if recover() != nil { // a completion is never worth a crash
			from, candidates = pos, nil
		}
	}()
	pos = min(max(pos, 0), len(line))
	line = line[:pos]
	at := 0
	for {
		l := lexer{line: line, pos: at}
		for !l.skipBlanks() && l.pos < pos {
			if line[l.pos] == '#' {
				return pos, nil
			}
			l.pos++
		}
		at = l.pos
		end := s.skipCommand(line, at)
		if end >= pos {
			break
		}
		if line[end] != ';' {
			return pos, nil // in a comment
		}
		at = end + 1
	}
	o := &offers{}
	s.completeCommand(line, at, o)
	return o.result(pos)
}

// completeCommand offers what may stand at the end of line, in the command
// that begins at byte at.
func (s *Session) completeCommand(line string, at int, o *offers) {
	at, _ = skipNots(line, at)
	words, partial := wordsBefore(line, at)
	c := &Completion{Session: s, World: s.world, line: line, From: at, word: partial.From, Prefix: partial.Text,
		Text: line[at:], offered: o}
	if len(words) == 0 {
		for _, name := range s.Table.Names() {
			c.Offer(name)
		}
		return
	}
	cmd := s.Table.Lookup(words[0].Text)
	if cmd == nil {
		return
	}
	c.last = words[len(words)-1].Text
	for _, form := range cmd.forms() {
		p := &Parser{Session: s, World: s.world, lex: lexer{line: line, pos: words[0].To, positions: cmd.Positions},
			completing: true, hide: partial.From}
		p.form(form, func(a *param, from int) {
			if a.complete != nil {
				c.From = min(from, len(line))
				c.Text = line[c.From:]
				a.complete(c)
			}
		})
	}
}

// wordsBefore are the whole words of a command, and the one under the cursor
// at the end of line, which may be empty or have an open quote.
func wordsBefore(line string, at int) (words []Word, partial Word) {
	l := lexer{line: line, pos: at}
	for {
		w, ok, err := l.next()
		if err != nil {
			text := strings.Trim(line[w.From:], `"'`)
			return words, Word{Text: text, From: w.From, To: len(line), Quoted: true}
		}
		if !ok {
			return words, Word{From: len(line), To: len(line)}
		}
		if w.To == len(line) {
			return words, w
		}
		words = append(words, w)
	}
}
