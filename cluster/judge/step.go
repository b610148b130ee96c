package judge

import (
	"fmt"
	"slices"

	"raftlab/raft"
)

// choice is what the paper leaves a server to choose.
type choice struct {
	options *raft.Options
	forgets bool // it has forgotten that it heard a leader
}

// step is one step of a server, with the step of the reference from the same state.
type step struct {
	can    Can
	choice choice // the reference's
	in     raft.Input
	node   *raft.Node // as the server reported itself before
	before *raft.State
	kept   Kept
	after  *raft.State // as it reports itself now
	report *Report

	ref        *raft.State // the reference after the same input
	out        raft.Output
	settled    bool            // Figure 2 settles what comes of the input
	decided    []raft.Decision // what the reference decided, see decision
	misreplied bool            // its reply is wrong: what follows from that is not told again
	owed       uint64          // the commitIndex that it is late with
	missed     uint64          // the commitIndex that was told to be missing
	unsaved    unsaved
	found      []Departure
}

// isFigure2s tells whether the input is one that another program can be given.
func (s *step) isFigure2s() bool {
	switch s.in.Kind {
	case raft.OnMessage:
		if _, is := s.in.Envelope.Message.(*raft.TimeoutNow); is { // a server may ignore it, as if it were lost
			return s.after.CurrentTerm > s.before.CurrentTerm
		}
		return true
	case raft.OnElectionTimeout, raft.OnHeartbeatTimeout, raft.OnMinimumElectionTimeout, raft.OnProposal,
		raft.OnSnapshot, raft.OnTransfer:
		return true
	}
	return false
}

// reference is raftlab's own core in the state that the server reported, completed with what
// the server does not report.
func (s *step) reference() *raft.Node {
	state := *s.before
	s.kept.complete(&state)
	state.HeardLeader = state.HeardLeader && !s.choice.forgets
	return s.node.Reported(state, s.choice.options)
}

// decision is the reference's latest decision about a rule in this step, or nil. Decisions are
// recorded only when one is asked for first, because that costs time.
func (s *step) decision(rule *raft.Rule) *raft.Decision {
	if s.decided == nil {
		out := &raft.Output{Record: true}
		_ = s.reference().Step(s.in, out)
		s.decided = slices.Clip(out.Decided)
	}
	for i := len(s.decided) - 1; i >= 0; i-- {
		if s.decided[i].Rule == rule {
			return &s.decided[i]
		}
	}
	return nil
}

// refused is the first of these rules by which the reference refused. If there is none, it is
// the last of them.
func (s *step) refused(rules ...*raft.Rule) *raft.Rule {
	for _, r := range rules {
		if d := s.decision(r); d != nil && d.TurnsDown() {
			return r
		}
	}
	return rules[len(rules)-1]
}

// depart notes a departure. Without compared values of its own it is told with those that the
// rule compared in this step.
func (s *step) depart(kind Kind, rule *raft.Rule, paper, yours any, did string, compared ...Compared) {
	if len(compared) == 0 {
		if d := s.decision(rule); d != nil {
			compared = comparedBy(d)
		}
	}
	for i := range s.found {
		if f := &s.found[i]; f.Kind == kind && f.Rule == rule && f.Did == did {
			return // as for each of several receivers
		}
	}
	s.found = append(s.found, Departure{Server: s.after.ID, Kind: kind, Rule: rule, Compared: compared,
		Did: did, Paper: fmt.Sprint(paper), Yours: fmt.Sprint(yours)})
}

// comparedBy is the numbers of a decision, in words.
func comparedBy(d *raft.Decision) []Compared {
	var all []Compared
	for i, n := range d.Rule.Args {
		if n.Name != "" {
			all = append(all, Compared{n.Phrase(), n.Text(d.Args[i])})
		}
	}
	return all
}

// is makes a Compared of a value.
func is(what string, value any) Compared {
	if id, isID := value.(raft.ID); isID && id == 0 {
		value = "none"
	}
	return Compared{what, fmt.Sprint(value)}
}

// sameTerm tells whether the server's term is now the reference's. If it is not, other
// differences follow from that, and are not told.
func (s *step) sameTerm() bool { return s.after.CurrentTerm == s.ref.CurrentTerm }

// stays tells whether the server was in its present term before.
func (s *step) stays() bool { return s.after.CurrentTerm == s.before.CurrentTerm }

// elects tells whether the reference began an election in this step: its own timer
// fired, or the leader told it to.
func (s *step) elects() bool {
	return s.ref.CurrentTerm > s.before.CurrentTerm && s.ref.VotedFor == s.ref.ID
}

// request is the message that arrived, or nil.
func (s *step) request() raft.Message {
	if s.in.Kind != raft.OnMessage {
		return nil
	}
	return s.in.Envelope.Message
}

// appendEntries is the AppendEntries that arrived, or nil.
func (s *step) appendEntries() *raft.AppendEntries {
	m, _ := s.request().(*raft.AppendEntries)
	return m
}
