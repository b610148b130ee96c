package live

import (
	"raftlab/cluster/picture"
	"raftlab/raft"
)

// Stored is what the server's stable storage holds.
func (v *View) Stored(id raft.ID) *raft.Stable { return v.Disk(id) }

// CutTo is the servers to which messages from one are lost.
func (v *View) CutTo(from raft.ID) raft.Set {
	if v.cuts == nil {
		return raft.Set{}
	}
	return v.cuts[from]
}

// Picture is the cluster as plain data. What nothing looks after here is empty:
// messages, clients, and what breaks.
func (v *View) Picture(used func(word string) bool) *picture.Picture {
	p := picture.Of(v, used)
	for _, n := range p.Nodes {
		if n.State != nil {
			n.State.Fault = v.Fault(n.Number)
		}
	}
	return p
}
