package cluster

import (
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// under is implemented by the actions that may fail before the core is asked. It gives the
// rule that forbids the action, and the server whose state is the reason, or 0. An action
// that fails only if it names something that does not exist needs no such method.
type under interface {
	under(w *World) (rule *raft.Rule, about raft.ID)
}

// Under is the rule that forbids an action in this world before the core is asked, and the
// server whose state is the reason, or 0.
func (w *World) Under(a Action) (rule *raft.Rule, about raft.ID) {
	u, ok := a.(under)
	if !ok {
		return rules.CommandMakesSense, 0
	}
	rule, about = u.under(w)
	if rule != rules.RestartFromDisk && about != 0 && w.Has(about) && !w.servers[about-1].running() {
		rule = rules.ServerIsRunning
	}
	return rule, about
}

func (a Kill) under(*World) (*raft.Rule, raft.ID)     { return rules.ServerIsRunning, a.Node }
func (a Freeze) under(*World) (*raft.Rule, raft.ID)   { return rules.ServerIsRunning, a.Node }
func (a Thaw) under(*World) (*raft.Rule, raft.ID)     { return rules.ServerIsRunning, a.Node }
func (a Sync) under(*World) (*raft.Rule, raft.ID)     { return rules.ServerIsRunning, a.Node }
func (a Tick) under(*World) (*raft.Rule, raft.ID)     { return rules.ServerIsRunning, a.Node }
func (a SetTimer) under(*World) (*raft.Rule, raft.ID) { return rules.ServerIsRunning, a.Node }
func (a Restart) under(*World) (*raft.Rule, raft.ID)  { return rules.RestartFromDisk, a.Node }
func (a Wipe) under(*World) (*raft.Rule, raft.ID)     { return rules.RestartFromDisk, a.Node }
func (a Give) under(*World) (*raft.Rule, raft.ID)     { return rules.AsGiven, 0 }
func (a Snapshot) under(*World) (*raft.Rule, raft.ID) { return raft.SnapshotOfApplied, a.Node }

// A leader has no election timer, and a server without a vote holds no elections.
func (a Timeout) under(w *World) (*raft.Rule, raft.ID) {
	if n := w.State(a.Node); n != nil && n.Role == raft.Leader {
		return raft.ElectionTimeoutRule, a.Node
	}
	return raft.ConfigurationInForce, a.Node
}

func (a Heartbeat) under(*World) (*raft.Rule, raft.ID) { return rules.HeartbeatsRepeat, a.Node }

func (a Fire) under(*World) (*raft.Rule, raft.ID) {
	return map[string]*raft.Rule{"quorum": raft.CheckQuorumRule, "transfer": rules.TransferIsGivenUp,
		"lease": rules.LeaseLasts, "minimum": raft.Stickiness}[a.Timer], a.Node
}

func (Advance) under(*World) (*raft.Rule, raft.ID)     { return rules.MailTakesTime, 0 }
func (DeliverNext) under(*World) (*raft.Rule, raft.ID) { return rules.MailTakesTime, 0 }
func (Drop) under(*World) (*raft.Rule, raft.ID)        { return rules.MailTakesTime, 0 }
func (Duplicate) under(*World) (*raft.Rule, raft.ID)   { return rules.MailTakesTime, 0 }
func (Delay) under(*World) (*raft.Rule, raft.ID)       { return rules.MailTakesTime, 0 }
func (a Deliver) under(w *World) (*raft.Rule, raft.ID) { return w.arrivesUnder(a.ID) }
func (a Arrive) under(w *World) (*raft.Rule, raft.ID)  { return w.arrivesUnder(a.ID) }
func (Inject) under(*World) (*raft.Rule, raft.ID)      { return rules.MailIsPossible, 0 }

// arrivesUnder is for a message that is not in flight, or that waits for a frozen process.
func (w *World) arrivesUnder(id uint64) (*raft.Rule, raft.ID) {
	if f := w.Flight(id); f != nil && w.Waits(f) {
		return rules.ServerIsRunning, f.To
	}
	return rules.MailTakesTime, 0
}

func (a Request) under(w *World) (*raft.Rule, raft.ID) {
	return w.askedUnder(a.Via, rules.ClientsAsk, rules.ClientsAsk)
}

func (a Read) under(w *World) (*raft.Rule, raft.ID) {
	return w.askedUnder(a.Via, rules.ClientsAsk, raft.ReadFromLeader)
}

func (a Retry) under(w *World) (*raft.Rule, raft.ID) {
	if w.Client(a.Client) == nil {
		return rules.CommandMakesSense, 0
	}
	return w.askedUnder(0, rules.ClientsAsk, rules.ClientsAsk)
}

func (a AddServer) under(w *World) (*raft.Rule, raft.ID)    { return w.changedUnder(a.At) }
func (a Promote) under(w *World) (*raft.Rule, raft.ID)      { return w.changedUnder(a.At) }
func (a RemoveServer) under(w *World) (*raft.Rule, raft.ID) { return w.changedUnder(a.At) }
func (a Reconfigure) under(w *World) (*raft.Rule, raft.ID)  { return w.changedUnder(a.At) }

func (a Transfer) under(w *World) (*raft.Rule, raft.ID) {
	if a.Node == w.Leader() {
		return raft.TransferElection, a.Node
	}
	return w.changedUnder(a.At)
}

// changedUnder is for changes of membership or of leader, which only a leader can make.
func (w *World) changedUnder(at raft.ID) (*raft.Rule, raft.ID) {
	rule, id := w.askedUnder(at, raft.AppendCommand, raft.ConfigurationInForce)
	if id == 0 || !w.servers[id-1].up() || w.State(id).Role == raft.Leader {
		return rule, id
	}
	return raft.AppendCommand, id
}

// askedUnder is for a request to a server, or to the leader if none is named. It is none if
// there is no such server, TransferFirst if it hands its leadership over, and otherwise in
// every other case.
func (w *World) askedUnder(id raft.ID, none, otherwise *raft.Rule) (*raft.Rule, raft.ID) {
	if id == 0 {
		id = w.Leader()
	}
	switch {
	case id == 0 || !w.Has(id):
		return none, 0
	case w.servers[id-1].running() && w.State(id).Transferee != 0:
		return raft.TransferFirst, id
	}
	return otherwise, id
}
