// Package machine holds the state machines that a cluster can replicate. A
// machine is deterministic: the same commands in the same order give the same
// state and the same results on every server (section 2 of the paper).
package machine

import (
	"iter"
	"strings"
)

// Machine is a state machine's state. It is a value that never changes:
// Apply returns the next one, so that copies of a world share it.
type Machine interface {
	// Apply is the state after the command, and the command's result. A
	// command that the machine does not know changes nothing.
	Apply(command string) (next Machine, result string)
	// Snapshot is the state as text; Restore reads it.
	Snapshot() string
	Restore(snapshot string) (Machine, error)
	// Hash stands for the state: it costs no more, however large the state is.
	Hash() uint64
	// All yields the state as names and values, sorted by name.
	All() iter.Seq2[string, string]
	// Get is the value of a name.
	Get(name string) (string, bool)
	// Len is how many names have a value.
	Len() int
}

// IsGet tells whether a command only looks.
func IsGet(command string) bool { return command == "get" || strings.HasPrefix(command, "get ") }
