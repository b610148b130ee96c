package picture

import (
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/raft"
)

// OfWorld is the picture of a world.
func OfWorld(w *cluster.World, used func(word string) bool) *Picture {
	p := Of(w, used)
	p.Position = int(w.Position())
	rest := used(NoWord)
	if rest || used("bugs") {
		p.World = stateOf(w)
		if used(inFlight) {
			p.World.Flights = w.Flights()
		}
	}
	for i, id := range w.IDs() {
		p.Nodes[i].Frozen = w.Frozen(id)
		if rest {
			_, synced := w.Disk(id)
			s := p.Nodes[i].State
			s.Unsynced = w.Up(id) && w.Unsynced(id)
			s.Synced, s.SyncedTerm, s.SyncedVote = synced.Log.LastIndex(), synced.CurrentTerm, synced.VotedFor
		}
	}
	if used("messages") {
		p.Messages = messageViews(w)
	}
	if used("violations") {
		p.Violations = breachViews(w)
	}
	if used("departures") {
		p.Departures = departureViews(w)
	}
	if used("clients") {
		for _, c := range w.Clients() {
			p.Clients[c.Name] = OfClient(c)
		}
	}
	return p
}

func stateOf(w *cluster.World) *WorldState {
	riddle, _ := w.Riddle()
	s := &WorldState{InFlight: w.InFlight(), Settings: *w.Settings(), Riddle: riddle,
		Clients: slices.Clone(w.Clients()), Breaches: w.Breaches()}
	for _, name := range w.Bugs() {
		s.Bugs = append(s.Bugs, BugOn{name, raft.SetOf(w.BugIn(name)...)})
	}
	return s
}

func messageViews(w *cluster.World) []*MessageView {
	flights := w.Flights()
	out := make([]*MessageView, len(flights))
	for i := range flights {
		out[i] = OfMessage(&flights[i])
		out[i].Age = int(w.Clock() - flights[i].Sent)
		out[i].Arrives = w.Arrives(&flights[i])
	}
	return out
}

// OfMessage is a message as plain data, without what depends on the world around it: its age,
// and whether it arrives.
func OfMessage(f *cluster.Flight) *MessageView {
	v := &MessageView{
		ID: f.Name(), Type: f.Message.Type(), From: f.From.String(), To: f.To.String(),
		Term: int(f.Message.MessageTerm()), Due: int(f.Due), Entries: []EntryView{},
	}
	switch m := f.Message.(type) {
	case *raft.RequestVote:
		v.Last = PlaceView{int(m.LastLogIndex), int(m.LastLogTerm)}
	case *raft.PreVote:
		v.Last = PlaceView{int(m.LastLogIndex), int(m.LastLogTerm)}
	case *raft.RequestVoteReply:
		v.Granted = m.VoteGranted
	case *raft.PreVoteReply:
		v.Granted = m.VoteGranted
	case *raft.AppendEntries:
		v.Prev = PlaceView{int(m.PrevLogIndex), int(m.PrevLogTerm)}
		v.Entries, v.Commit = entryViews(m.Entries, m.PrevLogIndex+1), int(m.LeaderCommit)
	case *raft.AppendEntriesReply:
		v.Success, v.Match = m.Success, int(m.MatchIndex)
		v.Prev.Index = int(m.PrevLogIndex)
	case *raft.InstallSnapshot:
		v.Snapshot = PlaceView{int(m.Snapshot.Index), int(m.Snapshot.Term)}
		v.Last = v.Snapshot // what inject and the story call it
	case *raft.InstallSnapshotReply:
		v.Match = int(m.MatchIndex)
	case *raft.ReadIndexReply:
		v.Success, v.Commit = m.Success, int(m.Index)
	}
	return v
}

func breachViews(w *cluster.World) []*BreachView {
	out := []*BreachView{}
	for _, onPurpose := range []bool{false, true} { // the harm first, if there is any
		for _, b := range w.Breaches() {
			if b.OnPurpose == onPurpose && b.Departure == nil {
				out = append(out, &BreachView{Property: b.Property, Text: b.Text, Position: int(b.Position),
					Causes: b.Causes})
			}
		}
	}
	return out
}

func departureViews(w *cluster.World) []*DepartureView {
	out := []*DepartureView{}
	for _, b := range w.Departures() {
		d := b.Departure
		out = append(out, &DepartureView{d.Server.String(), string(d.Kind), d.Rule.ID, int(b.Position), d.Did})
	}
	return out
}

// OfClient is a client as plain data.
func OfClient(c *clients.Client) *ClientView {
	return &ClientView{
		ID: c.Name, Status: c.Status, Command: c.Command, Result: c.Result, Index: int(c.Index),
		Term: int(c.Term), Node: c.Node.String(), Session: int(c.Session), Tries: c.Tries, Why: c.Why,
	}
}
