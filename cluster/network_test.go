package cluster

import (
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A message is lost on arrival, not on sending: what is in flight when a link
// is cut arrives if the link is mended first.
func TestCut_LostOnArrival(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1})
	m := flying(t, w, "RequestVote", 1, 2)
	cut, heal := SetLinks{true, []network.Link{{From: 1, To: 2}}}, SetLinks{false, []network.Link{{From: 1, To: 2}}}
	do(t, w, cut)
	same(t, "fate", w.Fate(&m), "the link S1->S2 is cut")
	do(t, w, heal, Deliver{m.ID})
	same(t, "S2's vote", w.State(2).VotedFor, 1)

	do(t, w, cut, Timeout{1}) // sent into a cut link: it is in flight
	l := listen(w)
	do(t, w, Deliver{flying(t, w, "RequestVote", 1, 2).ID})
	lost := lastEvent(t, l.Events, event.Lost{})
	if lost.Text != "the link S1->S2 is cut" || lost.Node != "S2" || lost.Peer != "S1" || lost.Type != "RequestVote" {
		t.Errorf("%+v", lost)
	}
	same(t, "S2's term", w.State(2).CurrentTerm, 1)
}

// One direction is cut, the other is not.
func TestCut_OneWay(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, SetLinks{true, []network.Link{{From: 2, To: 1}, {From: 3, To: 1}}}, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	same(t, "S2's log", terms(w, 2), "1 1")
	same(t, "S1's commit", w.State(1).CommitIndex, 1) // nobody's answer comes through
	same(t, "S1->S2", w.IsCut(1, 2), false)
	same(t, "S2->S1", w.IsCut(2, 1), true)
}

// A partition replaces earlier cuts; those whom it does not name are one group.
func TestPartition_ReplacesCuts(t *testing.T) {
	w := New(5, 1, setting.Defaults())
	do(t, w, SetLinks{true, []network.Link{{From: 1, To: 2}}}, Partition{[]raft.Set{raft.SetOf(1, 2)}})
	for from := raft.ID(1); from <= 5; from++ {
		for to := raft.ID(1); to <= 5; to++ {
			if got, want := w.IsCut(from, to), (from <= 2) != (to <= 2); got != want {
				t.Errorf("%s->%s cut: %t", from, to, got)
			}
		}
	}
	do(t, w, Partition{[]raft.Set{raft.SetOf(1), raft.SetOf(2, 3)}})
	same(t, "S4->S5", w.IsCut(4, 5), false)
	same(t, "S2->S3", w.IsCut(2, 3), false)
	same(t, "S1->S2", w.IsCut(1, 2), true)
	same(t, "S3->S4", w.IsCut(3, 4), true)
	do(t, w, Partition{})
	for from := raft.ID(1); from <= 5; from++ {
		for to := raft.ID(1); to <= 5; to++ {
			same(t, "cut", w.IsCut(from, to), false)
		}
	}
}

// E6, §5.3: nothing commits without a majority, and what was lost then may be
// replaced; E7: a run of conflicting entries is replaced at once.
func TestE6E7_MinorityIsReplaced(t *testing.T) {
	w := New(5, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1, 2)}})
	for range 3 {
		do(t, w, Request{Client: "C1", Data: "x=lost", Via: 1})
	}
	settle(t, w)
	same(t, "S1's commit", w.State(1).CommitIndex, 1)
	do(t, w, Timeout{3})
	settle(t, w)
	do(t, w, Request{Client: "C2", Data: "x=kept", Via: 3})
	settle(t, w)
	do(t, w, Partition{})
	l := listen(w)
	beat(t, w, 3)
	beat(t, w, 3)
	for _, id := range w.IDs() {
		same(t, "log", terms(w, id), "1 2 2")
		same(t, "data", w.Machine(id).Snapshot(), "x=kept")
	}
	if e := lastEvent(t, l.Events, event.Truncated{}); e.First != 2 || e.Last != 4 {
		t.Errorf("%+v", e)
	}
	same(t, "C1", w.Client("C1").Status, clients.Unknown)
}

func TestDeadReceiver(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1}, Kill{2})
	l := listen(w)
	do(t, w, Deliver{flying(t, w, "RequestVote", 1, 2).ID})
	same(t, "why", lastEvent(t, l.Events, event.Lost{}).Text, "S2 is down")
}

// What a dead server has sent still arrives.
func TestDeadSender(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1}, Kill{1})
	settle(t, w)
	same(t, "S2's vote", w.State(2).VotedFor, 1)
}

func TestDrop(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1})
	m := flying(t, w, "RequestVote", 1, 2)
	do(t, w, Drop{m.ID})
	refused(t, w, Deliver{m.ID}, "not in flight")
	same(t, "S2's term", w.State(2).CurrentTerm, 0)
}

// A duplicate is another message with the same content.
func TestDuplicate(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1})
	m := flying(t, w, "RequestVote", 1, 2)
	l := listen(w)
	do(t, w, Duplicate{m.ID})
	same(t, "in flight", len(w.Flights()), 3)
	c := w.Flights()[2]
	same(t, "message", c.Message, m.Message)
	same(t, "number", c.ID, w.sent)
	if e := lastEvent(t, l.Events, event.Duplicated{}); e.Message != network.Name(c.ID) || e.Text != "a copy of "+network.Name(m.ID) {
		t.Errorf("%+v", e)
	}
	settle(t, w)
	same(t, "S1's role", w.State(1).Role, raft.Leader)
}

// A delayed message is due later, and what comes after it overtakes; it can be
// delivered by hand at any time.
func TestDelay_Overtaken(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"}, Request{Client: "C1", Data: "x=2"})
	var first, second Flight
	for _, m := range w.Flights() {
		if m.To == 2 && first.ID == 0 {
			first = m
		} else if m.To == 2 {
			second = m
		}
	}
	do(t, w, Delay{first.ID, 10})
	same(t, "due", w.Flight(first.ID).Due, first.Due+10)
	do(t, w, Delay{first.ID, 10})
	same(t, "due", w.Flight(first.ID).Due, first.Due+20)
	l := listen(w)
	settle(t, w)
	order := ""
	for _, e := range l.Events {
		if id := event.As[event.Delivered](&e).ID; id > 0 && (id == first.ID || id == second.ID) {
			order += network.Name(id) + " "
		}
	}
	same(t, "order", order, network.Name(second.ID)+" "+network.Name(first.ID)+" ")
	same(t, "S2's log", terms(w, 2), "1 1 1")
}

// Among restricts settle to messages between the members of a set.
func TestDeliverNext_Among(t *testing.T) {
	w := New(5, 1, setting.Defaults())
	do(t, w, Timeout{1})
	among := DeliverNext{Among: raft.SetOf(1, 2, 3)}
	for w.Apply(among) == nil {
	}
	same(t, "S1's role", w.State(1).Role, raft.Leader)
	same(t, "S4's term", w.State(4).CurrentTerm, 0)
	for _, m := range w.Flights() {
		if among.Among.Has(m.From) && among.Among.Has(m.To) {
			t.Errorf("m%d %s->%s is in flight still", m.ID, m.From, m.To)
		}
	}
	same(t, "deliverable", w.Deliverable(among.Among), false)
	same(t, "deliverable among all", w.Deliverable(raft.Set{}), true)
}

// Loss and duplication strike where time passes and in step, not in one's own
// hand.
func TestChance(t *testing.T) {
	count := func(w *World, again func(m Flight)) (delivered, lost, duplicated int) {
		elect(t, w, 1)
		l := listen(w)
		for range 2000 {
			do(t, w, Heartbeat{1})
			again(flying(t, w, "AppendEntries", 1, 2))
			for _, m := range w.Flights() {
				do(t, w, Drop{m.ID})
			}
		}
		for _, e := range l.Events {
			switch {
			case event.Is[event.Delivered](&e) && e.Body().Type() == "AppendEntries":
				delivered++
			case event.Is[event.Lost](&e) && event.As[event.Lost](&e).By == event.Chance:
				lost++
			case event.Is[event.Duplicated](&e):
				duplicated++
			}
		}
		return delivered, lost, duplicated
	}
	w := newWorld(t, 2, 1, "loss", "0.25", "duplication", "0.5")
	delivered, lost, duplicated := count(w, func(m Flight) { do(t, w, Arrive{m.ID}) })
	if delivered+lost != 2000 || lost < 400 || lost > 600 || duplicated < delivered*45/100 || duplicated > delivered*55/100 {
		t.Errorf("delivered %d, lost %d, duplicated %d", delivered, lost, duplicated)
	}
	// A message arrives twice, not for ever.
	w = newWorld(t, 2, 1, "duplication", "1", "election-timeout", "100")
	elect(t, w, 1)
	l := listen(w)
	do(t, w, Heartbeat{1})
	ticks(t, w, 5)
	same(t, "messages and copies that arrived, AppendEntries and replies", len(kinds(l.Events, event.Delivered{})), 2+4)
	w = newWorld(t, 2, 1, "loss", "1", "duplication", "1")
	delivered, lost, duplicated = count(w, func(m Flight) { do(t, w, Deliver{m.ID}) })
	if delivered != 2000 || lost+duplicated != 0 {
		t.Errorf("by hand: delivered %d, lost %d, duplicated %d", delivered, lost, duplicated)
	}
	w = newWorld(t, 2, 1, "election-timeout", "100")
	elect(t, w, 1)
	set(t, w, "loss", "1")
	l = listen(w)
	ticks(t, w, 50)
	if n := len(kinds(l.Events, event.Delivered{})); n != 0 {
		t.Errorf("%d delivered with loss 1", n)
	}
	if n := len(kinds(l.Events, event.Lost{})); n < 9 {
		t.Errorf("%d lost", n)
	}
}

// A hand-made message is in flight like any other; one that no correct server
// can have sent changes nothing where it arrives, and the event says so.
func TestInject(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Inject{raft.Envelope{From: 1, To: 2, Message: &raft.AppendEntries{Term: 3, LeaderID: 1, Entries: []raft.Entry{{Term: 3, Data: "x=1"}}, LeaderCommit: 1}}})
	settle(t, w)
	same(t, "S2's term", w.State(2).CurrentTerm, 3)
	same(t, "S2's data", w.Machine(2).Snapshot(), "x=1")

	elect(t, w, 2)
	was := stableText(&w.servers[1].disk.Written)
	do(t, w, Inject{raft.Envelope{From: 3, To: 2, Message: &raft.AppendEntries{Term: w.State(2).CurrentTerm, LeaderID: 3}}})
	l := listen(w)
	settle(t, w)
	if e := lastEvent(t, l.Events, event.Corrupted{}); e.Node != "S2" || !strings.Contains(e.Text, "two leaders") || e.Rule != "MailIsPossible" {
		t.Errorf("%+v", e)
	}
	same(t, "S2's role", w.State(2).Role, raft.Leader)
	same(t, "S2's disk", stableText(&w.servers[1].disk.Written), was)
}

// NextDue is what step delivers: what is due first, but not what was delayed by
// hand before its time, nor what cannot be delivered.
func TestNextDue(t *testing.T) {
	w := New(4, 1, setting.Defaults())
	if w.NextDue() != nil {
		t.Error("nothing is in flight")
	}
	do(t, w, Timeout{1})
	first, second, third := flying(t, w, "RequestVote", 1, 2), flying(t, w, "RequestVote", 1, 3), flying(t, w, "RequestVote", 1, 4)
	same(t, "first", w.NextDue().ID, first.ID)
	do(t, w, Delay{first.ID, 2})
	same(t, "with the first delayed", w.NextDue().ID, second.ID)
	do(t, w, Freeze{3})
	same(t, "with S3 frozen", w.NextDue().ID, third.ID)
	do(t, w, Drop{third.ID})
	if m := w.NextDue(); m != nil {
		t.Errorf("%+v", m)
	}
	do(t, w, ClockTick{}, ClockTick{}, ClockTick{})
	same(t, "in its time", w.NextDue().ID, first.ID)
}

// §7: a follower behind the leader's log start gets a snapshot, and a lost one
// is sent again (S3).
func TestS3_SnapshotIsSentAgain(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(3)}}, Request{Client: "C1", Data: "x=1"}, Request{Client: "C1", Data: "y=2"})
	settle(t, w)
	do(t, w, Snapshot{1}, Partition{})
	l := listen(w)
	do(t, w, Heartbeat{1})
	do(t, w, Drop{flying(t, w, "InstallSnapshot", 1, 3).ID})
	for range 3 {
		beat(t, w, 1)
	}
	same(t, "S3's data", w.Machine(3).Snapshot(), "x=1 y=2")
	same(t, "S3's commit", w.State(3).CommitIndex, 3)
	same(t, "installed", len(kinds(l.Events, event.SnapshotLoaded{})), 1)
	do(t, w, Kill{3}, Restart{3})
	same(t, "S3's data after a crash", w.Machine(3).Snapshot(), "x=1 y=2")
}
