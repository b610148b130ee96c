// Package prose writes for a reader: counts and lists as a sentence says them,
// a name in the place of one that was mistyped, and what somebody else wrote
// so that no terminal obeys it. It knows nothing of what it writes about.
package prose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Plural is a count with its noun, which gets an s unless n is 1: 1 tick, 2 ticks.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Either is one text where something is so, and else the other.
func Either(so bool, one, other string) string {
	if so {
		return one
	}
	return other
}

// Or and And join words as a sentence does: S1, S2 or S3.
func Or(words []string) string  { return list(words, " or ") }
func And(words []string) string { return list(words, " and ") }

func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

// Names are the names of several lists, sorted, each of them once.
func Names(lists ...[]string) []string {
	names := slices.Concat(lists...)
	slices.Sort(names)
	return slices.Compact(names)
}

// ByNumber compares names that are a letter and a number: S2 comes before S10. It is for
// slices.SortFunc.
func ByNumber(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

// Dash is a cell of a table: a dash where there is nothing to say.
func Dash(s string) string { return cmp.Or(s, "-") }

// Shorten is text of at most limit runes, and an ellipsis where more follow.
func Shorten(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

// Capital is s with a capital letter at its beginning.
func Capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// Few is commands on one line, as the end of a sentence; of many it has the first ones.
func Few(commands []string) string {
	const most = 5
	var shown []string
	for _, c := range commands[:min(most, len(commands))] {
		shown = append(shown, Shorten(Visible(c), 60))
	}
	if n := len(commands); n > most {
		shown = append(shown, fmt.Sprintf("and %d more", n-most))
	}
	return strings.Join(shown, "; ") + "."
}

// Pattern is a regular expression that is compiled when it is first used, so that the program starts fast.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
