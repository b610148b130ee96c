package cluster

import (
	"fmt"
	"slices"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// Client statuses.
const (
	Pending = "pending" // the entry is in a leader's log and not yet applied
	Done    = "done"    // committed, applied, and answered with a result
	Unknown = "unknown" // the client cannot know whether it was done
)

// Client is one client and its last request. It is outside the network and
// reaches every server that is up. It never changes: a new one takes its place.
type Client struct {
	Name    string
	Leader  raft.ID // whom it believes to lead, or 0
	Session uint64  // the number of its last request
	Command string  // what it asked
	Data    string  // the same as it stands in the log, in a session or not
	Status  string
	Result  string
	Why     string  // for Unknown: what happened
	Node    raft.ID // the server that took it
	Index   uint64  // where in that server's log
	Term    uint64
	Tries   int    // how often it was sent
	Serial  uint64 // of its last command in a session (thesis 6.3)
	Read    uint64 // the number of its read, while one is under way
	Mode    string // how its read is answered; "" for what goes through the log
}

// Clients is every client, in the order of their first request.
func (w *World) Clients() []*Client { return w.clients }

// Client is the client of that name, or nil.
func (w *World) Client(name string) *Client {
	if i := w.clientAt(name); i >= 0 {
		return w.clients[i]
	}
	return nil
}

func (w *World) clientAt(name string) int {
	return slices.IndexFunc(w.clients, func(c *Client) bool { return c.Name == name })
}

func (a Request) apply(w *World) error {
	c := Client{Name: a.Client}
	if old := w.Client(a.Client); old != nil {
		c.Leader, c.Session, c.Serial = old.Leader, old.Session, old.Serial
	}
	c.Session++
	c.Command, c.Data, c.Tries = a.Data, a.Data, 0
	if w.settings.Sessions {
		c.Serial++
		c.Data = machine.InSession(c.Name, c.Serial, a.Data)
	}
	return w.request(c, a.Via)
}

func (a Retry) apply(w *World) error {
	old := w.Client(a.Client)
	if old == nil {
		return fmt.Errorf("%s has sent nothing yet", a.Client)
	}
	c := *old
	c.Status, c.Result, c.Why = "", "", ""
	if c.Mode != "" {
		return w.read(c, 0)
	}
	return w.request(c, 0)
}

// request finds a server that takes the command (§8): the one named, or the
// leader that the client knows, then the others in turn. A redirect is followed.
func (w *World) request(c Client, via raft.ID) error {
	return w.askInTurn(&c, via, func(id raft.ID) (raft.ID, string, error) { return w.ask(&c, id) })
}

// askInTurn asks servers until one takes the request; ask returns whom the
// server names instead, if anyone.
func (w *World) askInTurn(c *Client, via raft.ID, ask func(raft.ID) (next raft.ID, why string, err error)) error {
	first := via
	if via == 0 {
		first = c.Leader
	}
	var asked raft.Set
	why, byLeader := "", false // a leader's own refusal says most
	for try := first; ; try = 0 {
		if try == 0 {
			if via != 0 && !asked.Empty() {
				break
			}
			if try = w.nobodyAsked(asked); try == 0 {
				break
			}
		}
		for try != 0 && !asked.Has(try) {
			asked = asked.With(try)
			next, refusal, err := ask(try)
			if err == nil {
				return nil
			}
			leads := w.Has(try) && w.Up(try) && w.Node(try).Role() == raft.Leader
			if why == "" || leads || next == 0 && !byLeader {
				why, byLeader = refusal, leads
			}
			try = next
		}
	}
	if via != 0 {
		return fmt.Errorf("%s", why)
	}
	return fmt.Errorf("no server takes it: %s", w.whyNobody(why))
}

func (w *World) whyNobody(why string) string {
	for _, s := range w.servers {
		if s.frozen && s.node.Role() == raft.Leader {
			return fmt.Sprintf("%s leads and is frozen; thaw %s first", s.id, s.id)
		}
	}
	if w.Leader() != 0 {
		return why
	}
	for _, s := range w.servers {
		if s.running() {
			return "nobody leads; elect a leader first, for example: timeout S1; settle"
		}
	}
	return why
}

// nobodyAsked is the next running server that was not asked yet.
func (w *World) nobodyAsked(asked raft.Set) raft.ID {
	for _, s := range w.servers {
		if s.running() && !asked.Has(s.id) {
			return s.id
		}
	}
	return 0
}

// ask puts the client's command to one server. When it is not taken, next is
// whom the server names as leader, or 0.
func (w *World) ask(c *Client, id raft.ID) (next raft.ID, why string, err error) {
	if err := w.running(id); err != nil {
		w.tellClient(Unanswered, c, id, err.Error())
		return 0, err.Error(), err
	}
	w.tellClient(Requested, c, id, c.Data)
	if w.servers[id-1].node.Role() != raft.Leader {
		return w.redirect(c, id)
	}
	if to := w.servers[id-1].node.Transferee(); to != 0 {
		err := fmt.Errorf("%s is handing leadership to %s and takes no commands until then", id, to)
		w.tellClient(Unanswered, c, id, err.Error())
		return 0, err.Error(), err
	}
	c.Leader, c.Node, c.Status = id, id, Pending
	c.Tries++
	n := w.servers[id-1].node
	c.Index, c.Term = n.Log().LastIndex()+1, n.CurrentTerm()
	w.called(c)
	w.storeClient(c) // before the input: a cluster of one answers at once
	w.tellClient(Accepted, c, id, "")
	data := c.Data
	err = w.input(id, func(n *raft.Node, o *raft.Output) error { _, err := n.Propose(o, data); return err })
	if err == nil && w.bug(AckBeforeCommit, id) {
		w.answerEarly(w.servers[id-1], c)
	}
	return 0, "", err
}

// answerEarly is the mistake of answering a client as if all that the leader
// has appended were committed.
func (w *World) answerEarly(s *server, c *Client) {
	m, result := s.machine, ""
	for i := s.node.LastApplied() + 1; i <= c.Index; i++ {
		if e := s.node.Log().Entry(i); e.Kind == raft.Command {
			m, result = w.execute(s, m, e.Data)
		}
	}
	w.answer(s, c.Index, c.Term, result)
}

// redirect is the answer of a server that does not lead: whom it believes to.
func (w *World) redirect(c *Client, id raft.ID) (leader raft.ID, why string, err error) {
	leader = w.servers[id-1].node.Leader()
	err = &raft.NotLeader{Node: id, Leader: leader}
	if leader == 0 {
		w.tellClient(Unanswered, c, id, err.Error())
	} else {
		w.tellClient(Redirected, c, id, leader.String())
	}
	return leader, err.Error(), err
}

func (w *World) storeClient(c *Client) {
	stored := *c
	if i := w.clientAt(c.Name); i >= 0 {
		w.clients[i] = &stored
		return
	}
	w.clients = append(w.clients, &stored)
}

func (w *World) tellClient(kind EventKind, c *Client, id raft.ID, text string) {
	if e := w.event(kind, id); e != nil {
		e.Client, e.Text = c.Name, text
		if kind == Redirected {
			e.Peer = text
		}
		if kind == Accepted || kind == Answered {
			e.Last, e.Term = c.Index, c.Term
		}
	}
}

// answer tells the clients that wait at the server for the entry at index.
func (w *World) answer(s *server, index, term uint64, result string) {
	for _, c := range w.clients {
		if c.Status != Pending || c.Node != s.id || c.Index != index || c.Term != term {
			continue
		}
		done := *c
		done.Status, done.Result = Done, result
		w.storeClient(&done)
		w.tellClient(Answered, &done, s.id, result)
		w.returned(&done)
		watch := w.watch()
		watch.Acknowledged(index, term)
	}
}

// abandon tells the clients that wait at the server, and whom which picks, that
// they will not learn what became of their request.
func (w *World) abandon(id raft.ID, why string, which func(*Client) bool) {
	for _, c := range w.clients {
		if c.Status == Pending && c.Node == id && which(c) {
			lost := *c
			lost.Status, lost.Why = Unknown, why
			w.storeClient(&lost)
			w.tellClient(Abandoned, &lost, id, why)
		}
	}
}

// entriesReplaced is for the clients whose entries a server has just removed.
func (w *World) entriesReplaced(s *server, from uint64) {
	w.abandon(s.id, fmt.Sprintf("%s no longer leads, and removed the entry", s.id), func(c *Client) bool { return c.Index >= from })
}
