package cond

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/lang"

	"github.com/expr-lang/expr/builtin"
)

func evaluate(src string) (any, error) {
	c, err := stacks.CompileValue(src, nil)
	if err != nil {
		return nil, err
	}
	return c.Value(&tower{})
}

// Whatever a condition asks for beyond a bound is an error that names the bound.
func TestConditionsAreBounded(t *testing.T) {
	const doubled = `reduce(1..60, [#acc, #acc], 1)`
	for want, sources := range map[error][]string{
		tooLongText: {
			`repeat(repeat("a",100000),100000)==""`, `repeat("a", 1048577)`, `repeat("ab", 99999999999999)`,
			`reduce(1..60, #acc + #acc, "a")`, `repeat("a", 1048576) + "b"`, `join(map(1..1000, "a"), repeat("b", 10000))`,
			`replace(repeat("a", 100000), "a", repeat("b", 100000))`, `replace(repeat("a", 1000), "", repeat("b", 100000))`,
			`replace(repeat("a", 100000), "a", repeat("b", 100000), 1000)`,
		},
		tooMuchMade: {
			`map(1..1000, split(repeat("a", 1000000), ""))`, `map(1..100000, repeat("a", 1000))`, `map(1..1000, fromJSON("[" + repeat("1,", 100000) + "1]"))`,
		},
		tooManySteps: {
			`(let x = 1..900; all(x, {all(x, {all(x, true)})}))`, `len(uniq(1..100000))`, `(let x = 1..2000; all(x, {all(x, {none(x, false) })}))`,
			`repeat("a", 60000) matches "(a{100}){10}b"`, `map(1..1000, upper(repeat("a", 100000)))`, `map(1..1000, toBase64(repeat("a", 100000)))`,
		},
		tooManyParts: {
			`1..1000000`, `1..99999999999`, `all(1..1000, all(1..1000, all(1..1000, true)))`, `sort(map(1..900000, 1 - #))`,
			doubled, doubled + ` == [1]`, `[1] != ` + doubled, doubled + ` in [[1]]`, `toJSON(` + doubled + `)`, `string(` + doubled + `)`,
			`flatten(` + doubled + `)`, `min(` + doubled + `)`, `uniq([` + doubled + `])`, `concat(` + doubled + `, [1])`,
			`sortBy([` + doubled + `], len(#))`, `reverse([` + doubled + `])`,
		},
		tooNested:                             {`toJSON(reduce(1..100000, [#acc], 1))`, `reduce(1..2000, {{"a": #acc}}, 1)`},
		errors.New("at most 1000 characters"): {`"a" matches repeat("(a|aa)*", 8000)`},
	} {
		for _, src := range sources {
			if _, err := evaluate(src); err == nil || !strings.Contains(err.Error(), want.Error()) {
				t.Errorf("%s: %v, want %v", src, err, want)
			}
		}
	}
}

// A function that the library gains is looked at before it may be used.
func TestEveryFunctionIsWeighed(t *testing.T) {
	light := []string{"len", "type", "abs", "ceil", "floor", "round", "int", "float", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix", "now", "duration",
		"date", "timezone", "first", "last", "get", "take", "bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr", "bitnot"}
	for _, f := range builtin.Builtins {
		if _, ok := heavy[f.Name]; !ok && !f.Predicate && !slices.Contains(light, f.Name) {
			t.Errorf("%s can be used in a condition, and nobody has said what it costs", f.Name)
		}
	}
}

// Ctrl-C ends a condition that is worked out, also in a copy of it.
func TestAConditionEndsWhenStopped(t *testing.T) {
	c, err := stacks.Compile(`all(1..100000, # > 0)`, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	c.Until(func() bool { asked++; return asked > 3 })
	for _, c := range []*Cond[tower]{c, c.Clone()} {
		asked = 0
		if _, err := c.Holds(&tower{}); !errors.Is(err, lang.ErrInterrupted) || asked != 4 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	}
}
