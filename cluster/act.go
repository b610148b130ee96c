package cluster

import (
	"slices"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// act does what the server's Output asks for: first the disk, then everything
// else (Figure 2: stable storage before responding).
func (w *World) act(s *server, was *before) {
	out := &w.out
	w.touch(s.id)
	if out.Matched != 0 {
		w.matched = w.matched.With(out.Matched)
	}
	decider := w.decider()
	if l := w.listener; l != nil {
		l.decided = slices.Clone(out.Decided)
	}
	if w.settings.Fsync && w.bug(rules.RepliesBeforeSaving|rules.TwoWrites, s.id) {
		s.disk.Sync() // what an earlier step left to be saved
	}
	var held raft.Log // before a snapshot took its place
	if out.Restore != nil {
		held = s.disk.Written.Log
	}
	if out.Save.Any() {
		was.conflict = conflict(s, was.last, out.Save.LogFrom)
		if from := out.Save.LogFrom; from > 0 && w.listener != nil {
			was.removed = event.EntriesOf(&s.disk.Written.Log, from, was.last).Terms
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
		w.applyAgain(s, &held, was.commit)
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

// conflict tells whether a log that is rewritten from an index on had another entry
// there. The disk says so, because it is written only after this.
func conflict(s *server, last, from uint64) bool {
	if from == 0 || from > last {
		return false
	}
	old, had := s.disk.Written.Log.Term(from)
	now, has := s.state.Log.Term(from)
	return had && has && old != now
}

// save writes to the disk, and syncs it unless fsync is off.
func (w *World) save(s *server, was *before) {
	half := w.settings.Fsync && w.bug(rules.AckBeforeDurable, s.id)
	noVote := w.settings.Fsync && w.bug(rules.TwoWrites, s.id) && s.state.CurrentTerm != was.term
	sync := w.settings.Fsync && !half && !noVote && !w.bug(rules.RepliesBeforeSaving, s.id)
	if s.seen.Remembers(&s.disk.Written.Log) { // what the disk lacks of it now, the log in memory lacks too
		s.disk.Write(s.node.Stable(), sync)
	} else {
		old, watch := s.disk.Written.Log, w.watch()
		s.disk.Write(s.node.Stable(), sync)
		watch.Written(s.id, &old)
	}
	if half {
		s.disk.SyncTerm()
	}
	if noVote {
		s.disk.SyncAllButVote()
	}
	n := s.state
	if n.CurrentTerm != was.term {
		tellDone(w, s.id, event.TermChanged{Term: n.CurrentTerm}, raft.TermTaken)
	}
	if v := n.VotedFor; v != 0 && (v != was.vote || n.CurrentTerm != was.term) {
		tellDone(w, s.id, event.Voted{For: v, Term: n.CurrentTerm}, raft.VoteGiven)
	}
}

// tellLog tells what was written to the log. The change of role that came with it is told
// before: a server becomes leader and then appends its first entry, and a candidate steps
// down before it takes the leader's entries.
func (w *World) tellLog(s *server, was *before) {
	n, from := s.state, w.out.Save.LogFrom
	if from == 0 {
		return
	}
	if from <= was.last {
		gone := event.Entries{First: from, Last: was.last, Terms: was.removed}
		tellDone(w, s.id, event.Truncated{Entries: gone, Conflict: was.conflict}, raft.EntriesDeleted)
		w.entriesReplaced(s, from)
	}
	w.tellMembers(s, was, from)
	if last := n.Log.LastIndex(); from <= last {
		if e := w.event(s.id); e != nil {
			e.What = event.Appended{Entries: event.EntriesOf(&n.Log, from, last), Term: n.Log.LastTerm()}
			w.rests(e, raft.EntriesAppended)
		}
	}
}

// tellMembers tells which configuration is in force now, where the log from index on has
// brought another one or has taken one back.
func (w *World) tellMembers(s *server, was *before, from uint64) {
	at := s.state.ConfigurationIndex
	if at == was.config && at < from {
		return
	}
	if e := w.event(s.id); e != nil {
		e.What = event.MembersChanged{Index: at, Members: *s.state.Configuration}
		w.rests(e, raft.ConfigurationUsed)
	}
}

// tellRole tells a change of role. A server that leads without having been a candidate
// before is a majority by itself. It was a candidate on the way (Figure 4).
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
	changed := event.RoleChanged{From: from, To: to, Term: s.state.CurrentTerm, Votes: votes}
	tellDone(w, s.id, changed, raft.RoleTaken(to))
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
	tell(w, s.id, event.SnapshotTaken{Last: index})
	w.act(w.servers[s.id-1], &was)
	return nil
}

// restore replaces the state machine's state by a snapshot's (§7).
func (w *World) restore(s *server, snap *raft.Snapshot) {
	m, err := s.machine.Restore(snap.Data)
	if err != nil {
		tell(w, s.id, event.Corrupted{Why: err.Error()})
		return
	}
	s.machine = m
	w.dropHanded(s.id)
	tellDone(w, s.id, event.SnapshotLoaded{Last: snap.Index, Term: snap.Term}, raft.SnapshotTaken)
	w.abandon(s.id, "%s was sent a snapshot instead of the entry, and with it no result",
		func(c *clients.Client) bool {
			index, _ := c.WaitsFor()
			return c.Read == 0 && index <= snap.Index
		})
}

// applyAgain gives the state machine the entries that a server held and had not applied when
// a snapshot arrived that covers them. It is the mistake applies-out-of-order.
func (w *World) applyAgain(s *server, held *raft.Log, applied uint64) {
	first, last := max(held.FirstIndex(), applied+1), min(held.LastIndex(), s.state.LastApplied)
	if !w.bug(rules.AppliesOutOfOrder, s.id) || first > last {
		return
	}
	tellDone(w, s.id, event.Applied{First: first, Last: last}, raft.EntriesApplied)
	for i := first; i <= last; i++ {
		s.machine, _, _ = w.executed.Once(s.machine, i, held.At(i), w.twice(s))
	}
}

// apply gives the state machine what is newly committed (Figure 2, All Servers 1), and
// answers the clients that wait for it.
func (w *World) apply(s *server, was *before) {
	if c := s.state.CommitIndex; c != was.commit {
		w.tellCommit(s, was, c)
	}
	todo := w.out.Apply
	if todo.Len() == 0 {
		return
	}
	tellDone(w, s.id, event.Applied{First: todo.First, Last: todo.Last}, raft.EntriesApplied)
	for i := todo.First; i <= todo.Last; i++ {
		result, ok := w.applyOne(s, i)
		w.answer(s, i, s.state.Log.At(i).Term, result, ok)
	}
}

// applyOne gives the state machine the entry at index.
func (w *World) applyOne(s *server, index uint64) (result string, ok bool) {
	s.machine, result, ok = w.executed.Once(s.machine, index, s.state.Log.At(index), w.twice(s))
	w.hand(s, index)
	return result, ok
}

// twice tells whether the server applies a numbered command though it has applied it
// before: see execute.
func (w *World) twice(s *server) bool { return w.bug(rules.NoSessions, s.id) }

// tellCommit tells that commitIndex went up to an index.
func (w *World) tellCommit(s *server, was *before, to uint64) {
	w.notable++
	if e := w.event(s.id); e != nil {
		first := was.commit + 1
		e.What = event.Committed{Entries: event.EntriesOf(&s.state.Log, first, to), Leader: s.committed(was)}
		w.rests(e, raft.Committed(to))
	}
}

// committedFirst is the index up to which a leader committed before it did anything else
// for an input. There are two such cases, and in both the commit is the cause of the rest:
// the leader appends the configuration that follows a joint one (Figure 11), or it steps
// down because it is no longer a member (thesis 4.2.2).
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

// committed tells whether the server raised commitIndex as leader (Figure 2, Leaders 4).
// Otherwise it learned from a leader that the entries are committed (AppendEntries
// receiver 5). A leader that commits its own removal no longer leads afterwards. A leader
// of an earlier term learns.
func (s *server) committed(was *before) bool {
	return s.state.Role == raft.Leader || was.role == raft.Leader && s.state.CurrentTerm == was.term
}
