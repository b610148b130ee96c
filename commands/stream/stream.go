package stream

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/commands/class"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

// defaultPace is how long a page plays one command at most, unless it is told otherwise: two seconds.
const defaultPace = 2000

const (
	mostSteps  = 400                    // of a command, beyond which neighbours are joined
	mostBytes  = 1 << 20                // of an item's steps, about, likewise
	frameSteps = 2                      // of a frame, beyond which more are joined in the next: a page plays no more
	frameEvery = 100 * time.Millisecond // frames are no closer
)

// Stream makes the items of a session. It observes it, and while somebody follows it is told of
// every action. While nobody does it costs nothing.
type Stream struct {
	lang.Unmoved
	session *lang.Session
	world   lab.World
	lab     *lab.Lab         // the world where that moves step by step, else nil
	Prompt  func() view.Line // the next prompt
	Now     func() time.Time // the real time
	Pace    int              // how long a page plays one command at most, in milliseconds

	mu        sync.Mutex
	followers map[int]func(Item)
	joinedIn  int // followers so far
	state     State

	was      *seen         // the scene that was told last
	place    history.Place // where that is in the history
	refusals refusals
	calls    []*call // under way, the innermost last
	number   int     // of the last command
	steps    []*Step // that no item has yet
	bytes    int     // about how many bytes these take
	open     openStep
	stride   int       // how many ticks and deliveries make a step
	last     time.Time // when steps were last sent, or a command began
}

// call is a command under way.
type call struct {
	text   string
	number int  // 0: it has none yet
	mute   bool // what it does is not shown
	told   int  // items of commands inside it
}

// openStep is a step that more actions may join.
type openStep struct {
	actions int
	quiet   bool // a part of a tick of the whole cluster
	ticked  raft.Set
	events  []event.Event
}

// New is the stream of a session over a world. It is to be the session's first observer.
func New(s *lang.Session, w lab.World) *Stream {
	st := &Stream{session: s, world: w, Prompt: w.Prompt, Now: time.Now, Pace: defaultPace,
		followers: map[int]func(Item){}}
	st.lab, _ = w.(*lab.Lab)
	return st
}

// Follow sends every item from now on to send, at once and where it comes about; send must not
// wait, and not call the Stream. The first is a snapshot. It is to be called, as everything else
// that steps the world, by who runs the session; stop may be called by anybody.
func (s *Stream) Follow(send func(Item)) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.joinedIn
	s.joinedIn++
	if len(s.followers) == 0 {
		s.begin()
	}
	s.followers[id] = send
	send(s.state.Snapshot())
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.followers, id)
	}
}

// begin looks at the world for the first follower.
func (s *Stream) begin() {
	s.calls, s.steps, s.open, s.stride, s.last = nil, nil, openStep{}, 1, s.Now()
	s.was, s.refusals, s.state = nil, refusals{}, State{}
	if s.lab != nil {
		s.lab.Follower = s
	}
	s.state.Apply(s.whole())
}

// whole is a new snapshot, which does not depend on what was told before.
func (s *Stream) whole() *SnapshotItem {
	s.steps, s.bytes, s.open = nil, 0, openStep{}
	if s.lab != nil {
		s.place = s.lab.History.Place()
		s.recallRefusals()
	}
	s.was = look(s.world, s.was, s.refusals)
	return &SnapshotItem{tag: tag{kindSnapshot}, Version: Version, Pace: s.Pace, Live: s.lab == nil, Scene: s.was.Scene}
}

// Look is a world as a snapshot.
func Look(w lab.World) *SnapshotItem {
	s := &Stream{world: w, Pace: defaultPace, refusals: refusals{}}
	s.lab, _ = w.(*lab.Lab)
	return s.whole()
}

// SetPace sets Pace, and tells the pages.
func (s *Stream) SetPace(ms int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Pace = ms; len(s.followers) > 0 {
		s.send(s.whole())
	}
}

// Send gives an item to all who follow: a question for the class, its answers.
func (s *Stream) Send(item Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.followers) > 0 {
		s.send(item)
	}
}

func (s *Stream) send(item Item) {
	s.state.Apply(item)
	for _, to := range s.followers {
		to(item)
	}
}

// State is what a page has that has seen everything so far.
func (s *Stream) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// idle tells whether nobody follows, and then ends being told of actions.
func (s *Stream) idle() bool {
	if len(s.followers) > 0 {
		return false
	}
	if s.lab != nil && s.lab.Follower == lab.Follower(s) {
		s.lab.Follower = nil
	}
	return true
}

// deaf tells whether what happens now is not to be seen: it is tried, or done silently.
func (s *Stream) deaf() bool {
	return s.session.Trying || len(s.calls) > 0 && s.calls[len(s.calls)-1].mute
}

// Before is told of an action that is about to be done.
func (s *Stream) Before(a cluster.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle() || s.deaf() {
		return
	}
	s.catchUp(nil)
	if s.open.actions > 0 && !s.takes(a) {
		s.closeStep()
	}
}

// takes tells whether an action belongs to a step that is open: ticks in a row up to the next
// tick of the whole cluster, and in long commands more.
func (s *Stream) takes(a cluster.Action) bool {
	o, w := &s.open, s.lab.World()
	switch x := a.(type) {
	case cluster.Tick:
		return o.quiet && !o.ticked.Has(x.Node) || o.actions < s.stride
	case cluster.Advance:
		return o.quiet && (w.MidTick() || int(w.Clock()) == s.was.Clock) || o.actions < s.stride
	}
	return joins(a) && o.actions < s.stride
}

// joins tells whether an action is one of many alike.
func joins(a cluster.Action) bool {
	switch a.(type) {
	case cluster.Tick, cluster.ClockTick, cluster.Advance, cluster.DeliverNext, cluster.Deliver, cluster.Arrive:
		return true
	}
	return false
}

// After is told of an action that was done.
func (s *Stream) After(a cluster.Action, events []event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle() || s.deaf() {
		return
	}
	o := &s.open
	first := o.actions == 0
	o.actions++
	o.events = append(o.events, events...)
	quiet := false // a part of a tick of the whole cluster
	switch a := a.(type) {
	case cluster.Tick:
		o.ticked, quiet = o.ticked.With(a.Node), true
	case cluster.ClockTick:
		quiet = true
	case cluster.Advance:
		quiet = len(events) == 0
	}
	o.quiet = quiet && (first || o.quiet)
	s.place = s.lab.History.Place()
	s.refusals.hear(events, s.lab.World())
	if !joins(a) || !o.quiet && o.actions >= s.stride {
		s.closeStep()
		s.steps[len(s.steps)-1].joins = joins(a)
	}
	for len(s.steps) >= mostSteps || len(s.steps) > 1 && s.bytes > mostBytes {
		s.steps, s.bytes = halved(s.steps), 0
		for _, x := range s.steps {
			s.bytes += x.size()
		}
		s.stride *= 2
	}
	if len(s.steps) > 0 && s.Now().Sub(s.last) >= frameEvery {
		s.frame()
	}
}

// closeStep looks at the world and makes a step of what is open.
func (s *Stream) closeStep() {
	if s.open.actions == 0 {
		return
	}
	now := look(s.world, s.was, s.refusals)
	step := stepBetween(s.was, now, s.open.events, tickedText(s.open.ticked))
	step.joins = true
	s.steps, s.was, s.open = append(s.steps, step), now, openStep{}
	s.bytes += step.size()
}

// tickedText says whose clocks have ticked.
func tickedText(who raft.Set) string {
	if who.Empty() {
		return ""
	}
	e := event.Event{Node: who.Next(0), What: event.Ticked{}}
	if who.Len() == 1 {
		return tell.Story(&e).String()
	}
	return "the clocks of " + prose.And(who.Names()) + " tick"
}

// catchUp sends a snapshot where the present is not what the last action made it. Of a command
// that failed the steps are taken back, so they are not told.
func (s *Stream) catchUp(failed error) {
	if s.lab == nil || s.place == s.lab.History.Place() {
		return
	}
	if failed == nil {
		if s.open.actions > 0 { // the world that it led to is gone
			s.open = openStep{}
		}
		if len(s.steps) > 0 {
			s.frame()
		}
	}
	s.send(s.whole())
}

// frame sends the steps that no item has.
func (s *Stream) frame() {
	f := &FrameItem{tag: tag{kindFrame}, Steps: s.steps}
	if k := len(s.calls); k > 0 {
		c := s.calls[k-1]
		f.Number, f.Text = s.numberOf(c), c.text
	}
	if len(s.steps) > frameSteps {
		s.stride *= 2
	}
	s.steps, s.bytes, s.last = nil, 0, s.Now()
	s.send(f)
}

// numberOf is a command's number, the next one where it has none.
func (s *Stream) numberOf(c *call) int {
	if c.number == 0 {
		s.number++
		c.number = s.number
	}
	return c.number
}

// Around is told of a command before it runs, and what came of it.
func (s *Stream) Around(c *lang.Call) (after func(*lang.Result) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle() {
		return nil
	}
	_, mute := c.Front.(lang.Silent)
	k := &call{text: strings.TrimPrefix(c.Text, "quietly "), mute: mute || s.deaf()}
	if !k.mute {
		if s.closeStep(); len(s.steps) > 0 {
			s.frame()
		}
		if len(s.calls) == 0 {
			s.stride, s.last = 1, s.Now()
		}
	}
	depth := len(s.calls)
	s.calls = append(s.calls, k)
	return func(r *lang.Result) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.idle() && depth < len(s.calls) {
			s.ended(c, k, depth, r)
		}
		return nil
	}
}

// ended tells what a command came to.
func (s *Stream) ended(c *lang.Call, k *call, depth int, r *lang.Result) {
	if k.mute {
		s.calls = s.calls[:depth]
		return
	}
	s.calls = s.calls[:depth+1]
	s.catchUp(r.Err)
	s.look()
	item := s.command(k, r)
	if c.Command != nil && c.Command.Name == "say" {
		item.Say = plain(r.View)
	}
	s.calls = s.calls[:depth]
	nothing := len(item.Blocks) == 0 && len(item.Steps) == 0 && (item.OK || r.Told)
	if nothing && (k.told > 0 || k.number == 0 && s.session.InScript()) {
		return
	}
	s.tell(item, k)
}

// tell sends a command's item, of which those around it take notice.
func (s *Stream) tell(item *CommandItem, k *call) {
	item.Number, s.steps, s.bytes = s.numberOf(k), nil, 0
	for _, around := range s.calls {
		around.told++
	}
	s.send(item)
}

// Beside is told of what was shown beside commands: a lesson's words, and what is wrong with a line.
func (s *Stream) Beside(text string, r *lang.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle() || s.deaf() {
		return
	}
	s.catchUp(nil)
	s.look()
	k := &call{text: text}
	item := s.command(k, r)
	if r.Err == nil {
		item.Say = plain(r.View)
	}
	if item.Say == "" && len(item.Steps) == 0 && item.OK {
		return
	}
	s.tell(item, k)
}

// look makes a step of what no step tells: the one that is open, and where the cluster runs by
// itself whatever has changed.
func (s *Stream) look() {
	if s.lab == nil {
		s.beat()
		return
	}
	s.closeStep()
}

// command is a command's item, without its number.
func (s *Stream) command(k *call, r *lang.Result) *CommandItem {
	item := &CommandItem{tag: tag{kindCommand}, Text: k.text, OK: r.Err == nil, Blocks: pageBlocks(r.View),
		Position: s.was.Position, Clock: s.was.Clock, Branch: s.was.Branch, Prompt: s.Prompt(), Steps: s.steps}
	if item.Steps == nil {
		item.Steps = []*Step{}
	}
	if r.Err == nil || r.Told {
		return item
	}
	item.Error = r.Err.Error()
	var e *lang.Error
	if errors.As(r.Err, &e) && e.Hint != "" {
		item.Hint = e.Hint
		item.Error, _, _ = strings.Cut(item.Error, "\n  "+strings.ReplaceAll(e.Hint, "\n", "\n  "))
	}
	return item
}

// pageBlocks is what a command printed, as far as a page shows it: who reads a page needs no code to find it.
func pageBlocks(all []view.Block) []view.Block {
	scan := func(b view.Block) bool { _, is := b.(view.Scan); return is }
	return slices.DeleteFunc(append([]view.Block{}, all...), scan)
}

// plain is what blocks say, without how.
func plain(all []view.Block) string {
	var out []string
	for _, b := range all {
		switch b := b.(type) {
		case view.Prose:
			out = append(out, b.Words.String())
		case view.Text:
			out = append(out, each.As(b.Lines, view.Line.String)...)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// Beat sends what has changed in a cluster that runs by itself: who follows it calls this some 10
// times a second. In one that moves step by step nothing changes by itself.
func (s *Stream) Beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lab != nil || s.idle() {
		return
	}
	if s.beat(); len(s.steps) > 0 {
		s.frame()
	}
}

// lived is what has happened in a cluster that runs by itself, as far as two looks at it tell: it
// keeps no events.
func lived(a, b *seen) (events []event.Event) {
	for i, n := range b.Nodes {
		if i >= len(a.Nodes) || !n.Up || !a.Nodes[i].Up {
			continue
		}
		was, id := a.Nodes[i], raft.ID(i+1)
		add := func(what event.What) {
			events = append(events, event.Event{Node: id, Clock: uint64(b.Clock), What: what})
		}
		if n.Term != was.Term {
			add(event.TermChanged{Term: uint64(n.Term)})
		}
		if n.Role != was.Role {
			add(event.RoleChanged{From: roles[was.Role], To: roles[n.Role], Term: uint64(n.Term)})
		}
		if n.Commit > was.Commit {
			add(event.Committed{Entries: event.Entries{First: uint64(was.Commit + 1), Last: uint64(n.Commit)},
				Leader: n.Role == raft.Leader.String()})
		}
	}
	return events
}

// roles is the roles by their names.
var roles = map[string]raft.Role{raft.Follower.String(): raft.Follower, raft.Candidate.String(): raft.Candidate,
	raft.PreCandidate.String(): raft.PreCandidate, raft.Leader.String(): raft.Leader}

// beat makes a step of what has changed.
func (s *Stream) beat() {
	now := look(s.world, s.was, s.refusals)
	if now.Clock == s.was.Clock {
		return
	}
	step := stepBetween(s.was, now, lived(s.was, now), "")
	step.Story = slices.DeleteFunc(step.Story, func(l StoryLine) bool { return l.Kind == "clock" })
	s.steps, s.was = append(s.steps, step), now
}

// Ask is of class.Stage, with Closed and Show: they tell the pages what the class is asked, and how
// it has answered.
func (s *Stream) Ask(q class.Question) {
	s.Send(NewQuestion(QuestionItem{ID: q.Name, Text: short(q.Text), Choices: append([]string{}, q.Choices...),
		Round: q.Round}))
}

// Closed is of class.Stage.
func (s *Stream) Closed(name string, round int) { s.Send(NewClosed(name, round)) }

// Show is of class.Stage.
func (s *Stream) Show(o class.Outcome) {
	s.Send(NewAnswers(AnswersItem{ID: o.Name, Text: short(o.Text), Choices: append([]string{}, o.Choices...),
		Truth: o.Truth, Rounds: o.Rounds, Changed: o.Changed, Pages: o.Pages}))
}
