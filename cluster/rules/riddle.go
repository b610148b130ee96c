package rules

import (
	"slices"

	"raftlab/raft"
)

// RiddleSettings is what is set before every riddle. It is all that the mistakes which can
// be drawn need to do harm, so that the settings do not give the riddle away.
var RiddleSettings = []raft.Need{
	{Setting: "noop", Value: "off"},
	{Setting: "max-entries", Value: "1"},
	{Setting: "back-off", Value: "conflict-term"},
	{Setting: "pipeline", Value: "on"},
	{Setting: "sessions", Value: "on"},
	{Setting: "reads", Value: "read-index"},
}

// Drawable tells whether a mistake does harm in a cluster of n servers with the settings of
// every riddle.
func Drawable(m *raft.Mutant, n int) bool {
	const even = raft.QuorumMinusOne | raft.ChangeBeforeOwnTerm // an odd cluster's majorities forgive these
	// a riddle about these is for a cluster with servers to spare
	const small, members = 4, raft.DirectChange | raft.LearnerCounts
	if m.Bit&later != 0 || n < m.Nodes || m.Bit&even != 0 && n%2 != 0 || m.Bit&members != 0 && n <= small {
		return false
	}
	for _, need := range m.Needs {
		if !slices.Contains(RiddleSettings, need) {
			return false
		}
	}
	return true
}
