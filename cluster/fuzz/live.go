package fuzz

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	gosync "sync"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// Liveness is the property that a majority in contact gets on: what clients ask
// is committed some time, and terms do not grow for ever. An adversary can
// always stall Raft (Fischer, Lynch and Paterson 1985), so the schedules are
// fair: messages are delayed and some are lost, at random, and timers run as the
// settings say.
const Liveness = "Liveness"

// Trials is runs of time from a world: at first servers are frozen and cut off
// for a while, never so many that no majority is in contact; then it is quiet
// but for a minority that stays frozen, and it is judged whether the others get on.
type Trials struct {
	First    uint64 // the first seed
	Runs     int
	Workers  int
	Reduce   context.Context // nil: Run's
	Progress func(done, stuck int)
}

// Verdict is what trials came to.
type Verdict struct {
	Runs  int // that were done
	Stuck int // after which the cluster does not get on
	Seed  uint64
	Path  []cluster.Action // of the lowest of these, reduced: it leads to where the cluster is stuck, and once around
	Cycle []Recurring
	Terms bool   // terms grow; else nothing is committed
	Ticks int    // for how long that was watched
	Says  string // in a sentence
}

// How long the parts of a trial are, in longest election timeouts.
const (
	unrest    = 12
	settling  = 5
	watched   = 25
	confirmed = 3 // other futures of the same state that must be stuck as well
)

// Run does the trials. It ends early when ctx does. What was found is still
// reduced; where Reduce ends meanwhile, its error is returned.
func (t *Trials) Run(ctx context.Context, w *cluster.World) (Verdict, error) {
	if !inContact(w) {
		return Verdict{}, fmt.Errorf("no majority of the voters is up and in contact, so nothing has to get on; " +
			"restart, thaw or heal first")
	}
	if t.Workers == 0 {
		t.Workers = runtime.GOMAXPROCS(0)
	}
	stuck, done := make([]bool, t.Runs), make([]bool, t.Runs)
	var mu gosync.Mutex
	next, n, bad := 0, 0, 0
	var group gosync.WaitGroup
	for range t.Workers {
		own := w.Clone()
		group.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= t.Runs {
					return
				}
				_, is := trial(ctx, own, t.First+uint64(i))
				if ctx.Err() != nil { // it was not lived to its end
					return
				}
				mu.Lock()
				stuck[i], done[i] = is, true
				if n++; is {
					bad++
				}
				if t.Progress != nil {
					t.Progress(n, bad)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	v := Verdict{Runs: n, Stuck: bad}
	if i := slices.Index(stuck, true); i >= 0 {
		v.Seed = t.First + uint64(i)
		if t.Reduce != nil {
			ctx = t.Reduce
		}
		found, _ := trial(ctx, w, v.Seed)
		v.reduce(ctx, w, found.plain())
		return v, ctx.Err()
	}
	return v, nil
}

// timed is a world whose time passes by itself, with faults.
type timed struct {
	ctx context.Context
	random
	begin   *cluster.World
	world   *cluster.World
	voters  raft.Set
	cuts    []network.Link // of its own making
	actions []cluster.Action
	asked   int
}

func newTimed(ctx context.Context, w *cluster.World, seed uint64) *timed {
	t := &timed{ctx: ctx, random: random(invariants.Mix(seed, 0x6c697665)), world: w.Clone(), voters: voters(w)}
	t.world.Reseed(t.next())
	t.begin = t.world.Clone()
	return t
}

// plain is what was done, without clocks and without the trial's own settings.
func (t *timed) plain() []cluster.Action {
	return slices.DeleteFunc(Plain(t.begin, t.actions), isA[cluster.Set])
}

// voters is who decides now, as the server knows it that has applied most.
func voters(w *cluster.World) raft.Set {
	if n := furthest(w); n != nil {
		return n.Configuration.AllVoters()
	}
	return raft.Set{}
}

// inContact tells whether the servers that run have a majority of the voters
// each of which reaches each other.
func inContact(w *cluster.World) bool {
	n := furthest(w)
	if n == nil {
		return false
	}
	left := raft.Set{}
	for id := range n.Configuration.AllVoters().All() {
		if w.Up(id) && !w.Frozen(id) {
			left = left.With(id)
		}
	}
	for {
		worst, fewest := raft.ID(0), left.Len()-1
		for id := range left.All() {
			reached := 0
			for other := range left.All() {
				if other != id && !w.IsCut(id, other) && !w.IsCut(other, id) {
					reached++
				}
			}
			if reached < fewest {
				worst, fewest = id, reached
			}
		}
		if worst == 0 {
			return n.Configuration.Majority(left)
		}
		left = left.Without(worst)
	}
}

// do does an action where it can be done.
func (t *timed) do(a cluster.Action) bool {
	if t.world.Apply(a) != nil {
		return false
	}
	t.actions = append(t.actions, a)
	return true
}

// tick lets one tick pass, and tells whether more may.
func (t *timed) tick() bool {
	for t.do(cluster.Advance{}) && t.world.MidTick() {
	}
	return t.ctx.Err() == nil
}

// faults sets how messages fare. The settings are the trial's own.
func (t *timed) faults(loss string) {
	s := t.world.Settings()
	t.do(cluster.Set{Name: "loss", Value: loss})
	if s.Latency.Max < 3 && s.HeartbeatInterval > 3 {
		t.do(cluster.Set{Name: "latency", Value: "1..3"})
	}
}

// ask lets a client put a command to every server that believes that it leads.
func (t *timed) ask() {
	for _, id := range t.world.Leaders() {
		t.asked++
		t.do(cluster.Request{Client: "C1", Data: commands[t.asked%len(commands)], Via: id})
	}
}

// trial is one seed's run: what was done up to where it is watched, and whether
// it is stuck there. It ends early when ctx does, and then says nothing.
func trial(ctx context.Context, w *cluster.World, seed uint64) (*timed, bool) {
	t := newTimed(ctx, w, seed)
	long := w.Settings().ElectionTimeout.Max
	t.faults([...]string{"0", "0.1", "0.3"}[t.below(3)])
	for n := 0; n < unrest*long && t.tick(); n++ {
		if t.oneIn(long) {
			t.disturb()
		}
		if t.oneIn(max(long/2, 1)) {
			t.ask()
		}
	}
	t.quiet()
	t.faults("0.01")
	for n := 0; n < settling*long && t.tick(); n++ {
		if t.oneIn(long) {
			t.ask()
		}
	}
	return t, isStuck(ctx, t.world)
}

// disturb freezes, thaws, cuts off or mends, so that a majority stays in contact.
func (t *timed) disturb() {
	id := t.someone()
	switch t.below(3) {
	case 0:
		if t.world.Frozen(id) {
			t.do(cluster.Thaw{Node: id})
		} else {
			t.unless(cluster.Freeze{Node: id})
		}
	case 1:
		t.heal()
		t.isolate(id)
	case 2:
		t.heal()
	}
}

// someone is one of the voters that are up.
func (t *timed) someone() raft.ID {
	var up []raft.ID
	for id := range t.voters.All() {
		if t.world.Has(id) && t.world.Up(id) {
			up = append(up, id)
		}
	}
	return up[t.below(len(up))]
}

// unless does an action unless no majority would be in contact then.
func (t *timed) unless(a cluster.Action) {
	c := t.world.Clone()
	if c.Apply(a) == nil && inContact(c) {
		t.do(a)
	}
}

// isolate cuts a server off.
func (t *timed) isolate(id raft.ID) {
	var cut []network.Link
	for _, other := range t.world.IDs() {
		for _, l := range [...]network.Link{{From: id, To: other}, {From: other, To: id}} {
			if id != other && !t.world.IsCut(l.From, l.To) {
				cut = append(cut, l)
			}
		}
	}
	before := len(t.actions)
	if t.unless(cluster.SetLinks{Cut: true, Links: cut}); len(t.actions) > before {
		t.cuts = cut
	}
}

// heal mends the links that it has cut.
func (t *timed) heal() {
	if len(t.cuts) > 0 {
		t.do(cluster.SetLinks{Links: t.cuts})
		t.cuts = nil
	}
}

// quiet ends the unrest: a few stay frozen for good, or nobody.
func (t *timed) quiet() {
	t.heal()
	for id := range t.voters.All() {
		if t.world.Has(id) && t.world.Up(id) && t.world.Frozen(id) && t.oneIn(2) {
			t.do(cluster.Thaw{Node: id})
		}
	}
	for range t.below(t.voters.Len()) {
		t.unless(cluster.Freeze{Node: t.someone()})
	}
}

// isStuck tells whether the servers in contact do not get on from here, in any
// of several futures.
func isStuck(ctx context.Context, w *cluster.World) bool {
	if !inContact(w) {
		return false
	}
	for seed := range uint64(confirmed) {
		if commits, grows := future(ctx, w, seed+1, nil); commits && !grows || ctx.Err() != nil {
			return false
		}
	}
	return true
}

// future is one: whether something new is committed in it, and whether terms
// grow without end.
func future(ctx context.Context, w *cluster.World, seed uint64, listen *cluster.Listener) (commits, grows bool) {
	t := newTimed(ctx, w, seed)
	t.faults("0.01")
	t.world.Listen(listen)
	long := w.Settings().ElectionTimeout.Max
	committed, terms := uint64(0), uint64(0)
	for i := range watched * long {
		if i == settling*long {
			committed, terms = t.world.Memory().Committed(), termOfMost(t.world, t.voters)
		}
		if !t.tick() {
			break
		}
		if t.oneIn(long) {
			t.ask()
		}
		if i > settling*long && i%long == 0 {
			commits = commits || t.world.Memory().Committed() > committed
			// A new term every fourth timeout, for as long as it is watched.
			if passed := uint64(i/long - settling); commits && 4*(termOfMost(t.world, t.voters)-terms) < passed &&
				passed >= 8 {
				return true, false
			}
		}
	}
	return commits, 4*(termOfMost(t.world, t.voters)-terms) >= watched-settling
}

// termOfMost is the highest term that a majority of the voters has reached:
// that of a server that is by itself, and holds elections, does not count.
func termOfMost(w *cluster.World, voters raft.Set) uint64 {
	var terms []uint64
	for id := range voters.All() {
		if w.Has(id) {
			terms = append(terms, w.Stored(id).CurrentTerm)
		}
	}
	slices.Sort(terms)
	return terms[(len(terms)-1)/2]
}

// reduce leaves out of what led there what is not needed, and looks at what
// recurs there.
func (v *Verdict) reduce(ctx context.Context, w *cluster.World, actions []cluster.Action) {
	r := reducer{ctx: ctx, from: w, property: Liveness, ends: func(w *cluster.World) bool { return isStuck(ctx, w) }}
	if steps := r.named(actions); steps != nil {
		r.steps = steps
		r.reduce()
		actions = nil
		for _, s := range r.steps {
			actions = append(actions, s.Action)
		}
	}
	there := w.Clone()
	for _, a := range actions {
		if there.Apply(a) != nil {
			panic("fuzz: a step of what was reduced cannot be taken: " + a.String())
		}
	}
	commits, _ := future(ctx, there, 1, nil)
	v.Terms = commits
	v.Ticks = (watched - settling) * w.Settings().ElectionTimeout.Max
	v.Path = append(actions, around(ctx, there)...)
	v.Cycle = recurring(ctx, there, v.Terms)
	v.Says = "no client command is committed any more"
	if v.Terms {
		v.Says = "elections never end: terms grow for ever"
	}
}

// around is what happens in two election timeouts where it is stuck.
func around(ctx context.Context, w *cluster.World) []cluster.Action {
	t := newTimed(ctx, w, 1)
	t.faults("0")
	for range 2 * w.Settings().ElectionTimeout.Max {
		t.tick()
	}
	return t.plain()
}
