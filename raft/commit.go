package raft

// maybeCommit is Figure 2, Leaders 4: commitIndex moves to the highest entry
// that a majority holds, if that entry is of the leader's own term. An older
// one may be on a majority and still be overwritten (§5.4.2, Figure 8), so it
// waits to be committed by one that follows it.
func (n *Node) maybeCommit(o *Output) {
	held := n.Configuration.majorityIndex(n)
	if n.mutant(CommitIndexPlusOne) && held > n.CommitIndex {
		held = min(held+1, n.Log.LastIndex())
	}
	if t, _ := n.Log.Term(n.CommitIndex + 1); n.mutant(CommitStopsEarly) && t != n.CurrentTerm {
		return
	}
	if !o.count(MajorityHolds, n, 0, held > n.CommitIndex, held, n.CommitIndex, 0,
		func() Set { return n.reached(max(held, n.CommitIndex+1), n.Log.LastIndex(), matchOf) }) {
		return
	}
	majority := o.last()
	term, _ := n.Log.Term(held)
	if !o.check(CurrentTermOnly, n, 0, term == n.CurrentTerm || n.mutant(CountOldTerm), held, term, n.CurrentTerm, 0) {
		return
	}
	if o.Record {
		o.restsOn(majority, Committed(held))
		o.restsOn(o.last(), Committed(held))
	}
	n.advanceCommit(o, held)
	n.configurationCommitted(o)
}

// advanceCommit raises commitIndex, and has the entries after lastApplied, up to it, applied
// in log order (Figure 2, All Servers 1).
func (n *Node) advanceCommit(o *Output, index uint64) {
	if index <= n.CommitIndex {
		return
	}
	n.CommitIndex = index
	if n.Committed != n.Configuration {
		n.configured()
	}
	last := min(index, n.Log.LastIndex())
	if last <= n.LastApplied {
		return
	}
	o.check(ApplyCommitted, n, 0, true, last, n.LastApplied, 0, 0)
	o.rests(EntriesApplied)
	if o.Apply.First == 0 {
		o.Apply.First = n.LastApplied + 1
	}
	o.Apply.Last = last
	n.LastApplied = last
}
