package fuzz

import (
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/execute"
	"raftlab/cluster/invariants"
	"raftlab/cluster/linear"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// Linearizability is the property that a client sees one copy of the data (§8).
const Linearizability = "Linearizability"

// Unexplained tells whether what the clients saw is not linearizable.
func Unexplained(w *cluster.World) bool { return inexplicable(w) != nil }

// inexplicable is a breach when what the clients saw is not linearizable. Nearly
// always the order of the log explains it, which is soon seen; porcupine is
// asked about the rest.
func inexplicable(w *cluster.World) *invariants.Breach {
	start, list := w.Operations()
	if start != "" || w.MachineKind() != "kv" || explained(w, list) {
		return nil
	}
	history, ok := relevant(list)
	if !ok {
		return nil
	}
	if err := linear.KV().Check(history, 0); err != nil {
		return &invariants.Breach{Property: Linearizability, Text: err.Error(), Position: w.Position()}
	}
	return nil
}

// explained tells whether the order of the log, as the server that has applied
// most has it, is an order in which the operations can have been done: each
// result is what comes of it, and it goes against no operation's interval.
func explained(w *cluster.World, list []clients.Operation) bool {
	n := furthest(w)
	// a log that was cut, where a rule is broken
	if n == nil || n.Log.FirstIndex() != 1 || n.LastApplied > n.Log.LastIndex() {
		return false
	}
	at := map[uint64][]*clients.Operation{}
	todo := 0
	for i := range list {
		o := &list[i]
		done := o.Return != 0 || o.Index > 0 && o.Index <= n.LastApplied && commandOf(n.Log.Entry(o.Index)) == o.Command
		if done && against(o, list) {
			return false
		}
		if o.Return != 0 {
			at[o.Index] = append(at[o.Index], o)
			todo++
		}
	}
	m := machine.New("kv")
	for i := uint64(0); i <= n.LastApplied; i++ {
		entry, result := raft.Entry{}, ""
		if i > 0 {
			entry = n.Log.Entry(i)
			m, result, _ = execute.Entry(m, i, entry)
		}
		for _, o := range at[i] {
			got := result
			if commandOf(entry) != o.Command {
				if !reads(o) {
					return false
				}
				_, got = m.Apply(o.Command)
			}
			if got != o.Result {
				return false
			}
			todo--
		}
	}
	return todo == 0
}

func reads(o *clients.Operation) bool { return machine.IsGet(o.Command) }

// commandOf is an entry's command, less its number in a session.
func commandOf(e raft.Entry) string {
	switch e.Kind {
	case raft.Command:
		return e.Data
	case raft.Numbered:
		_, _, command, _ := machine.CutSession(e.Data)
		return command
	}
	return ""
}

// furthest is the server that is up and has applied most, or nil.
func furthest(w *cluster.World) (most *raft.State) {
	for id := raft.ID(1); int(id) <= w.Size(); id++ {
		if n := w.State(id); n != nil && (most == nil || n.LastApplied > most.LastApplied) {
			most = n
		}
	}
	return most
}

// against tells whether an operation stands in the log before one that had
// ended when it began.
func against(o *clients.Operation, list []clients.Operation) bool {
	for i := range list {
		before := &list[i]
		if before.Return == 0 || before.Return > o.Call {
			continue
		}
		if before.Index > o.Index || before.Index == o.Index && !reads(o) {
			return true
		}
	}
	return false
}

// mostUnknown is how many operations whose end is not known a history may have:
// each could be done at any moment since, or never.
const mostUnknown = 14

// relevant is the history as it is to be judged, less what can make no
// difference: reads that were not answered, and puts that were not answered and
// whose value nobody has read. ok is false where too much is unknown.
func relevant(list []clients.Operation) (history []linear.Operation, ok bool) {
	seen := map[string]bool{}
	for i := range list {
		seen[list[i].Result] = true
	}
	unknown := 0
	for i := range list {
		o := &list[i]
		if o.Return == 0 {
			_, value, put := strings.Cut(o.Command, "=")
			if reads(o) || put && !seen[value] {
				continue
			}
			unknown++
		}
		history = append(history, linear.Operation{
			Client: o.Client, Command: o.Command,
			Call: int64(o.Call), Return: int64(o.Return), Result: o.Result, Unknown: o.Return == 0,
		})
	}
	return history, unknown <= mostUnknown
}
