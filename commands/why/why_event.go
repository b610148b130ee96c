package why

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// Past is an event as something that has happened, with its position.
func (q *Inquiry) Past(e *cluster.Event) string { return tell.Happened(e, q.trigger(e)) }

// bare is the same without the position.
func (q *Inquiry) bare(e *cluster.Event) string { return tell.Bare(e, q.trigger(e)) }

// askedTerm is the term of the request that an answer was given to.
func (q *Inquiry) askedTerm(e *cluster.Event) uint64 {
	m, _ := e.Mail()
	return tell.AskedTerm(m, q.trigger(e))
}

// Explain says why an event happened.
func (q *Inquiry) Explain(e *cluster.Event) *Answer {
	a := &Answer{Answer: q.Past(e) + ".", Position: e.Position}
	switch x := e.What.(type) {
	case cluster.Crashed:
		q.whyCrashed(e, a, x)
	case cluster.Restarted:
		q.byYou(e, a, cluster.RestartFromDisk)
	case cluster.Given:
		q.byYou(e, a, cluster.AsGiven)
	case cluster.Requested:
		q.byYou(e, a, cluster.ClientsAsk)
	case cluster.ReadBegun:
		q.whyRead(e, a)
	case cluster.MinimumPassed:
		q.byYou(e, a, raft.Stickiness)
	case cluster.ElectionTimeout:
		q.whyTimeout(e, a)
	case cluster.HeartbeatDue:
		q.whyHeartbeat(e, a)
	case cluster.QuorumChecked:
		q.whyQuorum(e, a)
	case cluster.TransferOver:
		q.whyTransferOver(e, a, x.To)
	case cluster.LeaseBegun:
		q.whyLease(e, a, x.Ticks)
	case cluster.LeaseEnded:
		q.whyLeaseOver(e, a)
	case cluster.Delivered:
		q.whyDelivered(e, a)
	case cluster.Lost:
		q.whyLost(e, a, x)
	case cluster.Duplicated:
		q.whyDuplicated(e, a)
	case cluster.Corrupted:
		a.by(cluster.MailIsPossible)
		a.cause(q.because(q.sending(e))...)
	case cluster.Redirected, cluster.Unanswered:
		q.whyRedirected(e, a)
	case cluster.Answered:
		q.whyAnswered(e, a, x.Client, x.Last)
	case cluster.SessionTold:
		q.whyAnswered(e, a, x.Client, x.Last)
	case cluster.Abandoned:
		a.by(cluster.OutcomeUnknown)
		a.cause(Because{Text: prose.Visible(x.Why)})
		a.cause(q.source(e)...)
	case cluster.Breached:
		q.whyBreached(e, a, x.Property)
	case cluster.SnapshotTaken:
		q.whySnapshot(e, a, x.Last)
	case cluster.Committed:
		q.whyCommitted(e, a)
	default:
		q.whyDone(e, a)
	}
	return a
}

// whyDone is for what servers do, and what you do.
func (q *Inquiry) whyDone(e *cluster.Event, a *Answer) {
	switch x := e.What.(type) {
	case cluster.Sent:
		q.whySent(e, a)
	case cluster.Voted:
		q.whyVotedFor(e, a, x)
	case cluster.Truncated:
		q.rests(e, a, raft.DeleteConflict)
	case cluster.ServerAdded:
		q.byYou(e, a, cluster.YourDeed)
	default:
		if len(e.Cause) > 0 || len(q.Record.Decisions(e)) > 0 {
			q.rests(e, a, cluster.MustAlwaysHold)
		} else {
			q.byYou(e, a, cluster.YourDeed)
		}
	}
}

// causeOf is the decision that an event rests on; of several, the last that the
// core named.
func causeOf(e *cluster.Event) *raft.Decision {
	if n := len(e.Cause); n > 0 {
		return e.Cause[n-1]
	}
	return nil
}

// asked is the last decision about a rule, with this outcome, for the input that e
// came of; where e is a message, one about its receiver is better.
func (q *Inquiry) asked(e *cluster.Event, rule *raft.Rule, holds bool) *raft.Decision {
	var found *raft.Decision
	all := q.Record.Decisions(e)
	for i := range all {
		d := &all[i]
		if d.Rule == rule && d.Holds == holds && (found == nil || found.Peer != e.Peer() || d.Peer == e.Peer()) {
			found = d
		}
	}
	return found
}

// AskedEither is the last decision that held, else the last that did not.
func (q *Inquiry) AskedEither(e *cluster.Event, rule *raft.Rule) *raft.Decision {
	return cmp.Or(q.asked(e, rule, true), q.asked(e, rule, false))
}

// rests explains an event by the decision that it rests on. Where no decision made
// it, it is told with a rule that it should have kept.
func (q *Inquiry) rests(e *cluster.Event, a *Answer, otherwise *raft.Rule) {
	if d := causeOf(e); d != nil {
		q.decided(a, d, e)
	} else {
		q.unruled(e, a, otherwise)
	}
	a.cause(q.source(e)...)
}

// unruled is for what no decision explains: a state by hand, or a mistake on
// purpose, which goes past the rules.
func (q *Inquiry) unruled(e *cluster.Event, a *Answer, rule *raft.Rule) {
	a.Unruled = true
	if t := q.trigger(e); t != nil && cluster.Is[cluster.Given](t) {
		a.by(cluster.AsGiven)
		return
	}
	w, id := q.Record.After(e), e.Node
	a.by(rule)
	for _, r := range lab.AllRules() {
		if len(w.BugsAgainst(r, id)) > 0 {
			a.by(r)
			a.noteBugs(w, r, id)
		}
	}
	if on, _ := w.Riddle(); on {
		a.Bug = "no rule says so: this is the doing of the hidden bug, which you are to guess"
	}
}

// trigger is the event that told of the input that e came of, or nil.
func (q *Inquiry) trigger(e *cluster.Event) *cluster.Event {
	if t := q.Record.At(e.Of); t != nil && (t.Node == e.Node || t.Node == 0) {
		return t
	}
	return nil
}

// source is what e came of: an event, or your command.
func (q *Inquiry) source(e *cluster.Event) []Because {
	t := q.trigger(e)
	switch {
	case t == nil:
		return []Because{q.deed(e)}
	case cluster.Is[cluster.Delivered](t) || byTime(t):
		return q.because(t)
	case cluster.Is[cluster.Requested](t) || cluster.Is[cluster.ReadBegun](t):
		return append(q.because(t), q.deed(t))
	case cluster.Is[cluster.ElectionTimeout](t) && countsOnClocks(q.Record.Before(t)):
		return append(q.byHand(t), q.deed(t))
	}
	return []Because{q.deed(t)}
}

// byYou explains what only a command brings about.
func (q *Inquiry) byYou(e *cluster.Event, a *Answer, rule *raft.Rule) {
	a.by(rule)
	a.cause(q.deed(e))
}

func (q *Inquiry) whyCrashed(e *cluster.Event, a *Answer, x cluster.Crashed) {
	a.compare("kept", x.Kept)
	a.noteBugs(q.Record.Before(e), cluster.StableFirst, e.Node)
	a.compare("lost", x.Forgets())
	q.byYou(e, a, cluster.CrashForgets)
}

func (q *Inquiry) whyTimeout(e *cluster.Event, a *Answer) {
	if !byTime(e) {
		if len(e.Cause) > 0 { // with PreVote, of a server alone, it is the first of two
			q.decided(a, e.Cause[0], e)
		} else {
			a.by(raft.ElectionTimeoutRule)
		}
		a.cause(q.byHand(e)...)
		a.cause(q.deed(e))
		return
	}
	id, before := e.Node, q.Record.Before(e)
	_, drawn := before.Timer(id)
	a.by(cluster.TimerRunsOut)
	a.compare("ticks left", 0)
	a.compare("election timeout drawn", fmt.Sprintf("%d, from %s", drawn,
		cluster.FindSetting("election-timeout").Get(before.Settings())))
	a.cause(q.timerBegan(before, id)...)
	a.cause(q.silence(before, id, e.Position)...)
}

// countsOnClocks tells whether servers refuse votes, or answer reads, because no
// clock has let an election timeout pass (thesis 4.2.3, 6.4.1).
func countsOnClocks(w *cluster.World) bool {
	s := w.Settings()
	return s.Stickiness || s.Reads == "lease"
}

// byHand says of an election timer that a command fired whether its clock might
// have: what counts on clocks, such as a lease, may break by it.
func (q *Inquiry) byHand(e *cluster.Event) []Because {
	w, id := q.Record.Before(e), e.Node
	left, of := w.Timer(id)
	if left == 0 || q.Lab.Replay {
		return nil
	}
	ticks, heard := w.SinceHeard(id)
	if !heard {
		return []Because{{Text: fmt.Sprintf("fired by hand: its timer had %d of %d ticks left", left, of)}}
	}
	out := []Because{{Text: fmt.Sprintf("fired by hand, as no clock would: %s heard from a leader %s before, and an "+
		"election timeout is %d at least",
		e.Node, prose.Plural(ticks, "tick"), w.Settings().ElectionTimeout.Min)}}
	for _, leader := range w.Leaders() {
		if w.State(leader).Lease {
			out = append(out, Because{Text: fmt.Sprintf("%s's lease relies on no clock doing so, and may be broken "+
				"now (%s, %s)", leader, cluster.LeaseLasts.ID, cluster.LeaseLasts.Place)})
		}
	}
	return out
}

// timerBegan is why a server's election timer last began anew.
func (q *Inquiry) timerBegan(w *cluster.World, id raft.ID) []Because {
	first := q.Record.At(w.TimerBegan(id))
	if first == nil {
		return []Because{{Text: id.String() + "'s timer has run since the beginning"}}
	}
	start := first
	for e := first; e != nil && e.Began == first.Began; e = q.Record.At(e.Position + 1) {
		next := q.Record.At(e.Position + 1)
		if next != nil && next.Of == e.Position && (e.Node == id || e.Node == 0) { // it told of an input
			start = e
			break
		}
	}
	return q.becauseThat("the timer last restarted when ", start)
}

// silence is why the leader that a server knew is not heard.
func (q *Inquiry) silence(w *cluster.World, id raft.ID, before uint64) []Because {
	n := w.State(id)
	if n == nil || n.Leader == 0 {
		return nil
	}
	leader := n.Leader
	switch {
	case !w.Up(leader):
		return q.because(q.downSince(leader, before))
	case w.Frozen(leader):
		return q.because(q.last(before, func(e *cluster.Event) bool {
			return cluster.Is[cluster.Frozen](e) && e.Node == leader
		}))
	case w.IsCut(leader, id):
		return q.because(q.cutSince(leader, id, before))
	case w.State(leader).Role != raft.Leader:
		return q.because(q.last(before, func(e *cluster.Event) bool {
			return cluster.Is[cluster.RoleChanged](e) && e.Node == leader
		}))
	}
	return nil
}

func (q *Inquiry) downSince(id raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool { return cluster.Is[cluster.Crashed](e) && e.Node == id })
}

// cutSince is what cut a link.
func (q *Inquiry) cutSince(from, to raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool {
		return cluster.Is[cluster.LinksCut](e) && q.Record.After(e).IsCut(from, to) &&
			!q.Record.Before(e).IsCut(from, to)
	})
}

func (q *Inquiry) whyHeartbeat(e *cluster.Event, a *Answer) {
	a.by(cluster.HeartbeatsRepeat)
	if !byTime(e) {
		a.cause(q.deed(e))
		return
	}
	_, of := q.Record.Before(e).Timer(e.Node)
	a.compare("ticks since the last one", of)
	a.compare("heartbeat-interval", of)
	a.cause(q.because(q.elected(e.Node, e.Position))...)
}

func (q *Inquiry) whyQuorum(e *cluster.Event, a *Answer) {
	if d := causeOf(e); d != nil {
		q.decided(a, d, e)
	} else {
		q.unruled(e, a, raft.CheckQuorumRule)
	}
	if !byTime(e) || a.Unruled {
		a.cause(q.deed(e))
	}
}

func (q *Inquiry) whyTransferOver(e *cluster.Event, a *Answer, target raft.ID) {
	a.by(cluster.TransferIsGivenUp)
	begun := q.last(e.Position, func(o *cluster.Event) bool {
		return cluster.Is[cluster.TransferBegun](o) && o.Node == e.Node
	})
	if byTime(e) {
		limit := q.Record.Before(e).Settings().ElectionTimeout.Min
		a.compare("ticks since it began", limit)
		a.compare("minimum election timeout", limit)
	} else {
		a.cause(q.deed(e))
	}
	a.cause(q.because(begun)...)
	if !q.Record.Before(e).Up(target) {
		a.cause(q.because(q.downSince(target, e.Position))...)
	} else if id := e.Node; q.Record.Before(e).IsCut(id, target) {
		a.cause(q.because(q.cutSince(id, target, e.Position))...)
	}
}

// whyRead says also how the server goes about it.
func (q *Inquiry) whyRead(e *cluster.Event, a *Answer) {
	a.by(cluster.ClientsAsk)
	if d := causeOf(e); d != nil {
		q.decided(a, d, e)
		a.Answer = strings.TrimSuffix(a.Answer, ".") + ": " + outcome(d) + "."
	}
	a.cause(q.deed(e))
}

func (q *Inquiry) whyLease(e *cluster.Event, a *Answer, ticks uint64) {
	w := q.Record.Before(e)
	s := w.Settings()
	a.by(cluster.LeaseLasts)
	if d := causeOf(e); d != nil {
		a.Halves = halvesOf(d.Halves)
		a.cause(Because{Text: fmt.Sprintf("a majority answered round %d of heartbeats: %s (%s, %s)", d.Args[0],
			HalvesText(d.Halves), d.Rule.ID, d.Rule.Place)})
	}
	a.noteBugs(w, cluster.LeaseEndsFirst, e.Node)
	a.compare("ticks that it lasts", ticks)
	a.compare("minimum election timeout", s.ElectionTimeout.Min)
	a.compare("clock-bound", s.ClockBound)
	a.cause(q.source(e)...)
}

func (q *Inquiry) whyLeaseOver(e *cluster.Event, a *Answer) {
	a.by(cluster.LeaseLasts)
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		return cluster.Is[cluster.LeaseBegun](o) && o.Node == e.Node
	}))...)
	if !byTime(e) {
		a.cause(q.deed(e))
		return
	}
	a.cause(Because{Text: "its ticks ran out before a majority answered another round of heartbeats"})
}

// cameTo is the decision that says most of what became of a message: what it itself
// came to, else what that did which says most, else what was decided last.
func (q *Inquiry) cameTo(e *cluster.Event) *raft.Decision {
	found, rank := causeOf(e), 0
	for o := q.Record.At(e.Position + 1); found == nil || rank > 0; o = q.Record.At(o.Position + 1) {
		if o == nil || o.Of != e.Position {
			break
		}
		if r := telling(o); causeOf(o) != nil && (found == nil || r < rank) {
			found, rank = causeOf(o), r
		}
	}
	if n := len(e.Decisions); found == nil && n > 0 {
		found = &e.Decisions[n-1]
	}
	return found
}

// telling is how much an event says of the message that it came of; 0: the most.
func telling(e *cluster.Event) int {
	switch x := e.What.(type) {
	case cluster.Sent:
		_, snapshot := x.Message.(*raft.InstallSnapshotReply)
		switch {
		case IsRefusal(x.Message):
			return 0
		case snapshot:
			return 6
		}
		return 9
	case cluster.SnapshotLoaded:
		return 1
	case cluster.Truncated:
		return 2
	case cluster.Appended:
		return 3
	case cluster.Committed:
		return 4
	case cluster.Voted:
		return 5
	case cluster.TermChanged:
		return 7
	case cluster.RoleChanged:
		return 8
	}
	return 10
}

func (q *Inquiry) whyDelivered(e *cluster.Event, a *Answer) {
	a.by(cluster.MailTakesTime)
	if q.replyArrived(e, a) {
	} else if d := q.cameTo(e); d != nil {
		q.decided(a, d, e)
		a.Answer = strings.TrimSuffix(a.Answer, ".") + ": " + outcome(d) + "."
	}
	a.cause(q.because(q.sending(e))...)
	a.cause(q.deed(e))
}

// sending is the event that put an event's message in flight.
func (q *Inquiry) sending(e *cluster.Event) *cluster.Event {
	m, ok := e.Mail()
	if !ok {
		return nil
	}
	return q.last(e.Position, func(o *cluster.Event) bool { return o.IsOf(m.ID) && o.SetsOff() })
}

func (q *Inquiry) whyLost(e *cluster.Event, a *Answer, x cluster.Lost) {
	a.by(cluster.MailIsLost)
	switch x.By {
	case cluster.DownServer:
		a.cause(q.because(q.downSince(x.To, e.Position))...)
	case cluster.CutLink:
		a.cause(q.because(q.cutSince(x.From, x.To, e.Position))...)
	default:
		a.compare("loss", q.Record.Before(e).Settings().Loss)
		a.cause(q.setting("loss", e.Position)...)
	}
	a.cause(q.because(q.sending(e))...)
}

func (q *Inquiry) whyDuplicated(e *cluster.Event, a *Answer) {
	a.by(cluster.MailIsDoubled)
	if _, byHand := e.Action.(cluster.Duplicate); !byHand {
		a.compare("duplication", q.Record.Before(e).Settings().Duplication)
		a.cause(q.setting("duplication", e.Position)...)
	}
	a.cause(q.deed(e))
}

func (q *Inquiry) whyRedirected(e *cluster.Event, a *Answer) {
	a.by(cluster.ClientsAsk)
	w, id := q.Record.Before(e), e.Node
	if n := w.State(id); n != nil {
		a.compare(e.Node.String()+" is", RoleOf(w, id))
		a.compare("leader it knows", prose.Dash(n.Leader.String()))
	} else {
		a.compare(e.Node.String()+" is", "down")
		a.cause(q.because(q.downSince(id, e.Position))...)
	}
	a.cause(q.deed(e))
}

func (q *Inquiry) whyAnswered(e *cluster.Event, a *Answer, client string, index uint64) {
	a.by(cluster.ClientsAreAnswered)
	a.compare("index", index)
	w, id := q.Record.After(e), e.Node
	if n := w.State(id); n != nil {
		a.compare(e.Node.String()+"'s lastApplied", n.LastApplied)
	}
	for _, r := range []*raft.Rule{cluster.AnswerApplied, cluster.ApplyOnce, raft.ReadConfirmed,
		cluster.LeaseEndsFirst} {
		a.noteBugs(w, r, id)
	}
	if d := causeOf(e); d != nil {
		a.cause(Because{Text: outcome(d) + " (" + d.Rule.ID + ")"})
		a.cause(q.answeredBeside(w, e, id)...)
	}
	asked := q.last(e.Position, func(o *cluster.Event) bool {
		return asksFor(o, client)
	})
	if asked != nil && cluster.As[cluster.ReadBegun](asked).Mode == "local" {
		a.cause(localRead(w, id))
	}
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		x, ok := o.What.(cluster.Applied)
		return ok && o.Node == e.Node && x.First <= index && index <= x.Last
	}), asked)...)
}

// asksFor tells whether an event is a client's question to a server.
func asksFor(e *cluster.Event, client string) bool {
	switch x := e.What.(type) {
	case cluster.Requested:
		return x.Client == client
	case cluster.ReadBegun:
		return x.Client == client
	}
	return false
}

// localRead is what a read rests on that asks no other server, and whether the
// server was behind when it answered.
func localRead(w *cluster.World, id raft.ID) Because {
	text := fmt.Sprintf("a local read asks no other server, so %s answers from what it has applied", id)
	if n := w.State(id); n != nil && w.Memory().Committed() > n.LastApplied {
		text += fmt.Sprintf(": up to entry %d, where entry %d was committed already", n.LastApplied,
			w.Memory().Committed())
	}
	return Because{Text: text}
}

// answeredBeside is that a newer leader was there when a lease answered a read,
// and how that came.
func (q *Inquiry) answeredBeside(w *cluster.World, e *cluster.Event, id raft.ID) []Because {
	n := w.State(id)
	if n == nil || !n.Lease {
		return nil
	}
	for _, other := range w.Leaders() {
		if w.State(other).CurrentTerm > n.CurrentTerm {
			out := q.becauseThat("but another led already, so this may be stale: ", q.elected(other, e.Position))
			return append(out, q.tooSoon(w, e.Position, id, other)...)
		}
	}
	return nil
}

func (q *Inquiry) whyBreached(e *cluster.Event, a *Answer, property string) {
	a.by(cluster.MustAlwaysHold)
	if i := slices.IndexFunc(invariants.Properties,
		func(p struct{ Name, Says string }) bool { return p.Name == property }); i >= 0 {
		a.Says = property + ", " + invariants.Properties[i].Says
	}
	after := q.Record.After(e)
	for _, name := range after.Bugs() {
		a.Bug = name + " is on"
		if m := cluster.FindBug(name); m != nil {
			a.Bug += ": " + m.Says
		}
	}
	for _, b := range after.Breaches() {
		if b.Position != e.Position {
			continue
		}
		for _, p := range b.Causes {
			a.cause(q.because(q.turning(p))...)
		}
	}
	a.cause(q.source(e)...)
}

// turnings is what says most of an action, the first the most.
var turnings = []func(*cluster.Event) bool{
	cluster.Is[cluster.RoleChanged], cluster.Is[cluster.Truncated], cluster.Is[cluster.SnapshotLoaded],
	cluster.Is[cluster.Committed], cluster.Is[cluster.Answered], cluster.Is[cluster.Crashed], cluster.Is[cluster.Wiped],
	cluster.Is[cluster.Given], cluster.Is[cluster.Voted], cluster.Is[cluster.Appended], cluster.Is[cluster.TermChanged],
}

// turning is the event that says most of the action that one is a part of.
func (q *Inquiry) turning(position uint64) *cluster.Event {
	best, rank := q.Record.At(position), len(turnings)
	if best == nil {
		return nil
	}
	for e := q.Record.At(best.Began); e != nil && e.Began == best.Began; e = q.Record.At(e.Position + 1) {
		if r := slices.IndexFunc(turnings, func(is func(*cluster.Event) bool) bool { return is(e) }); r >= 0 &&
			r < rank {
			best, rank = e, r
		}
	}
	return best
}

func (q *Inquiry) whySnapshot(e *cluster.Event, a *Answer, index uint64) {
	if _, byHand := e.Action.(cluster.Snapshot); byHand {
		if d := causeOf(e); d != nil {
			q.decided(a, d, e)
		}
		a.cause(q.deed(e))
		return
	}
	w := q.Record.Before(e)
	a.by(cluster.SnapshotsByThemselves)
	if n := w.State(e.Node); n != nil {
		a.compare("entries applied since the last one", index-(n.Log.FirstIndex()-1))
	}
	a.compare("snapshot-every", w.Settings().SnapshotEvery)
	a.cause(q.setting("snapshot-every", e.Position)...)
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		return cluster.Is[cluster.Applied](o) && o.Node == e.Node
	}))...)
}

func (q *Inquiry) whyVotedFor(e *cluster.Event, a *Answer, x cluster.Voted) {
	switch {
	case q.votedTwice(e, x, a):
	case x.For == e.Node:
		q.rests(e, a, raft.ElectionTimeoutRule)
	default:
		q.granted(e, a)
	}
}

// granted explains a vote, which two rules allow: it was still to give, and the
// candidate's log is no older.
func (q *Inquiry) granted(e *cluster.Event, a *Answer) {
	once := q.asked(e, raft.VoteOnce, true)
	q.rests(e, a, raft.CandidateUpToDate)
	if once != nil {
		a.noteBugs(q.Record.After(e), raft.VoteOnce, once.Node)
	}
}

func (q *Inquiry) whySent(e *cluster.Event, a *Answer) {
	if m, ok := e.Body().(*raft.RequestVoteReply); ok && m.VoteGranted {
		if !q.votedTwice(e, cluster.Voted{For: e.Peer(), Term: m.Term}, a) {
			q.granted(e, a)
		}
		return
	}
	q.rests(e, a, cluster.MustAlwaysHold)
}

// whyCommitted is two rules for a leader: a majority holds the entry, and it is
// of its own term.
func (q *Inquiry) whyCommitted(e *cluster.Event, a *Answer) {
	if len(e.Cause) < 2 {
		q.rests(e, a, raft.FollowerCommit)
		return
	}
	majority, d := e.Cause[0], e.Cause[1]
	q.decided(a, majority, e)
	a.compare("its term", d.Args[1])
	a.compare("currentTerm", d.Args[2])
	if a.Bug == "" {
		other := &Answer{}
		q.decided(other, d, e)
		a.Bug = other.Bug
	}
	a.cause(q.source(e)...)
}
