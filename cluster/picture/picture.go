// Package picture is a cluster at one moment as plain data, and what is different in another
// one. Conditions, JSON and all that is shown of a cluster read it. picture.go is what both
// drivers' clusters have, world.go what only a world has, and delta.go the difference.
package picture

import (
	"encoding/json"
	"slices"
	"strconv"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// Picture is a cluster at one moment as plain data: what conditions, JSON and all
// that is shown of a cluster read. A field with the tag `expr` is a word of
// conditions, and the same one of JSON.
type Picture struct {
	Nodes      []*NodeView            `expr:"nodes" names:"id" json:"nodes" doc:"all servers"`
	Leaders    []*NodeView            `expr:"leaders" json:"leaders" doc:"servers that are up and believe they lead"`
	Leader     *NodeView              `expr:"leader" json:"leader" doc:"the leader of the highest term, or nil"`
	Messages   []*MessageView         `expr:"messages" json:"messages" doc:"the messages in flight"`
	Clock      int                    `expr:"clock" json:"clock" doc:"ticks that have passed for the whole cluster"`
	Position   int                    `expr:"position" json:"position" doc:"number of events so far"`
	Violations []*BreachView          `expr:"violations" json:"violations" doc:"broken invariants"`
	Departures []*DepartureView       `expr:"departures" json:"departures" doc:"where guests departed from the paper"`
	Clients    map[string]*ClientView `expr:"clients" json:"clients" doc:"the clients by id"`

	Branch string `expr:"-" json:"-"` // of a history; "" where there is none
	// World is what only the step-by-step world knows; nil elsewhere, and where neither NoWord nor
	// "bugs" is used.
	World *WorldState `expr:"-" json:"-"`
}

// WorldState is the rest of the step-by-step world.
type WorldState struct {
	InFlight int                 // how many messages are in flight
	Flights  []cluster.Flight    // these messages; nil unless the picture is to be compared (see Compared)
	Clients  []*clients.Client   // in the order of their first requests
	Breaches []invariants.Breach // in the order in which they came
	Bugs     []BugOn             // in a riddle cluster.UnknownBug alone
	Riddle   bool                // a bug is on that is to be guessed, and so is not named
	Settings setting.Settings
}

// BugOn is a bug that is on, and the servers that have it.
type BugOn struct {
	Name string
	In   raft.Set
}

// NodeView is a server. Of one that is down it has what its disk holds.
type NodeView struct {
	ID        string            `expr:"id" json:"id" doc:"its name"`
	Up        bool              `expr:"up" json:"up" doc:"whether it is running"`
	Frozen    bool              `expr:"frozen" json:"frozen" doc:"whether its process is stalled"`
	Role      string            `expr:"role" json:"role" doc:"follower, pre-candidate, candidate, leader, or down"`
	Term      int               `expr:"term" json:"term" doc:"currentTerm"`
	Vote      string            `expr:"vote" json:"vote" doc:"votedFor, or empty"`
	Leader    string            `expr:"leader" json:"leader" doc:"the leader it knows (itself, if it leads), or empty"`
	Log       string            `expr:"log" json:"log" doc:"the terms of its entries: 1 1 4"`
	Entries   []EntryView       `expr:"entries" json:"entries" doc:"the entries of its log"`
	First     int               `expr:"first" json:"first" doc:"index of its first entry"`
	Last      int               `expr:"last" json:"last" doc:"index of its last entry"`
	Commit    int               `expr:"commit" json:"commit" doc:"commitIndex"`
	Applied   int               `expr:"applied" json:"applied" doc:"lastApplied"`
	Voters    []string          `expr:"voters" json:"voters" doc:"the voters in its latest configuration"`
	OldVoters []string          `expr:"oldVoters" json:"oldVoters,omitempty" doc:"in joint consensus, the old voters"`
	Learners  []string          `expr:"learners" json:"learners" doc:"servers that get the log but have no vote"`
	Next      map[string]int    `expr:"next" json:"next,omitempty" doc:"on a leader, nextIndex by server"`
	Match     map[string]int    `expr:"match" json:"match,omitempty" doc:"on a leader, matchIndex by server"`
	KV        map[string]string `expr:"kv" json:"kv" doc:"its key-value data"`
	Timer     int               `expr:"timer" json:"timer" doc:"ticks until its election or heartbeat timer fires"`
	Snapshot  PlaceView         `expr:"snapshot" json:"snapshot" doc:"the last entry that its snapshot covers"`

	// What follows is for comparing and drawing, and has no word in conditions.
	Number raft.ID    `expr:"-" json:"-"`
	State  *NodeState `expr:"-" json:"-"` // nil unless used(NoWord)
}

// NodeState is the rest of a server, for which conditions have no words. Its log's entries and
// its machine are shared with the cluster, and must not be changed.
type NodeState struct {
	Written    raft.Log           // its log; while it is down, its disk's
	Machine    machine.Machine    // nil while it is down
	Members    raft.Configuration // its latest
	Votes      raft.Set           // whose votes a candidate has, or their promises
	CutTo      raft.Set           // to whom its link is cut
	Cuts       Cuts               // the cut links that begin or end at it
	Apart      raft.Set           // with whom it cannot exchange messages, whichever direction is cut
	Alone      bool               // these are all the others, and there are several
	TimerOf    int                // ticks that its timer was set to
	Unsynced   bool               // a crash would lose something that it wrote
	Synced     uint64             // the last index that a crash would leave
	SyncedTerm uint64             // the term that it would leave
	SyncedVote raft.ID            // and the vote
	Heard      bool               // it has heard a leader recently (thesis 4.2.3)
	Lease      bool               // it leads, and has a lease (thesis 6.4.1)
	Transfer   raft.ID            // to whom it hands leadership, or 0
	Fault      error              // why it went down by itself, or nil
}

// Cuts is the servers from which a server is cut off: those with which it can exchange no messages at
// all, those to which it only cannot send, and those from which it only cannot receive.
type Cuts struct{ Both, To, From Others }

// Others is some of the other servers of a cluster. All means that they are all of them, and several;
// Set is empty then.
type Others struct {
	All bool
	Set raft.Set
}

// EntryView is an entry of a log.
type EntryView struct {
	Index int    `expr:"index" json:"index" doc:"its index in the log"`
	Term  int    `expr:"term" json:"term" doc:"the term in which it was created"`
	Kind  string `expr:"kind" json:"kind" doc:"noop, command, config or session"`
	Data  string `expr:"data" json:"data" doc:"its command"`
}

// PlaceView names an entry without holding it.
type PlaceView struct {
	Index int `expr:"index" json:"index" doc:"the entry's index"`
	Term  int `expr:"term" json:"term" doc:"the entry's term"`
}

// MessageView is a message in flight. Fields that its type does not have are
// empty, and left out of its JSON.
type MessageView struct {
	ID       string      `expr:"id" json:"id" doc:"its name, m12"`
	Type     string      `expr:"type" json:"type" doc:"AppendEntries, …"`
	From     string      `expr:"from" json:"from" doc:"the server that sent it"`
	To       string      `expr:"to" json:"to" doc:"the server it is sent to"`
	Term     int         `expr:"term" json:"term" doc:"the term it carries"`
	Due      int         `expr:"due" json:"due" doc:"the tick at which it is due"`
	Age      int         `expr:"age" json:"age" doc:"ticks since it was sent"`
	Arrives  bool        `expr:"arrives" json:"arrives" doc:"whether it would arrive if you delivered it now"`
	Last     PlaceView   `expr:"last" json:"last" doc:"RequestVote, PreVote: the candidate's last entry"`
	Granted  bool        `expr:"granted" json:"granted" doc:"their replies: whether the vote is granted"`
	Prev     PlaceView   `expr:"prev" json:"prev" doc:"AppendEntries: the entry before its entries"`
	Entries  []EntryView `expr:"entries" json:"entries" doc:"AppendEntries: its entries"`
	Commit   int         `expr:"commit" json:"commit" doc:"AppendEntries: leaderCommit"`
	Success  bool        `expr:"success" json:"success" doc:"its reply: whether the entries were accepted"`
	Match    int         `expr:"match" json:"match" doc:"replies: the index up to which the follower's log matches"`
	Snapshot PlaceView   `expr:"snapshot" json:"snapshot" doc:"InstallSnapshot: its last entry; last is the same"`
}

// BreachView is a broken invariant.
type BreachView struct {
	Property string   `expr:"property" json:"property" doc:"the invariant"`
	Text     string   `expr:"text" json:"text" doc:"which server broke it, and where"`
	Position int      `expr:"position" json:"position" doc:"the event that broke it"`
	Causes   []uint64 `expr:"causes" json:"causes" doc:"the positions of the events that led there"`
}

// DepartureView is where a server departed from the paper.
type DepartureView struct {
	Server   string `expr:"server" json:"server" doc:"the server"`
	Kind     string `expr:"kind" json:"kind" doc:"forbidden, missing or late"`
	Rule     string `expr:"rule" json:"rule" doc:"the rule of the paper, by name"`
	Position int    `expr:"position" json:"position" doc:"the event that says so"`
	Text     string `expr:"text" json:"text" doc:"what the server did"`
}

// ClientView is a client's last request.
type ClientView struct {
	ID      string `expr:"id" json:"id" doc:"its name"`
	Status  string `expr:"status" json:"status" doc:"pending, done or unknown"`
	Command string `expr:"command" json:"command" doc:"its command"`
	Result  string `expr:"result" json:"result" doc:"the result"`
	Index   int    `expr:"index" json:"index" doc:"the index of its entry"`
	Term    int    `expr:"term" json:"term" doc:"the term of the leader that accepted it"`
	Node    string `expr:"node" json:"node" doc:"the server that accepted it"`
	Session int    `expr:"session" json:"session" doc:"the number of the request; a retry has the same number"`
	Tries   int    `expr:"tries" json:"tries" doc:"how many times it was sent"`
	Why     string `expr:"why" json:"why,omitempty" doc:"why its status is unknown"`
}

// MessageFields are the JSON fields of each message type, beyond those that all types have.
var MessageFields = map[string][]string{
	"RequestVote":          {"last"},
	"RequestVoteReply":     {"granted"},
	"PreVote":              {"last"},
	"PreVoteReply":         {"granted"},
	"AppendEntries":        {"prev", "entries", "commit"},
	"AppendEntriesReply":   {"success", "match"},
	"InstallSnapshot":      {"last", "snapshot"},
	"InstallSnapshotReply": {"match"},
	"TimeoutNow":           {},
	"ReadIndex":            {},
	"ReadIndexReply":       {"success", "commit"},
}

// MarshalJSON writes the fields that the message's type has.
func (m *MessageView) MarshalJSON() ([]byte, error) {
	type all struct { // in the order of MessageView; nil is left out
		ID       string       `json:"id"`
		Type     string       `json:"type"`
		From     string       `json:"from"`
		To       string       `json:"to"`
		Term     int          `json:"term"`
		Due      int          `json:"due"`
		Age      int          `json:"age"`
		Arrives  bool         `json:"arrives"`
		Last     *PlaceView   `json:"last,omitempty"`
		Granted  *bool        `json:"granted,omitempty"`
		Prev     *PlaceView   `json:"prev,omitempty"`
		Entries  *[]EntryView `json:"entries,omitempty"`
		Commit   *int         `json:"commit,omitempty"`
		Success  *bool        `json:"success,omitempty"`
		Match    *int         `json:"match,omitempty"`
		Snapshot *PlaceView   `json:"snapshot,omitempty"`
	}
	out := all{ID: m.ID, Type: m.Type, From: m.From, To: m.To, Term: m.Term, Due: m.Due, Age: m.Age, Arrives: m.Arrives}
	for _, field := range MessageFields[m.Type] {
		switch field {
		case "last":
			out.Last = &m.Last
		case "granted":
			out.Granted = &m.Granted
		case "prev":
			out.Prev = &m.Prev
		case "entries":
			entries := append([]EntryView{}, m.Entries...)
			out.Entries = &entries
		case "commit":
			out.Commit = &m.Commit
		case "success":
			out.Success = &m.Success
		case "match":
			out.Match = &m.Match
		case "snapshot":
			out.Snapshot = &m.Snapshot
		}
	}
	return json.Marshal(out)
}

// Source is a cluster that a picture can be taken of. None of what it returns is
// changed.
type Source interface {
	IDs() []raft.ID
	State(raft.ID) *raft.State       // nil while it is down
	Machine(raft.ID) machine.Machine // nil while it is down
	Stored(raft.ID) *raft.Stable     // what its disk holds
	Timer(raft.ID) (left, of int)    // ticks until it fires, of those that it was set to
	CutTo(raft.ID) raft.Set          // the servers that its messages do not reach
	Clock() uint64                   // ticks
}

// NoWord stands for everything in a picture for which conditions have no word.
const NoWord = ""

// Everything is the used of a picture with all that there is.
func Everything(string) bool { return true }

// Of is the picture of a cluster, without a World. Words that cost much, and NoWord, are filled in
// only if used says so.
func Of(c Source, used func(word string) bool) *Picture {
	ids, want := c.IDs(), wantsOf(used)
	p := &Picture{Clock: int(c.Clock()), Nodes: make([]*NodeView, len(ids)), Leaders: []*NodeView{}}
	views := make([]NodeView, len(ids))
	for i, id := range ids {
		v := &views[i]
		v.fill(c, id, want)
		p.Nodes[i] = v
		if v.Up && v.Role == raft.Leader.String() {
			p.Leaders = append(p.Leaders, v)
			if p.Leader == nil || v.Term > p.Leader.Term {
				p.Leader = v
			}
		}
	}
	if want.rest {
		p.tellApart()
	}
	p.Messages, p.Violations, p.Departures = []*MessageView{}, []*BreachView{}, []*DepartureView{}
	if used("clients") {
		p.Clients = map[string]*ClientView{}
	}
	return p
}

// tellApart fills in Cuts, Apart and Alone of each server.
func (p *Picture) tellApart() {
	for _, v := range p.Nodes {
		s, deaf := v.State, raft.Set{}
		for _, w := range p.Nodes {
			if w.State.CutTo.Has(v.Number) {
				deaf = deaf.With(w.Number)
			}
		}
		s.Apart = s.CutTo.Or(deaf)
		s.Cuts = Cuts{p.others(s.CutTo.And(deaf)), p.others(s.CutTo.Minus(deaf)), p.others(deaf.Minus(s.CutTo))}
		s.Alone = p.others(s.Apart).All
	}
}

func (p *Picture) others(in raft.Set) Others {
	if n := in.Len(); n > 1 && n == len(p.Nodes)-1 {
		return Others{All: true}
	}
	return Others{Set: in}
}

// Sides is the groups of servers that can exchange messages, straight or through each other.
func (p *Picture) Sides() []raft.Set {
	var sides []raft.Set
	for _, v := range p.Nodes {
		side, others := raft.SetOf(v.Number), []raft.Set(nil)
		for _, s := range sides {
			if s.Minus(v.State.Apart).Empty() {
				others = append(others, s)
			} else {
				side = side.Or(s)
			}
		}
		sides = append(others, side)
	}
	slices.SortFunc(sides, func(a, b raft.Set) int { return int(a.Next(0)) - int(b.Next(0)) })
	return sides
}

// wants is what of a server is used, asked once.
type wants struct{ log, entries, kv, members, peers, rest bool }

func wantsOf(used func(string) bool) wants {
	return wants{
		log: used("log"), entries: used("entries"), kv: used("kv"), rest: used(NoWord),
		peers:   used("next") || used("match"),
		members: used("voters") || used("oldVoters") || used("learners"),
	}
}

// fill fills in a server.
func (v *NodeView) fill(c Source, id raft.ID, want wants) {
	written, n := c.Stored(id), c.State(id)
	v.ID, v.Number, v.Role = id.String(), id, "down"
	term, vote, snap := written.CurrentTerm, written.VotedFor, written.Snapshot
	log := &written.Log
	if n != nil {
		v.Up, v.Role, v.Leader = true, n.Role.String(), n.Leader.String()
		v.Commit, v.Applied = int(n.CommitIndex), int(n.LastApplied)
		term, vote, snap, log = n.CurrentTerm, n.VotedFor, n.Snapshot, &n.Log
	}
	v.Term, v.Vote = int(term), vote.String()
	v.First, v.Last = int(log.FirstIndex()), int(log.LastIndex())
	if snap != nil {
		v.Snapshot = PlaceView{Index: int(snap.Index), Term: int(snap.Term)}
	}
	left, of := c.Timer(id)
	v.Timer = left
	if want.rest || want.members {
		members := latestConfiguration(written, n)
		v.Voters, v.OldVoters, v.Learners = members.Voters.Names(), members.Old.Names(), members.Learners.Names()
		if want.rest {
			v.State = &NodeState{Written: *log, Members: members, CutTo: c.CutTo(id), Machine: c.Machine(id),
				Synced: written.Log.LastIndex(), TimerOf: of}
			v.State.fill(n)
		}
	}
	if n != nil && n.Role == raft.Leader && want.peers {
		v.Next, v.Match = map[string]int{}, map[string]int{}
		for peer := range n.Configuration.Members().Without(id).All() {
			v.Next[peer.String()], v.Match[peer.String()] = int(n.NextIndex(peer)), int(n.MatchIndex(peer))
		}
	}
	v.fillCostly(c, log, want)
}

// fill fills in what only a server that is up has.
func (s *NodeState) fill(n *raft.State) {
	if n == nil {
		return
	}
	s.Heard, s.Lease, s.Transfer = n.HeardLeader, n.Lease, n.Transferee
	if r := n.Role; r == raft.Candidate || r == raft.PreCandidate {
		s.Votes = n.Votes
	}
}

// fillCostly fills in what grows with the log and the data.
func (v *NodeView) fillCostly(c Source, log *raft.Log, want wants) {
	if want.log {
		v.Log = LogTerms(log)
	}
	if want.entries {
		v.Entries = EntryViews(log, log.FirstIndex())
	}
	if want.kv {
		v.KV = map[string]string{}
		if m := c.Machine(v.Number); m != nil {
			for key, value := range m.All() {
				v.KV[key] = value
			}
		}
	}
}

// latestConfiguration is the configuration of a server. For one that is down it is the one on disk.
func latestConfiguration(s *raft.Stable, n *raft.State) raft.Configuration {
	if n != nil {
		return *n.Configuration
	}
	for i := s.Log.LastIndex(); i >= s.Log.FirstIndex(); i-- {
		if e := s.Log.Entry(i); e.Kind == raft.Config {
			if conf, err := raft.ParseConfiguration(e.Data); err == nil {
				return conf
			}
		}
	}
	if s.Snapshot != nil {
		return s.Snapshot.Configuration
	}
	return s.Initial
}

// LogTerms is the terms of a log's entries: 1 1 4.
func LogTerms(l *raft.Log) string {
	var b []byte
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, l.Entry(i).Term, 10)
	}
	return string(b)
}

// EntryViews is the entries of a log from an index on.
func EntryViews(l *raft.Log, first uint64) []EntryView {
	return entryViews(l.Slice(first, l.LastIndex()), first)
}

func entryViews(entries []raft.Entry, first uint64) []EntryView {
	out := make([]EntryView, len(entries))
	for i, e := range entries {
		out[i] = EntryView{Index: int(first) + i, Term: int(e.Term), Kind: kindText(e.Kind), Data: e.Data}
	}
	return out
}

// kindText is an entry's kind in conditions and JSON. A numbered command is a command; its
// text has the number.
func kindText(k raft.Kind) string {
	if k == raft.Numbered {
		k = raft.Command
	}
	return k.String()
}
