package raft

import "fmt"

// transferLeadership begins to hand leadership over (thesis 3.10).
func (n *Node) transferLeadership(o *Output, target ID) error {
	switch {
	case n.role != Leader:
		return &NotLeader{n.id, n.leader}
	case target == n.id:
		return &Refused{n.id, "it leads already"}
	case n.transferee != 0:
		return &Refused{n.id, fmt.Sprintf("it is handing leadership to %s already", n.transferee)}
	case !n.config.latest().CanVote(target):
		return &Refused{n.id, fmt.Sprintf("%s has no vote in its configuration (%s), so it cannot lead", target, n.config.latest())}
	}
	n.transferee = target
	n.lease = false // the target may lead before the lease would end
	if !n.sendTimeoutNow(o) {
		n.sendAppend(o, target, nil)
	}
	return nil
}

// Transferee is whom leadership is being handed to, or 0.
func (n *Node) Transferee() ID { return n.transferee }

// sendTimeoutNow tells the target to begin, if it is up to date.
func (n *Node) sendTimeoutNow(o *Output) bool {
	p := n.peer(n.transferee)
	if p == nil {
		return false
	}
	last := n.log.LastIndex()
	if !o.check(TransferUpToDate, n, n.transferee, p.matchIndex == last, p.matchIndex, last, 0, 0) {
		return false
	}
	n.timeoutSent = true
	o.send(n.id, n.transferee, &TimeoutNow{Term: n.currentTerm, LeaderID: n.id})
	return true
}

// receiveTimeoutNow starts an election without waiting, and without PreVote;
// its requests say that the leader wishes it, so that stickiness lets them pass.
func (n *Node) receiveTimeoutNow(o *Output, from ID, m *TimeoutNow) {
	if o.check(StaleTerm, n, from, m.Term < n.currentTerm, m.Term, n.currentTerm, 0, 0) {
		return
	}
	n.observeTerm(o, from, m.Term)
	if !o.check(TransferElection, n, from, n.role != Leader && n.MayCampaign() && !n.full(0), m.Term, n.currentTerm, uint64(n.role), uint64(btoi(n.MayCampaign()))) {
		return
	}
	n.startElection(o, true)
}
