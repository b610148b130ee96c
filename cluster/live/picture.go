package live

import "raftlab/raft"

// Stored is what the server's stable storage holds.
func (v *View) Stored(id raft.ID) *raft.Stable { return v.Disk(id) }
