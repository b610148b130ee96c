package cluster

import (
	"cmp"
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

// read is a read that waits at a server for its index (in reads, by number), or
// for that to be applied (in ready).
type read struct {
	client string
	number uint64
	index  uint64 // 0: not known yet
	since  uint64 // the server's own clock when it was asked
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
	return w.askInTurn(&c, via, func(id raft.ID) (raft.ID, error) { return w.askRead(&c, id, via) })
}

// askRead puts a client's read to one server.
func (w *World) askRead(c *Client, id, via raft.ID) (next raft.ID, err error) {
	if err := w.running(id); err != nil {
		tell(w, id, Unanswered{c.Name, err})
		return 0, err
	}
	tellInput(w, id, ReadBegun{c.Name, c.Data, c.Mode})
	n := w.servers[id-1].state
	mayAsk := c.Mode == "local" || c.Mode == "read-index" && id == via && n.Leader != 0
	if n.Role != raft.Leader && !mayAsk {
		return w.redirect(c, id, n.Leader)
	}
	local := c.Mode == "local" || w.bug(LocalRead, id) && n.Role == raft.Leader
	var was before
	if !local {
		if was, err = w.step(id, raft.Read(w.reads+1, c.Mode == "lease")); err != nil {
			tell(w, id, Unanswered{c.Name, err})
			return 0, err
		}
	}
	w.reads++
	c.Node, c.Status, c.Read, c.Index, c.Term = id, Pending, w.reads, 0, n.CurrentTerm
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
	s.reads = append(s.reads, r)
	w.act(s, &was)
	return 0, nil
}

// answerReads notes what the server's Output says of reads, and answers those
// whose index has been applied.
func (w *World) answerReads(s *server) {
	for _, r := range w.out.Reads {
		i, waits := slices.BinarySearchFunc(s.reads, r.Number, func(r read, number uint64) int {
			return cmp.Compare(r.number, number)
		})
		if !waits {
			continue
		}
		was := s.reads[i]
		if i == 0 { // mostly: answers come in the order of the questions
			s.reads = s.reads[1:]
		} else {
			s.reads = slices.Concat(s.reads[:i], s.reads[i+1:])
		}
		if r.Failed {
			w.abandonRead(s, was, "no leader confirmed the read to "+s.id.String())
			continue
		}
		was.index = r.Index
		s.ready = append(s.ready, was)
	}
	w.answerReady(s)
}

func (w *World) abandonRead(s *server, r read, why string) {
	w.abandon(s.id, why, func(c *Client) bool { return c.Name == r.client && c.Read == r.number })
}

// answerReady answers the reads at a server that wait for nothing any more.
func (w *World) answerReady(s *server) {
	if len(s.ready) == 0 {
		return
	}
	var waiting []read
	for _, r := range s.ready {
		if s.state.LastApplied < r.index {
			waiting = append(waiting, r)
			continue
		}
		w.answerRead(s, r)
	}
	s.ready = waiting
}

// timeReads gives up the reads that have waited at a follower for an election
// timeout: the question or the answer was lost, or the follower is cut off.
func (w *World) timeReads(s *server) {
	late := func(list []read) bool {
		return len(list) > 0 && s.ticks-list[0].since >= uint64(w.settings.ElectionTimeout.Max)
	}
	for late(s.reads) {
		r := s.reads[0]
		s.reads = s.reads[1:]
		w.quietly(s, raft.ReadTimeout(r.number))
		w.abandonRead(s, r, fmt.Sprintf("%s heard nothing from its leader about the read for %d ticks", s.id,
			w.settings.ElectionTimeout.Max))
	}
	for late(s.ready) {
		r := s.ready[0]
		s.ready = s.ready[1:]
		w.abandonRead(s, r, fmt.Sprintf("%s has not applied entry %d in %d ticks", s.id, r.index,
			w.settings.ElectionTimeout.Max))
	}
}

func (w *World) answerRead(s *server, r read) {
	c := w.Client(r.client)
	if c == nil || c.Read != r.number || c.Status != Pending {
		return // the client has asked something else since
	}
	done := *c
	done.Status, done.Index, done.Read = Done, s.state.LastApplied, 0
	_, done.Result = s.machine.Apply(c.Data)
	w.storeClient(&done)
	w.tellAnswer(&done, s.id, r.number)
	w.returned(&done)
}

// leaderFor is the server that a request for a leader's deed goes to: the one
// named, or whom it names as leader.
func (w *World) leaderFor(at raft.ID) (raft.ID, error) {
	if at == 0 {
		if at = w.Leader(); at == 0 {
			return 0, fmt.Errorf("no server leads; elect a leader first, for example: timeout S1; settle")
		}
	}
	if err := w.running(at); err != nil {
		return 0, err
	}
	if n := w.servers[at-1].state; n.Role != raft.Leader && n.Leader != 0 && w.running(n.Leader) == nil {
		return n.Leader, nil
	}
	return at, nil
}
