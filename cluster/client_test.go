package cluster

import (
	"errors"
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A request returns at once, pending; it is done when it is committed and
// applied at the server that took it.
func TestRequest_DoneWhenApplied(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	l := listen(w)
	do(t, w, Request{Client: "C1", Data: "incr x"})
	c := w.Client("C1")
	if c.Status != clients.Pending || c.Node != 1 || c.Index != 2 || c.Term != 1 || c.Session != 1 || c.Tries != 1 || c.Leader != 1 || c.Result != "" {
		t.Errorf("%+v", *c)
	}
	do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID})
	same(t, "status on one of three", w.Client("C1").Status, clients.Pending)
	do(t, w, Deliver{flying(t, w, "AppendEntriesReply", 2, 1).ID})
	same(t, "status on two of three", w.Client("C1").Status, clients.Done)
	same(t, "result", w.Client("C1").Result, "1")
	same(t, "events", len(kinds(l.Events, event.Requested{}, event.Accepted{}, event.Answered{})), 3)
	if e := lastEvent(t, l.Events, event.Answered{}); e.Client != "C1" || e.Text != "1" || e.Last != 2 {
		t.Errorf("%+v", e)
	}
	do(t, w, Request{Client: "C1", Data: "incr x"})
	same(t, "session", w.Client("C1").Session, 2)
	same(t, "clients", len(w.Clients()), 1)
}

// A cluster of one answers at once.
func TestRequest_ClusterOfOne(t *testing.T) {
	w := New(1, 1, setting.Defaults())
	do(t, w, Timeout{1}, Request{Client: "C1", Data: "incr x"})
	same(t, "status", w.Client("C1").Status, clients.Done)
	same(t, "result", w.Client("C1").Result, "1")
}

// A server that does not lead answers with a redirect, which is followed (§8).
func TestRequest_Redirect(t *testing.T) {
	for _, via := range []raft.ID{2, 3} {
		w := New(3, 1, setting.Defaults())
		elect(t, w, 1)
		l := listen(w)
		do(t, w, Request{Client: "C1", Data: "x=1", Via: via})
		same(t, "node", w.Client("C1").Node, 1)
		if e := lastEvent(t, l.Events, event.Redirected{}); e.Node != via.String() || e.Peer != "S1" {
			t.Errorf("%+v", e)
		}
		l.Take()
		do(t, w, Request{Client: "C1", Data: "x=2"})
		same(t, "redirects of one who knows the leader", len(kinds(l.Events, event.Redirected{})), 0)
	}
}

// A client whose leader is gone asks the others in turn.
func TestRequest_AsksInTurn(t *testing.T) {
	w := New(5, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	do(t, w, Kill{1}, Timeout{4})
	settle(t, w)
	l := listen(w)
	do(t, w, Request{Client: "C1", Data: "x=2"})
	same(t, "node", w.Client("C1").Node, 4)
	asked := ""
	for _, e := range l.Events {
		switch e.What.(type) {
		case event.Unanswered, event.Redirected, event.Accepted:
			asked += string(e.Kind()) + " " + e.Node.String() + " "
		}
	}
	same(t, "whom it asked", asked, "unanswered S1 redirected S2 accepted S4 ")
}

// With via only the server named is asked, and whom it names.
func TestRequest_Via(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	refused(t, w, Request{Client: "C1", Data: "x=1", Via: 2}, "S2 is not the leader and knows of none")
	elect(t, w, 1)
	do(t, w, Kill{3})
	refused(t, w, Request{Client: "C1", Data: "x=1", Via: 3}, "S3 is down")
	refused(t, w, Request{Client: "C1", Data: "x=1", Via: 4}, "there is no S4")
	do(t, w, Kill{1}) // S2 still names S1
	refused(t, w, Request{Client: "C1", Data: "x=1", Via: 2}, "S1 is down")
	refused(t, w, Request{Client: "C1", Data: "x=1"}, "no server leads")
	if w.Client("C1") != nil {
		t.Error("a client that nobody took anything of")
	}
	do(t, w, Kill{2})
	refused(t, w, Request{Client: "C1", Data: "x=1"}, "no server accepts it")
}

// What a client is told to do first leads to a leader, or nothing that could do so is named.
func TestRequest_WhatToDoFirst(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"}, Kill{1})
	refused(t, w, Request{Client: "C1", Data: "x=2"}, "for example: settle; timeout S2; settle")
	do(t, w, Kill{2})
	refused(t, w, Request{Client: "C1", Data: "x=2"}, "none reaches a majority; restart servers or heal links first")
	do(t, w, Restart{1}, Restart{2}, Partition{[]raft.Set{raft.SetOf(2)}})
	settle(t, w)
	refused(t, w, Request{Client: "C1", Data: "x=2"}, "for example: timeout S1; settle")
}

// An old leader that was cut off takes requests, which come to nothing.
func TestRequest_ViaAnOldLeader(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}}, Timeout{2})
	settle(t, w)
	do(t, w, Request{Client: "C1", Data: "x=old", Via: 1}, Request{Client: "C2", Data: "x=new", Via: 2})
	settle(t, w)
	same(t, "C1", w.Client("C1").Status, clients.Pending)
	same(t, "C2", w.Client("C2").Status, clients.Done)
	do(t, w, Partition{})
	l := listen(w)
	beat(t, w, 2)
	c := w.Client("C1")
	if c.Status != clients.Unknown || !strings.Contains(c.Why, "removed the entry") {
		t.Errorf("%+v", *c)
	}
	same(t, "told", lastEvent(t, l.Events, event.Abandoned{}).Client, "C1")
	do(t, w, Retry{"C1"})
	settle(t, w)
	c = w.Client("C1")
	if c.Status != clients.Done || c.Session != 1 || c.Tries != 2 || c.Node != 2 || c.Why != "" {
		t.Errorf("%+v", *c)
	}
}

// The leader crashes before it answers: nobody knows what became of it, though
// the entry may be committed all the same.
func TestRequest_LeaderCrashes(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "incr x"})
	do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID}, Kill{1})
	c := w.Client("C1")
	if c.Status != clients.Unknown || !strings.Contains(c.Why, "S1 crashed") {
		t.Errorf("%+v", *c)
	}
	elect(t, w, 2)
	same(t, "x", w.Machine(2).Snapshot(), "x=1")
	same(t, "status", w.Client("C1").Status, clients.Unknown)
	do(t, w, Retry{"C1"})
	settle(t, w)
	same(t, "session", w.Client("C1").Session, 1)
	same(t, "status", w.Client("C1").Status, clients.Done)
}

// A server that took a request and is then sent a snapshot that covers it has
// no result to give.
func TestRequest_CoveredByASnapshot(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "incr x"})
	do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID}, Partition{[]raft.Set{raft.SetOf(1)}})
	do(t, w, Timeout{2})
	settle(t, w)
	do(t, w, Snapshot{2}, Partition{})
	beat(t, w, 2)
	beat(t, w, 2)
	same(t, "S1's data", w.Machine(1).Snapshot(), "x=1")
	c := w.Client("C1")
	if c.Status != clients.Done && c.Status != clients.Unknown {
		t.Errorf("it waits for ever: %+v", *c)
	}
	if c.Status == clients.Unknown && !strings.Contains(c.Why, "snapshot") {
		t.Errorf("%+v", *c)
	}
}

// A read that the leader refuses leaves no trace of itself.
func TestRead_Refused(t *testing.T) {
	w := newWorld(t, 3, 1, "noop", "off")
	elect(t, w, 1)
	refused(t, w, Read{Client: "C1", Key: "x", Mode: "read-index"}, "own term")
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	beat(t, w, 1)
	do(t, w, Kill{1})
	elect(t, w, 2)
	refused(t, w, Read{Client: "C1", Key: "x", Mode: "read-index"}, "own term")
	same(t, "what C1 was told last", w.Client("C1").Status, clients.Done)
}

// A read that waits at a follower is answered when it has the snapshot.
func TestRead_WaitsForASnapshot(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(3)}}, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	do(t, w, Snapshot{1}, Partition{}, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 3})
	settle(t, w)
	beat(t, w, 1)
	beat(t, w, 1)
	c := w.Client("C2")
	if c.Status != clients.Done || c.Result != "1" {
		t.Errorf("%+v", *c)
	}
}

func TestRequest_FrozenLeader(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Freeze{1})
	refused(t, w, Request{Client: "C1", Data: "x=1"}, "thaw S1 first")
	do(t, w, Timeout{3}) // S3 knows of no leader
	refused(t, w, Request{Client: "C1", Data: "x=1"}, "thaw S1 first")
	do(t, w, Timeout{2}) // and neither does S2
	refused(t, w, Request{Client: "C1", Data: "x=1"}, "thaw S1 first")
}

// A retry of what is done asks again with the same number.
func TestRetry_KeepsTheNumber(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"}, Request{Client: "C1", Data: "x=2"})
	settle(t, w)
	do(t, w, Retry{"C1"})
	c := w.Client("C1")
	if c.Session != 2 || c.Status != clients.Pending || c.Tries != 2 && c.Tries != 3 || c.Result != "" || c.Data != "x=2" {
		t.Errorf("%+v", *c)
	}
	do(t, w, Kill{1}, Kill{2}, Kill{3})
	refused(t, w, Retry{"C1"}, "no server accepts it")
}

// Errors of a request keep their kind for those who ask.
func TestRequest_Errors(t *testing.T) {
	w := New(2, 1, setting.Defaults())
	err := w.Apply(Request{Client: "C1", Data: "x=1"})
	if err == nil || errors.Is(err, errors.ErrUnsupported) || strings.Contains(err.Error(), "%!") {
		t.Errorf("%v", err)
	}
}

// Where no server runs, a client that knows no leader is told so.
func TestNoServerRuns(t *testing.T) {
	for _, stop := range []func(raft.ID) Action{
		func(id raft.ID) Action { return Kill{id} },
		func(id raft.ID) Action { return Freeze{id} },
	} {
		w := New(3, 1, setting.Defaults())
		for _, id := range w.IDs() {
			if err := w.Apply(stop(id)); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, w, Request{Client: "C1", Data: "x=1"}, "all servers are down or frozen; restart or thaw one first")
	}
}
