package lang

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"raftlab/commands/prose"
)

// Whole is a decimal number within a range that its errors and help state.
func Whole(name string, low, high uint64) *Arg[uint64] { return wholeKind(name, low, high).New() }

func wholeKind(name string, low, high uint64) *Kind[uint64] {
	return ranged(name, "a whole number", "", low, high, Digits)
}

// ranged is what lies from low to high, and what errors say besides of how it is written.
func ranged[T cmp.Ordered](name, what, such string, low, high T, read func(string) (T, bool)) *Kind[T] {
	what = fmt.Sprintf("%s from %s to %s", what, plain(low), plain(high))
	return &Kind[T]{
		Name: name, Doc: what, Starts: LooksLikeNumber,
		Word: func(p *Parser, w Word) (T, error) {
			x, ok := read(w.Text)
			if !ok || x < low || x > high {
				return x, p.Fail(w, "%s is %s%s, not %s", p.Name(), what, such, prose.Cite(w.Text))
			}
			return x, nil
		},
	}
}

// Count is a number of things from low to high.
func Count(low, high int) *Arg[int] { return Int("COUNT", low, high) }

// Int is a whole number from low to high, which is 0 at least.
func Int(name string, low, high int) *Arg[int] {
	return As(wholeKind(name, uint64(low), uint64(high)), func(_ *Parser, n uint64) int { return int(n) }).New()
}

// Decimal is a number like 2 or 0.5 from low to high.
func Decimal(name string, low, high float64) *Arg[float64] {
	return ranged(name, "a number", "", low, high, func(text string) (float64, bool) {
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil && strings.Trim(text, "0123456789.") == ""
	}).New()
}

// Duration is a time of the real world: 60s, 2m, 500ms.
func Duration(low, high time.Duration) *Arg[time.Duration] {
	k := ranged("TIME", "a time", ", as 500ms or 60s", low, high, func(text string) (time.Duration, bool) {
		d, err := time.ParseDuration(text)
		return d, err == nil
	})
	k.Doc += ": `500ms`, `60s`, `2m`"
	return k.New()
}

// LooksLikeNumber says whether a word was meant as a number, right or wrong.
func LooksLikeNumber(w Word) bool {
	first, _ := utf8.DecodeRuneInString(w.Text)
	return unicode.IsDigit(first) || strings.ContainsRune("+-.", first) && !strings.HasPrefix(w.Text, "->")
}

// Digits reads digits and nothing else: no sign, no base, no exponent.
func Digits(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// Worth is how many points an expectation counts in a mark sheet, and its title there.
type Worth struct {
	Points int
	Title  string
}

// Points is what an expectation is worth in a mark sheet, `points 3 "TITLE"`.
// Elsewhere it says nothing.
func Points() *Arg[Worth] {
	number, title := Int("N", 0, 1000), Filled("TITLE")
	k := &Kind[Worth]{
		Name: `N "TITLE"`, Doc: "how many points it is worth in an exercise that is marked, from 0 to 1000, and its " +
			"title there; otherwise ignored",
		Parse: func(p *Parser) (w Worth, err error) {
			if w.Points, err = number.kind.read(p); err == nil {
				w.Title, err = title.kind.read(p)
			}
			return w, err
		},
	}
	a := k.New().Keyword("points")
	a.isPair = true
	return a
}
