package lesson

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// truthText is a value in a reader's words.
func (m *Matter) truthText(x any) string {
	switch x := x.(type) {
	case nil:
		return "no one"
	case bool:
		return prose.Either(x, "yes", "no")
	case string:
		return cmp.Or(prose.Visible(x), "no one")
	}
	if list, ok := m.listWords(x); ok {
		if len(list) == 0 {
			return "none"
		}
		return strings.Join(list, ", ")
	}
	return m.Describe(x)
}

// listWords is a list as words.
func (m *Matter) listWords(x any) ([]string, bool) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice {
		return nil, false
	}
	var out []string
	for i := range v.Len() {
		out = append(out, strings.Trim(m.Describe(v.Index(i).Interface()), `"`))
	}
	return out, true
}

// answers says whether what a person typed means the value.
func (m *Matter) answers(w lang.World, answer string, truth any) bool {
	got := m.meanings(answer)
	switch x := truth.(type) {
	case nil:
		return noOne(got)
	case bool:
		return len(got) > 0 && yesNo[got[0]] == prose.Either(x, "yes", "no")
	case string:
		if isNumber(x) {
			return m.numberIn(w, got, x)
		}
		return x == "" && noOne(got) || alikeWords(got, m.meanings(x))
	}
	if list, ok := m.listWords(truth); ok {
		want := m.meanings(strings.Join(list, " "))
		if len(want) > 0 && numbered().MatchString(want[0]) { // 1 3 means S1 S3
			for i, w := range got {
				if unicode.IsDigit(rune(w[0])) {
					got[i] = want[0][:1] + w
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		return len(list) == 0 && noOne(got) || slices.Equal(slices.Compact(got), slices.Compact(want))
	}
	if v := reflect.ValueOf(truth); v.CanInt() || v.CanUint() || v.CanFloat() {
		return m.numberIn(w, got, m.Describe(truth))
	}
	return alikeWords(got, m.meanings(m.Describe(truth)))
}

// isNumber says whether a text is one, such as a value that a client stored: x=1 and x is one mean 1, too.
func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// alikeWords compares what is meant: S2 and 2 are one.
func alikeWords(got, want []string) bool {
	if slices.Equal(got, want) {
		return true
	}
	return len(got) == 1 && len(want) == 1 && numbered().MatchString(want[0]) && got[0] == want[0][1:]
}

// numbered is a name that is a letter and a number, for which the number may stand.
var numbered = prose.Pattern(`^[a-z][0-9]+$`)

// numberIn says whether the only number among the words is this one.
func (m *Matter) numberIn(w lang.World, got []string, want string) bool {
	numbers := m.numbersIn(w, got)
	if len(numbers) == 0 && noOne(got) {
		return want == "0"
	}
	if len(numbers) != 1 {
		return false
	}
	a, err := strconv.ParseFloat(numbers[0], 64)
	b, bad := strconv.ParseFloat(want, 64)
	return err == nil && bad == nil && a == b
}

// numbersIn is the numbers among words. t3 is term 3, and 3; but S3 is a server.
func (m *Matter) numbersIn(world lang.World, words []string) (numbers []string) {
	for _, w := range words {
		digits := w
		if numbered().MatchString(w) && (m.Exists == nil || !m.Exists(world, w)) {
			digits = w[1:]
		}
		if unicode.IsDigit(rune(digits[0])) {
			numbers = append(numbers, digits)
		}
	}
	return numbers
}

func noOne(words []string) bool {
	return len(words) > 0 && (words[0] == "0" ||
		slices.Contains([]string{"no", "nobody", "none", "noone", "no-one", "nothing", "nil", "empty"}, words[0]))
}

// everyOne is words for all there are.
var everyOne = map[string]bool{"all": true, "any": true, "both": true, "every": true, "everyone": true, "each": true}

var yesNo = map[string]string{
	"yes": "yes", "y": "yes", "true": "yes", "ja": "yes", "oui": "yes", "si": "yes", "sure": "yes",
	"no": "no", "n": "no", "false": "no", "nein": "no", "non": "no", "not": "no", "never": "no",
}

// fillers are words that say nothing, whatever it is about.
var fillers = []string{"a", "an", "the", "and", "or", "is", "it", "only", "just", "to", "in", "by", "of", "i", "think"}

var numerals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve"}

var listed = prose.Pattern(`[A-Za-z0-9.-]+`)

// meanings is the words of an answer, small, in a common spelling, without
// those that say nothing.
func (m *Matter) meanings(text string) []string {
	var out []string
	for _, w := range listed().FindAllString(strings.ToLower(text), -1) {
		w = strings.Trim(w, ".-")
		if n := slices.Index(numerals, w); n >= 0 {
			w = strconv.Itoa(n)
		}
		if w != "" && !slices.Contains(fillers, w) && !slices.Contains(m.Fillers, w) {
			out = append(out, w)
		}
	}
	return out
}

// strays says what an answer would be, where what was typed is no such thing; else "".
func (m *Matter) strays(w lang.World, answer string, truth any) (kind string) {
	got := m.meanings(answer)
	exists := func(word string) bool { return m.Exists == nil || m.Exists(w, word) }
	thing := len(got) == 1 && exists(got[0]) || noOne(got)
	switch x := truth.(type) {
	case bool:
		return prose.Either(len(got) == 0 || yesNo[got[0]] == "", "yes or no", "")
	case string:
		if isNumber(x) {
			return prose.Either(noOne(got) || len(m.numbersIn(w, got)) == 1, "", "a number")
		}
		return m.straysFrom(m.meanings(x), got, thing)
	case nil:
		return m.straysFrom(nil, got, thing)
	}
	if list, ok := m.listWords(truth); ok {
		named := len(list) > 0 && numbered().MatchString(strings.ToLower(list[0]))
		some := noOne(got) || slices.ContainsFunc(got, func(w string) bool { return exists(w) || everyOne[w] })
		return prose.Either(named && !some, m.Named+", or several", "")
	}
	if v := reflect.ValueOf(truth); !v.CanInt() && !v.CanUint() && !v.CanFloat() || noOne(got) ||
		len(m.numbersIn(w, got)) == 1 {
		return ""
	}
	return "a number"
}

// straysFrom is the same where the truth is words, or nothing. thing: what was typed is one of the
// things that there are, or none.
func (m *Matter) straysFrom(truth, got []string, thing bool) (kind string) {
	one := len(truth) == 1
	for _, all := range m.OneOf {
		if one && slices.Contains(all, truth[0]) && !(len(got) == 1 && slices.Contains(all, got[0])) {
			return prose.Or(all)
		}
	}
	free := len(truth) > 0 && !(one && numbered().MatchString(truth[0]))
	return prose.Either(free || thing, "", m.Named)
}
