package commands

import (
	"fmt"
	"regexp"
	"strings"

	"raftlab/cluster"
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
func (c *court) linesOfEntry(question string, a *Answer, leader raft.ID, index uint64) {
	w := c.world()
	if leader == 0 || w.Node(leader) == nil {
		return
	}
	n := w.Node(leader)
	term, there := n.Log().Term(index)
	for _, line := range a.Nodes {
		lacks, holds := strings.HasPrefix(line.Text, "lacks it"), strings.HasPrefix(line.Text, "holds it")
		if !lacks && !holds {
			continue
		}
		t, has := w.Stored(idOf(line.Node)).Log.Term(index)
		is := there && has && t == term
		c.holds(linesAreSo, holds == is, "%s: %s; %s %s; but by its log it holds it: %v", question, a.Answer, line.Node, line.Text, is)
		if strings.Contains(line.Text, "the next heartbeat sends it") {
			c.holds(linesAreSo, heartbeatBrings(w, leader, idOf(line.Node), index), "%s: %s; %s %s; it does not", question, a.Answer, line.Node, line.Text)
		}
	}
}

// heartbeatBrings tells whether a leader's next heartbeat carries an entry to a server.
func heartbeatBrings(w *cluster.World, leader, id raft.ID, index uint64) bool {
	w = w.Clone()
	before := sentSoFar(w)
	if w.Apply(cluster.Heartbeat{Node: leader}) != nil {
		return false
	}
	for _, f := range w.Flights() {
		if m, ok := f.Message.(*raft.AppendEntries); ok && f.ID > before && f.From == leader && f.To == id {
			return m.PrevLogIndex < index && index <= m.PrevLogIndex+uint64(len(m.Entries))
		}
	}
	return false
}

var saysTerm = regexp.MustCompile(`in term (\d+)`)

// eitherVote looks at what is said of one vote, yes and no.
func (c *court) eitherVote(id, other raft.ID, q *inquiry, yes, no *Answer, noYes, noNo error) {
	questions := fmt.Sprintf("why %s voted %s: %s %v; why %s not voted %s: %s %v", id, other, text(yes), noYes, id, other, text(no), noNo)
	has := c.world().Stored(id).VotedFor == other
	c.holds(voteEither, noYes == nil || noNo == nil, "%s", questions)
	c.holds(voteEither, noYes == nil || !has, "%s; it has", questions)
	if noYes == nil && noNo == nil && id != other {
		e := q.record.At(yes.Position)
		m := saysTerm.FindStringSubmatch(no.Answer)
		c.holds(voteEither, e != nil && m != nil && m[1] != fmt.Sprint(e.Term), "%s", questions)
	}
}

// aboutClients asks about each client, and what its reads may rest on.
func (c *court) aboutClients(q *inquiry) {
	for _, id := range c.world().IDs() {
		n := c.world().Node(id)
		has := n != nil && n.Role() == raft.Leader && n.HasLease()
		_, yes := c.ask(q, fmt.Sprintf("why %s lease", id))
		_, no := c.ask(q, fmt.Sprintf("why %s no lease", id))
		c.holds(oneOfTwo, (yes == nil) == has && (no == nil) == !has, "why %s lease: %v; why %s no lease: %v; it has one: %v", id, yes, id, no, has)
	}
	for _, cl := range c.world().Clients() {
		question := "why " + cl.Name
		a, err := c.ask(q, question)
		if !c.holds(clientsAreSo, err == nil, "%s: %v", question, err) {
			continue
		}
		status := map[string]string{cluster.Pending: " is pending", cluster.Done: " is done", cluster.Unknown: " is unknown"}[cl.Status]
		c.holds(clientsAreSo, strings.Contains(a.Answer, status), "%s: %s; it is %s", question, a.Answer, cl.Status)
		if cl.Status != cluster.Pending {
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
func figuresUpTo(record *cluster.Record, e *cluster.Event) []figures {
	id := idOf(e.Node)
	w, end := record.Before(e), record.After(e)
	now := figuresOf(w, id)
	moments := []figures{now}
	for p := e.Began; p <= e.Position; p++ {
		x := record.At(p)
		if x == nil || x.Node != e.Node {
			continue
		}
		switch x.Kind {
		case cluster.TermChanged:
			now.term = x.Term
		case cluster.Committed:
			now.commit = x.Last
		case cluster.Appended:
			now.last = x.Last
			now.lastTerm, _ = end.Stored(id).Log.Term(x.Last)
		case cluster.Truncated:
			now.last = x.First - 1
			now.lastTerm, _ = w.Stored(id).Log.Term(x.First - 1)
		case cluster.SnapshotLoaded, cluster.Given, cluster.Restarted, cluster.Crashed, cluster.Wiped, cluster.ServerAdded:
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
	if n := w.Node(id); n != nil {
		f.commit = n.CommitIndex()
	}
	return f
}

// number is one of them, by the name that answers give it.
func (f figures) number(name string) string {
	switch name {
	case "currentTerm", "term":
		return fmt.Sprint(f.term)
	case "last entry":
		return entryPlace(f.last, f.lastTerm)
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
	for _, d := range append(differing(before, c.world(), facts), differing(before, c.world(), finerFacts)...) {
		_, what, _ := strings.Cut(d.What, " ")
		c.holds(nothingIsSo, d.What == "in flight" || what == "timer" || what == "due" || strings.HasPrefix(what, "heard"),
			"next: %s: nothing changes; when it is done: %s: %s → %s", item.Command, d.What, d.A, d.B)
	}
}

var answerOf = regexp.MustCompile(`^(S\d+)'s (RequestVoteReply|AppendEntriesReply|InstallSnapshotReply) \(m\d+\) reached`)

// answersCounted compares the answers that are named as causes of an election
// that is won, or of a leader's commit, with who was counted.
func (c *court) answersCounted(q *inquiry, question string, a *Answer) {
	e := q.record.At(a.Position)
	if e == nil || a.Rule != raft.Majority.ID && a.Rule != raft.MajorityHolds.ID || len(a.Halves) > 1 {
		return
	}
	id := idOf(e.Node)
	n, was := q.record.After(e).Node(id), q.record.Before(e).Node(id)
	if n == nil || was == nil || n.Configuration() != was.Configuration() || !n.Configuration().Old.Empty() {
		return
	}
	won := e.Kind == cluster.RoleChanged && e.To == "leader"
	var counted raft.Set
	if e.Kind == cluster.Committed {
		for v := range n.Configuration().Voters.Without(id).All() {
			if n.MatchIndex(v) >= e.Last {
				counted = counted.With(v)
			}
		}
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
