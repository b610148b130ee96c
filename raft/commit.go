package raft

// maybeCommit is Figure 2, Leaders 4: commitIndex moves to the highest entry
// that a majority holds, if that entry is of the leader's own term. An older
// one may be on a majority and still be overwritten (§5.4.2, Figure 8), so it
// waits to be committed by one that follows it.
func (n *Node) maybeCommit(o *Output) {
	held := n.config.latest().majorityIndex(n)
	if n.mutant(CommitIndexPlusOne) && held > n.commitIndex {
		held = min(held+1, n.log.LastIndex())
	}
	if t, _ := n.log.Term(n.commitIndex + 1); n.mutant(CommitStopsEarly) && t != n.currentTerm {
		return
	}
	if !o.count(MajorityHolds, n, 0, held > n.commitIndex, held, n.commitIndex, 0,
		func() Set { return n.reached(max(held, n.commitIndex+1), n.log.LastIndex(), matchOf) }) {
		return
	}
	term, _ := n.log.Term(held)
	if !o.check(CurrentTermOnly, n, 0, term == n.currentTerm || n.mutant(CountOldTerm), held, term, n.currentTerm, 0) {
		return
	}
	n.advanceCommit(o, held)
	n.configurationCommitted(o)
}

// advanceCommit moves commitIndex, and hands out for applying what lies
// between lastApplied and it, in log order (Figure 2, All Servers 1).
func (n *Node) advanceCommit(o *Output, index uint64) {
	if index <= n.commitIndex {
		return
	}
	n.commitIndex = index
	last := min(index, n.log.LastIndex())
	if last <= n.lastApplied {
		return
	}
	o.check(ApplyCommitted, n, 0, true, last, n.lastApplied, 0, 0)
	if o.Apply.First == 0 {
		o.Apply.First = n.lastApplied + 1
	}
	o.Apply.Last = last
	n.lastApplied = last
}
