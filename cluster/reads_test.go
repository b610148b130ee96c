package cluster

import (
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A local read answers at once, from what the server has; it does not make the
// reads beside it any less safe, which wait for what they need.
func TestRead_LocalBesideReadIndex(t *testing.T) {
	w := newWorld(t, 3, 1, "max-entries", "1")
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	same(t, "C1", w.Client("C1").Status, clients.Done)
	same(t, "what S2 knows", w.Machine(2).Len(), 0)
	do(t, w, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 2})
	do(t, w, Deliver{flying(t, w, "ReadIndex", 2, 1).ID})
	do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 3).ID})
	do(t, w, Deliver{flying(t, w, "AppendEntriesReply", 3, 1).ID})
	do(t, w, Deliver{flying(t, w, "ReadIndexReply", 1, 2).ID})
	same(t, "C2, whose index S2 has not applied", w.Client("C2").Status, clients.Pending)
	do(t, w, Read{Client: "C3", Key: "x", Mode: "local", Via: 2})
	same(t, "C3", w.Client("C3").Status, clients.Done)
	same(t, "what C3 is told", w.Client("C3").Result, "")
	same(t, "C2", w.Client("C2").Status, clients.Pending)
	settle(t, w)
	same(t, "C2", w.Client("C2").Status, clients.Done)
	same(t, "what C2 is told", w.Client("C2").Result, "1")
}

// A follower's read waits for its index, also when a snapshot brings it there.
func TestRead_AcrossInstallSnapshot(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, SetLinks{true, []network.Link{{From: 1, To: 2}}}, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	do(t, w, Snapshot{1}, Partition{}, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 2})
	l := listen(w)
	settle(t, w)
	beat(t, w, 1)
	same(t, "snapshots installed", len(kinds(l.Events, event.SnapshotLoaded{})), 1)
	same(t, "C2", w.Client("C2").Status, clients.Done)
	same(t, "what C2 is told", w.Client("C2").Result, "1")
}

// Each way to read, by the leader and by a follower, and what the client is told.
func TestRead_Modes(t *testing.T) {
	w := newWorld(t, 3, 1, "stickiness", "on")
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	for _, mode := range setting.ReadModes[1:] {
		do(t, w, Read{Client: "C2", Key: "x", Mode: mode})
		at := w.Client("C2").Status
		same(t, mode+" at once", at == clients.Done, mode != "read-index")
		settle(t, w)
		same(t, mode, w.Client("C2").Result, "1")
	}
	do(t, w, Read{Client: "C2", Key: "x", Mode: "lease", Via: 3}) // only the leader has a lease
	same(t, "who answers", w.Client("C2").Node, 1)
	do(t, w, Read{Client: "C2", Key: "x", Mode: "local", Via: 3})
	same(t, "who answers a local one", w.Client("C2").Node, 3)
	do(t, w, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 3}, Retry{"C2"})
	settle(t, w)
	same(t, "who answers a retry", w.Client("C2").Node, 1)
	same(t, "C2", w.Client("C2").Status, clients.Done)
}

// A deposed leader's reads fail when it learns of it; the client knows nothing,
// and asks again.
func TestRead_DeposedLeader(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}})
	do(t, w, Read{Client: "C1", Key: "x", Mode: "read-index", Via: 1})
	settle(t, w)
	elect(t, w, 2)
	same(t, "C1", w.Client("C1").Status, clients.Pending)
	do(t, w, Partition{})
	beat(t, w, 2)
	same(t, "C1", w.Client("C1").Status, clients.Unknown)
	do(t, w, Retry{"C1"})
	settle(t, w)
	same(t, "C1", w.Client("C1").Status, clients.Done)
}

// A read that nobody takes changes nothing.
func TestRead_OwnTermFirst(t *testing.T) {
	w := newWorld(t, 3, 1, "noop", "off")
	refused(t, w, Read{Client: "C1", Key: "x", Mode: "read-index"}, "no server leads")
	elect(t, w, 1)
	for _, mode := range []string{"read-index", "lease"} {
		refused(t, w, Read{Client: "C1", Key: "x", Mode: mode}, "own term")
	}
	start, ops := w.Operations()
	if start != "" || len(ops) > 0 {
		t.Errorf("operations %+v", ops)
	}
}

// leased is three servers with a leader whose lease holds for a good while.
func leased(t fataler, pairs ...string) *World {
	w := newWorld(t, 3, 1, append([]string{"stickiness", "on"}, pairs...)...)
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	if !w.State(1).Lease {
		t.Fatalf("no lease")
	}
	return w
}

// nobodyElse has a server that heard of nobody lately try to take over from S1,
// and wants it to fail as long as S1's lease lasts; then it must succeed.
func nobodyElse(t *testing.T, w *World, rival raft.ID) {
	t.Helper()
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}})
	for n := 0; w.State(1).Lease; n++ {
		do(t, w, Timeout{rival})
		settle(t, w)
		if w.State(rival).Role == raft.Leader {
			t.Fatalf("%s leads after %d ticks, and S1 may still answer by its lease, for %d ticks", rival, n, w.servers[0].timers.lease)
		}
		for id := range w.servers {
			do(t, w, Tick{raft.ID(id + 1)})
		}
	}
	for range w.settings.ElectionTimeout.Max {
		for id := range w.servers {
			do(t, w, Tick{raft.ID(id + 1)})
		}
		settle(t, w)
	}
	for try := 0; w.Leader() == 0 || w.Leader() == 1; try++ {
		if try > 20 {
			t.Fatalf("nobody else ever leads")
		}
		do(t, w, Timeout{rival})
		settle(t, w)
		do(t, w, Fire{"minimum", 2}, Fire{"minimum", 3})
	}
}

// Thesis 6.4.1: while the lease lasts, nobody else is elected, by clocks that
// run alike; also not with a voter that has crashed and come back.
func TestLease_KeepsOthersOut(t *testing.T) {
	nobodyElse(t, leased(t), 3)
	w := leased(t)
	do(t, w, Kill{2}, Restart{2})
	nobodyElse(t, w, 3)
	w = leased(t, "prevote", "on")
	do(t, w, Kill{2}, Restart{2})
	nobodyElse(t, w, 3)
}

// A setting that leases stand on ends them, and what was begun before counts
// for none.
func TestLease_EndsWithItsSettings(t *testing.T) {
	for _, pairs := range [][]string{{"election-timeout", "8..9"}, {"stickiness", "off"}, {"clock-bound", "5"}} {
		w := leased(t)
		l := listen(w)
		set(t, w, pairs...)
		same(t, pairs[0]+": it has a lease", w.State(1).Lease, false)
		same(t, pairs[0]+": told", len(kinds(l.Events, event.LeaseEnded{})), 1)
		same(t, pairs[0]+": its countdown", w.servers[0].timers.lease, 0)
	}
	w := leased(t)
	l := listen(w)
	set(t, w, "latency", "2", "reads", "lease", "stickiness", "off") // leases stay, for reads
	same(t, "it has a lease", w.State(1).Lease, true)
	same(t, "told", len(kinds(l.Events, event.LeaseEnded{})), 0)

	// An answer to a round that began under a shorter timeout, or before voters
	// were sticky, gives none.
	for _, pairs := range [][]string{{"election-timeout", "100..200"}, {"stickiness", "on"}} {
		w := newWorld(t, 3, 1, "clock-bound", "0")
		if pairs[0] == "election-timeout" {
			set(t, w, "stickiness", "on")
		}
		elect(t, w, 1)
		do(t, w, Read{Client: "C1", Key: "x", Mode: "read-index"}) // a round
		do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID})
		set(t, w, pairs...)
		do(t, w, Deliver{flying(t, w, "AppendEntriesReply", 2, 1).ID})
		same(t, pairs[0]+": it has a lease", w.State(1).Lease, false)
		beat(t, w, 1)
		beat(t, w, 1)
		same(t, pairs[0]+": it has a lease after a new round", w.State(1).Lease, true)
	}
}

// A leader that hears from nobody keeps no more rounds than a lease can use.
func TestLease_RoundsAreForgotten(t *testing.T) {
	w := leased(t)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}})
	ticks(t, w, 1000)
	if n := len(w.servers[0].rounds); n > 10 {
		t.Errorf("%d rounds", n)
	}
}

// Thesis 3.10, 6.4.1: a transfer ends the lease at once, and when it is given
// up after the target was told, there is none until the next term.
func TestLease_Transfer(t *testing.T) {
	w := leased(t)
	do(t, w, Transfer{Node: 2})
	same(t, "it has a lease", w.State(1).Lease, false)
	late := flying(t, w, "TimeoutNow", 1, 2)
	do(t, w, Fire{"transfer", 1}, Delay{late.ID, 1000})
	l := listen(w)
	do(t, w, Heartbeat{1})
	for w.NextDue() != nil {
		do(t, w, Deliver{w.NextDue().ID})
	}
	same(t, "it has a lease", w.State(1).Lease, false)
	same(t, "told of one", len(kinds(l.Events, event.LeaseBegun{})), 0)
	same(t, "its countdown", w.servers[0].timers.lease, 0)
	do(t, w, Deliver{late.ID})
	settle(t, w)
	same(t, "S2's role", w.State(2).Role, raft.Leader)
	beat(t, w, 2)
	same(t, "S2 has a lease", w.State(2).Lease, true)
}

// The answer to a read of a server's earlier life comes late: the read that the
// server is asked now is another one, whatever its client, and waits for its own.
func TestRead_LateAnswerOfAnEarlierLife(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	beat(t, w, 1)
	do(t, w, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 2})
	do(t, w, Deliver{flying(t, w, "ReadIndex", 2, 1).ID})
	do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 3).ID})
	do(t, w, Deliver{flying(t, w, "AppendEntriesReply", 3, 1).ID})
	late := flying(t, w, "ReadIndexReply", 1, 2)
	do(t, w, Kill{2}, Restart{2}, Deliver{flying(t, w, "AppendEntries", 1, 2).ID})
	same(t, "the leader that S2 knows", w.State(2).Leader, 1)
	do(t, w, Read{Client: "C2", Key: "x", Mode: "read-index", Via: 2})
	do(t, w, Deliver{late.ID})
	same(t, "C2 after the late answer", w.Client("C2").Status, clients.Pending)
	settle(t, w)
	same(t, "C2 after its own", w.Client("C2").Status, clients.Done)
	same(t, "what C2 is told", w.Client("C2").Result, "1")
}

// A read that waits at a follower does not wait for ever: it ends when the
// follower has another leader or term, and after an election timeout.
func TestReadAtFollower_Ends(t *testing.T) {
	for name, then := range map[string]func(t *testing.T, w *World){
		"time": func(t *testing.T, w *World) {
			for range w.settings.ElectionTimeout.Max {
				do(t, w, Tick{3}, Heartbeat{1})
				for _, m := range w.Flights() {
					if m.To == 3 { // it is heard from, and so stays a follower
						do(t, w, Deliver{m.ID})
					}
				}
			}
			same(t, "role", w.State(3).Role, raft.Follower)
		},
		"an election of its own": func(t *testing.T, w *World) { do(t, w, Timeout{3}) },
		"another's election": func(t *testing.T, w *World) {
			do(t, w, Timeout{2})
			do(t, w, Deliver{flying(t, w, "RequestVote", 2, 3).ID})
		},
	} {
		w := newWorld(t, 3, 1, "reads", "read-index")
		elect(t, w, 1)
		beat(t, w, 1)
		do(t, w, Read{Client: "C1", Key: "x", Mode: "read-index", Via: 3})
		do(t, w, Drop{flying(t, w, "ReadIndex", 3, 1).ID})
		same(t, name+": before", w.Client("C1").Status, clients.Pending)
		then(t, w)
		same(t, name, w.Client("C1").Status, clients.Unknown)
		same(t, name+": what waits", w.servers[2].reading(), false)
	}
}

// A read that one server refuses and the next one takes is an operation, and so
// is each read that is asked again after its answer.
func TestOperations_EveryRead(t *testing.T) {
	w := newWorld(t, 3, 1, "noop", "off", "reads", "read-index")
	elect(t, w, 1)
	do(t, w, Request{Client: "C2", Data: "x=1"})
	settle(t, w)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}}, Timeout{2})
	settle(t, w)
	do(t, w, Partition{})
	w.clients[0] = &clients.Client{Name: "C2", Leader: 2, Session: 1} // it knows S2, which has no entry of its own term, and refuses
	do(t, w, Read{Client: "C2", Key: "x", Mode: "read-index"})
	_, list := w.Operations()
	same(t, "operations", len(list), 2)
	do(t, w, Read{Client: "C3", Key: "x", Mode: "local", Via: 1}, Retry{"C3"}, Retry{"C3"})
	_, list = w.Operations()
	same(t, "operations with two retries of a read that was answered", len(list), 5)
	for _, o := range list[2:] {
		same(t, "result", o.Result, "1")
	}
}
