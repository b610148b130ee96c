package not

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
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
		return is("; its reply is on its way: " + mail.Name() + " " + q.Awaits(mail))
	case mail != nil:
		what := prose.Either(mail.From == id, "refused, and will be sent what is missing before it: ",
			"the entry is on its way: ")
		r.Text = what + mail.Name() + " " + q.Awaits(mail)
		return r
	case there && q.W.Up(id):
		rest = fmt.Sprintf(", but no answer of term %d that says so reached %s", n.CurrentTerm, leader)
	case there:
		rest = " on its disk"
	}
	e := cmp.Or(q.Obstacle(q.W, id, leader, id, inquiry.Now), q.Obstacle(q.W, leader, id, leader, inquiry.Now))
	if e == nil {
		e = q.Latest(func(e *event.Event) bool { return aboutEntry(q, e, leader, id, index) })
	}
	if e == nil {
		return is(rest + willBeSent(q, leader, id, index))
	}
	r.Position = e.Position
	if event.Is[event.LinksCut](e) {
		return is(fmt.Sprintf("%s: cut off from %s at #%d", rest, leader, e.Position))
	}
	return is(rest + ": " + q.Past(e))
}

// willBeSent is what a leader's next heartbeat, tried on a copy, sends a server
// that it does not count as holding an entry.
func willBeSent(q *inquiry.Inquiry, leader, id raft.ID, index uint64) string {
	t, sent := lab.Try(q.W, cluster.Heartbeat{Node: leader})
	for e := range each.Of(sent) {
		x := event.As[event.Sent](e)
		if x.From != leader || x.To != id {
			continue
		}
		switch m := x.Message.(type) {
		case *raft.AppendEntries:
			first, last := m.PrevLogIndex+1, m.PrevLogIndex+uint64(len(m.Entries))
			what := "sends " + tell.Entries(first, last) + " first"
			if first <= index && index <= last {
				what = "sends it"
			} else if last < first {
				what = "asks whether it is there"
			}
			return fmt.Sprintf("; the next heartbeat %s (nextIndex %d)", what, first)
		case *raft.InstallSnapshot:
			return fmt.Sprintf("; the next heartbeat sends the snapshot up to entry %d first", m.Snapshot.Index)
		}
	}
	return fmt.Sprintf("; the next heartbeat sends it nothing (nextIndex %d)", t.State(leader).NextIndex(id))
}

// onItsWay is a message in flight that matters: the entry, or the answer to it.
func onItsWay(q *inquiry.Inquiry, leader, id raft.ID, index uint64, there bool) *cluster.Flight {
	return flying(q, func(f *cluster.Flight) bool {
		switch m := f.Message.(type) {
		case *raft.AppendEntriesReply:
			return f.From == id && f.To == leader && (there && m.MatchIndex >= index || !there && !m.Success) &&
				counts(q, f, index)
		case *raft.InstallSnapshot:
			return !there && f.From == leader && f.To == id && m.Snapshot.Index >= index
		}
		return !there && brings(q, f.Envelope, leader, id, index)
	})
}

// counts tells, by trying it, whether an answer in flight has a leader count the entry at index, or send more. What
// keeps the answer from arriving does not count here.
func counts(q *inquiry.Inquiry, f *cluster.Flight, index uint64) bool {
	t := q.W.Clone()
	for _, a := range []cluster.Action{cluster.Partition{}, cluster.Thaw{Node: f.To}} {
		_ = t.Apply(a)
	}
	t, events := lab.Try(t, cluster.Deliver{ID: f.ID})
	n := t.State(f.To)
	return n != nil && n.Role == raft.Leader && n.MatchIndex(f.From) >= index ||
		slices.ContainsFunc(events, func(e event.Event) bool {
			x := event.As[event.Sent](&e)
			return x.From == f.To && x.To == f.From
		})
}

// brings tells whether a message is an append by which a leader sends a server the entry that it holds at an
// index, in the term in which it leads.
func brings(q *inquiry.Inquiry, m raft.Envelope, leader, id raft.ID, index uint64) bool {
	x, ok := m.Message.(*raft.AppendEntries)
	return ok && m.From == leader && m.To == id && x.PrevLogIndex < index &&
		index <= x.PrevLogIndex+uint64(len(x.Entries)) && x.Term == q.W.State(leader).CurrentTerm
}

// aboutEntry tells whether an event decided the fate of an entry on its way to
// a follower, or of the answer.
func aboutEntry(q *inquiry.Inquiry, e *event.Event, leader, id raft.ID, index uint64) bool {
	mail, _ := e.Mail()
	reply, ok := mail.Message.(*raft.AppendEntriesReply)
	answers := ok && mail.From == id && mail.To == leader && reply.Term == q.W.State(leader).CurrentTerm
	switch e.What.(type) {
	case event.Lost, event.Dropped:
		return brings(q, mail.Envelope, leader, id, index) || answers && reply.MatchIndex >= index
	case event.Sent:
		return answers && tell.SaysNo(reply)
	}
	return false
}
