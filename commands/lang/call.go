package lang

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/commands/files"
	"raftlab/commands/prose"
)

// Call is one command with its arguments, ready to run.
type Call struct {
	Ctx     context.Context // ends with Ctrl-C
	Session *Session
	World   World
	Front   Frontend // the session's when the call was read
	Command *Command
	Text    string // as it was typed, from the name to the last argument
	Negated bool   // `! COMMAND`: it must fail
	Within  bool   // it is part of a step that another command of the same script, or of the prompt, has begun

	line   string
	from   int       // where Text begins in line
	values values    // those of its arguments that were given
	saveAs string    // see SaveAs; "" is Text
	Told   time.Time // when Progress last said something; zero: it has not yet
	Began  time.Time // when it was run
}

// Progress says how far the call is. It may be called often: it passes on
// what comes at least a tenth of a second after the last.
func (c *Call) Progress(format string, args ...any) {
	if now := time.Now(); now.Sub(c.Told) >= time.Second/10 {
		c.Told = now
		c.Front.Progress(fmt.Sprintf(format, args...))
	}
}

func (c *Call) wipeProgress() {
	if !c.Told.IsZero() {
		c.Front.Progress("")
	}
}

// SaveAs says what `save` must write for this call, where that is not what
// was typed: for a `run until` that gave up it is the ticks that it ran.
func (c *Call) SaveAs(format string, args ...any) { c.saveAs = fmt.Sprintf(format, args...) }

// Saved is the command that reproduces the call, for the history and `save`.
func (c *Call) Saved() string {
	return cmp.Or(c.saveAs, c.Text)
}

// value is an argument, and whether it was given. It panics if the command does not declare it.
func (c *Call) value(a *param) (any, bool) {
	v, given := c.values[a]
	if !given && !c.Command.declares(a) {
		panic(fmt.Sprintf("commands: %s does not declare %s", c.Command.Name, a.Usage()))
	}
	return v, given
}

// ParseNext reads the command at line[pos:]. It is nil at the end of the
// line. next is where the one after it begins, also when this one is wrong.
func (s *Session) ParseNext(line string, pos int) (c *Call, next int, err error) {
	l := lexer{line: line, pos: pos}
	for !l.skipBlanks() {
		if l.pos >= len(line) || line[l.pos] == '#' {
			return nil, len(line), nil
		}
		l.pos++ // an empty command before a ';'
	}
	c, end, err := s.parseCommand(line, l.pos)
	if err != nil {
		end = s.skipCommand(line, l.pos)
		c.Text = strings.TrimRight(line[c.from:max(c.from, end)], " \t\r\n\v\f")
	}
	if end < len(line) && line[end] == ';' {
		return c, end + 1, err
	}
	return c, len(line), err
}

// parseCommand reads one command and its arguments. The call is there also
// when the arguments are wrong, for what it says about the attempt.
func (s *Session) parseCommand(line string, pos int) (c *Call, end int, err error) {
	c = &Call{Session: s, World: s.world, line: line}
	pos, c.Negated = skipNots(line, pos)
	c.from = pos
	l := lexer{line: line, pos: pos}
	name, ok, err := l.next()
	if err != nil {
		return c, len(line), err
	}
	if !ok {
		c.Negated = false // there is nothing that could fail
		return c, l.pos, errorAt(line, pos, "a command is missing after the !")
	}
	if c.Command = s.Table.Lookup(name.Text); c.Command == nil {
		return c, l.pos, s.unknown(line, name)
	}
	if end, asked := s.asksHelp(c, l); asked {
		return c, end, nil
	}
	l.positions = c.Command.Positions
	end, err = s.parseForms(c, l)
	return c, end, err
}

// asksHelp turns `NAME --help` and `NAME -h`, with nothing behind them, into the call `help NAME`, if
// the language has a command help.
func (s *Session) asksHelp(c *Call, l lexer) (end int, asked bool) {
	word, _, err := l.next()
	if err != nil || word.Quoted || word.Text != "--help" && word.Text != "-h" || l.skipBlanks() {
		return 0, false
	}
	help, _, err := s.parseCommand("help "+c.Command.Name, 0)
	if err != nil {
		return 0, false
	}
	help.Negated = c.Negated
	*c = *help
	return l.pos, true
}

// parseForms takes the first form of the command that fits its words, or
// else blames what the form that came farthest stumbled over.
func (s *Session) parseForms(c *Call, l lexer) (end int, err error) {
	var best *Error
	var wants []string // where best points
	for _, form := range c.Command.forms() {
		p := &Parser{Session: s, World: s.world, lex: l}
		values, err := p.form(form, nil)
		if err == nil {
			c.values = values
			c.Text = strings.TrimRight(c.line[c.from:p.lex.pos], " \t\r\n\v\f")
			return p.lex.pos, nil
		}
		e := asError(err, c.line)
		switch {
		case best == nil || e.Col > best.Col:
			best, wants = e, slices.Concat(e.wants, e.Also)
		case e.Col == best.Col:
			wants = slices.Concat(wants, e.wants, e.Also)
			if best.word && !e.word {
				best = e
			}
		}
	}
	best.name(wants)
	best.Hint = cmp.Or(best.Hint, c.Command.Hint, c.Command.usageHint())
	if best.needs != "" {
		best.Hint += "\n" + best.needs
	}
	return 0, best
}

// name makes Msg name all words that could stand at Col: those in e.wants, and words.
func (e *Error) name(words []string) {
	missing := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(words))),
		func(w string) bool { return slices.Contains(e.wants, w) })
	switch shown := strings.LastIndex(e.Msg, " is needed here, not "); {
	case len(words) == 0 || e.mistake:
	case len(e.wants) > 0 && strings.HasSuffix(e.Msg, " is missing"):
		e.Msg = prose.Or(append(slices.Clone(e.wants), missing...)) + " is missing"
	case shown > 0 && e.word:
		e.Msg = prose.Or(append(slices.Clone(e.wants), missing...)) + e.Msg[shown:]
	case e.word:
		e.Msg += "; you can write " + prose.Or(append(slices.Clone(e.wants), missing...))
	case len(missing) > 0 && e.Col > 0 && e.Col <= len(e.Line) &&
		!strings.ContainsAny(e.Line[e.Col-1:e.Col], "-+0123456789"):
		e.Msg += "; you can also write " + prose.Or(missing)
	}
}

// skipNots moves past the marks of `! COMMAND` and says whether they negate.
func skipNots(line string, pos int) (int, bool) {
	not := false
	for pos < len(line) && (line[pos] == '!' || blank(line[pos])) {
		if line[pos] == '!' {
			not = !not
		}
		pos++
	}
	return pos, not
}

// skipCommand finds the end of the command at line[pos:], whatever is wrong
// with it.
func (s *Session) skipCommand(line string, pos int) int {
	pos, _ = skipNots(line, pos)
	l := lexer{line: line, pos: pos}
	name, ok, err := l.next()
	for ok && err == nil {
		if c := s.Table.Lookup(name.Text); c != nil {
			l.positions = c.Positions
			if kind := c.raw(); kind != notRaw {
				_, err = l.raw(kind)
				break
			}
			if c.nests() {
				return s.skipCommand(line, l.pos)
			}
		}
		_, ok, err = l.next()
	}
	if err != nil {
		return len(line)
	}
	return l.pos
}

// Commands is the texts of the commands of a line, as they are written, whatever is wrong with them.
func (s *Session) Commands(line string) (all []string) {
	for pos := 0; pos < len(line); {
		end := s.skipCommand(line, pos)
		if command := strings.TrimSpace(line[pos:end]); command != "" {
			all = append(all, command)
		}
		if pos = end + 1; end < len(line) && line[end] == '#' {
			break
		}
	}
	return all
}

// nests says whether the command takes another one as its argument.
func (c *Command) nests() bool {
	return slices.ContainsFunc(c.params(), func(a *param) bool { return a.isNested })
}

// unknown is the answer to a command that does not exist.
func (s *Session) unknown(line string, name Word) *Error {
	if s.Table.Refuse != nil {
		if what, instead := s.Table.Refuse(name.Text); what != "" {
			return errorAt(line, name.From, "%s", what).WithHint("%s", instead)
		}
	}
	reply := s.reply()
	if reply != "" && IsReply(name.Text) {
		return Errorf("%s is not a command", prose.Cite(name.Text)).WithHint("%s", reply).asMistake()
	}
	err := errorAt(line, name.From, "unknown command %s", prose.Cite(name.Text)).asMistake()
	return err.WithHint("%s", cmp.Or(s.instead(line, name), s.Table.OtherWord(name.Text),
		prose.DidYouMean(name.Text, s.Table.Names()), reply, "help lists them"))
}

// instead is the suggestion for a word that is no command, as the domain knows it.
func (s *Session) instead(line string, name Word) string {
	if s.Table.domain.Instead == nil {
		return ""
	}
	l := lexer{line: line, pos: name.To}
	next, _, _ := l.next()
	if meant := s.Table.domain.Instead(s.Table, s.world, name.Text, next.Text); meant != "" {
		return "did you mean " + meant + "?"
	}
	return ""
}

// asError is err as an Error that can point into line.
func asError(err error, line string) *Error {
	e := Refused(err)
	e.Line = cmp.Or(e.Line, line)
	return e
}

// WriteFile writes what a command makes. With ! before the command, which must
// fail then, it only finds out whether the file could be written.
func (c *Call) WriteFile(path, text string) error {
	write := files.Write
	if c.Session.withoutFiles {
		write = files.Try
	}
	err := write(path, []byte(text), 0o666)
	if err == nil {
		return nil
	}
	return Errorf("%s cannot be written: %s", prose.Visible(path), files.WhyUnwritten(err))
}
