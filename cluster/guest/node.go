package guest

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// Node is a server whose steps are those of a Program.
type Node struct {
	program *Program
	initial raft.Configuration // the one before the log's first
	state   raft.State         // the mirror's
	moment
	departures []judge.Departure // of the last step
	bugs       raft.Mutants      // the bugs that it is told to have, if it can be told
	begun      []raft.Envelope   // what it sent when it started
}

// moment is a server between two steps.
type moment struct {
	text   string     // its state, as the program gave it
	same   string     // the program's name for equal states
	names  *named     // the servers' names in one of the two; nil: it is not known where they are
	mirror *raft.Node // a raftlab server in the state that it reports; never changed
	disk   raft.Stable
	kept   judge.Kept
	calls  calls // those that have not returned, of a program whose replies are return values
	keys   keys
}

// keys is the hashes of a moment's parts.
type keys struct{ state, view, disk, kept uint64 }

// result is what comes of an input. It is remembered, and never changed.
type result struct {
	moment
	refused    *raft.NotLeader // a client's command was not taken
	out        output
	departures []judge.Departure
	bytes      int
}

// output is what a driver must do after a step, see raft.Output.
type output struct {
	save                raft.Save
	send                []raft.Envelope
	restore             *raft.Snapshot
	apply               raft.Range
	took                place
	election, heartbeat bool
	matched             raft.ID
}

var _ program.Program = (*Program)(nil)

// Known says what a search may assume of the program's servers. Errs is set for raftlab's own
// core behind the protocol, because only that can be told to have bugs.
func (p *Program) Known() program.Known {
	return program.Known{Errs: p.Command == "", NoSnapshots: !p.Able(Snapshot), NoPreVotes: !p.Able(PreVote),
		NoTransfers: !p.Able(Transfer), MembersOnly: true, Renamed: true, Waits: p.Command != "" && p.tape == nil}
}

// Clone is an independent copy of a server.
func (p *Program) Clone(n program.Node) program.Node {
	c := *n.(*Node)
	return &c
}

// Start is a server that starts from what its disk holds.
func (p *Program) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n := &Node{program: p, initial: stable.Initial}
	err := n.SetOptions(o)
	if err != nil {
		return nil, err
	}
	if p.tape != nil && p.Able(NoDisk) && recordedSteps(stable.Own) > 0 {
		stable = raft.Stable{Initial: stable.Initial, Own: stable.Own}
	}
	n.disk = stable
	if n.mirror, err = raft.New(id, stable, figure2); err != nil {
		return nil, err
	}
	n.state = *n.mirror.State()
	if p.tape != nil {
		r, err := p.tape.start(n)
		if err == nil {
			n.become(r)
			n.begun = r.out.send
		}
		return n, err
	}
	k := key{id: id, servers: n.state.Configuration.Members(), disk: diskKey(&stable, nil), in: startKey, bugs: n.bugs}
	r := p.memory.get(k)
	if r == nil {
		q := requestWire{Server: id, Servers: names(k.servers), State: null,
			Stable: p.saved(&stable), Input: inputWire{Type: "start"}, Bugs: n.bugs}
		a, err := p.ask(&q)
		if err != nil {
			return nil, err
		}
		if r, err = n.started(a); err != nil {
			return nil, &Wrong{q.N, err.Error()}
		}
		p.memory.put(k, r)
	} else {
		p.Spared.Add(1)
	}
	n.become(r)
	n.begun = r.out.send
	return n, nil
}

// Begun is the messages that the server sent when it started.
func (n *Node) Begun() []raft.Envelope { return n.begun }

var null = []byte("null")

// saved is a disk as the program reads it: empty, if the program has none.
func (p *Program) saved(stable *raft.Stable) []byte {
	if p.Able(NoDisk) {
		return null
	}
	return stableOf(stable)
}

// startKey is the input of a server that starts.
const startKey = 1

// figure2 is the options of the mirror and of the reference, which do nothing beyond Figure 2.
var figure2 = &raft.Options{Naive: true}

// asking is those of a reference that asks before it begins a term.
var asking = &raft.Options{Naive: true, PreVote: true}

// started is the result of a program's answer to its start.
func (n *Node) started(a *answer) (*result, error) {
	r := &result{}
	n.snapshots(raft.Input{}, a, &n.state)
	r.take(n, a, &n.state)
	if err := r.sends(n, raft.ElectionTimeout(), a); err != nil { // there is no request that it could answer
		return nil, err
	}
	if n.program.Able(RPC) {
		r.calls = n.calls.after(raft.ElectionTimeout(), r.out.send)
	}
	r.kept, r.departures = n.program.judge().Start(&n.disk, savedCommit(n.disk.Own), r.report(n, a))
	r.finish()
	return r, nil
}

// savedCommit is the commitIndex that a program keeps on its disk, and may therefore know when
// it starts; 0: none.
func savedCommit(own string) uint64 {
	var saved struct {
		CommitIndex uint64 `json:"commitIndex"`
	}
	if own == "" || json.Unmarshal([]byte(own), &saved) != nil {
		return 0
	}
	return saved.CommitIndex
}

func (p *Program) judge() *judge.Judge {
	return &judge.Judge{Can: judge.Can{PreVote: p.Able(PreVote), Sticky: p.Able(Sticky),
		ParallelWrite: p.Able(ParallelWrite), NoDisk: p.Able(NoDisk)}}
}

// become puts the server into the state after a step.
func (n *Node) become(r *result) {
	n.moment, n.state, n.departures = r.moment, *r.mirror.State(), r.departures
}

// State is what the program reports of the server.
func (n *Node) State() *raft.State { return &n.state }

// Stable is what the server's disk holds, which is what the program has saved.
func (n *Node) Stable() raft.Stable { return n.disk }

// SetOptions returns an error if the options need something beyond Figure 2 that the program
// cannot do. It changes nothing else, because how raftlab's own servers do what Figure 2
// leaves free does not concern another program. Only raftlab's own core is told which bugs to
// have.
func (n *Node) SetOptions(o *raft.Options) error {
	if err := n.Refuses(o); err != nil {
		return err
	}
	if n.program.Command == "" {
		n.bugs = o.Mutants
	}
	return nil
}

// Refuses is an error that says which of the options the program cannot do, or nil.
func (n *Node) Refuses(o *raft.Options) error {
	switch {
	case o.PreVote && !n.program.Able(PreVote):
		return n.lacks(PreVote, "ask before it begins a term")
	case (o.StickyFollower || o.Lease) && !n.program.Able(Sticky):
		return n.lacks(Sticky, "refuse its vote while it hears a leader")
	}
	return nil
}

// Departures is the last step's departures from the paper.
func (n *Node) Departures() []judge.Departure { return n.departures }

// Hash is a hash of all that can make a difference to what the server does next. Under a
// renaming it is the hash of the state with the other names, see named.
func (n *Node) Hash(log uint64, r raft.Renaming, _ bool) uint64 {
	k := n.keys
	if r != nil {
		k = keys{state: r.Opaque(k.state), view: viewKey(&n.state, r), disk: diskKey(&n.disk, r), kept: n.kept.Hash(r)}
		if n.names != nil {
			k.state = n.names.under(r)
		}
		if len(n.calls) > 0 { // the requests are known by their hashes alone
			k.kept = r.Opaque(n.calls.mixed(k.kept))
		}
	}
	h := mix(k.state, k.kept, k.disk, uint64(r.Of(n.state.ID)), log)
	if n.same != "" {
		h = mix(h, k.view)
	}
	return h
}

// Step gives the server an input, as the world does.
func (n *Node) Step(in raft.Input, o *raft.Output) error {
	recorded := n.program.tape != nil // in a recorded run, every input has an answer
	if known, err := n.withoutAsking(in); known && !recorded {
		n.departures = nil
		return err
	}
	if n.program.Able(RPC) && in.Kind == raft.OnMessage && raft.IsReply(in.Envelope.Message) &&
		n.calls.waiting(in.Envelope) < 0 {
		n.departures = nil
		return &program.Withheld{}
	}
	r, err := n.result(in)
	if err != nil {
		return err
	}
	if r.refused != nil {
		if n.departures = r.departures; recorded {
			n.become(r)
			r.out.fill(o)
		}
		return r.refused
	}
	if o.Record {
		n.record(in, o)
	}
	n.become(r)
	r.out.fill(o)
	return nil
}

// record adds to an Output what the reference decides in the same step.
func (n *Node) record(in raft.Input, o *raft.Output) {
	if out, err := n.program.judge().Reference(n.mirror, n.kept, in); err == nil {
		o.Decided, o.Causes = append(o.Decided, out.Decided...), append(o.Causes, out.Causes...)
	}
}

// withoutAsking answers inputs that the protocol does not have, and those that make no sense for
// a server in its role, as raftlab's own server would.
func (n *Node) withoutAsking(in raft.Input) (known bool, err error) {
	refuse := func(why string) (bool, error) { return true, &raft.Refused{Node: n.state.ID, Why: why} }
	lacks := func(a Ability, what string) (bool, error) {
		if n.program.Able(a) {
			return false, nil
		}
		return true, n.lacks(a, what)
	}
	switch in.Kind {
	case raft.OnElectionTimeout, raft.OnHeartbeatTimeout:
		err := n.mirror.Clone().Step(in, &raft.Output{})
		return err != nil, err
	case raft.OnMessage:
		_, ok := n.receives(in.Envelope.Message)
		return !ok, nil
	case raft.OnProposal:
		if in.Entry != raft.Command {
			return refuse("a guest keeps no sessions: the protocol has commands only; set sessions off")
		}
		return false, nil
	case raft.OnMinimumElectionTimeout:
		return !n.program.Able(PreVote) && !n.program.Able(Sticky), nil
	case raft.OnCheckQuorum, raft.OnLeaseGranted, raft.OnLeaseExpired, raft.OnReadTimeout, raft.OnTransferTimeout:
		return true, nil
	case raft.OnSnapshot:
		return lacks(Snapshot, "take snapshots")
	case raft.OnTransfer:
		return lacks(Transfer, "hand leadership over")
	case raft.OnRead:
		return refuse("reads of a guest go through the log; set reads log")
	case raft.OnBatch:
		return refuse("the protocol has no batches; submit the commands one by one")
	case raft.OnCommitIndex:
		return refuse("commitIndex of a guest cannot be set: the protocol has no input for it")
	}
	return refuse("a guest leads, and the protocol has no input for a change of the membership")
}

// lacks is the error that the program cannot do something beyond Figure 2.
func (n *Node) lacks(a Ability, what string) error {
	return &raft.Refused{Node: n.state.ID, Why: fmt.Sprintf("its program cannot %s (it does not say %q in can)",
		what, a)}
}

// receives is a message in the protocol's form. ok is false if the program ignores such
// messages.
func (n *Node) receives(m raft.Message) (wire []byte, ok bool) {
	switch m.(type) {
	case *raft.InstallSnapshot, *raft.InstallSnapshotReply:
		ok = n.program.Able(Snapshot)
	case *raft.PreVote, *raft.PreVoteReply:
		ok = n.program.Able(PreVote)
	case *raft.TimeoutNow:
		ok = n.program.Able(Transfer)
	default:
		ok = true
	}
	if ok {
		wire, ok = message(m)
	}
	return wire, ok
}

// input is the input in the protocol's form.
func (n *Node) input(in raft.Input) (w inputWire) {
	w.Type = in.Kind.String()
	switch in.Kind {
	case raft.OnMessage:
		w.From = in.Envelope.From
		w.Message, _ = n.receives(in.Envelope.Message)
		if q := raft.RequestOf(in.Envelope.Message); q != nil {
			w.Request, _ = message(q)
		}
	case raft.OnProposal:
		w.Command = &in.Data
	case raft.OnSnapshot:
		w.Index, w.Data = in.Index, &in.Data
	case raft.OnTransfer:
		w.To = in.Server
	}
	return w
}

// result is what comes of the input, from memory or by asking the program.
func (n *Node) result(in raft.Input) (*result, error) {
	k := key{id: n.state.ID, servers: n.state.Configuration.Members(), state: n.keys.state, view: n.keys.view,
		disk: n.keys.disk, kept: n.keys.kept, in: inputKey(in), bugs: n.bugs}
	if r := n.program.memory.get(k); r != nil {
		n.program.Spared.Add(1)
		return r, nil
	}
	if err := n.program.wasMissed(k); err != nil { // a search would wait for it again and again
		return nil, err
	}
	r, err := n.ask(in, k.servers)
	if err != nil {
		if program.Silent(err) {
			n.program.miss(k, err)
		}
		return nil, err
	}
	n.program.memory.put(k, r)
	return r, nil
}

// ask gets the answer from the program, or from the recorded run.
func (n *Node) ask(in raft.Input, servers raft.Set) (*result, error) {
	if t := n.program.tape; t != nil {
		a, err := t.answer(n, in)
		if err != nil {
			return nil, err
		}
		return n.answered(in, a)
	}
	q := requestWire{Server: n.state.ID, Servers: names(servers), State: []byte(n.text), Input: n.input(in),
		Bugs: n.bugs}
	a, err := n.program.ask(&q)
	if err != nil {
		return nil, err
	}
	r, err := n.answered(in, a)
	if err != nil {
		return nil, &Wrong{q.N, err.Error()}
	}
	return r, nil
}

// answered is the result of an answer.
func (n *Node) answered(in raft.Input, a *answer) (*result, error) {
	r := &result{}
	if in.Kind == raft.OnProposal {
		switch {
		case a.took == nil && !a.refused:
			return nil, fmt.Errorf("took and refused are missing: a client's command is taken or refused")
		case a.took == nil:
			r.refused = &raft.NotLeader{Node: n.state.ID, Leader: a.leader}
		default:
			r.out.took = *a.took
		}
	}
	reference := n.reference(in, &a.view)
	n.snapshots(in, a, reference.State())
	if in.Kind == raft.OnSnapshot {
		switch s := a.view.snapshot; {
		case s == nil:
			return nil, fmt.Errorf("view.snapshot: must be a snapshot up to entry %d, and is missing", in.Index)
		case s.Index < in.Index:
			return nil, fmt.Errorf("view.snapshot: must be a snapshot up to entry %d, and is one up to entry %d",
				in.Index, s.Index)
		}
	}
	r.take(n, a, reference.State())
	if err := r.sends(n, in, a); err != nil {
		return nil, err
	}
	if n.program.Able(RPC) {
		r.calls = n.calls.after(in, r.out.send)
	}
	r.kept, r.departures = n.program.judge().Step(n.mirror, n.kept, in, r.report(n, a))
	r.finish()
	r.effects(n, in, a)
	return r, nil
}

// reference is raftlab's own core after the input, from the state that the program reported before. A
// program that asks before it begins a term may do so or not: the reference does what the program did.
func (n *Node) reference(in raft.Input, v *view) *raft.Node {
	r := n.mirror.Clone()
	_ = r.Step(in, &raft.Output{}) // an input that it refuses changes nothing
	if n.program.Able(PreVote) && !v.at(r.State()) {
		asks := n.mirror.Reported(*n.mirror.State(), asking)
		if asks.Step(in, &raft.Output{}) == nil && v.at(asks.State()) {
			return asks
		}
	}
	return r
}

// at tells whether a server is in a role of a term as the program says.
func (v *view) at(s *raft.State) bool { return v.role == s.Role && v.term == s.CurrentTerm }

// take mirrors what the program reports, and saves what it saves.
func (r *result) take(n *Node, a *answer, reference *raft.State) {
	r.text, r.same, r.disk = a.state, a.same, n.disk
	r.disk.Own = merged(r.disk.Own, a.mark)
	s := a.view.state(n.state.ID, &n.state.Log)
	a.view.complete(&s, reference)
	if n.text == "" {
		r.mirror = raft.Restored(s, n.initial, figure2)
	} else {
		r.mirror = n.mirror.Reported(s, figure2)
	}
	if n.program.Able(NoDisk) { // it counts as saved until a crash shows that nothing was
		r.disk.CurrentTerm, r.disk.VotedFor, r.disk.Log = s.CurrentTerm, s.VotedFor, s.Log
		return
	}
	if a.save == nil {
		return
	}
	if a.save.term != nil {
		r.disk.CurrentTerm = *a.save.term
	}
	if a.save.vote != nil {
		r.disk.VotedFor = *a.save.vote
	}
	if a.save.snapshot != nil {
		r.disk.Snapshot = a.save.snapshot
		r.disk.Log = after(r.disk.Log, a.save.snapshot)
	}
	if a.save.log != nil {
		begins := after(s.Log, r.disk.Snapshot) // the log on the disk begins after the snapshot there
		r.disk.Log = relog(&begins, *a.save.log)
	}
	r.disk.Own = merged(r.disk.Own, a.save.own)
}

// state is the reported state. old is the log before, with which the new one shares entries.
func (v *view) state(id raft.ID, old *raft.Log) raft.State {
	begins := after(*old, v.snapshot)
	log := relog(&begins, v.log)
	s := raft.State{ID: id, CurrentTerm: v.term, VotedFor: v.vote, Log: log, Snapshot: v.snapshot,
		CommitIndex: v.commit, LastApplied: v.applied, Role: v.role, Leader: v.leader}
	if v.votes != nil {
		s.Votes = *v.votes
	}
	if s.Role == raft.Leader {
		s.Peers = v.peers(id)
	}
	return s
}

// after is a log after a snapshot, as in Figure 13: if the log has the snapshot's last entry,
// the entries after it stay, else none does.
func after(l raft.Log, s *raft.Snapshot) raft.Log {
	if s == nil {
		s = &raft.Snapshot{}
	}
	if t, have := l.Term(s.Index); !have || t != s.Term {
		l = raft.Log{}
	}
	l.CompactTo(s.Index, s.Term)
	return l
}

// snapshots completes the snapshots in an answer. A program need not report all of one that
// raftlab knows: the one that arrives or is taken in this step, the server's, and the one on
// its disk.
func (n *Node) snapshots(in raft.Input, a *answer, reference *raft.State) {
	known := []*raft.Snapshot{n.state.Snapshot, n.disk.Snapshot, reference.Snapshot}
	if m, is := in.Envelope.Message.(*raft.InstallSnapshot); is && in.Kind == raft.OnMessage {
		known = append(known, m.Snapshot)
	}
	a.view.snapshot = n.known(a.view.snapshot, known)
	if a.save != nil {
		a.save.snapshot = n.known(a.save.snapshot, append(known, a.view.snapshot))
	}
	for i := range a.send {
		if m, is := a.send[i].message.(*raft.InstallSnapshot); is {
			m.Snapshot = n.known(m.Snapshot, append(known, a.view.snapshot))
		}
	}
}

// known is a reported snapshot, completed from a known one of the same entry.
func (n *Node) known(told *raft.Snapshot, known []*raft.Snapshot) *raft.Snapshot {
	if told == nil {
		return nil
	}
	for _, k := range known {
		if k == nil || k.Index != told.Index || k.Term != told.Term {
			continue
		}
		if told.Data == untold || told.Data == k.Data {
			return k
		}
		told.Configuration = k.Configuration
		return told
	}
	if told.Data == untold {
		told.Data = ""
	}
	if told.Configuration.Voters.Empty() {
		told.Configuration = n.initial
		if n.state.Configuration != nil {
			told.Configuration = *n.state.Configuration
		}
	}
	return told
}

// complete adds votes and matchIndexes that the program does not report, from the reference, if
// that is in the same role of the same term.
func (v *view) complete(s *raft.State, reference *raft.State) {
	if s.Role == raft.Follower || !v.at(reference) {
		return
	}
	if v.votes == nil {
		s.Votes = reference.Votes
	}
	for id := range reference.Peers {
		if id >= len(s.Peers) {
			s.Peers = append(s.Peers, raft.Peer{})
		}
		if v.matchIndex == nil {
			s.Peers[id].MatchIndex = reference.Peers[id].MatchIndex
		}
		if v.nextIndex == nil {
			s.Peers[id].NextIndex = reference.Peers[id].NextIndex
		}
	}
}

// peers is what a leader reports of others. nextIndex is 0 for a server of which it reports none.
func (v *view) peers(me raft.ID) (peers []raft.Peer) {
	for _, told := range []map[raft.ID]uint64{v.nextIndex, v.matchIndex} {
		for id := range told {
			if grow := int(id) + 1 - len(peers); grow > 0 {
				peers = append(peers, make([]raft.Peer, grow)...)
			}
		}
	}
	for id, k := range v.nextIndex {
		peers[id].NextIndex = k
	}
	for id, k := range v.matchIndex {
		peers[id].MatchIndex = k
	}
	return peers
}

// relog is a log with these entries. What it has in common with the old log, it shares with it.
func relog(old *raft.Log, entries []raft.Entry) raft.Log {
	log := *old
	same, first := 0, log.FirstIndex()
	for same < len(entries) && first+uint64(same) <= log.LastIndex() && log.Entry(first+uint64(same)) == entries[same] {
		same++
	}
	if end := first + uint64(same); end <= log.LastIndex() {
		log.TruncateAfter(end - 1)
	}
	for _, e := range entries[same:] {
		log.Append(e)
	}
	return log
}

// sends makes envelopes of what the program sends. A reply answers the request of this step.
func (r *result) sends(n *Node, in raft.Input, a *answer) error {
	for i, m := range a.send {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("send[%d]: "+format, append([]any{i}, args...)...)
		}
		switch {
		case m.to == n.state.ID:
			return fail("it is for the server itself")
		case !r.known(n, m.to) && (in.Kind != raft.OnMessage || m.to != in.Envelope.From):
			return fail("there is no %s", m.to)
		}
		if raft.IsReply(m.message) {
			switch {
			case in.Kind == raft.OnMessage && in.Envelope.From == m.to && raft.Pair(m.message, in.Envelope.Message):
				complete(m.message, in.Envelope.Message, m.matched)
			case !n.program.recorded: // in a real run the judge tells it
				return fail("this %s replies to no %s of %s: a reply is sent in the step that brings its request",
					m.message.Type(), requestType(m.message), m.to)
			}
		}
		r.out.send = append(r.out.send, raft.Envelope{From: n.state.ID, To: m.to, Message: m.message})
	}
	return nil
}

// requestType is the type of request that a reply answers; "" for a message that is no reply.
func requestType(m raft.Message) string {
	switch m.(type) {
	case *raft.RequestVoteReply:
		return "RequestVote"
	case *raft.AppendEntriesReply:
		return "AppendEntries"
	case *raft.PreVoteReply:
		return "PreVote"
	case *raft.InstallSnapshotReply:
		return "InstallSnapshot"
	}
	return ""
}

// known tells whether the server may send to another one. A server that is not in its
// configuration may still send to it (thesis 4.1), and gets a reply.
func (r *result) known(n *Node, id raft.ID) bool {
	return n.state.Configuration.Members().Or(n.initial.Members()).Has(id)
}

// report is the step as the judge looks at it.
func (r *result) report(n *Node, a *answer) *judge.Report {
	out := &judge.Report{State: r.mirror.State(), TellsVotes: a.view.votes != nil, TellsMatch: a.view.matchIndex != nil,
		Send: r.out.send, Disk: &r.disk, RestartElection: a.restart[0]}
	if a.took != nil {
		out.TookIndex, out.TookTerm = a.took.index, a.took.term
	}
	return out
}

// finish hashes what the step came to.
func (r *result) finish() {
	r.keys = keys{state: xxhash.Sum64String(r.text), view: viewKey(r.mirror.State(), nil),
		disk: diskKey(&r.disk, nil), kept: r.calls.mixed(r.kept.Hash(nil))}
	if r.same != "" {
		r.keys.state = mix(xxhash.Sum64String(r.same), 1)
	}
	r.names = namesIn(cmp.Or(r.same, r.text))
	r.bytes = 2*len(r.text) + 2000
}

// effects is what the step has the world do.
func (r *result) effects(n *Node, in raft.Input, a *answer) {
	o, was, now := &r.out, &n.state, r.mirror.State()
	o.save.LogFrom = firstDifference(&was.Log, &now.Log)
	o.save.State = a.save != nil || a.mark != "" || was.CurrentTerm != now.CurrentTerm || was.VotedFor != now.VotedFor
	if s := now.Snapshot; s != nil && was.LastApplied < s.Index && s.Index <= now.LastApplied {
		o.restore = s // the state machine has not applied what it covers
	}
	if now.LastApplied > was.LastApplied {
		first := max(was.LastApplied+1, now.Log.FirstIndex()) // what a snapshot covers is not applied again
		o.apply = raft.Range{First: first, Last: min(now.LastApplied, now.Log.LastIndex())}
	}
	leads, led := now.Role == raft.Leader, was.Role == raft.Leader
	o.election = a.restart[0] && !leads || led && !leads || in.Kind == raft.OnElectionTimeout && !leads
	o.heartbeat = a.restart[1] || leads && (!led || in.Kind == raft.OnHeartbeatTimeout)
	if in.Kind == raft.OnMessage && leads && now.MatchIndex(in.Envelope.From) > was.MatchIndex(in.Envelope.From) {
		o.matched = in.Envelope.From
	}
}

// firstDifference is the first index at which two logs differ, or 0.
func firstDifference(a, b *raft.Log) uint64 {
	last := min(a.LastIndex(), b.LastIndex())
	for i := max(a.SharedThrough(b), a.FirstIndex()-1, b.FirstIndex()-1) + 1; i <= last; i++ {
		if !a.At(i).Same(b.At(i)) {
			return i
		}
	}
	if a.LastIndex() != b.LastIndex() {
		return max(last+1, b.FirstIndex())
	}
	return 0
}

func (o *output) fill(out *raft.Output) {
	out.Save, out.Restore, out.Apply, out.Index, out.Term = o.save, o.restore, o.apply, o.took.index, o.took.term
	out.Send = append(out.Send, o.send...)
	out.RestartElectionTimer, out.RestartHeartbeatTimer, out.Matched = o.election, o.heartbeat, o.matched
}

// merged is two objects' fields; where both have one, it is the second's.
func merged(old, fresh string) string {
	if fresh == "" || old == "" {
		return old + fresh
	}
	all := map[string]json.RawMessage{}
	for _, text := range []string{old, fresh} {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err) // it was made of JSON
		}
	}
	return string(with(all, ""))
}

// What follows is hashes.

func diskKey(d *raft.Stable, r raft.Renaming) uint64 { return d.Hash(xxhash.Sum64String, r) }

func viewKey(s *raft.State, r raft.Renaming) uint64 {
	d := raft.Stable{CurrentTerm: s.CurrentTerm, VotedFor: s.VotedFor, Log: s.Log, Snapshot: s.Snapshot}
	votes, more := r.Set(s.Votes).Words()
	h := mix(diskKey(&d, r), uint64(s.Role), s.CommitIndex, s.LastApplied, uint64(r.Of(s.Leader)), votes, more)
	sum := uint64(0) // the order of the servers does not count
	for i := range s.Peers {
		sum += mix(uint64(r.Of(raft.ID(i))), s.Peers[i].NextIndex, s.Peers[i].MatchIndex)
	}
	return mix(h, sum)
}

func inputKey(in raft.Input) uint64 {
	h := mix(uint64(in.Kind), uint64(in.Server), in.Index, xxhash.Sum64String(in.Data))
	if in.Kind != raft.OnMessage {
		return h
	}
	e := &in.Envelope
	h = mix(h, raft.HashMessage(e.Message, xxhash.Sum64String, nil), uint64(e.From))
	if q := raft.RequestOf(e.Message); q != nil {
		h = mix(h, raft.HashMessage(q, xxhash.Sum64String, nil))
	}
	return h
}
