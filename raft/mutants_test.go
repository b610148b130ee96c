package raft_test

import (
	"testing"

	"raftlab/raft"
)

// The catalogue is in order: one bit and one name each, the rule that it
// violates, and words for all there is to say.
func TestMutantsAreCatalogued(t *testing.T) {
	var bits raft.Mutants
	names := map[string]bool{}
	for _, m := range raft.AllMutants() {
		if m.Bit == 0 || m.Bit&(m.Bit-1) != 0 || bits&m.Bit != 0 {
			t.Errorf("%s: bit %x", m.Name, m.Bit)
		}
		bits |= m.Bit
		if names[m.Name] || m.Name == "" {
			t.Errorf("the name %q", m.Name)
		}
		names[m.Name] = true
		if m.Violates == nil || m.Breaks == "" || m.Says == "" || m.Story == "" || m.Nodes < 3 {
			t.Errorf("%s: %+v", m.Name, m)
		}
	}
}
