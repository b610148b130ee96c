// Package ask has the commands that ask what may still happen, and how a situation could have come about.
package ask

import (
	"context"
	"fmt"
	"slices"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/invariants"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/why/ballot"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Commands are those of this room.
var Commands lang.Set

// Questions about what can still happen are put to the search: yes comes with a
// schedule, no with a reason or the bounds within which it was proved, and
// anything else is unknown.

var (
	couldNode = words.NodeThat(words.Following)
	couldWin  = lang.Literal("win")
	canIndex  = lang.Whole("INDEX", 1, words.MaxFigure)
	canBe     = lang.Literal("be")
	canLost   = lang.Literal("lost")
	canOn     = words.Node().Keyword("on")
	askTime   = lang.Duration(10*time.Millisecond, 24*time.Hour).Default(20 * time.Second).Keyword("within")
	askBounds = lang.Params{search.Depth, search.Timeouts, search.Beats, search.Crashes, search.Drops, search.Doubles,
		search.Submits, search.Terms, askTime}
	yesNoNever = "The answer is `yes` with a schedule, which becomes the branch `found`; `no` with " +
		"the reason, or with the bounds within which everything was tried; or `unknown`. A broken invariant does not " +
		"end the search, but the answer mentions it."
)

var _ = Commands.Register(&lang.Command{
	Name: "could", Topic: lab.TopicLab,
	Summary: "asks whether a server could become leader from here, and shows how",
	Args:    append(lang.Params{couldNode, couldWin}, askBounds...),
	Details: "Links that are cut stay cut, and frozen servers stay frozen. First the command tries a plan: the " +
		"server starts an election, and if necessary a few more. If its log is behind, another leader is elected " +
		"first and sends the server what it lacks. Then the command searches. If you give no bounds, they grow as " +
		"it goes. " + yesNoNever,
	Examples: []string{
		"could S3 win", `given S1 log "1 2"; given S2 log "1 2"; given S3 log "1 2"; given S4 log "1"; ` +
			`could S4 win timeouts 1 heartbeats 0 submits 0 crashes 0`,
	},
	Results: []any{Finding{}},
	Needs:   lab.NeedsSearch,
	Run:     runCould,
})

var _ = Commands.Register(&lang.Command{
	Name: "can", Topic: lab.TopicLab,
	Summary: "asks whether the entry at INDEX, as it is now, can still be lost",
	Args:    append(lang.Params{canIndex, canBe, canLost, canOn}, askBounds...),
	Details: "An entry is lost when no server's log holds it any more, on disk or in memory, or when another " +
		"entry is committed at its index. Where logs differ at INDEX, the question is about the committed entry, " +
		"or else the leader's; `on NODE` asks about that server's entry. The command first looks for a server that " +
		"could lead without the entry. Then it tries everything within the bounds. " + yesNoNever,
	Examples: []string{
		"timeout S1; settle; put x 1; settle; can 2 be lost", "timeout S1; settle; isolate S1; put x 1; can 2 be lost",
	},
	Results: []any{Finding{}},
	Needs:   lab.NeedsSearch,
	Run:     runCan,
})

// Finding is what a question came to.
type Finding struct {
	Answer   string      `json:"answer"` // yes, no or unknown
	Reason   string      `json:"reason"`
	Outcome  string      `json:"outcome"`      // of the search, as explored has it
	By       string      `json:"by,omitempty"` // how the schedule was found, as explored.by
	Shortest bool        `json:"shortest,omitempty"`
	Bounds   *boundsView `json:"bounds,omitempty"`
	States   int         `json:"states"`
	Depth    int         `json:"depth"`   // steps to which everything was tried; 0 where nothing was searched
	Proven   int         `json:"proven"`  // as explored.proven
	Seconds  float64     `json:"seconds"` // how long the answer took
	Steps    int         `json:"steps"`
	Schedule []tell.Told `json:"schedule"`

	Path []cluster.Action `json:"-"`
}

// no is the answer that needs no search.
func no(reason string) *Finding {
	return &Finding{Answer: "no", Outcome: explore.Complete, Reason: reason}
}

// boundsView is the bounds of a search, as its command says them.
type boundsView struct {
	Depth      int    `json:"depth,omitempty"`
	Timeouts   int    `json:"timeouts"`
	Heartbeats int    `json:"heartbeats"`
	Crashes    int    `json:"crashes"`
	Duplicates int    `json:"duplicates"`
	Submits    int    `json:"submits"`
	Terms      uint64 `json:"terms"`
}

func viewBounds(b explore.Bounds) *boundsView {
	return &boundsView{b.Depth, b.Timeouts, b.Beats, b.Crashes, b.Duplicates, b.Submits, b.Terms}
}

func (b *boundsView) String() string {
	text := fmt.Sprintf("timeouts %s heartbeats %s crashes %s duplicates %s submits %s", most(b.Timeouts),
		most(b.Heartbeats), most(b.Crashes), most(b.Duplicates), most(b.Submits))
	if b.Terms > 0 {
		text += fmt.Sprintf(" terms %d", b.Terms)
	}
	if b.Depth > 0 {
		text = fmt.Sprintf("depth %d %s", b.Depth, text)
	}
	return text
}

// most is a bound in words.
func most(n int) string {
	if n >= explore.Any {
		return "any"
	}
	return fmt.Sprint(n)
}

// show keeps what was found and tells it.
func (a *Finding) show(c *lang.Call, about string) (*lang.Result, error) {
	l := lab.Of(c)
	if err := a.keep(c, l.World(), l.History.Found); err != nil {
		return nil, err
	}
	style := map[string]view.Style{"yes": view.Warn, "no": view.Good, "unknown": view.Warn}[a.Answer]
	answer := view.Line{view.S(style, prose.Capital(a.Answer)+": "), view.S(view.Plain, about)}
	return lang.OK().With(a).Block(a.blocks(answer)...), nil
}

// keep makes the schedule that was found, from a world on, a branch, and tells the answer to conditions.
func (a *Finding) keep(c *lang.Call, from *cluster.World, found func([]cluster.Action) error) (err error) {
	if a.Schedule, err = tell.Schedule(from, a.Path); err != nil {
		return err
	}
	if a.Steps = len(a.Schedule); a.Steps > 0 || a.Outcome == explore.Reached {
		err = found(a.Path) // of no steps where it is so already: found is what was found last
	}
	a.Seconds = time.Since(c.Began).Seconds()
	lab.Of(c).Explored = &lab.ExploredView{Outcome: a.Outcome, Steps: a.Steps, States: a.States, Depth: a.Depth,
		Proven: a.Proven, Seconds: a.Seconds, By: a.By}
	return err
}

// blocks is the answer to read: the schedule first, since it may be longer than the screen,
// then what it shows.
func (a *Finding) blocks(answer view.Line) (all []view.Block) {
	if len(a.Schedule) > 0 {
		all = append(all, tell.ScheduleTable(a.Schedule), view.Text{Lines: []view.Line{search.LeadsThere()}})
	}
	all = append(all, search.Headline(answer), view.Prose{Words: view.L(a.Reason)})
	if a.Bounds != nil && a.Answer != "yes" {
		all = append(all, search.Headline(view.LS(view.Quiet, "bounds: "+a.Bounds.String())))
	}
	return all
}

// Question is what is asked of the future: whether a goal can be reached.
type Question struct {
	Goal   func(*cluster.World) bool
	counts func(*invariants.Breach) bool                         // which breaches are as good as the goal; nil: none is
	frozen bool                                                  // frozen servers stay as they are, and do not crash
	Serves func(w *cluster.World, leader, follower raft.ID) bool // what may serve it, see explore.Search
	fewest int                                                   // no schedule has fewer steps; 0: not known
}

// Ask answers the question. A breach that is not asked about ends nothing: a state
// made by hand may meet one on any way. But the answer tells of it.
func (q *Question) Ask(c *lang.Call, w *cluster.World) Finding {
	w = q.seek(w)
	a := q.find(c, w)
	a.Reason += q.met(w, a.Path)
	return a
}

// seek is a copy of the world in which no breach is harm that is not asked about.
func (q *Question) seek(w *cluster.World) *cluster.World {
	w = w.Clone()
	w.Seek(func(b *invariants.Breach) bool { return q.counts != nil && q.counts(b) })
	return w
}

// Search is a search for the goal, within no bounds yet.
func (q *Question) Search() explore.Search {
	return explore.Search{Untouched: true, Frozen: q.frozen, Grow: true,
		Goal: func(_ int, w *cluster.World) bool { return q.Goal(w) }, Serves: q.Serves}
}

// met tells of the invariants that a schedule breaks.
func (q *Question) met(w *cluster.World, path []cluster.Action) string {
	w = w.Clone()
	before := len(w.Breaches())
	for _, a := range path {
		_ = w.Apply(a)
	}
	text := ""
	if end := w.Harm(before); end != nil {
		text = fmt.Sprintf(" It ends in a breach of %s: %s.", end.Property, end.Text)
	}
	passed := slices.DeleteFunc(slices.Clone(w.Breaches()[before:]),
		func(b invariants.Breach) bool { return q.counts != nil && q.counts(&b) })
	switch n := len(passed); {
	case n == 1:
		text += fmt.Sprintf(" It meets a breach of %s on the way: %s.", passed[0].Property, passed[0].Text)
	case n > 1:
		text += fmt.Sprintf(" It meets %d breaches on the way, the first of %s: %s.", n, passed[0].Property,
			passed[0].Text)
	}
	return text
}

// find tries the plan, then searches: within the bounds that were given, or else
// in wider and wider ones. Where there is a plan it only looks for a shorter one.
func (q *Question) find(c *lang.Call, w *cluster.World) Finding {
	ctx, cancel := context.WithTimeout(c.Ctx, askTime.Of(c))
	defer cancel()
	s := q.Search()
	s.Progress = search.Progress(c)
	s.Bounds, s.Grow = search.BoundsOf(c)
	s.Bounds.Drops = 0 // it makes nothing possible: what is never delivered is as good as lost
	if !s.Grow && !search.Terms.Given(c) {
		s.Bounds.Terms = search.HighestTerm(w) + 2
	}
	plan := s.Plan(ctx, w)
	if plan == nil {
		return searched(s.Run(ctx, w))
	}
	a := Finding{Answer: "yes", Outcome: explore.Reached, By: "plan", Path: plan,
		Proven: min(max(q.fewest, 1), len(plan))}
	a.Shortest = a.Proven == len(plan)
	const soon, some = 10, 20_000 // steps and states that a search has seen in a moment
	if !a.Shortest && len(plan) <= soon {
		s.States, s.Bounds.Depth = some, len(plan)-1
		b := searched(s.Run(ctx, w))
		if b.Answer == "yes" {
			return b
		}
		a.States, a.Depth, a.Proven = b.States, b.Depth, max(a.Proven, b.Proven)
		a.Shortest = b.Outcome == explore.Complete
	}
	a.Reason = a.howLong()
	return a
}

// howLong says how long the schedule is that was found, and whether a shorter
// one may exist.
func (a *Finding) howLong() string {
	return fmt.Sprintf("In %s; %s.", prose.Plural(len(a.Path), "step"), prose.Either(a.Shortest,
		"no schedule within the same bounds is shorter", "a shorter schedule may exist"))
}

// searched is the answer that a search leads to.
func searched(found explore.Result) Finding {
	a := Finding{Outcome: found.Outcome, Bounds: viewBounds(found.Bounds), States: found.States, Path: found.Path,
		Depth: found.Depth, Proven: found.Proven}
	switch {
	case found.Outcome == explore.Reached, found.Outcome == explore.Breach:
		a.Answer, a.Outcome, a.Shortest, a.By = "yes", explore.Reached, found.Proven >= len(found.Path),
			search.FoundBy(found)
		a.Reason = a.howLong()
	case found.Outcome == explore.Complete:
		a.Answer, a.Reason = "no", "Everything was tried within these bounds."
	default:
		a.Answer = "unknown"
		a.Reason = prose.Capital(search.Unfinished(found, search.FewerBounds)) + "."
	}
	return a
}

func runCould(c *lang.Call) (*lang.Result, error) {
	l, id := lab.Of(c), couldNode.Of(c)
	w := l.World()
	about := fmt.Sprintf("%s could win an election.", id)
	if n := w.State(id); n != nil && n.Role == raft.Leader {
		a := Finding{Answer: "yes", Outcome: explore.Reached, Reason: fmt.Sprintf("It leads term %d.", n.CurrentTerm)}
		return a.show(c, fmt.Sprintf("%s leads already.", id))
	}
	if reason := leftBehind(l, id); reason != "" {
		return no(reason).show(c, fmt.Sprintf("%s cannot win an election any more.", id))
	}
	reason := cannotWin(w, id)
	if reason == "" {
		reason = staysBehind(w, id)
	}
	if reason != "" {
		ctx, cancel := context.WithTimeout(c.Ctx, askTime.Of(c))
		defer cancel()
		return no(reason+onceMended(ctx, w, id)).show(c, fmt.Sprintf("%s cannot win an election as things stand.", id))
	}
	a := winOf(w, id).Ask(c, w)
	switch a.Answer {
	case "no":
		about = fmt.Sprintf("%s wins no election within these bounds.", id)
	case "unknown":
		about = fmt.Sprintf("%s was not seen to win an election.", id)
	}
	if n := w.State(id); a.Answer != "yes" && n != nil {
		a.Reason += fmt.Sprintf(" An election now: %s %s.", id, ballot.Consequence(w, id))
	}
	return a.show(c, about)
}

// winOf asks for a schedule that makes a server leader: what another leader sends
// to others serves it nothing.
func winOf(w *cluster.World, id raft.ID) *Question {
	return &Question{Goal: func(w *cluster.World) bool { return lab.LeadsNow(w, id) }, fewest: fewestToWin(w, id),
		frozen: true,
		Serves: func(_ *cluster.World, _, follower raft.ID) bool { return follower == 0 || follower == id }}
}

// leftBehind is why a server that was removed wins no more, or nothing. Where the
// history left Raft's rules nothing follows.
func leftBehind(l *lab.Lab, id raft.ID) string {
	if len(Unnatural(l.History)) > 0 || len(l.World().Breaches()) > 0 {
		return ""
	}
	return lacksForGood(l.World(), id)
}

// lacksForGood is leftBehind by the rules of Raft: the server lacks what is
// committed, no server that holds this sends it anything, and nothing that a
// question's schedule does changes the members.
func lacksForGood(w *cluster.World, id raft.ID) string {
	last := w.Memory().Committed()
	_, _, term, ok := w.Memory().CommittedAt(last)
	e := lab.Entry{Index: last, Term: term}
	if !ok || e.HeldBy(w, id) || electedWithout(w, id, e) || sentLater(w, id, e) {
		return ""
	}
	// Whoever lacks the entry leads no later term (Leader Completeness, section
	// 5.4.3), so its configuration, which may be of long ago, does not count.
	for _, o := range e.Holders(w) {
		for _, c := range configurationsOf(w, o, false) {
			if c.Members().Has(id) {
				return ""
			}
		}
	}
	return fmt.Sprintf("It lacks %s, which is committed, so no majority votes for it (section 5.4.1). "+
		"No server that holds it sends it to %s, which is not a member of their configuration.", e, id)
}

// electedWithout tells whether a candidate that lacks a committed entry may still
// win the term in which it is: votes given before the entry was stored count.
func electedWithout(w *cluster.World, id raft.ID, e lab.Entry) bool {
	n := w.State(id)
	if n == nil || n.Role != raft.Candidate {
		return false
	}
	votes := votesGiven(w, id)
	for _, v := range w.IDs() {
		if s := w.Stored(v); !e.HeldBy(w, v) || s.VotedFor == id && s.CurrentTerm == n.CurrentTerm {
			votes = votes.With(v)
		}
	}
	return n.Configuration.Majority(votes)
}

// votesGiven is the votes that a candidate has, and those on their way to it.
func votesGiven(w *cluster.World, id raft.ID) (votes raft.Set) {
	n := w.State(id)
	if n == nil || n.Role != raft.Candidate {
		return votes
	}
	votes = n.Votes
	for _, f := range w.Flights() {
		if m, ok := f.Message.(*raft.RequestVoteReply); ok && f.To == id && m.VoteGranted && m.Term == n.CurrentTerm &&
			w.Fate(&f) == "" {
			votes = votes.With(f.From)
		}
	}
	return votes
}

// sentLater tells whether what is in flight brings a committed entry to a server
// that lacks it, or has that server be a member again.
func sentLater(w *cluster.World, id raft.ID, e lab.Entry) bool {
	for _, f := range w.Flights() {
		switch m := f.Message.(type) {
		case *raft.InstallSnapshot:
			if f.To == id {
				return true
			}
		case *raft.AppendEntries:
			for i, x := range m.Entries {
				index := m.PrevLogIndex + 1 + uint64(i)
				c, ok := configurationIn(x)
				if f.To == id && index == e.Index || ok && index > e.Index && c.Members().Has(id) {
					return true
				}
			}
		}
	}
	return false
}

// onceMended says whether a plan works where nothing is cut or frozen.
func onceMended(ctx context.Context, w *cluster.World, id raft.ID) string {
	mended := w.Clone()
	_ = mended.Apply(cluster.Partition{})
	thawed := ""
	for _, v := range w.IDs() {
		if w.Frozen(v) && mended.Apply(cluster.Thaw{Node: v}) == nil {
			thawed = " and thaw"
		}
	}
	q := winOf(mended, id)
	s := q.Search()
	path := s.Plan(ctx, q.seek(mended))
	if path == nil {
		return ""
	}
	return fmt.Sprintf(" After heal%s, %s could win in %s.", thawed, id, prose.Plural(len(path), "step"))
}

// cannotWin is why no schedule makes the server leader as long as links,
// frozen servers and members stay as they are, or nothing.
func cannotWin(w *cluster.World, id raft.ID) string {
	if w.Frozen(id) {
		return fmt.Sprintf("%s is frozen; thaw it first.", id)
	}
	ahead := configurationsAhead(w, id)
	if !slices.ContainsFunc(append(configurationsOf(w, id, true), ahead...),
		func(c raft.Configuration) bool { return c.CanVote(id) }) {
		return fmt.Sprintf("%s has no vote in its configuration (%s), so it holds no elections.", id, ahead[0])
	}
	why := ""
	for _, conf := range ahead {
		short := cannotWinBy(w, id, conf)
		if short == "" {
			return ""
		}
		if why == "" { // by its own configuration
			why = short
		}
	}
	return why
}

// cannotWinBy is cannotWin with one configuration in force.
func cannotWinBy(w *cluster.World, id raft.ID, conf raft.Configuration) string {
	reach := inReach(w, id, conf)
	if conf.Majority(reach.Or(votesGiven(w, id))) {
		return ""
	}
	return fmt.Sprintf("It cannot exchange messages with %s: with what is left there is no majority of the voters "+
		"(%s). heal or thaw, and ask again.", prose.And(conf.AllVoters().Minus(reach).Names()), conf)
}

// inReach is the voters with which a server can exchange messages, and itself.
func inReach(w *cluster.World, id raft.ID, conf raft.Configuration) raft.Set {
	reach := raft.SetOf(id)
	for v := range conf.AllVoters().Without(id).All() {
		if w.Has(v) && !w.Frozen(v) && !w.IsCut(id, v) && !w.IsCut(v, id) {
			reach = reach.With(v)
		}
	}
	return reach
}

// staysBehind is why no schedule makes the server leader where a majority in its
// reach would answer, but refuse it, or nothing. No other server can lead as long
// as links and frozen servers stay as they are, so that no log changes.
func staysBehind(w *cluster.World, id raft.ID) string {
	if len(w.Bugs()) > 0 || !w.Settings().Fsync {
		return ""
	}
	for _, o := range w.IDs() {
		if w.Frozen(o) {
			continue
		}
		if n := w.State(o); n != nil && n.Role != raft.Follower || o != id && cannotWin(w, o) == "" {
			return ""
		}
	}
	for _, f := range w.Flights() {
		if m, ok := f.Message.(*raft.AppendEntries); ok && len(m.Entries) > 0 || f.Message.Type() == "InstallSnapshot" {
			return ""
		}
	}
	var newer raft.Set
	for _, conf := range configurationsAhead(w, id) {
		reach, would := inReach(w, id, conf), raft.SetOf(supporters(w, conf, id)...)
		if conf.Majority(reach.And(would)) {
			return ""
		}
		newer = newer.Or(reach.Minus(would))
	}
	refuse := prose.Either(newer.Len() == 1, "refuses it, because its log is newer",
		"refuse it, because their logs are newer")
	return fmt.Sprintf("%s %s (section 5.4.1), and no server that could send %s what it lacks can become leader. heal "+
		"or thaw, and ask again.", prose.And(newer.Names()), refuse, id)
}

// configurationsAhead is the configurations that may be in force at a server
// now or later: its own first, then what logs and mail hold, less what is
// committed away; a joint one leads to the new one.
func configurationsAhead(w *cluster.World, id raft.ID) (all []raft.Configuration) {
	add := func(list ...raft.Configuration) {
		for _, c := range list {
			for _, c := range []raft.Configuration{c, {Voters: c.Voters, Learners: c.Learners}} {
				if !slices.Contains(all, c) {
					all = append(all, c)
				}
			}
		}
	}
	own := configurationOf(w)
	if n := w.State(id); n != nil {
		own = *n.Configuration
	}
	add(own)
	for _, o := range w.IDs() {
		list := configurationsOf(w, o, false)
		if s := w.Stored(o); o != id && s.Snapshot == nil && len(list) > 0 && list[0] == s.Initial {
			list = list[1:] // it is in no log, and nobody sends it
		}
		add(list...)
	}
	for _, f := range w.Flights() {
		switch m := f.Message.(type) {
		case *raft.AppendEntries:
			for _, e := range m.Entries {
				if c, ok := configurationIn(e); ok {
					add(c)
				}
			}
		case *raft.InstallSnapshot:
			add(m.Snapshot.Configuration)
		}
	}
	return all
}

// configurationsOf is those that a server's disk holds and that are not committed
// away: it may come back to each of them. A crash makes it forget what is
// committed, so that in all of them that give it a vote it may hold elections
// (thesis 4.2.2).
func configurationsOf(w *cluster.World, id raft.ID, all bool) []raft.Configuration {
	s := w.Stored(id)
	list := []raft.Configuration{s.Initial}
	if s.Snapshot != nil {
		list[0] = s.Snapshot.Configuration
	}
	for i := s.Log.FirstIndex(); i <= s.Log.LastIndex(); i++ {
		if c, ok := configurationIn(s.Log.Entry(i)); ok {
			if !all && committedThere(w, s.Log.Entry(i), i) {
				list = nil
			}
			list = append(list, c)
		}
	}
	return list
}

// committedThere tells whether the entry is what was committed at its index;
// another one may have been, which will replace it.
func committedThere(w *cluster.World, e raft.Entry, index uint64) bool {
	if _, _, term, known := w.Memory().CommittedAt(index); known {
		return term == e.Term
	}
	return index <= w.Memory().Committed()
}

func configurationIn(e raft.Entry) (raft.Configuration, bool) {
	if e.Kind != raft.Config {
		return raft.Configuration{}, false
	}
	c, err := raft.ParseConfiguration(e.Data)
	return c, err == nil
}

// configurationOf is who votes, by the leader or else by the first server that
// is up; all servers where none is.
func configurationOf(w *cluster.World) raft.Configuration {
	if id := w.Leader(); id != 0 {
		return *w.State(id).Configuration
	}
	for _, id := range w.IDs() {
		if n := w.State(id); n != nil {
			return *n.Configuration
		}
	}
	return raft.Configuration{Voters: raft.SetOf(w.IDs()...)}
}
