package lang

import (
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
	return &Kind[uint64]{
		Name: name, Doc: fmt.Sprintf("a whole number from %d to %d", low, high),
		Starts: LooksLikeNumber,
		Word: func(p *Parser, w Word) (uint64, error) {
			n, ok := Digits(w.Text)
			if !ok || n < low || n > high {
				return 0, p.Fail(w, "%s is a whole number from %d to %d, not %s", p.Name(), low, high,
					prose.Cite(w.Text))
			}
			return n, nil
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
	return (&Kind[float64]{
		Name: name, Doc: fmt.Sprintf("a number from %v to %v", low, high),
		Starts: LooksLikeNumber,
		Word: func(p *Parser, w Word) (float64, error) {
			f, e := strconv.ParseFloat(w.Text, 64)
			if e != nil || strings.Trim(w.Text, "0123456789.") != "" || f < low || f > high {
				return 0, p.Fail(w, "%s is a number from %v to %v, not %s", p.Name(), low, high, prose.Cite(w.Text))
			}
			return f, nil
		},
	}).New()
}

// Duration is a time of the real world: 60s, 2m, 500ms.
func Duration(low, high time.Duration) *Arg[time.Duration] {
	return (&Kind[time.Duration]{
		Name: "TIME", Doc: fmt.Sprintf("a time from %v to %v: `500ms`, `60s`, `2m`", low, high),
		Starts: LooksLikeNumber,
		Word: func(p *Parser, w Word) (time.Duration, error) {
			d, e := time.ParseDuration(w.Text)
			if e != nil || d < low || d > high {
				return 0, p.Fail(w, "%s is a time from %v to %v, as 500ms or 60s, not %s", p.Name(), low, high,
					prose.Cite(w.Text))
			}
			return d, nil
		},
	}).New()
}

// LooksLikeNumber says that a word was meant as a number, right or wrong.
func LooksLikeNumber(w Word) bool {
	first, _ := utf8.DecodeRuneInString(w.Text)
	return unicode.IsDigit(first) || strings.ContainsRune("+-.", first) && !strings.HasPrefix(w.Text, "->")
}

// Digits reads digits and nothing else: no sign, no base, no exponent.
func Digits(text string) (uint64, bool) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// Worth is what an expectation of a mark sheet counts, and what it is called there.
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
