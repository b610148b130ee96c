package cluster

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// drawn picks with rapid, so that what fails shrinks.
func drawn(t *rapid.T) func(n int) int {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
}

// An action that fails changes nothing, events included; one that succeeds
// makes an event at least, and the position counts them.
func TestApply_AllOrNothing(t *testing.T) {
	failed := 0
	check := func(t fataler, seed uint64, actions int, pick func(n int) int) {
		w := New(1+pick(5), seed, setting.Defaults())
		for range actions {
			a := anyAction(w, pick)
			// With a limit, so that taking back what was omitted is looked at, too.
			l := &Listener{Limit: pick(4), Decide: true, NoTicks: pick(2) == 0}
			w.Listen(l)
			do(t, w, ClockTick{})
			was, events, omitted := picture(w), eventsText(l.Events), l.Omitted
			position := w.position
			if err := w.Apply(a); err != nil {
				failed++
				if got := picture(w); got != was {
					t.Fatalf("%s: %v, but it changed\n%s\nto\n%s", a, err, was, got)
				}
				if got := eventsText(l.Events); got != events || l.Omitted != omitted {
					t.Fatalf("%s: %v, but it told\n%s(%d omitted) where there was\n%s(%d omitted)", a, err, got, l.Omitted, events, omitted)
				}
				if text := err.Error(); text == "" || strings.Contains(text, "%!") {
					t.Fatalf("%s: an error without words: %q", a, text)
				}
				continue
			}
			if w.position == position {
				t.Fatalf("%s made no event", a)
			}
			if told := len(l.Events) + l.Omitted; !l.NoTicks && told != int(w.position-position)+1 {
				t.Fatalf("%s: %d events for positions %d to %d", a, told, position, w.position)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, 1, 60, drawn(t)) })
	for seed := range uint64(40) {
		check(t, seed, 250, rand.New(rand.NewPCG(seed, 5)).IntN)
	}
	if failed < 1000 {
		t.Errorf("%d actions failed, hardly a test", failed)
	}
}

// anyAction is randomAction and what that leaves out.
func anyAction(w *World, pick func(n int) int) Action {
	id := raft.ID(pick(w.Size() + 2))
	switch pick(12) {
	case 0:
		return Wipe{id}
	case 1:
		return Set{"fsync", []string{"on", "off", "maybe"}[pick(3)]}
	case 2:
		other := raft.ID(pick(w.Size() + 2))
		return Inject{raft.Envelope{From: id, To: other, Message: &raft.AppendEntries{Term: uint64(pick(4)), LeaderID: id, PrevLogIndex: uint64(pick(3)), LeaderCommit: uint64(pick(3))}}}
	case 3:
		s := figureStable(max(w.Size(), 1), "1 1 2", uint64(pick(4)))
		return Give{Node: id, Stable: s, Commit: uint64(pick(5))}
	case 4:
		return Kill{id}
	case 5:
		return SetLinks{Cut: true, Links: []network.Link{{From: 1, To: id}}}
	case 6:
		return Partition{[]raft.Set{raft.SetOf(1), raft.SetOf(max(id, 1))}}
	}
	return randomAction(w, pick)
}

// Same seed, same actions: the same events, to the byte. Another seed makes
// another run.
func TestDeterminism(t *testing.T) {
	run := func(seed, choices uint64) (string, string) {
		r := rand.New(rand.NewPCG(choices, 6))
		w := New(5, seed, setting.Defaults())
		l := listen(w)
		for range 1500 {
			a := anyAction(w, r.IntN)
			for range howOften(a, r.IntN) {
				_ = w.Apply(a)
			}
		}
		return eventsText(l.Events), picture(w)
	}
	for seed := range uint64(6) {
		events, end := run(seed, 1)
		again, endAgain := run(seed, 1)
		if events != again || end != endAgain {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		if other, _ := run(seed+100, 1); other == events {
			t.Errorf("seeds %d and %d make the same run", seed, seed+100)
		}
	}
}

// What a listener asks for changes nothing but what it is told.
func TestListenerChangesNothing(t *testing.T) {
	run := func(l *Listener) string {
		r := rand.New(rand.NewPCG(1, 7))
		w := New(3, 1, setting.Defaults())
		w.Listen(l)
		for range 2000 {
			_ = w.Apply(anyAction(w, r.IntN))
		}
		return picture(w)
	}
	want := run(nil)
	for _, l := range []*Listener{{}, {Decide: true}, {Limit: 3}, {NoTicks: true, Decide: true}} {
		if got := run(l); got != want {
			t.Errorf("%+v", l)
		}
	}
}

// Copies are independent: whatever is done to them, in whatever order, each is
// as if it were alone.
func TestClone_Independent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { cloneTree(t, 40, drawn(t)) })
	for seed := range uint64(60) {
		cloneTree(t, 120, rand.New(rand.NewPCG(seed, 8)).IntN)
	}
}

// cloneTree grows a tree of copies, and beside each the list of its actions;
// in the end each is compared with a new world to which its list was done.
func cloneTree(t fataler, steps int, pick func(n int) int) {
	t.Helper()
	type branch struct {
		w       *World
		actions []Action
	}
	size := 1 + pick(5)
	all := []*branch{{w: New(size, 1, setting.Defaults())}}
	for a := (Action)(Timeout{1}); all[0].w.Apply(a) == nil; a = (DeliverNext{}) { // so that requests are taken
		all[0].actions = append(all[0].actions, a)
	}
	for range steps {
		b := all[pick(len(all))]
		if pick(4) == 0 && len(all) < 12 {
			all = append(all, &branch{b.w.Clone(), append([]Action(nil), b.actions...)})
			continue
		}
		a := anyAction(b.w, pick)
		for range howOften(a, pick) {
			if b.w.Apply(a) != nil {
				break
			}
			b.actions = append(b.actions, a)
		}
	}
	for i, b := range all {
		alone := New(size, 1, setting.Defaults())
		do(t, alone, b.actions...)
		if got, want := picture(b.w), picture(alone); got != want {
			t.Fatalf("copy %d:\n%s\nalone:\n%s", i, got, want)
		}
	}
}

// Copies may be used by different goroutines at once: what they share is not
// written to. (The race detector looks at this.)
func TestClone_Goroutines(t *testing.T) {
	w := newWorld(t, 3, 1, "snapshot-every", "50")
	elect(t, w, 1)
	var copies [4]*World
	for i := range copies {
		copies[i] = w.Clone()
	}
	var group sync.WaitGroup
	for i, c := range copies {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 10))
			for range 1500 {
				a := randomAction(c, r.IntN)
				if i%2 == 0 {
					a = Request{Client: "C1", Data: randomCommandText(r.IntN)}
					_ = c.Apply(DeliverNext{})
				}
				_ = c.Apply(a)
				if r.IntN(50) == 0 {
					c = c.Clone()
				}
			}
		})
	}
	group.Wait()
}

// Nobody listens to a copy.
func TestClone_HasNoListener(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	l := listen(w)
	c := w.Clone()
	do(t, c, Timeout{1})
	same(t, "events", len(l.Events), 0)
	same(t, "decisions", c.work.out.Record, false)
}

// Decisions belong to the event of the input that they were made for.
func TestDecisions(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	l := listen(w)
	do(t, w, Timeout{2})
	if e := l.Events[0]; !event.Is[event.ElectionTimeout](&e) || len(e.Decisions) == 0 || e.Decisions[0].Rule != raft.ElectionTimeoutRule {
		t.Errorf("%+v", e)
	}
	do(t, w, Deliver{flying(t, w, "RequestVote", 2, 1).ID})
	e := lastEvent(t, l.Events, event.Delivered{})
	if len(e.Decisions) == 0 {
		t.Fatal("no decisions on what S1 was asked")
	}
	last := l.Events[len(l.Events)-1]
	do(t, w, Snapshot{3}) // consults no rule, and takes none away
	if again := lastEvent(t, l.Events, event.Delivered{}); len(again.Decisions) != len(e.Decisions) {
		t.Errorf("the decisions are gone: %+v", again)
	}
	if len(last.Decisions) != len(l.Events[last.Position-l.Events[0].Position].Decisions) {
		t.Error("the event before the snapshot has others")
	}

	w = New(3, 1, setting.Defaults())
	l = &Listener{Limit: 1, Decide: true}
	w.Listen(l)
	do(t, w, Timeout{1})
	was := eventsText(l.Events)
	settle(t, w)
	if eventsText(l.Events) != was {
		t.Errorf("an event kept has the decisions of one that was left out: %+v", l.Events)
	}
}

// An input that no event goes before has its decisions on the first that comes
// of it, and none of the action before are lost.
func TestDecisions_OfMembership(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	l := listen(w)
	do(t, w, Heartbeat{1})
	for _, m := range w.Flights() {
		do(t, w, Drop{m.ID})
	}
	n, was := len(l.Events), eventsText(l.Events)
	do(t, w, RemoveServer{3, 0})
	if eventsText(l.Events[:n]) != was {
		t.Error("what was told before has changed")
	}
	if len(l.Events[n].Decisions) == 0 {
		t.Errorf("no decisions: %+v", l.Events[n])
	}
}

// A cluster of one is a candidate on its way to lead (Figure 4).
func TestFigure4_ClusterOfOne(t *testing.T) {
	for _, prevote := range []string{"off", "on"} {
		w := newWorld(t, 1, 1, "prevote", prevote)
		l := listen(w)
		do(t, w, Timeout{1})
		c := newCensus()
		c.count(t, l.Events)
		same(t, "won", c.roles[[2]string{"candidate", "leader"}], 1)
	}
}

// What an action prints is a line of text, one that a person can read.
func TestAction_String(t *testing.T) {
	check := func(a Action) {
		t.Helper()
		text := a.String()
		if text == "" || text != strings.TrimSpace(text) || strings.Contains(text, "%!") || strings.Contains(text, "  ") {
			t.Errorf("%T: %q", a, text)
		}
		if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
			t.Errorf("%T has a control character: %q", a, text)
		}
		if word, _, _ := strings.Cut(text, " "); strings.ToLower(word) != word {
			t.Errorf("%T is no command: %q", a, text)
		}
	}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		w := New(3, seed, setting.Defaults())
		for range 400 {
			a := anyAction(w, r.IntN)
			if w.Apply(a) == nil {
				check(a)
			}
			for _, m := range w.Flights() {
				check(Inject{m.Envelope})
			}
		}
	}
	for _, a := range []Action{
		Request{Client: "a client", Data: "x=\"a\\nb\"", Via: 2}, Request{Client: "C1", Data: "a\nb\x00"}, Retry{"a \"b\"\n"},
		Give{Node: 1, Stable: raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1)}, Snapshot: &raft.Snapshot{Index: 5, Term: 3, Data: "x=\"\\x00\"\n"}}},
		Partition{}, SetLinks{true, []network.Link{{From: 1, To: 2}, {From: 2, To: 1}}},
		Inject{raft.Envelope{From: 1, To: 2, Message: &raft.AppendEntries{Entries: []raft.Entry{{Term: 1, Data: "a\nb"}}}}},
		Inject{raft.Envelope{From: 1, To: 2, Message: &raft.TimeoutNow{Term: 1}}},
	} {
		check(a)
	}
	for _, c := range []struct {
		a    Action
		want string
	}{
		{Timeout{3}, "timeout S3"}, {Tick{1}, "tick 1 S1"}, {Deliver{12}, "deliver m12"}, {Delay{7, 3}, "delay m7 3"},
		{Partition{[]raft.Set{raft.SetOf(1, 2), raft.SetOf(3)}}, "partition S1 S2 | S3"},
		{SetLinks{true, []network.Link{{From: 1, To: 2}}}, "cut S1->S2"}, {SetLinks{false, []network.Link{{From: 1, To: 2}}}, "heal S1->S2"},
		{Set{"latency", "1..3"}, "set latency 1..3"}, {Request{Client: "C1", Data: "x=1", Via: 2}, "submit x=1 via S2 as C1"},
		{Inject{raft.Envelope{From: 1, To: 3, Message: &raft.RequestVote{Term: 2, CandidateID: 1, LastLogIndex: 4, LastLogTerm: 1}}}, "inject RequestVote S1->S3 term=2 last=4/1"},
		{Inject{raft.Envelope{From: 1, To: 3, Message: &raft.AppendEntries{Term: 3, PrevLogIndex: 4, PrevLogTerm: 2, Entries: []raft.Entry{{Term: 3, Data: "x=1"}}, LeaderCommit: 2}}},
			`inject AppendEntries S1->S3 term=3 prev=4/2 entries="3:x=1" commit=2`},
		{Give{Node: 3, Stable: figureStable(3, "1:a 2:b", 2), Commit: 2}, `given S3 term 2 log "1:a 2:b" commit 2 voters S1,S2,S3`},
	} {
		same(t, "text", c.a.String(), c.want)
	}
}

// Time passes alike for all: over many ticks each clock has ticked as often.
func TestTicksAreFair(t *testing.T) {
	w := New(5, 3, setting.Defaults())
	l := listen(w)
	ticks(t, w, 200)
	n := map[string]int{}
	for _, e := range l.Events {
		if event.Is[event.Ticked](&e) {
			n[e.Node.String()]++
		}
	}
	same(t, "ticks", fmt.Sprint(n), "map[S1:200 S2:200 S3:200 S4:200 S5:200]")
}

// A long run by itself: one leader that stays, and nothing broken.
func TestQuietRun(t *testing.T) {
	w := New(5, 1, setting.Defaults())
	ticks(t, w, 2000)
	same(t, "leaders", len(w.Leaders()), 1)
	term := w.State(w.Leader()).CurrentTerm
	ticks(t, w, 2000)
	same(t, "term", w.State(w.Leader()).CurrentTerm, term)
	same(t, "breaches", len(w.Breaches()), 0)
}
