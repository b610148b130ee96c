package machine

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCommands(t *testing.T) {
	var m Machine = NewKV()
	for _, c := range []struct{ command, result, state string }{
		{"x=3", "ok", "x=3"},
		{"get x", "3", "x=3"},
		{"get y", "", "x=3"},
		{"incr x", "4", "x=4"},
		{"incr n", "1", "n=1 x=4"},
		{"cas x 4 5", "ok", "n=1 x=5"},
		{"cas x 4 6", "no 5", "n=1 x=5"},
		{`cas y "" 1`, "ok", "n=1 x=5 y=1"},
		{"delete n", "ok", "x=5 y=1"},
		{"delete n", "ok", "x=5 y=1"},
		{`"a b"="c \"d\"\x01"`, "ok", `"a b"="c \"d\"\x01" x=5 y=1`},
		{`delete "a b"`, "ok", "x=5 y=1"},
		{`'a b'='c "d'`, "ok", `"a b"="c \"d" x=5 y=1`},
		{`delete 'a b'`, "ok", "x=5 y=1"},
		{`x=""`, "ok", `x="" y=1`},
		{"incr y", "2", `x="" y=2`},
		{"y=word", "ok", `x="" y=word`},
		{"incr y", "no word is no number", `x="" y=word`},
		// What it does not know changes nothing.
		{"", "", `x="" y=word`},
		{"hello", "", `x="" y=word`},
		{"hello world", "", `x="" y=word`},
		{"x = 3", "", `x="" y=word`},
		{`x="open`, "", `x="" y=word`},
		{`x='open`, "", `x="" y=word`},
		{"=3", "", `x="" y=word`},
		{"cas x 1", "", `x="" y=word`},
	} {
		var result string
		m, result = m.Apply(c.command)
		if result != c.result || m.Snapshot() != c.state {
			t.Errorf("%s: result %q, state %s; want %q, %s", c.command, result, m.Snapshot(), c.result, c.state)
		}
	}
}

func TestRestoreReadsSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Machine = NewKV()
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			key := rapid.StringN(1, 5, -1).Draw(t, "key")
			value := rapid.String().Draw(t, "value")
			next, result := m.Apply(Put(key, value))
			if got, _ := next.Get(key); result != "ok" || got != value {
				t.Fatalf("put %q %q: %q, holds %q", key, value, result, got)
			}
			m = next
		}
		back, err := NewKV().Restore(m.Snapshot())
		if err != nil || back.Snapshot() != m.Snapshot() || back.Len() != m.Len() {
			t.Fatalf("%v: %s, want %s", err, back.Snapshot(), m.Snapshot())
		}
	})
}
