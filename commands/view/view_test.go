package view

import (
	"strings"
	"testing"
)

// A term has its colour wherever it stands, with its digit; what has a meaning of its own
// keeps that.
func TestTerms(t *testing.T) {
	for text, want := range map[string]int{"S1 leads term 1": 1, "AE t3": 3, "RequestVote term=12 last=0/0": 12, "in term 7, and": 7,
		"entry 3": 0, "terms 4 5": 0, "at3": 0, "term x": 0} {
		var colours []Style
		whole := Terms(L(text))
		for _, s := range whole {
			if s.Style != Plain {
				colours = append(colours, s.Style)
			}
		}
		if whole.String() != text || want == 0 && len(colours) > 0 || want > 0 && (len(colours) != 1 || colours[0] != OfTerm(want)) {
			t.Errorf("%q: %v", text, whole)
		}
	}
	if l := Terms(LS(Bad, "BREACH in term 2")); len(l) != 1 || l[0].Style != Bad {
		t.Errorf("%v", l)
	}
}

// What can be typed stands between backquotes, at either end of a line as well, and no span is empty.
func TestTyped(t *testing.T) {
	for text, want := range map[string]int{"": 0, "plain": 0, "`help` lists": 1, "try `a` and `b`": 2, "`x`": 1} {
		l, code := Typed(text), 0
		for _, s := range l {
			if s.Style == Code {
				code++
			}
			if s.Text == "" {
				t.Errorf("%q: an empty span", text)
			}
		}
		if code != want || l.String() != strings.ReplaceAll(text, "`", "") {
			t.Errorf("%q: %v", text, l)
		}
	}
}
