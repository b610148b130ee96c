package not

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/words"
	"raftlab/raft"
)

// lacks is why a leader does not count a voter as holding an entry; "" when it does.
func lacks(q *inquiry.Inquiry, leader, id raft.ID, index uint64) inquiry.NodeReason {
	n, log := q.W.State(leader), &q.W.Stored(id).Log
	r := inquiry.NodeReason{Node: id.String()}
	if n.MatchIndex(id) >= index {
		return r
	}
	want, _ := n.Log.Term(index)
	has, there := log.Term(index)
	there = there && has == want
	holds := [2]string{"lacks it", "lack it"} // said of one, and of several
	if there {
		holds = [2]string{"holds it", "hold it"}
	}
	is := func(text string) inquiry.NodeReason {
		r.Text, r.Many = holds[0]+text, holds[1]+text
		return r
	}
	rest := ""
	switch mail := onItsWay(q, leader, id, index, there); {
	case mail != nil && there:
		return is("; its reply is on its way: " + words.MessageID(mail.ID).String() + " " + q.Awaits(mail))
	case mail != nil:
		what := "the entry is on its way: "
		if mail.From == id {
			what = "refused, and will be sent what is missing before it: "
		}
		r.Text = what + words.MessageID(mail.ID).String() + " " + q.Awaits(mail)
		return r
	case there && q.W.Up(id):
		rest = fmt.Sprintf(", but no answer of term %d that says so reached %s", n.CurrentTerm, leader)
	case there:
		rest = " on its disk"
	}
	e := obstacleEvent(q, leader, id, q.End()+1)
	if e == nil {
		e = q.Latest(func(e *cluster.Event) bool { return aboutEntry(e, leader, id, index) })
	}
	if e == nil {
		return is(rest + willBeSent(q, leader, id, index))
	}
	r.Position = e.Position
	if cluster.Is[cluster.LinksCut](e) {
		return is(fmt.Sprintf("%s: cut off from %s at #%d", rest, leader, e.Position))
	}
	return is(rest + ": " + q.Past(e))
}

// willBeSent is what a leader's next heartbeat, tried on a copy, sends a server
// that it does not count as holding an entry.
func willBeSent(q *inquiry.Inquiry, leader, id raft.ID, index uint64) string {
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
func onItsWay(q *inquiry.Inquiry, leader, id raft.ID, index uint64, there bool) *cluster.Flight {
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
func obstacleEvent(q *inquiry.Inquiry, a, b raft.ID, before uint64) *cluster.Event {
	switch {
	case !q.W.Up(b):
		return q.DownSince(b, before)
	case q.W.Frozen(b):
		return q.FrozenSince(b, before)
	case q.W.IsCut(a, b):
		return q.CutSince(a, b, before)
	case q.W.IsCut(b, a):
		return q.CutSince(b, a, before)
	case q.W.Frozen(a): // a leader that is frozen sends nothing until it thaws
		return q.FrozenSince(a, before)
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
		return reply && from == id && to == leader && tell.SaysNo(mail.Message)
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
