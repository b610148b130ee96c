package commands

import (
	"testing"

	"raftlab/commands/lab"
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
		if got := lab.Describe(x); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", src, got, err, want)
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
