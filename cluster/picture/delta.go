package picture

import (
	"cmp"
	"maps"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// Aspect is one respect in which two pictures are compared.
type Aspect uint8

// The aspects that are compared first: the clock, those of a server, what is in
// flight, a client's last request and its answer, a setting, and the bugs that are on.
const (
	ClockIs Aspect = iota
	RoleIs
	TermIs
	VoteIs
	LeaderIs
	SnapshotIs
	LogIs // the terms of its entries
	CommitIs
	DataIs
	NoteIs // it is frozen, unsynced, cut off, or asks for votes
	InFlight
	RequestIs
	SettingIs
	BugsAre
)

// The finer aspects follow: what entries say, a leader's nextIndex and matchIndex, what a
// server has heard, a transfer under way, its timer, its clients' sessions, what a crash would leave, the number and
// the entry of a client's request, what a message of one number says, and when it is due.
const (
	EntriesAre Aspect = iota + BugsAre + 1
	AppliedIs
	NextIs
	MatchIs
	MembersAre
	HeardIs
	LeaseIs
	TransferIs
	TimerIs
	SessionsAre
	SyncedIs
	TriesAre
	MessageIs
	DueIs
)

// OfServer says whether an aspect is one of a server.
func (a Aspect) OfServer() bool {
	return a >= RoleIs && a <= NoteIs || a >= EntriesAre && a <= SyncedIs
}

// Thing is an aspect of something: of a server, a client, a setting or a message by
// its name, or of the cluster.
type Thing struct {
	Aspect
	Of string
}

// Delta is the things in which two pictures differ: first those that only the first one has or
// that both have, then those that only the second one has; then the finer ones in the same order.
type Delta struct {
	A, B   *Picture
	Things []Thing
}

// Compared tells whether a picture that will be compared needs a word. It is for OfWorld's used.
func Compared(word string) bool {
	return slices.Contains([]string{NoWord, "next", "match", inFlight}, word)
}

// inFlight stands for WorldState.Flights among the words, since no word of conditions has these.
const inFlight = "in flight"

// Delta is what is different in a later picture. The finer aspects are in it only if nothing
// else differs except what is in flight, or if the others would let one believe that they do not.
// Both pictures must be of a world, with the words that Compared names.
func (a *Picture) Delta(b *Picture) Delta {
	d := Delta{A: a, B: b, Things: differing(a, b, false)}
	finer := differing(a, b, true)
	if len(d.Things) > 1 || len(d.Things) == 1 && d.Things[0].Aspect != InFlight {
		finer = slices.DeleteFunc(finer, func(t Thing) bool { return !d.hides(t) })
	}
	if d.Things = append(d.Things, finer...); len(finer) > 0 {
		slices.SortStableFunc(d.Things, func(s, t Thing) int { return cmp.Compare(d.place(s), d.place(t)) })
	}
	return d
}

// place is where a thing is told: the clock, then the servers, each with all of its things, then the rest.
func (d *Delta) place(t Thing) int {
	switch {
	case t.Aspect == ClockIs:
		return 0
	case !t.OfServer():
		return int(raft.MaxID) + 1
	}
	return int(cmp.Or(d.A.Server(t.Of), d.B.Server(t.Of)).Number)
}

// hides tells whether a finer thing would be taken for the same, as what is told does not touch it.
func (d *Delta) hides(t Thing) bool {
	switch t.Aspect {
	case EntriesAre:
		return !slices.Contains(d.Things, Thing{LogIs, t.Of})
	case SyncedIs:
		return !slices.Contains(d.Things, Thing{NoteIs, t.Of})
	}
	return t.Aspect == MembersAre || t.Aspect == MessageIs
}

// AllDelta is Delta with the finer aspects in any case.
func (a *Picture) AllDelta(b *Picture) Delta {
	return Delta{A: a, B: b, Things: append(differing(a, b, false), differing(a, b, true)...)}
}

func differing(a, b *Picture, finer bool) []Thing {
	var out []Thing
	left, right := a.things(finer), b.things(finer)
	seen := make(map[Thing]bool, len(left))
	for _, t := range left {
		seen[t] = true
	}
	for _, t := range slices.Concat(left, slices.DeleteFunc(right, func(t Thing) bool { return seen[t] })) {
		if !a.same(b, t) {
			out = append(out, t)
		}
	}
	return out
}

// things is what a picture is compared by, in order.
func (p *Picture) things(finer bool) []Thing {
	var out []Thing
	add := func(a Aspect, of string) { out = append(out, Thing{a, of}) }
	first, last := RoleIs, NoteIs
	if finer {
		first, last = EntriesAre, SyncedIs
	} else {
		add(ClockIs, "")
	}
	for _, v := range p.Nodes {
		for a := first; a <= last; a++ {
			add(a, v.ID)
		}
	}
	if !finer {
		add(InFlight, "")
	}
	for _, c := range p.World.Clients {
		if finer {
			add(TriesAre, c.Name)
		} else {
			add(RequestIs, c.Name)
		}
	}
	if finer {
		for i := range p.World.Flights {
			add(MessageIs, p.World.Flights[i].Name())
			add(DueIs, p.World.Flights[i].Name())
		}
		return out
	}
	for _, d := range setting.All() {
		add(SettingIs, d.Name)
	}
	add(BugsAre, "")
	return out
}

// same says whether a thing is the same in two pictures.
func (a *Picture) same(b *Picture, t Thing) bool {
	if t.OfServer() {
		v, w := a.Server(t.Of), b.Server(t.Of)
		has := v.has(t.Aspect)
		return has == w.has(t.Aspect) && (!has || v.alike(w, t.Aspect))
	}
	switch t.Aspect {
	case ClockIs:
		return a.Clock == b.Clock
	case InFlight:
		one := func(x, y cluster.Flight) bool { return x.ID == y.ID }
		return slices.EqualFunc(a.World.Flights, b.World.Flights, one)
	case RequestIs, TriesAre:
		x, y := a.Client(t.Of), b.Client(t.Of)
		return x != nil && y != nil && alikeClients(x, y, t.Aspect)
	case SettingIs:
		d := setting.Find(t.Of)
		return d.Get(&a.World.Settings) == d.Get(&b.World.Settings)
	case BugsAre:
		return slices.EqualFunc(a.World.Bugs, b.World.Bugs, func(x, y BugOn) bool {
			return x.Name == y.Name && (x.In == y.In || x.In.Len() == len(a.Nodes) && y.In.Len() == len(b.Nodes))
		})
	case MessageIs, DueIs: // what is new or gone is in flight, or not
		x, y := a.Flight(t.Of), b.Flight(t.Of)
		return x == nil || y == nil || t.Aspect == DueIs && x.Due == y.Due || t.Aspect == MessageIs && sameMessage(x, y)
	}
	return true
}

// has says whether there is anything to compare: no vote, an empty log and a
// server that is not there are nothing.
func (v *NodeView) has(a Aspect) bool {
	if v == nil {
		return false
	}
	switch a {
	case VoteIs:
		return v.Vote != ""
	case LeaderIs:
		return v.Leader != ""
	case SnapshotIs:
		return v.Snapshot.Index > 0
	case LogIs, EntriesAre:
		return v.Last >= v.First
	case DataIs:
		return v.State.Data() != ""
	case SessionsAre:
		return v.State.Sessions() != ""
	case NoteIs:
		return v.note() != note{}
	case NextIs, MatchIs:
		return len(v.Next) > 0
	case MembersAre:
		return !v.State.Members.Voters.Empty()
	case HeardIs, LeaseIs:
		return v.Up
	case SyncedIs:
		return v.State.Unsynced
	case TransferIs:
		return v.State.Transfer != 0
	case TimerIs:
		return v.State.TimerOf > 0
	}
	return true
}

// alike compares an aspect that both have.
func (v *NodeView) alike(w *NodeView, a Aspect) bool {
	switch s, t := v.State, w.State; a {
	case RoleIs:
		return v.Role == w.Role
	case TermIs:
		return v.Term == w.Term
	case VoteIs:
		return v.Vote == w.Vote
	case LeaderIs:
		return v.Leader == w.Leader
	case SnapshotIs:
		return v.Snapshot == w.Snapshot
	case LogIs:
		return SameTerms(&s.Written, &t.Written)
	case EntriesAre:
		return sameEntries(&s.Written, &t.Written, (*raft.Entry).Same)
	case CommitIs:
		return v.Commit == w.Commit
	case AppliedIs:
		return v.Applied == w.Applied
	case DataIs:
		own, _ := machine.Apart(s.Machine)
		other, _ := machine.Apart(t.Machine)
		return own.Hash() == other.Hash()
	case NoteIs:
		return v.note() == w.note()
	case NextIs:
		return maps.Equal(v.Next, w.Next)
	case MatchIs:
		return maps.Equal(v.Match, w.Match)
	case MembersAre:
		return s.Members == t.Members
	}
	return v.State.alike(w.State, a) && (a != TimerIs || v.Timer == w.Timer)
}

// alike compares an aspect that is a server's driver's or its own memory's.
func (s *NodeState) alike(t *NodeState, a Aspect) bool {
	switch a {
	case SessionsAre:
		return s.Machine.Hash() == t.Machine.Hash() || s.Sessions() == t.Sessions()
	case HeardIs:
		return s.Heard == t.Heard
	case LeaseIs:
		return s.Lease == t.Lease
	case TransferIs:
		return s.Transfer == t.Transfer
	case SyncedIs:
		return s.Synced == t.Synced && s.SyncedTerm == t.SyncedTerm && s.SyncedVote == t.SyncedVote
	}
	return s.TimerOf == t.TimerOf
}

// Data is the state of a server's state machine as text, without its clients' sessions; "" while it is down.
func (s *NodeState) Data() string {
	if own, _ := machine.Apart(s.Machine); own != nil {
		return own.Snapshot()
	}
	return ""
}

// Sessions is the sessions of clients that a server knows, as text.
func (s *NodeState) Sessions() string {
	_, sessions := machine.Apart(s.Machine)
	return sessions
}

// sameEntries compares what two logs hold, one entry after the other.
func sameEntries(a, b *raft.Log, same func(e, f *raft.Entry) bool) bool {
	return a.LastIndex()-a.FirstIndex() == b.LastIndex()-b.FirstIndex() && beginsWith(a, b, same)
}

// beginsWith tells whether a log begins with another that is not longer. It skips what they
// share.
func beginsWith(a, b *raft.Log, same func(e, f *raft.Entry) bool) bool {
	i, j := a.FirstIndex(), b.FirstIndex()
	if a.LastIndex()-i+1 < b.LastIndex()-j+1 {
		return false
	}
	if shared := a.SharedThrough(b); i == j && shared >= i {
		i, j = shared+1, shared+1
	}
	for ; j <= b.LastIndex(); i, j = i+1, j+1 {
		if !same(a.At(i), b.At(j)) {
			return false
		}
	}
	return true
}

// BeginsWith says whether one log begins with another.
func BeginsWith(a, b *raft.Log) bool { return beginsWith(a, b, (*raft.Entry).Same) }

// SameDisk says whether two disks hold the same term, vote and terms of a log.
func SameDisk(a, b *raft.Stable) bool {
	return a.CurrentTerm == b.CurrentTerm && a.VotedFor == b.VotedFor &&
		a.Log.FirstIndex() == b.Log.FirstIndex() && SameTerms(&a.Log, &b.Log)
}

// SameTerms says whether the entries of two logs have the same terms, in order.
func SameTerms(a, b *raft.Log) bool {
	return sameEntries(a, b, sameTerm)
}

func sameTerm(e, f *raft.Entry) bool { return e.Term == f.Term }

// note is what is unusual about a server.
type note struct {
	frozen, unsynced bool
	cuts             Cuts
	asks             string // a candidate's role
	votes            raft.Set
	halves           raft.Halves // of a joint configuration
}

func (v *NodeView) note() note {
	s := v.State
	n := note{frozen: v.Frozen, unsynced: s.Unsynced, cuts: s.Cuts}
	if v.Role == raft.Candidate.String() || v.Role == raft.PreCandidate.String() {
		n.asks, n.votes = v.Role, s.Votes
		if !s.Members.Old.Empty() {
			n.halves = s.Members.Halves(s.Votes)
		}
	}
	return n
}

// Server is the server of a name, or nil.
func (p *Picture) Server(name string) *NodeView {
	for _, v := range p.Nodes {
		if v.ID == name {
			return v
		}
	}
	return nil
}

// Flight is the message of a name in flight, m12, or nil.
func (p *Picture) Flight(name string) *cluster.Flight {
	for i := range p.World.Flights {
		if p.World.Flights[i].Name() == name {
			return &p.World.Flights[i]
		}
	}
	return nil
}

// sameMessage tells whether two messages of one number, which two branches may give to two, are the same.
func sameMessage(x, y *cluster.Flight) bool {
	return x.From == y.From && x.To == y.To && x.Message.Type() == y.Message.Type() &&
		event.FieldsText(x.Message) == event.FieldsText(y.Message)
}

// alikeClients compares an aspect of two clients' states.
func alikeClients(c, d *clients.Client, a Aspect) bool {
	if a == TriesAre {
		return c.Session == d.Session && c.Tries == d.Tries &&
			c.Index == d.Index && c.Term == d.Term && c.Node == d.Node
	}
	return c.Command == d.Command && c.Status == d.Status && c.Result == d.Result
}

// Client is the client of a name, or nil.
func (p *Picture) Client(name string) *clients.Client {
	for _, c := range p.World.Clients {
		if c.Name == name {
			return c
		}
	}
	return nil
}
