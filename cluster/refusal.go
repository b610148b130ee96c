package cluster

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// running is an error unless the server is up and not frozen.
func (w *World) running(id raft.ID) error {
	if err := w.isUp(id); err != nil {
		return err
	}
	if w.servers[id-1].frozen {
		return event.Silence(id, "frozen", "thaw")
	}
	return nil
}

func (w *World) isUp(id raft.ID) error {
	if err := w.known(id); err != nil {
		return err
	}
	if !w.servers[id-1].up() {
		return event.Silence(id, "down", "restart")
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

// Known tells whether there is such a server, as an error that says which there are.
func (w *World) known(id raft.ID) error {
	if id == 0 || int(id) > len(w.servers) {
		return fmt.Errorf("there is no %s; the servers are S1 to S%d", id, len(w.servers))
	}
	return nil
}
