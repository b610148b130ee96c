package lang

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Every whole number that floating point cannot tell from its neighbours is a
// string of its digits, every other is as it was, and no text is touched.
func TestLargeNumbersAreStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(MaxExact-3, MaxExact+3), rapid.Uint64Range(0, 100)).Draw(t, "n")
		text := fmt.Sprintf(`a "%d" \%d`, n, n)
		got, err := oneLine(map[string]any{"n": n, "list": []any{n, -int64(n >> 1), 0.5, 1e300}, text: text})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		want := any(float64(n))
		if n > MaxExact {
			want = fmt.Sprint(n)
		}
		list := back["list"].([]any)
		if back["n"] != want || list[0] != want || list[2] != 0.5 || list[3] != 1e300 || back[text] != text {
			t.Fatalf("%d: %s", n, got)
		}
		if _, isText := list[1].(string); isText != (n>>1 > MaxExact) {
			t.Fatalf("%d: %s", n, got)
		}
	})
}

// A failure says where it was made, as far as there is a place.
func TestErrorsHaveTheirPlace(t *testing.T) {
	for _, c := range []struct {
		err          error
		file         string
		line, column int
	}{
		{Errorf("no"), "", 0, 0},
		{&Error{Msg: "no", Col: 3}, "", 0, 3},
		{&ScriptError{Chain: []string{"a:b.raft:7"}, File: "a:b.raft", Line: 7, Err: &Error{Msg: "no", Col: 3}}, "a:b.raft", 7, 3},
		{Kept(&ScriptError{Chain: []string{"-c:1"}, File: "-c", Line: 1, Err: Errorf("no")}), "-c", 1, 0},
	} {
		if file, line, column := placeOf(c.err); file != c.file || line != c.line || column != c.column {
			t.Errorf("%v: %q %d %d", c.err, file, line, column)
		}
	}
}
