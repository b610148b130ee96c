package event

import (
	"errors"

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
