package cluster

import (
	"fmt"
	"strings"

	"raftlab/raft"
)

// A crash: what was not synced is gone, and so is all volatile state.
func (a Kill) apply(w *World) error {
	if err := w.known(a.Node); err != nil {
		return err
	}
	if !w.servers[a.Node-1].up() {
		return fmt.Errorf("%s is down already", a.Node)
	}
	s := w.mutable(a.Node)
	if e := w.event(a.Node); e != nil {
		e.What, w.listener.input = s.crashed(), w.position
	}
	lost := s.disk.unsynced()
	written := &s.disk.written.Log
	if term, ok := s.disk.stable().Log.Term(written.LastIndex()); !ok || term != written.LastTerm() {
		w.lost(s, false)
	}
	s.disk = disk{written: *s.disk.stable()}
	s.run(nil)
	s.frozen, s.timers = false, timers{}
	s.forget()
	w.notable++
	w.abandon(a.Node, fmt.Sprintf("%s crashed before it replied", a.Node), func(*Client) bool { return true })
	w.touch(a.Node)
	if lost {
		w.checkDisks()
	}
	return nil
}

// crashed says what a crash of the server loses and keeps.
func (s *server) crashed() Crashed {
	kept := *s.disk.stable()
	c := Crashed{Role: s.state.Role, Term: s.state.CurrentTerm, Lost: "only volatile state",
		Unsynced: s.disk.unsynced()}
	c.Kept = fmt.Sprintf("term %d, %s, %s", kept.CurrentTerm, voteText(kept.VotedFor), logText(&kept))
	if !c.Unsynced {
		return c
	}
	var lost []string
	was := s.disk.written
	if was.CurrentTerm != kept.CurrentTerm {
		lost = append(lost, fmt.Sprintf("term %d", was.CurrentTerm))
	}
	if was.VotedFor != kept.VotedFor {
		lost = append(lost, voteText(was.VotedFor))
	}
	if snap := was.Snapshot; snap != kept.Snapshot && snap != nil {
		lost = append(lost, fmt.Sprintf("a snapshot to index %d", snap.Index))
	}
	c.Lost = strings.Join(append(lost, lostEntries(&was.Log, &kept.Log)...), ", ")
	return c
}

// lostEntries is what a crash does to a log: entries that were written and not
// synced are gone, and such as were deleted are back.
func lostEntries(was, kept *raft.Log) []string {
	same := max(was.SharedThrough(kept), was.FirstIndex()-1)
	// the rest may be equal without being shared
	for last := min(was.LastIndex(), kept.LastIndex()); same < last; same++ {
		a, _ := was.Term(same + 1)
		if b, _ := kept.Term(same + 1); a != b {
			break
		}
	}
	var lost []string
	if n := was.LastIndex(); n > same {
		lost = append(lost, rangeText(max(same, kept.FirstIndex()-1)+1, n))
	}
	if n := kept.LastIndex(); n > same {
		lost = append(lost, "the deletion of "+rangeText(same+1, n))
	}
	return lost
}

// rangeText is entries by their indexes, in words.
func rangeText(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d–%d", first, last)
}

func voteText(id raft.ID) string {
	if id == 0 {
		return "no vote"
	}
	return "vote for " + id.String()
}

// logText counts the entries that a disk holds, and names its snapshot by the
// last index that it covers.
func logText(d *raft.Stable) string {
	text := "an empty log"
	switch n := d.Log.LastIndex() + 1 - d.Log.FirstIndex(); {
	case n == 1:
		text = "1 entry"
	case n > 1:
		text = fmt.Sprintf("%d entries", n)
	}
	if d.Snapshot == nil {
		return text
	}
	return fmt.Sprintf("a snapshot to index %d, %s", d.Snapshot.Index, text)
}

func (a Restart) apply(w *World) error {
	if err := w.known(a.Node); err != nil {
		return err
	}
	if w.servers[a.Node-1].up() {
		return fmt.Errorf("%s is up already; kill it first", a.Node)
	}
	s := w.mutable(a.Node)
	if err := w.boot(s); err != nil {
		return err
	}
	w.notable++
	w.touch(a.Node)
	tellInput(w, a.Node, Restarted{s.state.CurrentTerm, s.state.Log.LastIndex()})
	w.sendBegun(s)
	return nil
}

func (a Freeze) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	w.mutable(a.Node).frozen = true
	tell(w, a.Node, Frozen{})
	return nil
}

func (a Thaw) apply(w *World) error {
	if err := w.isUp(a.Node); err != nil {
		return err
	}
	if !w.servers[a.Node-1].frozen {
		return fmt.Errorf("%s is not frozen", a.Node)
	}
	s := w.mutable(a.Node)
	tell(w, a.Node, Thawed{})
	if s.frozen = false; s.state.Lease && s.timers.lease == 0 {
		w.leaseOver(a.Node) // it has run out while the process stood still
	}
	return nil
}

func (a Sync) apply(w *World) error {
	if err := w.isUp(a.Node); err != nil {
		return err
	}
	w.sync(a.Node)
	return nil
}

// sync makes stable what a server has written.
func (w *World) sync(id raft.ID) {
	s := w.mutable(id)
	s.disk.synced = nil
	tell(w, id, Synced{s.disk.written.CurrentTerm, s.disk.written.Log.LastIndex()})
}

func (a Wipe) apply(w *World) error {
	if err := w.isDown(a.Node); err != nil {
		return err
	}
	s := w.mutable(a.Node)
	w.lost(s, true)
	s.disk = disk{written: raft.Stable{Initial: *s.first}}
	tellInput(w, a.Node, Wiped{})
	w.checkDisks()
	return nil
}

func (a Snapshot) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	return w.compact(w.servers[a.Node-1])
}

// Give makes a state by hand: the invariants begin anew from what is there.
func (a Give) apply(w *World) error {
	if err := w.known(a.Node); err != nil {
		return err
	}
	if _, err := w.start(a.Node, a.Stable); err != nil {
		return err
	}
	if snap := a.Stable.Snapshot; snap != nil {
		if _, err := w.servers[a.Node-1].machine.Restore(snap.Data); err != nil {
			return err
		}
	}
	s := w.mutable(a.Node)
	w.lost(s, true)
	s.disk = disk{written: a.Stable}
	if err := w.boot(s); err != nil {
		return err
	}
	w.abandon(a.Node, fmt.Sprintf("%s was given another state", a.Node), func(*Client) bool { return true })
	w.dropMail(a.Node)
	tellInput(w, a.Node, Given{s.state.CurrentTerm, s.state.Log.LastIndex()})
	w.notable++
	w.sendBegun(s)
	if a.Commit > 0 {
		was, err := w.step(a.Node, raft.SetCommitIndex(a.Commit))
		if err != nil {
			return err
		}
		w.act(w.servers[a.Node-1], &was)
	}
	w.rebase()
	w.restartOperations()
	return nil
}

// dropMail removes what is in flight from and to a server.
func (w *World) dropMail(id raft.ID) {
	for _, m := range w.Flights() {
		if m.From == id || m.To == id {
			w.flights.Remove(w.flights.Find(m.ID))
			tell(w, m.From, Dropped{mailOf(&m)})
		}
	}
}

// restartOperations forgets them, after a state was made by hand: the history
// begins from what the server that has applied most holds.
func (w *World) restartOperations() {
	w.operations = operations{}
	var most raft.ID
	for _, s := range w.servers {
		if s.up() && (most == 0 || s.state.LastApplied > w.servers[most-1].state.LastApplied) {
			most = s.id
		}
	}
	if most != 0 {
		w.operations.start = w.servers[most-1].machine.Snapshot()
	}
}
