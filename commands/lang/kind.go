package lang

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"raftlab/commands/each"
)

// Kind is a sort of argument: it knows how to read itself, how to complete
// itself, and what it is called in usage lines and errors.
type Kind[T any] struct {
	Name string // as usage lines say it: NODE
	Doc  string // one sentence: what may stand here
	// Starts says whether a word could be meant as this. An optional argument
	// is left out where the next word could not; nil: any word could.
	Starts func(w Word) bool
	// Parse takes its words from p; when it is called there is at least one.
	Parse func(p *Parser) (T, error)
	// Word reads what is one word, in the place of Parse.
	Word func(p *Parser, w Word) (T, error)
	// Complete offers what may stand at the cursor; nil: nothing.
	Complete func(c *Completion)
	// Few is all that may stand there, if these are a few words that depend on the words before; nil: it is not so.
	Few func(p *Parser) []string
	// Says explains a missing argument, if what may stand there depends on the words before; nil: Doc explains it.
	Says func(p *Parser) string

	nature
}

// nature is what of a kind the language itself must know.
type nature struct {
	raw      rawKind  // takes a raw tail of this sort
	isWord   bool     // a Literal or a Flag: usage shows the word itself
	isNested bool     // takes a whole command
	only     []string // all that may stand there, when these are a few words
}

// read takes the words of one argument.
func (k *Kind[T]) read(p *Parser) (v T, err error) {
	if k.Word == nil {
		return k.Parse(p)
	}
	w, err := p.Next()
	if err != nil {
		return v, err
	}
	return k.Word(p, w)
}

// As is a kind that reads as another does, and makes something of its value.
func As[A, B any](k *Kind[A], of func(*Parser, A) B) *Kind[B] {
	return &Kind[B]{Name: k.Name, Doc: k.Doc, Starts: k.Starts, Complete: k.Complete, nature: k.nature,
		Parse: func(p *Parser) (b B, err error) {
			a, err := k.read(p)
			if err != nil {
				return b, err
			}
			return of(p, a), nil
		}}
}

// Param is one parameter of a command: an *Arg of some type.
type Param interface {
	half() *param
	Given(c *Call) bool // whether the call has it
	Usage() string      // how it stands in a usage line
	parse(p *Parser) (any, error)
	none() any // the zero value
}

// Params are the parameters of a command: positional ones in their order,
// and those with a keyword, which follow the required ones in any order.
type Params []Param

// param is the half of an Arg that does not depend on its type.
type param struct {
	Name, Doc string
	without   string // the value when it is left out, for help; "" where help says more
	keyword   string // `via` in `via NODE`; "" for a positional one
	optional  bool
	bare      bool // the keyword may stand without a value
	starts    func(Word) bool
	complete  func(*Completion)
	isPair    bool // its value is two words
	nature
	few  func(*Parser) []string
	says func(*Parser) string
}

// mostWords is how many words an option's value has at most.
const mostWords = 2

// words is how many words of a line an option has after its own.
func (a *param) words() int {
	switch {
	case a.isWord:
		return 0
	case a.isPair:
		return 2
	}
	return 1
}

// Arg is a parameter, declared once and used as the handle of its value:
//
//	var ticks = Ticks(1, 1_000_000).Default(1)
//	… ticks.Of(call) …
type Arg[T any] struct {
	param
	kind  *Kind[T]
	value T // when it is not given
}

// New makes a parameter of this kind.
func (k *Kind[T]) New() *Arg[T] {
	return &Arg[T]{kind: k, param: param{Name: k.Name, Doc: k.Doc, starts: k.Starts, complete: k.Complete,
		nature: k.nature, few: k.Few, says: k.Says}}
}

// Named gives it another name in usage lines and errors.
func (a *Arg[T]) Named(name string) *Arg[T] { a.Name = name; return a }

// Optional lets it be left out; its value is then the zero value.
func (a *Arg[T]) Optional() *Arg[T] { a.optional = true; return a }

// Default lets it be left out, for this value, which help tells.
func (a *Arg[T]) Default(v T) *Arg[T] { a.value, a.without = v, plain(v); return a.Optional() }

// plain is a value as a person writes it: 1h and not 1h0m0s, 1000000 and not 1e+06.
func plain(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		return strings.Replace(strings.Replace(v.String(), "h0m0s", "h", 1), "m0s", "m", 1)
	}
	return fmt.Sprint(v)
}

// Keyword makes it an option that its keyword introduces: `via NODE`. It may
// be left out.
func (a *Arg[T]) Keyword(word string) *Arg[T] { a.keyword = word; return a.Optional() }

// Bare lets its keyword stand alone; its value is then the zero value.
func (a *Arg[T]) Bare() *Arg[T] { a.bare = true; return a }

// CompletedBy gives it another completion than its kind's.
func (a *Arg[T]) CompletedBy(f func(*Completion)) *Arg[T] { a.complete = f; return a }

// Explained gives it another explanation than its kind's, and than that of its default.
func (a *Arg[T]) Explained(doc string) *Arg[T] { a.Doc, a.without = doc, ""; return a }

// Of is its value in a call. It panics when the command does not declare it,
// so that a mistake shows in the first test.
func (a *Arg[T]) Of(c *Call) T {
	if v, ok := c.value(&a.param); ok {
		return v.(T)
	}
	return a.value
}

// Or is its value, or another where the call has none.
func (a *Arg[T]) Or(c *Call, otherwise T) T {
	if a.Given(c) {
		return a.Of(c)
	}
	return otherwise
}

// Given says whether the call has it.
func (a *Arg[T]) Given(c *Call) bool {
	_, ok := c.value(&a.param)
	return ok
}

func (a *Arg[T]) half() *param { return &a.param }

// none is the value of a keyword that stands alone, which is the default.
func (a *Arg[T]) none() any { return a.value }

func (a *Arg[T]) parse(p *Parser) (any, error) {
	v, err := a.kind.read(p)
	return v, err
}

// Usage is how the parameter stands in a usage line.
func (a *param) Usage() string {
	text := a.Name
	if a.keyword != "" && !a.isWord {
		text = a.keyword + " " + a.Name
	}
	if a.bare {
		text = a.keyword + " [" + a.Name + "]"
	}
	if a.optional {
		return "[" + text + "]"
	}
	return text
}

// usage is the usage line of one form of a command.
func (ps Params) usage(command string) string {
	words := []string{command}
	words = append(words, each.As(ps, func(p Param) string { return p.half().Usage() })...)
	return strings.Join(words, " ")
}

// OfferWord completes to one word.
func OfferWord(word string) func(*Completion) {
	return func(c *Completion) { c.Offer(word) }
}

// Completion is what a Kind is asked when the cursor stands in it.
type Completion struct {
	Session *Session
	World   World
	Text    string // the argument from its beginning to the cursor
	Prefix  string // the word under the cursor, up to it, without quotes

	line    string // up to the cursor
	From    int    // the byte of the line at which Text begins
	word    int    // the byte at which the word under the cursor begins
	last    string // see Last
	offered *offers
}

// Offer offers words. Those that begin with the word under the cursor are
// candidates, and the others are ignored.
func (c *Completion) Offer(words ...string) { c.OfferAt(0, words...) }

// OfferAt offers words for what follows the first n bytes of the word under
// the cursor, as in a list with commas.
func (c *Completion) OfferAt(n int, words ...string) {
	head, rest := c.Prefix[:n], c.Prefix[n:]
	for _, w := range words {
		if len(w) >= len(rest) && strings.EqualFold(w[:len(rest)], rest) {
			c.Add(c.word, Quote(head+w))
		}
	}
}

// Before is the words of the line before the argument.
func (c *Completion) Before() []string { return strings.Fields(c.line[:c.From]) }

// Last is the last whole word before the cursor; "" where there is none.
func (c *Completion) Last() string { return c.last }

// Add offers text for the line from a byte on, whatever the word under the cursor is.
func (c *Completion) Add(from int, text string) {
	c.offered.all = append(c.offered.all, offer{from, text})
}

// Say says what may stand at the cursor that cannot be listed, like a number.
func (c *Completion) Say(text string) {
	if c.Prefix == "" && !slices.Contains(c.offered.says, text) {
		c.offered.says = append(c.offered.says, text)
	}
}

// offer is a candidate for the line from a byte on.
type offer struct {
	from int
	text string
}

type offers struct {
	all  []offer
	says []string // what may stand there that cannot be listed
}
