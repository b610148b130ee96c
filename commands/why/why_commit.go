package why

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// committed is how an entry came to be committed: who knew it first.
func (q *Inquiry) committed(index uint64) (*Answer, error) {
	e := q.CommittedFirst(index)
	if _, _, _, known := q.W.Memory().CommittedAt(index); known && e == nil {
		a := &Answer{Answer: fmt.Sprintf("Entry %d is committed: a state by hand says so.", index)}
		a.by(cluster.AsGiven)
		return a, nil
	}
	if e == nil {
		return nil, lang.Errorf("entry %d is not committed", index).WithHint("ask why %d not committed", index)
	}
	a := q.Explain(e)
	if x := cluster.As[cluster.Committed](e); x.First != x.Last {
		a.Answer = fmt.Sprintf("Entry %d is committed: %s", index, a.Answer)
	}
	if _, _, term, _ := q.W.Memory().CommittedAt(index); !q.heldNow(lab.Entry{Index: index, Term: term}) {
		a.cause(Because{Text: fmt.Sprintf("every copy of it was lost since; why %d not committed tells how", index)})
	}
	return a, nil
}

// notCommitted counts who holds an entry, and says of the others why not.
func (q *Inquiry) notCommitted(index uint64) (*Answer, error) {
	highest, holders := uint64(0), 0
	for _, id := range q.W.IDs() {
		last := q.W.Stored(id).Log.LastIndex()
		highest = max(highest, last)
		if last >= index {
			holders++
		}
		if n := q.W.State(id); n != nil && n.CommitIndex >= index {
			return q.notYetKnown(index, id)
		}
	}
	if holders == 0 {
		if v := q.goneAt(index); v != nil {
			return q.gone(v), nil
		}
		return nil, lang.Errorf("no log has an entry %d: the longest ends at %d", index, highest).
			WithHint("put x 1 appends one if a server leads; log shows the logs")
	}
	if at, by, _, ok := q.W.Memory().CommittedAt(index); ok {
		a := &Answer{Answer: fmt.Sprintf("Entry %d is committed (why %d committed), but no server that is up knows "+
			"it: commitIndex is volatile, and starts at 0.", index, index)}
		a.by(raft.FollowerCommit)
		if e := q.CommittedFirst(index); e != nil {
			a.cause(q.because(e)...)
		} else {
			a.cause(Because{Position: at, Text: fmt.Sprintf("%s knew it at #%d", by, at),
				bare: fmt.Sprintf("%s knew it", by)})
		}
		return a, nil
	}
	leader := q.W.Leader()
	if leader == 0 {
		a, err := q.noLeader()
		if err == nil {
			a.Answer = fmt.Sprintf("Entry %d is not committed, as far as the servers that are up know: %s hold it, "+
				"but there is no leader to count them.", index, prose.Plural(holders, "server"))
		}
		return a, err
	}
	if _, there := q.W.State(leader).Log.Term(index); there {
		return q.notCounted(leader, index), nil
	} else if all := q.Variants(index); len(all) > 0 {
		return q.ofVariant(all[0])
	}
	return nil, lang.Errorf("entry %d is in snapshots only", index)
}

// notYetKnown is for an entry that some know to be committed and others do not.
func (q *Inquiry) notYetKnown(index uint64, knows raft.ID) (*Answer, error) {
	var behind raft.Set
	for _, id := range q.W.IDs() {
		if n := q.W.State(id); n != nil && n.CommitIndex < index {
			behind = behind.With(id)
		}
	}
	if behind.Empty() {
		return nil, lang.Errorf("entry %d is committed", index).WithHint("ask why %d committed", index)
	}
	a, err := q.committed(index)
	if err != nil {
		return nil, err
	}
	do := map[bool]string{true: "does", false: "do"}[behind.Len() == 1]
	a.Answer = fmt.Sprintf("Entry %d is committed (why %d committed), but %s %s not know it yet.", index, index,
		behind, do)
	a.Compared, a.Verdict, a.Position = nil, "", 0
	a.by(raft.FollowerCommit)
	a.compare(knows.String()+"'s commitIndex", q.W.State(knows).CommitIndex)
	for id := range behind.All() {
		a.compare(id.String()+"'s", q.W.State(id).CommitIndex)
	}
	how := "followers learn of it from the next append of a leader that reaches them"
	frozen := q.W.Leader() == knows && q.W.Frozen(knows)
	if q.W.Leader() == knows && !frozen {
		how += ": heartbeat sends one"
	}
	a.Because = []Because{{Text: how}}
	if frozen {
		a.cause(q.because(q.frozenSince(knows, q.Record.End()+1))...)
	}
	a.cause(q.because(q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == knows && cluster.As[cluster.Committed](e).Has(index)
	}))...)
	return a, nil
}

// notCounted asks a leader's own rules, on a copy that is given one more command.
func (q *Inquiry) notCounted(leader raft.ID, index uint64) *Answer {
	n := q.W.State(leader)
	a := &Answer{}
	majority, term := q.tryCommit(leader)
	entry, there := n.Log.Term(index)
	switch {
	case index > n.Log.LastIndex() || !there:
		a.Answer = fmt.Sprintf("Entry %d is not committed: %s, leader of term %d, does not hold it.", index, leader,
			n.CurrentTerm)
		a.by(raft.DeleteConflict)
		a.compare(leader.String()+"'s last index", n.Log.LastIndex())
		a.cause(q.because(q.elected(leader, q.Record.End()+1))...)
		return a
	case term != nil && !term.Holds && term.Args[0] >= index:
		a.Answer = fmt.Sprintf("Entry %d is not committed, though a majority holds it: it is of term %d, and %s "+
			"leads term %d.", index, entry, leader, n.CurrentTerm)
		a.by(raft.CurrentTermOnly)
		q.numbers(a, term)
		a.cause(q.because(q.took(leader, index, q.Record.End()+1), q.elected(leader, q.Record.End()+1))...)
		a.cause(q.commitsWith(n, index))
		return a
	default:
		held := holdersOf(n, index)
		halves := n.Configuration.Halves(held)
		a.Answer = fmt.Sprintf("Entry %d is not committed: %s knows that %d of %d voters hold it, and needs %d.",
			index, leader, held.Len(), halves[0].Of.Len(), halves[0].Needed())
		if tell.Joint(halves) {
			a.Answer = fmt.Sprintf("Entry %d is not committed: %s knows it on %s. It lacks a majority of %s.", index,
				leader, HalvesText(halves), lackingText(halves))
		}
		if halves[0].Holds() && (!tell.Joint(halves) || halves[1].Holds()) {
			a.Answer = fmt.Sprintf("Entry %d is not committed, though %s knows that a majority holds it: %s.", index,
				leader, HalvesText(halves))
			a.noteBugs(q.W, raft.MajorityHolds, leader)
			a.noteBugs(q.W, raft.CurrentTermOnly, leader)
		}
		a.by(raft.MajorityHolds)
		if majority != nil {
			q.numbers(a, majority)
			a.Compared = append(a.Compared[:1], Compared{"asked for", index})
			a.Verdict = relation(majority.Args[0], index)
		}
		a.Halves = halvesOf(halves)
		a.compareHalves(&raft.Decision{Rule: raft.MajorityHolds, Halves: halves})
	}
	for id := range n.Configuration.AllVoters().All() {
		if r := q.lacks(leader, id, index); r.Text != "" {
			a.Nodes = append(a.Nodes, r)
		}
	}
	a.cause(q.because(q.took(leader, index, q.Record.End()+1))...)
	return a
}

// commitsWith is the entry of a leader's own term with which an earlier one will
// be committed (§5.4.2).
func (q *Inquiry) commitsWith(n *raft.State, index uint64) Because {
	for i := index + 1; i <= n.Log.LastIndex(); i++ {
		if t, _ := n.Log.Term(i); t == n.CurrentTerm {
			return Because{Text: fmt.Sprintf("entry %d of term %d follows it: both are committed when a majority "+
				"holds that", i, t)}
		}
	}
	return Because{Text: fmt.Sprintf("an entry of term %d after it would commit both: put x 1", n.CurrentTerm)}
}

// tryCommit is what a leader decides about committing as things stand.
func (q *Inquiry) tryCommit(leader raft.ID) (majority, term *raft.Decision) {
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
			majority = tried(l.Events, raft.MajorityHolds, holds, leader)
		}
		if term == nil {
			term = tried(l.Events, raft.CurrentTermOnly, holds, leader)
		}
	}
	return majority, term
}

// holdersOf is the voters that a leader knows to hold an entry.
func holdersOf(n *raft.State, index uint64) raft.Set {
	var s raft.Set
	for id := range n.Configuration.AllVoters().All() {
		if n.MatchIndex(id) >= index {
			s = s.With(id)
		}
	}
	return s
}

// lacks is why a leader does not count a voter as holding an entry; "" when it does.
func (q *Inquiry) lacks(leader, id raft.ID, index uint64) NodeReason {
	r := NodeReason{Node: id.String()}
	n, log := q.W.State(leader), &q.W.Stored(id).Log
	if n.MatchIndex(id) >= index {
		return r
	}
	want, _ := n.Log.Term(index)
	has, there := log.Term(index)
	there = there && has == want
	end := q.Record.End() + 1
	switch mail := q.onItsWay(leader, id, index, there); {
	case mail != nil:
		what := "the entry is on its way: "
		if there {
			what = "holds it; its reply is on its way: "
		} else if mail.From == id {
			what = "refused, and will be sent what is missing before it: "
		}
		r.Text = what + words.MessageID(mail.ID).String() + " " + q.awaits(mail)
		return r
	case there && q.W.Up(id):
		r.Text = fmt.Sprintf("holds it, but no answer of term %d that says so reached %s", n.CurrentTerm, leader)
	case there:
		r.Text = "holds it on its disk"
	default:
		r.Text = "lacks it"
	}
	e := q.obstacleEvent(leader, id, end)
	if e == nil {
		e = q.last(end, func(e *cluster.Event) bool { return aboutEntry(e, leader, id, index) })
	}
	switch {
	case e != nil && cluster.Is[cluster.LinksCut](e):
		r.Position, r.Text = e.Position, fmt.Sprintf("%s: cut off from %s at #%d", r.Text, leader, e.Position)
		return r
	case e != nil:
		r.Position, r.Text = e.Position, r.Text+": "+q.Past(e)
		return r
	}
	r.Text += q.willBeSent(leader, id, index)
	return r
}

// willBeSent is what a leader's next heartbeat, tried on a copy, sends a server
// that it does not count as holding an entry.
func (q *Inquiry) willBeSent(leader, id raft.ID, index uint64) string {
	t, sent := lab.Try(q.W, cluster.Heartbeat{Node: leader})
	next := fmt.Sprintf("nextIndex %d", t.State(leader).NextIndex(id))
	for i := range sent {
		x := cluster.As[cluster.Sent](&sent[i])
		if x.From != leader || x.To != id {
			continue
		}
		switch m := x.Message.(type) {
		case *raft.AppendEntries:
			first, last := m.PrevLogIndex+1, m.PrevLogIndex+uint64(len(m.Entries))
			switch {
			case first <= index && index <= last:
				return fmt.Sprintf("; the next heartbeat sends it (nextIndex %d)", first)
			case last < first:
				return fmt.Sprintf("; the next heartbeat asks whether it is there (nextIndex %d)", first)
			}
			return fmt.Sprintf("; the next heartbeat sends %s first (nextIndex %d)", tell.Entries(first, last), first)
		case *raft.InstallSnapshot:
			return fmt.Sprintf("; the next heartbeat sends the snapshot up to entry %d first", m.Snapshot.Index)
		}
	}
	return "; the next heartbeat sends it nothing (" + next + ")"
}

// onItsWay is a message in flight that matters: the entry, or the answer to it.
func (q *Inquiry) onItsWay(leader, id raft.ID, index uint64, there bool) *cluster.Flight {
	for _, f := range q.W.Flights() {
		switch m := f.Message.(type) {
		case *raft.AppendEntries:
			if !there && f.From == leader && f.To == id && m.PrevLogIndex < index && index <= m.PrevLogIndex+
				uint64(len(m.Entries)) {
				return &f
			}
		case *raft.AppendEntriesReply:
			if f.From == id && f.To == leader && (there && m.MatchIndex >= index || !there && !m.Success) {
				return &f
			}
		case *raft.InstallSnapshot:
			if !there && f.From == leader && f.To == id {
				return &f
			}
		}
	}
	return nil
}

// obstacleEvent is what keeps two servers apart now, either way.
func (q *Inquiry) obstacleEvent(a, b raft.ID, before uint64) *cluster.Event {
	switch {
	case !q.W.Up(b):
		return q.downSince(b, before)
	case q.W.Frozen(b):
		return q.frozenSince(b, before)
	case q.W.IsCut(a, b):
		return q.cutSince(a, b, before)
	case q.W.IsCut(b, a):
		return q.cutSince(b, a, before)
	case q.W.Frozen(a): // a leader that is frozen sends nothing until it thaws
		return q.frozenSince(a, before)
	}
	return nil
}

// aboutEntry tells whether an event decided the fate of an entry on its way to
// a follower, or of the answer.
func aboutEntry(e *cluster.Event, leader, id raft.ID, index uint64) bool {
	mail, _ := e.Mail()
	from, to := mail.From, mail.To
	switch e.What.(type) {
	case cluster.Lost, cluster.Dropped:
	case cluster.Sent:
		_, reply := mail.Message.(*raft.AppendEntriesReply)
		return reply && from == id && to == leader && IsRefusal(mail.Message)
	default:
		return false
	}
	switch m := mail.Message.(type) {
	case *raft.AppendEntries:
		return from == leader && to == id && m.PrevLogIndex < index && index <= m.PrevLogIndex+uint64(len(m.Entries))
	case *raft.AppendEntriesReply:
		return from == id && to == leader && m.MatchIndex >= index
	}
	return false
}
