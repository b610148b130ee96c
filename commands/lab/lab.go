// Package lab is the ground on which Raft's commands stand: a cluster with its history,
// as the World of a session; what every driver of a cluster offers; and what conditions
// may name. A command gets at it with Of(c), or with WorldOf where any driver will do.
package lab

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Teller puts what happened into words.
type Teller struct {
	Story func(events []event.Event, omitted int) view.Text // line by line; so many events more were left out
	Sum   func(events []event.Event) view.Text              // what it came to, in a sentence
}

// Lab is the World of a session: a cluster with its history.
type Lab struct {
	tell     Teller
	History  *history.History
	Events   *cluster.Listener
	steps    []step
	open     ledger         // breaches that no expectation named
	began    ledger         // those of the present cluster's start, up to the first thing that is done with it
	Machine  string         // the state machine that the next new cluster replicates, by name
	Replay   bool           // it replays the record of a run in real time
	Explored *ExploredView  // what the last search found; nil: there was none
	Used     map[string]int // how often each command was given, by name
	Guests   *Guests        // the other programs that servers may run
	Follower Follower       // is told of each action; nil: nobody is
	Recorded string         // the file of a real run that the session began with, or ""
	Opened   []view.Block   // what is said first instead of the usual Banner; nil: the usual
	Link     string         // the address of the page in whose tab it is, behind which texts open; "": in no tab

	// Beside begins a session of its own, with a fresh cluster, for what is to be played
	// beside this one.
	Beside func(nodes int, seed uint64) (*lang.Session, *Lab, error)
}

// Follower is told of each action that is done: before it is, and after it with what
// happened. Of the clocks' ticks it is not told.
type Follower interface {
	Before(a cluster.Action)
	After(a cluster.Action, events []event.Event)
}

// step is a command that has begun and not ended: what taking it back restores.
type step struct {
	mark     *history.Mark
	explored *ExploredView
	open     ledger
	began    ledger
	machine  string
}

// maxEvents is how many events of one command are kept for its result.
const maxEvents = 10_000

// UsualMachine is the state machine of a session unless `machine` chooses another, and always that
// of lessons and scenarios.
const UsualMachine = "kv"

// New is a lab with a fresh cluster. tell puts what a command did into words.
func New(nodes int, seed uint64, guests *Guests, tell Teller) (*Lab, error) {
	if nodes < 1 || nodes > cluster.MaxServers {
		return nil, lang.Errorf("a cluster has from 1 to %d servers, not %d", cluster.MaxServers, nodes)
	}
	ctx := context.Background()
	if guests.Ctx != nil {
		ctx = guests.Ctx
	}
	who, err := guests.Usual(ctx)
	if err != nil {
		return nil, err
	}
	if last := who.Last(); int(last) > nodes {
		return nil, NoServer(last, nodes)
	}
	w, err := who.World(nodes, seed, setting.Defaults(), UsualMachine)
	if err != nil {
		return nil, err
	}
	return NewWith(w, guests, tell), nil
}

// NewWith is a lab that begins with a world.
func NewWith(w *cluster.World, guests *Guests, tell Teller) *Lab {
	l := &Lab{tell: tell, Events: &cluster.Listener{Limit: maxEvents, NoTicks: true}, Machine: UsualMachine,
		Used: map[string]int{}, Guests: guests}
	l.Start(w)
	return l
}

// Start makes a world the present of a new root of the history.
func (l *Lab) Start(w *cluster.World) {
	if l.History == nil {
		l.History = history.New(w)
	} else {
		l.History.New(w)
		l.Events.Add(w.Began())
	}
	l.began = l.broken(0)
	l.History.World().Listen(l.Events)
}

// Of is the lab that a call works on.
func Of(c *lang.Call) *Lab { return c.World.(*Lab) }

// World is the present, to be read only.
func (l *Lab) World() *cluster.World { return l.History.World() }

// Do does an action and records it.
func (l *Lab) Do(a cluster.Action) error {
	before := len(l.World().Breaches())
	do := l.History.Do
	if l.Follower != nil {
		do = l.doFollowed
	}
	err := do(a)
	if err == nil {
		l.takeUp()
	}
	if len(l.World().Breaches()) > before {
		l.enter(before)
	}
	return err
}

// doFollowed does an action and tells the Follower, also of those events that are too many to
// be kept for the result.
func (l *Lab) doFollowed(a cluster.Action) error {
	l.Follower.Before(a)
	heard := &cluster.Listener{NoTicks: true}
	l.World().Listen(heard)
	defer func() { l.World().Listen(l.Events) }()
	err := l.History.Do(a)
	l.Events.Add(heard.Events)
	if err == nil {
		l.Follower.After(a, heard.Events)
	}
	return err
}

// DoAll does one action after the other, up to one that cannot be done.
func (l *Lab) DoAll(actions ...cluster.Action) error {
	for _, a := range actions {
		if err := l.Do(a); err != nil {
			return err
		}
	}
	return nil
}

// Settings are those of the present.
func (l *Lab) Settings() *setting.Settings { return l.World().Settings() }

// Script is the commands that lead to the present.
func (l *Lab) Script() ([]string, error) { return l.History.Script(), nil }

// Begin, Commit and Rollback are Recorder's. The outermost step is one unit of
// undo; each command inside it is recorded as a line of its own.
func (l *Lab) Begin(command string) {
	if len(l.steps) == 0 {
		l.History.NextUnit()
	}
	l.steps = append(l.steps, step{l.History.Mark(), l.Explored, l.open, l.began, l.Machine})
	l.History.Begin(command)
}

func (l *Lab) Commit(command string) {
	l.steps = l.steps[:len(l.steps)-1]
	l.History.End(command)
}

func (l *Lab) Rollback() {
	last := len(l.steps) - 1
	l.History.Reset(l.steps[last].mark)
	l.Explored, l.Machine = l.steps[last].explored, l.steps[last].machine
	l.open, l.began = l.steps[last].open, l.steps[last].began
	l.steps = l.steps[:last]
	l.Events.Take()
}

// Report completes a result: its position, what happened, and the lines that
// tell it.
func (l *Lab) Report(r *lang.Result) {
	r.Position = l.World().Position()
	events, omitted := l.Events.Take()
	r.Omitted += omitted
	for i := range events {
		r.Events = append(r.Events, &events[i])
	}
	var story view.Text
	switch {
	case r.Summed:
		story = l.tell.Sum(events)
	case !r.Quiet:
		story = l.tell.Story(events, omitted)
	}
	if len(story.Lines) > 0 {
		r.View = append([]view.Block{story}, r.View...)
	}
}

// Here is the present's place in the history, as `goto` takes it: main:12.
func (l *Lab) Here() string {
	p := l.History.Place()
	return fmt.Sprintf("%s:%d", p.Branch.Name, p.Position)
}

// Prompt says who leads, and where in history the present is.
func (l *Lab) Prompt() view.Line {
	w := l.World()
	who := view.S(view.Quiet, "no leader")
	if id := w.Leader(); id != 0 {
		who = view.S(view.Leader, fmt.Sprintf("%s leads t%d", id, w.State(id).CurrentTerm))
	}
	line := view.Line{view.S(view.Plain, "["), who, view.S(view.Plain, fmt.Sprintf(" #%d]", w.Position()))}
	switch bugs := w.Bugs(); len(bugs) {
	case 0:
	case 1:
		line = append(line, view.S(view.Bad, " BUG:"+bugs[0]))
	default:
		line = append(line, view.S(view.Bad, fmt.Sprintf(" BUGS:%d", len(bugs))))
	}
	if n := len(w.Departures()); n > 0 {
		line = append(line, view.S(view.Warn, fmt.Sprintf(" DEPARTURES:%d", n)))
	}
	if n := len(w.Violations()); n > 0 {
		line = append(line, view.S(view.Bad, fmt.Sprintf(" BREACHES:%d", n)))
	}
	if file := l.Guests.newer(); file != "" {
		line = append(line, view.S(view.Warn, " "+filepath.Base(file)+" is newer: guest reload"))
	}
	return append(line, view.S(view.Plain, " > "))
}

// Banner is the first thing that a newcomer reads.
func (l *Lab) Banner() []view.Block {
	if l.Opened != nil {
		return l.Opened
	}
	n := l.World().Size()
	who := "one server, S1"
	if n > 1 {
		who = fmt.Sprintf("%d servers, S1 to S%d", n, n)
	}
	leaves := "Ctrl-D leaves."
	if l.Link != "" {
		leaves = "`share` prints a link to where you are."
	}
	blocks := []view.Block{view.Text{Lines: []view.Line{
		{view.S(view.Strong, "raftlab"), view.S(view.Plain, ": "+who+". Nothing moves until you say so.")},
		view.Typed("Enter plays an election; or try `timeout S1`, then `next`, `status` and `undo`; or `tour`."),
		view.Typed("`help` lists the commands, `lesson fast` teaches Raft in 45 minutes, " + leaves),
	}}}
	if runs := l.Guests.runs(); runs != "" {
		blocks = append(blocks, view.Lines(runs))
	}
	if began := l.World().Began(); len(began) > 0 {
		blocks = append(blocks, l.tell.Story(began, 0))
	}
	return blocks
}

// What follows is Facts: what exists, for the words of the language.

func (l *Lab) NodeIDs() []raft.ID { return l.World().IDs() }

func (l *Lab) Node(id raft.ID) (words.NodeFacts, bool) {
	w := l.World()
	if id < 1 || int(id) > w.Size() {
		return words.NodeFacts{}, false
	}
	return words.FactsOf(w.State(id), w.Frozen(id)), true
}

func (l *Lab) MaxNodes() int   { return cluster.MaxServers }
func (l *Lab) Leader() raft.ID { return l.World().Leader() }

func (l *Lab) InFlight() []words.MessageFacts {
	return each.As(l.World().Flights(), func(m cluster.Flight) words.MessageFacts {
		return words.MessageFacts{ID: words.MessageID(m.ID), Type: words.MessageType(m.Message.Type()),
			From: m.From, To: m.To}
	})
}

func (l *Lab) Names(sort lang.Sort) []string {
	var names []string
	switch sort {
	case words.SortSetting:
		names = append(names, each.As(setting.All(), func(d *setting.Setting) string { return d.Name })...)
	case words.SortScenario:
		return ScenarioNames()
	case words.SortRule:
		return RuleNames()
	case words.SortBug:
		return BugNames()
	case words.SortCheckpoint:
		return l.History.Checkpoints()
	case words.SortBranch:
		names = append(names, each.As(l.History.Branches(), func(b *history.Branch) string { return b.Name })...)
	case words.SortKey:
		names = l.keys()
	case words.SortClient:
		names = append(names, each.As(l.World().Clients(), func(c *clients.Client) string { return c.Name })...)
	}
	slices.Sort(names)
	return names
}

// keys is the keys that some server's store has.
func (l *Lab) keys() []string {
	seen := map[string]string{}
	for _, id := range l.World().IDs() {
		if m := l.World().Machine(id); m != nil {
			maps.Insert(seen, m.All())
		}
	}
	return slices.Collect(maps.Keys(seen))
}

func (l *Lab) Values(name string) []string {
	if d := setting.Find(name); d != nil {
		return d.Choices
	}
	return nil
}

// Picture is the present, with the branch that it is on.
func (l *Lab) Picture(used func(word string) bool) *picture.Picture {
	p := picture.OfWorld(l.World(), used)
	p.Branch = l.History.Place().Branch.Name
	return p
}

func (l *Lab) Vocabulary(use *Cond) *Vocabulary {
	v := VocabularyOf(l.Picture(use.Uses))
	v.Explored, v.Used = l.Explored, l.Used
	return v
}

// Counter is the observer that counts the commands of a session.
type Counter struct {
	lang.Unmoved
	Lab *Lab
}

// Around counts a call, whatever comes of it.
func (u *Counter) Around(c *lang.Call) (after func(*lang.Result) error) {
	if c.Command != nil {
		u.Lab.Used[c.Command.Name]++
	}
	return nil
}

// NoServer says that a cluster of so many servers has no such one.
func NoServer(id raft.ID, nodes int) error {
	return lang.Errorf("there is no %s; the servers are S1 to S%d", id, nodes)
}
