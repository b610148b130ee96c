package lab

import (
	"context"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// World is the cluster behind the language.
type World interface {
	words.World
	Vocabulary(use *Cond) *Vocabulary // what a condition sees; nil: everything
	// Picture is the cluster now, as picture.Of.
	Picture(used func(word string) bool) *picture.Picture
	// DoAll does all of the actions, which are of one type. When one of them cannot be done
	// none is, or the session takes back the others.
	DoAll(actions ...cluster.Action) error
	// Settings are those that it has now, to be read only.
	Settings() *setting.Settings
	// Script is the commands that lead here.
	Script() ([]string, error)
	// AcceptBreaches takes the breaches so far as expected.
	AcceptBreaches()
	// UnexpectedBreaches tells the others, also those of a world that was left.
	UnexpectedBreaches() []string
	// UnexpectedDepartures tells where guests departed from the paper, likewise.
	UnexpectedDepartures() []string
	Here() string         // a text for the present moment, which no other moment has
	Prompt() view.Line    // the prompt, without what the session adds
	Banner() []view.Block // the first thing that a newcomer reads
}

// RealTime is what a cluster has besides that runs by itself: time passes there whatever
// a command does, and clients wait for their answers.
type RealTime interface {
	World
	// Ask sends a client's command, first to via where that is not 0, and waits for the answer.
	Ask(ctx context.Context, client, command string, via raft.ID) (Answered, error)
	// Counts is how many messages a server sent, and had delivered, by their type.
	Counts(id raft.ID) map[string]Count
	// Tick is how long a tick takes.
	Tick() time.Duration
}

// InRealTime is the cluster of a call where it runs by itself.
func InRealTime(c *lang.Call) (w RealTime, ok bool) {
	w, ok = c.World.(RealTime)
	return w, ok
}

// Answered is the answer to a client's command.
type Answered struct {
	Node        raft.ID   // the server that answered
	Index, Term uint64    // of the entry
	Result      string    // what the state machine answered
	Way         []raft.ID // the servers that sent the client on, in order, and then Node
}

// Count is how many messages of a type a server sent, and had delivered.
type Count struct{ Sent, Delivered uint64 }

// NodesResult is what a command did to nodes where nothing else tells it.
type NodesResult struct {
	Nodes []string `json:"nodes" doc:"the servers that it was done to"`
}

// WorldOf is the cluster behind what the language knows of it.
func WorldOf(w lang.World) World { return w.(World) }
