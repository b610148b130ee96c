package fuzz

import (
	"errors"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// run is one random schedule: a copy of the world, and the chances of what
// comes next. The world it began from and its seed determine it.
type run struct {
	random
	chances
	world   *cluster.World
	most    int              // servers that a change of the membership may name
	changes bool             // the membership changes
	sure    bool             // in each run, and all the time
	retries bool             // clients send again
	clocked bool             // timers run by clocks, since what a lease is worth depends on these
	ticks   []cluster.Action // of clocks, that are still to come
	unsyncs bool             // not everything that is written is synced at once
	parted  bool             // links are cut
	asked   int              // commands so far
	active  raft.Set         // the servers that act now
	breach  *invariants.Breach
	failure *program.Failure         // of a server that had no answer
	taken   int                      // actions, up to now
	passes  func(*invariants.Breach) // is told of departures, which then do not end the run; nil: they do
}

// begin is the run of a seed from a world, which is not changed; one goroutine
// at a time may begin runs from one world.
func begin(from *cluster.World, seed uint64) run {
	g := run{random: random(invariants.Mix(seed, 0x66757a7a)), world: from.Clone()}
	g.most = min(from.Size()+1, cluster.MaxServers)
	g.sure = mustChange(from)
	g.changes = g.sure || g.oneIn(4)
	g.clocked = from.Settings().Reads == "lease"
	g.retries = from.Settings().Sessions
	g.unsyncs = !from.Settings().Fsync || slices.Contains(from.Bugs(), "ack-before-durable")
	g.parted = len(g.allLinks()) > 0
	g.draw()
	return g
}

// next is the action that is taken next, or nil when nothing that was drawn can
// be done. What is too much in flight is lost, the oldest first.
func (g *run) next() cluster.Action {
	out := uint32(0) // kinds of which there is none now
	for left := g.total; left > 0; {
		k := g.pick(out, left)
		if g.world.Mail() > g.crowd && k != deliver {
			if m := g.world.MailAt(0); !g.world.Waits(m) {
				return cluster.Drop{ID: m.ID}
			}
		}
		if a := g.choose(k); a != nil {
			return a
		}
		out |= 1 << k
		left -= int(g.weight[k])
	}
	return nil
}

// changesOfChance is how often in a run, on average, the chances are drawn anew.
const changesOfChance = 3

// steps takes that many steps, and tells each action to took, when that is set. It
// ends with the first breach, or with the first step to which a server has no
// answer, and returns how many steps there were.
func (g *run) steps(most int, took func(cluster.Action)) int {
	before := len(g.world.Breaches())
	for n := range most {
		if g.oneIn(max(most/changesOfChance, 1)) {
			g.draw()
		}
		notable := g.world.Notable()
		a := g.next()
		for ; len(g.ticks) > 0; g.ticks = g.ticks[1:] { // a while counts as one step
			if g.take(a, took) != nil && g.failure != nil {
				return n + 1
			}
			a = g.ticks[0]
		}
		if a == nil || g.take(a, took) != nil && g.failure == nil { // refused, as a change of the membership may be
			g.focus()
			continue
		}
		if g.failure != nil || g.broken(&before) {
			return n + 1
		}
		_, asked := a.(cluster.Request)
		g.turn(asked || g.world.Notable() != notable)
	}
	g.breach = inexplicable(g.world)
	return most
}

// take takes an action, and keeps a failure.
func (g *run) take(a cluster.Action, took func(cluster.Action)) error {
	if a == nil {
		return nil
	}
	err := g.world.Apply(a)
	if err != nil && !errors.As(err, &g.failure) {
		return err
	}
	g.taken++
	if took != nil {
		took(a)
	}
	return err
}

// broken tells whether the run ends because of what has broken since so many breaches.
func (g *run) broken(since *int) bool {
	for all := g.world.Breaches(); g.passes != nil && *since < len(all); *since++ {
		b := &all[*since]
		if b.Departure == nil {
			break
		}
		if !b.OnPurpose {
			g.passes(b)
			g.world.Except(b.Property)
		}
	}
	g.breach = g.world.Harm(*since)
	return g.breach != nil
}
