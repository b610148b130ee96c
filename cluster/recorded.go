package cluster

import (
	"fmt"

	"raftlab/cluster/disk"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// What a real cluster did, and somebody wrote down, is lived through again as a history
// like any other. Its servers answer from what was written down. Most of its steps are
// the ordinary actions. Here is what these do not have.

// Recorded is a step that a server made in a run that was recorded, where no other
// action has it: real servers are given what this cluster would not give them.
type Recorded struct {
	Node  raft.ID
	Input *raft.Input  // what it is given; a message was never sent
	Disk  *raft.Stable // nil, or it begins with that on its disk, and is given nothing
}

// String is a comment: no command does it.
func (a Recorded) String() string {
	if a.Disk != nil {
		return fmt.Sprintf("# %s is as its first line shows it", a.Node)
	}
	switch in := a.Input; in.Kind {
	case raft.OnMessage:
		e := &in.Envelope
		return fmt.Sprintf("# %s from %s arrives at %s, and no line sends it", e.Message.Type(), e.From, a.Node)
	case raft.OnProposal:
		return fmt.Sprintf("# a client sends %s to %s", machine.Quote(in.Data), a.Node)
	case raft.OnElectionTimeout:
		return fmt.Sprintf("# %s's election timer fires", a.Node)
	case raft.OnHeartbeatTimeout:
		return fmt.Sprintf("# %s's heartbeat timer fires", a.Node)
	}
	return fmt.Sprintf("# %s: %s", a.Node, a.Input)
}

// NewRecorded is a world in which a run that was recorded is lived through: its servers
// are all down at first. members is each one's first configuration.
func NewRecorded(programs Programs, members []raft.Set, settings Settings) (*World, error) {
	w, err := NewOf(programs, 0, 1, settings, "kv")
	if err != nil {
		return nil, err
	}
	w.recorded, w.careful, w.judges = true, true, true
	for i, all := range members {
		s := &server{epoch: w.epoch, id: raft.ID(i + 1), machine: machine.New(w.kind)}
		s.first = &raft.Configuration{Voters: all}
		s.disk.Written.Initial = *s.first
		w.servers = append(w.servers, s)
	}
	return w, nil
}

// IsRecorded tells whether the world is lived through from a record: there is no
// program that could be asked what its servers would do otherwise.
func (w *World) IsRecorded() bool { return w.recorded }

func (a Recorded) apply(w *World) error {
	if a.Disk != nil {
		return a.begin(w)
	}
	in := *a.Input
	switch in.Kind {
	case raft.OnMessage:
		w.sent++
		w.flights.Add(&Flight{ID: w.sent, Sent: w.clock, Due: w.clock, Envelope: in.Envelope})
		tell(w, in.Envelope.From, Injected{Mail{w.sent, in.Envelope}})
		w.arrive(w.flights.Find(w.sent), false)
	case raft.OnElectionTimeout:
		w.electionTimeout(a.Node)
	case raft.OnHeartbeatTimeout:
		w.heartbeat(a.Node)
	case raft.OnProposal:
		return w.proposed(a.Node, in)
	default:
		was, err := w.step(a.Node, in)
		if err != nil {
			return err
		}
		switch in.Kind {
		case raft.OnSnapshot:
			tellInput(w, a.Node, SnapshotTaken{in.Index})
		case raft.OnTransfer:
			tellInput(w, a.Node, TransferBegun{in.Server})
		default:
			tellInput(w, a.Node, MinimumPassed{})
		}
		w.act(w.servers[a.Node-1], &was)
	}
	return nil
}

// begin has a server begin with a state that was recorded; its mail stays in flight.
// What it had applied by then, its state machine has.
func (a Recorded) begin(w *World) error {
	s := w.mutable(a.Node)
	s.disk = disk.Of(*a.Disk)
	if err := w.boot(s); err != nil {
		return err
	}
	w.notable++
	w.touch(a.Node)
	for i := s.state.Log.FirstIndex(); i <= min(s.state.LastApplied, s.state.Log.LastIndex()); i++ {
		s.machine, _, _ = w.atWork().executed.once(s.machine, i, s.state.Log.At(i), w.twice(s))
		w.hand(s, i)
	}
	tellInput(w, a.Node, Restarted{s.state.CurrentTerm, s.state.Log.LastIndex()})
	w.sendBegun(s)
	return nil
}

// proposed is a client's command that a server refused, with whatever else it did then.
func (w *World) proposed(id raft.ID, in raft.Input) error {
	was, err := w.step(id, in)
	c := Request{Client: w.IdleClient(), Data: in.Data}.client(w)
	tellInput(w, id, Requested{Client: c.Name, Command: c.Command, Data: c.Data})
	not := notLeader(err)
	switch {
	case not != nil:
		_, _ = w.redirect(&c, id, not.Leader)
	case err != nil:
		return err
	default:
		w.accepted(&c, id, in.Entry, w.out.Index, w.out.Term)
	}
	w.act(w.servers[id-1], &was) // refusing may come with other changes
	return nil
}

// IdleClient is the name of a client that waits for nothing: the record of a run does not
// say which client sent a command.
func (w *World) IdleClient() string {
	for k := 1; ; k++ {
		name := fmt.Sprintf("c%d", k)
		if c := w.Client(name); c == nil || c.Status != Pending {
			return name
		}
	}
}
