package raft

import "fmt"

// transferLeadership begins a transfer of leadership (thesis 3.10).
func (n *Node) transferLeadership(o *Output, target ID) error {
	switch {
	case n.Role != Leader:
		return &NotLeader{n.ID, n.Leader}
	case target == n.ID:
		return &Refused{Node: n.ID, Why: "it leads already"}
	case n.Transferee != 0:
		return &Refused{Node: n.ID, Why: fmt.Sprintf("it is handing leadership to %s already", n.Transferee),
			About: HandingOver}
	case !n.Configuration.CanVote(target):
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s has no vote in its configuration (%s), so it cannot lead",
			target, n.Configuration), About: NoVote}
	}
	n.Transferee = target
	n.Lease = false // the target may lead before the lease would end
	told := n.sendTimeoutNow(o)
	if o.rests(Answered); !told {
		n.sendAppend(o, target, nil)
	}
	return nil
}

// sendTimeoutNow tells the target to start its election, if its log is up to date.
func (n *Node) sendTimeoutNow(o *Output) bool {
	p := n.peer(n.Transferee)
	if p == nil {
		return false
	}
	last := n.Log.LastIndex()
	if !o.check(TransferUpToDate, n, n.Transferee, p.MatchIndex == last, p.MatchIndex, last, 0, 0) {
		return false
	}
	n.timeoutSent = true
	o.send(n.ID, n.Transferee, &TimeoutNow{Term: n.CurrentTerm, LeaderID: n.ID})
	return true
}

// receiveTimeoutNow starts an election at once, and without PreVote. Its requests are marked as
// a transfer, so that sticky voters do not ignore them.
func (n *Node) receiveTimeoutNow(o *Output, from ID, m *TimeoutNow) {
	if o.check(StaleTerm, n, from, m.Term < n.CurrentTerm, m.Term, n.CurrentTerm, 0, 0) {
		return
	}
	n.observeTerm(o, from, m.Term)
	begins := o.check(TransferElection, n, from, n.Role != Leader && n.MayCampaign() && !n.full(0),
		m.Term, n.CurrentTerm, uint64(n.Role), uint64(btoi(n.MayCampaign())))
	if o.rests(Answered); !begins {
		return
	}
	n.startElection(o, true)
}
