package prose

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns the names that word was probably meant to be, the best
// first, at most three.
func Nearest(word string, names []string) []string {
	type guess struct {
		name string
		far  int
	}
	typed, word := word, strings.ToLower(word)
	for _, name := range names { // figure-8 for 8
		if word != "" && name != typed && strings.HasSuffix(strings.ToLower(name), "-"+word) {
			return []string{name}
		}
	}
	if len(word) < 2 || len(word) > 64 {
		return nil
	}
	limit := max(1, len(word)/3)
	var found []guess
	for _, name := range names {
		lower := strings.ToLower(name)
		far := distance(word, lower)
		if strings.HasPrefix(lower, word) {
			far = min(far, 1)
		}
		if far <= limit && far < len(name) && name != typed { // what is no good here is no suggestion
			found = append(found, guess{name, far})
		}
	}
	slices.SortFunc(found, func(a, b guess) int {
		return cmp.Or(a.far-b.far, strings.Compare(a.name, b.name))
	})
	var out []string
	for _, g := range found[:min(3, len(found))] {
		out = append(out, g.name)
	}
	return slices.Compact(out)
}

// DidYouMean is the suggestion as a hint, or "" where nothing comes near.
func DidYouMean(word string, names []string) string {
	if near := Nearest(word, names); len(near) > 0 {
		return "did you mean " + Or(near) + "?"
	}
	return ""
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
