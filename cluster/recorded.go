package cluster

import (
	"fmt"

	"raftlab/cluster/clients"
	"raftlab/cluster/disk"
	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A log of what a real cluster did is played again as an ordinary history. Its servers
// answer from the log. Most of its steps are ordinary actions, and the others are here.

// Recorded is a step of a recorded run that no other action can express, because real
// servers get inputs that this cluster would not give them.
type Recorded struct {
	Node  raft.ID
	Input *raft.Input  // what it is given; a message was never sent
	Disk  *raft.Stable // nil, or it begins with that on its disk, and is given nothing
}

// String is a comment, because no command does this.
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

// NewRecorded is a world in which a recorded run can be played. All of its servers are down
// at first. members is the initial configuration of each.
func NewRecorded(programs program.Programs, members []raft.Set, settings setting.Settings) (*World, error) {
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

// IsRecorded tells whether the world plays a record. Then there is no program to ask what
// its servers would do otherwise.
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
		tell(w, in.Envelope.From, event.Injected{Mail: event.Mail{ID: w.sent, Envelope: in.Envelope}})
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
			tellInput(w, a.Node, event.SnapshotTaken{Last: in.Index})
		case raft.OnTransfer:
			tellInput(w, a.Node, event.TransferBegun{To: in.Server})
		default:
			tellInput(w, a.Node, event.MinimumPassed{})
		}
		w.act(w.servers[a.Node-1], &was)
	}
	return nil
}

// begin starts a server in a recorded state. Its messages stay in flight, and its state
// machine has what the server had applied.
func (a Recorded) begin(w *World) error {
	s := w.mutable(a.Node)
	s.disk = disk.Of(*a.Disk)
	if err := w.boot(s); err != nil {
		return err
	}
	w.notable++
	w.touch(a.Node)
	tellInput(w, a.Node, event.Restarted{Term: s.state.CurrentTerm, Last: s.state.Log.LastIndex(), Shown: true})
	w.sendBegun(s)
	return nil
}

// proposed is a client's command that a server refused, and all else that it did then.
func (w *World) proposed(id raft.ID, in raft.Input) error {
	was, err := w.step(id, in)
	c := Request{Client: w.IdleClient(), Data: in.Data}.client(w)
	tellInput(w, id, event.Requested{Client: c.Name, Command: c.Command, Data: c.Data})
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

// IdleClient is the name of a client that waits for nothing. It sends the commands of a
// recorded run, because the record does not say which client sent them.
func (w *World) IdleClient() string {
	for k := 1; ; k++ {
		name := fmt.Sprintf("c%d", k)
		if c := w.Client(name); c == nil || c.Status != clients.Pending {
			return name
		}
	}
}
