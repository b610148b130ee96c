package ask_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
	"raftlab/commands/search"
)

// wander lets a cluster live through something at random: deliveries in any
// order, losses, timeouts, crashes, restarts, commands. look is called on the way.
func wander(t *testing.T, seed uint64, steps int, look func(*cluster.World)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	settings := setting.Defaults()
	settings.NoOp, settings.PreVote, settings.Stickiness = seed%2 == 0, seed%5 == 0, seed%7 == 0
	w := cluster.New(3+2*int(seed%2), seed, settings)
	for n := range steps {
		var choices []cluster.Action
		for _, a := range w.Possible(nil) {
			switch a.(type) {
			case cluster.Kill, cluster.Drop, cluster.Timeout:
				if rng.IntN(6) > 0 {
					continue // or nothing would ever be committed
				}
			}
			choices = append(choices, a)
		}
		for _, id := range w.Leaders() {
			choices = append(choices, cluster.Request{Client: "C1", Data: fmt.Sprintf("x=%d", n), Via: id})
		}
		if len(choices) == 0 {
			continue
		}
		a := choices[rng.IntN(len(choices))]
		if err := w.Apply(a); err != nil {
			t.Fatalf("seed %d, %s: %v", seed, a, err)
		}
		look(w)
	}
}

// What Raft itself has brought about is never called impossible.
func TestWhatHappensIsNotImpossible(t *testing.T) {
	committed := 0
	for seed := range uint64(60) {
		wander(t, seed+1, 150, func(w *cluster.World) {
			s, beyond := ask.SituationOf(w)
			if beyond != "" {
				t.Fatal(beyond)
			}
			if property, why := s.Impossible(); why != "" {
				t.Fatalf("seed %d at #%d: %s: %s", seed+1, w.Position(), property, why)
			}
			if !s.Matches(w) {
				t.Fatalf("seed %d: a world is not in its own situation", seed+1)
			}
			committed = max(committed, int(w.Memory().Committed()))
		})
	}
	if committed < 3 {
		t.Errorf("at most %d entries were committed: these runs show nothing", committed)
	}
}

// A plan for what has happened leads there: most of what a few steps bring
// about can be planned.
func TestPlansLeadThere(t *testing.T) {
	planned, all := 0, 0
	for seed := range uint64(40) {
		n := 0
		wander(t, seed+1, 60, func(w *cluster.World) {
			if n++; n%20 != 0 {
				return
			}
			s, _ := ask.SituationOf(w)
			fresh := cluster.New(w.Size(), 1, *w.Settings())
			all++
			path := s.Plan(context.Background(), fresh)
			if path == nil {
				return
			}
			planned++
			for _, a := range path {
				if err := fresh.Apply(a); err != nil {
					t.Fatalf("seed %d: %s: %v", seed+1, a, err)
				}
			}
			if !s.Matches(fresh) || len(fresh.Breaches()) > 0 {
				t.Fatalf("seed %d at #%d: the plan leads elsewhere", seed+1, w.Position())
			}
		})
	}
	if planned*2 < all {
		t.Errorf("%d of %d were planned", planned, all)
	}
}

// What is shielded is never lost, whatever happens afterwards.
func TestWhatIsShieldedStays(t *testing.T) {
	total := 0
	for seed := range uint64(60) {
		shieldedOnes := map[lab.Entry]bool{}
		wander(t, seed+1, 150, func(w *cluster.World) {
			for e := range shieldedOnes {
				if e.Lost(w) {
					t.Fatalf("seed %d at #%d: %s was lost", seed+1, w.Position(), e)
				}
				for _, id := range w.Leaders() {
					if n := w.State(id); n.CurrentTerm == search.HighestTerm(w) && !e.HeldBy(w, id) {
						t.Fatalf("seed %d at #%d: %s leads without %s", seed+1, w.Position(), id, e)
					}
				}
			}
			for _, id := range w.Leaders() {
				l := &w.State(id).Log
				for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
					if e := (lab.Entry{Index: i, Term: l.Entry(i).Term}); !shieldedOnes[e] && ask.Shielded(w, e) != "" {
						shieldedOnes[e] = true
					}
				}
			}
		})
		total += len(shieldedOnes)
	}
	if total < 100 {
		t.Errorf("only %d entries were ever shielded: these runs show little", total)
	}
}

// A plan that loses an entry does.
func TestPlannedLossIsOne(t *testing.T) {
	losses := 0
	for seed := range uint64(40) {
		n := 0
		wander(t, seed+1, 80, func(w *cluster.World) {
			if n++; n%10 != 0 {
				return
			}
			for _, id := range w.Leaders() {
				e := lab.Entry{Index: w.State(id).Log.LastIndex(), Term: w.State(id).Log.LastTerm()}
				if e.Index == 0 || e.Lost(w) {
					continue
				}
				search := ask.LossOf(e).Search()
				path := search.Plan(context.Background(), w)
				if path == nil {
					continue
				}
				losses++
				if ask.Shielded(w, e) != "" {
					t.Fatalf("seed %d at #%d: %s is shielded and can be lost", seed+1, w.Position(), e)
				}
				after := w.Clone()
				for _, a := range path {
					if err := after.Apply(a); err != nil {
						t.Fatalf("seed %d: %s: %v", seed+1, a, err)
					}
				}
				if !e.Lost(after) || len(after.Breaches()) > 0 {
					t.Fatalf("seed %d at #%d: %s is not lost", seed+1, w.Position(), e)
				}
			}
		})
	}
	if losses < 20 {
		t.Errorf("only %d losses were planned", losses)
	}
}

// What does not stand on Raft alone is noticed, also where it was so from the
// beginning.
func TestUnnaturalHistories(t *testing.T) {
	for line, want := range map[string]int{
		"timeout S1; settle; kill S2; restart S2":            0,
		"set fsync off; new 3 keep":                          1,
		"set fsync off; new 3 keep; set fsync on":            1,
		"given S1 log \"1\"; bug vote-any on":                2,
		"bug vote-any on; bug vote-any off":                  1,
		"kill S1; wipe S1; restart S1":                       1,
		"bug random seed 1":                                  1,
		"inject RequestVote S1->S2 term=3 last=0/0":          1,
		"given S1 log \"1\"; new 3; timeout S1; settle":      0,
		"timeout S1; given S1 log \"1\"; back 1; timeout S2": 0,
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, line)
		if got := ask.Unnatural(s.world.(*lab.Lab).History); len(got) != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// Who cannot reach a majority is told so; JSON has answer, reason and schedule.
func TestAnswersInJSON(t *testing.T) {
	for _, c := range []struct{ setup, line, answer, outcome string }{
		{"status", "could S2 win", "yes", "reached"},
		{"cut S2", "could S2 win", "no", "complete"},
		{"timeout S1; settle", "could S1 win", "yes", "reached"},
		{"timeout S1; settle", "can 1 be lost", "no", "complete"},
		{"timeout S1; settle; isolate S1; put x 1", "can 2 be lost", "yes", "reached"},
		{"status", "could S2 win timeouts 0", "no", "complete"},
		{"bug no-log-check on; timeout S1; deliver m1; deliver m3; put x 1; deliver m7; deliver m8", "can 2 be lost", "yes", "reached"},
		{`given S1 log "1 1"; given S2 log "1"; given S3 term 1`, "reachable?", "yes", "reached"},
		{`given S1 log "1 2"; given S2 log "2 2"`, "reachable?", "no", "complete"},
		{`timeout S1; settle; snapshot S1; remove S3; settle`, "reachable?", "yes", "reached"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c.setup)
		at := s.world.(*lab.Lab).History.Place()
		if err := s.Run(context.Background(), c.line, f); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Result struct {
				Answer, Reason, Outcome string
				Steps                   int
				Schedule                []struct{ Command, Says string }
			}
		}
		if err := json.Unmarshal(f.results[len(f.results)-1].JSON(), &got); err != nil {
			t.Fatal(err)
		}
		if r := got.Result; r.Answer != c.answer || r.Outcome != c.outcome || r.Reason == "" || r.Steps != len(r.Schedule) || r.Schedule == nil {
			t.Errorf("%s; %s: %+v", c.setup, c.line, r)
		}
		if s.world.(*lab.Lab).History.Place() != at {
			t.Errorf("%s; %s: the present moved", c.setup, c.line)
		}
	}
}

// What a search or a question saw is told in the same numbers to conditions and
// in JSON: how deep it looked, what that proves, and how long it took.
func TestExploredIsWhatWasSeen(t *testing.T) {
	for _, c := range []struct {
		setup, line   string
		depth, proven int
	}{
		{"status", "could S2 win", 0, 3},                                 // a plan, and no schedule can be shorter
		{"status", "could S2 win timeouts 1 depth 2", 2, 3},              // a search that found none
		{"status", "could S2 win timeouts 0", 3, 4},                      // all that there is
		{"timeout S1; settle", "could S1 win", 0, 0},                     // nothing had to happen
		{"timeout S1; settle", "can 1 be lost", 0, 0},                    // an argument: nothing was searched
		{"timeout S1; settle; put x 1", "can 2 be lost", 3, 4},           // a plan, and a search for a shorter one
		{"given S1 log \"1 1\"; given S2 log \"1\"", "reachable?", 0, 0}, // an argument
		{"given S1 term 1; given S2 term 1", "reachable?", 0, 0},         // a plan
		{"status", "explore depth 3", 3, 4},
		{"status", "explore for true", 0, 0},
		{"machine traffic-light; new 1", "states for false", 15, 16},
		{"machine traffic-light; new 1", `states for S1.kv["side"] == "green"`, 9, 9},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c.setup)
		if err := s.Run(context.Background(), c.line, f); err != nil {
			t.Fatal(err)
		}
		e := s.world.(*lab.Lab).Explored
		if e == nil || e.Depth != c.depth || e.Proven != c.proven || e.Seconds <= 0 {
			t.Errorf("%s; %s: explored is %+v", c.setup, c.line, e)
			continue
		}
		var got struct{ Result lab.ExploredView }
		if err := json.Unmarshal(f.results[len(f.results)-1].JSON(), &got); err != nil {
			t.Fatal(err)
		}
		if r := got.Result; r != *e {
			t.Errorf("%s; %s: JSON has %+v, conditions %+v", c.setup, c.line, r, *e)
		}
		if e.Outcome == "reached" && e.Proven > e.Steps || e.Outcome == "complete" && e.Depth > 0 && e.Proven != e.Depth+1 {
			t.Errorf("%s; %s: that cannot be: %+v", c.setup, c.line, e)
		}
	}
}
