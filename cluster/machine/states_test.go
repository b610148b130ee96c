package machine

import (
	"strings"
	"testing"
)

// Every state of the crossing is found, each once, and no command leads out of
// them. Only in the hasty one both streets may drive.
func TestStates(t *testing.T) {
	for kind, unsafe := range map[string]int{"traffic-light": 0, "hasty-light": 2} {
		all, seen, want := States(kind), map[string]bool{}, 24+unsafe
		for _, s := range all {
			seen[s.Machine.Snapshot()] = true
		}
		if len(all) != want || len(seen) != want {
			t.Errorf("%s: %d states, %d of them different", kind, len(all), len(seen))
		}
		for i, s := range all {
			for _, command := range Inputs(kind) {
				if next, _ := s.Machine.Apply(command); !seen[next.Snapshot()] {
					t.Errorf("%s: %s leads from %s to a state that was not found, %s", kind, command, s.Machine.Snapshot(), next.Snapshot())
				}
			}
			m, way := New(kind), Way(all, i)
			for _, step := range way {
				m, _ = m.Apply(step.Command)
			}
			if m.Snapshot() != s.Machine.Snapshot() {
				t.Errorf("%s: the way to %s leads to %s", kind, s.Machine.Snapshot(), m.Snapshot())
			}
			if text := m.Snapshot(); !strings.Contains(text, "=red") {
				if unsafe--; unsafe == 1 && len(way) != 8 {
					t.Errorf("the nearest, %s, is %d steps away", text, len(way))
				}
			}
		}
		if unsafe != 0 {
			t.Errorf("%s: %d unsafe states too few", kind, unsafe)
		}
	}
	if States("kv") != nil {
		t.Error("the key-value store has an end")
	}
}
