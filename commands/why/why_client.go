package why

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// clientAsked is a client by its name: any name but a server's, a message's and
// the words of why itself.
var clientAsked = &lang.Kind[string]{
	Name: "CLIENT", Doc: "a client that has sent something: `C1`, `alice`",
	Starts: looksLikeClient,
	Parse: func(p *lang.Parser) (string, error) {
		w, err := p.Next()
		if err != nil || numberedClient.MatchString(w.Text) && !w.Quoted {
			return w.Text, err
		}
		names := p.World.Names(words.SortClient)
		if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, w.Text) }); i >= 0 &&
			!w.Quoted {
			return w.Text, nil
		}
		return "", words.NoNode(p, w, w.Text)
	},
	Complete: func(c *lang.Completion) { c.Offer(c.World.Names(words.SortClient)...) },
}

func looksLikeClient(w lang.Word) bool {
	_, message := words.MessageNumber(w.Text)
	return !w.Quoted && lang.IsName(w.Text) && !words.LooksLikeNode(w) && !message &&
		!slices.Contains([]string{"no", "not", "more"}, w.Text)
}

// clientNamed answers for a client. Its name counts as it is written, and else
// whatever its letters.
func (q *Inquiry) clientNamed(name string) (*Answer, error) {
	cl := q.W.Client(name)
	for _, other := range q.W.Clients() {
		if cl == nil && strings.EqualFold(other.Name, name) {
			cl = other
		}
	}
	if cl == nil {
		return nil, lang.Errorf("there is no client %s: no server has accepted a request from it", name).
			WithHint("clients lists those there are; put x 1 as %s sends one", name)
	}
	return q.client(cl)
}

var numberedClient = regexp.MustCompile(`^[Cc][0-9]+$`)

// client is what became of a client's last request, and why.
func (q *Inquiry) client(cl *cluster.Client) (*Answer, error) {
	name := cl.Name
	what := fmt.Sprintf("%s's %s", name, prose.Visible(cl.Command))
	e := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return cluster.As[cluster.Answered](e).Client == name || cluster.As[cluster.Abandoned](e).Client == name
	})
	var a *Answer
	switch {
	case cl.Status == cluster.Pending:
		a = q.clientWaits(cl, what)
	case e == nil:
		return nil, lang.Errorf("nothing is known of what became of %s", what)
	default:
		a = q.Explain(e)
		if cl.Status == cluster.Done {
			entry := ""
			if cl.Index > 0 {
				entry = fmt.Sprintf(", once entry %d was committed and applied", cl.Index)
			}
			a.Answer = fmt.Sprintf("%s is done: %s replied %s at #%d%s.", what, e.Node,
				prose.Visible(tell.Result(cl.Result)), e.Position, entry)
		} else {
			a.Answer = fmt.Sprintf("%s is unknown: %s (#%d). %s", what, cl.Why, e.Position, unknownText(cl))
			for _, v := range q.Variants(cl.Index) {
				if v.Term == cl.Term {
					a.cause(Because{Text: fmt.Sprintf("%s, is in fact %s", v, q.FateOf(v))})
				}
			}
		}
	}
	a.cause(q.clientWay(cl)...)
	return a, nil
}

// unknownText is what it means for a client that it had no answer: a read
// changes nothing, whether it was done or not.
func unknownText(cl *cluster.Client) string {
	if cl.Mode != "" {
		return "A read changes nothing, so it can safely be sent again: retry " + cl.Name + "."
	}
	return fmt.Sprintf("It may have been done or not; %s cannot know.", cl.Name)
}

// clientWay is where a client's last request went: who was silent, who sent it
// on, who took it.
func (q *Inquiry) clientWay(cl *cluster.Client) []Because {
	asked := q.last(q.Record.End()+1, func(e *cluster.Event) bool { return asksFor(e, cl.Name) })
	if asked == nil {
		return nil
	}
	line := q.Record.Line(asked.Position)
	var way []*cluster.Event
	for p := q.Record.End() + 1; line != nil; { // the latest first
		e := q.last(p, func(e *cluster.Event) bool {
			return repliesTo(e, cl.Name) || e.Position <= line.Start
		})
		if e == nil || e.Position <= line.Start {
			break
		}
		way, p = append(way, e), e.Position
	}
	slices.Reverse(way)
	return q.because(way...)
}

// repliesTo tells whether an event is a server's answer to a client's question.
func repliesTo(e *cluster.Event, client string) bool {
	switch x := e.What.(type) {
	case cluster.Redirected:
		return x.Client == client
	case cluster.Unanswered:
		return x.Client == client
	case cluster.Accepted:
		return x.Client == client
	}
	return false
}

// clientWaits is why a request is pending.
func (q *Inquiry) clientWaits(cl *cluster.Client, what string) *Answer {
	n, at := q.W.State(cl.Node), cl.Node
	where := fmt.Sprintf("%s is pending at %s", what, at)
	if cl.Index > 0 {
		where = fmt.Sprintf("%s is pending as entry %d on %s", what, cl.Index, at)
	}
	leads := n != nil && n.Role == raft.Leader
	if other := q.W.Leader(); other != at && other != 0 && n != nil && q.W.State(other).CurrentTerm > n.CurrentTerm {
		is := map[bool]string{true: "leads", false: "is in"}[leads]
		where = fmt.Sprintf("%s, which %s term %d and does not know yet that %s leads term %d", where, is,
			n.CurrentTerm, other, q.W.State(other).CurrentTerm)
	}
	a, entry := &Answer{}, max(cl.Index, cl.Opens)
	switch {
	case q.W.Frozen(at):
		a.by(cluster.ClientsAreAnswered)
		a.Answer = fmt.Sprintf("%s: %s is frozen.", where, at)
		a.cause(q.because(q.frozenSince(at, q.Record.End()+1))...)
	case entry == 0:
		a.by(cluster.ClientsAreAnswered)
		a.Answer = where + q.apart(at) + ". A read waits until a majority confirms that the leader still leads, and " +
			"until what it must see is applied."
		a.cause(q.askedForRead(at)...)
	case !leads:
		a.by(cluster.ClientsAreAnswered)
		a.Answer = fmt.Sprintf("%s: %s no longer leads, so whether its entry is kept is another leader's to decide.",
			where, at)
		a.cause(q.because(q.deposed(at))...)
	default:
		a = q.notCounted(at, entry)
		if cl.Opens > 0 {
			where = fmt.Sprintf("%s: it is sent when entry %d, which registers %s's session, is applied", where,
				cl.Opens, cl.Name)
		}
		a.Answer = fmt.Sprintf("%s%s. %s", where, q.apart(at), a.Answer)
	}
	return a
}

// askedForRead is what became of a follower's last question to the leader, for
// what its reads must see.
func (q *Inquiry) askedForRead(id raft.ID) []Because {
	for _, f := range q.W.Flights() {
		asks := f.From == id && f.Message.Type() == "ReadIndex"
		if asks || f.To == id && f.Message.Type() == "ReadIndexReply" {
			what := map[bool]string{true: "its question to", false: "the answer of"}[asks]
			other := map[bool]raft.ID{true: f.To, false: f.From}[asks]
			return []Because{{Text: fmt.Sprintf("%s %s, %s, %s", what, other, words.MessageID(f.ID), q.awaits(&f))}}
		}
	}
	return q.because(q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		m, _ := e.Mail()
		switch m.Message.(type) {
		case *raft.ReadIndex:
			return m.From == id
		case *raft.ReadIndexReply:
			return m.To == id
		}
		return false
	}))
}

// apart says that a server cannot reach a majority of the voters, if so.
func (q *Inquiry) apart(id raft.ID) string {
	n := q.W.State(id)
	if n == nil {
		return ""
	}
	var reach, cut, down raft.Set
	for v := range n.Configuration.AllVoters().All() {
		switch {
		case v == id:
			reach = reach.With(v)
		case !q.W.Has(v) || !q.W.Up(v) || q.W.Frozen(v):
			down = down.With(v)
		case q.W.IsCut(id, v) || q.W.IsCut(v, id):
			cut = cut.With(v)
		default:
			reach = reach.With(v)
		}
	}
	if n.Configuration.Majority(reach) {
		return ""
	}
	text := ""
	if !cut.Empty() {
		text = fmt.Sprintf("; %s is cut off from %s", id, cut)
	}
	if !down.Empty() {
		text += fmt.Sprintf("; down or frozen: %s", down)
	}
	return text
}

// lease is why a leader has a lease, or why a server has none.
func (q *Inquiry) lease(id raft.ID, not bool) (*Answer, error) {
	n := q.W.State(id)
	has := n != nil && n.Role == raft.Leader && n.Lease
	last := func(is func(*cluster.Event) bool) *cluster.Event {
		return q.last(q.Record.End()+1, func(e *cluster.Event) bool { return is(e) && e.Node == id })
	}
	switch {
	case has && not:
		return nil, lang.Errorf("%s has a lease", id).WithHint("ask why %s lease", id)
	case !has && !not:
		return nil, lang.Errorf("%s has no lease", id).WithHint("ask why %s no lease", id)
	case has:
		if e := last(cluster.Is[cluster.LeaseBegun]); e != nil {
			return q.leaseNow(id, e), nil
		}
		return nil, lang.Errorf("%s has a lease since before what is recorded", id)
	}
	a := &Answer{}
	a.by(cluster.LeaseLasts)
	s := q.W.Settings()
	ended := last(cluster.Is[cluster.LeaseEnded])
	switch {
	case n == nil:
		a.Answer = fmt.Sprintf("%s has no lease: it is down.", id)
		a.cause(q.because(q.downSince(id, q.Record.End()+1))...)
		return a, nil
	case n.Role != raft.Leader:
		a.Answer = fmt.Sprintf("%s has no lease: only a leader has one, and %s is %s.", id, id,
			roleText(RoleOf(q.W, id)))
		a.cause(q.because(q.deposed(id))...)
		return a, nil
	case !s.Stickiness && s.Reads != "lease":
		a.Answer = fmt.Sprintf("%s has no lease: leaders keep one only with stickiness on, since a lease holds only "+
			"where voters wait.", id)
		a.cause(Because{Text: "set reads lease or set stickiness on has leaders keep one"})
		return a, nil
	case n.Transferee != 0:
		a.Answer = fmt.Sprintf("%s has no lease: it is handing leadership to %s, and no voter refuses that election.",
			id, n.Transferee)
	case ended != nil:
		a.Answer = fmt.Sprintf("%s has no lease: its last one was over at #%d, and no majority has answered a later "+
			"round of heartbeats.", id, ended.Position)
	default:
		a.Answer = fmt.Sprintf("%s has no lease: no majority has answered a round of its heartbeats yet.", id)
	}
	a.cause(q.because(ended)...)
	a.cause(Because{Text: fmt.Sprintf("heartbeat %s; settle begins one, where a majority answers", id)})
	return a, nil
}

// leaseNow is how a leader came by its lease, which round of heartbeats renewed
// it last, and how long it lasts from now.
func (q *Inquiry) leaseNow(id raft.ID, began *cluster.Event) *Answer {
	a := q.Explain(began)
	if !q.Lab.Replay { // whose clocks stand still
		a.compare("ticks left", q.W.LeaseLeft(id))
	}
	e := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Position <= began.Position || cluster.Is[cluster.Delivered](e) && e.Node == id &&
			q.Record.After(e).LeaseLeft(id) > q.Record.Before(e).LeaseLeft(id)
	})
	if e != nil && e.Position > began.Position {
		a.Answer = fmt.Sprintf("%s, and a later round of heartbeats renewed it at #%d.",
			strings.TrimSuffix(a.Answer, "."), e.Position)
		a.cause(q.because(e)...)
	}
	return a
}

// progress is what a leader's nextIndex or matchIndex for another server is,
// and what moved it last.
func (q *Inquiry) progress(id, other raft.ID, what string) (*Answer, error) {
	name, get := "nextIndex", (*raft.State).NextIndex
	a := &Answer{}
	if what == "match" {
		name, get = "matchIndex", (*raft.State).MatchIndex
	}
	n := q.W.State(id)
	switch {
	case n == nil:
		a.Answer = fmt.Sprintf("%s has no %s: it is down, and %s is volatile (Figure 2).", id, name, name)
		return a, nil
	case n.Role != raft.Leader:
		a.Answer = fmt.Sprintf("%s has no %s for %s: only a leader keeps one (Figure 2), and %s is %s.", id, name,
			other, id, roleText(RoleOf(q.W, id)))
		a.cause(q.because(q.deposed(id))...)
		return a, nil
	case id == other:
		return nil, lang.Errorf("%s keeps no %s for itself: its own log ends at %d", id, name, n.Log.LastIndex())
	case !n.Configuration.Members().Has(other):
		return nil, lang.Errorf("%s is not a member of %s's configuration, so %s keeps no %s for it", other, id, id,
			name)
	}
	now := get(n, other)
	a.compare(name+" of "+other.String(), now)
	e, was := q.Moved(id, other, now, get)
	a.Answer = fmt.Sprintf("%s's %s for %s is %d.", id, name, other, now)
	if e == nil {
		a.by(raft.MatchConfirmed)
		return a, q.Ctx.Err()
	}
	why := q.Explain(e)
	a.Rule, a.Place, a.Says, a.Position = why.Rule, why.Place, why.Says, e.Position
	start := map[string]string{"nextIndex": "one after the leader's last index", "matchIndex": "0"}[name]
	switch {
	case cluster.Is[cluster.RoleChanged](e):
		a.Answer = fmt.Sprintf("%s's %s for %s is %d, as it was set when %s became leader at #%d: it starts at %s "+
			"(Figure 2, volatile state on leaders).", id, name, other, now, id, e.Position, start)
	case cluster.Is[cluster.MembersChanged](e):
		a.Answer = fmt.Sprintf("%s's %s for %s is %d, as it was set when %s became a member in %s's configuration "+
			"at #%d.", id, name, other, now, other, id, e.Position)
	default:
		if cluster.Is[cluster.Sent](e) {
			a.by(raft.SendMissing)
		}
		a.Answer = fmt.Sprintf("%s's %s for %s is %d: it was %d until #%d.", id, name, other, now, was, e.Position)
	}
	a.cause(q.because(e)...)
	return a, nil
}

// beginsNumbers says whether a leader's numbers for the others may begin with an event.
func beginsNumbers(e *cluster.Event, leader raft.ID) bool {
	return e.Node == leader && (cluster.As[cluster.RoleChanged](e).To == raft.Leader ||
		cluster.Is[cluster.MembersChanged](e))
}

// exchanged says whether an event is mail at one server, of or to the other.
func exchanged(e *cluster.Event, me, them raft.ID) bool {
	mail := cluster.Is[cluster.Delivered](e) || cluster.Is[cluster.Sent](e) || cluster.Is[cluster.Injected](e)
	return mail && e.Node == me && e.Peer() == them
}

// Moved is the event by which a leader's number for another server last became
// what it is, and what it was before. A leader's numbers begin with its
// election, or with the configuration that brings the other one in; with
// pipeline on, what is sent at once moves them in the same action.
func (q *Inquiry) Moved(id, other raft.ID, now uint64, get func(*raft.State, raft.ID) uint64) (*cluster.Event, uint64) {
	me, them := id, other
	before := q.Record.End() + 1
	for q.Ctx.Err() == nil {
		e := q.last(before, func(e *cluster.Event) bool {
			return beginsNumbers(e, me) || exchanged(e, me, them)
		})
		if e == nil {
			return nil, 0
		}
		n := q.Record.Before(e).State(id)
		leads := n != nil && n.Role == raft.Leader
		was, start := uint64(0), !leads || !n.Configuration.Members().Has(other)
		if !start {
			was = get(n, other)
		}
		if !start && was == now {
			before = e.Position
			continue
		}
		m, ok := e.Body().(*raft.AppendEntries)
		if ok && cluster.Is[cluster.Sent](e) && now > m.PrevLogIndex+1 { // moved by sending; no matchIndex is as high
			return e, m.PrevLogIndex + 1
		}
		first := q.last(e.Position+1, func(x *cluster.Event) bool { // not what was only sent because of it
			return x.Began == e.Began && (start && beginsNumbers(x, me) &&
				(leads || cluster.Is[cluster.RoleChanged](x)) ||
				!start && cluster.Is[cluster.Delivered](x) && exchanged(x, me, them))
		})
		return cmp.Or(first, e), was
	}
	return nil, 0
}
