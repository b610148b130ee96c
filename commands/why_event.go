package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/words"
	"raftlab/raft"
)

// explain says why an event happened.
func (q *inquiry) explain(e *cluster.Event) *Answer {
	a := &Answer{Answer: q.past(e) + ".", Position: e.Position}
	explanations[e.Kind](q, e, a)
	return a
}

// explanation is how the events of a kind are explained.
type explanation func(q *inquiry, e *cluster.Event, a *Answer)

// explanations has one for every kind of event.
var explanations map[cluster.EventKind]explanation

func init() { // what it refers to refers to it
	deed := byYou(cluster.YourDeed)
	explanations = map[cluster.EventKind]explanation{
		cluster.Ticked: deed, cluster.ClockTicked: deed, cluster.ServerAdded: deed,
		cluster.Injected: deed, cluster.Dropped: deed, cluster.Delayed: deed, cluster.LinksCut: deed,
		cluster.LinksHealed:    deed,
		cluster.SettingChanged: deed, cluster.TimerSet: deed, cluster.BugSet: deed, cluster.BugGuessed: deed,
		cluster.BugRevealed: deed, cluster.Frozen: deed, cluster.Thawed: deed, cluster.Synced: deed, cluster.Wiped: deed,
		cluster.Crashed: byYou(cluster.CrashForgets), cluster.Restarted: byYou(cluster.RestartFromDisk),
		cluster.Given:     byYou(cluster.AsGiven),
		cluster.Requested: byYou(cluster.ClientsAsk), cluster.ReadBegun: whyRead,
		cluster.MinimumPassed: byYou(raft.Stickiness),
		cluster.TransferBegun: ruled(held(raft.TransferUpToDate), not(raft.TransferUpToDate)),

		cluster.ElectionTimeout: whyTimeout, cluster.HeartbeatDue: whyHeartbeat, cluster.QuorumChecked: whyQuorum,
		cluster.TransferOver: whyTransferOver, cluster.LeaseBegun: whyLease, cluster.LeaseEnded: whyLeaseOver,
		cluster.Delivered: whyDelivered, cluster.Lost: whyLost, cluster.Duplicated: whyDuplicated,
		cluster.Corrupted:  whyCorrupted,
		cluster.Redirected: whyRedirected, cluster.Unanswered: whyRedirected, cluster.Answered: whyAnswered,
		cluster.SessionTold: whyAnswered, cluster.Abandoned: whyAbandoned,
		cluster.Breached: whyBreached, cluster.SnapshotTaken: whySnapshot, cluster.Committed: whyCommitted,

		cluster.Sent:        whySent,
		cluster.RoleChanged: func(q *inquiry, e *cluster.Event, a *Answer) { q.ruled(e, a, roleRulings[e.To]...) },
		cluster.TermChanged: ruled(held(raft.TransferElection), held(raft.HigherTerm), held(raft.ElectionTimeoutRule)),
		cluster.Voted:       whyVotedFor,
		cluster.Appended: ruled(held(raft.AppendNew), held(raft.NoOpFirst), held(raft.JointThenNew),
			held(raft.ConfigurationInForce), held(raft.AppendCommand)),
		cluster.Truncated:      ruled(held(raft.DeleteConflict), not(raft.SnapshotKeepsSuffix)),
		cluster.Applied:        ruled(held(raft.ApplyCommitted)),
		cluster.SnapshotLoaded: ruled(held(raft.SnapshotIsNewer)),
		cluster.MembersChanged: ruled(held(raft.JointThenNew), held(raft.ConfigurationInForce), held(raft.DeleteConflict),
			held(raft.SnapshotIsNewer)),
		cluster.Accepted: ruled(held(raft.AppendCommand)),
	}
}

// ruling is a rule and how it came out.
type ruling struct {
	rule  *raft.Rule
	holds bool
}

func held(r *raft.Rule) ruling { return ruling{r, true} }
func not(r *raft.Rule) ruling  { return ruling{r, false} }

var roleRulings = map[string][]ruling{
	"leader":        {held(raft.Majority)},
	"candidate":     {held(raft.TransferElection), held(raft.ElectionTimeoutRule)},
	"pre-candidate": {held(raft.PreVoteFirst)},
	"follower": {held(raft.RemovedLeaderStepsDown), held(raft.AppendFromLeader), held(raft.HigherTerm),
		not(raft.CheckQuorumRule)},
}

// sendRulings is what may make a server send such a message.
func sendRulings(e *cluster.Event) []ruling {
	yes := []ruling{held(raft.CandidateUpToDate)}
	no := []ruling{held(raft.Stickiness), held(raft.StaleTerm), not(raft.VoteOnce), not(raft.CandidateUpToDate)}
	switch m := e.Body.(type) {
	case *raft.RequestVote:
		return []ruling{held(raft.TransferElection), held(raft.ElectionTimeoutRule)}
	case *raft.PreVote:
		return []ruling{held(raft.PreVoteFirst)}
	case *raft.RequestVoteReply:
		if m.VoteGranted {
			return yes
		}
		return no
	case *raft.PreVoteReply:
		if m.VoteGranted {
			return yes
		}
		return no
	case *raft.AppendEntries:
		return []ruling{held(raft.SendMissing), not(raft.SendMissing)}
	case *raft.AppendEntriesReply:
		return []ruling{held(raft.StaleTerm), not(raft.PrevLogMatches), held(raft.PrevLogMatches)}
	case *raft.InstallSnapshot:
		return []ruling{held(raft.NeedSnapshot)}
	case *raft.InstallSnapshotReply:
		return []ruling{held(raft.StaleTerm), held(raft.SnapshotIsNewer), not(raft.SnapshotIsNewer)}
	case *raft.TimeoutNow:
		return []ruling{held(raft.TransferUpToDate)}
	case *raft.ReadIndexReply:
		if !m.Success {
			return []ruling{not(raft.ReadFromLeader), not(raft.ReadAfterOwnTerm), held(raft.HigherTerm),
				not(raft.CheckQuorumRule)}
		}
		return []ruling{held(raft.LeaseHeld), held(raft.ReadConfirmed)}
	}
	return []ruling{held(raft.ReadFromLeader)}
}

// decision is the last decision with the first of the rulings that was made
// for what e came of; where e is a message, one about its receiver is better.
func (q *inquiry) decision(e *cluster.Event, rulings ...ruling) *raft.Decision {
	all := q.record.Decisions(e)
	for _, r := range rulings {
		var found *raft.Decision
		for i := range all {
			d := &all[i]
			if d.Rule != r.rule || d.Holds != r.holds {
				continue
			}
			if found == nil || found.Peer.String() != e.Peer || d.Peer.String() == e.Peer {
				found = d
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// decisionUpTo is the decision that a rule held for an event's last entry, where
// one action commits twice; else as decision has it.
func (q *inquiry) decisionUpTo(e *cluster.Event, r *raft.Rule) *raft.Decision {
	for _, d := range q.record.Decisions(e) {
		if d.Rule == r && d.Holds && d.Args[0] == e.Last {
			return &d
		}
	}
	return q.decision(e, held(r))
}

func ruled(rulings ...ruling) explanation {
	return func(q *inquiry, e *cluster.Event, a *Answer) { q.ruled(e, a, rulings...) }
}

// ruled explains an event by the decision that it came of.
func (q *inquiry) ruled(e *cluster.Event, a *Answer, rulings ...ruling) {
	if d := q.decision(e, rulings...); d != nil {
		q.decided(a, d, e)
	} else {
		q.unruled(e, a, rulings)
	}
	a.cause(q.source(e)...)
}

// unruled is for what no decision explains: a state by hand, or a mistake on
// purpose, which goes past the rules.
func (q *inquiry) unruled(e *cluster.Event, a *Answer, rulings []ruling) {
	a.unruled = true
	if t := q.trigger(e); t != nil && t.Kind == cluster.Given {
		a.by(cluster.AsGiven)
		return
	}
	w, id := q.record.After(e), nodeNamed(e.Node)
	a.by(rulings[0].rule)
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

func nodeNamed(name string) raft.ID {
	id, _ := words.Number(name)
	return id
}

// triggers is the events that tell of an input, of which others come.
var triggers = map[cluster.EventKind]bool{
	cluster.ElectionTimeout: true, cluster.HeartbeatDue: true, cluster.QuorumChecked: true, cluster.TransferOver: true,
	cluster.Delivered: true, cluster.Requested: true, cluster.ReadBegun: true, cluster.TransferBegun: true,
	cluster.Given: true, cluster.Crashed: true, cluster.SettingChanged: true, cluster.TimerSet: true,
	cluster.Restarted: true, cluster.Wiped: true,
}

// trigger is the event that e came of within its action, or nil.
func (q *inquiry) trigger(e *cluster.Event) *cluster.Event {
	for p := e.Position - 1; p >= e.Began && p > 0; p-- {
		if t := q.record.At(p); t != nil && triggers[t.Kind] && (t.Node == e.Node || t.Node == "") {
			return t
		}
	}
	return nil
}

// source is what e came of: an event, or your command.
func (q *inquiry) source(e *cluster.Event) []Because {
	t := q.trigger(e)
	switch {
	case t == nil:
		return []Because{q.deed(e)}
	case t.Kind == cluster.Delivered || byTime(t):
		return q.because(t)
	case t.Kind == cluster.Requested || t.Kind == cluster.ReadBegun:
		return append(q.because(t), q.deed(t))
	case t.Kind == cluster.ElectionTimeout && countsOnClocks(q.record.Before(t)):
		return append(q.byHand(t), q.deed(t))
	}
	return []Because{q.deed(t)}
}

// byYou explains what only a command brings about.
func byYou(rule *raft.Rule) explanation {
	return func(q *inquiry, e *cluster.Event, a *Answer) {
		a.by(rule)
		if e.Kind == cluster.Crashed {
			loss := cluster.DetailOf[cluster.CrashLoss](e)
			a.compare("kept", loss.Kept)
			a.noteBugs(q.record.Before(e), cluster.StableFirst, nodeNamed(e.Node))
			a.compare("lost", loss.Lost)
		}
		a.cause(q.deed(e))
	}
}

func whyTimeout(q *inquiry, e *cluster.Event, a *Answer) {
	if !byTime(e) {
		if d := q.decision(e, held(raft.PreVoteFirst), held(raft.ElectionTimeoutRule)); d != nil {
			q.decided(a, d, e)
		} else {
			a.by(raft.ElectionTimeoutRule)
		}
		a.cause(q.byHand(e)...)
		a.cause(q.deed(e))
		return
	}
	id, before := nodeNamed(e.Node), q.record.Before(e)
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
func (q *inquiry) byHand(e *cluster.Event) []Because {
	w, id := q.record.Before(e), nodeNamed(e.Node)
	left, of := w.Timer(id)
	if left == 0 || q.lab.Replay {
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
			out = append(out, Because{Text: fmt.Sprintf("%s's lease relies on no clock doing so, and may be broken now (%s, %s)", leader, cluster.LeaseLasts.ID, cluster.LeaseLasts.Place)})
		}
	}
	return out
}

// timerBegan is why a server's election timer last began anew.
func (q *inquiry) timerBegan(w *cluster.World, id raft.ID) []Because {
	first := q.record.At(w.TimerBegan(id))
	if first == nil {
		return []Because{{Text: id.String() + "'s timer has run since the beginning"}}
	}
	start := first
	for e := first; e != nil && e.Began == first.Began; e = q.record.At(e.Position + 1) {
		if triggers[e.Kind] && (e.Node == id.String() || e.Node == "") {
			start = e
			break
		}
	}
	return q.becauseThat("the timer last restarted when ", start)
}

// silence is why the leader that a server knew is not heard.
func (q *inquiry) silence(w *cluster.World, id raft.ID, before uint64) []Because {
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
			return e.Kind == cluster.Frozen && e.Node == leader.String()
		}))
	case w.IsCut(leader, id):
		return q.because(q.cutSince(leader, id, before))
	case w.State(leader).Role != raft.Leader:
		return q.because(q.last(before, func(e *cluster.Event) bool {
			return e.Kind == cluster.RoleChanged && e.Node == leader.String()
		}))
	}
	return nil
}

func (q *inquiry) downSince(id raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool { return e.Kind == cluster.Crashed && e.Node == id.String() })
}

// cutSince is what cut a link.
func (q *inquiry) cutSince(from, to raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool {
		return e.Kind == cluster.LinksCut && q.record.After(e).IsCut(from, to) && !q.record.Before(e).IsCut(from, to)
	})
}

func whyHeartbeat(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.HeartbeatsRepeat)
	if !byTime(e) {
		a.cause(q.deed(e))
		return
	}
	_, of := q.record.Before(e).Timer(nodeNamed(e.Node))
	a.compare("ticks since the last one", of)
	a.compare("heartbeat-interval", of)
	a.cause(q.because(q.elected(nodeNamed(e.Node), e.Position))...)
}

func whyQuorum(q *inquiry, e *cluster.Event, a *Answer) {
	if d := q.decision(e, not(raft.CheckQuorumRule), held(raft.CheckQuorumRule)); d != nil {
		q.decided(a, d, e)
	} else {
		q.unruled(e, a, []ruling{not(raft.CheckQuorumRule)})
	}
	if !byTime(e) || a.unruled {
		a.cause(q.deed(e))
	}
}

func whyTransferOver(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.TransferIsGivenUp)
	begun := q.last(e.Position, func(o *cluster.Event) bool { return o.Kind == cluster.TransferBegun && o.Node == e.Node })
	if byTime(e) {
		limit := q.record.Before(e).Settings().ElectionTimeout.Min
		a.compare("ticks since it began", limit)
		a.compare("minimum election timeout", limit)
	} else {
		a.cause(q.deed(e))
	}
	a.cause(q.because(begun)...)
	if target := nodeNamed(e.Peer); !q.record.Before(e).Up(target) {
		a.cause(q.because(q.downSince(target, e.Position))...)
	} else if id := nodeNamed(e.Node); q.record.Before(e).IsCut(id, target) {
		a.cause(q.because(q.cutSince(id, target, e.Position))...)
	}
}

// whyRead says also how the server goes about it.
func whyRead(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.ClientsAsk)
	if d := q.decision(e, held(raft.LeaseHeld), not(raft.LeaseHeld), held(raft.ReadFromLeader), held(raft.ReadConfirmed),
		not(raft.ReadConfirmed)); d != nil {
		q.decided(a, d, e)
		a.Answer = strings.TrimSuffix(a.Answer, ".") + ": " + outcome(d) + "."
	}
	a.cause(q.deed(e))
}

func whyLease(q *inquiry, e *cluster.Event, a *Answer) {
	w := q.record.Before(e)
	s := w.Settings()
	a.by(cluster.LeaseLasts)
	if d := q.decision(e, held(raft.RoundAnswered)); d != nil {
		a.Halves = halvesOf(d.Halves)
		a.cause(Because{Text: fmt.Sprintf("a majority answered round %d of heartbeats: %s (%s, %s)", d.Args[0],
			halvesText(d.Halves), d.Rule.ID, d.Rule.Place)})
	}
	a.noteBugs(w, cluster.LeaseEndsFirst, nodeNamed(e.Node))
	a.compare("ticks that it lasts", e.First)
	a.compare("minimum election timeout", s.ElectionTimeout.Min)
	a.compare("clock-bound", s.ClockBound)
	a.cause(q.source(e)...)
}

func whyLeaseOver(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.LeaseLasts)
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		return o.Kind == cluster.LeaseBegun && o.Node == e.Node
	}))...)
	if !byTime(e) {
		a.cause(q.deed(e))
		return
	}
	a.cause(Because{Text: "its ticks ran out before a majority answered another round of heartbeats"})
}

// arrivals is what may come of a request, what says most first.
var arrivals = []ruling{
	held(raft.Stickiness), held(raft.StaleTerm), not(raft.VoteOnce), not(raft.CandidateUpToDate),
	not(raft.PrevLogMatches), not(raft.SnapshotIsNewer),
	held(raft.DeleteConflict), held(raft.SnapshotIsNewer), held(raft.AppendNew), held(raft.FollowerCommit),
	held(raft.CandidateUpToDate), held(raft.TransferElection), not(raft.TransferElection),
	held(raft.ReadConfirmed), not(raft.ReadFromLeader), not(raft.ReadAfterOwnTerm), not(raft.ReadConfirmed),
	held(raft.HigherTerm), held(raft.AppendFromLeader), held(raft.PrevLogMatches), not(raft.HigherTerm),
}

func whyDelivered(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.MailTakesTime)
	if q.replyArrived(e, a) {
	} else if d := q.decision(e, arrivals...); d != nil {
		q.decided(a, d, e)
		a.Answer = strings.TrimSuffix(a.Answer, ".") + ": " + outcome(d) + "."
	}
	a.cause(q.because(q.sending(e))...)
	a.cause(q.deed(e))
}

// sending is the event that put an event's message in flight.
func (q *inquiry) sending(e *cluster.Event) *cluster.Event {
	return q.last(e.Position, func(o *cluster.Event) bool { return o.Message == e.Message && putsInFlight(o) })
}

func putsInFlight(e *cluster.Event) bool {
	return e.Kind == cluster.Sent || e.Kind == cluster.Injected || e.Kind == cluster.Duplicated
}

func whyLost(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.MailIsLost)
	switch cluster.DetailOf[cluster.LostTo](e) {
	case cluster.DownServer:
		a.cause(q.because(q.downSince(nodeNamed(e.Node), e.Position))...)
	case cluster.CutLink:
		a.cause(q.because(q.cutSince(nodeNamed(e.Peer), nodeNamed(e.Node), e.Position))...)
	default:
		a.compare("loss", q.record.Before(e).Settings().Loss)
		a.cause(q.setting("loss", e.Position)...)
	}
	a.cause(q.because(q.sending(e))...)
}

func whyDuplicated(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.MailIsDoubled)
	if _, byHand := e.Action.(cluster.Duplicate); !byHand {
		a.compare("duplication", q.record.Before(e).Settings().Duplication)
		a.cause(q.setting("duplication", e.Position)...)
	}
	a.cause(q.deed(e))
}

func whyCorrupted(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.MailIsPossible)
	a.cause(q.because(q.sending(e))...)
}

func whyRedirected(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.ClientsAsk)
	w, id := q.record.Before(e), nodeNamed(e.Node)
	if n := w.State(id); n != nil {
		a.compare(e.Node+" is", roleOf(w, id))
		a.compare("leader it knows", prose.Dash(n.Leader.String()))
	} else {
		a.compare(e.Node+" is", "down")
		a.cause(q.because(q.downSince(id, e.Position))...)
	}
	a.cause(q.deed(e))
}

func whyAnswered(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.ClientsAreAnswered)
	a.compare("index", e.Last)
	w, id := q.record.After(e), nodeNamed(e.Node)
	if n := w.State(id); n != nil {
		a.compare(e.Node+"'s lastApplied", n.LastApplied)
	}
	for _, r := range []*raft.Rule{cluster.AnswerApplied, cluster.ApplyOnce, raft.ReadConfirmed, cluster.LeaseEndsFirst} {
		a.noteBugs(w, r, id)
	}
	if d := q.decision(e, held(raft.LeaseHeld), held(raft.ReadConfirmed)); d != nil {
		a.cause(Because{Text: outcome(d) + " (" + d.Rule.ID + ")"})
		a.cause(q.answeredBeside(w, e, id)...)
	}
	asked := q.last(e.Position, func(o *cluster.Event) bool {
		return o.Client == e.Client && (o.Kind == cluster.Requested || o.Kind == cluster.ReadBegun)
	})
	if asked != nil && asked.Kind == cluster.ReadBegun && cluster.DetailOf[cluster.ReadMode](asked) == "local" {
		a.cause(localRead(w, id))
	}
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		return o.Kind == cluster.Applied && o.Node == e.Node && o.First <= e.Last && e.Last <= o.Last
	}), asked)...)
}

// localRead is what a read rests on that asks no other server, and whether the
// server was behind when it answered.
func localRead(w *cluster.World, id raft.ID) Because {
	text := fmt.Sprintf("a local read asks no other server, so %s answers from what it has applied", id)
	if n := w.State(id); n != nil && w.Memory().Committed() > n.LastApplied {
		text += fmt.Sprintf(": up to entry %d, where entry %d was committed already", n.LastApplied, w.Memory().Committed())
	}
	return Because{Text: text}
}

// answeredBeside is that a newer leader was there when a lease answered a read,
// and how that came.
func (q *inquiry) answeredBeside(w *cluster.World, e *cluster.Event, id raft.ID) []Because {
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

func whyAbandoned(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.OutcomeUnknown)
	a.cause(Because{Text: prose.Visible(e.Text)})
	a.cause(q.source(e)...)
}

func whyBreached(q *inquiry, e *cluster.Event, a *Answer) {
	a.by(cluster.MustAlwaysHold)
	property := string(cluster.DetailOf[cluster.BreachOf](e))
	if i := slices.IndexFunc(invariants.Properties,
		func(p struct{ Name, Says string }) bool { return p.Name == property }); i >= 0 {
		a.Says = property + ", " + invariants.Properties[i].Says
	}
	after := q.record.After(e)
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
var turnings = []cluster.EventKind{
	cluster.RoleChanged, cluster.Truncated, cluster.SnapshotLoaded, cluster.Committed, cluster.Answered, cluster.Crashed,
	cluster.Wiped,
	cluster.Given, cluster.Voted, cluster.Appended, cluster.TermChanged,
}

// turning is the event that says most of the action that one is a part of.
func (q *inquiry) turning(position uint64) *cluster.Event {
	best, rank := q.record.At(position), len(turnings)
	if best == nil {
		return nil
	}
	for e := q.record.At(best.Began); e != nil && e.Began == best.Began; e = q.record.At(e.Position + 1) {
		if r := slices.Index(turnings, e.Kind); r >= 0 && r < rank {
			best, rank = e, r
		}
	}
	return best
}

func whySnapshot(q *inquiry, e *cluster.Event, a *Answer) {
	if _, byHand := e.Action.(cluster.Snapshot); byHand {
		if d := q.decision(e, held(raft.SnapshotOfApplied)); d != nil {
			q.decided(a, d, e)
		}
		a.cause(q.deed(e))
		return
	}
	w := q.record.Before(e)
	a.by(cluster.SnapshotsByThemselves)
	if n := w.State(nodeNamed(e.Node)); n != nil {
		a.compare("entries applied since the last one", e.Last-(n.Log.FirstIndex()-1))
	}
	a.compare("snapshot-every", w.Settings().SnapshotEvery)
	a.cause(q.setting("snapshot-every", e.Position)...)
	a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
		return o.Kind == cluster.Applied && o.Node == e.Node
	}))...)
}

func whyVotedFor(q *inquiry, e *cluster.Event, a *Answer) {
	if q.votedTwice(e, a) {
		return
	}
	if e.Peer == e.Node {
		q.ruled(e, a, held(raft.TransferElection), held(raft.ElectionTimeoutRule))
		return
	}
	q.granted(e, a)
}

// granted explains a vote, which two rules allow: it was still to give, and the
// candidate's log is no older.
func (q *inquiry) granted(e *cluster.Event, a *Answer) {
	once := q.decision(e, held(raft.VoteOnce))
	q.ruled(e, a, held(raft.CandidateUpToDate))
	if once != nil {
		a.noteBugs(q.record.After(e), raft.VoteOnce, once.Node)
	}
}

func whySent(q *inquiry, e *cluster.Event, a *Answer) {
	if m, ok := e.Body.(*raft.RequestVoteReply); ok && m.VoteGranted {
		vote := &cluster.Event{Position: e.Position, Began: e.Began, Kind: cluster.Voted, Node: e.Node, Peer: e.Peer,
			Term: m.Term}
		if !q.votedTwice(vote, a) {
			q.granted(e, a)
		}
		return
	}
	q.ruled(e, a, sendRulings(e)...)
}

// whyCommitted is two rules for a leader: a majority holds the entry, and it is
// of its own term.
func whyCommitted(q *inquiry, e *cluster.Event, a *Answer) {
	d := q.decisionUpTo(e, raft.CurrentTermOnly)
	majority := q.decisionUpTo(e, raft.MajorityHolds)
	if d == nil || majority == nil {
		q.ruled(e, a, held(raft.FollowerCommit), held(raft.SnapshotIsNewer))
		return
	}
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
