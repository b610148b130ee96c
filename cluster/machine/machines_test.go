package machine

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// told gives a machine commands; each wants its result.
func told(t *testing.T, m Machine, commandsAndResults ...string) Machine {
	t.Helper()
	for i := 0; i < len(commandsAndResults); i += 2 {
		next, result := m.Apply(commandsAndResults[i])
		if result != commandsAndResults[i+1] {
			t.Errorf("%s: %q, want %q (state %s)", commandsAndResults[i], result, commandsAndResults[i+1], m.Snapshot())
		}
		m = next
	}
	return m
}

func wantState(t *testing.T, m Machine, want string) {
	t.Helper()
	if got := m.Snapshot(); got != want {
		t.Errorf("state %s, want %s", got, want)
	}
}

func TestCounter(t *testing.T) {
	m := told(t, New("counter"), "incr", "1", "add 5", "6", "add -7", "-1", "get", "-1", "get count", "-1", "get other", "",
		"add x", "no x is no number", "add", "", "hello", "", "", "", "add 1 2", "")
	wantState(t, m, "-1")
	if v, ok := m.Get("count"); v != "-1" || !ok || m.Len() != 1 {
		t.Errorf("count %q %t", v, ok)
	}
	if v, ok := m.Get("x"); v != "" || ok {
		t.Errorf("x is %q, though there is none", v)
	}
}

// The main street is green until somebody has pressed the button; then the side
// street has its turn. A press is remembered until it is served.
func TestLight(t *testing.T) {
	m := New("traffic-light")
	clock := func(n int) string {
		result := ""
		for range n {
			m, result = m.Apply("clock")
		}
		return result
	}
	if got := clock(100); got != "main green, side red" {
		t.Errorf("without a press: %s", got)
	}
	m = told(t, m, "button", "main green, side red", "get walk", "true")
	if got := clock(1); got != "main yellow, side red" {
		t.Errorf("after a press: %s", got)
	}
	m = told(t, m, "button", "main yellow, side red") // it is the same wish
	if got := clock(2); got != "main red, side green" {
		t.Errorf("then: %s", got)
	}
	m = told(t, m, "get walk", "false", "button", "main red, side green", "get walk", "false")
	if got := clock(4); got != "main red, side yellow" {
		t.Errorf("then: %s", got)
	}
	m = told(t, m, "button", "main red, side yellow", "get walk", "true")
	if got := clock(2); got != "main green, side red" {
		t.Errorf("then: %s", got)
	}
	if got := clock(5); got != "main green, side red" {
		t.Errorf("a green that is too short: %s", got)
	}
	if got := clock(1); got != "main yellow, side red" {
		t.Errorf("the wish was forgotten: %s", got)
	}
	m = told(t, m, "get main", "yellow", "get nothing", "", "hello", "", "", "")
	wantState(t, m, "main=yellow side=red ticks=0 walk=true")
	// Never both are green, whatever comes.
	for i := range 1000 {
		m, _ = m.Apply([]string{"clock", "button", "clock", "clock"}[i*7%4])
		main, _ := m.Get("main")
		side, _ := m.Get("side")
		if main != "red" && side != "red" {
			t.Fatalf("main %s, side %s", main, side)
		}
	}
}

func TestLines(t *testing.T) {
	m := told(t, New("log"), "a line", "1", `"quoted" \ text`, "2", "x=1", "3", "get", "3", "get 1", "a line", "get 4", "", "get 0", "", "get x", "", "", "3")
	wantState(t, m, `"a line" "\"quoted\" \\ text" "x=1"`)
	if v, ok := m.Get("2"); v != `"quoted" \ text` || !ok || m.Len() != 3 {
		t.Errorf("line 2 is %q", v)
	}
	n := 0
	for name, v := range m.All() {
		n++
		if got, _ := m.Get(name); got != v || name != fmt.Sprint(n) {
			t.Errorf("%s: %q, %q", name, v, got)
		}
	}
}

// A machine begins empty, and there are no others.
func TestKinds(t *testing.T) {
	for _, k := range Kinds {
		if m := New(k.Name); m == nil || k.Says == "" {
			t.Errorf("there is no %s", k.Name)
		} else if back, err := m.Restore(""); err != nil || back.Snapshot() != m.Snapshot() {
			t.Errorf("%s: nothing is no empty state: %v", k.Name, err)
		}
	}
	if New("toaster") != nil {
		t.Error("there is a toaster")
	}
}

var commandsOf = map[string]*rapid.Generator[string]{
	"kv":            rapid.OneOf(rapid.Custom(func(t *rapid.T) string { return Put(rapid.String().Draw(t, "k"), rapid.String().Draw(t, "v")) }), rapid.SampledFrom([]string{"incr x", "delete x", "cas x 1 2", "get x"})),
	"traffic-light": rapid.SampledFrom([]string{"clock", "clock", "clock", "button", "get", "nonsense"}),
	"hasty-light":   rapid.SampledFrom([]string{"clock", "clock", "clock", "button", "get", "nonsense"}),
	"counter":       rapid.SampledFrom([]string{"incr", "add 3", "add -9223372036854775808", "add x", "get"}),
	"log":           rapid.OneOf(rapid.String(), rapid.StringMatching(`[ "\\=:@a\n]{0,8}`)),
}

// applied is an entry of a session, or a plain command, applied.
func applied(m Machine, entry string) (Machine, string) {
	switch client, number, command, ok := CutSession(entry); {
	case !ok:
		return m.Apply(entry)
	case number == 1 && command == "register":
		return Register(m, uint64(len(m.Snapshot())), SessionName(client)), ""
	}
	m, result, ok := ApplyNumbered(m, entry)
	if !ok {
		result = "refused: " + result
	}
	return m, result
}

// Every machine, sessions included, is its snapshot: a copy that was restored
// from one answers as the original does, now and ever after; and what was
// applied to one value does not show in another.
func TestSnapshotRestore(t *testing.T) {
	for _, kind := range Kinds {
		rapid.Check(t, func(t *rapid.T) {
			m := New(kind.Name)
			command := func() string {
				c := commandsOf[kind.Name].Draw(t, "command")
				if rapid.Bool().Draw(t, "session") {
					client := rapid.OneOf(rapid.SampledFrom([]string{"C1", "C2"}), rapid.String()).Draw(t, "client")
					if c = InSession(client, rapid.Uint64Range(1, 4).Draw(t, "number"), c); rapid.Bool().Draw(t, "register") {
						c = InSession(client, 1, "register")
					}
				}
				return c
			}
			apply := func(times int) {
				for range rapid.IntRange(0, times).Draw(t, "n") {
					before := m.Snapshot()
					old := m
					m, _ = applied(m, command())
					if old.Snapshot() != before {
						t.Fatalf("a value changed from %s to %s", before, old.Snapshot())
					}
				}
			}
			apply(15)
			back, err := New(kind.Name).Restore(m.Snapshot())
			if err != nil || back.Snapshot() != m.Snapshot() || back.Len() != m.Len() {
				t.Fatalf("%v: %q, want %q", err, back.Snapshot(), m.Snapshot())
			}
			for range 10 {
				c := command()
				a, wanted := applied(m, c)
				b, got := applied(back, c)
				if got != wanted || a.Snapshot() != b.Snapshot() {
					t.Fatalf("%q: %q, the original says %q", c, got, wanted)
				}
				m, back = a, b
			}
		})
	}
}

// What is no snapshot is refused with what one looks like.
func TestRestore_Refused(t *testing.T) {
	for kind, texts := range map[string][]string{
		"kv":            {"x", "x=1 y", `x="open`},
		"counter":       {"x", "1 2"},
		"traffic-light": {"main=green", "main=green side=green ticks=0 walk=false", "main=green side=red ticks=-1 walk=false", "x"},
		"hasty-light":   {"main=green side=green ticks=0 walk=false"},
		"log":           {`"open`, "=x"},
	} {
		for _, text := range append(texts, "@sessions x 0 ", "@sessions 1 1 C1 1 ", "@sessions 5 99999999 ") {
			m := New(kind)
			if back, err := m.Restore(text); err == nil {
				t.Errorf("%s takes %q as %q", kind, text, back.Snapshot())
			} else if strings.Contains(err.Error(), "%!") {
				t.Error(err)
			}
		}
	}
}

// numbered applies entries of sessions, each followed by the result that it must
// have; "-" is a refusal.
func numbered(t *testing.T, m Machine, entries ...string) Machine {
	t.Helper()
	for i := 0; i < len(entries); i += 2 {
		next, result, ok := ApplyNumbered(m, entries[i])
		if m = next; !ok && entries[i+1] != "- "+result || ok && result != entries[i+1] {
			t.Errorf("%s: %q (%v), want %q", entries[i], result, ok, entries[i+1])
		}
	}
	return m
}

// §8, thesis 6.3: a command of a session that comes again is answered as it was
// the first time, and not applied; older ones are refused, newer ones applied,
// and so is none of a session that was never opened.
func TestSessions(t *testing.T) {
	m := Register(Register(New("kv"), 2, "C1"), 5, "C2")
	m = numbered(t, m, "C1:1 incr x", "1", "C1:1 incr x", "1", "C1:2 incr x", "2", "C2:1 incr x", "3", "C1:2 incr x", "2",
		"C1:1 incr x", "- the session of C1 is at number 2", "C1:9 incr x", "4", "C3:1 incr x", "- session expired")
	wantState(t, m, `@sessions 10 2 C1 2 9 9 4 C2 5 1 6 3 x=4`)
	m = told(t, m, "incr x", "5", "incr x", "6") // outside of any, each counts
	back, err := New("kv").Restore(m.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	back = numbered(t, back, "C1:9 incr x", "4", "C2:1 incr x", "3", "C2:2 incr x", "7")
	numbered(t, Register(back, 90, "C1"), "C1:1 incr x", "8", "C1:1 incr x", "8") // a session of its own
}

// Whatever a client is called, its commands are its own.
func TestSessions_AnyName(t *testing.T) {
	for _, name := range []string{"C1", "two words", "a:1", "x=1", `"quoted"`, "", ":", "@sessions", "ü", "a\nb", "12"} {
		m := Register(New("kv"), 1, SessionName(name))
		numbered(t, m, InSession(name, 1, "incr x"), "1", InSession(name, 1, "incr x"), "1", InSession(name, 2, "incr x"), "2")
	}
}

// A session that was not used for long has expired, by the log's time. What
// comes in it then is refused, since it may have been applied already. At most
// twice as many sessions as can be alive are remembered.
func TestSessions_Expiry(t *testing.T) {
	begin := numbered(t, Register(Register(New("counter"), 1, "C1"), 2, "C2"), "C1:1 incr", "1", "C2:1 incr", "2")
	m := Register(begin, 9, "other")
	for i := range uint64(sessionLife - 2) {
		m, _, _ = ApplyNumbered(m, InSession("other", i+1, "get"))
	}
	alive := numbered(t, m, "C2:1 incr", "2", "C2:2 incr", "3")
	numbered(t, alive, "C2:2 incr", "3")
	m, _, _ = ApplyNumbered(m, InSession("other", sessionLife-1, "get"))
	for _, late := range []string{"C1:1 incr", "C1:2 incr", "C2:1 incr", "C2:2 incr"} {
		numbered(t, m, late, "- "+Expired)
	}
	if v, _ := m.Get("count"); v != "2" {
		t.Errorf("count %s", v)
	}
	for i := range uint64(5 * sessionLife) {
		if m = Register(m, i, fmt.Sprint("n", i)); m.(*Sessions).last.Len() >= 2*sessionLife {
			t.Fatalf("%d sessions are remembered", m.(*Sessions).last.Len())
		}
	}
	numbered(t, m, fmt.Sprintf("n%d:1 incr", 4*sessionLife), "3", fmt.Sprintf("n%d:1 incr", 4*sessionLife-10), "- "+Expired)
}

// What merely looks like a session's command passes through.
func TestNoSessionIsNoCommandOfOne(t *testing.T) {
	m, _ := New("log").Apply("12:30 lunch")
	if line, _ := m.Get("1"); line != "12:30 lunch" {
		t.Errorf("the log holds %q", line)
	}
}
