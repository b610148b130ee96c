package guest

import (
	"context"
	"os"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/guest/testdata/mistakes"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// TestMistakes: each mistake in a finished example is named by its rule, and nothing
// else is said before. Nine schedules of ten that show one have at most twenty steps. It is
// each third one, and of JavaScript and Go each ninth, or all if RAFTLAB_MISTAKES is set; commands/grade takes others.
func TestMistakes(t *testing.T) {
	for i, all := range [][]mistakes.Mistake{mistakes.Python, mistakes.JavaScript, mistakes.Go} {
		var long []string
		tried, every := 0, 3
		if i > 0 {
			every = 9
		}
		for k, m := range all {
			if k%every != 1 && os.Getenv("RAFTLAB_MISTAKES") == "" {
				continue
			}
			tried++
			t.Run(finished[i].name+"/"+m.Name, func(t *testing.T) {
				if n := shown(t, &m, finished[i].open(t, m.Replace...)); n > 20 {
					long = append(long, m.Name)
				}
			})
		}
		if len(long)*10 > tried {
			t.Errorf("%s: schedules of more than 20 steps for %v", finished[i].name, long)
		}
	}
}

// shown fails a test unless a program with the mistake departs under its rule; it is
// the length of the schedule that shows it.
func shown(t *testing.T, m *mistakes.Mistake, p *Program) int {
	t.Helper()
	w := world(t, max(3, m.Servers), p)
	asked := w.Clone() // random runs ask only leaders
	_ = asked.Apply(cluster.Request{Client: "C1", Data: "x=1", Via: 1})
	if d := asked.Departures(); len(d) > 0 {
		if d[0].Property != m.Rule {
			t.Errorf("%s, not %s", d[0].Property, m.Rule)
		}
		return 1
	}
	for seed := uint64(1); seed <= 400; seed++ {
		s := fuzz.Search{First: seed, Last: seed}
		r := s.Run(context.Background(), w)
		switch {
		case r.Outcome == fuzz.Failed && m.Rule == "error":
			return len(r.Path)
		case r.Outcome == fuzz.Failed:
			t.Fatal(r.Failure)
		case r.Breach == nil:
		case r.Breach.Departure == nil:
			t.Fatalf("%s, and no departure was seen before", r.Breach.Text)
		default:
			if rule := r.Breach.Departure.Rule.ID; rule != m.Rule {
				t.Fatalf("%s, not %s: %s", rule, m.Rule, r.Breach.Text)
			}
			short, _ := fuzz.Shrink(context.Background(), w, r.Path)
			return len(short.Path)
		}
	}
	t.Fatal("nothing departs")
	return 0
}

// TestARuleCountsOnceInARun: Monotony is a rule of the judge and a property of the cluster, and a run
// that breaks both is one.
func TestARuleCountsOnceInARun(t *testing.T) {
	w := world(t, 3, finished[0].open(t, "if term > self.currentTerm:", "if term != self.currentTerm:"))
	c := (&fuzz.Search{First: 1, Last: 12}).Each(context.Background(), w)
	if len(c.Faults) == 0 {
		t.Error("nothing departs")
	}
	for _, f := range c.Faults {
		if f.Runs > c.Runs {
			t.Errorf("%s in %d of %d runs", f.Name, f.Runs, c.Runs)
		}
	}
}

// sixMistakes is made in a server that was not written for raftlab, testdata/python/counting.py.
var sixMistakes = []struct{ rule, right, wrong string }{
	{"VoteOnce", "yes = m.epoch == self.epoch and self.voted in (-1, m.src) and fresh",
		"yes = m.epoch == self.epoch and fresh"},
	{"ElectionTimer", "            self.control.store()\n            self.rest()\n        self.control.send(AskAnswer",
		"            self.control.store()\n        self.control.send(AskAnswer"},
	{"CurrentTermOnly", "if self.items[i].epoch == self.epoch and holders", "if holders"},
	{"PrevLogMatches", "fits = m.prev_index < 0 or", "fits = not m.items or m.prev_index < 0 or"},
	{"DeleteConflict", "if i < len(self.items) and self.items[i].epoch != item.epoch:", "if i < len(self.items):"},
	{"StableFirst", "            self.control.store()\n            self.committed = self.applied = max",
		"            self.committed = self.applied = max"},
}

// TestManyMistakes: in a server with six mistakes each is named, though there are
// departures in nearly every run.
func TestManyMistakes(t *testing.T) {
	var replace []string
	left := map[string]bool{}
	for _, m := range sixMistakes {
		replace, left[m.rule] = append(replace, m.right, m.wrong), true
	}
	p := shapes[0].open(t, replace...)
	var known []string
	for seed := uint64(1); len(left) > 0 && seed <= 400; seed++ {
		settings := setting.Defaults()
		settings.JudgeExcept = strings.Join(known, " ")
		w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, 3, 1, settings, "kv")
		if err != nil {
			t.Fatal(err)
		}
		s := fuzz.Search{First: seed, Last: seed}
		if r := s.Run(context.Background(), w); r.Breach != nil && r.Breach.Departure != nil {
			known = append(known, r.Breach.Property)
			delete(left, r.Breach.Property)
		}
	}
	if len(left) > 0 {
		t.Errorf("named: %v; not named: %v", known, left)
	}
}
