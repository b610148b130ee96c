package event

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

// HandingOver is the refusal of a leader that hands its leadership to another.
func HandingOver(id, to raft.ID) error {
	return &Refused{About: raft.HandingOver,
		Why: fmt.Sprintf("%s is handing leadership to %s and accepts no commands until then", id, to)}
}

// Silence is that a server gives no answer, because of what it is, and what to do first.
func Silence(id raft.ID, is, first string) error {
	return &Refused{Why: id.String() + " is " + is, Advice: first + " " + id.String() + " first", Silent: true}
}

// NotLeading says that a server does not do what only a leader does.
func NotLeading(id raft.ID, role raft.Role, what string) error {
	return fmt.Errorf("%s is a %s, and only a leader %s; timeout %s; settle may make it lead", id, role, what, id)
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
