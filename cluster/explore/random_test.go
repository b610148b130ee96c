package explore

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/network"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// drawnWorld is a small cluster with settings, bugs, some of them in one server
// alone, and a past, all drawn.
func drawnWorld(t *rapid.T) *cluster.World {
	n := rapid.SampledFrom([]int{1, 2, 3, 3, 3, 4}).Draw(t, "servers")
	w := cluster.New(n, 1, setting.Defaults())
	change := func() {
		for range rapid.IntRange(0, 3).Draw(t, "settings") {
			d := rapid.SampledFrom([]string{"noop off", "noop off", "prevote on", "prevote off", "check-quorum on", "stickiness on", "fsync off", "fsync off", "pipeline on", "snapshot-every 1",
				"snapshot-every 2", "sessions on", "reads read-index", "reads lease", "own-term-first off", "back-off conflict-term", "max-entries 1", "max-bytes 8"}).Draw(t, "setting")
			must(t, w, set(d))
		}
		for range rapid.SampledFrom([]int{0, 0, 1, 1, 1, 2}).Draw(t, "bugs") {
			m := rapid.SampledFrom(rules.AllBugs()).Draw(t, "bug")
			if rapid.Bool().Draw(t, "about something") {
				m = rapid.SampledFrom(aboutSomething()).Draw(t, "bug")
			}
			for _, need := range m.Needs {
				must(t, w, cluster.Set{Name: need.Setting, Value: need.Value})
			}
			must(t, w, cluster.SetBug{Name: m.Name, On: true, Node: raft.ID(rapid.IntRange(0, n).Draw(t, "in"))})
		}
	}
	change()
	for range rapid.IntRange(0, 30).Draw(t, "past") {
		if a := drawnAction(t, w); w.Apply(a) == nil {
			t.Logf("%s", a)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "late change") == 0 {
		change()
	}
	return w
}

// aboutSomething is the bugs for which more is tried.
func aboutSomething() []raft.Mutant {
	return slices.DeleteFunc(slices.Clone(rules.AllBugs()), func(m raft.Mutant) bool { return m.Bit.About() == 0 })
}

func must(t *rapid.T, w *cluster.World, a cluster.Action) {
	t.Logf("%s", a)
	if err := w.Apply(a); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
}

func set(text string) cluster.Set {
	var s cluster.Set
	fmt.Sscan(text, &s.Name, &s.Value)
	return s
}

// drawnAction is something that may be done; mail and elections come most often.
func drawnAction(t *rapid.T, w *cluster.World) cluster.Action {
	id := func() raft.ID { return rapid.SampledFrom(w.IDs()).Draw(t, "node") }
	client := func() string { return rapid.SampledFrom([]string{"C1", "C2", "C3", "ann"}).Draw(t, "client") }
	switch kind := rapid.IntRange(0, 39).Draw(t, "action"); kind {
	case 0:
		return cluster.Freeze{Node: id()}
	case 1:
		return cluster.Thaw{Node: id()}
	case 2:
		return cluster.SetLinks{Cut: true, Links: []network.Link{{From: id(), To: id()}}}
	case 3, 4, 5:
		return cluster.Request{Client: client(), Data: "y=1"}
	case 6:
		return cluster.Read{Client: client(), Key: "x", Mode: rapid.SampledFrom(setting.ReadModes[1:]).Draw(t, "mode"), Via: id()}
	case 7:
		return cluster.Snapshot{Node: id()}
	case 8:
		return cluster.Transfer{Node: id()}
	case 9:
		return cluster.AddServer{Node: raft.ID(min(w.Size()+1, 4)), Learner: rapid.Bool().Draw(t, "learner")}
	case 10:
		return cluster.RemoveServer{Node: id()}
	case 11:
		return cluster.Reconfigure{Voters: raft.SetOf(id(), id())}
	case 12:
		return cluster.Sync{Node: id()}
	case 13, 14, 15:
		return cluster.Timeout{Node: id()}
	case 16:
		return cluster.Retry{Client: client()}
	case 17:
		return cluster.Kill{Node: id()}
	case 18, 19:
		return cluster.Restart{Node: id()}
	case 20, 21, 22:
		if all := w.Possible(nil); len(all) > 0 {
			return rapid.SampledFrom(all).Draw(t, "possible")
		}
	}
	return cluster.DeliverNext{}
}

func drawnBounds(t *rapid.T, w *cluster.World, depth int) Bounds {
	few := func(name string) int { return rapid.SampledFrom([]int{0, 0, 1, 1, 2}).Draw(t, name) }
	return Bounds{
		Depth: rapid.IntRange(2, depth).Draw(t, "depth"), Timeouts: few("timeouts"), Beats: few("beats"), Crashes: few("crashes"),
		Duplicates: rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "copies"), Submits: few("submits"),
		Changes: rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "changes"), Snapshots: rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "snapshots"), Terms: topTerm(w) + uint64(rapid.IntRange(0, 2).Draw(t, "terms")),
	}
}

// On worlds, bugs and bounds that are drawn, the search agrees with the naive
// one, reductions or not, and does not depend on how many workers there are.
func TestDrawnWorldsAgree(t *testing.T) {
	depth, most := 6, 400
	if *long {
		depth, most = 9, 6_000
	}
	census := map[string]int{}
	defer func() { t.Log(census) }()
	rapid.Check(t, func(t *rapid.T) {
		w := drawnWorld(t)
		b := drawnBounds(t, w, depth)
		outcome, steps, states := naiveUpTo(w, b, nil, most)
		census[outcome]++
		if outcome == Bound {
			return
		}
		plain := search(w, Search{Bounds: b, Plain: true, Workers: 1})
		if plain.Outcome != outcome || len(plain.Path) != steps || outcome == Complete && plain.States != states {
			t.Errorf("plain %s in %d steps, %d states; naive %s in %d, %d\n%v", plain.Outcome, len(plain.Path), plain.States, outcome, steps, states, plain.Path)
		}
		one := search(w, Search{Bounds: b, Workers: 1})
		if one.Outcome != outcome || len(one.Path) != steps || outcome == Breach && one.Proven != steps {
			t.Errorf("reduced %s in %d steps, %d proven; naive %s in %d\nplain %v\nreduced %v", one.Outcome, len(one.Path), one.Proven, outcome, steps, plain.Path, one.Path)
		}
		many := search(w, Search{Bounds: b, Workers: 3})
		if fmt.Sprint(one) != fmt.Sprint(many) && (one.Breach == nil || fmt.Sprint(one.Path, one.States, *one.Breach) != fmt.Sprint(many.Path, many.States, *many.Breach)) {
			t.Errorf("with one worker %+v, with three %+v", one, many)
		}
	})
}

// The search's clients are none that the world has: one of these goes on waiting
// for its answer.
func TestOldClientsStay(t *testing.T) {
	w := world(t, 1, cluster.Set{Name: "noop", Value: "off"}, cluster.Timeout{Node: 1}, cluster.Request{Client: "C2", Data: "y=1"})
	r := search(w, Search{Bounds: Bounds{Submits: 1, Depth: 2}, Goal: func(_ int, w *cluster.World) bool {
		return len(w.Clients()) > 1 && w.Client("C2").Data == "y=1"
	}})
	if r.Outcome != Reached {
		t.Errorf("%s", r.Outcome)
	}
}

// The same for conditions, those on the mail too, where a loss is a step.
func TestDrawnGoalsAgree(t *testing.T) {
	depth, most := 5, 400
	if *long {
		depth, most = 7, 6_000
	}
	rapid.Check(t, func(t *rapid.T) {
		w := drawnWorld(t)
		b := drawnBounds(t, w, depth)
		id := rapid.SampledFrom(w.IDs()).Draw(t, "about")
		mail := len(w.Flights())
		goal := rapid.SampledFrom([]func(*cluster.World) bool{
			func(w *cluster.World) bool { return w.Leader() == id },
			func(w *cluster.World) bool { return !w.Up(id) },
			func(w *cluster.World) bool { return w.Up(id) && w.State(id).LastApplied > 1 },
			func(w *cluster.World) bool { return w.Up(id) && w.State(id).VotedFor == 2 },
			func(w *cluster.World) bool {
				return w.Up(id) && w.State(id).Leader == 1 && w.State(id).Log.LastIndex() > 0
			},
			func(w *cluster.World) bool { return len(w.Clients()) > 0 && w.Clients()[0].Status == clients.Unknown },
		}).Draw(t, "goal")
		looks := rapid.IntRange(0, 3).Draw(t, "mail") == 0
		if looks {
			b.Drops = rapid.IntRange(0, 1).Draw(t, "drops")
			goal = func(w *cluster.World) bool { return len(w.Flights()) < mail || len(w.Flights()) > mail+3 }
		}
		if goal(w) {
			return
		}
		outcome, steps, _ := naiveUpTo(w, b, goal, most)
		if outcome == Bound {
			return
		}
		r := search(w, Search{Bounds: b, Mail: looks, Workers: 2, Goal: func(_ int, w *cluster.World) bool { return goal(w) }})
		if r.Outcome != outcome && !endsSo(w, r, goal) || len(r.Path) != steps || steps > 0 && r.Proven != steps {
			t.Errorf("%s in %d steps, %d proven; naive %s in %d", r.Outcome, len(r.Path), r.Proven, outcome, steps)
		}
	})
}

// endsSo tells whether a schedule leads to what it is said to: of those that are as
// short, one may reach the goal, and another break an invariant.
func endsSo(w *cluster.World, r Result, goal func(*cluster.World) bool) bool {
	w = w.Clone()
	before := len(w.Breaches())
	for _, a := range r.Path {
		if w.Apply(a) != nil {
			return false
		}
	}
	return r.Outcome == Breach && w.Harm(before) != nil || r.Outcome == Reached && w.Harm(before) == nil && goal(w)
}

// A search in which parts get too many ends with what it knows.
func TestPartsHaveAnEnd(t *testing.T) {
	s := Search{States: 1 << 30, Memory: 1 << 40, Workers: 1, Bounds: Bounds{Timeouts: Any}}
	p := &plan{Search: &s, shared: s.share(world(t, 3)), ctx: t.Context()}
	p.open(s.Bounds)
	p.mail.n = len(p.mail.pages) * pageLen / 16 * 15
	if r, ended := p.sweep(1000); r != nil || !ended {
		t.Error("it goes on")
	}
}
