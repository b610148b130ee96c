// Package why has the commands that explain: why something happened, or did not, and the rules.
package why

import (
	"fmt"
	"math"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Commands are those of this room.
var Commands lang.Set

var (
	whyNode    = words.Node()
	whyRole    = lang.OneOf("ROLE", "leader", "follower", "candidate", "pre-candidate", "down")
	whyOther   = words.Node()
	whyIndex   = lang.Whole("INDEX", 1, math.MaxInt64).Explained("an index of the log")
	whyMessage = sentKind.New()
	whyEvent   = eventKind.New()
	whyIsNot   = lang.Literal("not")
	whyRefused = lang.Literal("refused")
	whyVoted   = lang.Literal("voted")
	whyCommits = lang.Literal("committed")
	whyNo      = lang.Literal("no")
	whyLeader  = lang.Literal("leader")
	whyCommand = lang.Nested()
	whyMore    = lang.Flag("more")
	whyOn      = words.Node().Keyword("on")
	whyText    = entryKind.New()
	whyClient  = clientAsked.New()
	whyLeased  = lang.Literal("lease")
	whyNumber  = lang.OneOf("NUMBER", "next", "match")
)

var _ = Commands.Register(&lang.Command{
	Name: "why", Topic: lab.TopicLooking, Positions: true,
	Summary: "says why something happened, or did not: the rule, the numbers, and the events that led to them",
	Forms: []lang.Params{
		{whyNode, whyMore},
		{whyNode, whyRole, whyMore},
		{whyNode, whyIsNot, whyRole, whyMore},
		{whyNode, whyRefused, whyOther, whyMore},
		{whyNode, whyVoted, whyOther, whyMore},
		{whyNode, whyIsNot, whyVoted, whyOther, whyMore},
		{whyIndex, whyCommits, whyOn, whyMore},
		{whyIndex, whyIsNot, whyCommits, whyOn, whyMore},
		{whyIndex, whyOn, whyMore},
		{whyText, whyMore},
		{whyText, whyCommits, whyMore},
		{whyText, whyIsNot, whyCommits, whyMore},
		{whyClient, whyMore},
		{whyNode, whyLeased, whyMore},
		{whyNode, whyNo, whyLeased, whyMore},
		{whyNode, whyNumber, whyOther, whyMore},
		{whyNo, whyLeader, whyMore},
		{whyMessage, whyMore},
		{whyEvent, whyMore},
		{whyIsNot, whyCommand},
		{whyMore},
	},
	Hint: "ask why, why S2, why S2 leader, why S2 not leader, why S3 refused S1, why S3 voted S1,\n" +
		"why S3 not voted S1, why 4 committed, why 4 not committed, why no leader, why m12,\n" +
		"why 4 not committed on S1, why y=2, why C1, why S1 lease, why S1 no lease, why S1 next S3,\n" +
		"why S1 match S3, why #112 or why not COMMAND; more, at the end, adds the chain of causes",
	Details: "Alone, it explains the last event.\n\n" +
		"With a NODE, it explains what that node did last, or why it has a role or does not have it. With a " +
		"MESSAGE, it says what became of it. With #POSITION, it explains that event. With an INDEX, or with the " +
		"TEXT of an entry, it says why that entry is committed or why it is not. Where logs differ, `on NODE` " +
		"says whose entry you mean. With a CLIENT, it says what became of its last request. With `lease`, `next` " +
		"or `match`, it says what the leader relies on and what changed it last. Type `why no leader` to look at " +
		"every node, and `why not COMMAND` to try a command on a copy and see what refuses it.\n\n" +
		"An answer comes from the decisions that were recorded when the rules were checked. For what did not " +
		"happen, the rules are checked on a copy of the cluster. Each event in an answer has a position for " +
		"`goto`. Add `more` to see the chain of causes, back to the command that you typed. An answer is always " +
		"about the present, so use `goto` first to ask about an earlier time.",
	Examples: []string{
		"timeout S1; settle; why", "timeout S1; settle; why S2", "timeout S1; settle; why S1 leader more",
		"timeout S1; settle; why S2 not leader",
		"timeout S1; timeout S2; settle; why S1 refused S2", "timeout S1; settle; why S3 voted S1",
		"timeout S1; settle; why S1 not voted S2",
		"timeout S1; settle; put x 1; settle; why 2 committed",
		"timeout S1; settle; isolate S1; put x 1; settle; why 2 not committed", "timeout S1; why no leader",
		"timeout S1; drop m2; why m2",
		"timeout S1; settle; put x 1; why C1", "timeout S1; settle; put y 2; why y=2",
		"timeout S1; settle; why S1 match S3",
		"timeout S1; settle; why S1 no lease", "timeout S1; settle; why #3",
		"timeout S1; settle; add S6; why not remove S5",
	},
	Results: []any{Answer{}},
	Run:     runWhy,
})

// eventKind is an event by its position.
var eventKind = &lang.Kind[uint64]{
	Name: "#POSITION", Doc: "an event, by the position printed before it: `#112`",
	Starts: func(w lang.Word) bool { return strings.HasPrefix(w.Text, "#") },
	Parse: func(p *lang.Parser) (uint64, error) {
		w, err := p.Next()
		if err != nil {
			return 0, err
		}
		n, ok := lang.Digits(strings.TrimPrefix(w.Text, "#"))
		if !ok || !strings.HasPrefix(w.Text, "#") {
			return 0, p.Fail(w, "the position of an event is written #112, not %s", prose.Cite(w.Text))
		}
		return n, nil
	},
}

// sentKind is a message that was sent at some time.
var sentKind = &lang.Kind[words.MessageID]{
	Name: "MESSAGE", Doc: "a message, in flight or no longer: `m12`",
	Starts: func(w lang.Word) bool { _, ok := words.MessageNumber(w.Text); return ok },
	Parse: func(p *lang.Parser) (words.MessageID, error) {
		w, err := p.Next()
		if err != nil {
			return 0, err
		}
		if id, ok := words.MessageNumber(w.Text); ok {
			return id, nil
		}
		return 0, p.Fail(w, "%s is not a message", prose.Cite(w.Text))
	},
	Complete: words.CompleteMessage,
}

func runWhy(c *lang.Call) (*lang.Result, error) {
	if w, live := lab.InRealTime(c); live {
		return w.Replayed(c)
	}
	q := NewInquiry(c, lab.Of(c))
	a, err := q.Ask(c)
	if a != nil { // lists, in JSON, also where they are empty
		a.Compared, a.Because = append([]Compared{}, a.Compared...), append([]Because{}, a.Because...)
	}
	switch {
	case c.Ctx.Err() != nil:
		return nil, lang.Interrupted("while looking back")
	case err != nil:
		return nil, err
	}
	if whyCommand.Given(c) {
		return lang.OK().With(a).Block(a.blocks()...), nil
	}
	if whyMore.Given(c) {
		q.chain(a)
	}
	return lang.OK().With(a).Block(a.blocks()...), nil
}

// Ask answers the question that was put.
func (q *Inquiry) Ask(c *lang.Call) (*Answer, error) {
	id, other, index := whyNode.Of(c), whyOther.Of(c), whyIndex.Of(c)
	switch not := whyIsNot.Given(c); {
	case whyCommand.Given(c):
		return q.refusedCommand(c)
	case whyEvent.Given(c):
		return q.event(whyEvent.Of(c))
	case whyMessage.Given(c):
		return q.message(whyMessage.Of(c))
	case whyLeased.Given(c):
		return q.lease(id, whyNo.Given(c))
	case whyNumber.Given(c):
		return q.progress(id, other, whyNumber.Of(c))
	case whyClient.Given(c):
		return q.clientNamed(whyClient.Of(c))
	case whyText.Given(c):
		return q.entrySaying(whyText.Of(c), not, whyCommits.Given(c))
	case whyNo.Given(c):
		return q.noLeader()
	case whyCommits.Given(c):
		return q.aboutIndex(index, whyOn.Of(c), not)
	case whyIndex.Given(c):
		return q.eitherWay(index, whyOn.Of(c))
	case whyRefused.Given(c):
		return q.refused(id, other)
	case whyVoted.Given(c) && not:
		return q.notVoted(id, other)
	case whyVoted.Given(c):
		return q.voted(id, other)
	case whyRole.Given(c) && not:
		return q.notRole(id, whyRole.Of(c))
	case whyRole.Given(c):
		return q.role(id, whyRole.Of(c))
	case whyNode.Given(c):
		return q.lastOf(id)
	}
	return q.lastEvent()
}

// Idle is what happens all the time, and is not what one asks about.
func Idle(e *cluster.Event) bool {
	return cluster.Is[cluster.Ticked](e) || cluster.Is[cluster.ClockTicked](e)
}

func (q *Inquiry) lastEvent() (*Answer, error) {
	e := q.Record.Last(q.Record.End()+1, func(e *cluster.Event) bool { return !Idle(e) })
	if e == nil {
		e = q.Record.At(q.Record.End())
	}
	if e == nil {
		return nil, lang.Errorf("nothing has happened yet").WithHint("timeout S1 makes something happen; why then " +
			"explains it")
	}
	return q.Explain(e), nil
}

func (q *Inquiry) lastOf(id raft.ID) (*Answer, error) {
	e := q.Record.Last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id && !Idle(e) &&
			!passive(e)
	})
	if e == nil {
		return nil, lang.Errorf("%s has done nothing yet", id).WithHint("why %s not leader says what it waits for", id)
	}
	return q.Explain(e), nil
}

// passive is what happens to a server or its mail, without its doing.
func passive(e *cluster.Event) bool {
	switch e.What.(type) {
	case cluster.Lost, cluster.Dropped, cluster.Duplicated, cluster.Delayed, cluster.Injected, cluster.Unanswered:
		return true
	}
	return false
}

func (q *Inquiry) event(position uint64) (*Answer, error) {
	if e := q.Record.At(position); e != nil {
		return q.Explain(e), nil
	}
	if end := q.Record.End(); end > 0 {
		return nil, lang.Errorf("there is no event #%d up to here: they are #1 to #%d", position, end).
			WithHint("events lists the last of them; goto goes where others are")
	}
	return nil, lang.Errorf("nothing has happened yet").WithHint("timeout S1 makes something happen; why then " +
		"explains it")
}

// refused is the last time that a server said no to another.
func (q *Inquiry) refused(id, other raft.ID) (*Answer, error) {
	e := q.Record.Last(q.Record.End()+1, func(e *cluster.Event) bool {
		x, ok := e.What.(cluster.Sent)
		return ok && x.From == id && x.To == other && IsRefusal(x.Message)
	})
	if e == nil {
		return nil, lang.Errorf("%s has refused %s nothing", id, other).
			WithHint("why %s voted %s, or why %s not voted %s, says what became of the vote; why m12, what became "+
				"of a message", id, other, id, other)
	}
	return q.Explain(e), nil
}

// IsRefusal tells whether a message says no.
func IsRefusal(m raft.Message) bool {
	switch m := m.(type) {
	case *raft.ReadIndexReply:
		return !m.Success
	case *raft.InstallSnapshotReply:
		return m.MatchIndex == 0
	}
	return tell.Refuses(m)
}

func (q *Inquiry) voted(id, other raft.ID) (*Answer, error) {
	e := q.Record.Last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id && (cluster.As[cluster.Voted](e).For == other || cluster.Is[cluster.Given](e) &&
			q.Record.After(e).Stored(id).VotedFor == other)
	})
	if e == nil {
		return nil, lang.Errorf("%s has not voted for %s", id, other).WithHint("ask why %s not voted %s", id, other)
	}
	a := q.Explain(e)
	if cluster.Is[cluster.Given](e) {
		a.Answer = fmt.Sprintf("%s's vote for %s in term %d was given by hand at #%d.", id, other, q.Record.After(e).
			Stored(id).CurrentTerm, e.Position)
	}
	q.noteForgotten(a, e)
	return a, nil
}

// RoleOf is a server's role in words, down when it is dead.
func RoleOf(w *cluster.World, id raft.ID) string {
	if !w.Up(id) {
		return "down"
	}
	return w.State(id).Role.String()
}

// role is how a server came to the role that it has.
func (q *Inquiry) role(id raft.ID, role string) (*Answer, error) {
	if is := RoleOf(q.W, id); is != role {
		err := lang.Errorf("%s is not %s but %s", id, roleText(role), roleText(is))
		return nil, err.WithHint("ask why %s not %s, or why %s %s", id, role, id, is)
	}
	e := q.became(id, role)
	if e == nil {
		return q.fromTheBeginning(id), nil
	}
	a := q.Explain(e)
	if role == "leader" {
		q.besides(a, id)
	}
	return a, nil
}

// became is the event that gave a server its present role, or nil when it has
// had it from the beginning.
func (q *Inquiry) became(id raft.ID, role string) *cluster.Event {
	return q.Record.Last(q.Record.End()+1, func(e *cluster.Event) bool {
		if e.Node != id {
			return false
		}
		switch x := e.What.(type) {
		case cluster.RoleChanged:
			return x.To.String() == role
		case cluster.Crashed:
			return role == "down"
		case cluster.Restarted, cluster.Given, cluster.ServerAdded:
			return role == "follower"
		}
		return false
	})
}

func (q *Inquiry) fromTheBeginning(id raft.ID) *Answer {
	a := &Answer{Answer: fmt.Sprintf("%s has been a follower from the beginning.", id)}
	a.by(cluster.RestartFromDisk)
	a.compare("its term", q.W.State(id).CurrentTerm)
	a.Because = []Because{{Text: "every server starts as a follower, and nothing has made it a candidate yet"}}
	return a
}

func roleText(role string) string {
	if role == "down" {
		return role
	}
	return "a " + role
}
