package cluster

import (
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// drawnTimeouts counts the election timeouts that a server draws, each time it
// is made to.
func drawnTimeouts(t *testing.T, w *World, id raft.ID, rounds int, again func()) map[int]int {
	t.Helper()
	drawn := map[int]int{}
	for range rounds {
		again()
		left, of := w.Timer(id)
		if left != of {
			t.Fatalf("%d of %d ticks left right after the start", left, of)
		}
		drawn[of]++
	}
	return drawn
}

// uniform wants every value of the range, and none much more often than another.
func uniform(t *testing.T, drawn map[int]int, low, high int) {
	t.Helper()
	n := 0
	for v, count := range drawn {
		n += count
		if v < low || v > high {
			t.Errorf("a timeout of %d is not from %d to %d", v, low, high)
		}
	}
	mean := float64(n) / float64(high-low+1)
	for v := low; v <= high; v++ {
		if c := float64(drawn[v]); c < 0.8*mean || c > 1.2*mean {
			t.Errorf("%d was drawn %v times, %v are expected", v, c, mean)
		}
	}
}

// §5.2: a follower's timeouts take every value of the range.
func TestP12_FollowerElectionTimeoutRandomized(t *testing.T) {
	w := newWorld(t, 2, 1, "election-timeout", "10..19")
	elect(t, w, 1)
	uniform(t, drawnTimeouts(t, w, 2, 20_000, func() {
		do(t, w, Heartbeat{1})
		do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID})
		do(t, w, Drop{flying(t, w, "AppendEntriesReply", 2, 1).ID})
	}), 10, 19)
}

// §5.2: so do a candidate's, each one anew.
func TestP13_CandidateElectionTimeoutRandomized(t *testing.T) {
	w := newWorld(t, 2, 1, "election-timeout", "10..19")
	uniform(t, drawnTimeouts(t, w, 2, 20_000, func() {
		do(t, w, Timeout{2})
		do(t, w, Drop{flying(t, w, "RequestVote", 2, 1).ID})
	}), 10, 19)
}

// A restart draws, too, and one value is a range.
func TestElectionTimeout_OneValue(t *testing.T) {
	w := newWorld(t, 2, 1, "election-timeout", "7")
	uniform(t, drawnTimeouts(t, w, 2, 10, func() { do(t, w, Kill{2}, Restart{2}) }), 7, 7)
}

// §5.2: that two followers time out on one tick, and so split the vote, is rare.
func TestP14_FollowersElectionTimeoutNonconflict(t *testing.T) {
	conflicts := 0
	const rounds = 1000
	for seed := range uint64(rounds) {
		w := newWorld(t, 5, seed, "election-timeout", "10..19")
		if firstToTimeOut(t, w) > 1 {
			conflicts++
		}
	}
	if share := float64(conflicts) / rounds; share > 0.3 || share < 0.1 {
		t.Errorf("in %.0f %% of the rounds two timed out on one tick, want 10 to 30", 100*share)
	}
}

// §5.2: the same for candidates whose election came to nothing.
func TestP15_CandidatesElectionTimeoutNonconflict(t *testing.T) {
	conflicts := 0
	const rounds = 1000
	w := newWorld(t, 5, 1, "election-timeout", "10..19")
	for range rounds {
		for id := raft.ID(1); id <= 5; id++ {
			do(t, w, Timeout{id}) // nobody asks anybody: their messages stay in flight
		}
		for _, m := range w.Flights() {
			do(t, w, Drop{m.ID})
		}
		if firstToTimeOut(t, w) > 1 {
			conflicts++
		}
	}
	if share := float64(conflicts) / rounds; share > 0.3 || share < 0.1 {
		t.Errorf("in %.0f %% of the rounds two timed out on one tick, want 10 to 30", 100*share)
	}
}

// firstToTimeOut lets the clocks run until somebody's election timer fires, and
// is how many fire on that tick.
func firstToTimeOut(t *testing.T, w *World) int {
	t.Helper()
	terms := func() (sum int) {
		for _, id := range w.IDs() {
			sum += int(w.State(id).CurrentTerm)
		}
		return sum
	}
	was := terms()
	for range 100 {
		for _, id := range w.IDs() {
			do(t, w, Tick{id})
		}
		if n := terms() - was; n > 0 {
			return n
		}
	}
	t.Fatalf("nobody timed out in 100 ticks")
	return 0
}

// A timer fires when it has run out, not a tick sooner or later.
func TestTimers_FireWhenTheyRunOut(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	l := listen(w)
	left, id := w.NextTimer()
	for range left - 1 {
		do(t, w, Tick{id})
	}
	same(t, "events before", len(kinds(l.Events, event.ElectionTimeout{})), 0)
	same(t, "ticks left", w.servers[id-1].timers.election, 1)
	do(t, w, Tick{id})
	same(t, "events", len(kinds(l.Events, event.ElectionTimeout{})), 1)
	same(t, "role", w.State(id).Role, raft.Candidate)
	settle(t, w)
	same(t, "heartbeat timer", w.servers[id-1].timers.heartbeat, 5)
	same(t, "its election timer", w.servers[id-1].timers.election, 0)
	for range 5 {
		same(t, "heartbeats", len(kinds(l.Events, event.HeartbeatDue{})), 0)
		do(t, w, Tick{id})
	}
	same(t, "heartbeats", len(kinds(l.Events, event.HeartbeatDue{})), 1)
}

// Tick is one server's clock; nothing else moves.
func TestTick_IsOneServers(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	before := picture(w.Clone())
	was := w.servers[1].timers.election
	do(t, w, Tick{2})
	same(t, "S2's timer", w.servers[1].timers.election, was-1)
	same(t, "the cluster's clock", w.clock, 0)
	same(t, "its clock", w.servers[1].ticks, 1)
	w.servers[1].timers.election, w.servers[1].ticks, w.position = was, 0, w.position-1
	if got := picture(w); got != before {
		t.Errorf("%s\nwant\n%s", got, before)
	}
}

// While time passes, in each tick every clock ticks, S1's first, and then what
// is due arrives, the older first. The frozen and the dead have no clock.
func TestAdvance_OrderWithinATick(t *testing.T) {
	w := newWorld(t, 5, 1, "latency", "1")
	elect(t, w, 1)
	do(t, w, Kill{3}, Freeze{4}, Heartbeat{1}) // m1 m2 … to S2 to S5
	l := listen(w)
	first := flying(t, w, "AppendEntries", 1, 2).ID
	do(t, w, Advance{})
	if !w.MidTick() {
		t.Error("a tick is under way")
	}
	ticks(t, w, 1)
	order := ""
	for _, e := range l.Events {
		switch v := e.View(); e.What.(type) {
		case event.Ticked, event.ClockTicked:
			order += " " + v.Node
		case event.Delivered, event.Lost:
			order += " " + v.Message
		}
	}
	want := " S1 S2 S5"
	for id := first; id < first+4; id++ {
		if id != first+2 { // S4 is frozen
			want += " " + network.Name(id)
		}
	}
	// The clock had moved by one when the tick under way was looked at, so the
	// answers of that tick are due in the next one.
	if len(order) < len(want) || order[:len(want)] != want {
		t.Errorf("order%s, want%s …", order, want)
	}
	same(t, "clock", w.clock, 2)
	same(t, "MidTick", w.MidTick(), false)
	same(t, "S4's mail", flying(t, w, "AppendEntries", 1, 4).To, 4)
}

// A tick with nobody running is told all the same.
func TestAdvance_NobodyRuns(t *testing.T) {
	w := New(2, 1, setting.Defaults())
	do(t, w, Kill{1}, Freeze{2})
	l := listen(w)
	do(t, w, Advance{}, Advance{})
	same(t, "clock", w.clock, 2)
	same(t, "events", len(kinds(l.Events, event.ClockTicked{})), 2)
	ticks, id := w.NextTimer()
	same(t, "next timer", ticks+int(id), 0)
}

// ClockTick counts a tick of the cluster and moves no server's clock.
func TestClockTick(t *testing.T) {
	w := New(2, 1, setting.Defaults())
	was := w.servers[0].timers
	do(t, w, ClockTick{})
	same(t, "clock", w.clock, 1)
	same(t, "timers", w.servers[0].timers, was)
}

// A message is due the latency after it was sent, within the range.
func TestLatency_Range(t *testing.T) {
	w := newWorld(t, 2, 1, "latency", "3..6")
	elect(t, w, 1)
	seen := map[int]int{}
	for range 4000 {
		do(t, w, Heartbeat{1})
		m := flying(t, w, "AppendEntries", 1, 2)
		same(t, "sent", m.Sent, w.clock)
		seen[int(m.Due-m.Sent)]++
		do(t, w, Drop{m.ID})
	}
	uniform(t, seen, 3, 6)
}

func TestLatency_ArrivesWhenDue(t *testing.T) {
	w := newWorld(t, 2, 1, "latency", "7", "election-timeout", "100")
	elect(t, w, 1)
	do(t, w, Heartbeat{1})
	id := flying(t, w, "AppendEntries", 1, 2).ID
	ticks(t, w, 4)
	same(t, "in flight after 4 ticks", w.flights.Find(id) >= 0, true)
	ticks(t, w, 2)
	same(t, "in flight after 6 ticks", w.flights.Find(id) >= 0, true)
	ticks(t, w, 1)
	same(t, "in flight after 7 ticks", w.flights.Find(id) >= 0, false)
}

// A changed timer setting starts the timers that it concerns afresh, at once,
// and no others.
func TestSet_TimersAfresh(t *testing.T) {
	w := newWorld(t, 3, 1)
	elect(t, w, 1)
	do(t, w, Tick{1}, Tick{2}, Tick{2}, Tick{3})
	was := [3]timers{w.servers[0].timers, w.servers[1].timers, w.servers[2].timers}
	set(t, w, "heartbeat-interval", "9")
	same(t, "the leader's heartbeat timer", w.servers[0].timers, timers{heartbeat: 9, drawn: was[0].drawn})
	same(t, "S2's timers", w.servers[1].timers, was[1])
	same(t, "S3's timers", w.servers[2].timers, was[2])

	set(t, w, "check-quorum", "on")
	same(t, "the leader's quorum timer", w.servers[0].timers, timers{heartbeat: 9, quorum: 20, drawn: was[0].drawn})
	same(t, "S2's timers", w.servers[1].timers, was[1])
	do(t, w, Tick{1})
	set(t, w, "election-timeout", "50..60")
	same(t, "the leader's timers", w.servers[0].timers, timers{heartbeat: 8, quorum: 50, drawn: was[0].drawn})
	for _, s := range w.servers[1:] {
		if e := s.timers.election; e < 50 || e > 60 || s.timers.drawn != e || s.timers.heard != 50 {
			t.Errorf("%s: %+v", s.id, s.timers)
		}
	}
	set(t, w, "check-quorum", "off")
	same(t, "the leader's timers", w.servers[0].timers, timers{heartbeat: 8, drawn: was[0].drawn})
	all := w.servers[1].timers
	set(t, w, "loss", "0.5", "noop", "off", "latency", "2", "prevote", "on", "stickiness", "on", "max-entries", "1")
	same(t, "S2's timers", w.servers[1].timers, all)
}

// Thesis 6.2: a leader that hears from no majority steps down after an election
// timeout, and its election timer is a whole one then.
func TestCheckQuorum(t *testing.T) {
	w := newWorld(t, 3, 1, "check-quorum", "on", "election-timeout", "20")
	elect(t, w, 1)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1)}})
	l := listen(w)
	for range 60 {
		do(t, w, Tick{1})
		if w.State(1).Role != raft.Leader {
			break
		}
	}
	same(t, "role", w.State(1).Role, raft.Follower)
	same(t, "leader", w.State(1).Leader, 0)
	same(t, "timers", w.servers[0].timers, timers{election: 20, drawn: 20})
	if n := len(kinds(l.Events, event.QuorumChecked{})); n < 1 || n > 2 {
		t.Errorf("looked %d times", n)
	}
	w = newWorld(t, 3, 1, "election-timeout", "20")
	elect(t, w, 1)
	for range 100 {
		do(t, w, Tick{1})
	}
	same(t, "role without check-quorum", w.State(1).Role, raft.Leader)
}

// Thesis 4.2.3: with stickiness a server that heard from a leader of late does
// not vote; the clock makes that pass.
func TestStickiness_PassesWithTime(t *testing.T) {
	w := newWorld(t, 3, 1, "stickiness", "on", "election-timeout", "20")
	elect(t, w, 1)
	for range 19 {
		do(t, w, Tick{3})
	}
	same(t, "heard", w.State(3).HeardLeader, true)
	do(t, w, Timeout{2})
	do(t, w, Deliver{flying(t, w, "RequestVote", 2, 3).ID})
	same(t, "S3's term", w.State(3).CurrentTerm, 1)
	do(t, w, Tick{3})
	same(t, "heard", w.State(3).HeardLeader, false)
}

// Mail for a frozen server waits through a long run, is shown, and arrives in
// its order once the server goes on; a long run costs no more for it.
func TestMailWaitsThroughALongRun(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	must := func(a Action) {
		t.Helper()
		if err := w.Apply(a); err != nil {
			t.Fatal(err)
		}
	}
	for w.Leader() == 0 {
		must(Advance{})
	}
	frozen := w.Leader()%3 + 1
	must(Freeze{frozen})
	for w.Clock() < 20_000 {
		must(Advance{})
	}
	waiting := w.Flights()
	if len(waiting) < 3000 {
		t.Fatalf("%d messages wait after 20,000 ticks", len(waiting))
	}
	before := w.Fingerprint()
	must(SetLinks{}) // whatever is done by hand finds all of it in flight
	if w.Fingerprint() != before || len(w.Flights()) != len(waiting) {
		t.Error("what waits was not the same after a deed by hand")
	}
	if err := w.Apply(Deliver{waiting[0].ID}); err == nil {
		t.Error("mail was delivered to a frozen server")
	}
	must(Thaw{frozen})
	for i := range 3 {
		if m := w.NextDue(); m.ID != waiting[i].ID {
			t.Fatalf("m%d is next, want m%d", m.ID, waiting[i].ID)
		}
		must(DeliverNext{})
	}
}
