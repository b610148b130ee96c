// Package explore searches the schedules of a cluster: everything that can happen from a
// world, level by level, so that the first schedule found is a shortest one. Where such a
// search cannot go far enough, it also searches by macro steps, towards states in which
// something is new. It runs the same code as the console, on worlds that are put together
// from parts, and checks every invariant at every step.
//
//	explore.go  a search and its result; plan.go, which searches run when, and within
//	            which bounds
//	run.go      one search within fixed bounds, level by level; batch.go, the
//	            states that are expanded together; tree.go, how each was reached
//	guided.go   a search by macro steps, towards what is new; macros.go, those steps;
//	            facts.go, what is no longer new; towards.go, a short search towards a
//	            goal, before any other
//	worker.go   one state: what can follow, and which of that is new
//	steps.go    what can happen next, and what it takes of the bounds
//	topics.go   what else is tried if a bug is about it
//	states.go   states as numbers; store.go, the parts that they stand for
//	keys.go     what tells states apart, apart from servers' names; seen.go, the states seen
//	crew.go     how workers are given work
//	effects.go  a memory of what actions did
//	lean.go     how large searches save memory
package explore

import (
	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// changes is every kind of change of the membership.
const changes = raft.AboutMembers | raft.AboutLearners | raft.AboutJoint

// Bounds is how far a search goes: how often each thing may happen in one schedule. Any, or
// more, is no bound.
type Bounds struct {
	Depth      int    // steps; 0: no bound
	Timeouts   int    // election timeouts
	Beats      int    // heartbeats
	Crashes    int    // a restart is free
	Drops      int    // messages lost; a message that is just never delivered does not count
	Duplicates int    // messages copied
	Submits    int    // client commands
	Changes    int    // changes of the membership; none in a plain search, see Defaults
	Snapshots  int    // snapshots taken by hand; none in a plain search
	Terms      uint64 // the highest term that an election may begin; 0: no bound
}

// Any is no bound.
const Any = 255

// Defaults is the bounds for those that are not given when others are. The membership is
// changed, and snapshots are taken, only if a bug is about that.
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

// Result is the result of a search.
type Result struct {
	Outcome  string
	Breach   *invariants.Breach
	Failure  *program.Failure // with Failed
	Path     []cluster.Action // from the given world
	Bounds   Bounds           // those within which it was found, or that were searched last
	By       string           // which search found it: Sparse, Full or Guided
	Proven   int              // no schedule of fewer steps within Bounds does it
	States   int              // distinct states seen
	Steps    int              // states generated, counting the same one again
	Asked    int              // those of them for which another program was asked
	Depth    int              // levels that were searched completely
	Frontier int              // states that wait to be expanded
	Memory   int              // bytes used, about
	Full     bool             // with Bound: it kept as many states as it may
}

// Search is one search.
type Search struct {
	Bounds Bounds
	// Grow makes all bounds but Depth grow by themselves, until something is found, or
	// everything that can happen was searched.
	Grow bool
	// Goal, when set, ends the search when it is true of a state. Several goroutines call
	// it at once, each with its own number from 0 to Workers-1. It must not keep the world.
	Goal func(worker int, w *cluster.World) bool
	// Serves, when set, tells Plan what may lead to the goal: that a server leads (follower
	// is 0), and that it brings a follower's log up to its own.
	Serves func(w *cluster.World, leader, follower raft.ID) bool
	// Mail says that the goal looks at messages in flight.
	Mail bool
	// Untouched leaves out changes of the membership, and snapshots by hand, whatever the
	// bugs are about.
	Untouched bool
	// Frozen keeps frozen servers frozen: they do not crash, because that would thaw them.
	Frozen bool
	// Progress, when set, is called now and then with the result so far.
	Progress func(Result)
	// Workers is how many goroutines search; 0: World.Workers. The result
	// does not depend on it.
	Workers int
	// States and Memory end the search. They are how many states are kept, and about how
	// many bytes they take; 0: a hundred million, two gigabytes, which leaves room for all
	// else on a machine that has eight.
	States, Memory int
	// Plain searches without reductions: without symmetry, and without the search in a
	// sparse network before the other.
	Plain bool
}
