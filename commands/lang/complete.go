package lang

import (
	"slices"
	"strings"
)

// nested completes a command inside the command.
func (c *Completion) nested() { c.Session.completeCommand(c.line, c.From, c.offered) }

// result brings all offers to begin at the same byte, each once, in the order in which
// they came: a kind offers first what fits now.
func (o *offers) result(pos int) (from int, candidates []string) {
	for _, x := range o.all {
		from = max(from, x.from)
	}
	if len(o.all) == 0 {
		return pos, nil
	}
	for _, x := range o.all {
		if from-x.from > len(x.text) {
			continue
		}
		if text := x.text[from-x.from:]; !slices.Contains(candidates, text) {
			candidates = append(candidates, text)
		}
	}
	return from, candidates
}

// Complete returns what may stand for line[from:pos], the word before the
// cursor, what fits now first.
func (s *Session) Complete(line string, pos int) (from int, candidates []string) {
	return s.offersAt(line, pos).result(pos)
}

// Wanted says what else may stand at pos that cannot be listed: a number, with its range.
func (s *Session) Wanted(line string, pos int) []string { return s.offersAt(line, pos).says }

func (s *Session) offersAt(line string, pos int) *offers {
	o := &offers{}
	defer func() {
		if recover() != nil { // a completion is never worth a crash
			*o = offers{}
		}
	}()
	line = line[:min(max(pos, 0), len(line))]
	if at, ok := s.lastCommand(line); ok {
		s.completeCommand(line, at, o)
	}
	return o
}

// lastCommand is where the command begins that the end of a line stands in; ok is false in
// a comment.
func (s *Session) lastCommand(line string) (at int, ok bool) {
	for {
		l := lexer{line: line, pos: at}
		for !l.skipBlanks() && l.pos < len(line) {
			if line[l.pos] == '#' {
				return 0, false
			}
			l.pos++
		}
		at = l.pos
		end := s.skipCommand(line, at)
		if end >= len(line) {
			return at, true
		}
		if line[end] != ';' {
			return 0, false
		}
		at = end + 1
	}
}

// completeCommand offers what may stand at the end of line, in the command
// that begins at byte at.
func (s *Session) completeCommand(line string, at int, o *offers) {
	at, _ = skipNots(line, at)
	words, partial := wordsBefore(line, at)
	c := &Completion{Session: s, World: s.world, line: line, From: at, word: partial.From, Prefix: partial.Text,
		Text: line[at:], offered: o}
	if len(words) == 0 {
		c.Offer(s.Table.Names()...)
		return
	}
	c.last = words[len(words)-1].Text
	s.formsAt(line, words[0], partial, func(_ Params, a *param, from int) {
		c.From = min(from, len(line))
		c.Text = line[c.From:]
		switch {
		case a.complete != nil:
			a.complete(c)
		case !a.isNested:
			c.Say(a.Name + ": " + strings.ReplaceAll(a.Doc, "`", ""))
		}
	})
}

// formsAt tells which parameters of the forms of a command may stand for the word under
// the cursor, and where each begins.
func (s *Session) formsAt(line string, name, partial Word, tell func(form Params, a *param, from int)) {
	cmd := s.Table.Lookup(s.meant(name, lexer{line: line, pos: name.To}))
	if cmd == nil {
		return
	}
	for _, form := range cmd.forms() {
		p := &Parser{Session: s, World: s.world, lex: lexer{line: line, pos: name.To, positions: cmd.Positions},
			completing: true, hide: partial.From}
		p.form(form, func(a *param, from int) { tell(form, a, from) })
	}
}

// Hint is what comes next behind a line, as usage lines have it: the arguments that have
// not begun. "" where nothing does.
func (s *Session) Hint(line string) (hint string) {
	defer func() {
		if recover() != nil {
			hint = ""
		}
	}()
	at, ok := s.lastCommand(line)
	if !ok {
		return ""
	}
	blank := ""
	if !strings.HasSuffix(line, " ") {
		line, blank = line+" ", " "
	}
	if hint = s.hintOf(line, at); hint != "" {
		hint = blank + hint
	}
	return hint
}

// hintOf is the hint for the command that begins at byte at, at the end of line.
func (s *Session) hintOf(line string, at int) string {
	at, _ = skipNots(line, at)
	words, partial := wordsBefore(line, at)
	if len(words) == 0 || partial.Quoted {
		return ""
	}
	var all []string
	var seen Params // the form that was told last
	s.formsAt(line, words[0], partial, func(form Params, a *param, from int) {
		switch {
		case a.isNested && from < len(line):
			all = []string{s.hintOf(line, from)}
		case from >= len(line) && (len(seen) == 0 || &seen[0] != &form[0]):
			seen = form
			all = append(all, form.rest(a, words))
		}
	})
	return strings.Join(all, " | ")
}

// rest is the usage of a parameter and of those that follow it, but of the options that
// stand among the words already.
func (ps Params) rest(from *param, words []Word) string {
	var rest []string
	begun := false
	for _, p := range ps {
		a := p.half()
		begun = begun || a == from || a.keyword != "" && a.keyword == from.Name
		given := a.keyword != "" && slices.ContainsFunc(words, func(w Word) bool { return w.Text == a.keyword })
		switch {
		case a == from && given:
			rest = append(rest, a.Name) // its keyword stands there
		case begun && !given:
			rest = append(rest, a.Usage())
		}
	}
	return strings.Join(rest, " ")
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
