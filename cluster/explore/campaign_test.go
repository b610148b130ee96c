package explore

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

var campaignStates = flag.Int("campaign", 0, "how many distinct states to search in each configuration without a bug; 0: none")

// configurations are right Raft in many shapes: none may break an invariant.
var configurations = []struct {
	name    string
	n       int
	actions []cluster.Action
}{
	{"3 servers", 3, nil},
	{"3 servers, noop off", 3, sets("noop off")},
	{"3 servers, pipeline on, max-entries 1", 3, sets("pipeline on", "max-entries 1")},
	{"3 servers, back-off linear", 3, sets("back-off linear")},
	{"3 servers, prevote on, check-quorum on", 3, sets("prevote on", "check-quorum on")},
	{"3 servers, stickiness on", 3, sets("stickiness on")},
	{"3 servers, snapshot-every 1", 3, sets("snapshot-every 1")},
	{"3 servers, S1 hands over to S2", 3, elected(cluster.Transfer{Node: 2})},
	{"3 servers, S3 removed", 3, elected(cluster.RemoveServer{Node: 3})},
	{"3 servers, S4 added", 3, elected(cluster.AddServer{Node: 4})},
	{"3 servers, to S1 S2 S4 by joint consensus", 3, elected(cluster.Reconfigure{Voters: raft.SetOf(1, 2, 4)})},
	{"4 servers", 4, nil},
	{"5 servers", 5, nil},
	{"5 servers, noop off, prevote on", 5, sets("noop off", "prevote on")},
}

func sets(settings ...string) (actions []cluster.Action) {
	for _, s := range settings {
		var a cluster.Set
		_, _ = fmt.Sscan(s, &a.Name, &a.Value)
		actions = append(actions, a)
	}
	return actions
}

// elected has S1 lead, delivers what is in flight, and then does something more.
func elected(then ...cluster.Action) []cluster.Action {
	return append([]cluster.Action{cluster.Timeout{Node: 1}, settle}, then...)
}

var settle = cluster.DeliverNext{} // here: as long as there is something

// prepare has those actions happen.
func prepare(t *testing.T, w *cluster.World, actions []cluster.Action) {
	t.Helper()
	for _, a := range actions {
		for a == settle && w.Deliverable(raft.Set{}) {
			_ = w.Apply(a)
		}
		if err := w.Apply(a); a != settle && err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
}

// No invariant falls without a bug, in any configuration: a thousand states each
// in the ordinary tests, as many as one likes with -campaign.
func TestNothingBreaksWithoutABug(t *testing.T) {
	most := max(1000, *campaignStates)
	total, start := 0, time.Now()
	for _, c := range configurations {
		w := cluster.New(c.n, 1, setting.Defaults())
		prepare(t, w, c.actions)
		began := time.Now()
		s := Search{Grow: true, States: most}
		r := s.Run(context.Background(), w)
		total += r.States
		if r.Outcome != Bound && r.Outcome != Complete {
			t.Errorf("%s: %s %v %v", c.name, r.Outcome, r.Breach, r.Path)
		}
		if r.States < most && r.Outcome != Complete {
			t.Errorf("%s: %s after %d states", c.name, r.Outcome, r.States)
		}
		took := time.Since(began)
		t.Logf("| %s | %s | %d | %d | %.0f |", c.name, r.Outcome, r.States, r.Steps, took.Seconds())
		if *campaignStates > 0 {
			guidedCampaign(t, c.name, w, took)
		}
	}
	t.Logf("%d distinct states in %.0f s", total, time.Since(start).Seconds())
}

// guidedCampaign has guided searches go on for as long as the others took.
func guidedCampaign(t *testing.T, name string, w *cluster.World, long time.Duration) {
	s := Search{Workers: runtime.GOMAXPROCS(0), Grow: true}
	p := &plan{Search: &s, shared: s.share(w), unnamed: s.shareUnnamed(w), ctx: t.Context()}
	began, states, steps := time.Now(), 0, 0
	for time.Since(began) < long {
		p.openGuides()
		for _, g := range p.guides {
			for !g.over() && time.Since(began) < long {
				g.goOn(p.ctx, g.taken+10_000)
			}
			if states, steps = states+len(g.points), steps+g.taken; g.path != nil || g.refused > 0 {
				t.Errorf("%s: guided search finds %v %v, and %d that were refused", name, g.breach, g.path, g.refused)
			}
		}
		if len(p.guides) == 0 {
			break
		}
	}
	t.Logf("| %s | guided | %d | %d | %.0f |", name, states, steps, time.Since(began).Seconds())
}
