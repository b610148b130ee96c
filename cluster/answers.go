package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

func (w *World) storeClient(c *clients.Client) {
	stored := *c
	if i := w.clientAt(c.Name); i >= 0 {
		w.clients[i] = &stored
		return
	}
	w.clients = append(w.clients, &stored)
}

func (w *World) tellAnswer(c *clients.Client, id raft.ID, read uint64) {
	last, term := c.WaitsFor()
	tellDone(w, id, event.Answered{Client: c.Name, Result: c.Result, Last: last, Term: term}, raft.ReadDone(read))
}

// answer tells the clients that wait at the server for the entry at index; ok
// is false where the state machine refused the command.
func (w *World) answer(s *server, index, term uint64, result string, ok bool) {
	for _, c := range w.clients {
		if c.Status != clients.Pending || c.Node != s.id || c.Read != 0 {
			continue
		}
		if i, t := c.WaitsFor(); i != index || t != term {
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
			done.Status, done.Result = clients.Done, result
			w.storeClient(&done)
			w.tellAnswer(&done, s.id, 0)
			w.returned(&done)
		}
		watch := w.watch()
		watch.Acknowledged(index, term)
	}
}

// opened tells a client that its session is open. The index of the entry is the session's
// name. The client's first command follows when this input has been dealt with.
func (w *World) opened(s *server, c *clients.Client, index uint64) {
	last, term := c.WaitsFor()
	tell(w, s.id, event.SessionTold{Client: c.Name, Session: index, Last: last, Term: term})
	c.Opened, c.Serial, c.Opens, c.OpensIn = index, 0, 0, 0
	w.storeClient(c)
	w.follow = append(w.follow, c.Name)
}

// refused is for a client whose command was not applied because its session is not open,
// or is open no longer. A command that was sent only once was certainly not applied, so it
// comes again in a new session. A command that was sent more often may have been applied
// by an earlier try, and no one can tell (thesis 6.3).
func (w *World) refused(s *server, c *clients.Client, why string) {
	if why == machine.Expired {
		c.Opened, c.Serial = 0, 0
	}
	if c.Opened == 0 && c.Tries == 1 {
		last, term := c.WaitsFor()
		tell(w, s.id, event.SessionTold{Client: c.Name, Refused: why, Last: last, Term: term})
		c.Tries, c.Index, c.Term, c.Data = 0, 0, 0, c.Command
		w.storeClient(c)
		w.follow = append(w.follow, c.Name)
		return
	}
	c.Status, c.Why = clients.Unknown, why+": an earlier try may have been applied; a new command registers anew"
	w.storeClient(c)
	tell(w, s.id, event.Abandoned{Client: c.Name, Why: c.Why})
}

// abandon tells those of the clients waiting at the server that which picks that they will
// not learn what became of their request. why says it of the server, "%s crashed".
func (w *World) abandon(id raft.ID, why string, which func(*clients.Client) bool) {
	for _, c := range w.clients {
		if c.Status == clients.Pending && c.Node == id && which(c) {
			lost := *c
			lost.Status, lost.Why = clients.Unknown, fmt.Sprintf(why, id)
			w.storeClient(&lost)
			tell(w, id, event.Abandoned{Client: lost.Name, Why: lost.Why})
		}
	}
}

// entriesReplaced is for clients that wait for entries which the server has just deleted.
func (w *World) entriesReplaced(s *server, from uint64) {
	w.abandon(s.id, "%s no longer leads, and removed the entry", func(c *clients.Client) bool {
		index, _ := c.WaitsFor()
		return index >= from
	})
}

// called notes that a client has begun an operation. A retry belongs to the same one. What
// is done on a bench is not judged, so it is not noted.
func (w *World) called(c *clients.Client) {
	if c.Began && (c.Tries != 1 || !c.InOrder) {
		return
	}
	c.Began = true // a command that had to wait for its session has its entry now
	if w.alone == 0 {
		w.operations.Begin(c, w.position)
	}
}

// returned notes that it has its result.
func (w *World) returned(c *clients.Client) {
	if w.alone == 0 {
		w.operations.End(c, w.position)
	}
}

// answerReads notes what the server's Output says of reads, and answers those
// whose index has been applied.
func (w *World) answerReads(s *server) {
	if s.waits == nil {
		return
	}
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
			w.abandonRead(s, was, "no leader confirmed the read to %s")
			continue
		}
		was.index = r.Index
		s.ready = append(s.ready, was)
	}
	w.answerReady(s)
}

func (w *World) abandonRead(s *server, r read, why string) {
	w.abandon(s.id, why, func(c *clients.Client) bool { return c.Name == r.client && c.Read == r.number })
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

func (w *World) answerRead(s *server, r read) {
	c := w.Client(r.client)
	if c == nil || c.Read != r.number || c.Status != clients.Pending {
		return // the client has asked something else since
	}
	done := *c
	done.Status, done.Index, done.Read = clients.Done, s.state.LastApplied, 0
	_, done.Result = s.machine.Apply(c.Data)
	w.storeClient(&done)
	w.tellAnswer(&done, s.id, r.number)
	w.returned(&done)
}
