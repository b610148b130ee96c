package ask_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
	"raftlab/raft"
)

// What a few commands do is found by a plan, not by search: in clusters of up
// to nine, with every setting that makes an election longer.
func TestPlansAnswer(t *testing.T) {
	for _, c := range []struct{ setup, question, by string }{
		{"new 9", "could S1 win", "plan"},
		{"new 9; set prevote on; set check-quorum on; set stickiness on", "could S9 win", "plan"},
		{"new 9; kill S2 S3 S4 S5 S6", "could S1 win", "plan"},
		{"new 9; kill all", "could S1 win", "plan"},
		{"new 9; timeout S1; settle; heartbeat; settle; set stickiness on; heartbeat; settle", "could S5 win", "plan"},
		{"new 3; set stickiness on; timeout S1; settle; heartbeat; settle; isolate S3", "could S2 win", "plan"},
		{"new 3; set prevote on; timeout S1; settle; heartbeat; settle; isolate S3", "could S2 win", "plan"},
		{"new 9; timeout S1; settle; isolate S5; put x 1; settle; heal", "could S5 win", "plan"},
		{"new 9; timeout S1; settle; isolate S5; put x 1; settle; snapshot S1; heal; kill S1", "could S5 win", "plan"},
		{"new 9; timeout S1; timeout S2; timeout S3; timeout S4", "could S5 win", "plan"},
		{"new 5; given S2 term 3; given S3 term 7; given S4 term 9", "could S1 win", ""}, // the guided search may find a shorter one
		{"new 5; timeout S1; settle; put x 1; deliver AE S1->S2; deliver AE S1->S3; deliver AE S1->S4; timeout S5; timeout S5", "could S5 win", "plan"},
		{"new 5; set prevote on; timeout S1; settle; isolate S5; put x 1; settle; heal; given S5 term 9", "could S5 win", "plan"},
		{"new 5; timeout S1; settle; reconfigure S1 S6 S7 S8 S9", "could S9 win", "plan"},
		{"new 5; timeout S1; settle; reconfigure S1 S2 S6; deliver all", "could S3 win", ""},
		{"new 5; timeout S1; settle; add S6", "could S6 win", "plan"},
		{"new 5; set pipeline on; timeout S1; settle; put x 1; add S6", "could S6 win", "plan"},
		// Its own removal stands in its log where another entry was committed: that one will replace it.
		{"new 7; timeout S4; settle; put x 5; timeout S6; remove S4; settle; timeout S1; partition S4; settle; heal", "could S4 win", "plan"},
		// What S8 needs to know of is in flight, from a leader that is frozen.
		{"new 7; timeout S4; settle; given S2 term 0; given S6 term 0; add S8; freeze S4", "could S8 win", "plan"},
		{brokenByHand, "could S5 win", "plan"},
		{"new 9; timeout S1; settle; isolate S1; put x 1", "can 2 be lost", "plan"},
		{"new 9; set prevote on; timeout S1; settle; put x 1; deliver AE S1->S2", "can 2 be lost", "plan"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c.setup)
		if err := s.Run(context.Background(), c.question+" within 10s", f); err != nil {
			t.Fatal(err)
		}
		a, w := f.results[len(f.results)-1].Value.(*ask.Finding), s.world.(*lab.Lab).World().Clone()
		if a.Answer != "yes" || c.by != "" && a.By != c.by {
			t.Errorf("%s; %s: %s by %q: %s", c.setup, c.question, a.Answer, a.By, a.Reason)
		}
		for _, x := range a.Path {
			if err := w.Apply(x); err != nil {
				t.Errorf("%s; %s: %s: %v", c.setup, c.question, x, err)
			}
		}
		if e := s.world.(*lab.Lab).Explored; e.Outcome != a.Outcome || e.By != a.By || e.Steps != len(a.Path) || e.Steps != a.Steps {
			t.Errorf("%s; %s: explored is %+v", c.setup, c.question, e)
		}
	}
}

// brokenByHand is a world in which S5 gets what it lacks in a snapshot alone, with
// breaches on the way: what S4 would send it before is refused.
const brokenByHand = `new 5 seed 6003674; set heartbeat-interval 8; set snapshot-every 1; set max-entries 2; set latency 1..3; timeout S2; settle; ` +
	`given S3 term 3 log "1 2 3"; incr y as C2 via S1; run 24; timeout S5; settle; run 30`

// A breach that is not asked about ends no search. The answer tells of it.
func TestABreachHidesNoAnswer(t *testing.T) {
	breached := `new 3; given S1 log "1:a=1 2"; given S2 log "1:b=1 2"` // whoever sends S3 the rest breaks Log Matching
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, breached)
	says(t, s, "could S3 win", []string{"Yes: S3 could win", "breach of Log Matching on the way: S3 and S"})
	w := s.world.(*lab.Lab).World()
	q := ask.Question{Goal: func(w *cluster.World) bool { return lab.LeadsNow(w, 3) }, Serves: noOne}
	for bounds, want := range map[string]string{"timeouts 2 heartbeats 1 crashes 0 submits 0": "yes", "timeouts 1 heartbeats 0 crashes 0 submits 0": "no"} {
		c, _, err := s.ParseNext("could S3 win within 1m "+bounds, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.Ctx, c.Front = context.Background(), &screen{}
		if a := q.Ask(c, w); a.Answer != want || strings.Contains(a.Reason, "breach of Log Matching on the way") != (want == "yes") {
			t.Errorf("%s: %s, %s", bounds, a.Answer, a.Reason)
		}
	}
	says(t, s, "could S2 win", []string{"In 3 steps; no schedule within the same bounds is shorter."})
	if explore := (explore.Search{Bounds: explore.Bounds{Timeouts: 2, Beats: 1, Terms: 5}}); explore.Run(t.Context(), w).Outcome != "breach" {
		t.Error("explore looks for no breach")
	}
}

// noOne serves a question that is to be answered by the search alone.
func noOne(*cluster.World, raft.ID, raft.ID) bool { return false }

// What is said to be shortest is: the search finds nothing shorter.
func TestFewestToWinIsABound(t *testing.T) {
	for _, setup := range []string{
		"", "kill S2", "kill S2 S3", "set prevote on", "set prevote on; kill S3", "set stickiness on; timeout S3; settle; heartbeat; settle; kill S3",
		"timeout S2; settle; put x 1", "timeout S2; settle; isolate S1; put x 1; settle; heal", "timeout S1; settle; timeout S2; settle",
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "new 3; "+setup)
		w := s.world.(*lab.Lab).World()
		q := ask.Question{Goal: func(w *cluster.World) bool { return lab.LeadsNow(w, 1) }, Serves: noOne}
		c, _, err := s.ParseNext("could S1 win within 10s", 0)
		if err != nil {
			t.Fatal(err)
		}
		c.Ctx, c.Front = context.Background(), &screen{}
		a, fewest := q.Ask(c, w), ask.FewestToWin(w, 1)
		if a.Answer != "yes" || len(a.Path) < fewest {
			t.Errorf("%s: the search finds %d steps, and fewer than %d are said to be impossible", setup, len(a.Path), fewest)
		}
		search := ask.WinOf(w, 1).Search()
		if path := search.Plan(context.Background(), w); len(path) < len(a.Path) && a.Shortest {
			t.Errorf("%s: the plan has %d steps, the search %d", setup, len(path), len(a.Path))
		}
	}
}

// Who was removed and does not know it wins no more; who is cut off could, once
// that is mended.
func TestWhoCannotWin(t *testing.T) {
	for setup, want := range map[string]string{
		"new 9; timeout S1; settle; remove S9; settle; heartbeat; settle": "It lacks entry 2 of term 1, which is committed",
		"new 9; isolate S9":            "After heal, S9 could win in 9 steps.",
		"new 9; freeze S9; isolate S8": "After heal and thaw, S9 could win in 9 steps.",
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, setup)
		says(t, s, "could S9 win", []string{"No: S9 cannot win an election", want})
	}
}

// A situation that this session has lived through can arise, whatever was made
// by hand since.
func TestReachableRemembers(t *testing.T) {
	for setup, want := range map[string]string{
		"new 3; timeout S1; settle; put x 1; settle; given S3 log \"1 1:x=1\" commit 1":                                               "",
		"new 5; set noop off; timeout S1; settle; put x 1; settle; heartbeat; settle; given S5 term 1 vote S1 log \"1:x=1\" commit 1": "It did, in this session: at b2:",
		"new 3; timeout S1; settle; snapshot S1; add S4; settle":                                                                      "It did: nothing on this branch",
		"new 3; given S1 log \"1 1\"; goto 0; timeout S1; settle; remove S3; settle":                                                  "It did: nothing on this branch",
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, setup)
		if want == "" {
			want = "Yes: this situation can arise."
		}
		says(t, s, "reachable?", []string{"Yes: this situation can arise.", want})
	}
}

// What came by Raft alone of a situation that was made by hand can arise when
// that can: a plan makes it, and the session's own steps lead on.
func TestReachableGoesOnFromWhatWasMadeByHand(t *testing.T) {
	for _, setup := range []string{
		"scenario figure-7; run 500",
		"scenario figure-7; goto the-figure; run 300; put x 1; run 20; kill leader; run 100; restart all; set loss 0.1; set duplication 0.2; run 500",
		"scenario figure-7; goto the-figure; set prevote on; set check-quorum on; run 300; partition S1 S2 S3 | S4 S5 S6 S7; put x 1; run 300; heal; run 200",
		"new 7; set stickiness on; scenario figure-7; goto the-figure; cut S1->S2; freeze S3; run 200; thaw S3; heal; run 100; duplicate all; delay all 3; run 50",
		`new 3; given S1 log "1 1" commit 1; given S2 log "1 1"; given S3 log "1 1"; set sessions on; run 300; put x 1; run 50; incr y; retry; run 100; timeout S2; run 100`,
		`new 3; given S1 term 3 log "1 1"; given S2 term 3 log "1 1"; given S3 term 3 log "1 1"; run 500; transfer S2; run 60; transfer S3; run 500`,
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, setup)
		l := s.world.(*lab.Lab)
		now, _ := ask.SituationOf(l.World())
		path, w := now.Carried(context.Background(), l.History)
		if path == nil {
			t.Errorf("%s: no history", setup)
			continue
		}
		for _, a := range path {
			if what := ask.LeavesRaft(a); what != "" {
				t.Fatalf("%s: %s is done by hand", setup, what)
			}
			if err := w.Apply(a); err != nil {
				t.Fatalf("%s: %s: %v", setup, a, err)
			}
		}
		if !now.Matches(w) || len(w.Breaches()) > 0 {
			t.Errorf("%s: the history leads elsewhere", setup)
		}
		says(t, s, "reachable?", []string{"Yes: this situation can arise."})
	}
	// nothing has happened since, or what was made by hand cannot arise
	for _, setup := range []string{`timeout S1; settle; given S1 log "1 2"`, `given S1 log "1 2"; given S2 log "2 2"; run 300`, "set fsync off; timeout S1; settle", "timeout S1; settle"} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, setup)
		l := s.world.(*lab.Lab)
		now, _ := ask.SituationOf(l.World())
		if path, _ := now.Carried(context.Background(), l.History); path != nil {
			t.Errorf("%s: a history of %d steps", setup, len(path))
		}
	}
}

// Ctrl-C ends whatever takes long: each of these would go on for an hour.
func TestCtrlCEndsWhatIsLong(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ setup, line string }{
		{"set election-timeout 1000000", "check liveness 1000000 within 1h"},
		{"new 9", "check liveness 1000000 within 1h"},
		{`given S1 log "1 2"; given S2 log "1 3"; run 300`, "reachable? within 1h"},
		{"new 9; given S1 log \"1 1\"; given S2 log \"1 2 3 4 5 6\"; given S3 term 9", "reachable? within 1h"},
		{"new 9; timeout S1; settle; isolate S9; put x 1; settle; cut S1->S9; heal S9->*", "could S9 win within 1h"},
		{"new 9", "explore within 1h"},
		{"new 9", "fuzz within 1h"},
		{"bug vote-any on; set election-timeout 1000..2000; run 100000", "contrast vote-any within 1h"},
		{"new 9", "sweep election-timeout 100000..200000 runs 100000"},
		{"run 300000", "export " + filepath.Join(dir, "x.md")},
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1}, c.setup)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, c.line, f) }()
		time.AfterFunc(100*time.Millisecond, cancel)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatalf("%s; %s goes on after Ctrl-C", c.setup, c.line)
		}
	}
}

// A server of which could says at once that it cannot win does not, whatever
// happens by itself: after changes of the membership, with links cut and servers
// frozen, which stay so.
func TestWhoIsSaidNotToWinDoesNot(t *testing.T) {
	said := map[string]int{}
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 11))
		size := 4 + int(seed%2)
		w := cluster.New(size, seed+1, setting.Defaults())
		some := func() raft.ID { return raft.ID(rng.IntN(size) + 1) }
		for range 60 + rng.IntN(120) {
			handle(w, rng)
		}
		quiet := rng.IntN(2) == 0 // what was under way is over, and who led is frozen
		for n := 0; quiet && n < 300 && w.Apply(cluster.DeliverNext{}) == nil; n++ {
		}
		if leaders := w.Leaders(); quiet && len(leaders) > 0 {
			_ = w.Apply(cluster.Freeze{Node: leaders[0]})
		} else if rng.IntN(2) == 0 {
			_ = w.Apply(cluster.Freeze{Node: some()})
		}
		for range rng.IntN(4) {
			_ = w.Apply(cluster.SetLinks{Cut: true, Links: []network.Link{{From: some(), To: some()}}})
		}
		never := map[raft.ID]string{}
		for _, id := range w.IDs() {
			for name, why := range map[string]string{"left behind": ask.LacksForGood(w, id), "out of reach": ask.CannotWin(w, id), "stays behind": ask.StaysBehind(w, id)} {
				if why != "" && !lab.LeadsNow(w, id) {
					said[name]++
					never[id] = name + ": " + why
				}
			}
		}
		for range 3 {
			then := w.Clone()
			for range 150 {
				goesOn(then, rng)
				for id, why := range never {
					if lab.LeadsNow(then, id) {
						t.Fatalf("seed %d: %s leads; %s", seed, id, why)
					}
				}
			}
		}
	}
	t.Log(said)
	for _, name := range []string{"left behind", "out of reach", "stays behind"} {
		if said[name] < 10 {
			t.Errorf("%s: of %d servers only", name, said[name])
		}
	}
}

// handle does something to a cluster, now and then to its membership.
func handle(w *cluster.World, rng *rand.Rand) {
	for _, id := range w.Leaders() {
		if rng.IntN(12) > 0 {
			continue
		}
		left := raft.SetOf(w.IDs()...).Without(raft.ID(rng.IntN(w.Size()) + 1)).Without(raft.ID(rng.IntN(w.Size()) + 1))
		_ = w.Apply(cluster.Reconfigure{Voters: left, At: id})
	}
	goesOn(w, rng)
}

// goesOn has something happen by itself: mostly mail arrives, and what is frozen
// stays so.
func goesOn(w *cluster.World, rng *rand.Rand) {
	var choices []cluster.Action
	for _, a := range w.Possible(nil) {
		switch a := a.(type) {
		case cluster.Kill:
			if w.Frozen(a.Node) || rng.IntN(20) > 0 {
				continue
			}
		case cluster.Drop, cluster.Timeout:
			if rng.IntN(8) > 0 {
				continue
			}
		}
		choices = append(choices, a)
	}
	for _, id := range w.Leaders() {
		if rng.IntN(4) == 0 {
			choices = append(choices, cluster.Request{Client: "C1", Data: "x=1", Via: id})
		}
	}
	if len(choices) > 0 {
		_ = w.Apply(choices[rng.IntN(len(choices))])
	}
}

// What could says of a server that was left out, or of who needs a frozen one, it
// says at once, and a frozen server is never thawed by a crash.
func TestCouldOfWhoIsLeftOutOrFrozen(t *testing.T) {
	behind := "new 4; timeout S3; settle; isolate S4; put x 1; settle; heal; freeze S3; cut S1->S2; cut S2->S1"
	out := "new 7; timeout S1; settle; reconfigure S1 S2 S3; settle"
	for _, c := range [][3]string{
		{out, "could S7 win", "It lacks entry 3 of term 1, which is committed"},
		{out + "; timeout S7", "could S7 win", "It lacks entry 3 of term 1, which is committed"},
		{out + "; timeout S7; settle; timeout S2; settle; put x 1; settle; kill S1", "could S7 win", "which is committed, so no majority votes for it"},
		{behind, "could S4 win", "S1 and S2 refuse it, because their logs are newer"},
		{behind, "could S4 win", "After heal and thaw, S4 could win in"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c[0])
		says(t, s, c[1], []string{"No: ", c[2]})
		if a, ok := f.results[len(f.results)-1].Value.(*ask.Finding); ok && a.States > 0 {
			t.Errorf("%s; %s: it searched", c[0], c[1])
		}
	}
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, behind)
	w := s.world.(*lab.Lab).World()
	b := explore.Bounds{Timeouts: 2, Beats: 1, Crashes: 1, Terms: 3}
	goal := func(_ int, w *cluster.World) bool { return lab.LeadsNow(w, 4) }
	for _, frozen := range []bool{true, false} {
		search := explore.Search{Bounds: b, Untouched: true, Frozen: frozen, Goal: goal}
		if r := search.Run(t.Context(), w); (r.Outcome == explore.Complete) != frozen {
			t.Errorf("with servers frozen %v: %s, %v", frozen, r.Outcome, r.Path)
		}
	}
}
