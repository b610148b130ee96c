package history

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster"
	"raftlab/cluster/network"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// randomAction is one that happens by itself, or a request, a crash, a cut or a change of members.
func randomAction(t *rapid.T, w *cluster.World) cluster.Action {
	server := func(name string) raft.ID { return raft.ID(rapid.IntRange(1, w.Size()).Draw(t, name)) }
	at := server("at")
	all := append(w.Possible(nil), cluster.Advance{}, cluster.DeliverNext{}, cluster.ClockTick{}, cluster.Tick{Node: at},
		cluster.Request{Client: "C1", Data: "incr x", Via: at}, cluster.Retry{Client: "C1"},
		cluster.Kill{Node: at}, cluster.Restart{Node: at}, cluster.Freeze{Node: at}, cluster.Thaw{Node: at},
		cluster.SetLinks{Cut: true, Links: []network.Link{{From: at, To: server("to")}}}, cluster.Partition{},
		cluster.Snapshot{Node: at}, cluster.RemoveServer{Node: at}, cluster.Set{Name: "latency", Value: "1..4"})
	return rapid.SampledFrom(all).Draw(t, "action")
}

// look is all that can be seen of a world, and what would come of time alone.
func look(w *cluster.World) string {
	later := w.Clone()
	for range 30 {
		_ = later.Apply(cluster.Advance{})
	}
	all := func(string) bool { return true }
	return text([]*picture.Picture{picture.OfWorld(w, all), picture.OfWorld(later, all)})
}

// text is a value as JSON.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// randomCommand records one command of a few random actions that can be done.
func randomCommand(t *rapid.T, h *History) {
	h.NextUnit()
	h.Begin("a command")
	for range rapid.IntRange(1, 40).Draw(t, "actions") {
		_ = h.Do(randomAction(t, h.World()))
	}
	h.End("")
}

// Going anywhere and back shows the same world, to the last number.
func TestHistoryFindsEveryPlaceAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := New(cluster.New(3, 7, setting.Defaults()))
		type place struct {
			Place
			picture string
		}
		places := []place{{h.Place(), look(h.World())}}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 10).Draw(t, "what") {
			case 0:
				p := places[rapid.IntRange(0, len(places)-1).Draw(t, "to")]
				h.Goto(p.Place)
				if got := look(h.World()); got != p.picture {
					t.Fatalf("goto %s:\n%s\nwant\n%s", p.Place, got, p.picture)
				}
			case 1:
				was := look(h.World())
				n := rapid.IntRange(1, 50).Draw(t, "back")
				moved := h.Back(n)
				if ahead := h.Forward(moved); ahead != moved {
					t.Fatalf("back %d, forward %d", moved, ahead)
				}
				if got := look(h.World()); got != was {
					t.Fatalf("back and forward %d:\n%s\nwant\n%s", moved, got, was)
				}
				h.Back(rapid.IntRange(0, 20).Draw(t, "stay"))
			case 2:
				whole := h.done() == h.whole()
				was := look(h.World())
				if _, err := h.Undo(1); err == nil && whole {
					if _, err := h.Redo(1); err != nil {
						t.Fatal(err)
					}
					if got := look(h.World()); got != was {
						t.Fatalf("undo, redo:\n%s\nwant\n%s", got, was)
					}
				}
			case 10:
				was := look(h.World())
				h.NextUnit()
				h.New(cluster.New(rapid.IntRange(1, 4).Draw(t, "servers"), 7, setting.Defaults()))
				born, more := look(h.World()), rapid.Bool().Draw(t, "more")
				if more {
					randomCommand(t, h)
				}
				if !more || len(h.Past()) == 0 { // nothing came of it
					if _, err := h.Undo(1); err != nil || look(h.World()) != was {
						t.Fatalf("undo of a new world: %v\n%s\nwant\n%s", err, look(h.World()), was)
					}
					if _, err := h.Redo(1); err != nil || look(h.World()) != born {
						t.Fatalf("redo of a new world: %v\n%s\nwant\n%s", err, look(h.World()), born)
					}
				} else if _, err := h.Undo(2); err != nil || look(h.World()) != was {
					t.Fatalf("undo of a new world and a command: %v\n%s\nwant\n%s", err, look(h.World()), was)
				}
				places = append(places, place{h.Place(), look(h.World())})
			case 3:
				was, script := look(h.World()), fmt.Sprint(h.Script())
				m := h.Mark()
				randomCommand(t, h)
				h.Reset(m)
				if got := look(h.World()); got != was || fmt.Sprint(h.Script()) != script {
					t.Fatalf("reset:\n%s\nwant\n%s", got, was)
				}
			default:
				randomCommand(t, h)
			}
			places = append(places, place{h.Place(), look(h.World())})
		}
	})
}

// A command that led on from where a new world began, and was undone after that
// one, is what comes back.
func TestRedoIsOfWhatWasUndoneLast(t *testing.T) {
	h := New(cluster.New(3, 1, setting.Defaults()))
	run := func() Place {
		h.NextUnit()
		h.Begin("run")
		if err := h.Do(cluster.Advance{}); err != nil {
			t.Fatal(err)
		}
		h.End("")
		return h.Place()
	}
	first, second := run(), run()
	h.Goto(first)
	h.NextUnit()
	h.New(cluster.New(4, 1, setting.Defaults()))
	undo := func(want Place) {
		if _, err := h.Undo(1); err != nil || h.Place() != want {
			t.Fatalf("undo leads to %s, not to %s: %v", h.Place(), want, err)
		}
	}
	undo(first)
	h.Goto(second)
	undo(first)
	if _, err := h.Redo(1); err != nil || h.Place() != second {
		t.Fatalf("redo leads to %s, not to %s: %v", h.Place(), second, err)
	}
}

// What was found on the way to what was found earlier is undone apart from that way.
func TestWhatWasFoundIsUndoneStepByStep(t *testing.T) {
	h := New(cluster.New(3, 1, setting.Defaults()))
	steps := []cluster.Action{cluster.Advance{}, cluster.Advance{}}
	for range 2 {
		if err := h.Found(steps); err != nil {
			t.Fatal(err)
		}
		found := h.Branch("found")
		h.Goto(Place{found, found.Lines()[0].End})
	}
	found := h.Branch("found")
	h.Goto(Place{found, found.End()})
	for n := len(found.Lines()) - 1; n >= 0; n-- {
		if texts, err := h.Undo(1); err != nil || len(texts) != 1 || h.done() != n {
			t.Fatalf("undo took back %q, and leaves %d: %v", texts, h.done(), err)
		}
	}
}

// A mark is of all branches, and serves again and again.
func TestReset_AllBranches(t *testing.T) {
	h := New(cluster.New(3, 1, setting.Defaults()))
	run := func(n int) {
		h.NextUnit()
		h.Begin("run")
		for range n {
			if err := h.Do(cluster.Advance{}); err != nil {
				t.Fatal(err)
			}
		}
		h.End("")
	}
	run(2000)
	h.Back(500)
	run(700)
	main, other := h.Branches()[0], h.Branches()[1]
	lines := func() string {
		return fmt.Sprint(main.lines, other.lines, h.Place(), len(h.Branches()), h.Checkpoints())
	}
	want, world := lines(), look(h.World())
	m := h.Mark()
	for range 3 {
		h.Checkpoint("there")
		run(1500)
		h.Goto(Place{main, main.End()})
		run(1500)
		h.Back(100)
		run(10)
		h.Reset(m)
		if got := lines(); got != want || look(h.World()) != world {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
		for _, b := range h.Branches() {
			h.Goto(Place{b, b.End()})
			if h.World().Position() != b.End() {
				t.Fatalf("the end of %s is %d, and goto leads to %d", b.Name, b.End(), h.World().Position())
			}
		}
		h.Reset(m)
	}
}

// Events that were not kept are found again, the same as when they happened.
func TestHistoryTellsOldEvents(t *testing.T) {
	h := New(cluster.New(5, 1, setting.Defaults()))
	l := &cluster.Listener{Decide: true}
	h.World().Listen(l)
	h.Begin("run")
	for range 6000 {
		if err := h.Do(cluster.Advance{}); err != nil {
			t.Fatal(err)
		}
	}
	h.End("")
	for _, from := range []uint64{1, 2, 511, 512, 513, 4000, 5999} {
		got := h.Events(from, from+20)
		want := l.Events[from-1 : from+20]
		if text(got) != text(want) {
			t.Fatalf("events from %d:\n%v\nwant\n%v", from, got, want)
		}
	}
}

// Copies stay few over a long run, and any place is a short replay away.
func TestCopiesAreThinned(t *testing.T) {
	h := New(cluster.New(3, 1, setting.Defaults()))
	h.Begin("run")
	for h.World().Position() < 300_000 {
		_ = h.Do(cluster.Advance{})
	}
	h.End("")
	copies := h.branch.copies
	if len(copies) > nearCopies+2*300_000/farSpacing {
		t.Errorf("%d copies for 300,000 events", len(copies))
	}
	for i := 1; i < len(copies); i++ {
		if gap := copies[i].world.Position() - copies[i-1].world.Position(); gap > 2*farSpacing {
			t.Errorf("%d events between two copies", gap)
		}
	}
}

// However actions are kept, in runs and in turns, they are the actions that were
// done, in order; and the same ticks again and again are few runs.
func TestRunsAreTheActions(t *testing.T) {
	kept := []cluster.Action{cluster.ClockTick{}, cluster.Tick{Node: 1}, cluster.Tick{Node: 2}, cluster.Tick{Node: 3}, cluster.Advance{}, cluster.DeliverNext{}, cluster.Timeout{Node: 1}, cluster.Heartbeat{Node: 2}}
	rapid.Check(t, func(t *rapid.T) {
		var want []cluster.Action
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			piece := rapid.SliceOfN(rapid.SampledFrom(kept[:rapid.IntRange(1, len(kept)).Draw(t, "of")]), 1, 5).Draw(t, "piece")
			for range rapid.IntRange(1, 7).Draw(t, "times") {
				want = append(want, piece...)
			}
		}
		b := &Branch{lines: []Line{{}}}
		for _, a := range want {
			b.lines[0].add(a)
		}
		var got []cluster.Action
		for at, ok := b.next(cursor{run: 0}); ok; at, ok = b.next(at) {
			got = append(got, b.lines[0].action(at))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v\nwant\n%v\nkept as %v", got, want, b.lines[0].runs)
		}
		if ahead := actionsAfter(b.lines[0].runs, cursor{}); ahead != len(want) {
			t.Fatalf("%d actions, want %d", ahead, len(want))
		}
	})
	var l Line
	for range 10_000 {
		for _, a := range kept[:4] {
			l.add(a)
		}
	}
	if len(l.runs) > 20 {
		t.Errorf("%d runs", len(l.runs))
	}
}

// History finds a world with more servers again, and goes back behind them.
func TestAddServer_History(t *testing.T) {
	h := New(cluster.New(3, 1, setting.Defaults()))
	step := func(a cluster.Action) {
		h.NextUnit()
		h.Begin(a.String())
		if err := h.Do(a); err != nil {
			t.Fatal(err)
		}
		h.End(a.String())
	}
	step(cluster.Timeout{Node: 1})
	for h.World().Deliverable(raft.Set{}) {
		step(cluster.DeliverNext{})
	}
	step(cluster.AddServer{Node: 4})
	for h.World().Deliverable(raft.Set{}) {
		step(cluster.DeliverNext{})
	}
	end := look(h.World())
	n := h.Back(1000)
	if h.World().Size() != 3 {
		t.Errorf("%d servers at first", h.World().Size())
	}
	h.Forward(n)
	if got := look(h.World()); got != end {
		t.Errorf("at the end\n%s\nwant\n%s", got, end)
	}
}
