package live

import (
	"raftlab/raft"
)

// typeNames is the types of messages that are counted. Any other type is counted as the last
// of them.
var typeNames = [...]string{"AppendEntries", "AppendEntriesReply", "RequestVote", "RequestVoteReply",
	"PreVote", "PreVoteReply", "InstallSnapshot", "InstallSnapshotReply", "TimeoutNow", "other"}

func typeOf(m raft.Message) int {
	switch m.(type) {
	case *raft.AppendEntries:
		return 0
	case *raft.AppendEntriesReply:
		return 1
	case *raft.RequestVote:
		return 2
	case *raft.RequestVoteReply:
		return 3
	case *raft.PreVote:
		return 4
	case *raft.PreVoteReply:
		return 5
	case *raft.InstallSnapshot:
		return 6
	case *raft.InstallSnapshotReply:
		return 7
	case *raft.TimeoutNow:
		return 8
	}
	return len(typeNames) - 1
}

// counts is the numbers of messages that a server has sent and received, by type.
type counts struct{ sent, delivered [len(typeNames)]uint64 }

func (c *counts) add(d *counts) {
	for i := range typeNames {
		c.sent[i] += d.sent[i]
		c.delivered[i] += d.delivered[i]
	}
}
