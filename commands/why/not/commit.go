package not

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// committed is how an entry came to be committed: who knew it first.
func committed(q *inquiry.Inquiry, index uint64) (*inquiry.Answer, error) {
	e := q.CommittedFirst(index)
	if _, _, _, known := q.W.Memory().CommittedAt(index); known && e == nil {
		return q.Say(rules.AsGiven, "Entry %d is committed: a state by hand says so.", index), nil
	}
	if e == nil {
		return nil, lang.Errorf("entry %d is not committed", index).WithHint("ask why %d not committed", index)
	}
	a := cause.Of(q, e)
	if x := event.As[event.Committed](e); x.First != x.Last {
		a.Say("Entry %d is committed: %s", index, a.Answer)
	}
	if _, _, term, _ := q.W.Memory().CommittedAt(index); !heldNow(q, lab.Entry{Index: index, Term: term}) {
		a.Fact("every copy of it was lost since; why %d not committed tells how", index)
	}
	return a, nil
}

// notCommitted counts who holds an entry, and says of the others why not.
func notCommitted(q *inquiry.Inquiry, index uint64) (*inquiry.Answer, error) {
	highest, holders := uint64(0), 0
	for _, id := range q.W.IDs() {
		last := q.W.Stored(id).Log.LastIndex()
		highest = max(highest, last)
		if last >= index {
			holders++
		}
		if n := q.W.State(id); n != nil && n.CommitIndex >= index {
			return notYetKnown(q, index, id)
		}
	}
	if holders == 0 {
		if v := goneAt(q, index); v != nil {
			return gone(q, v), nil
		}
		return nil, lang.Errorf("no log has an entry %d: the longest ends at %d", index, highest).
			WithHint("put x 1 appends one if a server leads; log shows the logs")
	}
	if at, by, _, ok := q.W.Memory().CommittedAt(index); ok {
		a := q.Say(raft.FollowerCommit, "Entry %d is committed (why %d committed), but no server that is up knows it: "+
			"commitIndex is volatile, and starts at 0.", index, index)
		if e := q.CommittedFirst(index); e != nil {
			a.Since(e)
		} else {
			a.Cause(inquiry.Because{Position: at, Text: fmt.Sprintf("%s knew it at #%d", by, at),
				Bare: fmt.Sprintf("%s knew it", by)})
		}
		return a, nil
	}
	leader := q.W.Leader()
	if leader == 0 {
		a := noneLeads(q)
		a.Say("Entry %d is not committed, as far as the servers that are up know: %s hold it, but there is no leader "+
			"to count them.", index, prose.Plural(holders, "server"))
		return a, nil
	}
	if _, there := q.W.State(leader).Log.Term(index); there {
		return Counted(q, leader, index), nil
	} else if all := q.Variants(index); len(all) > 0 {
		return ofVariant(q, all[0])
	}
	return nil, lang.Errorf("entry %d is in snapshots only", index)
}

// notYetKnown is for an entry that some know to be committed and others do not.
func notYetKnown(q *inquiry.Inquiry, index uint64, knows raft.ID) (*inquiry.Answer, error) {
	var behind raft.Set
	for _, id := range q.W.IDs() {
		if n := q.W.State(id); n != nil && n.CommitIndex < index {
			behind = behind.With(id)
		}
	}
	if behind.Empty() {
		return nil, lang.Errorf("entry %d is committed", index).WithHint("ask why %d committed", index)
	}
	a, err := committed(q, index)
	if err != nil {
		return nil, err
	}
	a.Say("Entry %d is committed (why %d committed), but %s %s not know it yet.", index, index, behind,
		prose.Either(behind.Len() == 1, "does", "do"))
	a.Compared, a.Because, a.Verdict, a.Position = nil, nil, "", 0
	a.By(raft.FollowerCommit)
	a.Compare(knows.String()+"'s commitIndex", q.W.State(knows).CommitIndex)
	for id := range behind.All() {
		a.Compare(id.String()+"'s", q.W.State(id).CommitIndex)
	}
	how, frozen := "followers learn of it from the next append of a leader that reaches them", (*event.Event)(nil)
	if q.W.Leader() == knows && q.W.Frozen(knows) {
		frozen = q.FrozenSince(knows, inquiry.Now)
	} else if q.W.Leader() == knows {
		how += ": heartbeat sends one"
	}
	a.Fact("%s", how)
	a.Since(frozen, q.LastAt(knows, inquiry.Now, func(e *event.Event) bool {
		return event.As[event.Committed](e).Has(index)
	}))
	return a, nil
}

// Counted asks a leader's own rules, on a copy that is given one more command.
func Counted(q *inquiry.Inquiry, leader raft.ID, index uint64) *inquiry.Answer {
	n := q.W.State(leader)
	majority, term := tryCommit(q, leader)
	switch entry, there := n.Log.Term(index); {
	case index > n.Log.LastIndex() || !there:
		a := q.Say(raft.DeleteConflict, "Entry %d is not committed: %s, leader of term %d, does not hold it.", index,
			leader, n.CurrentTerm)
		a.Compare(leader.String()+"'s last index", n.Log.LastIndex())
		a.Since(q.Elected(leader, inquiry.Now))
		return a
	case term != nil && !term.Holds && term.Args[0] >= index:
		a := q.Say(raft.CurrentTermOnly, "Entry %d is not committed, though a majority holds it: it is of term %d, "+
			"and %s leads term %d.", index, entry, leader, n.CurrentTerm)
		a.Numbers(term)
		a.Since(q.Took(leader, index, inquiry.Now), q.Elected(leader, inquiry.Now))
		a.Cause(commitsWith(n, index)...)
		return a
	}
	held := inquiry.HoldersOf(n, index)
	halves := n.Configuration.Halves(held)
	a := q.Say(raft.MajorityHolds, "Entry %d is not committed: %s knows that %d of %d voters %s it, and needs %d.",
		index, leader, held.Len(), halves[0].Of.Len(), prose.Either(held.Len() == 1, "holds", "hold"),
		halves[0].Needed())
	if halves.Joint() {
		a.Say("Entry %d is not committed: %s knows it on %s. It lacks a majority of %s.", index, leader,
			tell.Halves(halves), tell.LackingText(halves))
	}
	if n.Configuration.Majority(held) {
		a.Say("Entry %d is not committed, though %s knows that a majority holds it: %s.", index, leader,
			tell.Halves(halves))
		a.NoteBugs(q.W, leader, raft.MajorityHolds, raft.CurrentTermOnly)
	}
	if majority != nil {
		a.Numbers(majority)
		a.Compared = append(a.Compared[:1], inquiry.Compared{Name: "asked for", Value: index})
		a.Verdict = raft.Relation(majority.Args[0], index)
	}
	a.Counted(raft.MajorityHolds, halves)
	for id := range n.Configuration.AllVoters().All() {
		if r := lacks(q, leader, id, index); r.Text != "" {
			a.Nodes = append(a.Nodes, r)
		}
	}
	a.Since(q.Took(leader, index, inquiry.Now))
	return a
}

// commitsWith is the entry of a leader's own term with which an earlier one will
// be committed (§5.4.2).
func commitsWith(n *raft.State, index uint64) []inquiry.Because {
	for i := index + 1; i <= n.Log.LastIndex(); i++ {
		if t, _ := n.Log.Term(i); t == n.CurrentTerm {
			return inquiry.Fact("entry %d of term %d follows it: both are committed when a majority holds that", i, t)
		}
	}
	return inquiry.Fact("an entry of term %d after it would commit both: put x 1", n.CurrentTerm)
}

// tryCommit is what a leader decides about committing as things stand.
func tryCommit(q *inquiry.Inquiry, leader raft.ID) (majority, term *raft.Decision) {
	t := q.W.Clone()
	l := &cluster.Listener{Decide: true}
	t.Listen(l)
	_ = t.Apply(cluster.Thaw{Node: leader})
	_ = t.Apply(cluster.Fire{Timer: "transfer", Node: leader})
	if t.Apply(cluster.Request{Client: "why", Data: "why", Via: leader}) != nil {
		return nil, nil
	}
	for _, holds := range []bool{true, false} {
		if majority == nil {
			majority = lab.Tried(l.Events, raft.MajorityHolds, holds, leader)
		}
		if term == nil {
			term = lab.Tried(l.Events, raft.CurrentTermOnly, holds, leader)
		}
	}
	return majority, term
}
