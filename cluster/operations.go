package cluster

import (
	"raftlab/raft"
	"raftlab/raft/seq"
)

// Operation is a client's request as the client saw it: an interval with a
// result, by which linearizability is judged (§8).
type Operation struct {
	Client  string
	Session uint64
	Command string
	Call    uint64 // the position at which it was sent first
	Return  uint64 // the position at which it was answered; 0: it never was
	Result  string
	Index   uint64 // the entry that it became or, of a read, up to which the answer had applied; 0: none yet
}

// moment is the beginning or the end of an operation.
type moment struct {
	client   string
	session  uint64
	again    uint64
	text     string // the command, or the result
	position uint64
	end      bool
	index    uint64
}

// operations is every request of the clients, in the order of their moments.
type operations struct {
	moments seq.Seq[moment]
	start   string // the state machine's state at the beginning
}

func (w *World) called(c *Client) {
	if c.Began && (c.Tries != 1 || !c.InOrder) {
		return // a retry is the same operation
	}
	c.Began = true // a command that had to wait for its session has its entry now
	if w.alone != 0 {
		return // nobody judges what is done on a bench
	}
	w.operations.moments.Append(moment{c.Name, c.Session, c.Again, c.Command, w.position, false, c.Index})
}

func (w *World) returned(c *Client) {
	if w.alone != 0 {
		return
	}
	w.operations.moments.Append(moment{c.Name, c.Session, c.Again, c.Result, w.position, true, c.Index})
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

// Moments is how often a client has begun or ended an operation so far.
func (w *World) Moments() int { return w.operations.moments.Len() }

// Operations is every request of the clients so far, in the order in which they
// were sent, and the state machine's state before the first.
func (w *World) Operations() (start string, list []Operation) {
	type key struct {
		client         string
		session, again uint64
	}
	at := map[key]int{}
	for i := range w.operations.moments.Len() {
		m := w.operations.moments.At(i)
		k := key{m.client, m.session, m.again}
		if j, known := at[k]; known && !m.end {
			list[j].Index = m.index
		} else if !m.end {
			at[k] = len(list)
			list = append(list, Operation{Client: m.client, Session: m.session, Command: m.text, Call: m.position,
				Index: m.index})
		} else if j, known := at[k]; known {
			o := &list[j]
			o.Result, o.Index = m.text, m.index
			if o.Return == 0 { // a write that was sent again after its answer ended with the first one
				o.Return = m.position
			}
		}
	}
	return w.operations.start, list
}
