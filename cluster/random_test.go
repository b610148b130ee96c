package cluster

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// figure4 is every change of role that there may be: Figure 4's, and those of
// PreVote. A crash and a restart are no changes of role.
var figure4 = map[[2]string]bool{
	{"follower", "candidate"}: true, {"candidate", "leader"}: true,
	{"candidate", "follower"}: true, {"leader", "follower"}: true,
	{"follower", "pre-candidate"}: true, {"pre-candidate", "follower"}: true,
	{"pre-candidate", "candidate"}: true, {"candidate", "pre-candidate"}: true,
}

// census counts what happened, and looks at every change of role.
type census struct {
	events map[event.Kind]int
	roles  map[[2]string]int
	role   map[string]string // what each server was last
	led    map[uint64]string
}

func newCensus() *census {
	return &census{map[event.Kind]int{}, map[[2]string]int{}, map[string]string{}, map[uint64]string{}}
}

func (c *census) add(d *census) {
	for k, n := range d.events {
		c.events[k] += n
	}
	for k, n := range d.roles {
		c.roles[k] += n
	}
}

// count fails for a change of role that Figure 4 does not have, or that does
// not begin where the last one ended, and for a second leader in a term.
func (c *census) count(t fataler, events []event.Event) {
	t.Helper()
	for _, e := range events {
		c.events[e.Kind()]++
		e := e.View()
		switch e.Kind {
		case event.Crashed{}.Kind(), event.Restarted{}.Kind():
			delete(c.role, e.Node)
		case event.RoleChanged{}.Kind():
			was := c.role[e.Node]
			if was == "" {
				was = "follower"
			}
			if !figure4[[2]string{e.From, e.To}] || e.From != was {
				t.Fatalf("#%d: %s was %s and goes from %s to %s", e.Position, e.Node, was, e.From, e.To)
			}
			c.role[e.Node] = e.To
			c.roles[[2]string{e.From, e.To}]++
			if e.To == "leader" {
				if other := c.led[e.Term]; other != "" && other != e.Node {
					t.Fatalf("#%d: %s and %s lead term %d", e.Position, other, e.Node, e.Term)
				}
				c.led[e.Term] = e.Node
			}
		}
	}
}

// A world with every fault that Raft is made for breaks no invariant: more
// than two million random actions, over a hundred seeds.
func TestRandomActionsBreakNothing(t *testing.T) {
	const seeds, actions, parts = 132, 4000, 4
	sizes := []int{3, 5, 3, 5, 3, 5, 1, 2, 4, 7, 3}
	var lock sync.Mutex
	all, done := newCensus(), 0
	t.Run("seeds", func(t *testing.T) {
		for part := range parts {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for seed := part; seed < seeds; seed += parts {
					c, n := randomRun(t, sizes[seed%len(sizes)], uint64(seed), actions)
					lock.Lock()
					all.add(c)
					done += n
					lock.Unlock()
				}
			})
		}
	})
	if done < 2_000_000 {
		t.Errorf("%d actions were done", done)
	}
	if n := all.roles[[2]string{"candidate", "leader"}]; n < 1800 {
		t.Errorf("%d elections were won", n)
	}
	for kind, want := range map[event.Kind]int{
		event.Committed{}.Kind(): 13_000, event.Truncated{}.Kind(): 100, event.SnapshotTaken{}.Kind(): 1500, event.SnapshotLoaded{}.Kind(): 350, event.Answered{}.Kind(): 6000, event.Redirected{}.Kind(): 1800, event.Unanswered{}.Kind(): 700,
		event.Abandoned{}.Kind(): 1000, event.Crashed{}.Kind(): 2000, event.Restarted{}.Kind(): 2000, event.Frozen{}.Kind(): 1500, event.Thawed{}.Kind(): 1500, event.Lost{}.Kind(): 150_000, event.Duplicated{}.Kind(): 30_000, event.Delayed{}.Kind(): 2000,
		event.ElectionTimeout{}.Kind(): 40_000, event.HeartbeatDue{}.Kind(): 20_000, event.QuorumChecked{}.Kind(): 1200, event.MembersChanged{}.Kind(): 300, event.TransferBegun{}.Kind(): 300, event.ReadBegun{}.Kind(): 1500, event.Delivered{}.Kind(): 300_000, event.LinksCut{}.Kind(): 6000, event.SettingChanged{}.Kind(): 6000,
	} {
		if n := all.events[kind]; n < want {
			t.Errorf("%d %s events, want %d at least", n, kind, want)
		}
	}
	if n := all.events[event.Corrupted{}.Kind()]; n > 0 {
		t.Errorf("%d messages that no correct server can have sent", n)
	}
}

// randomRun does that many random actions, and says what happened and how many
// of them could be done.
func randomRun(t *testing.T, size int, seed uint64, actions int) (*census, int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	w := New(size, seed, setting.Defaults())
	l := &Listener{NoTicks: true}
	w.Listen(l)
	c, done := newCensus(), 0
	for range actions {
		a := randomAction(w, r.IntN)
		before := w.position
		for range howOften(a, r.IntN) {
			if w.Apply(a) != nil {
				break
			}
			done++
		}
		if events, _ := l.Take(); len(events) > 0 {
			c.count(t, events)
		}
		if len(w.Breaches()) > 0 {
			t.Fatalf("%d servers, seed %d, #%d..%d: %s: %+v", size, seed, before, w.position, a, w.Breaches())
		}
	}
	checkWhole(t, w)
	return c, done
}

// howOften is how many times in a row an action is done: time passes in
// stretches, or no clock but the first would ever run.
func howOften(a Action, pick func(n int) int) int {
	switch a.(type) {
	case Advance:
		return 1 + pick(30)
	case DeliverNext:
		return 1 + pick(6)
	}
	return 1
}

// checkWhole compares everything that was applied, from scratch.
func checkWhole(t fataler, w *World) {
	t.Helper()
	applied := map[uint64]raft.Entry{}
	for _, s := range w.servers {
		if !s.up() {
			continue
		}
		for i := s.state.Log.FirstIndex(); i <= s.state.LastApplied; i++ {
			e := s.state.Log.Entry(i)
			if other, ok := applied[i]; ok && other != e {
				t.Fatalf("%s applied %v at %d, another one %v", s.id, e, i, other)
			}
			applied[i] = e
		}
	}
	for _, s := range w.servers {
		for _, o := range w.servers {
			if s.up() && o.up() && s.state.LastApplied == o.state.LastApplied && s.machine.Snapshot() != o.machine.Snapshot() {
				t.Fatalf("%s and %s applied up to %d and hold %s and %s", s.id, o.id, s.state.LastApplied, s.machine.Snapshot(), o.machine.Snapshot())
			}
		}
	}
}

// Every change of role that Figure 4 and PreVote have does happen.
func TestFigure4_EveryTransition(t *testing.T) {
	all := newCensus()
	for seed := range uint64(6) {
		c, _ := randomRun(t, 3, 1000+seed, 6000)
		all.add(c)
	}
	for k := range figure4 {
		if all.roles[k] == 0 {
			t.Errorf("never from %s to %s", k[0], k[1])
		}
	}
}
