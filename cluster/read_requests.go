package cluster

import (
	"fmt"
	"slices"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// Read is a client's read that does not go through the log, answered in one of
// ReadModes, by the server Via or the leader that the client knows. A follower
// that is named asks the leader for a read index; local reads are answered by
// whoever is asked, from what it has.
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

// read is a read that waits at a server for its index, or for that to be applied.
type read struct {
	client string
	number uint64
	index  uint64 // 0: not known yet
}

func (a Read) apply(w *World) error {
	c := Client{Name: a.Client}
	if old := w.Client(a.Client); old != nil {
		c = old.next()
	}
	c.Session++
	c.Command = machine.Get(a.Key)
	c.Data, c.Mode = c.Command, a.Mode
	return w.read(c, a.Via)
}

func (w *World) read(c Client, via raft.ID) error {
	return w.askInTurn(&c, via, func(id raft.ID) (raft.ID, string, error) { return w.askRead(&c, id, via) })
}

// askRead puts a client's read to one server.
func (w *World) askRead(c *Client, id, via raft.ID) (next raft.ID, why string, err error) {
	if err := w.running(id); err != nil {
		w.tellClient(Unanswered, c, id, err.Error())
		return 0, err.Error(), err
	}
	w.tellClient(ReadBegun, c, id, c.Data+" ("+c.Mode+")")
	n := w.servers[id-1].node
	mayAsk := c.Mode == "local" || c.Mode == "read-index" && id == via && n.Leader() != 0
	if n.Role() != raft.Leader && !mayAsk {
		return w.redirect(c, id)
	}
	before, operations, was := slices.Clone(w.clients), w.operations, *c
	w.reads++
	c.Node, c.Status, c.Read, c.Index, c.Term = id, Pending, w.reads, 0, n.CurrentTerm()
	c.Tries++
	if n.Role() == raft.Leader {
		c.Leader = id
	}
	w.called(c)
	w.storeClient(c)
	s, r := w.mutable(id), read{client: c.Name, number: c.Read}
	if c.Mode == "local" || w.bug(LocalRead, id) && n.Role() == raft.Leader {
		w.answerRead(s, r)
		return 0, "", nil
	}
	s.reads = append(s.reads[:len(s.reads):len(s.reads)], r)
	number, byLease := c.Read, c.Mode == "lease"
	if err := w.input(id, func(n *raft.Node, o *raft.Output) error { return n.Read(o, number, byLease) }); err != nil {
		s := w.mutable(id)
		s.reads, w.clients, w.operations = s.reads[:len(s.reads)-1], before, operations
		w.reads--
		*c = was // so that the next server that is asked begins the operation
		w.tellClient(Unanswered, c, id, err.Error())
		return 0, err.Error(), err
	}
	return 0, "", nil
}

// answerReads notes what the server's Output says of reads, and answers those
// whose index has been applied.
func (w *World) answerReads(s *server) {
	for _, r := range w.out.Reads {
		for i := range s.reads {
			if s.reads[i].number != r.Number {
				continue
			}
			client := s.reads[i].client
			reads := append([]read(nil), s.reads...)
			if r.Failed {
				s.reads = append(reads[:i], reads[i+1:]...)
				w.abandon(s.id, "the server that was asked no longer leads, or names one that does not", func(c *Client) bool {
					return c.Name == client && c.Read == r.Number
				})
			} else {
				reads[i].index = r.Index
				s.reads = reads
			}
			break
		}
	}
	w.answerReady(s)
}

// answerReady answers the reads at a server that wait for nothing any more.
func (w *World) answerReady(s *server) {
	if len(s.reads) == 0 {
		return
	}
	var waiting []read
	for _, r := range s.reads {
		if r.index == 0 || s.node.LastApplied() < r.index {
			waiting = append(waiting, r)
			continue
		}
		w.answerRead(s, r)
	}
	s.reads = waiting
}

func (w *World) answerRead(s *server, r read) {
	c := w.Client(r.client)
	if c == nil || c.Read != r.number || c.Status != Pending {
		return // the client has asked something else since
	}
	done := *c
	done.Status, done.Index, done.Read = Done, s.node.LastApplied(), 0
	_, done.Result = s.machine.Apply(c.Data)
	w.storeClient(&done)
	w.tellClient(Answered, &done, s.id, done.Result)
	w.returned(&done)
}

// leaderFor is the server that a request for a leader's deed goes to: the one
// named, or whom it names as leader.
func (w *World) leaderFor(at raft.ID) (raft.ID, error) {
	if at == 0 {
		if at = w.Leader(); at == 0 {
			return 0, fmt.Errorf("nobody leads; elect a leader first, for example: timeout S1; settle")
		}
	}
	if err := w.running(at); err != nil {
		return 0, err
	}
	if n := w.servers[at-1].node; n.Role() != raft.Leader && n.Leader() != 0 && w.running(n.Leader()) == nil {
		return n.Leader(), nil
	}
	return at, nil
}
