package cluster

import (
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// Actions on the membership and on who leads. At is the server that is asked,
// which may name the leader instead; 0 asks the leader.
type (
	// AddServer lets a server join, as a learner or with a vote at once. One
	// that does not exist yet is created, empty.
	AddServer struct {
		Node    raft.ID
		Learner bool
		At      raft.ID
	}
	// Promote gives a learner a vote.
	Promote struct{ Node, At raft.ID }
	// RemoveServer takes a server out of the configuration; it goes on running.
	RemoveServer struct{ Node, At raft.ID }
	// Reconfigure makes these servers the voters, by joint consensus (§6).
	Reconfigure struct {
		Voters raft.Set
		At     raft.ID
	}
	// Transfer hands leadership to a server (thesis 3.10).
	Transfer struct{ Node, At raft.ID }
)

func atText(at raft.ID) string {
	if at == 0 {
		return ""
	}
	return " via " + at.String()
}

func (a AddServer) String() string {
	text := "add " + a.Node.String()
	if a.Learner {
		text += " as learner"
	}
	return text + atText(a.At)
}

func (a Promote) String() string      { return "promote " + a.Node.String() + atText(a.At) }
func (a RemoveServer) String() string { return "remove " + a.Node.String() + atText(a.At) }
func (a Reconfigure) String() string {
	return "reconfigure " + strings.ReplaceAll(a.Voters.String(), " ", ",") + atText(a.At)
}
func (a Transfer) String() string { return "transfer " + a.Node.String() + atText(a.At) }

// lead gives a leader an input. When the leader has taken it, so many new servers are
// created for the configuration that it brings.
func (w *World) lead(at raft.ID, in raft.Input, create int) error {
	id, err := w.leaderFor(at)
	if err != nil {
		return err
	}
	was, err := w.step(id, in)
	if err != nil {
		return err
	}
	if err := w.create(create); err != nil {
		return err
	}
	w.act(w.servers[id-1], &was)
	return nil
}

// wholeConfigurations is an error if some server's program cannot be told of learners and of
// two majorities.
func (w *World) wholeConfigurations() error {
	for _, s := range w.servers {
		if w.programs(s.id).Known().MembersOnly {
			return &event.Refused{Why: fmt.Sprintf("%s is a guest, and the protocol has no input for learners and "+
				"joint consensus", s.id), Advice: "add and remove voters one at a time"}
		}
	}
	return nil
}

func (a AddServer) apply(w *World) error {
	if a.Learner {
		if err := w.wholeConfigurations(); err != nil {
			return err
		}
	}
	create, err := w.mayCreate(raft.SetOf(a.Node))
	if err != nil {
		return err
	}
	return w.lead(a.At, raft.AddServer(a.Node, a.Learner), create)
}

func (a Promote) apply(w *World) error {
	if err := w.wholeConfigurations(); err != nil {
		return err
	}
	return w.lead(a.At, raft.Promote(a.Node), 0)
}

func (a RemoveServer) apply(w *World) error { return w.lead(a.At, raft.RemoveServer(a.Node), 0) }

func (a Reconfigure) apply(w *World) error {
	if err := w.wholeConfigurations(); err != nil {
		return err
	}
	create, err := w.mayCreate(a.Voters)
	if err != nil {
		return err
	}
	return w.lead(a.At, raft.Reconfigure(a.Voters), create)
}

func (a Transfer) apply(w *World) error {
	if err := w.known(a.Node); err != nil {
		return err
	}
	id, err := w.leaderFor(a.At)
	if err != nil {
		return err
	}
	was, err := w.step(id, raft.TransferLeadership(a.Node))
	if err != nil {
		return err
	}
	tellInput(w, id, event.TransferBegun{To: a.Node})
	w.act(w.servers[id-1], &was)
	return nil
}

// mayCreate is how many servers must be created for all of the set to exist.
// Servers are created in order, so S8 brings S6 and S7 with it. These stay empty and belong
// to no configuration.
func (w *World) mayCreate(all raft.Set) (int, error) {
	n := len(w.servers)
	for id := range all.All() {
		switch {
		case int(id) <= n:
		case int(id) > MaxServers:
			return 0, fmt.Errorf("there is no room for %s: the last possible server is S%d", id, MaxServers)
		default:
			n = int(id)
		}
	}
	return n - len(w.servers), nil
}

// create makes servers that belong to no configuration: empty, without a vote,
// until a leader sends them the log.
func (w *World) create(count int) error {
	for range count {
		if err := w.addServer(raft.Configuration{}); err != nil {
			return err
		}
		tell(w, raft.ID(len(w.servers)), event.ServerAdded{})
	}
	return nil
}

// leaderFor is the server that gets a request which only a leader can fulfil. It is the one
// named, or the leader that this one names.
func (w *World) leaderFor(at raft.ID) (raft.ID, error) {
	if at == 0 {
		if at = w.Leader(); at == 0 {
			return 0, w.noLeader()
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
