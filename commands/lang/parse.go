package lang

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/prose"
)

// Parser reads the arguments of one command. Kinds take their words from it.
type Parser struct {
	Session *Session
	World   World

	lex   lexer
	words []Word // those read so far
	i     int    // the next one
	err   error  // what stopped the lexer after the last of words

	arg      *param // the parameter that is being read
	keywords []*param
	more     bool // other positional parameters follow

	// When completing, the line ends at hide: the word under the cursor.
	completing bool
	hide       int
	touched    bool // somebody asked for a word beyond the last
}

// Peek is the next word that belongs to this argument: ok is false at the
// end of the command and at a keyword of the command's.
func (p *Parser) Peek() (w Word, ok bool) {
	if w, ok = p.at(p.i); ok && !w.Quoted && p.keyword(w.Text) != nil {
		return w, false
	}
	return w, ok
}

// Next takes the next word. Without one it fails: the argument is missing.
func (p *Parser) Next() (Word, error) {
	w, ok := p.at(p.i)
	switch {
	case p.err != nil && !ok:
		return w, p.err
	case !ok:
		return w, p.Missing()
	}
	p.i++
	return w, nil
}

// Look is the next word, also where it is a keyword of the command's.
func (p *Parser) Look() (w Word, ok bool) { return p.at(p.i) }

// Skip takes the word that Look or Peek saw.
func (p *Parser) Skip() { p.i++ }

// Broken is what is wrong with the line behind the last word, or nil.
func (p *Parser) Broken() error { return p.err }

// More says that another argument may follow, so that a list should leave to
// it what is not its own.
func (p *Parser) More() bool { return p.more }

// Name is the name that usage lines have for the argument that is being read.
func (p *Parser) Name() string { return p.arg.Name }

// Fail blames a word.
func (p *Parser) Fail(w Word, format string, args ...any) *Error {
	return errorAt(p.lex.line, w.From, format, args...)
}

// unlike blames a word for not being one of the command's own.
func (p *Parser) unlike(w Word, format string, args ...any) *Error {
	err := p.Fail(w, format, args...)
	err.word = true
	return err
}

// Missing says that the command ended too early.
func (p *Parser) Missing() *Error {
	end := len(strings.TrimRight(p.lex.line[:p.lex.pos], " \t\r\n"))
	name, words := p.arg.Name, p.arg.only
	if p.arg.few != nil {
		words = p.arg.few(p)
	}
	if p.arg.keyword != "" && !p.arg.isWord {
		if len(words) > 0 {
			name = prose.Or(words)
		}
		return errorAt(p.lex.line, end, "%s needs %s after it", p.arg.keyword, name).explaining(p, words)
	}
	return errorAt(p.lex.line, end, "%s is missing", name).wanting(words...).explaining(p, words)
}

// explaining says of an argument that is missing what it stands for, where the error names only that.
func (e *Error) explaining(p *Parser, words []string) *Error {
	says := p.arg.Doc
	if p.arg.says != nil {
		says = cmp.Or(p.arg.says(p), says)
	}
	if !p.arg.isWord && p.arg.Name == strings.ToUpper(p.arg.Name) && len(words) == 0 && says != "" {
		e.needs = p.arg.Name + ": " + strings.ReplaceAll(says, "`", "")
	}
	return e
}

// Before is the word before the next one, "" at the first.
func (p *Parser) Before() string {
	if p.i == 0 {
		return ""
	}
	return p.words[p.i-1].Text
}

// raw takes the rest of the command as it stands, except for options of the
// command's that end it. from is where it begins in the line.
func (p *Parser) raw(kind rawKind) (text string, from int, err error) {
	if p.i < len(p.words) {
		p.lex.pos = p.words[p.i].From
	}
	p.words, p.err = p.words[:p.i], nil
	if p.completing {
		p.touched = true
		return "", 0, errCompleting
	}
	tail, err := p.lex.raw(kind)
	if err != nil {
		return "", 0, err
	}
	cut := p.trailingOptions(tail.words)
	if cut < len(tail.words) {
		tail.to = max(tail.from, len(strings.TrimRight(p.lex.line[:tail.words[cut].from], " \t\r\n\v\f")))
		p.lex.pos = tail.words[cut].from
	}
	return p.lex.line[tail.from:tail.to], tail.from, nil
}

// trailingOptions finds where the options begin that end a raw tail.
func (p *Parser) trailingOptions(words []span) int {
	option := func(i int) *param {
		if i < 0 {
			return nil
		}
		return p.keyword(p.lex.line[words[i].from:words[i].to])
	}
	n := len(words)
	for v := range mostWords { // values that are missing are for the option to ask for
		if k := option(n - 1 - v); k != nil && k.words() > v {
			n -= v + 1
			break
		}
	}
	for was := -1; n != was; {
		was = n
		for v := range mostWords + 1 {
			if k := option(n - 1 - v); k != nil && k.words() == v {
				n -= v + 1
				break
			}
		}
	}
	return n
}

// at is the i-th word of the arguments, read when it is first asked for.
func (p *Parser) at(i int) (Word, bool) {
	for len(p.words) <= i && p.err == nil {
		if p.completing {
			if p.lex.skipBlanks(); p.lex.pos >= p.hide {
				p.touched = true
				return Word{From: p.lex.pos, To: p.lex.pos}, false
			}
		}
		w, ok, err := p.lex.next()
		if err != nil {
			p.err, p.lex.pos = err, w.From // where a raw tail may begin instead
			return w, false
		}
		if !ok {
			return w, false
		}
		p.words = append(p.words, w)
	}
	if i >= len(p.words) {
		return Word{From: p.lex.pos, To: p.lex.pos}, false
	}
	return p.words[i], true
}

// keyword is the option of the command's that word introduces, or nil.
func (p *Parser) keyword(word string) *param {
	for _, k := range p.keywords {
		if k.keyword == word {
			return k
		}
	}
	return nil
}

// errCompleting ends a parse at the cursor.
var errCompleting = errors.New("completing")

// values are the arguments that were given.
type values map[*param]any

// form reads the arguments by one form of the command. offer, when set, is
// told which parameters could stand at the end of the words.
func (p *Parser) form(ps Params, offer func(*param, int)) (values, error) {
	out := values{}
	positional := p.part(ps)
	var passed []string // words of its own that could stand where p is
	for n, x := range positional {
		a := x.half()
		p.arg, p.more = a, n+1 < len(positional)
		// Only what can be left out gives way to a keyword: a key may be called via.
		w, ok := p.at(p.i)
		if ok && a.optional && !w.Quoted && p.keyword(w.Text) != nil {
			continue
		}
		if ok && a.optional && p.more && a.starts != nil && !a.starts(w) {
			passed = append(passed, a.only...)
			continue
		}
		if !ok && !p.touched && p.err != nil && a.raw == notRaw {
			return nil, p.err
		}
		if !ok && a.optional && !(a.raw != notRaw && p.err != nil) {
			p.offer(offer, a, w.From)
			continue
		}
		if err := p.read(out, x, offer); err != nil {
			return nil, p.orElse(err, a, passed)
		}
		passed = nil
	}
	return p.options(out, ps, offer)
}

// orElse adds to an error what could have stood in the place of an argument, unless the
// word there was meant as the argument, and is only wrong.
func (p *Parser) orElse(err error, a *param, words []string) error {
	e := (*Error)(nil)
	if !a.optional || a.starts == nil || !errors.As(err, &e) {
		return err
	}
	i := slices.IndexFunc(p.words, func(w Word) bool { return w.From == e.Col-1 })
	if i >= 0 && !a.starts(p.words[i]) {
		e.Or(append(words, p.keywordNames()...)...)
	}
	return err
}

// part keeps the keywords of a form, and returns its other parameters.
func (p *Parser) part(ps Params) (positional []Param) {
	p.keywords = nil
	for _, x := range ps {
		if k := x.half(); k.keyword != "" {
			p.keywords = append(p.keywords, k)
		} else {
			positional = append(positional, x)
		}
	}
	return positional
}

// read reads one argument.
func (p *Parser) read(out values, x Param, offer func(*param, int)) (err error) {
	w, ok := p.at(p.i)
	a := x.half()
	if _, more := p.Peek(); a.bare && !more && p.err == nil {
		out[a] = x.none()
		return nil
	}
	if !ok && a.raw == notRaw {
		err = p.Missing()
	} else {
		out[a], err = x.parse(p)
	}
	p.offer(offer, a, w.From)
	return err
}

// options reads what follows the positional arguments.
func (p *Parser) options(out values, ps Params, offer func(*param, int)) (values, error) {
	for {
		w, ok := p.at(p.i)
		if !ok {
			if p.err != nil {
				return nil, p.err
			}
			for _, k := range p.keywords {
				if _, given := out[k]; !given {
					p.offer(offer, &param{Name: k.keyword, complete: OfferWord(k.keyword)}, w.From)
				}
			}
			return out, nil
		}
		k := p.keyword(w.Text)
		if k == nil || w.Quoted {
			return nil, p.tooMuch(w)
		}
		if _, given := out[k]; given {
			return nil, p.Fail(w, "%s is given twice", k.keyword)
		}
		at := slices.IndexFunc(ps, func(x Param) bool { return x.half() == k })
		p.arg, p.more = k, true
		if !k.isWord {
			p.i++
		}
		if err := p.read(out, ps[at], offer); err != nil {
			return nil, err
		}
	}
}

// offer tells the completion that a could stand at the end of the words, if
// that is where the parser has come to.
func (p *Parser) offer(offer func(*param, int), a *param, from int) {
	if offer != nil && p.touched {
		offer(a, from)
	}
}

// tooMuch blames a word that no parameter takes.
func (p *Parser) tooMuch(w Word) *Error {
	err := p.unlike(w, "%s has no place here", prose.Cite(w.Text))
	words := p.keywordNames()
	err.wanting(words...)
	if w.Quoted {
		return err
	}
	return err.Suggest(w.Text, words, "")
}

func (p *Parser) keywordNames() []string {
	return each.As(p.keywords, func(k *param) string { return k.keyword })
}
