package lang

import "strings"

// AtPrompt is a line as it is meant at the prompt, where a beginning of a
// command's name is enough when no other begins so, and a thing alone is
// the command that shows it. The names are written out, so that history and `save` have commands
// that a script understands as well.
func (s *Session) AtPrompt(line string) string {
	for pos := 0; pos < len(line); {
		pos, _ = skipNots(line, pos)
		l := lexer{line: line, pos: pos}
		name, ok, err := l.next()
		if err != nil {
			break
		}
		if !ok {
			if pos = l.pos; pos >= len(line) || line[pos] == '#' {
				break
			}
			pos++ // a ';'
			continue
		}
		if shows := s.shows(line[name.From:]); shows != "" {
			line = line[:name.From] + shows + " " + line[name.From:]
			l = lexer{line: line, pos: name.From + len(shows)}
		} else if meant := s.meant(name, l); meant != name.Text {
			line = line[:name.From] + meant + line[name.To:]
			l = lexer{line: line, pos: name.From + len(meant)}
		}
		if c := s.Table.Lookup(strings.Fields(line[name.From:])[0]); c != nil {
			if at, ok := c.nestedAt(line, l.pos); ok {
				pos = at
				continue
			}
		}
		pos = s.skipCommand(line, name.From)
	}
	return line
}

// nestedAt is where a command begins that this one takes as its argument: behind
// the words that introduce it, where the line has them. What follows pos is the
// arguments.
func (c *Command) nestedAt(line string, pos int) (int, bool) {
	for _, f := range c.forms() {
		l := lexer{line: line, pos: pos}
		for _, p := range f {
			a := p.half()
			if a.isNested {
				return l.pos, true
			}
			if w, ok, err := l.next(); err != nil || !ok || !a.isWord || w.Quoted || w.Text != a.Name {
				break
			}
		}
	}
	return 0, false
}

// shows is the command that shows the expression with which a line begins, or "".
func (s *Session) shows(line string) string {
	if s.Table.domain.Shows == nil {
		return ""
	}
	return s.Table.domain.Shows(s.world, line)
}

// meant is what the first word of a command stands for at the prompt; rest is
// what follows it.
func (s *Session) meant(name Word, rest lexer) string {
	if name.Quoted || s.Table.Lookup(name.Text) != nil || s.Table.refuses(name.Text) {
		return name.Text
	}
	if alone := s.Table.domain.Alone; alone != nil {
		switch meant, ok := alone(s.world, name.Text); {
		case ok && meant != "" && !rest.skipBlanks():
			return meant
		case ok:
			return name.Text
		}
	}
	var only *Command
	for _, known := range s.Table.Names() {
		if c := s.Table.Lookup(known); strings.HasPrefix(known, name.Text) && c != only {
			if only != nil {
				return name.Text // several begin so: the error names them
			}
			only = c
		}
	}
	if only == nil {
		return name.Text
	}
	return only.Name
}
