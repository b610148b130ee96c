//go:build !js

// Package realtime makes a session's world of a cluster that runs by itself. Nothing in
// it is a step of undo: what happens in real time has happened.
package realtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/live"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// World is such a cluster.
type World struct {
	cluster *live.Cluster
	replay  Replay
	done    string   // the last action, in words, if Report has not told it yet; else ""
	to      raft.Set // the nodes that it was done to
	mended  int      // how many repairs have been told
}

// Replay runs a script in a cluster that moves step by step, and then a call.
type Replay func(c *lang.Call, script []string) (*lang.Result, error)

// New is the world of a cluster that has started.
func New(c *live.Cluster, replay Replay) *World {
	return &World{cluster: c, replay: replay, mended: len(c.Repairs())}
}

// Lacks says, for Table.Without, that such a world has none of the needs of commands, but a saved
// run has them all.
func Lacks(c *lang.Command, n lang.Need) (what, instead string) {
	if n.What == lab.Record {
		return "", ""
	}
	if instead = n.Instead; instead == "" {
		instead = fmt.Sprintf("save FILE writes what has happened as a script; raftlab -i FILE runs it, and has %s",
			c.Name)
	}
	return c.Name + " is not for a cluster that runs by itself", instead
}

// DoAll does actions of one type, all or none.
func (l *World) DoAll(actions ...cluster.Action) error {
	ids := each.As(actions, func(a cluster.Action) raft.ID { id, _ := atNode(a); return id })
	err := l.do(actions[0], ids)
	if _, did := atNode(actions[0]); err == nil && did != "" {
		l.done, l.to = did, raft.SetOf(ids...)
	}
	if refused := (&lang.Error{}); err != nil && !errors.As(err, &refused) {
		return lang.Errorf("%s", prose.Visible(err.Error()))
	}
	return err
}

// atNode is the node that an action is done to, and what it does there; 0: it is of another kind.
func atNode(a cluster.Action) (id raft.ID, did string) {
	switch a := a.(type) {
	case cluster.Kill:
		return a.Node, "killed"
	case cluster.Restart:
		return a.Node, "restarted"
	case cluster.Snapshot:
		return a.Node, "took a snapshot"
	}
	return 0, ""
}

// do does an action, to all of the nodes at once where it is done to nodes.
func (l *World) do(a cluster.Action, ids []raft.ID) error {
	switch a := a.(type) {
	case cluster.Kill:
		return l.cluster.Kill(ids...)
	case cluster.Restart:
		return l.cluster.Restart(ids...)
	case cluster.Snapshot:
		return l.snapshots(ids)
	case cluster.Partition:
		return l.cluster.Partition(a.Groups...)
	case cluster.SetLinks:
		if a.Cut {
			return l.cluster.CutAll(a.Links...)
		}
		return l.cluster.Heal(a.Links...)
	case cluster.Set:
		return isFixed(a)
	}
	return fmt.Errorf("a cluster that runs by itself cannot do this: %s", a)
}

// snapshots looks whether each can take one before the first does.
func (l *World) snapshots(ids []raft.ID) error {
	now := l.Picture(lab.Only())
	for _, id := range ids {
		switch v := now.Nodes[id-1]; {
		case !v.Up:
			return fmt.Errorf("%s is down; restart %s first", id, id)
		case v.Applied == 0:
			return fmt.Errorf("%s has applied nothing yet", id)
		case v.Applied < v.First:
			return fmt.Errorf("%s has applied nothing since its snapshot to index %d", id, v.Applied)
		}
	}
	for _, id := range ids {
		if err := l.cluster.Snapshot(id); err != nil {
			return err
		}
	}
	return nil
}

// isFixed refuses to change a setting: the cluster has them from the start.
func isFixed(a cluster.Set) error {
	instead := "save FILE writes what has happened as a script; raftlab -i FILE runs it, and there set " +
		a.Name + " " + a.Value + " works"
	if why := fixed[a.Name]; why != "" {
		instead = why + "; " + instead
	}
	return lang.Errorf("%s cannot be changed while the cluster runs by itself", a.Name).WithHint("%s", instead)
}

// fixed is why a setting is as it is in a live cluster, and what to do about it.
var fixed = map[string]string{
	"sessions": "here no command that a leader took is sent a second time, so none is applied twice; where a client " +
		"learns no answer, get KEY tells whether it was done",
	"reads":       "here a get goes through the log, which is always linearizable",
	"fsync":       "here every write is synced",
	"loss":        "here cut S1->S2, isolate and kill make faults",
	"duplication": "here cut S1->S2, isolate and kill make faults",
	"latency":     "here messages take the time that they take; raftlab live --tick sets how long a tick is",
}

// Report tells what was done to nodes, and what had to be repaired for it.
func (l *World) Report(r *lang.Result) {
	if l.done != "" {
		r.Line(l.to.String() + " " + l.done + ".").With(lab.NodesResult{Nodes: l.to.Names()})
	}
	l.done = ""
	repairs := l.cluster.Repairs()
	for _, repair := range repairs[l.mended:] {
		r.Block(view.Says(view.Warn, prose.Visible(repair.String())+"."))
	}
	l.mended = len(repairs)
}

// Ask sends a client's command and waits for its answer. A node that is named and does
// not lead sends the client on.
func (l *World) Ask(ctx context.Context, client, command string, via raft.ID) (lab.Answered, error) {
	way, asked := []raft.ID{via}, raft.Set{}
	for {
		to := way[len(way)-1]
		answer, err := l.cluster.Do(ctx, live.Request{Client: client, Command: command, Via: to})
		next := live.Redirect(err)
		if next != 0 && to != 0 && !asked.Has(next) {
			way, asked = append(way, next), asked.With(to)
			continue
		}
		return lab.Answered{Node: answer.Node, Index: answer.Index, Term: answer.Term, Result: answer.Result,
			Way: way}, err
	}
}

// Counts is how many messages of each type a server sent, and had delivered.
func (l *World) Counts(id raft.ID) map[string]lab.Count {
	of := map[string]lab.Count{}
	for name, n := range l.cluster.View().Messages(id) {
		of[name] = lab.Count(n)
	}
	return of
}

// Tick is how long a tick takes.
func (l *World) Tick() time.Duration { return l.cluster.Tick() }

// Settings are those that it started with.
func (l *World) Settings() *setting.Settings { return l.cluster.View().Settings() }

// Script is what has happened, as commands.
func (l *World) Script() ([]string, error) { return l.cluster.Script() }

// Tell lets the commands of a language that tell what has happened answer from the record of the run: the
// cluster keeps neither events nor decisions, but the run so far, replayed step by step, comes to the same.
func Tell(t *lang.Table) {
	for _, name := range t.Names() {
		c := t.Lookup(name)
		if slices.ContainsFunc(c.Needs, func(n lang.Need) bool { return n.What == lab.Record }) {
			c.Run = replayed
		}
	}
}

func replayed(c *lang.Call) (*lang.Result, error) {
	l := c.World.(*World)
	lines, err := l.Script()
	if err != nil {
		return nil, lang.Errorf("%s", prose.Visible(err.Error())).
			WithHint("%s needs the run's record, which it replays step by step", c.Command.Name)
	}
	c.Front.Progress("replaying the run so far")
	defer c.Front.Progress("")
	return l.replay(c, lines)
}

// unseen is what conditions cannot ask about here, since nothing looks after
// it, and what to do instead.
var unseen = map[string]string{
	"violations": "nothing looks for broken invariants in a cluster that runs by itself; invariants looks in a replay",
	"departures": "nothing judges a cluster that runs by itself; a step-by-step cluster of guests has them",
	"messages":   "messages are gone here before a condition could see them; the command messages counts them",
	"bugs":       "no bug can be switched on in a cluster that runs by itself; the step-by-step cluster has them",
	"clients":    "nothing keeps a list of clients here; the command clients shows one from a replay",
	"explored": "nothing is searched in a cluster that runs by itself; save FILE, and search from there in raftlab " +
		"-i FILE",
	"used":     "commands are not counted here; the step-by-step cluster counts them",
	"position": "events have no positions here; clock counts ticks",
}

// Unseen is the names that conditions must not use, each with the reason.
func (l *World) Unseen() map[string]string { return unseen }

// Begin, Commit and Rollback: there is no history to go back in.
func (l *World) Begin(string)  {}
func (l *World) Commit(string) {}
func (l *World) Rollback()     {}

func (l *World) AcceptBreaches()                {}
func (l *World) UnexpectedBreaches() []string   { return nil }
func (l *World) UnexpectedDepartures() []string { return nil }

// Here is the clock, so each tick is another moment.
func (l *World) Here() string { return fmt.Sprint(l.cluster.View().Clock()) }

func (l *World) Prompt() view.Line {
	p := l.cluster.View()
	who := view.S(view.Quiet, "no leader")
	if id := p.Leader(); id != 0 {
		who = view.S(view.Leader, fmt.Sprintf("%s leads t%d", id, p.State(id).CurrentTerm))
	}
	return view.Line{view.S(view.Plain, "[live, "), who, view.S(view.Plain, "]"), view.S(view.Plain, " > ")}
}

func (l *World) Banner() []view.Block {
	return []view.Block{view.Text{Lines: []view.Line{
		{view.S(view.Strong, "raftlab live"), view.S(view.Plain,
			fmt.Sprintf(": %s that run by themselves, a tick is %v.", prose.Plural(l.cluster.Nodes(), "server"),
				l.cluster.Tick()))},
		view.Typed("Try `status`, `put x 1`, `kill leader`, `run until leader != nil`."),
		view.Typed("`save run.raft` writes what happened, for raftlab to replay step by step."),
	}}}
}

func (l *World) NodeIDs() []raft.ID { return l.cluster.IDs() }

func (l *World) Node(id raft.ID) (words.NodeFacts, bool) {
	if !slices.Contains(l.cluster.IDs(), id) {
		return words.NodeFacts{}, false
	}
	return words.FactsOf(l.cluster.View().State(id), false), true
}

func (l *World) MaxNodes() int                  { return l.cluster.Nodes() }
func (l *World) Leader() raft.ID                { return l.cluster.View().Leader() }
func (l *World) InFlight() []words.MessageFacts { return nil }
func (l *World) Values(string) []string         { return nil }

// Names are the cluster's settings, which set refuses with a reason, and nothing else.
func (l *World) Names(s lang.Sort) []string {
	if s == words.SortSetting {
		return each.As(setting.All(), func(d *setting.Setting) string { return d.Name })
	}
	return nil
}

func (l *World) Vocabulary(use *lab.Cond) *lab.Vocabulary {
	return lab.VocabularyOf(l.Picture(use.Uses))
}

func (l *World) Picture(used func(string) bool) *picture.Picture {
	return l.cluster.View().Picture(used)
}
