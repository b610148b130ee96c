// Package explore searches the schedules of a cluster: everything that can happen
// from here, level by level, so that a schedule found that way is a shortest one.
// Beside that it searches by macro steps towards what is new, where such a schedule
// is too far. It runs the very code that the console runs, on worlds that are put
// together from parts, with every invariant checked at every step.
//
//	explore.go  what is asked; plan.go, which searches go on when, and within which bounds
//	run.go      one search within fixed bounds, level by level; batch.go, the
//	            states that are expanded together; tree.go, the way back
//	guided.go   a search by macro steps, towards what is new; macros.go, those steps;
//	            facts.go, what is not new any more; towards.go, a short one towards a goal, before any other search
//	worker.go   one state: what can follow, and what is new of it
//	steps.go    what can happen next, and what it counts against the bounds
//	topics.go   what more is tried where a mistake is about it
//	states.go   states as numbers; store.go, the parts that they stand for
//	keys.go     what tells states apart, servers' names aside; seen.go, the states seen
//	crew.go     how workers are sent for something
//	effects.go  what actions did, remembered
//	lean.go     how large searches spare memory
package explore

import (
	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// changes is every kind of change of the membership.
const changes = raft.AboutMembers | raft.AboutLearners | raft.AboutJoint

// Bounds is how far a search goes. What is counted is counted along a schedule;
// Any and more is no bound.
type Bounds struct {
	Depth      int    // steps; 0: no bound
	Timeouts   int    // election timeouts
	Beats      int    // heartbeats
	Crashes    int    // a restart is free
	Drops      int    // messages lost; one that is never delivered needs none
	Duplicates int    // messages copied
	Submits    int    // client commands
	Changes    int    // of the membership; none in a plain search, see Defaults
	Snapshots  int    // taken by hand; likewise
	Terms      uint64 // the highest term that an election may begin; 0: no bound
}

// Any is no bound.
const Any = 255

// Defaults is what is searched when some bounds are given and others not. The
// membership is changed, and snapshots are taken, where a mistake is about that.
func Defaults(w *cluster.World) Bounds {
	b := Bounds{Timeouts: 3, Beats: 1, Crashes: 1, Submits: 2, Terms: 3}
	if w.About()&changes != 0 {
		b.Changes = 2
	}
	if w.About()&raft.AboutSnapshots != 0 {
		b.Snapshots = 1
	}
	return b
}

// Outcomes of a search.
const (
	Breach   = "breach"   // an invariant fell: Path leads there
	Failed   = "error"    // a server has no answer to the last action of Path: what it runs is at fault
	Reached  = "reached"  // the goal holds: Path leads there
	Complete = "complete" // nothing of the kind within the bounds: a proof for them
	Bound    = "bound"    // time, states or the reader's patience ended first
)

// The searches that work together.
const (
	Full   = "full"   // every schedule within the bounds
	Sparse = "sparse" // those of a network whose links hold one message
	Guided = "guided" // macro steps, towards what is new
)

// Result is what a search came to.
type Result struct {
	Outcome  string
	Breach   *invariants.Breach
	Failure  *cluster.Failure // with Failed
	Path     []cluster.Action // from the world that was given
	Bounds   Bounds           // within which it was found, or that were searched last
	By       string           // which search found it: Sparse, Full or Guided
	Proven   int              // no schedule of fewer steps within Bounds does it
	States   int              // distinct states seen
	Steps    int              // states generated, the same ones counted again
	Asked    int              // those of them that came of a step of a server that another program runs
	Depth    int              // levels that were searched whole
	Frontier int              // states that wait to be expanded
	Memory   int              // bytes, about
}

// Search is one search.
type Search struct {
	Bounds Bounds
	// Grow lets the bounds grow by themselves, Depth aside, until something is
	// found, or everything that can happen was searched.
	Grow bool
	// Goal, when set, ends the search where it holds; it is asked by several
	// goroutines at once, each with its own number from 0 to Workers-1, and must
	// not keep the world.
	Goal func(worker int, w *cluster.World) bool
	// Serves, when set, tells Plan what may serve the goal: that a server leads
	// (follower is 0), and that it brings a follower's log up to its own.
	Serves func(w *cluster.World, leader, follower raft.ID) bool
	// Mail says that the goal looks at what is in flight.
	Mail bool
	// Untouched leaves out what is done by hand, whatever mistakes are about:
	// changes of the membership, and snapshots.
	Untouched bool
	// Frozen leaves servers that are frozen as they are: they do not crash, which
	// would thaw them.
	Frozen bool
	// Progress, when set, is told now and then.
	Progress func(Result)
	// Workers is how many goroutines search; 0: World.Workers. The result
	// does not depend on it.
	Workers int
	// States and Memory (bytes) end the search; 0: a hundred million, four
	// gigabytes.
	States, Memory int
	// Plain is without reductions: no symmetry, and no first search in a sparse
	// network.
	Plain bool
}
