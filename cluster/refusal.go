package cluster

import (
	"errors"
	"fmt"

	"raftlab/raft"
)

// Refused is the world's own refusal of an action, with what would help.
type Refused struct {
	Why    string
	Advice string // in the words of a command; may be empty
	About  raft.Refusal
	Silent bool // the server is down or frozen, and gives no answer at all
}

func (e *Refused) Error() string {
	if e.Advice == "" {
		return e.Why
	}
	return e.Why + "; " + e.Advice
}

// Reason is why, without what would help.
func (e *Refused) Reason() string { return e.Why }

// Refusal is what it was refused for.
func (e *Refused) Refusal() raft.Refusal { return e.About }

// ReasonOf is why an action was refused, without what would help.
func ReasonOf(err error) string {
	var refused interface{ Reason() string }
	if errors.As(err, &refused) {
		return refused.Reason()
	}
	return err.Error()
}

// RefusalOf is what an action was refused for.
func RefusalOf(err error) raft.Refusal {
	var refused interface{ Refusal() raft.Refusal }
	if errors.As(err, &refused) {
		return refused.Refusal()
	}
	return raft.Otherwise
}

// handingOver is the refusal of a leader that hands its leadership to another.
func handingOver(id, to raft.ID) error {
	return &Refused{Why: fmt.Sprintf("%s is handing leadership to %s and accepts no commands until then", id, to),
		About: raft.HandingOver}
}

// running is an error unless the server is up and not frozen.
func (w *World) running(id raft.ID) error {
	if err := w.isUp(id); err != nil {
		return err
	}
	if w.servers[id-1].frozen {
		return &Refused{Why: fmt.Sprintf("%s is frozen", id), Advice: fmt.Sprintf("thaw %s first", id), Silent: true}
	}
	return nil
}

func (w *World) isUp(id raft.ID) error {
	if err := w.known(id); err != nil {
		return err
	}
	if !w.servers[id-1].up() {
		return &Refused{Why: fmt.Sprintf("%s is down", id), Advice: fmt.Sprintf("restart %s first", id), Silent: true}
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
