package cluster

import (
	"fmt"
	"strings"
	"unicode"

	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/network"
)

// Actions as commands of the console. Advance, DeliverNext and ClockTick are
// parts of run, settle and tick; what they print stands for one of them.

func (Advance) String() string { return "run 1" }

func (a DeliverNext) String() string {
	text := "settle"
	if !a.Among.Empty() {
		text += " " + a.Among.String()
	}
	return text + " limit 1"
}

func (ClockTick) String() string   { return "tick" }
func (a Tick) String() string      { return "tick 1 " + a.Node.String() }
func (a Timeout) String() string   { return "timeout " + a.Node.String() }
func (a Heartbeat) String() string { return "heartbeat " + a.Node.String() }
func (a Deliver) String() string   { return "deliver " + network.Name(a.ID) }
func (a Arrive) String() string    { return "step" }
func (a Drop) String() string      { return "drop " + network.Name(a.ID) }
func (a Duplicate) String() string { return "duplicate " + network.Name(a.ID) }
func (a Delay) String() string     { return fmt.Sprintf("delay %s %d", network.Name(a.ID), a.Ticks) }
func (a Kill) String() string      { return "kill " + a.Node.String() }
func (a Restart) String() string   { return "restart " + a.Node.String() }
func (a Freeze) String() string    { return "freeze " + a.Node.String() }
func (a Thaw) String() string      { return "thaw " + a.Node.String() }
func (a Sync) String() string      { return "sync " + a.Node.String() }
func (a Wipe) String() string      { return "wipe " + a.Node.String() }
func (a Snapshot) String() string  { return "snapshot " + a.Node.String() }
func (a Set) String() string       { return "set " + a.Name + " " + a.Value }

func (a Retry) String() string { return "retry " + machine.Quote(a.Client) }

func (a Request) String() string {
	text := "submit " + a.Data
	if strings.ContainsFunc(a.Data, unicode.IsControl) {
		text = "submit " + machine.Quoted(a.Data)
	}
	if a.Via != 0 {
		text += " via " + a.Via.String()
	}
	return text + " as " + machine.Quote(a.Client)
}

func (a SetLinks) String() string {
	verb := "heal "
	if a.Cut {
		verb = "cut "
	}
	words := make([]string, len(a.Links))
	for i, l := range a.Links {
		words[i] = verb + l.String()
	}
	return strings.Join(words, "; ")
}

func (a Partition) String() string { return network.GroupsText(a.Groups) }

func (a Inject) String() string {
	link := network.Link{From: a.From, To: a.To}
	return fmt.Sprintf("inject %s %s %s", a.Message.Type(), link, event.InjectText(a.Message))
}

func (a Give) String() string {
	s := a.Stable
	text := fmt.Sprintf("given %s term %d", a.Node, s.CurrentTerm)
	if s.VotedFor != 0 {
		text += " vote " + s.VotedFor.String()
	}
	if s.Snapshot != nil {
		text += fmt.Sprintf(" snapshot %d/%d %s", s.Snapshot.Index, s.Snapshot.Term, machine.Quote(s.Snapshot.Data))
	}
	if words := event.EntriesText(s.Log.Slice(s.Log.FirstIndex(), s.Log.LastIndex())); words != "" {
		text += " log " + machine.Quote(words)
	}
	if a.Commit > 0 {
		text += fmt.Sprintf(" commit %d", a.Commit)
	}
	return text + " voters " + strings.ReplaceAll(s.Initial.Voters.String(), " ", ",")
}
