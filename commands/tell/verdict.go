package tell

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// election is a candidate in a term.
type election struct {
	who  raft.ID
	term uint64
}

// ballots is how servers voted, as far as events tell.
type ballots struct {
	no   map[election]raft.Set // refusals that arrived
	sent map[election]raft.Set // refusals that were sent
	of   map[uint64]election   // the election of each refusal that was sent, by the number of its message
	won  map[election]raft.Set // with whose votes, for the elections that were won
	last election              // the last one that was won; the zero value: none
}

func ballotsOf(events []event.Event) ballots {
	b := ballots{no: map[election]raft.Set{}, sent: map[election]raft.Set{}, won: map[election]raft.Set{},
		of: map[uint64]election{}}
	for e := range each.Of(events) {
		switch x := e.What.(type) {
		case event.RoleChanged:
			if x.To == raft.Leader {
				b.last = election{e.Node, x.Term}
				b.won[b.last] = x.Votes
			}
		case event.Delivered:
			if m, ok := x.Message.(*raft.RequestVoteReply); ok && !m.VoteGranted {
				key := election{e.Node, AskedTerm(m, nil)}
				b.no[key] = b.no[key].With(x.From)
			}
		case event.Sent:
			if m, ok := x.Message.(*raft.RequestVoteReply); ok && !m.VoteGranted {
				key := election{x.To, AskedTerm(m, nil)}
				b.sent[key], b.of[x.ID] = b.sent[key].With(x.From), key
			}
		}
	}
	return b
}

// win is how an election was won.
func (b *ballots) win(of election) string {
	others := b.won[of].Without(of.who)
	if others.Empty() {
		return fmt.Sprintf("%s wins term %d with its own vote", of.who, of.term)
	}
	text := fmt.Sprintf("%s wins term %d: votes from %s", of.who, of.term, others)
	if no := b.no[of]; !no.Empty() {
		text += fmt.Sprintf(", refused by %s", no)
	}
	return text
}

// electionWon is how the last election of the events was won, or "": who voted for
// the leader and, of the answers that arrived among these events, who refused.
func electionWon(events []event.Event) string {
	b := ballotsOf(events)
	if b.last.who == 0 {
		return ""
	}
	return b.win(b.last)
}

// refusals is who refused whom in elections of the events that were not won, or "".
func refusals(events []event.Event) string {
	b, parts := ballotsOf(events), []string(nil)
	for e := range each.Of(events) {
		if text := b.verdict(e); text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return ending(parts)
}

// ending is parts of a sum, or the last ones where they are many.
func ending(parts []string) string {
	if n := len(parts); n > mostVerdicts {
		parts = parts[n-mostVerdicts:]
		parts[0] = "the last of many: " + parts[0]
	}
	return strings.Join(parts, "; ")
}

// mostVerdicts is how much of a long story its sum tells: the end.
const mostVerdicts = 5

// Verdicts is what events came to, in a sentence: who voted how, who leads, what was
// committed and what deleted, and what clients were told. It is empty where nothing of that happened.
func Verdicts(events []event.Event) view.Text {
	b, parts := ballotsOf(events), []string(nil)
	var alike []Storied
	var committed event.Event // by one leader, at several times
	flush := func() {
		if len(alike) > 0 {
			parts = append(parts, storyLine(alike).String())
		}
		alike = nil
	}
	for e := range each.Of(events) {
		text := b.verdict(e)
		if x, ok := e.What.(event.RoleChanged); ok && text == "" && x.From == raft.Leader {
			text = Of(e).Line.String()
		}
		if text != "" {
			flush()
			if !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
		if !b.counts(e, events) {
			continue
		}
		if x, ok := e.What.(event.Committed); ok && x.Leader {
			if y, ok := committed.What.(event.Committed); ok && committed.Node == e.Node && y.Last+1 == x.First {
				x.First, x.Terms = y.First, ""
				alike = nil
			}
			committed = *e
			committed.What = x
			sum := committed
			e = &sum
		}
		if len(alike) > 0 && !Alike(alike[len(alike)-1], Storied{Event: e}) {
			flush()
		}
		alike = append(alike, Storied{Event: e})
	}
	if flush(); len(parts) == 0 {
		return view.Text{}
	}
	return view.Text{Lines: []view.Line{view.L("      " + ending(parts))}, Indent: 6}
}

// verdict is what an event says of an election: that it was won, or that somebody refused one
// that was not.
func (b *ballots) verdict(e *event.Event) string {
	switch x := e.What.(type) {
	case event.RoleChanged:
		if x.To == raft.Leader {
			return b.win(election{e.Node, x.Term})
		}
	case event.Sent:
		if m, ok := x.Message.(*raft.RequestVoteReply); ok && !m.VoteGranted {
			if key := b.of[x.ID]; b.won[key].Empty() {
				refuse := prose.Either(b.sent[key].Len() == 1, "refuses", "refuse")
				return fmt.Sprintf("%s %s %s in term %d", b.sent[key], refuse, x.To, key.term)
			}
		}
	}
	return ""
}

// counts says whether an event is told beside elections: a vote for one that was not won, a
// commit, by the leader where it is among the events, what was deleted, what a client learned.
func (b *ballots) counts(e *event.Event, events []event.Event) bool {
	switch x := e.What.(type) {
	case event.Voted:
		return x.For != e.Node && b.won[election{x.For, x.Term}].Empty()
	case event.Truncated, event.Answered, event.Abandoned:
		return true
	case event.Committed:
		return x.Leader || !slices.ContainsFunc(events, func(o event.Event) bool {
			y, ok := o.What.(event.Committed)
			return ok && y.Leader && y.Last >= x.Last || event.Is[event.Given](&o)
		})
	}
	return false
}
