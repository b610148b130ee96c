package raft_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftlab/raft"
)

// This file is a driver for the tests: servers with a disk that keeps just
// what Output.Save says, and a network that is a list of envelopes.

// failer is what the driver needs of a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// server is a node with a disk and a state machine that remembers what was
// applied to it.
type server struct {
	*raft.Node
	t       failer
	o       raft.Output
	disk    raft.Stable
	opts    *raft.Options
	applied []string               // what the state machine holds: one word for each entry
	seen    map[*raft.Rule][2]bool // rules consulted: [it did not hold, it held]
	reads   []raft.ReadReady       // what was said of reads
}

// stable is a stored state: a log of the given terms, in a cluster of n voters.
func stable(n int, term uint64, vote raft.ID, logTerms ...uint64) raft.Stable {
	s := raft.Stable{CurrentTerm: term, VotedFor: vote, Initial: raft.Configuration{Voters: raft.SetOf(ids(n)...)}}
	for _, e := range entries(0, logTerms...) {
		s.Log.Append(e)
	}
	return s
}

func ids(n int) []raft.ID {
	out := make([]raft.ID, n)
	for i := range out {
		out[i] = raft.ID(i + 1)
	}
	return out
}

// entries are commands of the given terms that stand after index prev; their
// data tells index and term, so that entries that agree are equal.
func entries(prev uint64, terms ...uint64) []raft.Entry {
	var out []raft.Entry
	for i, t := range terms {
		out = append(out, raft.Entry{Term: t, Data: fmt.Sprintf("%d@%d", prev+1+uint64(i), t)})
	}
	return out
}

func start(t failer, id raft.ID, opts raft.Options, disk raft.Stable) *server {
	t.Helper()
	s := &server{t: t, disk: disk, opts: &opts}
	s.restart(id)
	return s
}

// restart begins anew from the disk: volatile state is gone.
func (s *server) restart(id raft.ID) {
	s.t.Helper()
	n, err := raft.New(id, s.disk, s.opts)
	if err != nil {
		s.t.Fatalf("restart: %v", err)
	}
	s.Node, s.applied = n, nil
	if snap := s.disk.Snapshot; snap != nil {
		s.applied = snapshotWords(snap)
	}
}

// input hands the node one input, then does what its Output says. It returns
// what is to be sent.
func (s *server) input(in raft.Input) ([]raft.Envelope, error) {
	s.t.Helper()
	s.o.Reset()
	s.o.Record = true
	was := s.books()
	err := s.Step(in, &s.o)
	s.wantConfigurations()
	s.wantRequests(in)
	s.wantMatched(was)
	s.save()
	s.apply()
	s.reads = append(s.reads, s.o.Reads...)
	for _, d := range s.o.Decided {
		switch d.Rule {
		case raft.Majority, raft.CheckQuorumRule, raft.MajorityHolds, raft.ReadConfirmed, raft.RoundAnswered:
			if d.Halves[0].Of.Empty() {
				s.t.Fatalf("%s decides %s and does not say who was counted", s.ID, d.Rule.ID)
			}
		}
		if !d.Halves[0].Of.Empty() && s.opts.Mutants == 0 { // who was counted says what was decided
			both := d.Halves[0].Holds() && (d.Halves[1].Of.Empty() || d.Halves[1].Holds())
			if d.Holds != both || d.Halves[0].Of != s.Configuration.Voters && d.Rule == raft.Majority {
				s.t.Fatalf("%s decides %s: %t, but counts %+v", s.ID, d.Rule.ID, d.Holds, d.Halves)
			}
		}
		if s.seen != nil {
			was := s.seen[d.Rule]
			was[btoi(d.Holds)] = true
			s.seen[d.Rule] = was
		}
	}
	return slices.Clone(s.o.Send), err
}

// wantConfigurations wants the state to say what log, snapshot and commitIndex say
// of who the servers are.
func (s *server) wantConfigurations() {
	s.t.Helper()
	n := s.State()
	inForce, at, committed := s.disk.Initial, uint64(0), s.disk.Initial
	if n.Snapshot != nil {
		inForce, committed = n.Snapshot.Configuration, n.Snapshot.Configuration
	}
	for i := n.Log.FirstIndex(); i <= n.Log.LastIndex(); i++ {
		e := n.Log.Entry(i)
		if e.Kind != raft.Config {
			continue
		}
		if inForce, _ = raft.ParseConfiguration(e.Data); i <= n.CommitIndex {
			committed = inForce
		}
		at = i
	}
	if *n.Configuration != inForce || n.ConfigurationIndex != at || *n.Committed != committed {
		s.t.Fatalf("%s: the configuration is %s at %d, committed is %s; its log says %s at %d, %s",
			n.ID, n.Configuration, n.ConfigurationIndex, n.Committed, inForce, at, committed)
	}
}

// answersTo is the type of the requests that a message answers; "": it is none.
func answersTo(m raft.Message) string {
	kind, is := strings.CutSuffix(m.Type(), "Reply")
	if !is {
		return ""
	}
	return kind
}

// wantRequests wants every answer to know its request, which is the message that
// has just come, or a read's that has waited, and no other message to have one.
func (s *server) wantRequests(in raft.Input) {
	s.t.Helper()
	for _, e := range s.o.Send {
		kind := answersTo(e.Message)
		request := raft.RequestOf(e.Message)
		switch {
		case kind == "" && request == nil:
		case kind == "" || request == nil || request.Type() != kind:
			s.t.Fatalf("%s sends %s in answer to %v", s.ID, e.Message.Type(), request)
		case kind == "ReadIndex":
			if request.(*raft.ReadIndex).Number != e.Message.(*raft.ReadIndexReply).Number {
				s.t.Fatalf("%s answers read %+v with %+v", s.ID, request, e.Message)
			}
		case request != in.Envelope.Message || e.To != in.Envelope.From:
			s.t.Fatalf("%s sends %s in answer to %+v, which has not just come", s.ID, e.Message.Type(), request)
		}
	}
}

// books is what a leader believes the others to store.
type books struct {
	role    raft.Role
	term    uint64
	matches [8]uint64
}

func (s *server) books() (b books) {
	b.role, b.term = s.Role, s.CurrentTerm
	for id := range b.matches {
		if raft.ID(id) != s.ID {
			b.matches[id] = s.MatchIndex(raft.ID(id))
		}
	}
	return b
}

// wantMatched wants Output to name the server whose matchIndex has been raised,
// and none where none has. Who has stepped down has no books any more.
func (s *server) wantMatched(was books) {
	s.t.Helper()
	now := s.books()
	if now.role != raft.Leader {
		return
	}
	if was.role != raft.Leader || was.term != now.term {
		was.matches = [len(was.matches)]uint64{}
	}
	for id, match := range now.matches {
		if raised := match > was.matches[id]; raised != (s.o.Matched == raft.ID(id)) && id > 0 && s.Configuration.Members().Has(raft.ID(id)) {
			s.t.Fatalf("%s's matchIndex for S%d was %d and is %d; Matched is %s", s.ID, id, was.matches[id], match, s.o.Matched)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// save writes what Output.Save names and nothing else, and then wants the disk
// to hold all that the server's state needs (Figure 2: before it answers).
func (s *server) save() {
	s.t.Helper()
	save, want := s.o.Save, s.Stable()
	if save.State {
		s.disk.CurrentTerm, s.disk.VotedFor = want.CurrentTerm, want.VotedFor
	}
	if save.Snapshot {
		s.disk.Snapshot = want.Snapshot
		s.disk.Log.CompactTo(want.Snapshot.Index, want.Snapshot.Term)
	}
	if save.LogFrom > 0 {
		s.disk.Log.TruncateAfter(save.LogFrom - 1)
		for i := save.LogFrom; i <= want.Log.LastIndex(); i++ {
			s.disk.Log.Append(want.Log.Entry(i))
		}
	}
	if s.disk.CurrentTerm != want.CurrentTerm || s.disk.VotedFor != want.VotedFor || s.disk.Snapshot != want.Snapshot {
		s.t.Fatalf("%s is at term %d, vote %q, but its disk has %d, %q (%+v)", s.ID, want.CurrentTerm, want.VotedFor, s.disk.CurrentTerm, s.disk.VotedFor, save)
	}
	if a, b := logText(&s.disk.Log), logText(&want.Log); a != b {
		s.t.Fatalf("%s has the log %q, but its disk has %q (%+v)", s.ID, b, a, save)
	}
}

// apply does Restore and Apply, which must join what was applied before.
func (s *server) apply() {
	s.t.Helper()
	if r := s.o.Restore; r != nil {
		if r.Index < uint64(len(s.applied)) {
			s.t.Fatalf("%s: the snapshot goes back from %d to %d", s.ID, len(s.applied), r.Index)
		}
		s.applied = snapshotWords(r)
	}
	if a := s.o.Apply; a.Len() > 0 {
		if a.First != uint64(len(s.applied))+1 {
			s.t.Fatalf("%s applies %d to %d after %d", s.ID, a.First, a.Last, len(s.applied))
		}
		for i := a.First; i <= a.Last; i++ {
			s.applied = append(s.applied, word(s.Log.Entry(i)))
		}
	}
	if s.LastApplied != uint64(len(s.applied)) || s.CommitIndex < s.LastApplied {
		s.t.Fatalf("%s: commitIndex %d, lastApplied %d, applied %d", s.ID, s.CommitIndex, s.LastApplied, len(s.applied))
	}
}

func word(e raft.Entry) string { return fmt.Sprintf("%d:%s:%s", e.Term, e.Kind, e.Data) }

// A snapshot's data is the applied words, one a line.
func snapshotData(words []string) string {
	text := ""
	for _, w := range words {
		text += w + "\n"
	}
	return text
}

func snapshotWords(s *raft.Snapshot) []string {
	var words []string
	from := 0
	for i := range s.Data {
		if s.Data[i] == '\n' {
			words, from = append(words, s.Data[from:i]), i+1
		}
	}
	return words
}

// logText is a log in one line: its start when there is a snapshot, then its entries.
func logText(l *raft.Log) string {
	text := ""
	if base := l.FirstIndex() - 1; base > 0 {
		t, _ := l.Term(base)
		text = fmt.Sprintf("(%d/%d)", base, t)
	}
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		text += " " + word(l.Entry(i))
	}
	return text
}

// terms is a log's terms, as the figures show them.
func terms(l *raft.Log) []uint64 {
	out := []uint64{}
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		t, _ := l.Term(i)
		out = append(out, t)
	}
	return out
}

// The inputs, each failing the test on an error.

func (s *server) must(in raft.Input) []raft.Envelope {
	s.t.Helper()
	out, err := s.input(in)
	if err != nil {
		s.t.Fatalf("%s: %v", s.ID, err)
	}
	return out
}

func (s *server) receive(from raft.ID, m raft.Message) []raft.Envelope {
	s.t.Helper()
	return s.must(raft.Receive(raft.Envelope{From: from, To: s.ID, Message: m}))
}

// refused gives a message that must be an error of type E and change nothing.
func refused[E error](s *server, from raft.ID, m raft.Message) {
	s.t.Helper()
	before := fingerprint(s.Node)
	out, err := s.input(raft.Receive(raft.Envelope{From: from, To: s.ID, Message: m}))
	var want E
	if !errors.As(err, &want) {
		s.t.Fatalf("%s took %s %+v: error %v", s.ID, m.Type(), m, err)
	}
	if after := fingerprint(s.Node); after != before || len(out) > 0 || s.o.Save.Any() || s.o.Apply.Len() > 0 {
		s.t.Fatalf("%s changed with a refused message:\n%s\n%s\nsends %v", s.ID, before, after, out)
	}
}

func (s *server) timeout() []raft.Envelope { s.t.Helper(); return s.must(raft.ElectionTimeout()) }
func (s *server) beat() []raft.Envelope    { s.t.Helper(); return s.must(raft.HeartbeatTimeout()) }

func (s *server) propose(data ...string) []raft.Envelope {
	s.t.Helper()
	if len(data) == 1 {
		return s.must(raft.Propose(data[0]))
	}
	return s.must(raft.ProposeBatch(data))
}

// mayCompact asks a copy whether the server would replace the log up to index.
func (s *server) mayCompact(index uint64) bool {
	return s.Clone().Step(raft.Compact(index, ""), new(raft.Output)) == nil
}

func (s *server) compact(index uint64) {
	s.t.Helper()
	s.must(raft.Compact(index, snapshotData(s.applied[:index])))
}

// lead makes the server leader of its next term by the votes of the others.
func (s *server) lead() []raft.Envelope {
	s.t.Helper()
	out := s.timeout()
	for id := range s.Configuration.AllVoters().Without(s.ID).All() {
		if s.Role == raft.Leader {
			break
		}
		out = s.receive(id, &raft.RequestVoteReply{Term: s.CurrentTerm, VoteGranted: true})
	}
	if s.Role != raft.Leader {
		s.t.Fatalf("%s is %s with every vote", s.ID, s.Role)
	}
	return out
}

// ack is a follower's success up to match, in the server's term.
func (s *server) ack(from raft.ID, match uint64) []raft.Envelope {
	s.t.Helper()
	return s.receive(from, &raft.AppendEntriesReply{Term: s.CurrentTerm, Success: true, MatchIndex: match})
}

// fingerprint is everything that can be read of a node.
func fingerprint(n *raft.Node) string {
	text := fmt.Sprint(n.ID, n.CurrentTerm, n.VotedFor, n.Role, n.Leader, n.Votes, n.CommitIndex, n.LastApplied,
		n.HeardLeader, *n.Configuration, n.Snapshot, logText(&n.Log))
	for _, id := range ids(9) {
		text += fmt.Sprint(" ", n.NextIndex(id), "/", n.MatchIndex(id))
	}
	return text
}

// world is servers and the mail between them.
type world struct {
	t    failer
	s    map[raft.ID]*server
	ids  []raft.ID
	down raft.Set
	mail []raft.Envelope
	lost func(e raft.Envelope) bool // mail that never arrives, or nil
	n    map[string]int             // messages delivered, by type
}

// newWorld is n servers S1..Sn with empty disks.
func newWorld(t failer, n int, opts raft.Options) *world {
	t.Helper()
	w := &world{t: t, s: map[raft.ID]*server{}, ids: ids(n), n: map[string]int{}}
	for _, id := range w.ids {
		w.s[id] = start(t, id, opts, stable(n, 0, 0))
	}
	return w
}

// given replaces a server's disk and starts it from there.
func (w *world) given(id raft.ID, disk raft.Stable) {
	w.t.Helper()
	s := w.s[id]
	s.disk = disk
	s.restart(id)
}

// post puts messages in flight.
func (w *world) post(out []raft.Envelope) { w.mail = append(w.mail, out...) }

// cut loses all mail from and to the given servers.
func (w *world) cut(who ...raft.ID) {
	set := raft.SetOf(who...)
	w.lost = func(e raft.Envelope) bool { return set.Has(e.From) != set.Has(e.To) }
}

func (w *world) heal() { w.lost = nil }

// deliver takes message k out of the mail and gives it to whom it is for.
func (w *world) deliver(k int) {
	w.t.Helper()
	e := w.mail[k]
	w.mail = slices.Delete(w.mail, k, k+1)
	if w.down.Has(e.To) || w.lost != nil && w.lost(e) {
		return
	}
	w.n[e.Message.Type()]++
	w.post(w.s[e.To].receive(e.From, e.Message))
}

// settle delivers, first in first out, until nothing is in flight.
func (w *world) settle() {
	w.t.Helper()
	for step := 0; len(w.mail) > 0; step++ {
		if step > 10_000 {
			w.t.Fatalf("the mail never ends: %v", w.mail[0].Message)
		}
		w.deliver(0)
	}
}

func (w *world) timeout(id raft.ID) { w.t.Helper(); w.post(w.s[id].timeout()); w.settle() }
func (w *world) beat(id raft.ID)    { w.t.Helper(); w.post(w.s[id].beat()); w.settle() }

func (w *world) propose(id raft.ID, data ...string) {
	w.t.Helper()
	w.post(w.s[id].propose(data...))
	w.settle()
}

func (w *world) crash(id raft.ID)   { w.down = w.down.With(id) }
func (w *world) restart(id raft.ID) { w.t.Helper(); w.down = w.down.Without(id); w.s[id].restart(id) }

// Assertions.

// want compares; of an answer it compares what it says.
func want[T comparable](t failer, what string, got, wanted T) {
	t.Helper()
	switch m := any(&got).(type) {
	case *raft.RequestVoteReply:
		raft.Pair(m, (*raft.RequestVote)(nil))
	case *raft.AppendEntriesReply:
		raft.Pair(m, (*raft.AppendEntries)(nil))
	case *raft.InstallSnapshotReply:
		raft.Pair(m, (*raft.InstallSnapshot)(nil))
	case *raft.PreVoteReply:
		raft.Pair(m, (*raft.PreVote)(nil))
	case *raft.ReadIndexReply:
		raft.Pair(m, (*raft.ReadIndex)(nil))
	}
	if got != wanted {
		t.Fatalf("%s is %v, want %v", what, got, wanted)
	}
}

func wantTerms(t failer, s *server, wanted ...uint64) {
	t.Helper()
	if got := terms(&s.Log); !slices.Equal(got, wanted) {
		t.Fatalf("%s's log is %v, want %v", s.ID, got, wanted)
	}
}

// only is the single message of type M among out, and whom it is for.
func only[M raft.Message](t failer, out []raft.Envelope) (M, raft.ID) {
	t.Helper()
	var m M
	if len(out) != 1 {
		t.Fatalf("%d messages sent, want one %T: %v", len(out), m, out)
	}
	m, ok := out[0].Message.(M)
	if !ok {
		t.Fatalf("sent %s, want %T", out[0].Message.Type(), m)
	}
	return m, out[0].To
}

// each wants one message of type M to every server of to, and no other, and
// checks each.
func each[M raft.Message](t failer, out []raft.Envelope, to []raft.ID, check func(m M)) {
	t.Helper()
	var got raft.Set
	for _, e := range out {
		m, ok := e.Message.(M)
		if !ok {
			t.Fatalf("sent %s, want %T", e.Message.Type(), m)
		}
		if got.Has(e.To) {
			t.Fatalf("%s is sent two", e.To)
		}
		got = got.With(e.To)
		check(m)
	}
	want(t, "the receivers", got, raft.SetOf(to...))
}

// granted gives a vote request and tells the answer.
func (s *server) granted(from raft.ID, term, lastIndex, lastTerm uint64) bool {
	s.t.Helper()
	r, to := only[*raft.RequestVoteReply](s.t, s.receive(from, &raft.RequestVote{Term: term, CandidateID: from, LastLogIndex: lastIndex, LastLogTerm: lastTerm}))
	want(s.t, "the answer's receiver", to, from)
	want(s.t, "the answer's term", r.Term, s.CurrentTerm)
	return r.VoteGranted
}

// appended gives an append and returns the answer.
func (s *server) appended(from raft.ID, term, prev, prevTerm, commit uint64, terms ...uint64) *raft.AppendEntriesReply {
	s.t.Helper()
	r, to := only[*raft.AppendEntriesReply](s.t, s.receive(from, &raft.AppendEntries{
		Term: term, LeaderID: from, PrevLogIndex: prev, PrevLogTerm: prevTerm, Entries: entries(prev, terms...), LeaderCommit: commit}))
	want(s.t, "the answer's receiver", to, from)
	want(s.t, "the answer's term", r.Term, s.CurrentTerm)
	return r
}

// noops runs a test with the leader's own entry on and off; own is 1 or 0, the
// number of entries that an election adds.
func noops(t *testing.T, f func(t *testing.T, opts raft.Options, own uint64)) {
	t.Run("noop on", func(t *testing.T) { f(t, raft.Options{NoOp: true}, 1) })
	t.Run("noop off", func(t *testing.T) { f(t, raft.Options{}, 0) })
}
