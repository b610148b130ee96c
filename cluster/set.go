package cluster

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// canHave says why the servers cannot have these settings, because the program of one lacks
// something.
func (w *World) canHave(next *setting.Settings) error {
	for _, s := range w.servers {
		if next.SnapshotEvery > 0 && w.programs(s.id).Known().NoSnapshots {
			return fmt.Errorf("%s runs a program that takes no snapshots", s.id)
		}
		if n, ok := s.node.(interface{ Refuses(*raft.Options) error }); ok {
			if err := n.Refuses(next.RaftOptions()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a Set) apply(w *World) error {
	d := setting.Find(a.Name)
	if d == nil {
		return fmt.Errorf("there is no setting %q; settings lists them", a.Name)
	}
	next := w.settings
	if err := d.Set(&next, a.Value); err != nil {
		return err
	}
	if err := w.canHave(&next); err != nil {
		return err
	}
	was, lease := d.Get(&w.settings), w.settings.Lease()
	syncs := next.Fsync && !w.settings.Fsync
	set := w.another()
	set.settings, set.options = next, next.RaftOptions()
	set.options.AskedFirst = set.options.AskedFirst || w.anyAsksFirst()
	for i := range w.servers {
		if !w.servers[i].up() {
			continue
		}
		s := w.mutable(raft.ID(i + 1))
		s.node.SetOptions(w.optionsOf(s.id))
		w.freshTimers(s, d.Timers)
		if lease != next.Lease() {
			w.restartLease(s)
		}
	}
	tellInput(w, 0, event.SettingChanged{Name: a.Name, From: was, To: d.Get(&next)})
	for _, s := range w.servers {
		if syncs && s.up() && s.disk.Unsynced() { // or a crash would still lose it
			w.sync(s.id)
		}
	}
	return nil
}
