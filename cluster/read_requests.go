package cluster

import (
	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// Read is a client's read that does not go through the log (thesis 6.4). It is answered in
// one of ReadModes, by the server Via or by the leader that the client knows. A follower
// that is named asks the leader for a read index. A local read is answered by the server
// that is asked, from its own state.
type Read struct {
	Client string
	Key    string
	Mode   string
	Via    raft.ID
}

func (a Read) String() string {
	text := "get " + machine.Quote(a.Key)
	if a.Via != 0 {
		text += " via " + a.Via.String()
	}
	return text + " as " + machine.Quote(a.Client) + " reads " + a.Mode
}

func (a Read) apply(w *World) error {
	c := clients.Client{Name: a.Client}
	if old := w.Client(a.Client); old != nil {
		c = old.Next()
	}
	c.Session++
	c.Command = machine.Get(a.Key)
	c.Data, c.Mode = c.Command, a.Mode
	return w.read(c, a.Via)
}

func (w *World) read(c clients.Client, via raft.ID) error {
	return w.askInTurn(&c, via, func(id raft.ID) (raft.ID, error) { return w.askRead(&c, id, via) })
}

// askRead puts a client's read to one server.
func (w *World) askRead(c *clients.Client, id, via raft.ID) (next raft.ID, err error) {
	if err := w.running(id); err != nil {
		tell(w, id, event.Unanswered{Client: c.Name, Why: err})
		return 0, err
	}
	tellInput(w, id, event.ReadBegun{Client: c.Name, Command: c.Data, Mode: c.Mode})
	n := w.servers[id-1].state
	mayAsk := c.Mode == "local" || c.Mode == "read-index" && id == via && n.Leader != 0
	if n.Role != raft.Leader && !mayAsk {
		return w.redirect(c, id, n.Leader)
	}
	local := c.Mode == "local" || w.bug(rules.LocalRead, id) && n.Role == raft.Leader
	var was before
	if !local {
		if was, err = w.step(id, raft.Read(w.reads+1, c.Mode == "lease")); err != nil {
			tell(w, id, event.Unanswered{Client: c.Name, Why: err})
			return 0, err
		}
	}
	w.reads++
	c.Node, c.Status, c.Read, c.Index, c.Term = id, clients.Pending, w.reads, 0, n.CurrentTerm
	c.Tries++
	if n.Role == raft.Leader {
		c.Leader = id
	}
	w.called(c)
	w.storeClient(c)
	s, r := w.mutable(id), read{client: c.Name, number: c.Read}
	if local {
		w.answerRead(s, r)
		return 0, nil
	}
	r.since = s.ticks
	s.waiting()
	s.reads = append(s.reads, r)
	w.act(s, &was)
	return 0, nil
}
