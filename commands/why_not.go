package commands

import (
	"errors"
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/raft"
)

// What follows answers for what did not happen: the core's rules are asked on a
// copy of the cluster, and the numbers are theirs.

// notRole is why a server has not some role.
func (q *inquiry) notRole(id raft.ID, role string) (*Answer, error) {
	is := roleOf(q.w, id)
	switch {
	case is == role:
		return nil, Errorf("%s is %s", id, roleText(role)).WithHint("ask why %s %s", id, role)
	case role == "down":
		return nil, Errorf("%s is up, since nobody has killed it", id).WithHint("kill %s does; why %s %s says how it came to be %s", id, id, is, roleText(is))
	case is == "down" || role == "follower" || role == "candidate" && is == "leader" || role == "pre-candidate" && is != "follower":
		a, err := q.role(id, is)
		if err == nil {
			a.Answer = fmt.Sprintf("%s is not %s but %s: %s", id, roleText(role), roleText(is), a.Answer)
		}
		return a, err
	case role == "leader":
		return q.notLeader(id), nil
	}
	a := &Answer{Answer: fmt.Sprintf("%s is not %s: its election timer has not run out.", id, roleText(role))}
	return q.waitsForTimer(a, id), nil
}

// notLeader is why a server that is up does not lead.
func (q *inquiry) notLeader(id raft.ID) *Answer {
	n := q.w.Node(id)
	var a *Answer
	switch {
	case n.Role() == raft.Candidate || n.Role() == raft.PreCandidate:
		return q.missingVotes(id)
	case !n.MayCampaign():
		a = &Answer{Answer: fmt.Sprintf("%s does not lead: it has no vote in its configuration (%s).", id, n.Configuration())}
		a.by(raft.ConfigurationInForce)
		a.compare("index of the configuration", n.ConfigurationIndex())
	default:
		what := "no election of its own is under way"
		if n.Leader() != 0 {
			what = fmt.Sprintf("it follows %s, leader of term %d", n.Leader(), n.CurrentTerm())
		}
		a = &Answer{Answer: fmt.Sprintf("%s does not lead: %s.", id, what)}
		a.cause(q.because(q.deposed(id))...)
		q.waitsForTimer(a, id)
		a.cause(Because{Text: fmt.Sprintf("were it to run out now: %s %s", id, electionConsequence(q.w, id))})
	}
	return a
}

// longAgo is how many events behind nobody wonders any more.
const longAgo = 1 << 16

// deposed is when a server last led no more, unless that was long ago.
func (q *inquiry) deposed(id raft.ID) *cluster.Event {
	end := q.record.End()
	e := q.last(end+1, func(e *cluster.Event) bool {
		return e.Kind == cluster.RoleChanged && e.Node == id.String() && e.From == "leader" || e.Position+longAgo < end
	})
	if e != nil && e.Position+longAgo < end {
		return nil
	}
	return e
}

// waitsForTimer is why a follower does nothing.
func (q *inquiry) waitsForTimer(a *Answer, id raft.ID) *Answer {
	a.by(cluster.TimerRunsOut)
	if left, of := q.w.Timer(id); !q.lab.replay { // whose clocks stand still
		a.compare("ticks left", left)
		a.compare("of", of)
	}
	if q.w.Frozen(id) {
		a.cause(q.because(q.frozenSince(id, q.record.End()+1))...)
	}
	a.cause(q.timerBegan(q.w, id)...)
	return a
}

// missingVotes is what a candidate waits for.
func (q *inquiry) missingVotes(id raft.ID) *Answer {
	n := q.w.Node(id)
	term := n.CurrentTerm()
	if n.Role() == raft.PreCandidate {
		term++
	}
	a := &Answer{}
	a.by(raft.Majority)
	began := q.became(id, n.Role().String())
	if d := q.votesDecision(id, began); d != nil {
		q.numbers(a, d)
		a.Answer = fmt.Sprintf("%s does not lead: it has %d of the %d votes that it needs in term %d (%s).", id, d.Args[0], d.Args[2], term, n.Votes())
	}
	for voter := range n.Configuration().AllVoters().Minus(n.Votes()).All() {
		a.Nodes = append(a.Nodes, q.missingVote(id, voter, term))
	}
	a.cause(q.because(began)...)
	return a
}

// votesDecision is the core's last count of a candidate's votes.
func (q *inquiry) votesDecision(id raft.ID, began *cluster.Event) *raft.Decision {
	e := q.last(q.record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id.String() && len(e.Decisions) > 0 && q.decision(e, not(raft.Majority)) != nil || began != nil && e.Position < began.Began
	})
	if e == nil {
		return nil
	}
	return q.decision(e, not(raft.Majority))
}

// missingVote is what became of a voter's vote: its request, and the answer.
func (q *inquiry) missingVote(id, voter raft.ID, term uint64) NodeReason {
	r := NodeReason{Node: voter.String()}
	for _, f := range q.w.Flights() {
		asks := f.From == id && f.To == voter && isVoteRequest(f.Message) && f.Message.MessageTerm() == term
		answers := f.From == voter && f.To == id && isVoteReply(f.Message)
		if asks || answers {
			what := map[bool]string{true: "the request", false: "its answer"}[asks]
			r.brief, r.which = "in flight", MessageID(f.ID).String()
			r.Text = fmt.Sprintf("%s, %s, %s", what, MessageID(f.ID), q.awaits(&f))
			return r
		}
	}
	e := q.last(q.record.End()+1, func(e *cluster.Event) bool { return q.aboutVote(e, id.String(), voter.String(), term) })
	if e == nil {
		r.Text, r.brief = "was not asked", "not asked"
		return r
	}
	r.Position, r.Text = e.Position, q.past(e)
	r.brief, r.which = string(e.Kind), fmt.Sprintf("%s at #%d", e.Message, e.Position)
	if d := q.decision(e, sendRulings(e)...); d != nil && e.Kind == cluster.Sent {
		r.Text = fmt.Sprintf("refused at #%d: %s (%s)", e.Position, outcome(d), d.Rule.ID)
		r.brief, r.which = "refused by "+d.Rule.ID, fmt.Sprintf("#%d", e.Position)
	}
	return r
}

// aboutVote tells whether an event decided the fate of one vote.
func (q *inquiry) aboutVote(e *cluster.Event, id, voter string, term uint64) bool {
	if e.Kind == cluster.RoleChanged && e.Node == id {
		return false
	}
	from, to := route(e)
	asks := from == id && to == voter && isVoteRequest(e.Body) && e.Term == term
	answers := from == voter && to == id && isVoteReply(e.Body)
	switch e.Kind {
	case cluster.Lost, cluster.Dropped:
		return asks || answers
	case cluster.Sent:
		return answers && isRefusal(e.Body) && q.askedTerm(e) == term
	}
	return false
}

func isVoteRequest(m raft.Message) bool {
	switch m.(type) {
	case *raft.RequestVote, *raft.PreVote:
		return true
	}
	return false
}

func isVoteReply(m raft.Message) bool {
	switch m.(type) {
	case *raft.RequestVoteReply, *raft.PreVoteReply:
		return true
	}
	return false
}

// notVoted is why a server has not voted for another.
func (q *inquiry) notVoted(id, other raft.ID) (*Answer, error) {
	w := q.w
	switch {
	case id == other:
		return q.notRole(id, "candidate")
	case w.Stored(id).VotedFor == other:
		return nil, Errorf("%s has voted for %s", id, other).WithHint("ask why %s voted %s", id, other)
	case !w.Up(id):
		return q.role(id, "down")
	}
	refusal := q.last(q.record.End()+1, func(e *cluster.Event) bool {
		return e.Kind == cluster.Sent && e.Node == id.String() && e.Peer == other.String() && isVoteReply(e.Body)
	})
	if refusal != nil && isRefusal(refusal.Body) {
		return q.explain(refusal), nil
	}
	if w.Up(other) && (w.Node(other).Role() == raft.Candidate || w.Node(other).Role() == raft.PreCandidate) {
		term := w.Node(other).CurrentTerm()
		if w.Node(other).Role() == raft.PreCandidate {
			term++
		}
		v := q.missingVote(other, id, term)
		a := &Answer{Answer: fmt.Sprintf("%s has not voted for %s in term %d.", id, other, term), Nodes: []NodeReason{v}}
		a.by(raft.VoteOnce)
		a.cause(q.because(q.became(other, w.Node(other).Role().String()))...)
		return a, nil
	}
	return q.wouldVote(id, other)
}

// wouldVote tries an election of other's on a copy, and lets its request reach id.
func (q *inquiry) wouldVote(id, other raft.ID) (*Answer, error) {
	a := &Answer{Answer: fmt.Sprintf("%s has not asked %s for a vote in this term.", other, id)}
	a.by(raft.ElectionTimeoutRule)
	t := q.w.Clone()
	l := &cluster.Listener{Decide: true}
	t.Listen(l)
	if err := t.Apply(cluster.Timeout{Node: other}); err != nil {
		a.cause(Because{Text: Visible(err.Error())})
		return a, nil
	}
	for _, f := range t.Flights() {
		if f.From != other || f.To != id || !isVoteRequest(f.Message) {
			continue
		}
		if why := t.Fate(&f); why != "" {
			a.cause(Because{Text: "were it to ask now, the request would be lost: " + why})
			return a, nil
		}
		if t.Apply(cluster.Deliver{ID: f.ID}) != nil {
			a.cause(Because{Text: fmt.Sprintf("were it to ask now, the request would wait: %s is frozen", id)})
			return a, nil
		}
		for _, r := range []ruling{held(raft.Stickiness), held(raft.StaleTerm), not(raft.VoteOnce), not(raft.CandidateUpToDate), held(raft.CandidateUpToDate)} {
			if d := tried(l.Events, r, id); d != nil {
				a.by(d.Rule)
				q.numbers(a, d)
				a.cause(Because{Text: "were it to ask now: " + outcome(d)})
				return a, nil
			}
		}
	}
	return a, nil
}

// tried is the last such decision of a server on a copy, or nil.
func tried(events []cluster.Event, r ruling, id raft.ID) *raft.Decision {
	var found *raft.Decision
	for i := range events {
		for k := range events[i].Decisions {
			d := &events[i].Decisions[k]
			if d.Rule == r.rule && d.Holds == r.holds && (id == 0 || d.Node == id) {
				found = d
			}
		}
	}
	return found
}

// noLeader looks at every server.
func (q *inquiry) noLeader() (*Answer, error) {
	if id := q.w.Leader(); id != 0 {
		return nil, Errorf("%s leads term %d", id, q.w.Node(id).CurrentTerm()).WithHint("ask why %s leader", id)
	}
	a := &Answer{Answer: "Nobody leads."}
	a.by(raft.Majority)
	for _, id := range q.w.IDs() {
		a.Nodes = append(a.Nodes, q.whyNoLead(id))
	}
	if e := q.last(q.record.End()+1, func(e *cluster.Event) bool {
		return e.Kind == cluster.RoleChanged && e.From == "leader" || e.Kind == cluster.Crashed && e.From == "leader"
	}); e != nil {
		a.cause(q.becauseThat("the last leader went: ", e)...)
	} else {
		a.cause(Because{Text: "nobody has led yet, up to here"})
	}
	return a, nil
}

// whyNoLead is why one server does not lead, on a line.
func (q *inquiry) whyNoLead(id raft.ID) NodeReason {
	r := NodeReason{Node: id.String()}
	n := q.w.Node(id)
	switch {
	case n == nil:
		if e := q.downSince(id, q.record.End()+1); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is down since #%d: %s", e.Position, q.deed(e).Text)
		} else {
			r.Text = "is down"
		}
	case q.w.Frozen(id):
		r.Text = "is frozen"
		if e := q.frozenSince(id, q.record.End()+1); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is frozen since #%d", e.Position)
		}
	case n.Role() == raft.Candidate || n.Role() == raft.PreCandidate:
		r.Text = fmt.Sprintf("%s of term %d with the votes of %s; lacks %s", n.Role(), n.CurrentTerm(), n.Votes(), inBrief(q.missingVotes(id).Nodes))
	case !n.MayCampaign():
		r.Text = "has no vote in its configuration"
	default:
		r.Text = fmt.Sprintf("follower; if its timer ran out now, it %s", electionConsequence(q.w, id))
		if left, of := q.w.Timer(id); !q.lab.replay {
			r.Text = fmt.Sprintf("follower, %d of %d ticks left; if it ran out now, it %s", left, of, electionConsequence(q.w, id))
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
		reasons[i] = strings.Join(who[brief], " ") + " (" + brief + strings.TrimRight(": "+strings.Join(which[brief], " "), ": ") + ")"
	}
	return strings.Join(reasons, ", ")
}

// refusedCommand tries a command on a copy, and says what refuses it.
func (q *inquiry) refusedCommand(c *Call) (*Answer, error) {
	inner := whyCommand.Of(c)
	q.lab.events.Decide = true
	q.w.Listen(q.lab.events)
	_, err := c.Trial(inner, nil)
	decided := q.lab.events.Refused
	q.lab.events.Decide, q.lab.events.Refused = false, nil
	q.lab.world().Listen(q.lab.events)
	switch {
	case err == nil:
		return nil, Errorf("nothing refuses it: %s would be done", show(inner.Text)).WithHint("whatif %s shows what it would do", Visible(inner.Text))
	case errors.Is(err, errLasting) || errors.Is(err, ErrInterrupted):
		return nil, err
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	a := &Answer{Answer: fmt.Sprintf("%s is refused: %s.", Visible(inner.Text), first)}
	a.by(cluster.YourDeed)
	for i := len(decided) - 1; i >= 0; i-- {
		if d := &decided[i]; turnsDown(d) {
			a.by(d.Rule)
			q.numbers(a, d)
			at := &cluster.Event{Position: q.record.End() + 1, Began: q.record.End() + 1}
			if f := rulings[d.Rule].causes; f != nil {
				a.cause(f(q, d, at)...)
			}
			break
		}
	}
	return a, nil
}

// turnsDown tells whether a decision turned something down.
func turnsDown(d *raft.Decision) bool {
	if d.Rule == raft.StaleTerm || d.Rule == raft.Stickiness {
		return d.Holds
	}
	return !d.Holds
}
