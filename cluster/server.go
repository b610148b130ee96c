package cluster

import (
	"fmt"
	"slices"

	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// server is one machine of the cluster: the Raft server that runs on it while
// it is up, its disk, its timers, and its replica of the state machine.
type server struct {
	epoch   uint64
	id      raft.ID
	node    Node        // nil while it is down
	state   *raft.State // that of node; nil while it is down
	frozen  bool
	disk    disk
	first   raft.Configuration // what it is started with where its disk has none
	machine machine.Machine
	timers  timers
	timed   uint64  // where the action began by which the election timer did; 0: with the world
	ticks   uint64  // of its own clock, since it started
	rounds  []round // a leader's rounds of heartbeats, for its lease; never changed in place
	reads   []read  // that wait for their index here, by number; added to, never changed in place
	ready   []read  // that wait for their index to be applied; likewise
	seen    invariants.Seen
	asked   []raft.Envelope // of one that is judged: its last requests, see remember; never changed in place
}

// disk is stable storage: what was written, and what of it is synced, which is
// what a crash leaves.
type disk struct{ written, synced raft.Stable }

func (d *disk) unsynced() bool {
	a, b := &d.written, &d.synced
	return a.CurrentTerm != b.CurrentTerm || a.VotedFor != b.VotedFor || a.Snapshot != b.Snapshot ||
		a.Own != b.Own || !sameLog(&a.Log, &b.Log)
}

func sameLog(a, b *raft.Log) bool {
	last := a.LastIndex()
	return last == b.LastIndex() && a.FirstIndex() == b.FirstIndex() &&
		(last < a.FirstIndex() || a.SharedThrough(b) == last)
}

func (s *server) up() bool      { return s.node != nil }
func (s *server) running() bool { return s.node != nil && !s.frozen }

// observe fills in the server as the invariants look at it.
func (w *World) observe(s *server, now *invariants.State) {
	now.ID = s.id
	if !s.up() {
		return
	}
	n := s.state
	now.Up, now.Role, now.Term, now.Commit, now.Applied = true, n.Role, n.CurrentTerm, n.CommitIndex, n.LastApplied
	now.Log, now.Machine = &n.Log, w.stateHash(s)
	now.Config, now.First = n.Configuration, &s.disk.written.Initial
	if snap := n.Snapshot; snap != nil {
		now.Covered = &snap.Configuration
	}
}

// boot starts the server from its disk: the state machine begins anew, from
// the snapshot where there is one.
func (w *World) boot(s *server) error {
	node, err := w.start(s.id, s.disk.synced)
	if err != nil {
		return err
	}
	empty := machine.New(w.kind)
	if snap := node.State().Snapshot; snap != nil {
		restored, err := empty.Restore(snap.Data)
		if err != nil && !w.recorded { // the data of a real run need not be this machine's
			return err
		}
		if err == nil {
			empty = restored
		}
	}
	s.run(node)
	s.frozen, s.machine = false, empty
	w.dropHanded(s.id)
	s.ticks, s.rounds, s.reads, s.ready = 0, nil, nil, nil
	s.disk.written = s.disk.synced
	if _, ok := node.(judged); ok { // another program may save when it starts
		if s.disk.written = node.Stable(); w.settings.Fsync {
			s.disk.synced = s.disk.written
		}
	}
	w.startTimers(s)
	if w.judges {
		w.depart(s)
	}
	return nil
}

// begun is what the server sent when it started, which only another program does.
func (s *server) begun() []raft.Envelope {
	if n, ok := s.node.(interface{ Begun() []raft.Envelope }); ok {
		return n.Begun()
	}
	return nil
}

// sendBegun sends that, once it is told that the server has started.
func (w *World) sendBegun(s *server) {
	w.out.Reset()
	for k, e := range s.begun() {
		w.send(e, raft.Sent(k))
	}
	if w.judges {
		s.remember(s.begun())
	}
}

// start is a server that begins from what its disk holds.
func (w *World) start(id raft.ID, stable raft.Stable) (Node, error) {
	n, err := w.programs(id).Start(id, stable, w.optionsOf(id))
	return n, w.fails(id, starting{}, err)
}

// run has the server be a node from now on; nil: it is down.
func (s *server) run(n Node) {
	if s.node, s.state = n, nil; n != nil {
		s.state = n.State()
	}
}

// before is what is compared with, to tell what an input has changed.
type before struct {
	role         raft.Role
	term         uint64
	vote         raft.ID
	last, commit uint64
	config       uint64 // the index of the configuration in force
	conflict     bool   // the first entry that was removed was not what stands there now
	removed      string // the terms of the entries that were removed
}

func (b *before) note(n *raft.State) {
	b.role, b.term, b.vote = n.Role, n.CurrentTerm, n.VotedFor
	b.last, b.commit, b.config = n.Log.LastIndex(), n.CommitIndex, n.ConfigurationIndex
}

// step gives the server one input, before anything else of the step changes, so
// that nothing is to be taken back when it has no answer. Then the step is told,
// and act does what the Output asks for.
func (w *World) step(id raft.ID, in raft.Input) (was before, err error) {
	if w.failure != nil { // the action is not done
		return was, w.failure
	}
	s := w.ready(id, &was)
	if err := s.node.Step(in, w.out); err != nil {
		return was, w.fails(id, in, err)
	}
	return was, nil
}

// ready is the server, to be given an input.
func (w *World) ready(id raft.ID, was *before) *server {
	s := w.mutable(id)
	was.note(s.state)
	w.out.Reset()
	return s
}

// quietly gives a server that is this world's own an input that asks nothing of
// its driver: time has passed. It leaves the Output of the present action alone.
func (w *World) quietly(s *server, in raft.Input) {
	if w.failure != nil {
		return
	}
	if err := s.node.Step(in, &raft.Output{}); err != nil {
		_ = w.fails(s.id, in, err) // Raft refuses none of them
	}
}

// act does what the server's Output asks for: first the disk, then everything
// else (Figure 2: stable storage before responding).
func (w *World) act(s *server, was *before) {
	out := w.out
	w.touch(s.id)
	if out.Matched != 0 {
		w.matched = w.matched.With(out.Matched)
	}
	decider := w.decider()
	if l := w.listener; l != nil {
		l.decided = slices.Clone(out.Decided)
	}
	if out.Save.Any() {
		was.conflict = conflict(s, was.last, out.Save.LogFrom)
		if from := out.Save.LogFrom; from > 0 && w.listener != nil {
			was.removed = termsOf(&s.disk.written.Log, from, was.last)
		}
		w.save(s, was)
	}
	if c := s.committedFirst(was, out.JointCommit); c > was.commit {
		w.tellCommit(s, was, c)
		was.commit = c
	}
	w.tellRole(s, was)
	w.tellLog(s, was)
	if out.Restore != nil {
		w.restore(s, out.Restore)
	}
	w.apply(s, was)
	w.restartTimers(s)
	for k, e := range out.Send {
		w.send(e, raft.Sent(k))
	}
	w.answerReads(s)
	w.tellDecisions(decider)
	if w.judges {
		s.remember(out.Send)
		w.depart(s)
	}
	w.snapshotItself(s)
}

// conflict tells whether a log that is rewritten from an index on had another
// entry there, by the disk that is about to be written.
func conflict(s *server, last, from uint64) bool {
	if from == 0 || from > last {
		return false
	}
	old, had := s.disk.written.Log.Term(from)
	now, has := s.state.Log.Term(from)
	return had && has && old != now
}

// save writes to the disk, and syncs it unless fsync is off.
func (w *World) save(s *server, was *before) {
	if s.seen.Remembers(&s.disk.written.Log) { // what the disk lacks of it now, the log in memory lacks too
		s.disk.written = s.node.Stable()
	} else {
		old, watch := s.disk.written.Log, w.watch()
		s.disk.written = s.node.Stable()
		watch.Written(s.id, &old)
	}
	switch d := &s.disk; {
	case !w.settings.Fsync:
	case w.bug(AckBeforeDurable, s.id):
		d.synced.CurrentTerm, d.synced.VotedFor = d.written.CurrentTerm, d.written.VotedFor
	default:
		d.synced = d.written
	}
	n := s.state
	if n.CurrentTerm != was.term {
		tellDone(w, s.id, TermChanged{n.CurrentTerm}, raft.TermTaken)
	}
	if v := n.VotedFor; v != 0 && (v != was.vote || n.CurrentTerm != was.term) {
		tellDone(w, s.id, Voted{v, n.CurrentTerm}, raft.VoteGiven)
	}
}

// tellLog tells what was written to the log, after the change of role that it
// came with: a leader appends its first entry, a candidate gives way before it
// takes the leader's.
func (w *World) tellLog(s *server, was *before) {
	n, from := s.state, w.out.Save.LogFrom
	if from == 0 {
		return
	}
	if from <= was.last {
		tellDone(w, s.id, Truncated{Entries{from, was.last, was.removed}, was.conflict}, raft.EntriesDeleted)
		w.entriesReplaced(s, from)
	}
	w.tellMembers(s, was, from)
	if last := n.Log.LastIndex(); from <= last {
		if e := w.event(s.id); e != nil {
			e.What = Appended{Entries{from, last, termsOf(&n.Log, from, last)}, n.Log.LastTerm()}
			w.rests(e, raft.EntriesAppended)
		}
	}
}

// tellMembers tells of the configuration in force when the log from index on has
// brought another, or taken it back.
func (w *World) tellMembers(s *server, was *before, from uint64) {
	at := s.state.ConfigurationIndex
	if at == was.config && at < from {
		return
	}
	if e := w.event(s.id); e != nil {
		e.What = MembersChanged{at, *s.state.Configuration}
		w.rests(e, raft.ConfigurationUsed)
	}
}

// tellRole tells a change of role. Who leads without having been a candidate
// before is a majority by himself: he was one on the way (Figure 4).
func (w *World) tellRole(s *server, was *before) {
	role := s.state.Role
	if role == was.role {
		return
	}
	w.notable++
	from := was.role
	if role == raft.Leader && from != raft.Candidate {
		w.tellRoleChange(s, from, raft.Candidate)
		from = raft.Candidate
	}
	w.tellRoleChange(s, from, role)
}

func (w *World) tellRoleChange(s *server, from, to raft.Role) {
	var votes raft.Set
	if to == raft.Leader {
		votes = s.state.Votes
	}
	tellDone(w, s.id, RoleChanged{from, to, s.state.CurrentTerm, votes}, raft.RoleTaken(to))
}

// snapshotItself compacts the log when enough has been applied since the last
// snapshot (§7).
func (w *World) snapshotItself(s *server) {
	every := uint64(w.settings.SnapshotEvery)
	if n := s.state; every > 0 && n.LastApplied >= n.Log.FirstIndex()-1+every && n.MayCompact() {
		watch := w.watch()
		w.checkServer(&watch, s) // what is committed is looked at before it is discarded
		w.dropHanded(s.id)
		_ = w.compact(s) // it has just been applied, so it can be compacted
	}
}

// compact takes a snapshot of what the server has applied.
func (w *World) compact(s *server) error {
	index := s.state.LastApplied
	was, err := w.step(s.id, raft.Compact(index, s.machine.Snapshot()))
	if err != nil {
		return err
	}
	tell(w, s.id, SnapshotTaken{index})
	w.act(w.servers[s.id-1], &was)
	return nil
}

// restore replaces the state machine's state by a snapshot's (§7).
func (w *World) restore(s *server, snap *raft.Snapshot) {
	m, err := s.machine.Restore(snap.Data)
	if err != nil {
		tell(w, s.id, Corrupted{Why: err.Error()})
		return
	}
	s.machine = m
	w.dropHanded(s.id)
	tellDone(w, s.id, SnapshotLoaded{snap.Index, snap.Term}, raft.SnapshotTaken)
	w.abandon(s.id, fmt.Sprintf("%s was sent a snapshot instead of the entry, and with it no result", s.id),
		func(c *Client) bool {
			index, _ := c.waitsFor()
			return c.Read == 0 && index <= snap.Index
		})
}

// apply lets the state machine have what is newly committed (Figure 2, All
// Servers 1), and answers the clients that wait for it.
func (w *World) apply(s *server, was *before) {
	if c := s.state.CommitIndex; c != was.commit {
		w.tellCommit(s, was, c)
	}
	todo := w.out.Apply
	if todo.Len() == 0 {
		return
	}
	tellDone(w, s.id, Applied{todo.First, todo.Last}, raft.EntriesApplied)
	for i := todo.First; i <= todo.Last; i++ {
		entry := s.state.Log.At(i)
		result, ok := "", true
		s.machine, result, ok = w.executeOnce(s, i, entry)
		w.hand(s, i)
		w.answer(s, i, entry.Term, result, ok)
	}
}

// hand tells the invariants what the server's state machine was given last.
func (w *World) hand(s *server, index uint64) {
	w.handed = append(w.handed, invariants.Handed{To: s.id, Index: index, Entry: s.state.Log.At(index),
		Machine: w.stateHash(s)})
}

// tellCommit tells that commitIndex went up to an index.
func (w *World) tellCommit(s *server, was *before, to uint64) {
	w.notable++
	if e := w.event(s.id); e != nil {
		first := was.commit + 1
		e.What = Committed{Entries{first, to, termsOf(&s.state.Log, first, to)}, s.committed(was)}
		w.rests(e, raft.Committed(to))
	}
}

// committedFirst is the index up to which a leader committed before what else an
// input had it do, because of that: it appended the configuration that follows a
// joint one (Figure 11), or stepped down, no longer a member (thesis 4.2.2).
func (s *server) committedFirst(was *before, joint uint64) uint64 {
	n := s.state
	switch {
	case joint != 0:
		return joint
	case was.role == raft.Leader && n.Role != raft.Leader && n.CurrentTerm == was.term:
		return n.CommitIndex
	}
	return was.commit
}

// committed tells whether an input that raised commitIndex had the server
// commit as leader (Figure 2, Leaders 4), in place of learning it from one
// (AppendEntries receiver 5). A leader that commits its own removal leads no
// longer after it; one of an earlier term learns.
func (s *server) committed(was *before) bool {
	return s.state.Role == raft.Leader || was.role == raft.Leader && s.state.CurrentTerm == was.term
}

// stateHash is the hash of what the server's state machine came to, for the invariants;
// 0 in a run that was recorded, whose commands need not be this machine's.
func (w *World) stateHash(s *server) uint64 {
	if w.recorded {
		return 0
	}
	return s.machine.Hash()
}
