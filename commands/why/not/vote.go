package not

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// missingVotes is what a candidate, or a server that asks beforehand, waits for.
// what says what it is not yet.
func missingVotes(q *inquiry.Inquiry, id raft.ID, what string) *inquiry.Answer {
	n := q.W.State(id)
	term, votes, when := campaignTerm(n), "votes", "in term"
	a, count := q.Say(raft.Majority, ""), inquiry.CountOf(n)
	if n.Role == raft.PreCandidate {
		votes, when = "promises of votes", "to begin term"
		a.By(raft.PreVoteFirst)
		a.Compare("the term it would begin", term)
	}
	a.Numbers(count)
	a.Say("%s %s: %s.", id, what, tell.VotesText(count.Halves, votes, fmt.Sprintf("%s %d", when, term)))
	a.Nodes = each.As(votesMissing(q, n, term), func(v missing) inquiry.NodeReason { return v.NodeReason })
	a.Since(campaigned(q, id))
	return a
}

// campaignTerm is the term for which a candidate asks, or a server that asks beforehand.
func campaignTerm(n *raft.State) uint64 {
	if n.Role == raft.PreCandidate {
		return n.CurrentTerm + 1
	}
	return n.CurrentTerm
}

// missing is a vote that a candidate lacks.
type missing struct {
	inquiry.NodeReason
	flight       *cluster.Flight // the request, or the answer, where one is in flight
	event        *event.Event    // else what decided its fate, or nil
	brief, which string          // the same in a word or two, and by which message or event
}

// votesMissing is what became of the votes that a candidate lacks in a term.
func votesMissing(q *inquiry.Inquiry, n *raft.State, term uint64) []missing {
	var all []missing
	for voter := range n.Configuration.AllVoters().Minus(n.Votes).All() {
		all = append(all, missingVote(q, n.ID, voter, term))
	}
	return all
}

// missingVote is what became of a voter's vote: its request, and the answer.
func missingVote(q *inquiry.Inquiry, id, voter raft.ID, term uint64) missing {
	r := missing{NodeReason: inquiry.NodeReason{Node: voter.String()}}
	requests, replies := between(q, id, voter, term)
	if f := flying(q, func(f *cluster.Flight) bool { return requests(f.Envelope) || replies(f.Envelope) }); f != nil {
		what := prose.Either(requests(f.Envelope), "the request", "its answer")
		r.flight, r.brief, r.which = f, "in flight", f.Name()
		r.Text = fmt.Sprintf("%s, %s, %s", what, f.Name(), q.Awaits(f))
		return r
	}
	e := q.Latest(func(e *event.Event) bool { return aboutVote(e, requests, replies) })
	if e == nil {
		r.Text, r.brief = "was not asked", "not asked"
		return r
	}
	r.event, r.Position, r.Text = e, e.Position, q.Past(e)
	r.brief, r.which = string(e.Kind()), fmt.Sprintf("%s at #%d", tell.NameOf(e), e.Position)
	if d := inquiry.CauseOf(e); d != nil && event.Is[event.Sent](e) {
		r.Text = fmt.Sprintf("refused at #%d: %s (%s)", e.Position, d.Outcome(), d.Rule.ID)
		r.brief, r.which = "refused by "+d.Rule.ID, fmt.Sprintf("#%d", e.Position)
	}
	return r
}

// between is which messages ask a voter for its vote in a term, or beforehand where the server only
// asks beforehand, and which answer that.
func between(q *inquiry.Inquiry, id, voter raft.ID, term uint64) (requests, replies func(raft.Envelope) bool) {
	asks, answers := "RequestVote", "RequestVoteReply"
	if tell.RoleOf(q.W, id) == raft.PreCandidate.String() {
		asks, answers = "PreVote", "PreVoteReply"
	}
	return func(m raft.Envelope) bool {
			return m.From == id && m.To == voter && m.Message.Type() == asks && m.Message.MessageTerm() == term
		}, func(m raft.Envelope) bool {
			return m.From == voter && m.To == id && m.Message.Type() == answers &&
				tell.AskedTerm(m.Message, nil) == term
		}
}

// aboutVote tells whether an event decided the fate of one vote.
func aboutVote(e *event.Event, requests, replies func(raft.Envelope) bool) bool {
	m, _ := e.Mail()
	switch e.What.(type) {
	case event.Lost, event.Dropped:
		return requests(m.Envelope) || replies(m.Envelope)
	case event.Sent:
		return replies(m.Envelope) && tell.SaysNo(m.Message)
	}
	return false
}

// Voted is why a server has not voted for another.
func Voted(q *inquiry.Inquiry, id, other raft.ID) (*inquiry.Answer, error) {
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
	if e := voteIn(q, id, other, latest); e != nil {
		return nil, lang.Errorf("%s voted for %s in term %d, at #%d, though its disk no longer says so", id, other,
			latest, e.Position).WithHint("ask why %s voted %s", id, other)
	}
	if id == other {
		return Role(q, id, "candidate")
	}
	if term == 0 || term < mine.CurrentTerm && voteIn(q, id, other, term) != nil {
		return wouldVote(q, id, other)
	}
	refusal := q.Latest(func(e *event.Event) bool {
		x, ok := e.What.(event.Sent)
		return ok && x.From == id && x.To == other && tell.IsVoteReply(x.Message) && q.AskedTerm(e) == term
	})
	if refusal != nil && tell.SaysNo(refusal.Body()) {
		return cause.Of(q, refusal), nil
	}
	return unasked(q, id, other, term), nil
}

// voteIn is the event by which a server voted for another in a term, or nil.
func voteIn(q *inquiry.Inquiry, id, other raft.ID, term uint64) *event.Event {
	return q.LastAt(id, inquiry.Now, func(e *event.Event) bool {
		return e.What == event.What(event.Voted{For: other, Term: term})
	})
}

// unasked is why a server has not voted in an election that it has refused
// nothing: the request or the answer is in flight or lost, or was never sent.
func unasked(q *inquiry.Inquiry, id, other raft.ID, term uint64) *inquiry.Answer {
	v := missingVote(q, other, id, term)
	a := q.Say(raft.ElectionTimeoutRule, "%s has not voted for %s in term %d.", id, other, term)
	a.Nodes = []inquiry.NodeReason{v.NodeReason}
	n, role := q.W.State(other), tell.RoleOf(q.W, other)
	switch {
	case n != nil && !n.Configuration.AllVoters().Has(id):
		a.Add(": it has no vote in %s's configuration (%s)", other, *n.Configuration)
		a.By(raft.ConfigurationInForce)
		a.Cause(membership(q, other)...)
	case v.flight != nil:
		a.By(rules.MailTakesTime)
	case v.event != nil && event.Is[event.Dropped](v.event):
		a.By(rules.YourDeed)
	case v.event != nil:
		a.By(rules.MailIsLost)
	}
	if role == raft.PreCandidate.String() {
		a.Say("%s has not voted for %s in term %d: %s only asks beforehand who would.", id, other, term, other)
		a.By(raft.PreVoteFirst)
	}
	if role == raft.PreCandidate.String() || role == raft.Candidate.String() {
		a.Since(campaigned(q, other))
	}
	return a
}

// campaigned is how a candidate's election began, or its asking beforehand: one
// that stays a candidate begins further terms (Figure 2, Candidates 4).
func campaigned(q *inquiry.Inquiry, id raft.ID) *event.Event {
	n := q.W.State(id)
	e := q.Became(id, n.Role.String())
	if e != nil && n.Role == raft.Candidate && event.As[event.RoleChanged](e).Term != n.CurrentTerm {
		return voteIn(q, id, id, n.CurrentTerm)
	}
	return e
}

// wouldVote tries an election of other's on a copy, and lets its request reach id.
func wouldVote(q *inquiry.Inquiry, id, other raft.ID) (*inquiry.Answer, error) {
	term := max(q.W.Stored(id).CurrentTerm, q.W.Stored(other).CurrentTerm)
	a := q.Say(raft.ElectionTimeoutRule, "%s has not asked %s for a vote in term %d.", other, id, term)
	t := q.W.Clone()
	l := &cluster.Listener{Decide: true}
	t.Listen(l)
	if err := t.Apply(cluster.Timeout{Node: other}); err != nil {
		a.Fact("%s", prose.Visible(err.Error()))
		return a, nil
	}
	for _, f := range t.Flights() {
		if f.From != other || f.To != id || !tell.IsVoteRequest(f.Message) || q.W.Flight(f.ID) != nil {
			continue // one of an earlier election says what its log was then
		}
		if why := t.Fate(&f); why != "" {
			a.Fact("if it asked now, the request would be lost: %s", why)
			return a, nil
		}
		if t.Apply(cluster.Deliver{ID: f.ID}) != nil {
			a.Fact("if it asked now, the request would wait: %s is frozen", id)
			return a, nil
		}
		for i := range l.Events {
			x := event.As[event.Sent](&l.Events[i])
			if d := inquiry.CauseOf(&l.Events[i]); d != nil && x.From == id && tell.IsVoteReply(x.Message) {
				a.By(d.Rule)
				a.Numbers(d)
				a.Fact("if it asked now: %s", d.Outcome())
				return a, nil
			}
		}
	}
	return a, nil
}

// inBrief is why votes are missing, those with the same reason together.
func inBrief(nodes []missing) string {
	var reasons []string
	who, which := map[string][]string{}, map[string]string{}
	for _, n := range nodes {
		if who[n.brief] == nil {
			reasons = append(reasons, n.brief)
		}
		who[n.brief] = append(who[n.brief], n.Node)
		if n.which != "" {
			which[n.brief] += prose.Either(which[n.brief] == "", ": ", " ") + n.which
		}
	}
	for i, brief := range reasons {
		reasons[i] = fmt.Sprintf("%s (%s%s)", strings.Join(who[brief], " "), brief, which[brief])
	}
	return strings.Join(reasons, ", ")
}
