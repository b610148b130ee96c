package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/tell"
)

// An outage is the time in which a cluster has no leader, after its leader has
// crashed: the experiment of the paper's section 9.3 and Figure 16.

// outage is one run: how long the cluster had no leader after a crash.
type outage struct {
	ticks     int // without a leader
	elections int // that were begun
	never     bool
}

// trial is what the runs of one value of a setting have in common.
type trial struct {
	world   *cluster.World // whose size, settings and bugs the copies have
	setting string
	value   string
	limit   int // ticks after which a run ends without a leader
}

// begin is a fresh cluster with its own seed, in which S1 leads, all others
// have just heard from it, and it crashes. That is the worst case of the paper:
// all timers start at the same moment.
func (t *trial) begin(seed uint64) (*cluster.World, error) {
	w := cluster.NewWithMachine(t.world.Size(), seed, *t.world.Settings(), t.world.MachineKind())
	actions := []cluster.Action{cluster.Set{Name: t.setting, Value: t.value}}
	for _, m := range tell.Mutants(t.world) { // a riddle is not for fresh clusters
		actions = append(actions, cluster.SetBug{Name: m.Name, On: true})
	}
	for _, a := range append(actions, cluster.Timeout{Node: 1}) {
		if err := w.Apply(a); err != nil {
			return nil, err
		}
	}
	DeliverAll(w)
	if w.Leader() != 1 {
		return nil, fmt.Errorf("S1 does not become leader with %s %s", t.setting, t.value)
	}
	if err := w.Apply(cluster.Heartbeat{Node: 1}); err != nil {
		return nil, err
	}
	DeliverAll(w)
	return w, w.Apply(cluster.Kill{Node: 1})
}

// DeliverAll delivers until nothing is in flight, without time passing.
func DeliverAll(w *cluster.World) {
	for n := 0; n < 100_000 && w.Apply(cluster.DeliverNext{}) == nil; n++ {
	}
}

// run lets time pass until there is a leader again.
func (t *trial) run(ctx context.Context, seed uint64) (outage, error) {
	w, err := t.begin(seed)
	if err != nil {
		return outage{}, err
	}
	start, term, notable := w.Clock(), HighestTerm(w), w.Notable()
	o := outage{}
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return o, ctx.Err()
		}
		if err := w.Apply(cluster.Advance{}); err != nil {
			return o, err
		}
		o.ticks = int(w.Clock() - start)
		if w.Notable() != notable {
			notable = w.Notable()
			if w.Leader() != 0 {
				break
			}
		}
		if o.ticks > t.limit {
			o.never = true
			break
		}
	}
	o.elections = int(HighestTerm(w) - term)
	return o, nil
}

// HighestTerm is the highest term that a server has stored.
func HighestTerm(w *cluster.World) uint64 {
	var term uint64
	for _, id := range w.IDs() {
		term = max(term, w.Stored(id).CurrentTerm)
	}
	return term
}

// runs is the outages of seeds 1 to n, shared out among the cores. What comes
// out does not depend on how many there are.
func (t *trial) runs(ctx context.Context, n int, done func()) ([]outage, error) {
	out := make([]outage, n)
	var lock sync.Mutex
	err := each.SideBySide(n, func(i int) (err error) {
		if out[i], err = t.run(ctx, uint64(i+1)); err == nil {
			lock.Lock()
			defer lock.Unlock()
			done()
		}
		return err
	})
	return out, cmp.Or(err, ctx.Err())
}

// limitFor is when a run is given up: at fifty times the longest timeout.
func limitFor(s *setting.Settings) int { return max(1000, 50*s.ElectionTimeout.Max) }

// summary is the outages of one value in figures. Runs without a leader to the
// end count as the longest.
type summary struct {
	Value     string  `json:"value"` // of the setting
	Runs      int     `json:"runs"`
	Min       int     `json:"min"` // ticks without a leader, as are Median, P95 and Max
	Median    int     `json:"median"`
	P95       int     `json:"p95"`
	Max       int     `json:"max"`
	Elections float64 `json:"elections"` // in a run, on average
	Never     int     `json:"never"`     // runs that had no leader to the end
	Limit     int     `json:"limit"`     // ticks after which they end
}

func summarize(value string, limit int, all []outage) summary {
	s := summary{Value: value, Runs: len(all), Limit: limit}
	var ticks []int
	for _, o := range all {
		ticks = append(ticks, o.ticks)
		s.Elections += float64(o.elections) / float64(len(all))
		if o.never {
			s.Never++
		}
	}
	slices.Sort(ticks)
	s.Min, s.Median, s.P95, s.Max = ticks[0], ticks[rank(len(ticks), 0.5)], ticks[rank(len(ticks), 0.95)],
		ticks[len(ticks)-1]
	s.Elections = math.Round(s.Elections*100) / 100
	return s
}

// rank is the place of a quantile among n sorted values: the smallest of which
// that share of all are no larger (nearest rank).
func rank(n int, share float64) int { return max(0, int(math.Ceil(share*float64(n)))-1) }

// known tells whether a figure of the summary is one: the run at that rank
// ended with a leader.
func (s *summary) known(share float64) bool { return rank(s.Runs, share) < s.Runs-s.Never }
