package commands

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// More claims: about what an answer says of each server, of each vote and of
// each client.
const (
	linesAreSo   = "who lacks an entry by an answer lacks it, who holds it holds it, and what is to be sent is"
	voteEither   = "a vote is explained, or that it is not there, and never both of one term"
	nothingIsSo  = "where next or whatif says that nothing changes, nothing does"
	countedIsSo  = "the answers that made a leader or a commit are those that were counted"
	clientsAreSo = "what why says of a client's request is how it stands"
)

// linesOfEntry looks at what an answer about a leader's entry says of each server.
func (c *court) linesOfEntry(question string, a *inquiry.Answer, leader raft.ID, index uint64) {
	w := c.world()
	if leader == 0 || w.State(leader) == nil {
		return
	}
	n := w.State(leader)
	term, there := n.Log.Term(index)
	for _, line := range a.Nodes {
		lacks, holds := strings.HasPrefix(line.Text, "lacks it"), strings.HasPrefix(line.Text, "holds it")
		if !lacks && !holds {
			continue
		}
		t, has := w.Stored(idOf(line.Node)).Log.Term(index)
		is := there && has && t == term
		c.holds(linesAreSo, holds == is, "%s: %s; %s %s; but by its log it holds it: %v", question, a.Answer, line.Node, line.Text, is)
		if _, said, ok := strings.Cut(line.Text, "the next heartbeat "); ok {
			does := heartbeatDoes(w, leader, idOf(line.Node), index)
			c.holds(linesAreSo, does != "" && strings.HasPrefix(said, does), "%s: %s; %s %s; tried, it %q", question, a.Answer, line.Node, line.Text, does)
		}
	}
}

// heartbeatDoes is what a leader's next heartbeat does for a server that may lack
// an entry, as answers begin to say it; "" where the leader can send none.
func heartbeatDoes(w *cluster.World, leader, id raft.ID, index uint64) string {
	w = w.Clone()
	before := sentSoFar(w)
	if w.Apply(cluster.Heartbeat{Node: leader}) != nil {
		return ""
	}
	for _, f := range w.Flights() {
		if f.ID <= before || f.From != leader || f.To != id {
			continue
		}
		switch m := f.Message.(type) {
		case *raft.AppendEntries:
			next, n := m.PrevLogIndex+1, uint64(len(m.Entries))
			switch {
			case n == 0:
				return fmt.Sprintf("asks whether it is there (nextIndex %d)", next)
			case next <= index && index < next+n:
				return fmt.Sprintf("sends it (nextIndex %d)", next)
			case n == 1:
				return fmt.Sprintf("sends entry %d first (nextIndex %d)", next, next)
			}
			return fmt.Sprintf("sends entries %d–%d first (nextIndex %d)", next, next+n-1, next)
		case *raft.InstallSnapshot:
			return fmt.Sprintf("sends the snapshot up to entry %d first", m.Snapshot.Index)
		}
	}
	return "sends it nothing"
}

var saysTerm = regexp.MustCompile(`in term (\d+)`)

// eitherVote looks at what is said of one vote, yes and no.
func (c *court) eitherVote(id, other raft.ID, q *inquiry.Inquiry, yes, no *inquiry.Answer, noYes, noNo error) {
	questions := fmt.Sprintf("why %s voted %s: %s %v; why %s not voted %s: %s %v", id, other, text(yes), noYes, id, other, text(no), noNo)
	has := c.world().Stored(id).VotedFor == other
	c.holds(voteEither, noYes == nil || noNo == nil, "%s", questions)
	c.holds(voteEither, noYes == nil || !has, "%s; it has", questions)
	if noYes == nil && noNo == nil && id != other {
		e := q.Record.At(yes.Position)
		m := saysTerm.FindStringSubmatch(no.Answer)
		c.holds(voteEither, e != nil && m != nil && m[1] != fmt.Sprint(e.View().Term), "%s", questions)
	}
}

// aboutClients asks about each client, and what its reads may rest on.
func (c *court) aboutClients(q *inquiry.Inquiry) {
	for _, id := range c.world().IDs() {
		n := c.world().State(id)
		has := n != nil && n.Role == raft.Leader && n.Lease
		_, yes := c.ask(q, fmt.Sprintf("why %s lease", id))
		question := fmt.Sprintf("why %s no lease", id)
		why, no := c.ask(q, question)
		if no == nil {
			c.leaseAdvised(question, why, id)
		}
		c.holds(oneOfTwo, (yes == nil) == has && (no == nil) == !has, "why %s lease: %v; why %s no lease: %v; it has one: %v", id, yes, id, no, has)
	}
	for _, cl := range c.world().Clients() {
		question := "why " + cl.Name
		a, err := c.ask(q, question)
		if !c.holds(clientsAreSo, err == nil, "%s: %v", question, err) {
			continue
		}
		status := map[string]string{clients.Pending: " is pending", clients.Done: " is done", clients.Unknown: " is unknown"}[cl.Status]
		c.holds(clientsAreSo, strings.Contains(a.Answer, status), "%s: %s; it is %s", question, a.Answer, cl.Status)
		if cl.Status != clients.Pending {
			continue
		}
		c.holds(clientsAreSo, cl.Mode != "" || !strings.Contains(a.Answer, "A read "), "%s: %s; it is no read", question, a.Answer)
		if cl.Index > 0 {
			c.linesOfEntry(question, a, cl.Node, cl.Index)
		}
	}
}

// figures is what an action changes of a server, in the course of it.
type figures struct{ term, commit, last, lastTerm uint64 }

// figuresUpTo is a server's numbers at each moment of an action up to an event
// of it, at one of which the rule was consulted: those from before the action,
// and what each event made of them.
func figuresUpTo(record *history.Record, e *event.Event) []figures {
	id := e.Node
	w, end := record.Before(e), record.After(e)
	now := figuresOf(w, id)
	moments := []figures{now}
	for p := e.Began; p <= e.Position; p++ {
		o := record.At(p)
		if o == nil || o.Node != e.Node {
			continue
		}
		switch x := o.What.(type) {
		case event.Delivered: // it raises the term, and then the election does: only that is an event
			if m, ok := x.Message.(*raft.TimeoutNow); ok {
				now.term = max(now.term, m.Term)
			}
		case event.TermChanged:
			now.term = x.Term
		case event.Committed:
			now.commit = x.Last
		case event.Appended:
			now.last = x.Last
			now.lastTerm, _ = end.Stored(id).Log.Term(x.Last)
		case event.Truncated:
			now.last = x.First - 1
			now.lastTerm, _ = w.Stored(id).Log.Term(x.First - 1)
		case event.SnapshotLoaded, event.Given, event.Restarted, event.Crashed, event.Wiped, event.ServerAdded:
			now = figuresOf(end, id)
		}
		moments = append(moments, now)
	}
	return moments
}

func figuresOf(w *cluster.World, id raft.ID) figures {
	if !w.Has(id) {
		return figures{}
	}
	d, f := w.Stored(id), figures{}
	f.term, f.last, f.lastTerm = d.CurrentTerm, d.Log.LastIndex(), d.Log.LastTerm()
	if n := w.State(id); n != nil {
		f.commit = n.CommitIndex
	}
	return f
}

// number is one of them, by the name that answers give it.
func (f figures) number(name string) string {
	switch name {
	case "currentTerm", "term":
		return fmt.Sprint(f.term)
	case "last entry":
		return tell.EntryPlace(f.last, f.lastTerm)
	case "last index":
		return fmt.Sprint(f.last)
	}
	return fmt.Sprint(f.commit)
}

// nothingElse looks at what has changed where next says that nothing does: time
// and mail may.
func (c *court) nothingElse(item nextItem, before *cluster.World) {
	if item.Brings != "nothing changes" {
		return
	}
	d := picture.OfWorld(before, picture.Compared).AllDelta(picture.OfWorld(c.world(), picture.Compared))
	for _, t := range d.Things {
		fine := []picture.Aspect{picture.InFlight, picture.TimerIs, picture.DueIs, picture.HeardIs}
		c.holds(nothingIsSo, slices.Contains(fine, t.Aspect), "next: %s: nothing changes; when it is done: %s: %s → %s",
			item.Command, tell.ThingName(t), tell.ThingText(d.A, t), tell.ThingText(d.B, t))
	}
}

// whoConfirmed is the voters other than the leader itself that it knew to hold
// what it committed. A leader that stepped down in the same action, as one that
// is removed does (section 6), has forgotten by then: it is what it knew before,
// and the answer that came.
func whoConfirmed(q *inquiry.Inquiry, e *event.Event, n, was *raft.State) (counted raft.Set) {
	for v := range n.Configuration.Voters.Without(e.Node).All() {
		match := n.MatchIndex(v)
		if n.Role != raft.Leader {
			match = max(was.MatchIndex(v), confirmedFrom(q, e, v))
		}
		if match >= event.As[event.Committed](e).Last {
			counted = counted.With(v)
		}
	}
	return counted
}

// confirmedFrom is the highest index that the answers of a voter confirm which
// arrived in an action, up to an event of it.
func confirmedFrom(q *inquiry.Inquiry, e *event.Event, v raft.ID) (match uint64) {
	for p := e.Began; p < e.Position; p++ {
		x := q.Record.At(p)
		if x == nil || !event.Is[event.Delivered](x) || x.Peer() != v || x.Node != e.Node {
			continue
		}
		switch m := x.Body().(type) {
		case *raft.AppendEntriesReply:
			match = max(match, m.MatchIndex)
		case *raft.InstallSnapshotReply:
			match = max(match, m.MatchIndex)
		}
	}
	return match
}

var answerOf = regexp.MustCompile(`^(S\d+)'s (RequestVoteReply|AppendEntriesReply|InstallSnapshotReply) \(m\d+\) reached`)

// answersCounted compares the answers that are named as causes of an election
// that is won, or of a leader's commit, with who was counted.
func (c *court) answersCounted(q *inquiry.Inquiry, question string, a *inquiry.Answer) {
	e := q.Record.At(a.Position)
	if e == nil || a.Rule != raft.Majority.ID && a.Rule != raft.MajorityHolds.ID || len(a.Halves) > 1 {
		return
	}
	id := e.Node
	n, was := q.Record.After(e).State(id), q.Record.Before(e).State(id)
	if n == nil || was == nil || n.Configuration != was.Configuration || !n.Configuration.Old.Empty() {
		return
	}
	won := event.As[event.RoleChanged](e).To == raft.Leader
	var counted raft.Set
	if event.Is[event.Committed](e) {
		counted = whoConfirmed(q, e, n, was)
	} else if !won {
		return
	}
	var named raft.Set
	for _, b := range a.Because {
		if m := answerOf.FindStringSubmatch(b.Text); m != nil {
			c.holds(countedIsSo, !named.Has(idOf(m[1])), "%s: %s: %s twice", question, a.Answer, m[1])
			named = named.With(idOf(m[1]))
		}
	}
	for _, x := range a.Compared { // who voted is forgotten by now; how many did is told
		if won && x.Name == "votes" {
			c.holds(countedIsSo, fmt.Sprint(named.Len()+1) == fmt.Sprint(x.Value), "%s: %s: the votes of %s are named, of %v", question, a.Answer, named, x.Value)
		}
	}
	c.holds(countedIsSo, won || named == counted, "%s: %s: the answers of %s are named; counted were %s", question, a.Answer, named, counted)
}

// Worlds in which an answer was wrong once, with everything asked in them.
func TestAnswersAgreeInOnceWrongWorlds(t *testing.T) {
	for _, w := range []struct {
		seed   uint64 // it says how many servers there are
		script string
	}{
		{865, "timeout S2; settle; reconfigure S5 S1 S4; run 28"},
		{5001015, "timeout S2; settle; remove S2; run 22"},
		{5011640, "set stickiness on; timeout S1; settle; reconfigure S3; settle S3 S1; timeout S3; heartbeat S3"},
		{748420, "set max-bytes 8; settle; timeout S6; settle; put x 4; remove S1; freeze S6"},
		{5002970, "timeout S4; settle; put x 0; add S5; freeze S4"},
		{8026182, "set prevote on; set election-timeout 5; set check-quorum on; timeout S3; settle; remove S4; run 15; set snapshot-every 2"},
		{8051951, "timeout S7; isolate S5; incr y as C3 via S7; run 24; snapshot S7; add S8 as learner; transfer S5"},
		{772874, "set fsync off; timeout S1; settle; kill S2; transfer S2; restart all; deliver TimeoutNow S1->S2"},
	} {
		c := newCourt(w.seed)
		c.again(strings.Split(w.script, "; "))
		for _, x := range c.wrong {
			t.Errorf("seed %d: %s: %s: %s", w.seed, w.script, x.claim, x.text)
		}
		if c.put[linesAreSo]+c.put[countedIsSo]+c.put[numbersAreSo] == 0 {
			t.Errorf("seed %d: %s: nothing was asked", w.seed, w.script)
		}
	}
}
