package not

import (
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/ballot"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// What follows answers for what did not happen: the core's rules are asked on a
// copy of the cluster, and the numbers are theirs.

// Role is why a server has not some role.
func Role(q *inquiry.Inquiry, id raft.ID, role string) (*inquiry.Answer, error) {
	is := tell.RoleOf(q.W, id)
	switch {
	case is == role:
		return nil, lang.Errorf("%s is %s", id, tell.ARole(role)).WithHint("ask why %s %s", id, role)
	case role == "down":
		return nil, lang.Errorf("%s is up: no command has killed it", id).
			WithHint("kill %s does; why %s %s says how it came to be %s", id, id, is, tell.ARole(is))
	case role == "candidate" && is == "pre-candidate":
		return missingVotes(q, id, "is not a candidate, but a pre-candidate that asks first"), nil
	case is == "down" || role == "follower" || is == "leader" && role != "leader" ||
		role == "pre-candidate" && is != "follower":
		a, err := cause.Role(q, id, is)
		if err == nil {
			a.Say("%s is not %s but %s: %s", id, tell.ARole(role), tell.ARole(is), a.Answer)
		}
		return a, err
	case role == "leader":
		return notLeader(q, id), nil
	}
	return noElection(q, id, role), nil
}

// noElection is why a follower is no candidate, and asks for no votes beforehand.
func noElection(q *inquiry.Inquiry, id raft.ID, role string) *inquiry.Answer {
	prevote := q.W.Settings().PreVote
	switch {
	case !q.W.State(id).MayCampaign():
		return noVote(q, id, "is not "+tell.ARole(role))
	case role == "pre-candidate" && !prevote:
		a := q.Say(raft.PreVoteFirst, "%s is not a pre-candidate: prevote is off, so no server asks before it begins "+
			"an election.", id)
		a.Compare("prevote", "off")
		a.Since(q.Setting("prevote", inquiry.Now))
		a.Fact("set prevote on makes servers ask first")
		return a
	}
	a := q.Say(nil, "%s is not %s: its election timer has not fired.", id, tell.ARole(role))
	waitsForTimer(q, a, id)
	if role == "candidate" && prevote {
		a.Fact("with prevote on it will be a pre-candidate first (%s, %s)", raft.PreVoteFirst.ID,
			raft.PreVoteFirst.Place)
	}
	return a
}

// noVote is for a server that holds no elections.
func noVote(q *inquiry.Inquiry, id raft.ID, what string) *inquiry.Answer {
	n := q.W.State(id)
	a := q.Say(raft.ConfigurationInForce, "%s %s: it has no vote in its configuration (%s).", id, what,
		*n.Configuration)
	if *n.Configuration == (raft.Configuration{}) {
		a.Say("%s %s: it has no vote, because it holds no configuration yet.", id, what)
	}
	a.Compare("index of the configuration", n.ConfigurationIndex)
	a.Cause(membership(q, id)...)
	return a
}

// membership is what put a server's configuration in force.
func membership(q *inquiry.Inquiry, id raft.ID) []inquiry.Because {
	e := q.LastAt(id, inquiry.Now, event.Is[event.MembersChanged], event.Is[event.ServerAdded],
		event.Is[event.Given], event.Is[event.SnapshotLoaded])
	if e == nil {
		return inquiry.Fact("the cluster began with this configuration")
	}
	return q.Because(e)
}

// notLeader is why a server that is up does not lead.
func notLeader(q *inquiry.Inquiry, id raft.ID) *inquiry.Answer {
	n := q.W.State(id)
	switch {
	case n.Role == raft.Candidate || n.Role == raft.PreCandidate:
		a := missingVotes(q, id, "does not lead")
		a.Cause(toldToElect(q, id)...)
		return a
	case !n.MayCampaign():
		return noVote(q, id, "does not lead")
	case takingOver(q, id) != 0:
		return transferWaits(q, takingOver(q, id), id)
	}
	what := "no election of its own is under way"
	switch l := n.Leader; {
	case l == 0:
	case q.W.Has(l) && lab.LeadsNow(q.W, l) && q.W.State(l).CurrentTerm == n.CurrentTerm:
		what = fmt.Sprintf("it follows %s, leader of term %d", l, n.CurrentTerm)
	default:
		what = fmt.Sprintf("it still takes %s for the leader of term %d, but %s is %s", l, n.CurrentTerm, l,
			tell.ARole(tell.RoleOf(q.W, l)))
	}
	a := q.Say(nil, "%s does not lead: %s.", id, what)
	a.Since(q.Deposed(id))
	waitsForTimer(q, a, id)
	a.Fact("if it fired now: %s %s", id, ballot.Consequence(q.W, id))
	return a
}

// waitsForTimer is why a follower does nothing.
func waitsForTimer(q *inquiry.Inquiry, a *inquiry.Answer, id raft.ID) {
	a.By(rules.TimerRunsOut)
	if left, of := q.W.Timer(id); !q.Lab.Replay { // whose clocks stand still
		a.Compare("ticks left", left)
		a.Compare("of", of)
	}
	if q.W.Frozen(id) {
		a.Since(q.FrozenSince(id, inquiry.Now))
	}
	a.Cause(q.TimerBegan(q.W, id)...)
}

// NoLeader looks at every server.
func NoLeader(q *inquiry.Inquiry) (*inquiry.Answer, error) {
	if id := q.W.Leader(); id != 0 {
		return nil, lang.Errorf("%s leads term %d", id, q.W.State(id).CurrentTerm).WithHint("ask why %s leader", id)
	}
	return noneLeads(q), nil
}

// noneLeads says of each server why it does not lead.
func noneLeads(q *inquiry.Inquiry) *inquiry.Answer {
	a := q.Say(raft.Majority, "No server leads.")
	a.Nodes = each.As(q.W.IDs(), func(id raft.ID) inquiry.NodeReason { return whyNoLead(q, id) })
	a.Cause(lastLeader(q)...)
	return a
}

// whyNoLead is why one server does not lead, on a line.
func whyNoLead(q *inquiry.Inquiry, id raft.ID) inquiry.NodeReason {
	r := inquiry.NodeReason{Node: id.String()}
	n := q.W.State(id)
	switch {
	case n == nil:
		r.Text = "is down"
		if e := q.DownSince(id, inquiry.Now); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is down since #%d: %s", e.Position, q.Deed(e).Text)
		}
	case q.W.Frozen(id):
		r.Text = "is frozen"
		if e := q.FrozenSince(id, inquiry.Now); e != nil {
			r.Position, r.Text = e.Position, fmt.Sprintf("is frozen since #%d", e.Position)
		}
	case n.Role == raft.Candidate || n.Role == raft.PreCandidate:
		r.Text = fmt.Sprintf("%s of term %d with the votes of %s; lacks %s", n.Role, n.CurrentTerm,
			tell.VotersText(n.Votes, *n.Configuration), inBrief(votesMissing(q, n, campaignTerm(n))))
	case !n.MayCampaign():
		r.Text = "has no vote in its configuration"
	default:
		r.Own = "follower"
		timer := "; if its timer fired now"
		if left, of := q.W.Timer(id); !q.Lab.Replay {
			r.Own = fmt.Sprintf("follower, %d of %d ticks left", left, of)
			timer = "; if it fired now"
		}
		comes := ballot.Consequence(q.W, id)
		r.Text = fmt.Sprintf("%s%s, it %s", r.Own, timer, comes)
		r.Shared = "if the timer of %s fired now, that server " + strings.ReplaceAll(comes, "%", "%%")
	}
	return r
}
