package guest

import (
	"encoding/json"
	"fmt"
	"slices"

	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/raft"
)

// Run judges a run of a real cluster, step by step, from the lines that its servers wrote. A
// step is read like the answer of a guest, and compared by the same code. The invariants of
// all servers together are checked too.
type Run struct {
	program *Program // never asked: it only says what the servers can do
	all     raft.Set // the cluster's servers, for lines that do not list them
	nodes   []*Node  // by server; nil: it had no line yet
	seen    []invariants.Seen
	memory  invariants.Memory
	line    uint64 // the number of the present step's line
	broken  []invariants.Breach
	told    map[string]bool // the breaches so far
}

// Judged is the verdict on a step.
type Judged struct {
	Server     raft.ID
	Departures []judge.Departure
	Breaches   []invariants.Breach // their positions are lines
}

// NewRun is a Run without a step. servers is the cluster's, for lines that do not list them.
func NewRun(can []Ability, servers raft.Set) *Run {
	return &Run{program: &Program{can: can, recorded: true}, all: servers, told: map[string]bool{}}
}

// ServersIn is the servers that a line names: the one that made the step, and those from which
// it received or to which it sent a message. listed tells whether it lists the cluster's. It
// reports no errors; Step does.
func ServersIn(line []byte) (named raft.Set, listed bool) {
	type name struct{ From, To string }
	var l struct {
		Server  string
		Servers []string
		Input   name
		Send    []name
	}
	_ = json.Unmarshal(line, &l)
	all := append([]string{l.Server, l.Input.From}, l.Servers...)
	for _, m := range l.Send {
		all = append(all, m.To)
	}
	for _, text := range all {
		if id, ok := serverNamed(text); ok {
			named = named.With(id)
		}
	}
	return named, len(l.Servers) > 0
}

// Step judges the step in a line of that number. An error says what cannot be read, and where
// in the line; the step was not judged then.
func (r *Run) Step(line []byte, number uint64) (out *Judged, err error) {
	top, err := object(line)
	if err != nil {
		return nil, err
	}
	defer caught(&err)
	if f := top.has("error"); f != nil {
		return nil, &Traceback{f.text()}
	}
	me := top.must("server").server()
	for int(me) > len(r.nodes) {
		r.nodes, r.seen = append(r.nodes, nil), append(r.seen, invariants.Seen{})
	}
	r.line, r.broken = number, nil
	before := r.nodes[me-1]
	n, res, err := r.step(me, before, top)
	if err != nil {
		return nil, err
	}
	n.become(res)
	r.nodes[me-1] = n
	if n == before {
		r.watch(n, res.out.apply.First)
	} else {
		r.watchStart(n)
	}
	return &Judged{me, res.departures, r.broken}, nil
}

// step is the server after a line, which is a new Node if it starts, and the result.
func (r *Run) step(me raft.ID, before *Node, top *at) (n *Node, res *result, err error) {
	a := top.answer("0") // any state will do: nobody asks for it
	input := top.must("input")
	kind := input.must("type").text()
	if before != nil && kind != "start" {
		in, err := recordedInput(input, kind, me)
		if err != nil {
			return nil, nil, err
		}
		res, err := before.answered(in, a)
		return before, res, err
	}
	n = &Node{program: r.program, initial: raft.Configuration{Voters: r.servers(top)}}
	n.state.ID = me
	n.snapshots(raft.Input{}, a, &n.state)
	n.disk = n.given(a)
	if kind != "start" {
		return n, n.taken(a), nil
	}
	switch f := top.has("stable"); {
	case before != nil && r.program.Able(NoDisk):
		n.disk, n.initial = raft.Stable{Initial: before.initial}, before.initial
	case before != nil:
		n.disk, n.initial = before.disk, before.initial
	case f != nil:
		n.disk = f.save().stable(n.initial)
	}
	if n.mirror, err = raft.New(me, n.disk, figure2); err != nil {
		return nil, nil, err
	}
	n.state = *n.mirror.State()
	res, err = n.started(a)
	return n, res, err
}

func (r *Run) servers(top *at) raft.Set {
	if s := optional(top.has("servers"), (*at).servers); !s.Empty() {
		return s
	}
	return r.all
}

// recordedInput is the input of a line. It also reads those beyond Figure 2.
func recordedInput(a *at, kind string, me raft.ID) (raft.Input, error) {
	switch kind {
	case raft.OnTransfer.String():
		return raft.TransferLeadership(a.must("to").server()), nil
	case raft.OnMinimumElectionTimeout.String():
		return raft.MinimumElectionTimeout(), nil
	}
	return inputOf(a, kind, me)
}

// given is the disk of a server of which only its view is known: it counts as saved.
func (n *Node) given(a *answer) raft.Stable {
	s := a.view.state(n.state.ID, &raft.Log{})
	return raft.Stable{Initial: n.initial, CurrentTerm: s.CurrentTerm, VotedFor: s.VotedFor, Log: s.Log,
		Snapshot: s.Snapshot}
}

// stable is a disk that holds only this.
func (s *saved) stable(initial raft.Configuration) raft.Stable {
	d := raft.Stable{Initial: initial, Own: s.own, Snapshot: s.snapshot}
	if s.term != nil {
		d.CurrentTerm = *s.term
	}
	if s.vote != nil {
		d.VotedFor = *s.vote
	}
	if s.log != nil {
		var begins raft.Log
		if s.snapshot != nil {
			begins.CompactTo(s.snapshot.Index, s.snapshot.Term)
		}
		d.Log = relog(&begins, *s.log)
	}
	return d
}

// taken is the result for a server whose first line is no start. Its view is not judged.
func (n *Node) taken(a *answer) *result {
	r := &result{}
	r.take(n, a, &n.state)
	r.kept = judge.Taken(r.report(n, a))
	r.finish()
	return r
}

// The rest checks the invariants of all servers together.

func (r *Run) watchStart(n *Node) {
	watch := r.watching()
	watch.Check(&r.seen[n.state.ID-1], &invariants.State{ID: n.state.ID}) // it was down
	r.watch(n, n.state.Log.FirstIndex())
}

// watch checks the invariants after a server's step, in which it has applied the entries from
// one on; 0: none. The states of the state machines are not known, so they count as equal.
func (r *Run) watch(n *Node, applied uint64) {
	s := &n.state
	now := invariants.State{ID: s.ID, Up: true, Role: s.Role, Term: s.CurrentTerm, Commit: s.CommitIndex,
		Applied: s.LastApplied, Log: &s.Log, Config: s.Configuration, First: &n.initial}
	if s.Snapshot != nil {
		now.Covered = &s.Snapshot.Configuration
	}
	for i := applied; i > 0 && i <= min(s.LastApplied, s.Log.LastIndex()); i++ {
		now.Handed = append(now.Handed, invariants.Handed{To: s.ID, Index: i, Entry: s.Log.At(i)})
	}
	watch := r.watching()
	watch.Check(&r.seen[s.ID-1], &now)
}

func (r *Run) watching() invariants.Watch {
	return invariants.Watch{Memory: &r.memory, Cluster: (*watchedRun)(r), Position: r.line}
}

// watchedRun is the Run in the form that the invariants need.
type watchedRun Run

func (r *watchedRun) Servers() int                     { return len(r.nodes) }
func (r *watchedRun) Seen(id raft.ID) *invariants.Seen { return &r.seen[id-1] }
func (r *watchedRun) Disk(id raft.ID) *raft.Log        { return &r.nodes[id-1].disk.Log }
func (r *watchedRun) Match(leader, id raft.ID) uint64  { return r.nodes[leader-1].state.MatchIndex(id) }

// Breached notes a breach, once for the same place in the same logs. It leaves out values that
// go back, which the judge tells, and what leaders know of others, because two lines of nearly
// the same time may be in either order.
func (r *watchedRun) Breached(b invariants.Breach) {
	if b.Property == invariants.Monotony || invariants.Bookkeeping(b.Property) {
		return
	}
	nodes := slices.Clone(b.Nodes)
	slices.Sort(nodes)
	if key := fmt.Sprint(b.Property, b.Index, b.Term, nodes); !r.told[key] {
		r.told[key] = true
		r.broken = append(r.broken, b)
	}
}
