package commands

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"raftlab/raft"

	"github.com/expr-lang/expr/builtin"
)

// evaluate compiles and works out an expression over a fresh cluster of three.
func evaluate(t *testing.T, src string) (any, error) {
	t.Helper()
	s, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c, err := CompileValue(src, s.world.NodeIDs())
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return c.Value(s.world.Vocabulary(c))
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
			if _, err := evaluate(t, src); err == nil || !strings.Contains(err.Error(), want.Error()) {
				t.Errorf("%s: %v, want %v", src, err, want)
			}
		}
	}
}

// What people ask is far from the bounds, and means what it did.
func TestBoundsChangeNoMeaning(t *testing.T) {
	for src, want := range map[string]string{
		`repeat("ab", 3)`: `"ababab"`, `repeat("a", 0)`: `""`, `len(repeat("a", 1048576))`: "1048576", `join(["a", "b"], "-")`: `"a-b"`,
		`join(map(nodes, .id))`: `"S1S2S3"`, `replace("aXbX", "X", "--")`: `"a--b--"`, `replace("aXbX", "X", "--", 1)`: `"a--bX"`,
		`split("a,b", ",")`: `["a", "b"]`, `"a" + "b"`: `"ab"`, `1 + 2`: "3", `1.5 + 1`: "2.5", `S1.id + S2.id`: `"S1S2"`,
		`fromJSON("[1,2]")[1] + 1`: "3", `"abc" matches "^a.c$"`: "true", `S1.vote matches "S[12]"`: "false", `not ("a" matches "b")`: "true",
		`upper("x") + trim(" y ")`: `"Xy"`, `map(nodes, .term) == [0, 0, 0]`: "true", `[1, [2]] != [1, [3]]`: "true", `S1 == nodes[0]`: "true", `leader == nil`: "true", `sort([3, 1])`: "[1, 3]", `sum(map(nodes, .first))`: "3", `max(map(nodes, .timer)) > 0`: "true",
		`count(nodes, .up)`: "3", `len(filter(nodes, .up))`: "3", `filter(nodes, .up)[0].id`: `"S1"`, `reduce(nodes, #acc + .first, 0)`: "3",
		`all(nodes, .up) and all(nodes, .term == 0)`: "true", `keys({"b": 1, "a": 2, "c": 3})`: `["a", "b", "c"]`, `values({"b": 1, "a": 2})`: "[2, 1]",
		`groupBy(nodes, .role)`: "[follower=[S1, S2, S3]]", `toPairs({"b": 1, "a": 2})`: `[["a", 2], ["b", 1]]`, `string([1, "a"])`: `"[1,\"a\"]"`,
		`string(1.5)`: `"1.5"`, `len(toJSON(nodes)) > 100`: "true", `concat([1], [2])`: "[1, 2]", `flatten([[1], [2]])`: "[1, 2]",
	} {
		x, err := evaluate(t, src)
		if got := describe(x); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", src, got, err, want)
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
	c, err := Compile(`all(1..100000, # > 0)`, []raft.ID{1})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	c.Until(func() bool { asked++; return asked > 3 })
	for _, c := range []*Cond{c, c.Clone()} {
		asked = 0
		if _, err := c.Holds(&Vocabulary{}); !errors.Is(err, ErrInterrupted) || asked != 4 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	}
}

// A condition that has no answer is told as that, and as nothing else.
func TestNoAnswerIsNoAnswer(t *testing.T) {
	for _, line := range []string{`run until 1 % 0 == 0`, `explore for repeat(repeat("a", 100000), 100000) == "" depth 2`, `run until repeat(repeat("a", 100000), 100000) == ""`} {
		s, _ := played(t, "new 3")
		f := &screen{}
		if err := s.Run(t.Context(), line, f); err == nil || len(f.results) > 0 && len(f.results[0].View) > 0 {
			t.Errorf("%s: %v, and it tells something", line, err)
		}
	}
}
