package cluster

import (
	"errors"
	"fmt"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/execute"
	"raftlab/cluster/machine"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

func (a Request) apply(w *World) error { return w.request(a.client(w), a.Via) }

// client is the client that asks, before any server has taken the request.
func (a Request) client(w *World) clients.Client {
	c := clients.Client{Name: a.Client}
	if old := w.Client(a.Client); old != nil {
		c = old.Next()
	}
	c.Session++
	c.Command, c.Data, c.InOrder = a.Data, a.Data, w.settings.Sessions
	c.Number()
	return c
}

func (a Retry) apply(w *World) error {
	old := w.Client(a.Client)
	if old == nil {
		return fmt.Errorf("%s has sent nothing yet", a.Client)
	}
	c := *old
	if c.Status == clients.Done && !c.InOrder && machine.IsGet(c.Command) {
		c.Again, c.Began = c.Again+1, false // it has had its answer, so this is another read
	}
	c.Status, c.Result, c.Why = "", "", ""
	if c.Mode != "" {
		return w.read(c, 0)
	}
	if c.Tries == 0 { // it has not been sent yet, so it has no number
		c.Number()
	}
	return w.request(c, 0)
}

// request finds a server that takes the command (section 8). It tries the one named, or
// the leader that the client knows, and then the others in turn. It follows redirects.
func (w *World) request(c clients.Client, via raft.ID) error {
	departed := false // a leader refused it, so something has happened although no server took it
	err := w.askInTurn(&c, via, func(id raft.ID) (raft.ID, error) {
		next, err := w.ask(&c, id)
		if notLeader(err) != nil && w.depart(w.servers[id-1]) {
			departed = true
		}
		return next, err
	})
	if departed && w.failure == nil {
		return nil
	}
	return err
}

// notLeader is the answer of a server that does not lead, or nil. It takes memory
// only where there is an error.
func notLeader(err error) *raft.NotLeader {
	if err == nil {
		return nil
	}
	var not *raft.NotLeader
	errors.As(err, &not)
	return not
}

// askInTurn asks servers until one takes the request. ask returns the server that the asked
// one names as leader, or 0.
func (w *World) askInTurn(c *clients.Client, via raft.ID, ask func(raft.ID) (next raft.ID, err error)) error {
	first := via
	if via == 0 {
		first = c.Leader
	}
	var asked raft.Set
	var why error
	var by raft.ID    // who said why
	byLeader := false // why is a leader's refusal, which says most
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
				why, by, byLeader = err, try, leads
			}
			try = next
		}
	}
	return w.notTaken(via, by, why)
}

// notTaken is why no server took a request: by said so, and via is the one that the client named, or 0.
func (w *World) notTaken(via, by raft.ID, why error) error {
	switch via {
	case 0:
		return fmt.Errorf("no server accepts it: %w", w.whyNobody(why))
	case by:
		return why
	}
	return fmt.Errorf("%s redirects it to %s: %w", via, by, why)
}

// leads tells whether there is such a server, and it believes that it leads.
func (w *World) leads(id raft.ID) bool {
	return w.Has(id) && w.Up(id) && w.State(id).Role == raft.Leader
}

// noLeader says that no server leads, and which one could: of those that run and reach a majority, one whose log is
// behind no other's. What is in flight may change that, so it comes first.
func (w *World) noLeader() error {
	var best *raft.State
	var may bool
	for _, s := range w.servers {
		n := s.state
		if !s.running() || !n.MayCampaign() {
			continue
		}
		may = true
		if n.Configuration.Majority(w.reach(s.id)) && (best == nil || n.Log.LastTerm() > best.Log.LastTerm() ||
			n.Log.LastTerm() == best.Log.LastTerm() && n.Log.LastIndex() > best.Log.LastIndex()) {
			best = n
		}
	}
	switch {
	case !may:
		return errors.New("no server leads, and none that runs may be elected")
	case best == nil:
		return errors.New("no server leads, and none reaches a majority; restart servers or heal links first")
	}
	first := ""
	if w.flights.Len() > 0 {
		first = "settle; "
	}
	return fmt.Errorf("no server leads; elect a leader first, for example: %stimeout %s; settle", first, best.ID)
}

// reach is a server and those that run and have open links to and from it.
func (w *World) reach(id raft.ID) (to raft.Set) {
	for _, s := range w.servers {
		if s.running() && !w.IsCut(id, s.id) && !w.IsCut(s.id, id) {
			to = to.With(s.id)
		}
	}
	return to
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
			return w.noLeader()
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

// ask puts the client's command to one server. If the server does not take it, next is the
// leader that it names, or 0.
func (w *World) ask(c *clients.Client, id raft.ID) (next raft.ID, err error) {
	if err := w.running(id); err != nil {
		tell(w, id, event.Unanswered{Client: c.Name, Why: err})
		return 0, err
	}
	kind, data := c.Entry()
	transferee := w.servers[id-1].state.Transferee
	was, err := w.step(id, raft.ProposeKind(kind, data))
	tellInput(w, id, event.Requested{Client: c.Name, Command: c.Command, Data: data, Session: kind == raft.Session})
	not := notLeader(err)
	switch {
	case not != nil:
		return w.redirect(c, id, not.Leader)
	case err != nil && transferee != 0 && w.failure == nil:
		err = event.HandingOver(id, transferee)
	}
	if err != nil {
		tell(w, id, event.Unanswered{Client: c.Name, Why: err})
		return 0, err
	}
	w.accepted(c, id, kind, w.out.Index, w.out.Term)
	w.act(w.servers[id-1], &was)
	if kind != raft.Session && w.bug(rules.AckBeforeCommit, id) {
		w.answerEarly(w.servers[id-1], c)
	}
	return 0, nil
}

// accepted notes that a leader has appended the entry, and where. This comes before act,
// because in a cluster of one server act applies it at once.
func (w *World) accepted(c *clients.Client, id raft.ID, kind raft.Kind, index, term uint64) {
	c.Leader, c.Node, c.Status = id, id, clients.Pending
	c.Opens, c.OpensIn, c.Index, c.Term = 0, 0, index, term
	if kind == raft.Session {
		c.Opens, c.OpensIn, c.Index, c.Term = index, term, 0, 0
	} else {
		c.Tries++
	}
	w.called(c)
	w.storeClient(c)
	tell(w, id, event.Accepted{Client: c.Name, Last: index, Term: term})
}

// answerEarly is the mistake of replying to a client as if everything that the leader has
// appended were committed.
func (w *World) answerEarly(s *server, c *clients.Client) {
	m, result, ok := s.machine, "", true
	for i := s.state.LastApplied + 1; i <= c.Index; i++ {
		m, result, ok = execute.EntryAgain(m, i, s.state.Log.Entry(i), w.twice(s))
	}
	w.answer(s, c.Index, c.Term, result, ok)
}

// redirect is the answer of a server that does not lead. It names the leader it knows.
func (w *World) redirect(c *clients.Client, id, leader raft.ID) (to raft.ID, err error) {
	err = &raft.NotLeader{Node: id, Leader: leader}
	if leader == 0 {
		tell(w, id, event.Unanswered{Client: c.Name, Why: err})
	} else {
		tell(w, id, event.Redirected{Client: c.Name, To: leader})
	}
	return leader, err
}

// followUp lets the clients continue that were told of their session in this action. They
// send their command in the session that is open now, or open a new one.
func (w *World) followUp() {
	if w.work == nil {
		return
	}
	for len(w.follow) > 0 {
		c := *w.Client(w.follow[0])
		w.follow = w.follow[1:]
		if c.Status != clients.Pending || c.Opens != 0 || c.Index != 0 {
			continue // it has sent another request since
		}
		c.Number()
		if err := w.request(c, 0); err != nil {
			c.Status, c.Why = clients.Unknown, "its command was not sent: "+err.Error()
			w.storeClient(&c)
			tell(w, c.Node, event.Abandoned{Client: c.Name, Why: c.Why})
		}
	}
	w.follow = nil
}
