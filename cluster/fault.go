package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// running is an error unless the server is up and not frozen.
func (w *World) running(id raft.ID) error {
	if err := w.isUp(id); err != nil {
		return err
	}
	if w.servers[id-1].frozen {
		return fmt.Errorf("%s is frozen; thaw %s first", id, id)
	}
	return nil
}

func (w *World) isUp(id raft.ID) error {
	if err := w.known(id); err != nil {
		return err
	}
	if !w.servers[id-1].up() {
		return fmt.Errorf("%s is down; restart %s first", id, id)
	}
	return nil
}

func (w *World) isDown(id raft.ID) error {
	if err := w.known(id); err != nil {
		return err
	}
	if w.servers[id-1].up() {
		return fmt.Errorf("%s is up; kill %s first", id, id)
	}
	return nil
}

// A crash: what was not synced is gone, and so is all volatile state.
func (a Kill) apply(w *World) error {
	if err := w.known(a.Node); err != nil {
		return err
	}
	if !w.servers[a.Node-1].up() {
		return fmt.Errorf("%s is down already", a.Node)
	}
	s := w.mutable(a.Node)
	if e := w.event(Crashed, a.Node); e != nil {
		e.Text = s.lossText()
		e.From, e.Term = s.node.Role().String(), s.node.CurrentTerm()
	}
	lost := s.disk.unsynced()
	s.disk.written = s.disk.synced
	s.node, s.frozen, s.timers = nil, false, timers{}
	s.reads, s.rounds = nil, nil
	w.notable++
	w.abandon(a.Node, fmt.Sprintf("%s crashed before it answered", a.Node), func(*Client) bool { return true })
	w.touch(a.Node)
	if lost {
		w.checkDisks()
	}
	return nil
}

func (w *World) checkDisks() {
	watch := w.watch()
	watch.CheckDisks()
}

// lossText says what a crash of the server loses and keeps.
func (s *server) lossText() string {
	kept := s.disk.synced
	text := fmt.Sprintf("kept: term %d, %s, %s", kept.CurrentTerm, voteText(kept.VotedFor), logText(&kept.Log))
	if !s.disk.unsynced() {
		return text + "; lost: only volatile state"
	}
	was := s.disk.written
	var lost []string
	if was.CurrentTerm != kept.CurrentTerm {
		lost = append(lost, fmt.Sprintf("term %d", was.CurrentTerm))
	}
	if was.VotedFor != kept.VotedFor {
		lost = append(lost, voteText(was.VotedFor))
	}
	if n, m := was.Log.LastIndex(), kept.Log.LastIndex(); n != m || was.Log.LastTerm() != kept.Log.LastTerm() {
		lost = append(lost, "the log as written, up to entry "+strconv.FormatUint(n, 10))
	}
	if len(lost) == 0 {
		lost = append(lost, "a snapshot")
	}
	return text + "; lost, not synced: " + strings.Join(lost, ", ")
}

func voteText(id raft.ID) string {
	if id == 0 {
		return "no vote"
	}
	return "vote for " + id.String()
}

func logText(l *raft.Log) string {
	switch n := l.LastIndex(); n {
	case 0:
		return "an empty log"
	case 1:
		return "1 entry"
	default:
		return fmt.Sprintf("%d entries", n)
	}
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
	if e := w.event(Restarted, a.Node); e != nil {
		e.Term, e.Last = s.node.CurrentTerm(), s.node.Log().LastIndex()
	}
	return nil
}

func (a Freeze) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	w.mutable(a.Node).frozen = true
	w.event(Frozen, a.Node)
	return nil
}

func (a Thaw) apply(w *World) error {
	if err := w.isUp(a.Node); err != nil {
		return err
	}
	if !w.servers[a.Node-1].frozen {
		return fmt.Errorf("%s is not frozen", a.Node)
	}
	w.mutable(a.Node).frozen = false
	w.event(Thawed, a.Node)
	return nil
}

func (a Sync) apply(w *World) error {
	if err := w.isUp(a.Node); err != nil {
		return err
	}
	s := w.mutable(a.Node)
	s.disk.synced = s.disk.written
	if e := w.event(Synced, a.Node); e != nil {
		e.Last, e.Term = s.disk.synced.Log.LastIndex(), s.disk.synced.CurrentTerm
	}
	return nil
}

func (a Wipe) apply(w *World) error {
	if err := w.isDown(a.Node); err != nil {
		return err
	}
	s := w.mutable(a.Node)
	s.disk.written = raft.Stable{Initial: s.disk.written.Initial}
	s.disk.synced = s.disk.written
	w.event(Wiped, a.Node)
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
	if _, err := raft.New(a.Node, a.Stable, w.optionsOf(a.Node)); err != nil {
		return err
	}
	if snap := a.Stable.Snapshot; snap != nil {
		if _, err := w.servers[a.Node-1].machine.Restore(snap.Data); err != nil {
			return err
		}
	}
	s := w.mutable(a.Node)
	s.disk.synced = a.Stable
	if err := w.boot(s); err != nil {
		return err
	}
	w.abandon(a.Node, fmt.Sprintf("%s was given another state", a.Node), func(*Client) bool { return true })
	w.dropMail(a.Node)
	if e := w.event(Given, a.Node); e != nil {
		e.Term, e.Last = s.node.CurrentTerm(), s.node.Log().LastIndex()
	}
	w.notable++
	if a.Commit > 0 {
		err := w.input(a.Node, func(n *raft.Node, o *raft.Output) error { n.SetCommitIndex(o, a.Commit); return nil })
		if err != nil {
			return err
		}
	}
	w.rebase()
	w.restartOperations()
	return nil
}

// dropMail removes what is in flight from and to a server.
func (w *World) dropMail(id raft.ID) {
	for _, m := range w.Flights() {
		if m.From == id || m.To == id {
			w.flights.remove(w.flights.find(m.ID))
			w.tellFlight(Dropped, &m, m.From, "")
		}
	}
}

func (w *World) rebase() {
	states := make([]invariants.State, len(w.servers))
	for i := range w.servers {
		w.mutable(raft.ID(i + 1))
		states[i] = w.servers[i].observed()
	}
	watch := w.watch()
	watch.Rebase(states)
	w.touched = raft.Set{}
}
