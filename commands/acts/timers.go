package acts

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var (
	timersSpread = lang.Literal("spread")
	timersAlign  = lang.Literal("align")
	timersOf     = words.Nodes().Optional()
	timerOf      = words.Node()
	timerTicks   = words.Ticks(1, 1_000_000)
)

type timersView struct {
	Timers []timerRow `json:"timers" doc:"a timer for each server"`
}

var _ = Commands.Register(&lang.Command{
	Name: "timers", Topic: lab.TopicLooking, Changes: true,
	Summary: "shows each server's timer, or sets election timers apart, equal, or to a time that you choose",
	Forms:   []lang.Params{{}, {timersSpread, timersOf}, {timersAlign, timersOf}, {timerOf, timerTicks}},
	Details: "`timers spread` sets the election timers of NODES so far apart that the first one wins before the " +
		"second one fires. This makes a clean election. Timers that are equal now will fire in the order in " +
		"which you name them. `timers align` makes all of them fire in the same tick as the first one, which " +
		"makes a split vote. `timers S3 7` makes the timer of S3 fire in 7 ticks; on a leader, that is the " +
		"heartbeat timer. The next time a timer starts, its length is drawn from `election-timeout` as always.",
	Examples: []string{"timers", "timers spread", "timers align S1 S2; run 22", "timers S3 7"},
	Results:  []any{timersView{}},
	Needs:    lab.Needs(lab.Stepping, "status shows each server's timer"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		switch {
		case timersSpread.Given(c):
			return presetTimers(c, spreadTimers, "far enough apart already")
		case timersAlign.Given(c):
			return presetTimers(c, alignTimers, "aligned already")
		case timerOf.Given(c):
			if err := lab.Of(c).Do(cluster.SetTimer{Node: timerOf.Of(c), Ticks: timerTicks.Of(c)}); err != nil {
				return nil, err
			}
		}
		return timersResult(lab.Of(c).World()), nil
	},
})

// countdown is a server's election timer.
type countdown struct {
	id   raft.ID
	left int
}

// presetTimers changes the election timers of the nodes that were named, those
// that fire first being first.
func presetTimers(c *lang.Call, preset func([]countdown, setting.Settings), already string) (*lang.Result, error) {
	l := lab.Of(c)
	was, err := electionTimers(c)
	if err != nil {
		return nil, err
	}
	now := slices.Clone(was)
	preset(now, *l.World().Settings())
	changed := false
	for i, t := range now {
		if t == was[i] {
			continue
		}
		changed = true
		if err := l.Do(cluster.SetTimer{Node: t.id, Ticks: t.left}); err != nil {
			return nil, err
		}
	}
	r := timersResult(l.World())
	if !changed {
		r.Line("They are " + already + ".")
	}
	return r, nil
}

// electionTimers is the election timers that run, of the nodes named or of all.
func electionTimers(c *lang.Call) ([]countdown, error) {
	w := lab.Of(c).World()
	ids := w.IDs()
	if timersOf.Given(c) {
		ids = timersOf.Of(c).IDs
	}
	var all []countdown
	for _, id := range ids {
		n := w.State(id)
		if n != nil && !w.Frozen(id) && n.Role != raft.Leader && n.Configuration.CanVote(id) {
			left, _ := w.Timer(id)
			all = append(all, countdown{id, left})
		} else if timersOf.Of(c).Named(id) {
			return nil, lang.Errorf("%s has no election timer that runs", id).
				WithHint("followers and candidates that are up and may vote have one; timers shows them")
		}
	}
	if len(all) < 2 {
		return nil, lang.Errorf("this takes two election timers that run, and there is %s",
			[]string{"none", "one"}[len(all)])
	}
	slices.SortStableFunc(all, func(a, b countdown) int { return cmp.Compare(a.left, b.left) })
	return all, nil
}

// spreadTimers leaves between two timers the time for a request and its answer.
func spreadTimers(all []countdown, s setting.Settings) {
	gap := 2*s.Latency.Max + 1
	for i := 1; i < len(all); i++ {
		all[i].left = max(all[i].left, all[i-1].left+gap)
	}
}

// alignTimers lets all fire with the first.
func alignTimers(all []countdown, _ setting.Settings) {
	for i := range all {
		all[i].left = all[0].left
	}
}

type timerRow struct {
	Node  string `json:"node" doc:"the server"`
	Timer string `json:"timer" doc:"election, heartbeat or none"`
	Left  int    `json:"left" doc:"ticks until it fires"`
	Of    int    `json:"of" doc:"ticks that it was set to"`
}

func timersResult(w *cluster.World) *lang.Result {
	t := view.Table{Head: []string{"node", "timer", "left", "of", ""}, Fixed: 1,
		Right: []bool{false, false, true, true}}
	rows := []timerRow{}
	for _, v := range picture.OfWorld(w, lab.Only()).Nodes {
		which := cmp.Or(map[string]string{"leader": "heartbeat", "down": "none"}[v.Role], "election")
		rows = append(rows, timerRow{v.ID, which, v.Timer, v.State.TimerOf})
		t.Add(view.LS(view.Strong, v.ID), view.LS(tell.RoleStyle(v.Role), which), view.L(strconv.Itoa(v.Timer)),
			view.L(strconv.Itoa(v.State.TimerOf)),
			view.L(look.TimerBar(v.Timer, v.State.TimerOf, 20)))
	}
	r := lang.OK().With(timersView{rows}).Block(t)
	if ticks, id := w.NextTimer(); ticks > 0 {
		r.Line(fmt.Sprintf("The next to fire is %s's, in %s.", id, prose.Plural(ticks, "tick")))
	}
	r.Quiet = true // the table tells what was set
	return r
}
