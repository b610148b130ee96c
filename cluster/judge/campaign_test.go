package judge_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/raft"
)

// campaign is a number of random runs that must show no departure.
type campaign struct {
	steps, commits, terms uint64
	may                   func(*judge.Departure) bool // a departure that there may be; nil: none
}

// trail is the last inputs, and what came of them.
type trail []struct {
	in    raft.Input
	state raft.State
}

func (l *trail) add(in raft.Input, s raft.State) {
	if len(*l) > 40 {
		*l = append((*l)[:0], (*l)[25:]...)
	}
	*l = append(*l, struct {
		in    raft.Input
		state raft.State
	}{in, s})
}

func (l trail) String() string {
	text := ""
	for _, e := range l[max(0, len(l)-12):] {
		s := &e.state
		text += fmt.Sprintf("%s %s: %s term %d vote %s commit %d log %s\n", s.ID, e.in, s.Role, s.CurrentTerm, s.VotedFor, s.CommitIndex, logText(&s.Log))
	}
	return text
}

// runs is worlds, one after the other, in which so many steps are judged.
func (c *campaign) runs(t *testing.T, name string, p *judged, steps int, begin func(seed uint64) (*cluster.World, error), r wanderer) {
	t.Helper()
	for seed := uint64(0); steps > 0; seed++ {
		w, err := begin(seed)
		if err != nil {
			t.Fatal(err)
		}
		r.Rand = rand.New(rand.NewPCG(seed, uint64(len(name))))
		c.run(t, fmt.Sprintf("%s, seed %d", name, seed), p, w, &r, min(steps, 1500))
		steps -= 1500
	}
}

// run does random things to a world until so many of its servers' steps have been
// judged, and fails for a departure.
func (c *campaign) run(t *testing.T, name string, p *judged, w *cluster.World, r *wanderer, steps int) {
	t.Helper()
	var l trail
	p.told = func(s *server, in raft.Input, rep *judge.Report, found []judge.Departure) {
		l.add(in, *s.State())
		if c.may != nil {
			found = slices.DeleteFunc(found, func(d judge.Departure) bool { return c.may(&d) })
		}
		if len(found) == 0 {
			return
		}
		t.Log(l)
		for _, d := range found {
			t.Errorf("%s: %s %s: %s %+v; %s", name, d.Kind, d.Rule.ID, d.Sentence(w.Position()), d.Compared, d.Verdict())
		}
		t.Fatalf("%+v", in)
	}
	p.steps = 0
	idle := 0
	for p.steps < steps && idle < 100*steps {
		idle++
		a := r.next(w)
		if a == nil || w.Apply(a) != nil {
			continue
		}
		for _, id := range w.IDs() {
			if w.Up(id) {
				c.commits, c.terms = max(c.commits, w.State(id).CommitIndex), max(c.terms, w.State(id).CurrentTerm)
			}
		}
	}
	if p.steps < steps {
		t.Fatalf("%s: %d steps only", name, p.steps)
	}
	c.steps += uint64(p.steps)
}

func logText(l *raft.Log) string {
	text := ""
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		text += fmt.Sprint(l.Entry(i).Term, " ")
	}
	return text
}

// many is how many steps a campaign has for each setting: RAFTLAB_JUDGE, or few.
func many(few int) int {
	if n, err := strconv.Atoi(os.Getenv("RAFTLAB_JUDGE")); err == nil {
		return n
	}
	return few
}

// on are the settings of a run whose bits are set.
func on(bits uint, pairs ...[2]string) (all []string) {
	for i, p := range pairs {
		if bits&(1<<i) != 0 {
			all = append(all, p[0], p[1])
		}
	}
	return all
}

// free is the settings that Figure 2 leaves free.
var free = [][2]string{{"noop", "off"}, {"back-off", "linear"}, {"pipeline", "on"}, {"max-entries", "1"}, {"max-bytes", "8"}, {"fsync", "off"}, {"sessions", "on"}}

// raftlab's own core, judged from the outside, departs from the paper in no step:
// whatever Figure 2 leaves free, in clusters of one to seven servers, all or some of
// them judged, that tell much or little of themselves.
func TestTheCoreDoesNotDepart(t *testing.T) {
	var c campaign
	for bits := range uint(1) << len(free) {
		n := 1 + int(bits%7)
		if bits%3 == 0 {
			n = 3
		}
		who := everyone(n)
		if n > 2 && bits%4 == 3 {
			who = raft.SetOf(1, raft.ID(n))
		}
		p := &judged{votes: bits%2 == 0, match: bits%5 < 3}
		if bits%3 == 0 {
			p.vary = func(o *raft.Options) {
				if o.Pipeline {
					o.Window = 2
				}
			}
		}
		name := fmt.Sprintf("%d servers, %s judged, %v", n, who, on(bits, free...))
		c.runs(t, name, p, many(300), func(seed uint64) (*cluster.World, error) {
			return mixture(p, n, seed, who, on(bits, free...)...)
		}, wanderer{judged: who})
	}
	t.Logf("%d steps, the highest commit %d, the highest term %d", c.steps, c.commits, c.terms)
}

// So it is with what goes beyond Figure 2, where the server says that it does so.
func TestBeyondFigure2(t *testing.T) {
	var c campaign
	pairs := [][2]string{{"prevote", "on"}, {"stickiness", "on"}, {"snapshot-every", "3"}, {"noop", "off"}, {"pipeline", "on"}}
	for bits := range uint(1) << len(pairs) {
		for _, members := range []bool{false, true} {
			n := 3 + int(bits%3)
			who := everyone(n)
			if members {
				who = raft.SetOf(2, 3)
			}
			p := &judged{votes: bits%2 == 0, match: true,
				judge: judge.Judge{Can: judge.Can{PreVote: bits&1 != 0, Sticky: bits&2 != 0}}}
			name := fmt.Sprintf("%d servers, %s judged, members %v, %v", n, who, members, on(bits, pairs...))
			c.runs(t, name, p, many(300), func(seed uint64) (*cluster.World, error) {
				return mixture(p, n, seed, who, on(bits, pairs...)...)
			}, wanderer{judged: who, beyond: true, members: members})
		}
	}
	t.Logf("%d steps, the highest commit %d, the highest term %d", c.steps, c.commits, c.terms)
}
