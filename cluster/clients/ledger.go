package clients

import "raftlab/raft/seq"

// Operation is a client's request as the client saw it: an interval with a
// result, by which linearizability is judged (§8).
type Operation struct {
	Client  string
	Session uint64 // the number of the client's request, Client.Session
	Command string
	Call    uint64 // the position at which it was sent first
	Return  uint64 // the position at which it was answered; 0: it never was
	Result  string
	Told    uint64 // the position at which it got Result: a write may be sent again after its answer
	Index   uint64 // the entry that it became or, of a read, up to which the answer had applied; 0: none yet
}

// moment is the beginning or the end of an operation. Its client, session, index and again
// are the Client's at that moment.
type moment struct {
	client   string
	text     string // the command at the beginning, the result at the end
	session  uint64
	position uint64
	index    uint64
	again    uint32
	end      bool
}

// Ledger is every request of the clients, in the order of their moments.
type Ledger struct {
	moments seq.Seq[moment]
	Start   string // the state machine's state at the beginning
}

// Begin notes that the client has sent its request.
func (l *Ledger) Begin(c *Client, position uint64) {
	l.moments.Append(moment{c.Name, c.Command, c.Session, position, c.Index, uint32(c.Again), false})
}

// End notes that the client has its answer.
func (l *Ledger) End(c *Client, position uint64) {
	l.moments.Append(moment{c.Name, c.Result, c.Session, position, c.Index, uint32(c.Again), true})
}

// Moments is how many beginnings and ends are noted.
func (l *Ledger) Moments() int { return l.moments.Len() }

// List is every request, in the order in which they were sent.
func (l *Ledger) List() (list []Operation) {
	type key struct {
		client  string
		session uint64
		again   uint32
	}
	at := map[key]int{}
	for i := range l.moments.Len() {
		m := l.moments.At(i)
		k := key{m.client, m.session, m.again}
		if j, known := at[k]; known && !m.end {
			list[j].Index = m.index
		} else if !m.end {
			at[k] = len(list)
			list = append(list, Operation{Client: m.client, Session: m.session, Command: m.text, Call: m.position,
				Index: m.index})
		} else if j, known := at[k]; known {
			op := &list[j]
			op.Result, op.Index, op.Told = m.text, m.index, m.position
			if op.Return == 0 { // a write that was sent again after its answer ended with the first one
				op.Return = m.position
			}
		}
	}
	return list
}
