package cluster

import (
	"math/rand/v2"
	"testing"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// Whatever a server does has its cause: the decision of the core that it rests on,
// which was made in the same action, by this server, and, where it is an
// append or an answer, about its receiver.
func TestEveryEffectHasItsCause(t *testing.T) {
	seen := map[event.Kind]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 21))
		w := newWorld(t, 3+2*int(seed%2), seed, features(r)...)
		l := &Listener{NoTicks: true, Decide: true}
		w.Listen(l)
		for range 2000 {
			a := randomAction(w, r.IntN)
			if _, byHand := a.(Inject); byHand || w.Apply(a) != nil {
				continue
			}
			events, _ := l.Take()
			for i := range events {
				if e := &events[i]; effect(e) {
					seen[e.Kind()]++
					caused(t, e, events)
				}
			}
		}
	}
	for _, k := range []event.What{event.TermChanged{}, event.Voted{}, event.RoleChanged{}, event.Appended{}, event.Truncated{}, event.Committed{}, event.Applied{}, event.Sent{},
		event.SnapshotLoaded{}, event.MembersChanged{}, event.LeaseBegun{}} {
		if seen[k.Kind()] == 0 {
			t.Errorf("no %s was seen", k.Kind())
		}
	}
	t.Log(seen)
}

func caused(t *testing.T, e *event.Event, events []event.Event) {
	t.Helper()
	if len(e.Cause) == 0 {
		t.Fatalf("#%d: %s at %s after %v has no cause", e.Position, e.Kind(), e.Node, e.Action)
	}
	for _, d := range e.Cause {
		if d.Node != e.Node {
			t.Fatalf("#%d: %s at %s rests on a decision of %s", e.Position, e.Kind(), e.Node, d.Node)
		}
		switch m := e.Body().(type) { // an election may rest on another's word, a read that fails on another's term
		case *raft.AppendEntries, *raft.AppendEntriesReply, *raft.RequestVoteReply:
			if d.Peer != e.Peer() {
				t.Fatalf("#%d: a %s to %s rests on a decision about %s", e.Position, m.Type(), e.Peer(), d.Peer)
			}
		}
		among := false
		for i := range events {
			for k := range events[i].Decisions {
				among = among || &events[i].Decisions[k] == d
			}
		}
		if !among {
			t.Fatalf("#%d: %s at %s rests on %s, which was not decided for its input", e.Position, e.Kind(), e.Node, d.Rule.ID)
		}
	}
}

// effect tells whether an event is a server's doing, by its own rules.
func effect(e *event.Event) bool {
	if _, byHand := e.Action.(Give); byHand {
		return false
	}
	switch e.What.(type) {
	case event.TermChanged, event.Voted, event.RoleChanged, event.Appended, event.Truncated, event.Committed, event.Applied, event.SnapshotLoaded, event.MembersChanged,
		event.LeaseBegun, event.Sent:
		return true
	}
	return false
}
