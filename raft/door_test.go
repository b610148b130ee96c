package raft_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"raftlab/raft"
)

// bytesChooser chooses by the bytes of a fuzzer's input, and goes on with a
// generator seeded by them when they are used up.
type bytesChooser struct {
	data []byte
	rest *rand.Rand
}

func newBytesChooser(data []byte) *bytesChooser {
	seed := uint64(0)
	for _, b := range data {
		seed = seed*1099511628211 + uint64(b) + 1
	}
	return &bytesChooser{data, rand.New(rand.NewPCG(seed, 1))}
}

func (c *bytesChooser) below(n int) int {
	if len(c.data) == 0 {
		return c.rest.IntN(n)
	}
	b := int(c.data[0])
	c.data = c.data[1:]
	if n > 256 && len(c.data) > 0 {
		b = b<<8 | int(c.data[0])
		c.data = c.data[1:]
	}
	return b % n
}

// hostile makes inputs of every kind, with numbers that are near what the
// server holds, or at the ends of what there is.
type hostile struct {
	r chooser
	n *raft.Node
}

func (h hostile) id() raft.ID {
	return []raft.ID{1, 2, 3, 4, h.n.ID, 0, 5, 63, 64, raft.MaxID, raft.MaxID + 1, 130, 255}[h.r.below(13)]
}

func (h hostile) term() uint64 {
	c := h.n.CurrentTerm
	return []uint64{c, c, c + 1, c + 1, c + 2, c - 1, 0, 1, 2, raft.MaxTerm - 1, raft.MaxTerm, raft.MaxTerm + 1, 1 << 63, ^uint64(0) - 1, ^uint64(0)}[h.r.below(15)]
}

func (h hostile) index() uint64 {
	l := &h.n.Log
	return []uint64{0, 1, 2, l.FirstIndex() - 2, l.FirstIndex() - 1, l.FirstIndex(), l.LastIndex() - 1, l.LastIndex(), l.LastIndex(), l.LastIndex() + 1, h.n.CommitIndex,
		h.n.CommitIndex + 1, raft.MaxIndex - 6, raft.MaxIndex - 1, raft.MaxIndex, raft.MaxIndex + 1, 1 << 63, ^uint64(0) - 1, ^uint64(0)}[h.r.below(19)]
}

// place is an index, mostly with the term that the server has there.
func (h hostile) place() (index, term uint64) {
	index = h.index()
	if t, have := h.n.Log.Term(index); have && h.r.below(4) > 0 {
		return index, t
	}
	return index, h.term()
}

func (h hostile) yes() bool { return h.r.below(2) == 0 }

func (h hostile) set() raft.Set {
	if h.r.below(4) == 0 {
		return raft.SetOfWords(1<<h.r.below(64), uint64(h.r.below(256))<<56)
	}
	return raft.SetOf(h.id(), h.id(), h.id())
}

func (h hostile) configuration() raft.Configuration {
	c := *h.n.Configuration
	if h.r.below(3) == 0 {
		c = raft.Configuration{Voters: h.set()}
	}
	if h.r.below(4) == 0 {
		c.Old, c.Learners = h.set(), h.set()
	}
	return c
}

func (h hostile) entries() (out []raft.Entry) {
	term := h.term()
	for range h.r.below(5) {
		e := raft.Entry{Term: term, Kind: raft.Kind(h.r.below(8)), Data: []string{"", "x=1", "\xff", "S1 S2 S3", "S1 S900", "old"}[h.r.below(6)]}
		if h.r.below(8) == 0 {
			e.Term = h.term()
		}
		if e.Kind == raft.Config && h.yes() {
			e.Data = h.configuration().String()
		}
		out = append(out, e)
	}
	return out
}

func (h hostile) snapshot() *raft.Snapshot {
	if h.r.below(6) == 0 {
		return nil
	}
	s := &raft.Snapshot{Configuration: h.configuration(), Data: "\xfe"}
	s.Index, s.Term = h.place()
	return s
}

func (h hostile) message(from raft.ID) raft.Message {
	index, last := h.place()
	switch h.r.below(16) {
	case 0:
		return &raft.RequestVote{Term: h.term(), CandidateID: from, LastLogIndex: index, LastLogTerm: last, Transfer: h.yes()}
	case 1, 2:
		return &raft.RequestVoteReply{Term: h.term(), VoteGranted: h.yes()}
	case 3, 4, 5:
		return &raft.AppendEntries{Term: h.term(), LeaderID: from, PrevLogIndex: index, PrevLogTerm: last, Entries: h.entries(), LeaderCommit: h.index(), Round: h.index()}
	case 6, 7:
		return &raft.AppendEntriesReply{Term: h.term(), Success: h.yes(), MatchIndex: h.index(), PrevLogIndex: h.index(), ConflictTerm: h.term(), ConflictIndex: h.index(), Round: h.index()}
	case 8, 9:
		return &raft.InstallSnapshot{Term: h.term(), LeaderID: from, Snapshot: h.snapshot(), Round: h.index()}
	case 10:
		return &raft.InstallSnapshotReply{Term: h.term(), MatchIndex: h.index(), Round: h.index()}
	case 11:
		return &raft.PreVote{Term: h.term(), CandidateID: from, LastLogIndex: index, LastLogTerm: last}
	case 12:
		return &raft.PreVoteReply{Term: h.term(), VoteGranted: h.yes()}
	case 13:
		return &raft.ReadIndex{Term: h.term(), Number: h.index()}
	case 14:
		return &raft.ReadIndexReply{Term: h.term(), Number: h.index(), Index: h.index(), Success: h.yes()}
	}
	return h.odd(from)
}

// odd is what is no message at all, or another's.
func (h hostile) odd(from raft.ID) raft.Message {
	return []raft.Message{
		nil, stranger{}, (*raft.RequestVote)(nil), (*raft.RequestVoteReply)(nil), (*raft.AppendEntries)(nil), (*raft.AppendEntriesReply)(nil),
		(*raft.InstallSnapshot)(nil), (*raft.InstallSnapshotReply)(nil), (*raft.PreVote)(nil), (*raft.PreVoteReply)(nil), (*raft.TimeoutNow)(nil),
		(*raft.ReadIndex)(nil), (*raft.ReadIndexReply)(nil), &raft.TimeoutNow{Term: h.term(), LeaderID: from}, &raft.TimeoutNow{Term: h.term(), LeaderID: h.id()},
		&raft.AppendEntries{Term: h.term(), LeaderID: h.id()}, &raft.RequestVote{Term: h.term(), CandidateID: h.id()},
	}[h.r.below(17)]
}

// give is any input; message tells whether it is one that arrives.
func (h hostile) give(o *raft.Output) (message bool, err error) {
	n := h.n
	switch h.r.below(31) {
	case 30:
		err = n.Step(raft.ProposeKind(raft.Kind(h.r.below(8)), "x"), o)
	case 0, 1:
		err = n.Step(raft.ElectionTimeout(), o)
	case 2:
		err = n.Step(raft.HeartbeatTimeout(), o)
	case 3:
		err = n.Step(raft.Propose("\xff"), o)
	case 4:
		err = n.Step(raft.ProposeBatch(make([]string, h.r.below(9))), o)
	case 5:
		err = n.Step(raft.Read(h.index(), h.yes()), o)
	case 6:
		err = n.Step(raft.AddServer(h.id(), h.yes()), o)
	case 7:
		err = n.Step(raft.Promote(h.id()), o)
	case 8:
		err = n.Step(raft.RemoveServer(h.id()), o)
	case 9:
		err = n.Step(raft.Reconfigure(h.set()), o)
	case 10:
		err = n.Step(raft.TransferLeadership(h.id()), o)
	case 11:
		err = n.Step(raft.Compact(h.index(), "\xfe"), o)
	case 12:
		err = n.Step(raft.CheckQuorum(), o)
	case 13:
		err = n.Step(raft.SetCommitIndex(h.index()), o)
	case 14:
		for _, in := range []raft.Input{raft.MinimumElectionTimeout(), raft.TransferTimeout(), raft.LeaseGranted()} {
			if err = n.Step(in, o); err != nil {
				return false, err
			}
		}
	default:
		from, to := h.id(), n.ID
		if h.r.below(20) == 0 {
			to = h.id()
		}
		return true, n.Step(raft.Receive(raft.Envelope{From: from, To: to, Message: h.message(from)}), o)
	}
	return false, err
}

// everything is all that can be seen of a server, and its hash.
func everything(t testing.TB, n *raft.Node) string {
	t.Helper()
	b, err := json.Marshal(n.Stable())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(fingerprint(n), n.Hash(1, nil, true), n.Lease, n.Transferee, n.Round, string(b))
}

// door gives a server that has come to any state any inputs. It never panics,
// a refusal is typed, leaves the server as it was and asks for nothing, and
// from what is accepted a restart is possible.
func door(t testing.TB, data []byte) (refused, accepted int, reasons map[raft.Reason]bool) {
	t.Helper()
	r := newBytesChooser(data)
	opts := randomOptions(r)
	correct := r.below(4) > 0
	w := newWorldAndSpare(t, 3, 1, opts)
	for step := range r.below(150) {
		w.random(r, step, true)
	}
	s := w.s[w.ids[r.below(len(w.ids))]]
	if id := w.leading(); id != 0 && r.below(2) == 0 {
		s = w.s[id]
	}
	if !correct { // the lab's servers, which err on purpose, must not fall over either
		opts.Naive, opts.Mutants = true, raft.Mutants(1)<<r.below(29)
	}
	n, err := raft.New(s.ID, s.disk, &opts)
	if err != nil {
		t.Fatal(err)
	}
	if !w.down.Has(s.ID) {
		n = s.Node.Clone()
		if err := n.SetOptions(&opts); err != nil {
			t.Fatal(err)
		}
	}
	reasons = map[raft.Reason]bool{}
	var o raft.Output
	for range 40 {
		before := everything(t, n)
		o.Reset()
		o.Record = true
		message, err := hostile{r, n}.give(&o)
		if err == nil {
			accepted++
			if _, err := raft.New(n.ID, n.Stable(), &opts); err != nil && correct {
				t.Fatalf("no restart from what it stores: %v\nbefore %s\nafter %s", err, before, everything(t, n))
			}
			continue
		}
		refused++
		typedRefusal(t, err, reasons)
		if after := everything(t, n); after != before {
			t.Fatalf("%v, but it changed:\n%s\n%s", err, before, after)
		}
		if message {
			nothing(t, &o)
		}
		o.Decided = nil // a refused command of the driver may say by which rules
		nothing(t, &o)
	}
	return refused, accepted, reasons
}

func typedRefusal(t testing.TB, err error, reasons map[raft.Reason]bool) {
	t.Helper()
	var corrupt *raft.Corrupt
	var refusal *raft.Refused
	var notLeader *raft.NotLeader
	switch {
	case errors.As(err, &corrupt):
		reasons[corrupt.Reason] = true
		if corrupt.Reason == "" || corrupt.What == "" || !strings.Contains(err.Error(), string(corrupt.Reason)) {
			t.Fatalf("a refusal without a reason: %#v", corrupt)
		}
	case errors.As(err, &refusal) && refusal.Why != "", errors.As(err, &notLeader):
	default:
		t.Fatalf("a refusal of no type: %v", err)
	}
}

// nothing fails unless the Output asks for nothing.
func nothing(t testing.TB, o *raft.Output) {
	t.Helper()
	if len(o.Send)+len(o.Decided)+len(o.Reads) > 0 || o.Save.Any() || o.Restore != nil || o.Apply.Len() > 0 || o.QuorumRound != 0 ||
		o.RestartElectionTimer || o.RestartHeartbeatTimer || o.HeardLeader || o.HeardQuorum {
		t.Fatalf("a refused input asks for %+v", *o)
	}
}

// Nothing from outside is believed, in any state that servers come to.
func TestDoor(t *testing.T) {
	worlds := 1200
	if testing.Short() {
		worlds = 200
	}
	refused, accepted, seen := 0, 0, map[raft.Reason]int{}
	for seed := range worlds {
		r, a, reasons := door(t, binary.LittleEndian.AppendUint32(nil, uint32(seed)))
		refused, accepted = refused+r, accepted+a
		for reason := range reasons {
			seen[reason]++
		}
	}
	for _, reason := range []raft.Reason{raft.NoMessage, raft.WrongReceiver, raft.WrongSender, raft.OutOfRange, raft.TermsContradict,
		raft.BadConfiguration, raft.BadEntry, raft.BadSnapshot, raft.AgainstCommitted, raft.TwoLeaders, raft.NeverSent} {
		if seen[reason] == 0 {
			t.Errorf("nothing was refused because of %q", reason)
		}
	}
	t.Logf("%d inputs refused, %d accepted; worlds by reason: %v", refused, accepted, seen)
}

// FuzzDoor is TestDoor with inputs that a fuzzer makes: go test -fuzz Door ./raft
func FuzzDoor(f *testing.F) {
	for seed := range 20 {
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		data := make([]byte, 40*seed)
		for i := range data {
			data[i] = byte(rng.IntN(256))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { door(t, data) })
}

// Each thing that no correct server can send is refused for its own reason, by
// a follower, a candidate and a leader alike where it is no matter of the role.
func TestDoorReasons(t *testing.T) {
	three := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	snap := func(index, term uint64, c raft.Configuration) *raft.Snapshot {
		return &raft.Snapshot{Index: index, Term: term, Configuration: c}
	}
	entry := func(e raft.Entry) *raft.AppendEntries {
		return &raft.AppendEntries{Term: 9, LeaderID: 2, Entries: []raft.Entry{e}}
	}
	huge := ^uint64(0)
	for _, c := range []struct {
		want raft.Reason
		m    raft.Message
	}{
		{raft.NoMessage, nil}, {raft.NoMessage, (*raft.AppendEntries)(nil)}, {raft.NoMessage, (*raft.InstallSnapshot)(nil)}, {raft.NoMessage, stranger{}},
		{raft.WrongSender, &raft.AppendEntries{Term: 9, LeaderID: 3}}, {raft.WrongSender, &raft.RequestVote{Term: 9, CandidateID: 3}},
		{raft.WrongSender, &raft.PreVote{Term: 9, CandidateID: 3}}, {raft.WrongSender, &raft.TimeoutNow{Term: 9, LeaderID: 3}},
		{raft.WrongSender, &raft.InstallSnapshot{Term: 9, LeaderID: 3, Snapshot: snap(1, 1, three)}},
		{raft.OutOfRange, &raft.RequestVote{Term: huge, CandidateID: 2}}, {raft.OutOfRange, &raft.RequestVote{Term: raft.MaxTerm + 1, CandidateID: 2}},
		{raft.OutOfRange, &raft.RequestVote{CandidateID: 2}}, {raft.OutOfRange, &raft.RequestVoteReply{Term: huge}}, {raft.OutOfRange, &raft.RequestVoteReply{VoteGranted: true}},
		{raft.OutOfRange, &raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: huge, LastLogTerm: 1}},
		{raft.OutOfRange, &raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: 3}}, {raft.OutOfRange, &raft.PreVote{Term: 9, CandidateID: 2, LastLogTerm: 3}},
		{raft.OutOfRange, &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogIndex: huge, PrevLogTerm: 1}}, {raft.OutOfRange, &raft.AppendEntries{Term: 9, LeaderID: 2, LeaderCommit: huge}},
		{raft.OutOfRange, &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogTerm: 1}}, {raft.OutOfRange, &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogIndex: 1}},
		{raft.OutOfRange, &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogIndex: raft.MaxIndex, PrevLogTerm: 1, Entries: entries(0, 1)}},
		{raft.OutOfRange, entry(raft.Entry{})}, {raft.OutOfRange, &raft.AppendEntriesReply{Term: huge}}, {raft.OutOfRange, &raft.AppendEntriesReply{Term: 9, PrevLogIndex: huge}},
		{raft.OutOfRange, &raft.AppendEntriesReply{Term: 9, ConflictIndex: huge}}, {raft.OutOfRange, &raft.AppendEntriesReply{Term: 9, Success: true, MatchIndex: huge}},
		{raft.OutOfRange, &raft.InstallSnapshotReply{Term: 9, MatchIndex: huge}}, {raft.OutOfRange, &raft.ReadIndex{}}, {raft.OutOfRange, &raft.ReadIndexReply{Term: huge}},
		{raft.OutOfRange, &raft.ReadIndexReply{Term: 9, Success: true}}, {raft.OutOfRange, &raft.ReadIndexReply{Term: 9, Index: huge}},
		{raft.TermsContradict, &raft.AppendEntries{Term: 9, LeaderID: 2, Entries: entries(0, 2, 1)}}, {raft.TermsContradict, entry(raft.Entry{Term: 10})},
		{raft.TermsContradict, &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogIndex: 1, PrevLogTerm: 10}},
		{raft.TermsContradict, &raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: 1, LastLogTerm: 10}},
		{raft.TermsContradict, &raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: snap(1, 10, three)}},
		{raft.BadEntry, entry(raft.Entry{Term: 1, Kind: 200})}, {raft.BadEntry, entry(raft.Entry{Term: 1, Kind: raft.Config, Data: "S1 S900"})},
		{raft.BadConfiguration, entry(raft.Entry{Term: 1, Kind: raft.Config})}, {raft.BadConfiguration, entry(raft.Entry{Term: 1, Kind: raft.Config, Data: "S1 learners S1"})},
		{raft.BadConfiguration, &raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: snap(1, 1, raft.Configuration{})}},
		{raft.BadConfiguration, &raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: snap(1, 1, raft.Configuration{Voters: raft.SetOfWords(3, 0)})}},
		{raft.BadSnapshot, &raft.InstallSnapshot{Term: 9, LeaderID: 2}}, {raft.BadSnapshot, &raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: snap(0, 0, three)}},
	} {
		for _, make := range roles {
			s := make(t, 3, 2)
			wantReason(t, s, raft.Envelope{From: 2, To: s.ID, Message: c.m}, c.want)
		}
	}
}

func wantReason(t *testing.T, s *server, e raft.Envelope, want raft.Reason) {
	t.Helper()
	before := everything(t, s.Node)
	var o raft.Output
	err := s.Step(raft.Receive(e), &o)
	var corrupt *raft.Corrupt
	if !errors.As(err, &corrupt) || corrupt.Reason != want || corrupt.Node != s.ID {
		t.Errorf("%T %+v: %v; want %q", e.Message, e.Message, err, want)
	}
	if nothing(t, &o); everything(t, s.Node) != before {
		t.Errorf("%+v changed the server", e.Message)
	}
}

// The reasons that depend on the envelope, or on what the server holds.
func TestDoorReasonsByState(t *testing.T) {
	three := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	heartbeat := &raft.AppendEntries{Term: 9, LeaderID: 2}
	for _, e := range []raft.Envelope{{From: 2, To: 2, Message: heartbeat}, {From: 2, Message: heartbeat}, {From: 2, To: 129, Message: heartbeat}} {
		wantReason(t, follower(t, 3, 2), e, raft.WrongReceiver)
	}
	for _, from := range []raft.ID{0, 1, raft.MaxID + 1, 255} {
		wantReason(t, follower(t, 3, 2), raft.Envelope{From: from, To: 1, Message: &raft.RequestVoteReply{Term: 9}}, raft.WrongSender)
	}
	l := leaderOf(t, raft.Options{}, 1)
	term := l.CurrentTerm
	for m, want := range map[raft.Message]raft.Reason{
		&raft.AppendEntries{Term: term, LeaderID: 2}: raft.TwoLeaders,
		&raft.InstallSnapshot{Term: term, LeaderID: 2, Snapshot: &raft.Snapshot{Index: 9, Term: 1, Configuration: three}}: raft.TwoLeaders,
		&raft.AppendEntriesReply{Term: term, Success: true, MatchIndex: l.Log.LastIndex() + 1}:                            raft.NeverSent,
		&raft.InstallSnapshotReply{Term: term, MatchIndex: l.Log.LastIndex() + 1}:                                         raft.NeverSent,
		&raft.AppendEntriesReply{Term: term, Success: true, Round: l.Round + 1}:                                           raft.NeverSent,
		&raft.InstallSnapshotReply{Term: term, Round: l.Round + 1}:                                                        raft.NeverSent,
	} {
		wantReason(t, l, raft.Envelope{From: 2, To: l.ID, Message: m}, want)
	}
	f := start(t, 1, raft.Options{}, stable(3, 3, 0, 1, 1, 3))
	f.appended(2, 3, 3, 3, 3)
	f.compact(2)
	for _, s := range []raft.Snapshot{{Index: 3, Term: 2}, {Index: 4, Term: 2}, {Index: 2, Term: 3}, {Index: 1, Term: 2}} {
		s.Configuration = three
		wantReason(t, f, raft.Envelope{From: 2, To: 1, Message: &raft.InstallSnapshot{Term: 4, LeaderID: 2, Snapshot: &s}}, raft.AgainstCommitted)
	}
}

// New says what is wrong with an id, with options that contradict each other,
// and with stored state; names that are none are in no set.
func TestNewIsADoorToo(t *testing.T) {
	for _, id := range []raft.ID{0, raft.MaxID + 1, 255} {
		if n, err := raft.New(id, raft.Stable{}, &raft.Options{}); n != nil || err == nil {
			t.Errorf("server %d started", id)
		}
		if s := raft.SetOf(id); !s.Empty() || s.Has(id) || raft.SetOf(2).Has(id) || raft.SetOf(2, 127).Without(id) != raft.SetOf(2, 127) {
			t.Errorf("server %d is in %v", id, s)
		}
	}
	n, err := raft.New(1, stable(3, 0, 0), &raft.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]*raft.Options{
		"no options": nil, "below 0": {MaxEntries: -1}, "Window without Pipeline": {Window: 3}, "Lease without StickyFollower": {Lease: true},
	} {
		var refused *raft.Refused
		if _, err := raft.New(1, stable(3, 0, 0), o); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v; want %q", err, want)
		}
		if err := n.SetOptions(o); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("SetOptions: %v; want %q", err, want)
		}
	}
	bad := func(change func(*raft.Stable)) raft.Stable { s := stable(3, 3, 2, 1, 3); change(&s); return s }
	for what, s := range map[string]raft.Stable{
		"a vote for nobody":         bad(func(s *raft.Stable) { s.VotedFor = 200 }),
		"a vote in term 0":          {VotedFor: 2},
		"a term at the end":         bad(func(s *raft.Stable) { s.CurrentTerm = ^uint64(0) }),
		"an entry of no kind":       bad(func(s *raft.Stable) { s.Log.Append(raft.Entry{Term: 3, Kind: 99}) }),
		"an unread configuration":   bad(func(s *raft.Stable) { s.Log.Append(raft.Entry{Term: 3, Kind: raft.Config, Data: "S0"}) }),
		"no voter in configuration": bad(func(s *raft.Stable) { s.Initial = raft.Configuration{Learners: raft.SetOf(1)} }),
		"a voter that learns":       bad(func(s *raft.Stable) { s.Initial.Learners = raft.SetOf(1) }),
		"server 0":                  bad(func(s *raft.Stable) { s.Initial.Voters = s.Initial.Voters.Or(raft.SetOfWords(1, 0)) }),
		"a log at the end": bad(func(s *raft.Stable) {
			s.Log.CompactTo(^uint64(0)-1, 1)
			s.Snapshot = &raft.Snapshot{Index: ^uint64(0) - 1, Term: 1}
		}),
	} {
		var corrupt *raft.Corrupt
		if n, err := raft.New(1, s, &raft.Options{}); n != nil || !errors.As(err, &corrupt) || corrupt.Reason == "" {
			t.Errorf("%s: started, %v", what, err)
		}
	}
}

// The largest numbers that Figure 2's arguments may have are taken, and the next
// ones are refused: a bound that is off by one lets a +1 wrap around, or stops a
// cluster early.
func TestDoorAtItsBounds(t *testing.T) {
	const max, most = raft.MaxIndex, raft.MaxTerm
	three := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	entry := func(term uint64, kind raft.Kind) *raft.AppendEntries {
		return &raft.AppendEntries{Term: most, LeaderID: 2, Entries: []raft.Entry{{Term: term, Kind: kind}}}
	}
	after := func(prev, commit uint64) *raft.AppendEntries {
		return &raft.AppendEntries{Term: 9, LeaderID: 2, PrevLogIndex: prev, PrevLogTerm: 1, LeaderCommit: commit, Entries: entries(0, 1)}
	}
	for _, c := range []struct {
		name string
		last raft.Message // that is taken
		next raft.Message // that is refused
		want raft.Reason
	}{
		{"a term", &raft.RequestVote{Term: most, CandidateID: 2}, &raft.RequestVote{Term: most + 1, CandidateID: 2}, raft.OutOfRange},
		{"lastLogIndex", &raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: max, LastLogTerm: 1},
			&raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: max + 1, LastLogTerm: 1}, raft.OutOfRange},
		{"lastLogTerm", &raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: 1, LastLogTerm: 9},
			&raft.RequestVote{Term: 9, CandidateID: 2, LastLogIndex: 1, LastLogTerm: 10}, raft.TermsContradict},
		{"the last entry sent", after(max-1, 0), after(max, 0), raft.OutOfRange},
		{"leaderCommit", after(1, max), after(1, max+1), raft.OutOfRange},
		{"an entry's term", entry(most, raft.Command), entry(most+1, raft.Command), raft.OutOfRange},
		{"an entry's first term", entry(1, raft.Command), entry(0, raft.Command), raft.OutOfRange},
		{"an entry's kind", entry(1, raft.Numbered), entry(1, raft.Numbered+1), raft.BadEntry},
		{"a success's term", &raft.AppendEntriesReply{Term: 1, Success: true}, &raft.AppendEntriesReply{Success: true}, raft.OutOfRange},
		{"the refused entry", &raft.AppendEntriesReply{Term: 9, PrevLogIndex: max}, &raft.AppendEntriesReply{Term: 9, PrevLogIndex: max + 1}, raft.OutOfRange},
		{"the conflicting index", &raft.AppendEntriesReply{Term: 9, ConflictIndex: max + 1}, &raft.AppendEntriesReply{Term: 9, ConflictIndex: max + 2}, raft.OutOfRange},
		{"the conflicting term", &raft.AppendEntriesReply{Term: 9, ConflictTerm: most}, &raft.AppendEntriesReply{Term: 9, ConflictTerm: most + 1}, raft.OutOfRange},
		{"matchIndex", &raft.AppendEntriesReply{Term: 9, Success: true, MatchIndex: max}, &raft.AppendEntriesReply{Term: 9, Success: true, MatchIndex: max + 1}, raft.OutOfRange},
		{"lastIncludedIndex", &raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: &raft.Snapshot{Index: max, Term: 9, Configuration: three, Data: ""}},
			&raft.InstallSnapshot{Term: 9, LeaderID: 2, Snapshot: &raft.Snapshot{Index: max + 1, Term: 9, Configuration: three}}, raft.OutOfRange},
		{"a read index", &raft.ReadIndexReply{Term: 9, Success: true, Index: max}, &raft.ReadIndexReply{Term: 9, Success: true, Index: max + 1}, raft.OutOfRange},
		{"the lowest read index", &raft.ReadIndexReply{Term: 9, Success: true, Index: 1}, &raft.ReadIndexReply{Term: 9, Success: true}, raft.OutOfRange},
	} {
		for _, make := range roles {
			s := make(t, 3, 2)
			wantReason(t, s, raft.Envelope{From: 2, To: 1, Message: c.next}, c.want)
			if err := s.Step(raft.Receive(raft.Envelope{From: 2, To: 1, Message: c.last}), &raft.Output{}); err != nil {
				t.Errorf("%s: the last one is refused: %v", c.name, err)
			}
		}
	}
}

// What an old leader sends is refused by its term alone (§5.1), with an answer:
// what it holds is not looked at, whatever this server has committed since.
func TestOldLeaderIsAnswered(t *testing.T) {
	three := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	s := start(t, 1, raft.Options{}, stable(3, 3, 0, 1, 3, 3))
	s.appended(2, 3, 3, 3, 3)
	for _, term := range []uint64{1, 2} {
		r, _ := only[*raft.InstallSnapshotReply](t, s.receive(3, &raft.InstallSnapshot{
			Term: term, LeaderID: 3, Snapshot: &raft.Snapshot{Index: 2, Term: 1, Configuration: three}}))
		want(t, "the answer to a snapshot", *r, raft.InstallSnapshotReply{Term: 3})
		want(t, "the answer to an append", *s.appended(3, term, 0, 0, 0, 1, 1), raft.AppendEntriesReply{Term: 3})
	}
}

// A server that errs on purpose (Naive) takes what Figure 2 would take: terms that
// fall, and an entry in the place of a committed one.
func TestNaiveTakesWhatFigure2Would(t *testing.T) {
	for name, m := range map[string]*raft.AppendEntries{
		"terms that fall":               {Term: 2, LeaderID: 2, Entries: entries(0, 2, 1)},
		"an entry of a later term":      {Term: 2, LeaderID: 2, Entries: entries(0, 1, 3)},
		"another committed entry":       {Term: 2, LeaderID: 2, Entries: entries(0, 2)},
		"prevLogTerm above the message": {Term: 2, LeaderID: 2, PrevLogIndex: 1, PrevLogTerm: 3},
	} {
		for _, naive := range []bool{true, false} {
			s := start(t, 1, raft.Options{Naive: naive}, stable(3, 2, 0, 1))
			s.appended(2, 2, 1, 1, 1)
			err := s.Step(raft.Receive(raft.Envelope{From: 2, To: 1, Message: m}), &raft.Output{})
			want(t, name+": it is taken", err == nil, naive)
		}
	}
}

// No term and no index is begun that would be above the highest: elections end
// with MaxTerm, and commands so long before MaxIndex that the no-op and the second
// half of a joint change still have room.
func TestUsedUp(t *testing.T) {
	for term, may := range map[uint64]bool{raft.MaxTerm - 1: true, raft.MaxTerm: false} {
		s := start(t, 1, raft.Options{}, stable(3, term, 0))
		_, err := s.input(raft.ElectionTimeout())
		want(t, fmt.Sprintf("an election after term MaxTerm-%d", raft.MaxTerm-term), err == nil, may)
	}
	const room = 4
	for _, c := range []struct {
		left    uint64 // indexes after the last entry
		more    int    // commands at once
		elects  bool
		command bool
	}{
		{room + 2, 2, true, true}, {room + 1, 2, true, false}, {room + 1, 1, true, true}, {room, 1, true, false}, {room - 1, 1, false, false},
	} {
		last := raft.MaxIndex - c.left
		disk := stable(1, 1, 0)
		disk.Log.CompactTo(last, 1)
		disk.Snapshot = &raft.Snapshot{Index: last, Term: 1, Configuration: conf(1)}
		n, err := raft.New(1, disk, &raft.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want(t, fmt.Sprintf("an election with %d indexes left", c.left), n.Step(raft.ElectionTimeout(), &raft.Output{}) == nil, c.elects)
		if c.elects {
			err = n.Step(raft.ProposeBatch(make([]string, c.more)), &raft.Output{})
			want(t, fmt.Sprintf("%d commands with %d indexes left", c.more, c.left), err == nil, c.command)
		}
	}
}

// Each option has its bounds, and the text names what is wrong.
func TestOptionsAtTheirBounds(t *testing.T) {
	const most = math.MaxInt32
	for _, c := range []struct {
		o    raft.Options
		want string // part of the refusal; empty: it is taken
	}{
		{raft.Options{Window: -1, Pipeline: true}, "below 0"}, {raft.Options{MaxEntries: -1}, "below 0"}, {raft.Options{MaxBytes: -1}, "below 0"},
		{raft.Options{Window: 1}, "Window without Pipeline"}, {raft.Options{Window: 1, Pipeline: true}, ""}, {raft.Options{Pipeline: true}, ""},
		{raft.Options{Window: most, Pipeline: true, MaxEntries: most, MaxBytes: most}, ""},
		{raft.Options{Window: most + 1, Pipeline: true}, "2147483647 at most"}, {raft.Options{MaxEntries: most + 1}, "2147483647 at most"},
		{raft.Options{MaxBytes: most + 1}, "2147483647 at most"},
	} {
		_, err := raft.New(1, stable(3, 0, 0), &c.o)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want %q", c.o, err, c.want)
		}
	}
}

// A refusal's text is for people: a number that names no server is not printed as
// if it did, and the committed entry is named with the term that it has.
func TestRefusalsNameWhatIsWrong(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 3, 0, 1, 1, 3))
	s.appended(2, 3, 3, 3, 3)
	s.compact(2)
	three := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	for text, e := range map[string]raft.Envelope{
		"from server number 0":               {From: 0, To: 1, Message: &raft.RequestVoteReply{Term: 3}},
		"from server number 200":             {From: 200, To: 1, Message: &raft.RequestVoteReply{Term: 3}},
		"for S2 arrives at S1":               {From: 3, To: 2, Message: &raft.RequestVoteReply{Term: 3}},
		"committed entry 1 is of term 1":     {From: 2, To: 1, Message: &raft.InstallSnapshot{Term: 4, LeaderID: 2, Snapshot: &raft.Snapshot{Index: 1, Term: 2, Configuration: three}}},
		"cannot follow one of term 3 in an ": {From: 2, To: 1, Message: &raft.AppendEntries{Term: 4, LeaderID: 2, PrevLogIndex: 2, PrevLogTerm: 1, Entries: entries(2, 3, 2)}},
	} {
		if err := s.Step(raft.Receive(e), &raft.Output{}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v; want %q", err, text)
		}
	}
}
