// Package why has the commands that explain: why something happened, or did not, and the rules.
package why

import (
	"math"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/client"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/why/not"
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
	whyLeads   = lang.Literal("leads")
	whyCommand = lang.Nested()
	whyMore    = lang.Flag("more")
	whyOn      = words.Node().Keyword("on")
	whyText    = entryKind.New()
	whyClient  = clientAsked.New()
	whyLeased  = lang.Literal("lease")
	whyNumber  = lang.OneOf("next|match", "next", "match")
)

var _ = Commands.Register(&lang.Command{
	Name: "why", Topic: lab.TopicLooking, Positions: true,
	Summary: "says why something happened, or did not: the rule, the numbers, and the events that led to them",
	Forms: []lang.Params{
		{whyLeader, whyMore},
		{whyNode, whyMore},
		{whyNode, whyRole, whyMore},
		{whyNode, whyLeads, whyMore},
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
	Hint: "ask why, why S2, why S2 leader, why S2 not leader, why S3 refused S1,\n" +
		"why S3 voted S1, why S3 not voted S1, why 4 committed, why 4 not committed,\n" +
		"why 4 not committed on S1, why no leader, why y=2, why C1, why m12, why #112,\n" +
		"why S1 lease, why S1 no lease, why S1 next S3, why S1 match S3 or\n" +
		"why not COMMAND; more, at the end, adds the chain of causes",
	Details: "Alone, it explains the last event.\n\n" +
		"With a NODE, it explains what that server did last, or why it has a role or does not have it. With a " +
		"MESSAGE, it says what became of it. With #POSITION, it explains that event. With an INDEX, or with the " +
		"TEXT of an entry, it says why that entry is committed or why it is not. Where logs differ, `on NODE` " +
		"says whose entry you mean. With a CLIENT, it says what became of its last request. With `lease`, `next` " +
		"or `match`, it says what the leader relies on and what changed it last. Type `why leader` to hear why it " +
		"leads, `why no leader` to look at every server, and `why not COMMAND` to try a command on a copy and see " +
		"what refuses it.\n\n" +
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
	Results: []any{inquiry.Answer{}},
	Needs:   lab.Needs(lab.Record),
	Run:     runWhy,
})

func runWhy(c *lang.Call) (*lang.Result, error) {
	q := inquiry.New(c, lab.Of(c))
	a, err := answer(q, c)
	if a != nil { // lists, in JSON, also where they are empty
		a.Compared, a.Because = append([]inquiry.Compared{}, a.Compared...), append([]inquiry.Because{}, a.Because...)
	}
	switch {
	case c.Ctx.Err() != nil:
		return nil, lang.Interrupted("while looking back")
	case err != nil:
		return nil, err
	}
	if whyMore.Given(c) {
		q.Chain(a, cause.Of)
	}
	return lang.OK().With(a).Block(blocks(a)...), nil
}

// answer finds the answer to the question that was put.
func answer(q *inquiry.Inquiry, c *lang.Call) (*inquiry.Answer, error) {
	id, other, index := whyNode.Of(c), whyOther.Of(c), whyIndex.Of(c)
	switch no := whyIsNot.Given(c); {
	case whyCommand.Given(c):
		return not.Command(q, c, whyCommand.Of(c))
	case whyEvent.Given(c):
		return cause.Event(q, whyEvent.Of(c))
	case whyMessage.Given(c):
		return cause.Message(q, whyMessage.Of(c))
	case whyLeased.Given(c):
		return cause.Lease(q, id, whyNo.Given(c))
	case whyNumber.Given(c):
		return cause.Progress(q, id, other, whyNumber.Of(c))
	case whyClient.Given(c):
		return client.Named(q, whyClient.Of(c))
	case whyText.Given(c):
		return not.EntrySaying(q, whyText.Of(c), no, whyCommits.Given(c))
	case whyLeader.Given(c):
		return leadership(q, whyNo.Given(c))
	case whyCommits.Given(c):
		return not.Index(q, index, whyOn.Of(c), no)
	case whyIndex.Given(c):
		return not.EitherWay(q, index, whyOn.Of(c))
	case whyRefused.Given(c):
		return cause.Refused(q, id, other)
	case whyVoted.Given(c) && no:
		return not.Voted(q, id, other)
	case whyVoted.Given(c):
		return cause.Voted(q, id, other)
	case whyLeads.Given(c): // whether it does or not
		return role(q, id, "leader", tell.RoleOf(q.W, id) != "leader")
	case whyRole.Given(c):
		return role(q, id, whyRole.Of(c), no)
	case whyNode.Given(c):
		return cause.LastOf(q, id)
	}
	return cause.LastEvent(q)
}

// leadership is why the leader leads; where none does, or with no, why none does.
func leadership(q *inquiry.Inquiry, no bool) (*inquiry.Answer, error) {
	if leader := q.W.Leader(); leader != 0 && !no {
		return cause.Role(q, leader, "leader")
	}
	return not.NoLeader(q)
}

// role is why a server has a role, or, with no, why not.
func role(q *inquiry.Inquiry, id raft.ID, role string, no bool) (*inquiry.Answer, error) {
	if no {
		return not.Role(q, id, role)
	}
	return cause.Role(q, id, role)
}
