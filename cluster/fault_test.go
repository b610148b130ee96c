package cluster

import (
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// Figure 2: the term of an election is on disk before anyone is asked.
func TestE3_TermIsStoredBeforeAsking(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	l := listen(w)
	do(t, w, Timeout{1})
	same(t, "synced term", w.servers[0].disk.Synced().CurrentTerm, 1)
	order := kinds(l.Events, event.TermChanged{}, event.Voted{}, event.Sent{})
	if len(order) != 4 || order[0] != (event.TermChanged{}).Kind() || order[1] != (event.Voted{}).Kind() {
		t.Errorf("order %v, want the term and the vote before what is sent", order)
	}
	do(t, w, Kill{1}, Restart{1})
	same(t, "term", w.State(1).CurrentTerm, 1)
	same(t, "vote", w.State(1).VotedFor, 1)
	same(t, "role", w.State(1).Role, raft.Follower)
}

// §5.1: a stale leader learns the term from anyone it writes to, steps down,
// and remembers the term over a crash.
func TestE4_StaleLeaderLearnsTheTerm(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}})
	do(t, w, Timeout{2})
	settle(t, w)
	same(t, "S2's role", w.State(2).Role, raft.Leader)
	same(t, "S1's role", w.State(1).Role, raft.Leader)
	do(t, w, Partition{}, Kill{2}, Heartbeat{1}) // only S3 can tell it
	settle(t, w)
	same(t, "S1's role", w.State(1).Role, raft.Follower)
	same(t, "S1's term", w.State(1).CurrentTerm, 2)
	do(t, w, Kill{1}, Restart{1})
	same(t, "S1's term after a crash", w.State(1).CurrentTerm, 2)
}

// Figure 2: a vote is on disk before it is answered, and a restarted server
// does not vote twice in a term.
func TestS1_VoteIsStoredBeforeTheAnswer(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Timeout{1}, Timeout{3})
	do(t, w, Deliver{flying(t, w, "RequestVote", 1, 2).ID})
	same(t, "synced vote", w.servers[1].disk.Synced().VotedFor, 1)
	do(t, w, Kill{2}, Restart{2}, Deliver{flying(t, w, "RequestVote", 3, 2).ID})
	same(t, "S2's vote", w.State(2).VotedFor, 1)
	if m := flying(t, w, "RequestVoteReply", 2, 3).Message.(*raft.RequestVoteReply); m.VoteGranted {
		t.Error("S2 votes twice in term 1")
	}
}

// Without fsync a crash forgets what was promised, and two leaders of one term
// are what comes of it.
func TestS1_WithoutFsync(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off", "noop", "off")
	do(t, w, Timeout{1}, Timeout{3})
	do(t, w, Deliver{flying(t, w, "RequestVote", 1, 2).ID})
	same(t, "unsynced", w.Unsynced(2), true)
	do(t, w, Deliver{flying(t, w, "RequestVoteReply", 2, 1).ID})
	l := listen(w)
	do(t, w, Kill{2})
	if text := lastEvent(t, l.Events, event.Crashed{}).Text; !strings.Contains(text, "kept: term 0, no vote") || !strings.Contains(text, "lost, not synced: term 1, vote for S1") {
		t.Errorf("it says %q", text)
	}
	do(t, w, Restart{2})
	same(t, "S2's term", w.State(2).CurrentTerm, 0)
	do(t, w, Deliver{flying(t, w, "RequestVote", 3, 2).ID})
	do(t, w, Deliver{flying(t, w, "RequestVoteReply", 2, 3).ID})
	if len(w.breaches) != 1 || w.breaches[0].Property != "Election Safety" {
		t.Errorf("breaches %+v", w.breaches)
	}
	same(t, "the breach's position", w.breaches[0].Position, lastEvent(t, l.Events, event.Breached{}).Position)
}

// sync writes out what fsync off left unwritten.
func TestSync(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off")
	elect(t, w, 1)
	do(t, w, Sync{2}, Kill{2}, Kill{3}, Restart{2}, Restart{3})
	same(t, "S2's log", terms(w, 2), "1")
	same(t, "S3's log", terms(w, 3), "")
	same(t, "S2's term", w.State(2).CurrentTerm, 1)
}

// What all have only in memory is lost when the last of them is gone, not before.
func TestWithoutFsync_LostWithTheLast(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off")
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	same(t, "status", w.Client("C1").Status, clients.Done)
	do(t, w, Kill{1}, Restart{1}, Kill{2})
	if len(w.breaches) > 0 {
		t.Fatalf("S3 has it still: %+v", w.breaches)
	}
	do(t, w, Kill{3})
	if len(w.breaches) != 1 || w.breaches[0].Property != "Durability" || w.breaches[0].Index != 2 {
		t.Errorf("breaches %+v", w.breaches)
	}
}

// A crash takes what is volatile and leaves the log.
func TestKill_KeepsTheLog(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	l := listen(w)
	do(t, w, Kill{1})
	crash := lastEvent(t, l.Events, event.Crashed{})
	if !strings.Contains(crash.Text, "2 entries") || !strings.Contains(crash.Text, "only volatile state") || crash.From != "leader" {
		t.Errorf("%+v", crash)
	}
	do(t, w, Restart{1})
	n := w.State(1)
	same(t, "role", n.Role, raft.Follower)
	same(t, "commit", n.CommitIndex, 0)
	same(t, "log", terms(w, 1), "1 1")
	same(t, "data", w.Machine(1).Len(), 0)
	elect(t, w, 2)
	same(t, "data", w.Machine(1).Snapshot(), "x=1")
}

// What a snapshot covers is there after a restart, and nothing is called
// unsynced that is not, though the log is empty.
func TestKill_AfterASnapshotOfAll(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	do(t, w, Snapshot{1})
	same(t, "unsynced", w.Unsynced(1), false)
	l := listen(w)
	do(t, w, Kill{1})
	if text := lastEvent(t, l.Events, event.Crashed{}).Text; strings.Contains(text, "not synced") {
		t.Errorf("it says %q", text)
	}
	do(t, w, Restart{1})
	same(t, "data", w.Machine(1).Snapshot(), "x=1")
	same(t, "commit", w.State(1).CommitIndex, 2)
}

func TestWipe(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	refused(t, w, Wipe{3}, "kill S3 first")
	do(t, w, Kill{3}, Wipe{3})
	same(t, "S3's disk", stableText(w.servers[2].disk.Synced()), "term 0 vote  log after 0: []")
	do(t, w, Kill{2}, Wipe{2})
	if len(w.breaches) > 0 {
		t.Fatalf("S1 has all: %+v", w.breaches)
	}
	do(t, w, Kill{1}, Wipe{1})
	if len(w.breaches) != 1 || w.breaches[0].Property != "Durability" {
		t.Errorf("breaches %+v", w.breaches)
	}
	do(t, w, Restart{1})
	same(t, "S1's voters", w.State(1).Configuration.String(), "S1 S2 S3")
}

// A stopped process: no timer fires and its mail waits, whoever delivers, but its
// clock goes on, and at its next tick what has run out fires.
func TestFreeze(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Freeze{2}, Heartbeat{1})
	was := w.servers[1].timers
	m := flying(t, w, "AppendEntries", 1, 2)
	for _, a := range []Action{Tick{2}, Timeout{2}, Heartbeat{2}, Snapshot{2}, Request{Client: "C1", Data: "x=1", Via: 2}} {
		refused(t, w, a, "thaw S2 first")
	}
	refused(t, w, Freeze{2}, "S2 is frozen already")
	refused(t, w, Deliver{m.ID}, "thaw S2 first")
	refused(t, w, Arrive{m.ID}, "thaw S2 first")
	settle(t, w) // all but that one
	same(t, "what waits", len(w.Flights()), 1)
	refused(t, w, DeliverNext{}, "nothing deliverable")
	same(t, "deliverable", w.Deliverable(raft.Set{}), false)
	ticks(t, w, 10)
	same(t, "election timer", w.servers[1].timers.election, was.election-10)
	same(t, "minimum election timeout", w.servers[1].timers.heard, was.heard-10)
	for range 50 {
		do(t, w, ClockTick{})
	}
	same(t, "role", w.State(2).Role, raft.Follower)
	same(t, "in flight", flying(t, w, "AppendEntries", 1, 2).ID, m.ID)
	refused(t, w, Thaw{3}, "not frozen")
	do(t, w, Thaw{2})
	do(t, w, Tick{2})
	same(t, "role", w.State(2).Role, raft.Candidate)
	ticks(t, w, 1)
	same(t, "in flight", w.flights.Find(m.ID) >= 0, false)
}

// thesis 6.4.1: a lease is over, by the clock that goes on, when a stopped process
// wakes; while its time lasts it has it still.
func TestFreeze_Lease(t *testing.T) {
	for ticks, held := range map[int]bool{5: true, 17: true, 18: false, 100: false} {
		w := newWorld(t, 3, 1, "reads", "lease")
		elect(t, w, 1)
		beat(t, w, 1)
		same(t, "lease", w.State(1).Lease, true)
		do(t, w, Freeze{1})
		for range ticks {
			do(t, w, ClockTick{})
		}
		do(t, w, Thaw{1})
		same(t, fmt.Sprintf("lease after %d ticks", ticks), w.State(1).Lease, held)
	}
}

// What waits to be written out is when syncs are switched on.
func TestFsyncOn(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off")
	elect(t, w, 1)
	do(t, w, Set{"fsync", "on"})
	for id := raft.ID(1); id <= 3; id++ {
		same(t, id.String()+" unsynced", w.Unsynced(id), false)
		do(t, w, Kill{id}, Restart{id})
		same(t, id.String()+"'s term", w.State(id).CurrentTerm, 1)
	}
}

// A disk that was destroyed holds no configuration, whether that was in the log
// or in a snapshot: the server begins as it did at first.
func TestWipe_Configuration(t *testing.T) {
	for _, snapshot := range []bool{false, true} {
		w := New(4, 1, setting.Defaults())
		elect(t, w, 1)
		do(t, w, RemoveServer{4, 1})
		settle(t, w)
		beat(t, w, 1)
		if snapshot {
			do(t, w, Snapshot{2})
		}
		same(t, "members", w.State(2).Configuration.String(), "S1 S2 S3")
		do(t, w, Kill{2}, Wipe{2}, Restart{2})
		same(t, "members after the wipe", w.State(2).Configuration.String(), "S1 S2 S3 S4")
	}
}

// A frozen server that is killed is not frozen when it is back.
func TestFreeze_Kill(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Freeze{2}, Kill{2}, Restart{2}, Tick{2})
}

func TestFaults_Refused(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Kill{3})
	for _, c := range []struct {
		a    Action
		says string
	}{
		{Kill{3}, "down already"}, {Kill{4}, "there is no S4"}, {Kill{0}, "the servers are S1 to S3"},
		{Restart{1}, "kill it first"}, {Restart{9}, "there is no S9"},
		{Freeze{3}, "restart S3 first"}, {Thaw{1}, "not frozen"}, {Thaw{3}, "restart S3 first"},
		{Sync{3}, "restart S3 first"}, {Wipe{1}, "kill S1 first"}, {Wipe{7}, "there is no S7"},
		{Tick{3}, "restart S3 first"}, {Timeout{3}, "restart S3 first"}, {Heartbeat{1}, "only a leader"},
		{Snapshot{3}, "restart S3 first"}, {Snapshot{1}, "already covers"},
		{Deliver{1}, "m1 is not in flight"}, {Drop{1}, "m1 is not in flight"}, {Delay{1, 1}, "m1 is not in flight"},
		{Duplicate{1}, "m1 is not in flight"}, {Arrive{1}, "m1 is not in flight"}, {DeliverNext{}, "nothing deliverable"},
		{Retry{"C1"}, "has sent nothing"}, {Request{Client: "C1", Data: "x=1"}, "timeout S1"},
		{SetLinks{true, []network.Link{{From: 1, To: 4}}}, "there is no S4"}, {SetLinks{true, []network.Link{{From: 1, To: 2}, {From: 0, To: 2}}}, "S1 to S3"},
		{Partition{[]raft.Set{raft.SetOf(1, 7)}}, "there is no S7"}, {Partition{[]raft.Set{raft.SetOf(1, 2), raft.SetOf(2)}}, "two groups"},
		{Inject{raft.Envelope{From: 1, To: 1, Message: &raft.TimeoutNow{}}}, "to itself"},
		{Inject{raft.Envelope{From: 1, To: 5, Message: &raft.TimeoutNow{}}}, "there is no S5"},
		{Inject{raft.Envelope{From: 1, To: 2, Message: &raft.InstallSnapshot{Term: 1}}}, "snapshot"},
		{Set{"colour", "red"}, `no setting "colour"`}, {Set{"loss", "2"}, "from 0 to 1"},
	} {
		refused(t, w, c.a, c.says)
	}
	elect(t, w, 1)
	refused(t, w, Timeout{1}, "leader has no election timer")
	refused(t, w, Heartbeat{2}, "S2 is a follower")
}
