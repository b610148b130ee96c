package viva

import (
	"cmp"
	"fmt"
	"strconv"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// kind is a kind of questions.
type kind struct {
	name  string
	draft func(*moment) *draft // nil: there is nothing to ask of this kind
	// down says that it is about a server that is down before the step; any other kind is about one that is up.
	down bool
}

// ask is what could be asked of a moment; nil: nothing of this kind.
func (k *kind) ask(m *moment) *draft {
	if k.down != (m.was == nil) {
		return nil
	}
	return k.draft(m)
}

// draft is a question that could be asked.
type draft struct {
	text   string
	form   *form
	answer string
	worth  int // how much it asks for; 0: anybody guesses it
	rule   *raft.Rule
	by     *raft.Decision // what was compared, where the rule compared something
	near   string         // with what else the program answers otherwise, where that needs no other message
}

// asks is a draft, whose text begins with the server and goes on with the others.
func (m *moment) asks(form *form, answer any, text string, others ...any) *draft {
	text = fmt.Sprintf(text, append([]any{m.server}, others...)...)
	return &draft{text: text, form: form, answer: fmt.Sprint(answer)}
}

// kinds is every kind: what Figure 2 is about first, then what follows from it.
var kinds = []kind{
	{"vote", askVote, false},
	{"append", askAppend, false},
	{"log", askLog, false},
	{"commit", askCommit, false},
	{"role", askRole, false},
	{"sends", askSends, false},
	{"votedFor", askVotedFor, false},
	{"restart", askRestart, true},
	{"prevLogIndex", askPrev, false},
	{"term", askTerm, false},
}

// turns is every kind in the order in which a seed asks for them: two of the first half for
// one of the second.
func turns(seed uint64) (all []*kind) {
	half := len(kinds) / 2
	first, second := 0, 0
	for range kinds {
		if second*2 < first-1 && second < half || first == half {
			all = append(all, &kinds[half+(second+int(seed%uint64(half)))%half])
			second++
		} else {
			all = append(all, &kinds[(first+int(seed%uint64(half)))%half])
			first++
		}
	}
	return all
}

// on rests a draft on the decision of one of the rules.
func (d *draft) on(m *moment, rules ...*raft.Rule) *draft {
	if d.by = m.decides(rules...); d.by != nil {
		d.rule = d.by.Rule
	}
	return d
}

// resting is a draft of such a worth if the decision holds as said, else of the other.
func (d *draft) resting(rule *raft.Rule, holds bool, worth int) *draft {
	if d.by != nil && d.by.Rule == rule && d.by.Holds == holds {
		d.worth = worth
	}
	return d
}

func askVote(m *moment) *draft {
	request, ok := m.message().(*raft.RequestVote)
	reply, answers := m.reply().(*raft.RequestVoteReply)
	if !ok || !answers {
		return nil
	}
	d := m.asks(yesNo, yes(reply.VoteGranted), "Does %s vote for %s?", m.mail.From)
	d.worth = 1
	d.on(m, raft.StaleTerm, raft.Stickiness, raft.VoteOnce, raft.CandidateUpToDate)
	last := m.was.Log.LastIndex()
	if reply.VoteGranted && (last != request.LastLogIndex || m.was.VotedFor == m.mail.From && m.was.CurrentTerm ==
		request.Term) {
		d.worth = 3
	}
	return d.resting(raft.VoteOnce, false, 3).resting(raft.CandidateUpToDate, false, 4)
}

func askAppend(m *moment) *draft {
	request, ok := m.message().(*raft.AppendEntries)
	reply, answers := m.reply().(*raft.AppendEntriesReply)
	if !ok || !answers {
		return nil
	}
	d := m.asks(yesNo, yes(reply.Success), "Does %s reply success?")
	if request.PrevLogIndex > 0 {
		d.worth = 2
	}
	d.on(m, raft.StaleTerm, raft.PrevLogMatches)
	return d.resting(raft.StaleTerm, true, 1).resting(raft.PrevLogMatches, false, 4)
}

func askLog(m *moment) *draft {
	request, ok := m.message().(*raft.AppendEntries)
	if !ok || m.now.Snapshot != nil {
		return nil
	}
	was, now := terms(&m.was.Log), terms(&m.now.Log)
	d := m.asks(logTerms, cmp.Or(now, emptyLog), "What is %s's log afterwards? Give the terms of its entries.")
	end := request.PrevLogIndex + uint64(len(request.Entries))
	switch {
	case was == now && (len(request.Entries) == 0 && end >= m.was.Log.LastIndex() || was == ""):
		return d.on(m, raft.StaleTerm, raft.PrevLogMatches)
	case was == now && end < m.was.Log.LastIndex():
		d.worth = 4 // an old append, which takes nothing away
	case was == now:
		d.worth = 3
	case len(now) < len(was) || now[:len(was)] != was:
		d.worth = 4
	default:
		d.worth = 1
	}
	return d.on(m, raft.StaleTerm, raft.PrevLogMatches, raft.DeleteConflict, raft.AppendNew)
}

func askCommit(m *moment) *draft {
	d := m.asks(number, m.now.CommitIndex, "What is %s's commitIndex afterwards?")
	switch x := m.message().(type) {
	case *raft.AppendEntries:
		if x.LeaderCommit <= m.was.CommitIndex {
			return nil
		}
		d.worth = 1
		if m.now.CommitIndex < x.LeaderCommit {
			d.worth = 4 // the minimum is the other number, or the append is refused
		}
		return d.on(m, raft.StaleTerm, raft.PrevLogMatches, raft.FollowerCommit)
	case *raft.AppendEntriesReply:
		if m.was.Role != raft.Leader || !x.Success {
			return nil
		}
		d.worth = 2
		if d.on(m, raft.ReplyOfThisTerm, raft.CurrentTermOnly, raft.MajorityHolds); d.rule == raft.CurrentTermOnly &&
			!d.by.Holds {
			d.worth = 5
		}
		return d
	}
	return nil
}

func askRole(m *moment) *draft {
	if m.mail == nil || m.now.Role == raft.PreCandidate {
		return nil
	}
	d := m.asks(role, m.now.Role, "What is %s's role afterwards: follower, candidate or leader?")
	switch x := m.message().(type) {
	case *raft.RequestVoteReply:
		d.worth = 2
		if m.now.Role != raft.Leader && x.VoteGranted {
			d.worth = 3 // a grant that does not count, or is not enough
		}
	case *raft.AppendEntries:
		d.worth = map[bool]int{true: 3}[m.was.Role != raft.Follower]
	default:
		d.worth = map[bool]int{true: 2}[m.was.Role != raft.Follower && x.MessageTerm() != m.was.CurrentTerm]
	}
	return d.on(m, raft.StaleTerm, raft.VotesOfThisElection, raft.ReplyOfThisTerm, raft.AppendFromLeader,
		raft.Majority).steps(m)
}

// steps rests a draft on HigherTerm where a higher term arrived: whatever else was asked
// came after it.
func (d *draft) steps(m *moment) *draft {
	if by := m.decision(raft.HigherTerm); by != nil && by.Holds {
		d.by, d.rule = by, by.Rule
	}
	return d
}

func askTerm(m *moment) *draft {
	d := m.asks(number, m.now.CurrentTerm, "What is %s's currentTerm afterwards?")
	if m.mail == nil {
		return d.on(m, raft.ElectionTimeoutRule)
	}
	d.worth = map[bool]int{true: 2}[m.message().MessageTerm() != m.was.CurrentTerm]
	return d.on(m, raft.StaleTerm, raft.HigherTerm).steps(m)
}

func askVotedFor(m *moment) *draft {
	if m.mail == nil {
		return nil
	}
	d := m.asks(server, some(m.now.VotedFor.String()), "Which server does %s's votedFor name afterwards?")
	_, asks := m.message().(*raft.RequestVote)
	newer := m.message().MessageTerm() > m.was.CurrentTerm
	switch {
	case newer && !asks:
		d.worth = 3 // a new term, in which it has not voted
	case newer && m.now.VotedFor != m.mail.From:
		d.worth = 4
	case asks && m.was.VotedFor != 0:
		d.worth = 3
	case asks:
		d.worth = 1
	}
	return d.on(m, raft.StaleTerm, raft.VoteOnce, raft.CandidateUpToDate, raft.HigherTerm)
}

func askSends(m *moment) *draft {
	d := m.asks(servers, some(m.to("AppendEntries").String()),
		"To which servers does %s send an AppendEntries now, by this message?")
	switch x := m.message().(type) {
	case *raft.RequestVoteReply:
		d.worth = map[bool]int{true: 2}[x.VoteGranted]
		return d.on(m, raft.VotesOfThisElection, raft.Majority).steps(m)
	case *raft.AppendEntriesReply:
		d.worth = map[bool]int{true: 3}[m.was.Role == raft.Leader && !x.Success]
		return d.on(m, raft.ReplyOfThisTerm, raft.SendMissing).steps(m)
	}
	return nil
}

// askPrev asks for what a leader's appends begin with, where they do not all begin alike.
func askPrev(m *moment) *draft {
	if m.was.Role != raft.Leader || m.now.Role != raft.Leader {
		return nil
	}
	var first *draft
	for _, e := range m.sent {
		x, ok := e.Message.(*raft.AppendEntries)
		if !ok {
			continue
		}
		prev := strconv.FormatUint(x.PrevLogIndex, 10)
		if first == nil {
			first = m.asks(number, prev, "What is prevLogIndex in the AppendEntries that %s now sends to %s?", e.To)
			first.rule, first.worth = raft.SendMissing, map[bool]int{true: 3}[m.mail != nil]
		} else if prev != first.answer {
			first.near, first.worth = fmt.Sprintf("In the one to %s it is %s.", e.To, prev), 3
		}
	}
	if first != nil && first.worth == 0 {
		return nil
	}
	return first
}

// askRestart asks for what survives a crash: of votedFor, where there was one, else of
// commitIndex.
func askRestart(m *moment) *draft {
	if _, ok := m.action.(cluster.Restart); !ok {
		return nil
	}
	var d *draft
	switch disk := m.before.Stored(m.server); {
	case disk.VotedFor != 0:
		d = m.asks(server, some(m.now.VotedFor.String()), "Which server does %s's votedFor name after the start?")
	case disk.Log.LastIndex() > 0:
		d = m.asks(number, m.now.CommitIndex, "What is %s's commitIndex right after the start?")
	default:
		return nil
	}
	d.rule, d.worth = judge.RestartFromDisk, 2
	return d
}

func yes(b bool) string { return prose.Either(b, "yes", "no") }

// some is servers as an answer has them.
func some(text string) string { return cmp.Or(text, "none") }
