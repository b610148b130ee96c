package why

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// What follows answers for what did not happen: the core's rules are asked on a
// copy of the cluster, and the numbers are theirs.

// notRole is why a server has not some role.
func (q *Inquiry) notRole(id raft.ID, role string) (*Answer, error) {
	is := RoleOf(q.W, id)
	switch {
	case is == role:
		return nil, lang.Errorf("%s is %s", id, roleText(role)).WithHint("ask why %s %s", id, role)
	case role == "down":
		return nil, lang.Errorf("%s is up: no command has killed it", id).
			WithHint("kill %s does; why %s %s says how it came to be %s", id, id, is, roleText(is))
	case role == "candidate" && is == "pre-candidate":
		return q.missingVotes(id, "is not a candidate, but a pre-candidate that asks first"), nil
	case is == "down" || role == "follower" || is == "leader" && role != "leader" ||
		role == "pre-candidate" && is != "follower":
		a, err := q.role(id, is)
		if err == nil {
			a.Answer = fmt.Sprintf("%s is not %s but %s: %s", id, roleText(role), roleText(is), a.Answer)
		}
		return a, err
	case role == "leader":
		return q.notLeader(id), nil
	}
	return q.noElection(id, role), nil
}

// noElection is why a follower is no candidate, and asks for no votes beforehand.
func (q *Inquiry) noElection(id raft.ID, role string) *Answer {
	prevote := q.W.Settings().PreVote
	a := &Answer{Answer: fmt.Sprintf("%s is not %s: its election timer has not fired.", id, roleText(role))}
	switch {
	case !q.W.State(id).MayCampaign():
		return q.noVote(id, "is not "+roleText(role))
	case role == "pre-candidate" && !prevote:
		a.Answer = fmt.Sprintf("%s is not a pre-candidate: prevote is off, so no server asks before it begins an "+
			"election.", id)
		a.by(raft.PreVoteFirst)
		a.compare("prevote", "off")
		a.cause(q.setting("prevote", q.Record.End()+1)...)
		a.cause(Because{Text: "set prevote on makes servers ask first"})
		return a
	}
	a = q.waitsForTimer(a, id)
	if role == "candidate" && prevote {
		a.cause(Because{Text: fmt.Sprintf("with prevote on it will be a pre-candidate first (%s, %s)",
			raft.PreVoteFirst.ID, raft.PreVoteFirst.Place)})
	}
	return a
}

// noVote is for a server that holds no elections.
func (q *Inquiry) noVote(id raft.ID, what string) *Answer {
	n := q.W.State(id)
	a := &Answer{Answer: fmt.Sprintf("%s %s: it has no vote in its configuration (%s).", id, what, *n.Configuration)}
	if *n.Configuration == (raft.Configuration{}) {
		a.Answer = fmt.Sprintf("%s %s: it has no vote, because it holds no configuration yet.", id, what)
	}
	a.by(raft.ConfigurationInForce)
	a.compare("index of the configuration", n.ConfigurationIndex)
	a.cause(q.membership(id)...)
	return a
}

// membership is what put a server's configuration in force.
func (q *Inquiry) membership(id raft.ID) []Because {
	e := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id && (cluster.Is[cluster.MembersChanged](e) || cluster.Is[cluster.ServerAdded](e) ||
			cluster.Is[cluster.Given](e) || cluster.Is[cluster.SnapshotLoaded](e))
	})
	if e == nil {
		return []Because{{Text: "the cluster began with this configuration"}}
	}
	return q.because(e)
}

// notLeader is why a server that is up does not lead.
func (q *Inquiry) notLeader(id raft.ID) *Answer {
	n := q.W.State(id)
	var a *Answer
	switch {
	case n.Role == raft.Candidate || n.Role == raft.PreCandidate:
		a = q.missingVotes(id, "does not lead")
		a.cause(q.toldToElect(id)...)
	case !n.MayCampaign():
		a = q.noVote(id, "does not lead")
	case q.takingOver(id) != 0:
		a = q.transferWaits(q.takingOver(id), id)
	default:
		what := "no election of its own is under way"
		switch l := n.Leader; {
		case l == 0:
		case q.W.Has(l) && lab.LeadsNow(q.W, l) && q.W.State(l).CurrentTerm == n.CurrentTerm:
			what = fmt.Sprintf("it follows %s, leader of term %d", l, n.CurrentTerm)
		default:
			what = fmt.Sprintf("it still takes %s for the leader of term %d, but %s is %s", l, n.CurrentTerm, l,
				roleText(RoleOf(q.W, l)))
		}
		a = &Answer{Answer: fmt.Sprintf("%s does not lead: %s.", id, what)}
		a.cause(q.because(q.deposed(id))...)
		q.waitsForTimer(a, id)
		a.cause(Because{Text: fmt.Sprintf("if it fired now: %s %s", id, ElectionConsequence(q.W, id))})
	}
	return a
}

// longAgo is how many events behind nobody wonders any more.
const longAgo = 1 << 16

// deposed is when a server last led no more, unless that was long ago.
func (q *Inquiry) deposed(id raft.ID) *cluster.Event {
	end := q.Record.End()
	e := q.last(end+1, func(e *cluster.Event) bool {
		return e.Node == id && cluster.As[cluster.RoleChanged](e).From == raft.Leader || e.Position+longAgo < end
	})
	if e != nil && e.Position+longAgo < end {
		return nil
	}
	return e
}

// waitsForTimer is why a follower does nothing.
func (q *Inquiry) waitsForTimer(a *Answer, id raft.ID) *Answer {
	a.by(cluster.TimerRunsOut)
	if left, of := q.W.Timer(id); !q.Lab.Replay { // whose clocks stand still
		a.compare("ticks left", left)
		a.compare("of", of)
	}
	if q.W.Frozen(id) {
		a.cause(q.because(q.frozenSince(id, q.Record.End()+1))...)
	}
	a.cause(q.timerBegan(q.W, id)...)
	return a
}

// missingVotes is what a candidate, or a server that asks beforehand, waits for.
// what says what it is not yet.
func (q *Inquiry) missingVotes(id raft.ID, what string) *Answer {
	n := q.W.State(id)
	term, votes, when := n.CurrentTerm, "votes", "in term"
	a := &Answer{}
	a.by(raft.Majority)
	if n.Role == raft.PreCandidate {
		term, votes, when = term+1, "promises of votes", "to begin term"
		a.by(raft.PreVoteFirst)
		a.compare("the term it would begin", term)
	}
	began := q.campaigned(id)
	count := countOf(n)
	q.numbers(a, count)
	a.Answer = fmt.Sprintf("%s %s: %s.", id, what, votesText(count.Halves, votes, fmt.Sprintf("%s %d", when, term)))
	for voter := range n.Configuration.AllVoters().Minus(n.Votes).All() {
		a.Nodes = append(a.Nodes, q.missingVote(id, voter, term))
	}
	a.cause(q.because(began)...)
	return a
}

// countOf is the count of a candidate's votes as it stands.
func countOf(n *raft.State) *raft.Decision {
	c := *n.Configuration
	halves := c.Halves(n.Votes)
	h := halves[0]
	return &raft.Decision{Rule: raft.Majority, Node: n.ID, Holds: c.Majority(n.Votes), Halves: halves,
		Args: [4]uint64{uint64(h.Have.Len()), uint64(h.Of.Len()), uint64(h.Needed())}}
}

// takingOver is the leader that is handing its leadership to a server, or 0.
func (q *Inquiry) takingOver(id raft.ID) raft.ID {
	for _, leader := range q.W.Leaders() {
		if q.W.State(leader).Transferee == id {
			return leader
		}
	}
	return 0
}

// transferWaits is what a transfer of leadership waits for (thesis 3.10).
func (q *Inquiry) transferWaits(leader, id raft.ID) *Answer {
	n := q.W.State(leader)
	match, last := n.MatchIndex(id), n.Log.LastIndex()
	a := &Answer{Answer: fmt.Sprintf("%s does not lead yet: %s is handing leadership to it", id, leader)}
	a.by(raft.TransferElection)
	end := q.Record.End() + 1
	told := q.last(end, func(e *cluster.Event) bool { return q.aboutTakeover(e, leader, id) })
	switch {
	case q.telling(leader, id) != nil:
		f := q.telling(leader, id)
		a.Answer += fmt.Sprintf(", and told it so: %s %s.", words.MessageID(f.ID), q.awaits(f))
	case told != nil && (cluster.Is[cluster.Lost](told) || cluster.Is[cluster.Dropped](told)):
		a.Answer += fmt.Sprintf(", but it was not told: %s.", q.Past(told))
	case match < last:
		a.by(raft.TransferUpToDate)
		a.compare(id.String()+"'s matchIndex", match)
		a.compare(leader.String()+"'s last index", last)
		a.Verdict = relation(match, last)
		a.Answer += fmt.Sprintf(", but waits until it holds the whole log: it is known to hold it up to entry %d of "+
			"%d.", match, last)
		a.Nodes = []NodeReason{q.lacks(leader, id, last)}
	default:
		a.Answer += "."
	}
	a.cause(q.because(q.last(end, func(e *cluster.Event) bool {
		return cluster.Is[cluster.TransferBegun](e) && e.Node == leader
	}))...)
	a.cause(q.obstacle(leader, id)...)
	a.cause(Because{Text: fmt.Sprintf("%s gives it up an election timeout after it began (%s)", leader,
		cluster.TransferIsGivenUp.ID)})
	return a
}

// telling is the TimeoutNow that is on its way to a server.
func (q *Inquiry) telling(leader, id raft.ID) *cluster.Flight {
	for _, f := range q.W.Flights() {
		if f.From == leader && f.To == id && f.Message.Type() == "TimeoutNow" {
			return &f
		}
	}
	return nil
}

// aboutTakeover tells whether an event is about the message by which a leader
// tells a server to take over, in the transfer that is under way.
func (q *Inquiry) aboutTakeover(e *cluster.Event, leader, id raft.ID) bool {
	if cluster.Is[cluster.TransferBegun](e) && e.Node == leader {
		return true
	}
	m, _ := e.Mail()
	_, tells := m.Message.(*raft.TimeoutNow)
	return tells && m.From == leader && m.To == id && (arrivesNoMore(e) || cluster.Is[cluster.Sent](e))
}

// toldToElect is, for a candidate whom a leader told to begin, that it was told.
func (q *Inquiry) toldToElect(id raft.ID) []Because {
	began := q.became(id, "candidate")
	if began == nil || causeOf(began) == nil || causeOf(began).Rule != raft.TransferElection {
		return nil
	}
	return q.source(began)
}

// missingVote is what became of a voter's vote: its request, and the answer.
func (q *Inquiry) missingVote(id, voter raft.ID, term uint64) NodeReason {
	r := NodeReason{Node: voter.String()}
	for _, f := range q.W.Flights() {
		asks := f.From == id && f.To == voter && IsVoteRequest(f.Message) && f.Message.MessageTerm() == term
		answers := f.From == voter && f.To == id && IsVoteReply(f.Message)
		if asks || answers {
			what := map[bool]string{true: "the request", false: "its answer"}[asks]
			r.brief, r.which = "in flight", words.MessageID(f.ID).String()
			r.Text = fmt.Sprintf("%s, %s, %s", what, words.MessageID(f.ID), q.awaits(&f))
			return r
		}
	}
	e := q.last(q.Record.End()+1, func(e *cluster.Event) bool { return q.aboutVote(e, id, voter, term) })
	if e == nil {
		r.Text, r.brief = "was not asked", "not asked"
		return r
	}
	r.Position, r.Text = e.Position, q.Past(e)
	r.brief, r.which = string(e.Kind()), fmt.Sprintf("%s at #%d", tell.NameOf(e), e.Position)
	if d := causeOf(e); d != nil && cluster.Is[cluster.Sent](e) {
		r.Text = fmt.Sprintf("refused at #%d: %s (%s)", e.Position, outcome(d), d.Rule.ID)
		r.brief, r.which = "refused by "+d.Rule.ID, fmt.Sprintf("#%d", e.Position)
	}
	return r
}

// aboutVote tells whether an event decided the fate of one vote.
func (q *Inquiry) aboutVote(e *cluster.Event, id, voter raft.ID, term uint64) bool {
	if cluster.Is[cluster.RoleChanged](e) && e.Node == id {
		return false
	}
	m, _ := e.Mail()
	asks := m.From == id && m.To == voter && IsVoteRequest(m.Message) && m.Message.MessageTerm() == term
	answers := m.From == voter && m.To == id && IsVoteReply(m.Message)
	switch e.What.(type) {
	case cluster.Lost, cluster.Dropped:
		return asks || answers
	case cluster.Sent:
		return answers && IsRefusal(m.Message) && q.askedTerm(e) == term
	}
	return false
}

func IsVoteRequest(m raft.Message) bool {
	switch m.(type) {
	case *raft.RequestVote, *raft.PreVote:
		return true
	}
	return false
}

func IsVoteReply(m raft.Message) bool {
	switch m.(type) {
	case *raft.RequestVoteReply, *raft.PreVoteReply:
		return true
	}
	return false
}

// notVoted is why a server has not voted for another.
func (q *Inquiry) notVoted(id, other raft.ID) (*Answer, error) {
	w := q.W
	mine, theirs := w.Stored(id), w.Stored(other)
	term := uint64(0) // of other's election, if its last one is not over by another term
	switch n := w.State(other); {
	case theirs.VotedFor == other:
		term = theirs.CurrentTerm
	case w.Up(other) && n.Role == raft.PreCandidate:
		term = n.CurrentTerm + 1
	}
	if mine.VotedFor == other {
		return nil, lang.Errorf("%s has voted for %s", id, other).WithHint("ask why %s voted %s", id, other)
	}
	latest := max(mine.CurrentTerm, theirs.CurrentTerm, term)
	if e := q.voteIn(id, other, latest); e != nil {
		return nil, lang.Errorf("%s voted for %s in term %d, at #%d, though its disk no longer says so", id, other,
			latest, e.Position).
			WithHint("ask why %s voted %s", id, other)
	}
	if id == other {
		return q.notRole(id, "candidate")
	}
	if term == 0 || term < mine.CurrentTerm && q.voteIn(id, other, term) != nil {
		return q.wouldVote(id, other)
	}
	refusal := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		x, ok := e.What.(cluster.Sent)
		return ok && x.From == id && x.To == other && IsVoteReply(x.Message) && q.askedTerm(e) == term
	})
	if refusal != nil && IsRefusal(refusal.Body()) {
		return q.Explain(refusal), nil
	}
	return q.unasked(id, other, term), nil
}

// voteIn is the event by which a server voted for another in a term, or nil.
func (q *Inquiry) voteIn(id, other raft.ID, term uint64) *cluster.Event {
	return q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id && e.What == cluster.What(cluster.Voted{For: other, Term: term})
	})
}

// unasked is why a server has not voted in an election that it has refused
// nothing: the request or the answer is in flight or lost, or was never sent.
func (q *Inquiry) unasked(id, other raft.ID, term uint64) *Answer {
	v := q.missingVote(other, id, term)
	a := &Answer{Answer: fmt.Sprintf("%s has not voted for %s in term %d.", id, other, term), Nodes: []NodeReason{v}}
	n, role := q.W.State(other), RoleOf(q.W, other)
	switch {
	case n != nil && !n.Configuration.AllVoters().Has(id):
		a.Answer = fmt.Sprintf("%s has not voted for %s in term %d: it has no vote in %s's configuration (%s).", id,
			other, term, other, *n.Configuration)
		a.by(raft.ConfigurationInForce)
		a.cause(q.membership(other)...)
	case v.brief == "in flight":
		a.by(cluster.MailTakesTime)
	case v.brief == string(cluster.Dropped{}.Kind()):
		a.by(cluster.YourDeed)
	case v.Position != 0:
		a.by(cluster.MailIsLost)
	default:
		a.by(raft.ElectionTimeoutRule)
	}
	if role == raft.PreCandidate.String() {
		a.Answer = fmt.Sprintf("%s has not voted for %s in term %d: %s only asks beforehand who would.", id, other,
			term, other)
		a.by(raft.PreVoteFirst)
	}
	if role == raft.PreCandidate.String() || role == raft.Candidate.String() {
		a.cause(q.because(q.campaigned(other))...)
	}
	return a
}

// campaigned is how a candidate's election began, or its asking beforehand: one
// that stays a candidate begins further terms (Figure 2, Candidates 4).
func (q *Inquiry) campaigned(id raft.ID) *cluster.Event {
	n := q.W.State(id)
	e := q.became(id, n.Role.String())
	if e != nil && n.Role == raft.Candidate && cluster.As[cluster.RoleChanged](e).Term != n.CurrentTerm {
		return q.voteIn(id, id, n.CurrentTerm)
	}
	return e
}

// wouldVote tries an election of other's on a copy, and lets its request reach id.
func (q *Inquiry) wouldVote(id, other raft.ID) (*Answer, error) {
	term := max(q.W.Stored(id).CurrentTerm, q.W.Stored(other).CurrentTerm)
	a := &Answer{Answer: fmt.Sprintf("%s has not asked %s for a vote in term %d.", other, id, term)}
	a.by(raft.ElectionTimeoutRule)
	t := q.W.Clone()
	l := &cluster.Listener{Decide: true}
	t.Listen(l)
	if err := t.Apply(cluster.Timeout{Node: other}); err != nil {
		a.cause(Because{Text: prose.Visible(err.Error())})
		return a, nil
	}
	for _, f := range t.Flights() {
		if f.From != other || f.To != id || !IsVoteRequest(f.Message) || q.W.Flight(f.ID) != nil {
			continue // one of an earlier election says what its log was then
		}
		if why := t.Fate(&f); why != "" {
			a.cause(Because{Text: "if it asked now, the request would be lost: " + why})
			return a, nil
		}
		if t.Apply(cluster.Deliver{ID: f.ID}) != nil {
			a.cause(Because{Text: fmt.Sprintf("if it asked now, the request would wait: %s is frozen", id)})
			return a, nil
		}
		for i := range l.Events {
			x := cluster.As[cluster.Sent](&l.Events[i])
			if d := causeOf(&l.Events[i]); d != nil && x.From == id && IsVoteReply(x.Message) {
				a.by(d.Rule)
				q.numbers(a, d)
				a.cause(Because{Text: "if it asked now: " + outcome(d)})
				return a, nil
			}
		}
	}
	return a, nil
}

// tried is the last such decision of a server on a copy, or nil.
func tried(events []cluster.Event, rule *raft.Rule, holds bool, id raft.ID) *raft.Decision {
	var found *raft.Decision
	for i := range events {
		for k := range events[i].Decisions {
			d := &events[i].Decisions[k]
			if d.Rule == rule && d.Holds == holds && (id == 0 || d.Node == id) {
				found = d
			}
		}
	}
	return found
}

// noLeader looks at every server.
func (q *Inquiry) noLeader() (*Answer, error) {
	if id := q.W.Leader(); id != 0 {
		return nil, lang.Errorf("%s leads term %d", id, q.W.State(id).CurrentTerm).WithHint("ask why %s leader", id)
	}
	a := &Answer{Answer: "No server leads."}
	a.by(raft.Majority)
	for _, id := range q.W.IDs() {
		a.Nodes = append(a.Nodes, q.whyNoLead(id))
	}
	a.cause(q.lastLeader()...)
	return a, nil
}

// whyNoLead is why one server does not lead, on a line.
func (q *Inquiry) whyNoLead(id raft.ID) NodeReason {
	r := NodeReason{Node: id.String()}
	n := q.W.State(id)
	switch {
	case n == nil:
		if e := q.downSince(id, q.Record.End()+1); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is down since #%d: %s", e.Position, q.deed(e).Text)
		} else {
			r.Text = "is down"
		}
	case q.W.Frozen(id):
		r.Text = "is frozen"
		if e := q.frozenSince(id, q.Record.End()+1); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is frozen since #%d", e.Position)
		}
	case n.Role == raft.Candidate || n.Role == raft.PreCandidate:
		r.Text = fmt.Sprintf("%s of term %d with the votes of %s; lacks %s", n.Role, n.CurrentTerm,
			tell.VotersText(n.Votes, *n.Configuration), inBrief(q.missingVotes(id, "").Nodes))
	case !n.MayCampaign():
		r.Text = "has no vote in its configuration"
	default:
		r.Text = fmt.Sprintf("follower; if its timer fired now, it %s", ElectionConsequence(q.W, id))
		if left, of := q.W.Timer(id); !q.Lab.Replay {
			r.Text = fmt.Sprintf("follower, %d of %d ticks left; if it fired now, it %s", left, of,
				ElectionConsequence(q.W, id))
		}
	}
	return r
}

// inBrief is why votes are missing, those with the same reason together.
func inBrief(nodes []NodeReason) string {
	var reasons []string
	who, which := map[string][]string{}, map[string][]string{}
	for _, n := range nodes {
		if who[n.brief] == nil {
			reasons = append(reasons, n.brief)
		}
		who[n.brief] = append(who[n.brief], n.Node)
		if n.which != "" {
			which[n.brief] = append(which[n.brief], n.which)
		}
	}
	for i, brief := range reasons {
		reasons[i] = strings.Join(who[brief], " ") + " (" + brief +
			strings.TrimRight(": "+strings.Join(which[brief], " "), ": ") + ")"
	}
	return strings.Join(reasons, ", ")
}
