//go:build !js

package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/live"
	"raftlab/cluster/machine"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// newLiveSession starts a cluster that runs in real time, and a session with
// the commands that make sense there. Close ends both.
func newLiveSession(o Options) (*Session, error) {
	c, err := live.Start(live.Config{Nodes: o.Nodes, Dir: o.Live.Dir, Tick: o.Live.Tick, Seed: o.Seed,
		Machine: machine.New("kv")})
	if err != nil {
		return nil, err
	}
	s := newSession(o, liveTable(), &liveLab{cluster: c})
	s.close = c.Close
	for _, repair := range c.Repairs() {
		s.notices = append(s.notices, prose.Visible(repair.String()))
	}
	return s, nil
}

// liveLab is the World of a live session. Nothing in it is a step of undo: what
// happens in real time has happened.
type liveLab struct{ cluster *live.Cluster }

func liveOf(c *Call) *live.Cluster { return c.World.(*liveLab).cluster }

// liveRuns is what commands do in a live session; their words, arguments and
// help are those of the table.
var liveRuns = map[string]func(*Call) (*Result, error){
	"messages": liveMessages,
	"put":      func(c *Call) (*Result, error) { return liveRequest(c, machine.Put(keyArg.Of(c), valueArg.Of(c))) },
	"get":      liveGet,
	"delete":   func(c *Call) (*Result, error) { return liveRequest(c, machine.Delete(keyArg.Of(c))) },
	"cas": func(c *Call) (*Result, error) {
		return liveRequest(c, machine.CAS(keyArg.Of(c), oldArg.Of(c), newArg.Of(c)))
	},
	"incr":   func(c *Call) (*Result, error) { return liveRequest(c, machine.Incr(keyArg.Of(c))) },
	"submit": func(c *Call) (*Result, error) { return liveRequest(c, submitIt.Of(c)) },
	"kill": func(c *Call) (*Result, error) {
		return liveEach(c, killNodes.Of(c), (*live.View).Up,
			func(l *live.Cluster, ids []raft.ID) error { return l.Kill(ids...) }, "killed")
	},
	"restart": liveRestart,
	"snapshot": func(c *Call) (*Result, error) {
		return liveEach(c, snapshotNodes.Of(c), liveHasApplied, liveSnapshots, "took a snapshot")
	},
	"partition": livePartition,
	"isolate":   liveIsolate,
	"cut":       liveCut,
	"heal":      liveHeal,
	"run":       liveRun,
	"save":      liveSave,
	"why":       liveWhy,
	"bugs":      liveBugs,
	"settings":  liveSettings,
	"set":       liveSet,
	"lessons":   liveLessons,
}

// liveTable is the language of a live session.
func liveTable() *lang.Table {
	t := table.Without(liveLacks)
	for name, run := range liveRuns {
		t.Lookup(name).Run = run
	}
	return t
}

// liveLacks says that the cluster that runs by itself has nothing of what a command may
// need beyond the least; a saved run has it all.
func liveLacks(c *Command, n lang.Need) (what, instead string) {
	if instead = n.Instead; instead == "" {
		instead = fmt.Sprintf("save FILE writes what has happened as a script; raftlab -i FILE runs it, and has %s", c.Name)
	}
	return c.Name + " is not for a cluster that runs by itself", instead
}

func liveBugs(*Call) (*Result, error) {
	r, _ := bugsResult(nil)
	return r.Line("They are for the step-by-step cluster: raftlab -c 'scenario NAME' tells what comes of one."), nil
}

func liveSettings(c *Call) (*Result, error) {
	return settingsResult(c, liveOf(c).View().Settings()), nil
}

// liveSet changes the console's settings; the cluster has its own from the start.
func liveSet(c *Call) (*Result, error) {
	name, value := setName.Of(c), setValue.Of(c)
	if ok, err := screenOf(c).SetConsole(name, value); ok {
		return OK(), err
	}
	instead := "save FILE writes what has happened as a script; raftlab -i FILE runs it, and there set " + name + " " +
		value + " works"
	if why := liveFixed[name]; why != "" {
		instead = why + "; " + instead
	}
	return nil, Errorf("%s cannot be changed while the cluster runs by itself", name).
		WithHint("%s\nset changes the console's settings here: %s", instead, prose.And(ConsoleSettings()))
}

// liveFixed is why a setting is as it is in a live cluster, and what to do about it.
var liveFixed = map[string]string{
	"sessions": "here no command that a leader took is sent a second time, so none is applied twice; where a client " +
		"learns no answer, get KEY tells whether it was done",
	"reads":       "here a get goes through the log, which is always linearizable",
	"fsync":       "here every write is synced",
	"loss":        "here cut S1->S2, isolate and kill make faults",
	"duplication": "here cut S1->S2, isolate and kill make faults",
	"latency":     "here messages take the time that they take; raftlab live --tick sets how long a tick is",
}

func liveLessons(c *Call) (*Result, error) {
	r, err := table.Lookup("lessons").Run(c)
	if err != nil {
		return nil, err
	}
	return r.Line("A lesson has a cluster that moves step by step: start raftlab without live."), nil
}

// liveMessages counts, since what is in flight is gone before it could be shown.
func liveMessages(c *Call) (*Result, error) {
	p := liveOf(c).View()
	t := view.Table{Head: []string{"node", "type", "sent", "delivered"}, Fixed: 1, Right: []bool{false, false, true, true}}
	counts := map[string]map[string]count{}
	for _, id := range p.IDs() {
		of := map[string]count{}
		for name, n := range p.Messages(id) {
			of[name] = count(n)
		}
		counts[id.String()] = of
		for _, m := range words.Types {
			if n, ok := of[string(m.Type)]; ok {
				t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, id.String()), view.LS(view.Message, string(m.Type)),
					view.L(fmt.Sprint(n.Sent)), view.L(fmt.Sprint(n.Delivered))})
			}
		}
	}
	return OK().With(liveMessagesResult{Messages: []*MessageView{}, Counts: counts}).Block(t), nil
}

// requestTime is how long a request waits for its answer.
const requestTime = 10 * time.Second

// liveRequest sends a client's command and waits for its answer. A node that
// is named and does not lead redirects the client, which is told and followed.
func liveRequest(c *Call, command string) (*Result, error) {
	ctx, cancel := context.WithTimeout(c.Ctx, requestTime)
	defer cancel()
	r, to, asked := OK(), via.Of(c), raft.Set{}
	for {
		answer, err := liveOf(c).Do(ctx, live.Request{Client: as.Of(c), Command: command, Via: to})
		next := live.Redirect(err)
		if next != 0 && to != 0 && !asked.Has(next) {
			r.Line(fmt.Sprintf("%s redirects %s to %s.", to, as.Of(c), next))
			asked = asked.With(to)
			to = next
			continue
		}
		if err != nil {
			return nil, Errorf("%s", prose.Visible(err.Error()))
		}
		return r.With(liveAnswer{Status: "done", Result: answer.Result, Node: answer.Node.String(), Index: answer.Index,
			Term: answer.Term}).
			Block(view.Text{Lines: []view.Line{view.LS(view.Good, fmt.Sprintf("%s replies to %s: %s  (entry %d of term %d)",
				answer.Node, as.Of(c), prose.Visible(tell.Result(answer.Result)), answer.Index, answer.Term))}}), nil
	}
}

// liveGet reads through the log, as everything does here.
func liveGet(c *Call) (*Result, error) {
	if mode := readMode.Of(c); readMode.Given(c) && mode != "log" {
		return nil, Errorf("a cluster that runs by itself reads through the log only, not by %s", mode).
			WithHint("omit `reads %s`; the step-by-step cluster has it", mode)
	}
	return liveRequest(c, machine.Get(keyArg.Of(c)))
}

// liveEach does something to all of the nodes at once, or, when one of them
// refuses, to none; those that came with a word like `all` are left out where it
// does not fit.
func liveEach(c *Call, nodes words.NodeSet, fits func(*live.View, raft.ID) bool,
	do func(*live.Cluster, []raft.ID) error, done string) (*Result, error) {
	l := liveOf(c)
	p := l.View()
	var ids []raft.ID
	for _, id := range nodes.IDs {
		if nodes.Named(id) || fits(p, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, Errorf("there is no node for %s to work on", c.Command.Name).WithHint("status shows what each one is")
	}
	if err := do(l, ids); err != nil {
		return nil, Errorf("%s", prose.Visible(err.Error()))
	}
	set := raft.SetOf(ids...)
	return Tell(set.String() + " " + done + ".").With(nodesResult{cluster.Names(set)}), nil
}

func liveDown(p *live.View, id raft.ID) bool { return !p.Up(id) }

// liveHasApplied tells whether there is something to take a snapshot of.
func liveHasApplied(p *live.View, id raft.ID) bool {
	n := p.State(id)
	return n != nil && n.LastApplied >= n.Log.FirstIndex()
}

// liveSnapshots looks whether each can take one before the first does.
func liveSnapshots(l *live.Cluster, ids []raft.ID) error {
	p := l.View()
	for _, id := range ids {
		switch n := p.State(id); {
		case n == nil:
			return fmt.Errorf("%s is down; restart %s first", id, id)
		case n.LastApplied == 0:
			return fmt.Errorf("%s has applied nothing yet", id)
		case n.LastApplied < n.Log.FirstIndex():
			return fmt.Errorf("%s has applied nothing since its snapshot to index %d", id, n.LastApplied)
		}
	}
	for _, id := range ids {
		if err := l.Snapshot(id); err != nil {
			return err
		}
	}
	return nil
}

// liveRestart also tells what had to be repaired for it.
func liveRestart(c *Call) (*Result, error) {
	before := len(liveOf(c).Repairs())
	r, err := liveEach(c, restartNodes.Of(c), liveDown,
		func(l *live.Cluster, ids []raft.ID) error { return l.Restart(ids...) }, "restarted")
	if err != nil {
		return nil, err
	}
	for _, repair := range liveOf(c).Repairs()[before:] {
		r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, prose.Visible(repair.String())+".")}})
	}
	return r, nil
}

func livePartition(c *Call) (*Result, error) {
	groups, r := partitionGroups(c)
	if err := liveOf(c).Partition(groups...); err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return r, nil
}

func liveIsolate(c *Call) (*Result, error) {
	var links words.LinkSet
	for _, id := range isolateNodes.Of(c).IDs {
		links = append(links, words.Link{From: id}, words.Link{To: id})
	}
	return liveCutLinks(c, links)
}

func liveCut(c *Call) (*Result, error) { return liveCutLinks(c, cutLinks.Of(c)) }

func liveCutLinks(c *Call, links words.LinkSet) (*Result, error) {
	if err := liveOf(c).CutAll(linksAmong(c, links)...); err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return OK(), nil
}

func liveHeal(c *Call) (*Result, error) {
	links := words.LinkSet{{}}
	if healLinks.Given(c) {
		links = healLinks.Of(c)
	}
	if err := liveOf(c).Heal(linksAmong(c, links)...); err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return OK(), nil
}

// liveRun waits: for so many ticks, until a condition holds, or until a role or
// a commit changes.
func liveRun(c *Call) (*Result, error) {
	l := liveOf(c)
	ticks, cond := defaultTicks, (*lab.Cond)(nil)
	stop := func() (bool, error) { return false, nil }
	switch {
	case runTicks.Given(c):
		ticks = runTicks.Of(c)
	case runCond.Given(c):
		cond = runCond.Of(c)
		stop = func() (bool, error) { return cond.Holds(lab.VocabularyOf(l.View().Picture(cond.Uses))) }
		if runWithin.Given(c) {
			ticks = runWithin.Of(c)
		}
	default:
		before := notable(l.View())
		stop = func() (bool, error) { return notable(l.View()) != before, nil }
	}
	for ran := 0; ; ran++ {
		done, err := stop()
		switch {
		case err != nil:
			return nil, err
		case done || cond == nil && ran == ticks:
			return Tell(fmt.Sprintf("%s passed.", prose.Plural(ran, "tick"))).With(ticksResult{ran}), nil
		case ran == ticks:
			return nil, unmetWithin(cond, lab.VocabularyOf(l.View().Picture(cond.Uses)), ticks)
		}
		select {
		case <-c.Ctx.Done():
			return nil, Interrupted(fmt.Sprintf("after %d of %d ticks", ran, ticks))
		case <-time.After(l.Tick()):
		}
	}
}

// notable is what the default `run` waits for a change of: roles and commits.
func notable(p *live.View) string {
	var b strings.Builder
	for _, v := range p.Picture(lab.Only()).Nodes {
		fmt.Fprintf(&b, "%s %d;", v.Role, v.Commit)
	}
	return b.String()
}

func liveSave(c *Call) (*Result, error) {
	lines, err := liveOf(c).Script()
	if err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return saveScript(c, saveFile.Of(c), lines)
}

// unseenLive is what conditions cannot ask about here, since nothing looks after
// it, and what to do instead.
var unseenLive = map[string]string{
	"violations": "nothing looks for broken invariants in a cluster that runs by itself; save FILE, and raftlab FILE " +
		"checks every step of the replay",
	"messages": "messages are gone here before a condition could see them; the command messages counts them",
	"bugs":     "no bug can be switched on in a cluster that runs by itself; the step-by-step cluster has them",
	"clients":  "nothing keeps a list of clients here; put, get and the others wait for their own answer and show it",
	"explored": "nothing is searched in a cluster that runs by itself; save FILE, and search from there in raftlab -i FILE",
	"position": "events have no positions here; clock counts ticks",
}

// Unseen is the names that conditions must not use, each with the reason.
func (l *liveLab) Unseen() map[string]string { return unseenLive }

// Begin, Commit and Rollback: there is no history to go back in.
func (l *liveLab) Begin(string)  {}
func (l *liveLab) Commit(string) {}
func (l *liveLab) Rollback()     {}

func (l *liveLab) Report(*Result)               {}
func (l *liveLab) AcceptBreaches()              {}
func (l *liveLab) UnexpectedBreaches() []string { return nil }

// Here is another moment each tick.
func (l *liveLab) Here() string { return fmt.Sprint(l.cluster.View().Clock()) }

func (l *liveLab) Prompt() view.Line {
	p := l.cluster.View()
	who := view.S(view.Quiet, "no leader")
	if id := p.Leader(); id != 0 {
		who = view.S(view.Leader, fmt.Sprintf("%s leads t%d", id, p.State(id).CurrentTerm))
	}
	return view.Line{view.S(view.Plain, "[live, "), who, view.S(view.Plain, "] > ")}
}

func (l *liveLab) Banner() []view.Block {
	return []view.Block{view.Text{Lines: []view.Line{
		{view.S(view.Strong, "raftlab live"), view.S(view.Plain,
			fmt.Sprintf(": %s that run by themselves, a tick is %v.", prose.Plural(l.cluster.Nodes(), "server"),
				l.cluster.Tick()))},
		{view.S(view.Plain, "Try "), view.S(view.Code, "status"), view.S(view.Plain, ", "), view.S(view.Code, "put x 1"),
			view.S(view.Plain, ", "),
			view.S(view.Code, "kill leader"), view.S(view.Plain, ", "), view.S(view.Code, "run until leader != nil"),
			view.S(view.Plain, ".")},
		{view.S(view.Code, "save run.raft"), view.S(view.Plain,
			" writes what happened, for raftlab to replay step by step.")},
	}}}
}

func (l *liveLab) NodeIDs() []raft.ID { return l.cluster.IDs() }

func (l *liveLab) Node(id raft.ID) (words.NodeFacts, bool) {
	if !slices.Contains(l.cluster.IDs(), id) {
		return words.NodeFacts{}, false
	}
	n := l.cluster.View().State(id)
	return words.NodeFacts{Up: n != nil, Follower: n != nil && n.Role == raft.Follower}, true
}

func (l *liveLab) MaxNodes() int                  { return l.cluster.Nodes() }
func (l *liveLab) Leader() raft.ID                { return l.cluster.View().Leader() }
func (l *liveLab) InFlight() []words.MessageFacts { return nil }
func (l *liveLab) Values(string) []string         { return nil }

// Names are the cluster's settings, which set refuses with a reason, and nothing else.
func (l *liveLab) Names(s lang.Sort) []string {
	var names []string
	if s == words.SortSetting {
		for _, d := range cluster.AllSettings() {
			names = append(names, d.Name)
		}
	}
	return names
}

func (l *liveLab) Vocabulary(use *lab.Cond) *lab.Vocabulary {
	return lab.VocabularyOf(l.Picture(use.Uses))
}

func (l *liveLab) Picture(used func(string) bool) *cluster.Picture {
	return l.cluster.View().Picture(used)
}
