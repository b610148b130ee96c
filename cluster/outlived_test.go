package cluster

import (
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

func outlived(w *World, id raft.ID) (votes, appends, refusals uint64) {
	servers, _ := w.Parts()
	return NewBench(w).Outlived(servers[id-1])
}

// S3 came to term 2 by S2's request, and refuses an append of term 1: S1, which
// has restarted since, stands for term 2, wins, and the refusal finds it leading
// the term that it names.
func TestRefusalFindsTheLeaderOfItsTerm(t *testing.T) {
	w := apply(t, New(3, 1, setting.Defaults()), SetLinks{true, []network.Link{{From: 1, To: 2}}}, Timeout{1}) // S2 will lack the entry
	for w.Deliverable(raft.Set{}) {
		apply(t, w, DeliverNext{})
	}
	// arrive delivers what is on the way from one server to another.
	arrive := func(from, to raft.ID, kind string) (last uint64) {
		for _, m := range w.Flights() {
			if m.From == from && m.To == to && m.Message.Type() == kind {
				last = m.ID
				apply(t, w, Deliver{m.ID})
			}
		}
		return last
	}
	apply(t, w, Heartbeat{1}, Timeout{2}, Timeout{2})
	arrive(2, 3, "RequestVote")
	arrive(1, 3, "AppendEntries")
	late := w.Flights()[len(w.Flights())-1]
	apply(t, w, Kill{1}, Restart{1}, Timeout{1})
	if _, appends, _ := outlived(w, 1); w.State(1).CurrentTerm != late.Message.MessageTerm() || appends > late.Message.MessageTerm() {
		t.Errorf("a candidate of term %d outlives appends before term %d, and %s is on its way", w.State(1).CurrentTerm, appends, late.Message.Type())
	}
	arrive(1, 3, "RequestVote")
	arrive(3, 1, "RequestVoteReply")
	if w.State(1).Role != raft.Leader {
		t.Fatal(w.State(1).Role)
	}
	before := w.State(1).NextIndex(3)
	if apply(t, w, Deliver{late.ID}); w.State(1).NextIndex(3) == before {
		t.Error("the refusal changes nothing after all")
	}
}

// A term that is not stored may go back as the log does, and what was outlived
// then counts again.
func TestLostTermOutlivesNothing(t *testing.T) {
	w := apply(t, New(3, 1, setting.Defaults()), SetBug{Name: "term-not-stored", On: true}, Timeout{1})
	if votes, appends, refusals := outlived(w, 1); votes+appends+refusals > 0 {
		t.Errorf("%d %d %d", votes, appends, refusals)
	}
}

// A log that is written anew as it was tells clients that their entry is gone:
// that depends on the clients, though the server does not change.
func TestRewrittenLogIsNotAlone(t *testing.T) {
	w := apply(t, New(3, 1, setting.Defaults()), Set{"noop", "off"}, SetBug{Name: "always-truncate", On: true}, Timeout{1})
	for w.Deliverable(raft.Set{}) {
		apply(t, w, DeliverNext{})
	}
	apply(t, w, Request{"C1", "x=1", 0})
	entry := raft.Entry{Term: 1, Data: "x=1"}
	apply(t, w, Inject{raft.Envelope{From: 2, To: 1, Message: &raft.AppendEntries{Term: 2, LeaderID: 2, PrevLogIndex: 1, PrevLogTerm: 1}}})
	apply(t, w, Deliver{w.Flights()[len(w.Flights())-1].ID})
	if w.Client("C1").Status != clients.Pending {
		t.Fatalf("%+v", w.Client("C1"))
	}
	servers, rest := w.Parts()
	again := raft.Envelope{From: 2, To: 1, Message: &raft.AppendEntries{Term: 2, LeaderID: 2, Entries: []raft.Entry{entry}}}
	for _, r := range []*Rest{rest, {memory: rest.memory}} {
		b := NewBench(w)
		b.Put(servers, r, []raft.Envelope{again})
		e, done := b.Do(1, Deliver{1})
		if !done || e.Alone {
			t.Errorf("%+v", e)
		}
	}
}

// Whether it has heard a leader matters to a server that answers a PreVote, also
// where it would not send one.
func TestHeardLeaderShowsWhereOthersAsk(t *testing.T) {
	heard := func(w *World) *World {
		apply(t, w, Timeout{1})
		for w.Deliverable(raft.Set{}) {
			apply(t, w, DeliverNext{})
		}
		return w
	}
	bug := heard(apply(t, New(3, 1, setting.Defaults()), Set{"prevote", "on"}, SetBug{"partial-partition", true, 3}))
	late := apply(t, heard(apply(t, New(3, 1, setting.Defaults()), Set{"prevote", "on"})), Timeout{2}, Set{"prevote", "off"})
	byHand := apply(t, heard(New(3, 1, setting.Defaults())), Inject{raft.Envelope{From: 2, To: 3, Message: &raft.PreVote{Term: 2, CandidateID: 2, LastLogIndex: 9, LastLogTerm: 1}}})
	for _, w := range []*World{bug, late, byHand} {
		before := w.Fingerprint()
		if apply(t, w, Fire{"minimum", 3}); w.Fingerprint() == before {
			t.Errorf("%v %v: it does not show", w.Bugs(), w.Flights())
		}
	}
}

// A server that was removed holds elections until it knows that its removal is
// committed (thesis 4.2.2), when somebody says so as when its timer runs out.
func TestRemovedServerTimesOut(t *testing.T) {
	w := apply(t, New(3, 1, setting.Defaults()), Timeout{1})
	for w.Deliverable(raft.Set{}) {
		apply(t, w, DeliverNext{})
	}
	apply(t, w, SetLinks{true, []network.Link{{From: 1, To: 2}, {From: 1, To: 3}}}, RemoveServer{Node: 1}, Kill{1}, Restart{1})
	if w.State(1).Configuration.CanVote(1) || !w.State(1).MayCampaign() {
		t.Fatal(*w.State(1).Configuration)
	}
	if apply(t, w, Timeout{1}); w.State(1).Role != raft.Candidate {
		t.Error(w.State(1).Role)
	}
}

// A breach that there was is no news, so that servers which it names are not like others.
func TestBreachEndsSymmetry(t *testing.T) {
	w := apply(t, New(5, 1, setting.Defaults()), SetBug{Name: "vote-any", On: true}, Timeout{1}, Timeout{2})
	for w.Deliverable(raft.Set{}) {
		apply(t, w, DeliverNext{})
	}
	if len(w.Breaches()) == 0 || len(w.Symmetries(false)) != 1 {
		t.Error(w.Breaches(), w.Symmetries(false))
	}
}
