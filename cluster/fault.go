package cluster

import (
	"fmt"

	"raftlab/cluster/clients"
	"raftlab/cluster/disk"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// A crash loses what was not synced, and all volatile state (Figure 2, State).
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
	lost := s.disk.Unsynced()
	written := &s.disk.Written.Log
	if term, ok := s.disk.Synced().Log.Term(written.LastIndex()); !ok || term != written.LastTerm() {
		w.lost(s, false)
	}
	s.disk.Crash()
	s.run(nil)
	s.frozen, s.timers = false, timers{}
	s.forget()
	w.notable++
	w.abandon(a.Node, "%s crashed before it replied", func(*clients.Client) bool { return true })
	w.touch(a.Node)
	if lost {
		w.checkDisks()
	}
	return nil
}

// crashed says what a crash of the server loses and keeps.
func (s *server) crashed() event.Crashed {
	c := event.Crashed{Role: s.state.Role, Term: s.state.CurrentTerm, Unsynced: s.disk.Unsynced()}
	c.Kept, c.Lost = s.disk.Loss()
	return c
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
	tellInput(w, a.Node, event.Restarted{Term: s.state.CurrentTerm, Last: s.state.Log.LastIndex()})
	w.sendBegun(s)
	return nil
}

func (a Freeze) apply(w *World) error {
	if err := w.isUp(a.Node); err != nil {
		return err
	}
	if w.servers[a.Node-1].frozen {
		return fmt.Errorf("%s is frozen already", a.Node)
	}
	w.mutable(a.Node).frozen = true
	tell(w, a.Node, event.Frozen{})
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
	tell(w, a.Node, event.Thawed{})
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
	s.disk.Sync()
	tell(w, id, event.Synced{Term: s.disk.Written.CurrentTerm, Last: s.disk.Written.Log.LastIndex()})
}

func (a Wipe) apply(w *World) error {
	if err := w.isDown(a.Node); err != nil {
		return err
	}
	s := w.mutable(a.Node)
	w.lost(s, true)
	s.disk = disk.Of(raft.Stable{Initial: *s.first})
	tellInput(w, a.Node, event.Wiped{})
	w.checkDisks()
	return nil
}

func (a Snapshot) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	return w.compact(w.servers[a.Node-1])
}

// Give makes a state by hand. The invariants start again from this state.
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
	s.disk = disk.Of(a.Stable)
	if err := w.boot(s); err != nil {
		return err
	}
	w.abandon(a.Node, "%s was given another state", func(*clients.Client) bool { return true })
	w.dropMail(a.Node)
	tellInput(w, a.Node, event.Given{Term: s.state.CurrentTerm, Last: s.state.Log.LastIndex()})
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
			tell(w, m.From, event.Dropped{Mail: mailOf(&m)})
		}
	}
}

// restartOperations forgets what the clients did, because a state was made by hand. The
// history starts again from the state of the server that has applied most.
func (w *World) restartOperations() {
	w.operations = clients.Ledger{}
	var most raft.ID
	for _, s := range w.servers {
		if s.up() && (most == 0 || s.state.LastApplied > w.servers[most-1].state.LastApplied) {
			most = s.id
		}
	}
	if most != 0 {
		w.operations.Start = w.servers[most-1].machine.Snapshot()
	}
}
