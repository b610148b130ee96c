// Package acts has the commands that do things to a cluster, a file a family, and those of scripts.
package acts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Commands are those of this room.
var Commands lang.Set

var (
	tickTicks   = words.Ticks(1, 1_000_000).Default(1)
	tickNodes   = words.NodesThat(words.Running).Optional()
	heartbeatOf = words.NodeThat(words.Leading).Optional()
	stepCount   = lang.Count(1, 1_000_000).Default(1)
	settleAmong = words.Nodes().Optional()
	settleLimit = lang.Count(1, 1_000_000_000).Keyword("limit")
	runTicks    = words.Ticks(1, 1_000_000_000).Default(defaultTicks)
	runUntil    = lang.Literal("until")
	runCond     = lab.Condition()
	runWithin   = words.Ticks(1, 1_000_000_000).Keyword("within").Default(defaultTicks)
	playSpeed   = lang.Decimal("SPEED", 0.1, 1000).Default(10)
	playFor     = words.Ticks(1, 1_000_000_000).Keyword("for").Default(defaultTicks)
	playOnce    = lang.Flag("once")
	playOff     = lang.Literal("off")
)

const (
	maxDeliveries = 100_000 // after which settle gives up
	defaultTicks  = 1000    // that run and run until take at most
)

type ranResult struct {
	Clock uint64 `json:"clock" doc:"ticks that the cluster has run"`
	Ticks uint64 `json:"ticks" doc:"ticks that passed"`
}

var _ = Commands.Register(&lang.Command{
	Name: "tick", Topic: lab.TopicTime, Changes: true,
	Summary: "advances the clocks and fires the timers that are due; delivers nothing",
	Args:    lang.Params{tickTicks, tickNodes},
	Details: "Without NODES, the clocks of all servers that are up advance, and so does the cluster's clock. No " +
		"timer fires on a frozen server. With NODES, only their clocks advance.",
	Examples: []string{
		"tick", "tick 5", "tick 3 S2 S3",
	},
	Results: []any{ranResult{}},
	Needs:   lab.Needs(lab.Stepping, "time passes by itself here: run 100 waits for 100 ticks"),
	Run:     runTick,
})

func runTick(c *lang.Call) (*lang.Result, error) {
	l, nodes := lab.Of(c), tickNodes.Of(c)
	able := running(l.World(), nodes.IDs)
	for _, id := range nodes.IDs {
		if nodes.Named(id) && !slices.Contains(able, id) {
			return nil, l.Do(cluster.Tick{Node: id}) // which says why not
		}
	}
	if tickNodes.Given(c) && len(able) == 0 {
		return nil, lang.Errorf("none of these servers is running").WithHint("status shows what each one is")
	}
	for done := range tickTicks.Of(c) {
		if c.Ctx.Err() != nil {
			if done == 0 {
				return nil, lang.ErrInterrupted
			}
			c.SaveAs("tick %d %s", done, nodes)
			return nil, lang.Interrupted(fmt.Sprintf("after %d of %d ticks", done, tickTicks.Of(c)))
		}
		if err := tickOnce(l, nodes.IDs, !tickNodes.Given(c)); err != nil {
			return nil, err
		}
	}
	whom := ""
	if tickNodes.Given(c) {
		whom = " for " + prose.And(each.As(running(l.World(), nodes.IDs), raft.ID.String)) + " alone"
	}
	return passed(l, tickTicks.Of(c), whom), nil
}

// tickOnce advances the clocks of the servers by a tick, or those of all.
func tickOnce(l *lab.Lab, ids []raft.ID, all bool) error {
	if all {
		ids = l.World().IDs()
		if err := l.Do(cluster.ClockTick{}); err != nil {
			return err
		}
	}
	for _, id := range running(l.World(), ids) {
		if err := l.Do(cluster.Tick{Node: id}); err != nil {
			return err
		}
	}
	return nil
}

// running is those of the servers that are up and not frozen.
func running(w *cluster.World, ids []raft.ID) []raft.ID {
	return each.Only(ids, func(id raft.ID) bool { return w.Up(id) && !w.Frozen(id) })
}

var _ = Commands.Register(atNodes(lang.Command{
	Name: "timeout", Topic: lab.TopicTime,
	Summary:  "fires the election timer of each of NODES now",
	Details:  "A follower or candidate starts an election (section 5.2). A leader has no election timer.",
	Examples: []string{"timeout S1", "timeout S1 S2"},
	Needs: lab.Needs(lab.Stepping, "timers fire by themselves here: kill leader, or isolate leader, and another "+
		"is elected"),
}, words.Following, "has an election timer now", func(id raft.ID) cluster.Action { return cluster.Timeout{Node: id} }))

var _ = Commands.Register(&lang.Command{
	Name: "heartbeat", Topic: lab.TopicTime, Changes: true,
	Summary: "fires the leader's heartbeat timer now",
	Args:    lang.Params{heartbeatOf},
	Details: "The leader sends each follower the entries that it lacks, or an empty AppendEntries. This is also " +
		"how followers learn what is committed.",
	Examples: []string{"timeout S1; settle; heartbeat; settle"},
	Needs:    lab.Needs(lab.Stepping, "heartbeats are sent by themselves here"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		id := heartbeatOf.Of(c)
		if !heartbeatOf.Given(c) {
			if id = lab.Of(c).World().Leader(); id == 0 {
				return nil, lang.Errorf("no server leads").WithHint("timeout NODE; settle elects a leader")
			}
		}
		return lang.OK(), lab.Of(c).Do(cluster.Heartbeat{Node: id})
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "step", Topic: lab.TopicTime, Changes: true,
	Summary: "does what would happen next: delivers the message due first, or fires the next timer",
	Args:    lang.Params{stepCount},
	Details: "Of two messages that are due, the older one arrives first. A message that you delayed waits for " +
		"its time. If no message in flight can arrive, time passes until the next timer or delayed message. The " +
		"settings for loss and duplication apply.",
	Examples: []string{"timeout S1; step", "step 5"},
	Needs:    lab.Needs(lab.Stepping, "time passes by itself here: run waits for the next change"),
	Run:      runStep,
})

func runStep(c *lang.Call) (*lang.Result, error) {
	l, r := lab.Of(c), lang.OK()
	for done := range stepCount.Of(c) {
		if c.Ctx.Err() != nil {
			c.SaveAs("step %d", max(done, 1))
			return nil, lang.Interrupted(fmt.Sprintf("after %d of %s", done, prose.Plural(stepCount.Of(c), "step")))
		}
		why, err := stepOnce(l)
		if err != nil {
			return nil, err
		}
		if stepCount.Of(c) <= tell.ShortStory {
			r.Block(view.Says(view.Quiet, why))
		}
	}
	return r, nil
}

// stepOnce delivers the message that is due first, or lets time pass to the next
// timer or delayed message; it says which and why.
func stepOnce(l *lab.Lab) (string, error) {
	w := l.World()
	if m := w.NextDue(); m != nil {
		why := whyNext(w, m)
		return why, l.Do(cluster.Arrive{ID: m.ID})
	}
	if ticks, _ := w.NextTimer(); ticks == 0 && !w.Deliverable(raft.Set{}) {
		return "", lang.Errorf("nothing can happen by itself: no message can arrive and no timer runs").
			WithHint("restart or thaw a server")
	}
	from, before := w.Clock(), w.Happened()
	for l.World().Happened() == before || l.World().MidTick() {
		if err := l.Do(cluster.Advance{}); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("nothing was due, so time passed: tick %d to %d", from, l.World().Clock()), nil
}

// whyNext says why of all messages m was the next.
func whyNext(w *cluster.World, m *cluster.Flight) string {
	why, flights := fmt.Sprintf("m%d came next: it was due at tick %d", m.ID, m.Due), w.Flights()
	able := each.Only(flights, func(f cluster.Flight) bool {
		return !w.Waits(&f) && (!f.Held || f.Due <= w.Clock())
	})
	same := len(each.Only(able, func(f cluster.Flight) bool { return f.Due == m.Due }))
	others := prose.Either(len(able) < len(flights), " that can arrive", "")
	switch {
	case len(flights) == 1:
		return fmt.Sprintf("m%d came next: nothing else was in flight", m.ID)
	case len(able) == 1:
		return fmt.Sprintf("m%d came next: nothing else that was in flight can arrive yet", m.ID)
	case same == 1:
		return why + ", before all others" + others
	}
	return why + fmt.Sprintf(", the oldest of %d", same) + others
}

type deliveredResult struct {
	Delivered int `json:"delivered" doc:"messages that were delivered"`
}

var _ = Commands.Register(&lang.Command{
	Name: "settle", Topic: lab.TopicTime, Changes: true,
	Summary: "delivers messages until none can be delivered; no time passes",
	Args:    lang.Params{settleAmong, settleLimit},
	Details: "With NODES, it delivers only messages that these servers send to each other. It delivers delayed " +
		fmt.Sprintf("messages, too. Messages to a frozen server wait. It gives up after %d deliveries. With `limit "+
			"COUNT`, it stops after COUNT.", maxDeliveries),
	Examples: []string{"timeout S1; settle", "timeout S1; settle S1 S2 S3"},
	Results:  []any{deliveredResult{}},
	Needs: lab.Needs(lab.Stepping, "messages are delivered by themselves here: run until CONDITION waits for "+
		"what they lead to"),
	Run: runSettle,
})

func runSettle(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	next := cluster.DeliverNext{Among: settleAmong.Of(c).Set()}
	limit := settleLimit.Of(c)
	n, voting := 0, votesUnderWay(l.World())
	for ; l.World().Deliverable(next.Among); n++ {
		switch {
		case limit > 0 && n == limit:
			return delivered(n), nil
		case limit == 0 && n == maxDeliveries:
			c.SaveAs("%s limit %d", c.Text, n)
			return nil, lang.Kept(lang.Errorf("gave up after %d deliveries, with %s still in flight", n,
				prose.Plural(len(l.World().Flights()), "message")).
				WithHint("type settle to continue, or undo to take them back"))
		case n%64 == 63 && c.Ctx.Err() != nil:
			c.SaveAs("%s limit %d", c.Text, n)
			return nil, lang.Interrupted(fmt.Sprintf("after %d deliveries", n))
		}
		if err := l.Do(next); err != nil {
			return nil, err
		}
	}
	r := delivered(n)
	if voting {
		r.Verdict(electionLost(l.World()))
	}
	return r, nil
}

// lostSince is electionLost where votes were under way before, and none are any more.
func lostSince(voting bool, w *cluster.World) string {
	if !voting || votesUnderWay(w) {
		return ""
	}
	return electionLost(w)
}

// votesUnderWay tells whether a request for a vote, or an answer, is in flight.
func votesUnderWay(w *cluster.World) bool { return votesOfTerm(w, 0) }

// votesOfTerm tells the same of votes in this term; 0: in any.
func votesOfTerm(w *cluster.World, term uint64) bool {
	return slices.ContainsFunc(w.Flights(), func(f cluster.Flight) bool {
		switch m := f.Message.(type) {
		case *raft.RequestVote:
			return term == 0 || m.Term == term
		case *raft.RequestVoteReply:
			return term == 0 || m.Term == term
		}
		return false
	})
}

// electionLost says of the latest term that it has candidates and never had a leader, or nothing.
// Where votes are still in flight, it is not lost yet.
func electionLost(w *cluster.World) string {
	var term uint64
	var has []string
	for id := raft.ID(1); int(id) <= w.Size(); id++ {
		n := w.State(id)
		if n == nil || n.CurrentTerm < term || n.CurrentTerm == term && n.Role != raft.Candidate {
			continue
		}
		if n.CurrentTerm > term {
			term, has = n.CurrentTerm, nil
		}
		if n.Role == raft.Candidate {
			has = append(has, votesOf(n))
		}
	}
	if len(has) == 0 || w.Memory().Led(term) != 0 {
		return ""
	}
	says := "No one wins term %d: %s."
	if votesOfTerm(w, term) {
		says = "No one has won term %d yet: %s."
	}
	return fmt.Sprintf(says, term, strings.Join(has, ", "))
}

// votesOf is how many votes a candidate has, of how many that it needs. In a joint
// configuration it needs two majorities, which why counts.
func votesOf(n *raft.State) string {
	if c := n.Configuration; c.Old.Empty() {
		return fmt.Sprintf("%s has %d of the %s that it needs", n.ID, n.Votes.Len(),
			prose.Plural(c.Voters.Len()/2+1, "vote"))
	}
	return fmt.Sprintf("%s has %s, and no majority of both configurations", n.ID, prose.Plural(n.Votes.Len(), "vote"))
}

func delivered(n int) *lang.Result {
	r := lang.OK().With(deliveredResult{n})
	if n == 0 {
		r.Line("Nothing deliverable was in flight.")
	}
	return r
}

type ticksResult struct {
	Ticks int `json:"ticks" doc:"ticks that passed"`
}

var _ = Commands.Register(&lang.Command{
	Name: "run", Topic: lab.TopicTime, Changes: true,
	Summary: "lets time pass: each tick advances all clocks and delivers the messages that are due",
	Forms:   []lang.Params{{runTicks}, {runUntil, runCond, runWithin}},
	Details: fmt.Sprintf("Without TICKS it runs until a majority follows a new leader, or something is committed, "+
		"but at most %d ticks. With `until CONDITION` it runs until the condition holds, and fails if that takes more "+
		"than TICKS.\n\nThe settings for loss, duplication and latency apply.", defaultTicks),
	Examples: []string{
		"run", "run 100", "run until leader != nil", "run until len(leaders) == 1 within 200",
	},
	Results: []any{ranResult{}, ticksResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		if w, live := lab.InRealTime(c); live {
			return await(c, w)
		}
		switch {
		case runCond.Given(c):
			return runUntilHolds(c)
		case runTicks.Given(c):
			return runFor(c, runTicks.Of(c), never, nil)
		}
		return runToChange(c, defaultTicks)
	},
})

// never lets a run go on to its end.
func never() (bool, error) { return false, nil }

// await waits where time passes by itself: for so many ticks, until a condition holds,
// or until the next settled change.
func await(c *lang.Call, w lab.RealTime) (*lang.Result, error) {
	ticks, cond, stop := runTicks.Of(c), (*lab.Cond)(nil), never
	verdict := func() string { return "" }
	switch {
	case runTicks.Given(c):
	case runCond.Given(c):
		ticks, cond = runWithin.Of(c), runCond.Of(c)
		stop = func() (bool, error) { return cond.Holds(lab.VocabularyOf(w.Picture(cond.Uses))) }
	default:
		before, now := settledIn(w), settled{}
		stop = func() (bool, error) { now = settledIn(w); return now.changes(before), nil }
		verdict = func() string { return now.verdict(before) }
	}
	for ran := 0; ; ran++ {
		done, err := stop()
		switch {
		case err != nil:
			return nil, err
		case done && cond != nil && ran == 0:
			return lang.Tell("It holds already.").With(ticksResult{ran}), nil
		case done || cond == nil && ran == ticks:
			r := lang.Tell(fmt.Sprintf("%s passed.", prose.Plural(ran, "tick"))).With(ticksResult{ran})
			if says := verdict(); says != "" {
				r.Line(says)
			}
			return r, nil
		case ran == ticks:
			return nil, unmetWithin(cond, lab.VocabularyOf(w.Picture(cond.Uses)), ticks)
		}
		if time.Since(c.Began) > 200*time.Millisecond {
			c.Progress("tick %d of %d (Ctrl-C stops)", ran, ticks)
		}
		select {
		case <-c.Ctx.Done():
			return nil, lang.Interrupted(fmt.Sprintf("after %d of %d ticks", ran, ticks))
		case <-time.After(w.Tick()):
		}
	}
}

// runToChange runs to the next settled change, and says which it was.
func runToChange(c *lang.Call, ticks int) (*lang.Result, error) {
	w := lab.Of(c).World
	before := settledOf(w())
	r, err := runFor(c, ticks, func() (bool, error) { return settledOf(w()).changes(before), nil }, nil)
	if err == nil {
		r.Line(settledOf(w()).verdict(before))
	}
	return r, err
}

// settled is what a run without a number of ticks waits for: a leader that a
// majority follows, or a commit.
type settled struct {
	leader    raft.ID // 0: no majority follows one
	term      uint64  // in which it leads
	followers raft.Set
	committed uint64  // the last index that is committed
	by        raft.ID // the server that committed it
}

func settledOf(w *cluster.World) settled {
	s := settled{committed: w.Memory().Committed()}
	_, s.by, _, _ = w.Memory().CommittedAt(s.committed)
	id := w.Leader()
	if id == 0 {
		return s
	}
	leads := w.State(id)
	for _, v := range w.IDs() {
		if n := w.State(v); v != id && n != nil && n.Leader == id && n.CurrentTerm == leads.CurrentTerm {
			s.followers = s.followers.With(v)
		}
	}
	if leads.Configuration.Majority(s.followers.With(id)) {
		s.leader, s.term = id, leads.CurrentTerm
	}
	return s
}

// settledIn is the same of a cluster that runs by itself, where no one remembers which server committed what:
// the leader commits first.
func settledIn(w lab.World) (s settled) {
	p := w.Picture(lab.Only())
	for _, v := range p.Nodes {
		if uint64(v.Commit) > s.committed {
			s.committed, s.by = uint64(v.Commit), v.Number
		}
	}
	leads := p.Leader
	if leads == nil {
		return s
	}
	if uint64(leads.Commit) == s.committed {
		s.by = leads.Number
	}
	for _, v := range p.Nodes {
		if v != leads && v.Leader == leads.ID && v.Term == leads.Term {
			s.followers = s.followers.With(v.Number)
		}
	}
	if leads.State.Members.Majority(s.followers.With(leads.Number)) {
		s.leader, s.term = leads.Number, uint64(leads.Term)
	}
	return s
}

func (s settled) changes(before settled) bool {
	return s.committed > before.committed || s.leads(before)
}

// leads tells whether a leader that a majority follows is a new one.
func (s settled) leads(before settled) bool {
	return s.leader != 0 && (s.leader != before.leader || s.term != before.term)
}

// verdict is what a run came to, in a line.
func (s settled) verdict(before settled) string {
	var says []string
	if s.leads(before) {
		says = append(says, fmt.Sprintf("%s leads term %d", s.leader, s.term))
		if followers := s.followers.Names(); len(followers) > 0 {
			says[0] += fmt.Sprintf(", and %s %s it", prose.And(followers),
				prose.Either(len(followers) == 1, "follows", "follow"))
		}
	}
	switch first := before.committed + 1; {
	case s.committed == first:
		says = append(says, fmt.Sprintf("%s commits entry %d", s.by, first))
	case s.committed > first:
		says = append(says, fmt.Sprintf("%s commits entries %d–%d", s.by, first, s.committed))
	}
	switch {
	case len(says) > 0:
		return strings.Join(says, "; ") + "."
	case s.leader != 0:
		return fmt.Sprintf("Nothing new is committed; %s still leads term %d.", s.leader, s.term)
	}
	return "No leader is followed by a majority, and nothing new is committed."
}

func runUntilHolds(c *lang.Call) (*lang.Result, error) {
	l, cond := lab.Of(c), runCond.Of(c)
	holds := func() (bool, error) { return cond.Holds(lab.VocabularyOf(picture.OfWorld(l.World(), cond.Uses))) }
	switch yes, err := holds(); {
	case err != nil:
		return nil, err
	case yes:
		return lang.Tell("It holds already."), nil
	}
	return runFor(c, runWithin.Of(c), holds, func() error {
		return unmetWithin(cond, lab.VocabularyOf(picture.OfWorld(l.World(), cond.Uses)), runWithin.Of(c))
	})
}

func unmetWithin(cond *lab.Cond, v *lab.Vocabulary, ticks int) error {
	e := cond.Unmet(v)
	e.Msg = fmt.Sprintf("within %d ticks the condition %s", ticks, e.Msg)
	return e
}

// runFor lets so many ticks pass, or fewer when stop says so. late, when set,
// is the failure when it does not.
func runFor(c *lang.Call, ticks int, stop func() (bool, error), late func() error) (*lang.Result, error) {
	l := lab.Of(c)
	ran, voting, term := 0, votesUnderWay(l.World()), latestTerm(l.World())
	ended := func() *lang.Result {
		r, w := passed(l, ran, ""), l.World()
		r.Decided = waiting(w)
		// A long story with several elections ends with how the last ones went.
		if on := latestTerm(w) - term; w.Leader() == 0 && (on == 1 || on == 0 && voting) {
			if lost := lostSince(true, w); lost != "" {
				r.Verdict(lost)
			}
		}
		return r
	}
	for ran < ticks {
		if ran%16 == 0 && c.Ctx.Err() != nil {
			c.SaveAs("run %d", max(ran, 1))
			if ran == 0 {
				return nil, lang.ErrInterrupted
			}
			return nil, lang.Interrupted(fmt.Sprintf("after %d of %d ticks", ran, ticks))
		}
		if err := passTick(l); err != nil {
			return nil, err
		}
		ran++
		if ran%64 == 0 && time.Since(c.Began) > 200*time.Millisecond {
			c.Progress("tick %d of %d (Ctrl-C stops)", ran, ticks)
		}
		if done, err := stop(); err != nil || done {
			if err != nil {
				c.SaveAs("run %d", ran)
				return nil, lang.Kept(err)
			}
			return ended(), nil
		}
	}
	if late != nil {
		c.SaveAs("run %d", ran)
		return nil, lang.Kept(late())
	}
	return ended(), nil
}

// latestTerm is the latest term that a server is in.
func latestTerm(w *cluster.World) (term uint64) {
	for _, id := range w.IDs() {
		if n := w.State(id); n != nil {
			term = max(term, n.CurrentTerm)
		}
	}
	return term
}

// waiting says which clients have no reply after time has passed; "": all have.
func waiting(w *cluster.World) string {
	waits := each.Only(w.Clients(), func(c *clients.Client) bool { return c.Status == clients.Pending })
	if len(waits) == 0 {
		return ""
	}
	names := prose.And(each.As(waits, func(c *clients.Client) string { return c.Name }))
	return names + prose.Either(len(waits) == 1, " has", " have") + " no reply yet."
}

// passed says how many ticks have passed, and for whom.
func passed(l *lab.Lab, ticks int, whom string) *lang.Result {
	return lang.OK().With(ranResult{Ticks: uint64(ticks), Clock: l.World().Clock()}).
		Block(view.Says(view.Quiet,
			fmt.Sprintf("%s passed%s; the clock is at %d.", prose.Plural(ticks, "tick"), whom, l.World().Clock())))
}

// passTick lets one tick pass; one that was left midway is ended first.
func passTick(l *lab.Lab) error {
	for begun := false; !begun || l.World().MidTick(); {
		begun = begun || !l.World().MidTick()
		if err := l.Do(cluster.Advance{}); err != nil {
			return err
		}
	}
	return nil
}

var _ = Commands.Register(&lang.Command{
	Name: "play", Topic: lab.TopicTime, Changes: true,
	Summary: "runs in real time and redraws the cluster in place; type a command while it runs",
	Forms:   []lang.Params{{playSpeed, playFor, playOnce}, {playOff}},
	Details: "SPEED is in ticks per second. When you type a command, the clock stops until the command has run, and " +
		"then time goes on. Space stops the clock, too, and Enter lets it go on. Escape or Ctrl-C ends `play`, and " +
		"so do `pause`, `stop` and `play off`. Otherwise it ends after TICKS. For `undo`, a command and the time " +
		"that passes after it are one step. `play once` ends where `run` without TICKS does, and goes slowly while " +
		"messages travel. In a script, and on a terminal that cannot redraw, `play` does the same as `run`, and " +
		"`play for 100` the same as `run 100`.",
	Examples: []string{"play", "play 4 for 100", "play once"},
	Results:  []any{ranResult{}},
	Needs:    lab.Needs(lab.Stepping, "it is playing all the time: pin cluster keeps a picture of it in sight"),
	Run:      runPlay,
})

func runPlay(c *lang.Call) (*lang.Result, error) {
	ticks := playFor.Of(c)
	var r *lang.Result
	var err error
	switch {
	case playOff.Given(c):
		look.Of(c).EndPlay()
		clock := lab.Of(c).World().Clock()
		return lang.Tell(fmt.Sprintf("Time stands still at tick %d. Type play to let it go on.", clock)).
			With(ranResult{Clock: clock}), nil
	case c.Front.Interactive() && !c.Session.InScript():
		r, err = playTicks(c, ticks)
	default:
		r, err = playUnseen(c, ticks)
	}
	if s := look.Of(c); err == nil && s.Paused() == "" && lab.Of(c).World().Leader() != 0 {
		if next := s.AfterPlay(); next != "" {
			r.Line(next)
		}
	}
	return r, err
}

// playUnseen is play where nobody sees it move: the same as run.
func playUnseen(c *lang.Call, ticks int) (*lang.Result, error) {
	if playFor.Given(c) && !playOnce.Given(c) {
		return runFor(c, ticks, never, nil)
	}
	return runToChange(c, ticks)
}

// playTicks lets so many ticks pass before one's eyes, or fewer.
func playTicks(c *lang.Call, ticks int) (*lang.Result, error) {
	l, s := lab.Of(c), look.Of(c)
	goesOn := s.Paused() == c.Text
	if s.EndPlay(); goesOn {
		l.History.Join()
	}
	before, ran, pressed := settledOf(l.World()), 0, lang.NoKey
	for ran < ticks && c.Ctx.Err() == nil {
		if pressed = c.Front.Frame(playFrame(l, s, true)); pressed == lang.Unseen {
			return playUnseen(c, ticks)
		}
		if pressed != lang.NoKey {
			break
		}
		if err := passTick(l); err != nil {
			return nil, err
		}
		ran++
		if playOnce.Given(c) && settledOf(l.World()).changes(before) {
			c.Front.Frame(playFrame(l, s, false))
			break
		}
		select {
		case <-c.Ctx.Done():
		case <-time.After(playBeat(c, l)):
		}
	}
	c.SaveAs("run %d", max(ran, 1))
	r := passed(l, ran, "")
	if r.Quiet = true; goesOn {
		r.Undone = 1 // it is no step of its own
	}
	switch {
	case pressed == lang.TypeKey:
		s.PlayOn(playOn(c, ticks-ran))
		r.View = nil // the frame says it all
	case playOnce.Given(c):
		r.Line(settledOf(l.World()).verdict(before))
	}
	return r, nil
}

// playBeat is how long one looks at a tick: where messages travel it is worth a longer look.
func playBeat(c *lang.Call, l *lab.Lab) time.Duration {
	beat := time.Duration(float64(time.Second) / playSpeed.Of(c))
	if playOnce.Given(c) && l.World().InFlight() > 0 {
		beat *= 6
	}
	return beat
}

// playOn is the line that plays what is left.
func playOn(c *lang.Call, ticks int) string {
	line := fmt.Sprintf("play %g for %d", playSpeed.Of(c), ticks)
	if playOnce.Given(c) {
		line += " once"
	}
	return line
}

// playFrame is what `play` shows of each tick; goesOn: that is not the last.
func playFrame(l *lab.Lab, s *look.Screen, goesOn bool) []view.Block {
	var frame []view.Block
	if s.Big {
		frame = s.BigStatus()
	} else {
		recent := tell.StoryLines(l.Events.Events, tell.Milestone(l.Events.Events))
		const most = 8
		recent = recent[max(0, len(recent)-most):]
		frame = append(look.ClusterBlocks(l.Picture(lab.Only("messages"))), view.Text{Lines: recent, Indent: 6})
	}
	if goesOn {
		frame = append(frame, view.Says(view.Quiet, "type a command, or Escape to end"))
	}
	return frame
}
