package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster/live"
	"raftlab/cluster/machine"
	"raftlab/commands/view"
	"raftlab/raft"
)

// LiveOptions are the choices of `raftlab live`.
type LiveOptions struct {
	Dir  string        // where stable storage is kept; "": in memory
	Tick time.Duration // 0: 50 ms
}

// newLiveSession starts a cluster that runs in real time, and a session with
// the commands that make sense there. Close ends both.
func newLiveSession(o Options) (*Session, error) {
	c, err := live.Start(live.Config{Nodes: o.Nodes, Dir: o.Live.Dir, Tick: o.Live.Tick, Seed: o.Seed, Machine: machine.New("kv")})
	if err != nil {
		return nil, err
	}
	s := newSession(o, liveTable(), &liveLab{cluster: c})
	s.close = c.Close
	return s, nil
}

// liveLab is the World of a live session. Nothing in it is a step of undo: what
// happens in real time has happened.
type liveLab struct{ cluster *live.Cluster }

func liveOf(c *Call) *live.Cluster { return c.World.(*liveLab).cluster }

// liveRuns is what commands do in a live session; their words, arguments and
// help are those of the table.
var liveRuns = map[string]func(*Call) (*Result, error){
	"status":   liveStatus,
	"node":     liveNode,
	"log":      liveLog,
	"kv":       liveKV,
	"config":   liveConfig,
	"links":    liveLinks,
	"messages": liveMessages,
	"digest":   liveDigest,
	"put":      func(c *Call) (*Result, error) { return liveRequest(c, machine.Put(keyArg.Of(c), valueArg.Of(c))) },
	"get":      func(c *Call) (*Result, error) { return liveRequest(c, machine.Get(keyArg.Of(c))) },
	"delete":   func(c *Call) (*Result, error) { return liveRequest(c, machine.Delete(keyArg.Of(c))) },
	"cas": func(c *Call) (*Result, error) {
		return liveRequest(c, machine.CAS(keyArg.Of(c), oldArg.Of(c), newArg.Of(c)))
	},
	"incr":   func(c *Call) (*Result, error) { return liveRequest(c, machine.Incr(keyArg.Of(c))) },
	"submit": func(c *Call) (*Result, error) { return liveRequest(c, submitIt.Of(c)) },
	"kill": func(c *Call) (*Result, error) {
		return liveEach(c, killNodes.Of(c), true, (*live.Cluster).Kill, "killed")
	},
	"restart": liveRestart,
	"snapshot": func(c *Call) (*Result, error) {
		return liveEach(c, snapshotNodes.Of(c), true, (*live.Cluster).Snapshot, "took a snapshot")
	},
	"partition": livePartition,
	"isolate":   liveIsolate,
	"cut":       liveCut,
	"heal":      liveHeal,
	"run":       liveRun,
	"save":      liveSave,
	"why":       liveWhy,
}

// sharedCommands need no cluster, or only ask what a condition sees.
var sharedCommands = []string{"expect", "source", "say", "pause", "echo", "help", "quit", "rule", "big", "watch"}

// liveTable is the language of a live session.
func liveTable() *Table {
	t := NewTable()
	for _, name := range sharedCommands {
		t.Register(table.Lookup(name))
	}
	for name, run := range liveRuns {
		c := *table.Lookup(name)
		c.Run, c.Changes, c.Examples = run, false, nil
		t.Register(&c)
	}
	return t
}

func liveStatus(c *Call) (*Result, error) {
	p := liveOf(c).View()
	v := liveVocabulary(p, nil)
	r := OK().With(statusView{v.Clock, v.Nodes, v.Bugs}).Block(statusBlocks(p)...)
	for _, id := range p.IDs() {
		if err := p.Fault(id); err != nil {
			r.Block(view.Text{Lines: []view.Line{view.LS(view.Bad, fmt.Sprintf("%s went down by itself: %s", id, err))}, Indent: 2})
		}
	}
	return r, nil
}

func liveNode(c *Call) (*Result, error) {
	p, id := liveOf(c).View(), nodeOf.Of(c)
	v := nodeView(p, id, nil)
	return OK().With(v).Block(nodeTable(p, v, id)), nil
}

func liveLog(c *Call) (*Result, error) {
	p := liveOf(c).View()
	ids := p.IDs()
	if logNodes.Given(c) {
		ids = logNodes.Of(c).IDs
	}
	return logResult(p, ids), nil
}

func liveKV(c *Call) (*Result, error) {
	p := liveOf(c).View()
	ids := p.IDs()
	if kvOf.Given(c) {
		ids = []raft.ID{kvOf.Of(c)}
	}
	return kvResult(p, ids), nil
}

func liveConfig(c *Call) (*Result, error) { return configResult(liveOf(c).View()), nil }
func liveLinks(c *Call) (*Result, error)  { return linksResult(liveOf(c).View()), nil }
func liveDigest(c *Call) (*Result, error) { return digestResult(liveOf(c).View()), nil }

// liveMessages counts, since what is in flight is gone before it could be shown.
func liveMessages(c *Call) (*Result, error) {
	p := liveOf(c).View()
	t := view.Table{Head: []string{"node", "type", "sent", "delivered"}, Fixed: 1, Right: []bool{false, false, true, true}}
	counts := map[string]map[string]live.Count{}
	for _, id := range p.IDs() {
		counts[id.String()] = p.Messages(id)
		for _, m := range messageTypes {
			if n, ok := counts[id.String()][string(m.Type)]; ok {
				t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, id.String()), view.LS(view.Message, string(m.Type)),
					view.L(fmt.Sprint(n.Sent)), view.L(fmt.Sprint(n.Delivered))})
			}
		}
	}
	return OK().With(map[string]any{"messages": []any{}, "counts": counts}).Block(t), nil
}

// requestTime is how long a request waits for its answer.
const requestTime = 10 * time.Second

func liveRequest(c *Call, command string) (*Result, error) {
	ctx, cancel := context.WithTimeout(c.Ctx, requestTime)
	defer cancel()
	answer, err := liveOf(c).Do(ctx, live.Request{Client: as.Of(c), Command: command, Via: via.Of(c)})
	if err != nil {
		return nil, Errorf("%s", Visible(err.Error()))
	}
	return OK().With(map[string]any{"status": "done", "result": answer.Result, "node": answer.Node.String(), "index": answer.Index, "term": answer.Term}).
		Block(view.Text{Lines: []view.Line{view.LS(view.Good, fmt.Sprintf("%s is answered: %s  (entry %d of term %d, %s)",
			as.Of(c), Visible(resultText(answer.Result)), answer.Index, answer.Term, answer.Node))}}), nil
}

// liveEach does something to each of the nodes; those that came with a word
// like `all` are skipped unless they are up (or down, as it should be).
func liveEach(c *Call, nodes NodeSet, up bool, do func(*live.Cluster, raft.ID) error, done string) (*Result, error) {
	l := liveOf(c)
	p := l.View()
	var ids []raft.ID
	for _, id := range nodes.IDs {
		if !nodes.Named(id) && p.Up(id) != up {
			continue
		}
		if err := do(l, id); err != nil {
			return nil, Errorf("%s", err.Error())
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, Errorf("there is no node for %s to work on", c.Command.Name).WithHint("status shows what each one is")
	}
	set := raft.SetOf(ids...)
	return Tell(set.String() + " " + done + ".").With(map[string]any{"nodes": names(set)}), nil
}

// liveRestart also tells what had to be repaired for it.
func liveRestart(c *Call) (*Result, error) {
	before := len(liveOf(c).Repairs())
	r, err := liveEach(c, restartNodes.Of(c), false, (*live.Cluster).Restart, "restarted")
	if err != nil {
		return nil, err
	}
	for _, repair := range liveOf(c).Repairs()[before:] {
		r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, Visible(repair.String())+".")}})
	}
	return r, nil
}

// Notices is what happened while the session started that a person must be
// told, also where there is no prompt: damaged files that were repaired.
func (s *Session) Notices() []string {
	var lines []string
	if l, ok := s.world.(*liveLab); ok {
		for _, repair := range l.cluster.Repairs() {
			lines = append(lines, Visible(repair.String()))
		}
	}
	return lines
}

func livePartition(c *Call) (*Result, error) {
	groups, r := partitionGroups(c)
	if err := liveOf(c).Partition(groups...); err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return r, nil
}

func liveIsolate(c *Call) (*Result, error) {
	var links LinkSet
	for _, id := range isolateNodes.Of(c).IDs {
		links = append(links, Link{From: id}, Link{To: id})
	}
	return liveCutLinks(c, links)
}

func liveCut(c *Call) (*Result, error) { return liveCutLinks(c, cutLinks.Of(c)) }

func liveCutLinks(c *Call, links LinkSet) (*Result, error) {
	for _, l := range linksAmong(c, links) {
		if err := liveOf(c).Cut(l.From, l.To); err != nil {
			return nil, Errorf("%s", err.Error())
		}
	}
	return OK(), nil
}

func liveHeal(c *Call) (*Result, error) {
	links := LinkSet{{}}
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
	ticks, cond := defaultTicks, (*Cond)(nil)
	stop := func() (bool, error) { return false, nil }
	switch {
	case runTicks.Given(c):
		ticks = runTicks.Of(c)
	case runCond.Given(c):
		cond = runCond.Of(c)
		stop = func() (bool, error) { return cond.Holds(liveVocabulary(l.View(), cond)) }
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
			return Tell(fmt.Sprintf("%s passed.", plural(ran, "tick"))).With(map[string]int{"ticks": ran}), nil
		case ran == ticks:
			return nil, unmetWithin(cond, liveVocabulary(l.View(), cond), ticks)
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
	for _, id := range p.IDs() {
		v := nodeView(p, id, &Cond{})
		fmt.Fprintf(&b, "%s %d;", v.Role, v.Commit)
	}
	return b.String()
}

func liveSave(c *Call) (*Result, error) {
	lines, err := liveOf(c).Script()
	if err != nil {
		return nil, Errorf("%s", err.Error())
	}
	return c.saveScript(saveFile.Of(c), lines)
}

// liveVocabulary is a live picture in the words of conditions.
func liveVocabulary(p *live.View, use *Cond) *Vocabulary {
	v := &Vocabulary{Clock: int(p.Clock()), Messages: []*MessageView{}, Violations: []*BreachView{}, Clients: map[string]*ClientView{}, Bugs: []string{}}
	fillNodes(v, p, use)
	return v
}

// Begin, Commit and Rollback: there is no history to go back in.
func (l *liveLab) Begin(string)  {}
func (l *liveLab) Commit(string) {}
func (l *liveLab) Rollback()     {}

func (l *liveLab) Report(*Result)               {}
func (l *liveLab) AcceptBreaches()              {}
func (l *liveLab) UnexpectedBreaches() []string { return nil }

// Status is a line for each server.
func (l *liveLab) Status() []view.Block { return statusBlocks(l.cluster.View()) }

// Big is the same for the back row.
func (l *liveLab) Big() []view.Block { return bigBlocks(l.cluster.View()) }

// Here is another moment each tick.
func (l *liveLab) Here() string { return fmt.Sprint(l.cluster.View().Clock()) }

func (l *liveLab) Prompt() view.Line {
	p := l.cluster.View()
	who := view.S(view.Quiet, "no leader")
	if id := p.Leader(); id != 0 {
		who = view.S(view.Leader, fmt.Sprintf("%s leads t%d", id, p.Node(id).CurrentTerm()))
	}
	return view.Line{view.S(view.Plain, "[live, "), who, view.S(view.Plain, "] > ")}
}

func (l *liveLab) Banner() []view.Block {
	return []view.Block{view.Text{Lines: []view.Line{
		{view.S(view.Strong, "raftlab live"), view.S(view.Plain, fmt.Sprintf(": %s that run by themselves, a tick is %v.", plural(l.cluster.Nodes(), "server"), l.cluster.Tick()))},
		{view.S(view.Plain, "Try "), view.S(view.Code, "status"), view.S(view.Plain, ", "), view.S(view.Code, "put x 1"), view.S(view.Plain, ", "),
			view.S(view.Code, "kill leader"), view.S(view.Plain, ", "), view.S(view.Code, "run until leader != nil"), view.S(view.Plain, ".")},
		{view.S(view.Code, "save run.raft"), view.S(view.Plain, " writes what happened, for raftlab to replay step by step.")},
	}}}
}

func (l *liveLab) NodeIDs() []raft.ID { return l.cluster.IDs() }

func (l *liveLab) Node(id raft.ID) (NodeFacts, bool) {
	if !slices.Contains(l.cluster.IDs(), id) {
		return NodeFacts{}, false
	}
	n := l.cluster.View().Node(id)
	return NodeFacts{Up: n != nil, Follower: n != nil && n.Role() == raft.Follower}, true
}

func (l *liveLab) MaxNodes() int            { return l.cluster.Nodes() }
func (l *liveLab) Leader() raft.ID          { return l.cluster.View().Leader() }
func (l *liveLab) InFlight() []MessageFacts { return nil }
func (l *liveLab) Names(Sort) []string      { return nil }
func (l *liveLab) Values(string) []string   { return nil }

func (l *liveLab) Vocabulary(use *Cond) *Vocabulary { return liveVocabulary(l.cluster.View(), use) }

// Close ends what the session has running.
func (s *Session) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}
