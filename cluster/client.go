package cluster

import (
	"errors"
	"fmt"
	"slices"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// Client statuses.
const (
	Pending = "pending" // the entry, or that of its session, is in a leader's log and not yet applied
	Done    = "done"    // committed, applied, and answered with a result
	Unknown = "unknown" // the client cannot know whether it was done
)

// Client is one client and its last request. It is outside the network and
// reaches every server that is up. It never changes: a new one takes its place.
type Client struct {
	Name    string
	Leader  raft.ID // whom it believes to lead, or 0
	Session uint64  // the number of its last request
	Again   uint64  // how often it has asked that one anew, after it had the answer of a read
	Command string  // what it asked
	Data    string  // the same as it stands in the log, in a session or not
	Status  string
	Result  string
	Why     string  // for Unknown: what happened
	Node    raft.ID // the server that took it
	Index   uint64  // where in that server's log
	Term    uint64
	Tries   int    // how often it was sent
	Opened  uint64 // the index of the entry that opened its session (thesis 6.3); 0: it has none
	Opens   uint64 // that of the entry that is to open one, while it waits for that, and its term
	OpensIn uint64
	Serial  uint64 // of its last command in the session
	InOrder bool   // its request is numbered, in a session
	Began   bool   // the request is an operation already
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

// next is what a client's next request goes on with.
func (c *Client) next() Client {
	return Client{Name: c.Name, Leader: c.Leader, Session: c.Session, Opened: c.Opened, Serial: c.Serial}
}

func (a Request) apply(w *World) error { return w.request(a.client(w), a.Via) }

// client is the client that asks, as it is before any server has taken the request.
func (a Request) client(w *World) Client {
	c := Client{Name: a.Client}
	if old := w.Client(a.Client); old != nil {
		c = old.next()
	}
	c.Session++
	c.Command, c.Data, c.InOrder = a.Data, a.Data, w.settings.Sessions
	c.number()
	return c
}

// number gives the command the next number of the client's session, once it
// has one.
func (c *Client) number() {
	if c.InOrder && c.Opened != 0 {
		c.Serial++
		c.Data = machine.InSession(c.Name, c.Serial, c.Command)
	}
}

func (a Retry) apply(w *World) error {
	old := w.Client(a.Client)
	if old == nil {
		return fmt.Errorf("%s has sent nothing yet", a.Client)
	}
	c := *old
	if c.Status == Done && !c.InOrder && machine.IsGet(c.Command) {
		c.Again, c.Began = c.Again+1, false // it had its answer: this is another read
	}
	c.Status, c.Result, c.Why = "", "", ""
	if c.Mode != "" {
		return w.read(c, 0)
	}
	if c.Tries == 0 { // it has not been sent so far, nor given a number
		c.number()
	}
	return w.request(c, 0)
}

// entry is what the client has the leader append: its command, or what opens
// its session (thesis 6.3, RegisterClient).
func (c *Client) entry() (raft.Kind, string) {
	switch {
	case !c.InOrder:
		return raft.Command, c.Data
	case c.Opened == 0:
		return raft.Session, machine.SessionName(c.Name)
	}
	return raft.Numbered, c.Data
}

// waitsFor is the entry that a client waits for, and its term.
func (c *Client) waitsFor() (index, term uint64) {
	if c.Opens != 0 {
		return c.Opens, c.OpensIn
	}
	return c.Index, c.Term
}

// request finds a server that takes the command (§8): the one named, or the
// leader that the client knows, then the others in turn. A redirect is followed.
func (w *World) request(c Client, via raft.ID) error {
	departed := false // one that leads refused it, and so something happened, though no server took it
	err := w.askInTurn(&c, via, func(id raft.ID) (raft.ID, error) {
		next, err := w.ask(&c, id)
		var not *raft.NotLeader
		if errors.As(err, &not) && w.depart(w.servers[id-1]) {
			departed = true
		}
		return next, err
	})
	if departed && w.failure == nil {
		return nil
	}
	return err
}

// askInTurn asks servers until one takes the request; ask returns whom the
// server names instead, if anyone.
func (w *World) askInTurn(c *Client, via raft.ID, ask func(raft.ID) (next raft.ID, err error)) error {
	first := via
	if via == 0 {
		first = c.Leader
	}
	var asked raft.Set
	var why error
	byLeader := false // whose own refusal says most
	for try := first; ; try = 0 {
		if try == 0 {
			if via != 0 && !asked.Empty() {
				break
			}
			if try = w.nobodyAsked(asked); try == 0 || w.alone != 0 && try != w.alone {
				break
			}
		}
		for try != 0 && !asked.Has(try) && (w.alone == 0 || try == w.alone) {
			asked = asked.With(try)
			next, err := ask(try)
			if err == nil {
				return nil
			}
			leads := w.leads(try)
			if why == nil || leads || next == 0 && !byLeader {
				why, byLeader = err, leads
			}
			try = next
		}
	}
	if via != 0 {
		return why
	}
	return fmt.Errorf("no server accepts it: %w", w.whyNobody(why))
}

// leads tells whether there is such a server, and it believes that it leads.
func (w *World) leads(id raft.ID) bool {
	return w.Has(id) && w.Up(id) && w.State(id).Role == raft.Leader
}

func (w *World) whyNobody(why error) error {
	for _, s := range w.servers {
		if s.frozen && s.state.Role == raft.Leader {
			return fmt.Errorf("%s leads and is frozen; thaw %s first", s.id, s.id)
		}
	}
	if w.Leader() != 0 {
		return why
	}
	for _, s := range w.servers {
		if s.running() {
			return errors.New("no server leads; elect a leader first, for example: timeout S1; settle")
		}
	}
	if why == nil {
		return errors.New("all servers are down or frozen; restart or thaw one first")
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
func (w *World) ask(c *Client, id raft.ID) (next raft.ID, err error) {
	if err := w.running(id); err != nil {
		tell(w, id, Unanswered{c.Name, err})
		return 0, err
	}
	kind, data := c.entry()
	transferee := w.servers[id-1].state.Transferee
	was, err := w.step(id, raft.ProposeKind(kind, data))
	tellInput(w, id, Requested{Client: c.Name, Command: c.Command, Data: data, Session: kind == raft.Session})
	var not *raft.NotLeader
	switch {
	case errors.As(err, &not):
		return w.redirect(c, id, not.Leader)
	case err != nil && transferee != 0 && w.failure == nil:
		err = handingOver(id, transferee)
	}
	if err != nil {
		tell(w, id, Unanswered{c.Name, err})
		return 0, err
	}
	w.accepted(c, id, kind, w.out.Index, w.out.Term)
	w.act(w.servers[id-1], &was)
	if kind != raft.Session && w.bug(AckBeforeCommit, id) {
		w.answerEarly(w.servers[id-1], c)
	}
	return 0, nil
}

// accepted notes that a leader has taken the entry, and where it stands; it is not
// applied yet, as it is at once in a cluster of one.
func (w *World) accepted(c *Client, id raft.ID, kind raft.Kind, index, term uint64) {
	c.Leader, c.Node, c.Status = id, id, Pending
	c.Opens, c.OpensIn, c.Index, c.Term = 0, 0, index, term
	if kind == raft.Session {
		c.Opens, c.OpensIn, c.Index, c.Term = index, term, 0, 0
	} else {
		c.Tries++
	}
	w.called(c)
	w.storeClient(c)
	tell(w, id, Accepted{c.Name, index, term})
}

// answerEarly is the mistake of answering a client as if all that the leader
// has appended were committed.
func (w *World) answerEarly(s *server, c *Client) {
	m, result, ok := s.machine, "", true
	for i := s.state.LastApplied + 1; i <= c.Index; i++ {
		m, result, ok = w.execute(s, m, i, s.state.Log.Entry(i))
	}
	w.answer(s, c.Index, c.Term, result, ok)
}

// redirect is the answer of a server that does not lead: whom it believes to.
func (w *World) redirect(c *Client, id, leader raft.ID) (to raft.ID, err error) {
	err = &raft.NotLeader{Node: id, Leader: leader}
	if leader == 0 {
		tell(w, id, Unanswered{c.Name, err})
	} else {
		tell(w, id, Redirected{c.Name, leader})
	}
	return leader, err
}

func (w *World) storeClient(c *Client) {
	stored := *c
	if i := w.clientAt(c.Name); i >= 0 {
		w.clients[i] = &stored
		return
	}
	w.clients = append(w.clients, &stored)
}

func (w *World) tellAnswer(c *Client, id raft.ID, read uint64) {
	last, term := c.waitsFor()
	tellDone(w, id, Answered{c.Name, c.Result, last, term}, raft.ReadDone(read))
}

// answer tells the clients that wait at the server for the entry at index; ok
// is false where the state machine refused the command.
func (w *World) answer(s *server, index, term uint64, result string, ok bool) {
	for _, c := range w.clients {
		if c.Status != Pending || c.Node != s.id || c.Read != 0 {
			continue
		}
		if i, t := c.waitsFor(); i != index || t != term {
			continue
		}
		done := *c
		switch {
		case c.Opens != 0:
			w.opened(s, &done, index)
		case !ok:
			w.refused(s, &done, result)
			continue // nothing was promised
		default:
			done.Status, done.Result = Done, result
			w.storeClient(&done)
			w.tellAnswer(&done, s.id, 0)
			w.returned(&done)
		}
		watch := w.watch()
		watch.Acknowledged(index, term)
	}
}

// opened tells a client that its session is open: the index of the entry is its
// name. Its first command follows, when this input has been dealt with.
func (w *World) opened(s *server, c *Client, index uint64) {
	last, term := c.waitsFor()
	tell(w, s.id, SessionTold{Client: c.Name, Session: index, Last: last, Term: term})
	c.Opened, c.Serial, c.Opens, c.OpensIn = index, 0, 0, 0
	w.storeClient(c)
	w.follow = append(w.follow, c.Name)
}

// refused is for a client whose command was not applied, since its session is
// not open, or no longer. A command that was sent once was surely not applied: it
// comes again in a new session. One that was sent more often may have been, by
// an earlier try, and nobody can tell (thesis 6.3).
func (w *World) refused(s *server, c *Client, why string) {
	if why == machine.Expired {
		c.Opened, c.Serial = 0, 0
	}
	if c.Opened == 0 && c.Tries == 1 {
		last, term := c.waitsFor()
		tell(w, s.id, SessionTold{Client: c.Name, Refused: why, Last: last, Term: term})
		c.Tries, c.Index, c.Term, c.Data = 0, 0, 0, c.Command
		w.storeClient(c)
		w.follow = append(w.follow, c.Name)
		return
	}
	c.Status, c.Why = Unknown, why+": an earlier try may have been applied; a new command registers anew"
	w.storeClient(c)
	tell(w, s.id, Abandoned{c.Name, c.Why})
}

// followUp has the clients go on that were told something in this action: with
// the command, in the session that is open, or with a new session.
func (w *World) followUp() {
	if len(w.follow) == 0 {
		return
	}
	for len(w.follow) > 0 {
		c := *w.Client(w.follow[0])
		w.follow = w.follow[1:]
		if c.Status != Pending || c.Opens != 0 || c.Index != 0 {
			continue // it has asked something else since
		}
		c.number()
		if err := w.request(c, 0); err != nil {
			c.Status, c.Why = Unknown, "its command was not sent: "+err.Error()
			w.storeClient(&c)
			tell(w, c.Node, Abandoned{c.Name, c.Why})
		}
	}
	w.follow = nil
}

// abandon tells the clients that wait at the server, and whom which picks, that
// they will not learn what became of their request.
func (w *World) abandon(id raft.ID, why string, which func(*Client) bool) {
	for _, c := range w.clients {
		if c.Status == Pending && c.Node == id && which(c) {
			lost := *c
			lost.Status, lost.Why = Unknown, why
			w.storeClient(&lost)
			tell(w, id, Abandoned{lost.Name, why})
		}
	}
}

// entriesReplaced is for the clients whose entries a server has just removed.
func (w *World) entriesReplaced(s *server, from uint64) {
	w.abandon(s.id, fmt.Sprintf("%s no longer leads, and removed the entry", s.id), func(c *Client) bool {
		index, _ := c.waitsFor()
		return index >= from
	})
}
