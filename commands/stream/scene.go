package stream

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// How much of a cluster an item tells, so that no item is too large to send.
const (
	mostEntries  = 100 // of a log, the newest
	mostCarried  = 10  // of a message
	mostData     = 120 // characters of an entry, of a key and of its value
	mostMessages = 300
	mostKeys     = 100
	mostBreaches = 50
	mostClients  = 100
	mostText     = 300 // characters of a text from outside
)

// MarshalJSON is the entry as a list of three.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal([]any{e.Term, e.Sort, e.Data}) }

// UnmarshalJSON reads it.
func (e *Entry) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&e.Term, &e.Sort, &e.Data})
}

// used is what of a picture a scene uses, beside what has no word.
var used = lab.Only("next", "match")

// seen is a scene with what it was made of, so that the next one takes over what did not change.
type seen struct {
	Scene
	states []*picture.NodeState // of the nodes, in their order
}

// look makes the scene of a world; was is the one before, or nil. refused says whose refusals have
// reached a candidate.
func look(w lab.World, was *seen, refused refusals) *seen {
	var stepwise *cluster.World
	if l, is := w.(*lab.Lab); is {
		stepwise = l.World()
	}
	return sceneOf(w.Picture(used), w.Settings().ElectionTimeout.Max, stepwise, was, refused)
}

// sceneOf is look for a picture, and for the world that it is of where that moves step by step.
func sceneOf(p *picture.Picture, timeoutMax int, w *cluster.World, was *seen, refused refusals) *seen {
	s := &seen{Scene: Scene{Position: uint64(p.Position), Clock: p.Clock, Branch: p.Branch, Messages: []*Message{},
		Cut: []string{}, Sides: sides(p), Bugs: []string{}, Violations: []Violation{}, Departures: []Departing{},
		Clients: []Client{}, TimeoutMax: timeoutMax}}
	for i, v := range p.Nodes {
		var before *Node
		var state *picture.NodeState
		if was != nil && i < len(was.Nodes) {
			before, state = was.Nodes[i], was.states[i]
		}
		s.Nodes = append(s.Nodes, nodeOf(v, before, state, refused))
		s.states = append(s.states, v.State)
		for to := range v.State.CutTo.All() {
			s.Cut = append(s.Cut, v.ID+"->"+to.String())
		}
	}
	if w != nil {
		s.ofWorld(w, p)
	}
	return s
}

// ofWorld fills in what only a world knows that moves step by step.
func (s *seen) ofWorld(w *cluster.World, p *picture.Picture) {
	s.Messages, s.InFlight = messages(w)
	s.Bugs = append(s.Bugs, w.Bugs()...)
	for _, onPurpose := range []bool{false, true} { // the harm first, if there is any
		for b := range each.Of(p.World.Breaches) {
			if b.OnPurpose == onPurpose && b.Departure == nil && len(s.Violations) < mostBreaches {
				s.Violations = append(s.Violations, Violation{b.Property, short(b.Text), b.Position,
					names(b.Nodes), number(b.Term), number(b.Index)})
			}
		}
	}
	for _, b := range w.Departures() {
		if d := b.Departure; len(s.Departures) < mostBreaches {
			s.Departures = append(s.Departures, Departing{d.Rule.ID, string(d.Kind), short(d.Did), b.Position,
				[]string{d.Server.String()}, number(b.Term), number(b.Index)})
		}
	}
	for _, c := range p.World.Clients {
		if v := picture.OfClient(c); len(s.Clients) < mostClients {
			s.Clients = append(s.Clients, Client{v.ID, v.Status, short(v.Command), short(v.Result), v.Index, v.Term,
				v.Node, v.Tries})
		}
	}
}

// short is a text from outside, harmless and not too long.
func short(text string) string { return prose.Shorten(prose.Visible(text), mostText) }

// datum is what a client has stored, likewise.
func datum(text string) string { return prose.Shorten(prose.Visible(text), mostData) }

func names(ids []raft.ID) []string {
	return append([]string{}, each.As(ids, raft.ID.String)...)
}

// number is a list of a number, empty for 0.
func number(n uint64) []int {
	if n == 0 {
		return []int{}
	}
	return []int{int(n)}
}

// nodeOf is a server. What before shares with it, which was made of state, is taken over.
func nodeOf(v *picture.NodeView, before *Node, state *picture.NodeState, refused refusals) *Node {
	s := v.State
	n := &Node{ID: v.ID, Up: v.Up, Frozen: v.Frozen, Role: v.Role, Term: v.Term, Vote: v.Vote, Leader: v.Leader,
		First: v.First, Last: v.Last, Commit: v.Commit, Applied: v.Applied, Snapshot: v.Snapshot,
		Synced: int(min(s.Synced, uint64(v.Last))), Unsynced: s.Unsynced, Timer: v.Timer, TimerOf: s.TimerOf,
		TimerKind: timerKind(v), Next: v.Next, Match: v.Match, Voters: v.Voters, OldVoters: v.OldVoters,
		Learners: v.Learners, Lease: s.Lease, Transfer: s.Transfer.String(), Alone: s.Alone}
	if state != nil && s.Written.Is(&state.Written) && s.Written.FirstIndex() == state.Written.FirstIndex() {
		n.Entries = before.Entries
	} else {
		first := max(s.Written.FirstIndex(), s.Written.LastIndex()-min(s.Written.LastIndex(), mostEntries)+1)
		n.Entries = entries(picture.EntryViews(&s.Written, first))
	}
	if state != nil && s.Machine != nil && state.Machine != nil && s.Machine.Hash() == state.Machine.Hash() {
		n.KV = before.KV
	} else {
		n.KV = data(v)
	}
	if role := v.Role; role == raft.Candidate.String() || role == raft.PreCandidate.String() {
		no := refused[v.Number]
		halves, against := s.Members.Halves(s.Votes), s.Members.Halves(no)
		n.Votes = &Votes{Tally: tally(halves[0], against[0])}
		if !s.Members.Old.Empty() {
			old := tally(halves[1], against[1])
			n.Votes.Old = &old
		}
	}
	return n
}

func tally(yes, no raft.Half) Tally {
	return Tally{yes.Have.Names(), no.Have.Names(), yes.Needed(), yes.Of.Names()}
}

func timerKind(v *picture.NodeView) string {
	switch s := v.State; {
	case !v.Up || s.TimerOf == 0:
		return "none"
	case v.Role == raft.Leader.String():
		return "heartbeat"
	case !s.Members.CanVote(v.Number):
		return "none"
	}
	return "election"
}

func entries(all []picture.EntryView) []Entry {
	return append([]Entry{}, each.As(all,
		func(e picture.EntryView) Entry { return Entry{e.Term, e.Kind, datum(e.Data)} })...)
}

// data is what a server's state machine holds.
func data(v *picture.NodeView) map[string]string {
	out := map[string]string{}
	if v.State.Machine == nil {
		return out
	}
	all := maps.Collect(v.State.Machine.All())
	keys := slices.Sorted(maps.Keys(all))
	for _, key := range keys[:min(len(keys), mostKeys)] {
		out[datum(key)] = datum(all[key])
	}
	return out
}

// sides is the groups of servers that can exchange messages, where there are several.
func sides(p *picture.Picture) [][]string {
	if all := p.Sides(); len(all) > 1 {
		return each.As(all, raft.Set.Names)
	}
	return [][]string{}
}

// messages is what is in flight, and how much of it there is.
func messages(w *cluster.World) (out []*Message, all int) {
	flights := w.Flights()
	out = []*Message{}
	for i := range flights[:min(len(flights), mostMessages)] {
		out = append(out, messageOf(w, &flights[i]))
	}
	return out, len(flights)
}

func messageOf(w *cluster.World, f *cluster.Flight) *Message {
	v := picture.OfMessage(f)
	m := &Message{ID: v.ID, Type: v.Type, From: v.From, To: v.To, Term: v.Term, Sent: int(f.Sent), Due: v.Due,
		Held: f.Held, Why: w.Obstacle(f)}
	m.Arrives = m.Why == ""
	for _, field := range picture.MessageFields[v.Type] {
		switch field {
		case "last":
			m.Last = &v.Last
		case "granted":
			m.Granted, m.Says = &v.Granted, tell.Yes(v.Granted)
		case "prev":
			m.Prev = &v.Prev
		case "entries":
			m.Count = len(v.Entries)
			m.Entries = entries(v.Entries[:min(len(v.Entries), mostCarried)])
		case "commit":
			m.Commit = &v.Commit
		case "success":
			m.Success, m.Says = &v.Success, tell.Yes(v.Success)
		case "match":
			if m.Match = &v.Match; m.Success == nil || v.Success {
				m.Says = fmt.Sprintf("match %d", v.Match)
			}
		case "snapshot":
			m.Snapshot = &v.Snapshot
		}
	}
	return m
}
