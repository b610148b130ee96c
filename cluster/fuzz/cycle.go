package fuzz

import (
	"context"
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Recurring is something that happens again and again where a cluster is stuck.
type Recurring struct {
	Node  string `json:"node"`
	Says  string `json:"says"`
	Rule  string `json:"rule,omitempty"` // by which
	Place string `json:"place,omitempty"`
	Last  string `json:"last,omitempty"` // the numbers that were compared the last time
	Times int    `json:"times"`
}

// mostRecurring is how many of them are told.
const mostRecurring = 8

// recurring is what happens in one future of a world, the most frequent first.
// Confirmations belong to it only where nothing is committed.
func recurring(ctx context.Context, w *cluster.World, terms bool) []Recurring {
	l := &cluster.Listener{Decide: true, NoTicks: true}
	future(ctx, w, 1, l)
	var out []Recurring
	at := map[string]int{}
	for i := range l.Events {
		r, ok := recur(&l.Events[i])
		if _, confirms := l.Events[i].Body().(*raft.AppendEntriesReply); !ok || confirms && terms {
			continue
		}
		key := r.Node + r.Says + r.Rule
		k, known := at[key]
		if !known {
			k = len(out)
			at[key] = k
			out = append(out, r)
		}
		out[k].Times++
		out[k].Last = r.Last
	}
	out = slices.DeleteFunc(out, func(r Recurring) bool { return r.Times < 3 })
	slices.SortStableFunc(out, func(a, b Recurring) int { return b.Times - a.Times })
	return out[:min(len(out), mostRecurring)]
}

// recur is an event as something that may recur: a timeout, a refusal, a change
// of role. refusal adds what a message brings.
func recur(e *event.Event) (r Recurring, ok bool) {
	r.Node = e.Node.String()
	switch x := e.What.(type) {
	case event.ElectionTimeout:
		r.Says = fmt.Sprintf("%s times out", e.Node)
		return r, true
	case event.RoleChanged:
		r.Says = fmt.Sprintf("%s becomes %s", e.Node, x.To)
		return r, x.To == raft.Leader || x.From == raft.Leader
	case event.Delivered:
		return refusal(e, x.Mail)
	}
	return r, false
}

// refusals is the rules by which a server refuses a request.
var refusals = []*raft.Rule{raft.VoteOnce, raft.CandidateUpToDate, raft.PrevLogMatches, raft.StaleTerm,
	raft.Stickiness}

// refusal is a request that was refused on arrival, with the rule that did it,
// or a confirmation.
func refusal(e *event.Event, mail event.Mail) (r Recurring, ok bool) {
	r.Node = e.Node.String()
	switch m := mail.Message.(type) {
	case *raft.RequestVote:
		r.Says = fmt.Sprintf("%s refuses %s its vote", e.Node, mail.From)
	case *raft.PreVote:
		r.Says = fmt.Sprintf("%s would refuse %s its vote", e.Node, mail.From)
	case *raft.AppendEntries:
		r.Says = fmt.Sprintf("%s refuses %s's append", e.Node, mail.From)
	case *raft.AppendEntriesReply:
		r.Says = fmt.Sprintf("%s hears that %s holds its entries, and commits nothing", e.Node, mail.From)
		return r, m.Success
	default:
		return r, false
	}
	for _, d := range e.Decisions {
		if d.TurnsDown() && slices.Contains(refusals, d.Rule) {
			r.Rule, r.Place, r.Last = d.Rule.ID, d.Rule.Place, numbers(d)
			return r, true
		}
	}
	return r, false
}

// numbers is what a decision has compared.
func numbers(d raft.Decision) string {
	text := ""
	for i, n := range d.Rule.Args {
		if n.Name == "" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %d", n, d.Args[i])
	}
	return text
}
