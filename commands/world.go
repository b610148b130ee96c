package commands

import (
	"strconv"

	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/raft"
)

// MessageID is the number of a message in flight, written m12.
type MessageID uint64

func (m MessageID) String() string { return "m" + strconv.FormatUint(uint64(m), 10) }

// NodeFacts is what the language must know of a node.
type NodeFacts struct {
	Up       bool
	Follower bool // up, and in the role of a follower
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

// Facts is what the language asks about the present: what exists, so that a
// word can be refused, suggested and completed.
type Facts interface {
	NodeIDs() []raft.ID               // those that exist, ascending
	Node(raft.ID) (NodeFacts, bool)   // false when there is no such node
	MaxNodes() int                    // the highest number that a new node may have
	Leader() raft.ID                  // as `leader` in a condition, or 0
	InFlight() []MessageFacts         // the oldest first
	Values(setting string) []string   // what a setting can be set to, for completion
	Vocabulary(use *Cond) *Vocabulary // what a condition sees; nil: everything
}

// World is the cluster behind the language.
type World interface {
	lang.World
	Facts
	// AcceptBreaches takes the breaches so far as expected.
	AcceptBreaches()
	// UnexpectedBreaches tells the others, also those of a world that was left.
	UnexpectedBreaches() []string
	Status() []view.Block // a line for each node, for `watch on`
	Big() []view.Block    // the same for the back row, for `big`
	Here() string         // names the present moment: another one, another text
	Prompt() view.Line
	Banner() []view.Block
}
