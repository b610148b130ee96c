// Package words is what may be written of a cluster on a line: nodes, links, messages,
// entries, places in the history, each as a kind of argument that reads and completes
// itself. It asks a World what there is.
package words

import (
	"strconv"

	"raftlab/commands/lang"
	"raftlab/raft"
)

// MessageID is the number of a message in flight, written m12.
type MessageID uint64

func (m MessageID) String() string { return "m" + strconv.FormatUint(uint64(m), 10) }

// NodeFacts is what the language must know of a node.
type NodeFacts struct {
	Up       bool
	Follower bool // up, and in the role of a follower
	Leader   bool // up, and in the role of a leader
	Frozen   bool
}

// FactsOf is the facts of a node with this state, which is nil while it is down.
func FactsOf(n *raft.State, frozen bool) NodeFacts {
	if n == nil {
		return NodeFacts{}
	}
	return NodeFacts{Up: true, Follower: n.Role == raft.Follower, Leader: n.Role == raft.Leader, Frozen: frozen}
}

// MessageFacts is what the language must know of a message in flight.
type MessageFacts struct {
	ID       MessageID
	Type     MessageType
	From, To raft.ID
}

// The sorts whose names a World can list.
const (
	SortSetting    lang.Sort = "setting"
	SortScenario   lang.Sort = "scenario"
	SortCheckpoint lang.Sort = "checkpoint"
	SortBranch     lang.Sort = "branch"
	SortBug        lang.Sort = "bug"
	SortRule       lang.Sort = "rule"
	SortKey        lang.Sort = "key"
	SortClient     lang.Sort = "client"
)

// World is what the kinds ask about the present: what exists, so that a
// word can be refused, suggested and completed.
type World interface {
	lang.World
	NodeIDs() []raft.ID             // those that exist, ascending
	Node(raft.ID) (NodeFacts, bool) // false when there is no such node
	MaxNodes() int                  // the highest number that a new node may have
	Leader() raft.ID                // as `leader` in a condition, or 0
	InFlight() []MessageFacts       // the oldest first
	Values(setting string) []string // what a setting can be set to, for completion
}

// worldOf is the World of a session whose commands are about a cluster.
func worldOf(w lang.World) World { return w.(World) }
