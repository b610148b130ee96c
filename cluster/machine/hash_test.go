package machine

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A state's hash is that of the state, whichever way led there: a machine that is
// made of its snapshot has it too, and another state has another.
func TestHashIsOfTheState(t *testing.T) {
	for _, k := range Kinds {
		kind := k.Name
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 5))
			m, states := New(kind), map[uint64]string{}
			for step := range uint64(150) {
				key, value := []string{"x", "y", "z z"}[r.IntN(3)], fmt.Sprint(r.IntN(3))
				command := [...]string{Put(key, value), Put("x", value), Delete(key), CAS(key, "1", value), Incr(key), "go", "tick"}[r.IntN(7)]
				switch r.IntN(4) {
				case 0:
					m = Register(m, step, key)
				case 1:
					m, _, _ = ApplyNumbered(m, InSession(key, 1+step/2, command))
				default:
					m, _ = m.Apply(command)
				}
				text := m.Snapshot()
				if was, known := states[m.Hash()]; known && was != text {
					t.Fatalf("%s, seed %d: %q and %q have the same hash", kind, seed, was, text)
				}
				states[m.Hash()] = text
				again, err := New(kind).Restore(text)
				if err != nil || again.Hash() != m.Hash() {
					t.Fatalf("%s, seed %d: after %s %q: the hash is %x, and %x of what its snapshot makes: %v", kind, seed, command, text, m.Hash(), again.Hash(), err)
				}
			}
		}
	}
}
