package ask

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/why/ballot"
	"raftlab/raft"
)

var (
	nextChoice = lang.Int("NUMBER", 1, 100_000).Optional()
	whatifThis = lang.Nested()
)

// possibility is something that can happen now.
type possibility struct {
	Action cluster.Action
	about  string        // what it is
	brings func() string // its consequence, tried out
}

// mostDeliveries is how many messages next tries out; the others have their
// numbers all the same.
const mostDeliveries = 200

// NextResult is what `next` has as its result.
type NextResult struct {
	Next []nextRow `json:"next" doc:"what can happen now, or null when nothing can"`
}

var _ = Commands.Register(&lang.Command{
	Name: "next", Topic: lab.TopicTime, Changes: true,
	Summary: "lists what can happen now and what each choice leads to; `next NUMBER` does one of them",
	Args:    lang.Params{nextChoice},
	Details: "The list has every message that can be delivered and every timer that can fire. Each choice is " +
		"tried out on a copy of the cluster. For an election timeout, the copy also delivers the messages of that " +
		"election, and no others. The list then says which term the server would win, or which servers keep it " +
		"from winning. It also names the messages in flight that must not arrive before the election ends. " +
		"If more than 200 messages are in flight, only the first 200 are tried out; the others are listed without " +
		"what they lead to.",
	Examples: []string{"timeout S1; next", "timeout S1; next 1"},
	Results:  []any{NextResult{}},
	Needs:    append(lab.Needs(lab.Stepping), lab.Needs(lab.Asking)...),
	Run:      runNext,
})

type nextRow struct {
	About   string `json:"about" doc:"what it is"`
	Brings  string `json:"brings" doc:"what it would lead to"`
	Command string `json:"command" doc:"the command that does it"`
	Number  int    `json:"number" doc:"its number, for next NUMBER"`
}

func runNext(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	all := possibilities(l.World())
	if nextChoice.Given(c) {
		n := nextChoice.Of(c)
		if n > len(all) {
			return nil, lang.Errorf("there is no choice %d: next lists %d", n, len(all)).WithHint("next lists them")
		}
		c.SaveAs("%s", all[n-1].Action)
		return lang.OK(), l.Do(all[n-1].Action)
	}
	t := view.Table{Head: []string{"", "command", "what it is", "what happens"}, Fixed: 1, Right: []bool{true}}
	var views []nextRow
	omitted := max(0, deliveries(all)-mostDeliveries)
	for i, p := range all {
		switch {
		case i >= mostDeliveries && i < mostDeliveries+omitted:
			continue
		case c.Ctx.Err() != nil:
			return nil, lang.Interrupted(fmt.Sprintf("after %d of %d", i, len(all)))
		}
		row := nextRow{Number: i + 1, Command: p.Action.String(), About: p.about, Brings: p.brings()}
		views = append(views, row)
		t.Add(view.LS(view.Strong, fmt.Sprint(i+1)), view.LS(view.Code, row.Command), view.L(row.About),
			view.L(row.Brings))
	}
	r := lang.OK().With(NextResult{views})
	if len(all) == 0 {
		return r.Line("Nothing can happen by itself now: restart or thaw a server."), nil
	}
	r.Block(t)
	if omitted > 0 {
		r.Line(fmt.Sprintf("%s can be delivered, with the numbers from %d to %d; messages lists them.",
			prose.Plural(omitted, "more message"), mostDeliveries+1, mostDeliveries+omitted))
	}
	return r.Line("Type next NUMBER to do one of them."), nil
}

// deliveries is how many of the possibilities are deliveries: they come first.
func deliveries(all []possibility) int {
	return len(each.Only(all, func(p possibility) bool {
		_, ok := p.Action.(cluster.Deliver)
		return ok
	}))
}

// possibilities is every delivery, and then every timer.
func possibilities(w *cluster.World) []possibility {
	var out []possibility
	add := func(a cluster.Action, about string, brings func() string) {
		out = append(out, possibility{a, about, brings})
	}
	tried := func(a cluster.Action) func() string { return func() string { return consequence(w, a) } }
	for _, f := range w.Flights() {
		if deliver := (cluster.Deliver{ID: f.ID}); !w.Waits(&f) {
			add(deliver, fmt.Sprintf("%s->%s %s", f.From, f.To, f.Message.Type()), tried(deliver))
		}
	}
	for _, id := range w.IDs() {
		left, _ := w.Timer(id)
		timer := "its timer, " + prose.Plural(left, "tick") + " left"
		switch n := w.State(id); {
		case n == nil || w.Frozen(id):
		case n.Role == raft.Leader:
			add(cluster.Heartbeat{Node: id}, timer, tried(cluster.Heartbeat{Node: id}))
		case n.MayCampaign():
			add(cluster.Timeout{Node: id}, timer, func() string { return ballot.Consequence(w, id) })
		}
	}
	return out
}

// consequence is what an action would bring about, in a few words.
func consequence(w *cluster.World, a cluster.Action) string {
	then, events := lab.Try(w, a)
	var parts []string
	sent := 0
	for e := range each.Of(events) {
		switch x := e.What.(type) {
		case event.Sent:
			if sent++; sent == 1 {
				parts = append(parts, sentText(x.Mail))
			}
		case event.Lost:
			parts = append(parts, "it is lost: "+x.Why())
		case event.RoleChanged, event.TermChanged, event.Voted, event.Appended, event.Truncated,
			event.Committed, event.Answered, event.SnapshotLoaded, event.Breached, event.Corrupted,
			event.Abandoned, event.LeaseBegun, event.SessionTold:
			parts = append(parts, tell.Story(e).String())
		}
	}
	if sent > 1 {
		parts = append(parts, "and "+prose.Plural(sent-1, "more message"))
	}
	if len(parts) == 0 {
		parts = counted(w, then)
	}
	if len(parts) == 0 {
		parts = besides(events)
	}
	return cmp.Or(strings.Join(parts, "; "), "nothing changes")
}

// besides is what happened that is told where nothing else did, such as a snapshot
// that was due already.
func besides(events []event.Event) (parts []string) {
	for i := range events {
		switch events[i].What.(type) {
		case event.Delivered, event.ElectionTimeout, event.HeartbeatDue:
		default:
			parts = append(parts, tell.Story(&events[i]).String())
		}
	}
	return parts
}

// counted is what changes in a candidate's or a leader's books without an event:
// its votes, nextIndex and matchIndex.
func counted(w, then *cluster.World) (parts []string) {
	for _, id := range w.IDs() {
		n, m := w.State(id), then.State(id)
		if n == nil || m == nil {
			continue
		}
		if m.Votes != n.Votes && m.Role == n.Role {
			h := m.Configuration.Halves(m.Votes)
			parts = append(parts, fmt.Sprintf("%s counts the answer of %s: %s", id, m.Votes.Minus(n.Votes),
				tell.Halves(h)))
		}
		for v := range m.Configuration.Members().Without(id).All() {
			if m.Role != raft.Leader || n.Role != raft.Leader {
				break
			}
			if a, b := n.MatchIndex(v), m.MatchIndex(v); a != b {
				parts = append(parts, fmt.Sprintf("matchIndex of %s %d→%d", v, a, b))
			} else if a, b := n.NextIndex(v), m.NextIndex(v); a != b {
				parts = append(parts, fmt.Sprintf("nextIndex of %s %d→%d", v, a, b))
			}
		}
	}
	return parts
}

// sentText is an answer or a request in a few words.
func sentText(mail event.Mail) string {
	switch m := mail.Message.(type) {
	case *raft.RequestVoteReply:
		return fmt.Sprintf("%s answers %s: %s", mail.From, mail.To, prose.Either(m.VoteGranted, "yes", "no"))
	case *raft.AppendEntriesReply:
		if m.Success {
			return fmt.Sprintf("%s confirms up to entry %d", mail.From, m.MatchIndex)
		}
		return fmt.Sprintf("%s refuses", mail.From)
	}
	return fmt.Sprintf("%s sends %s to %s", mail.From, mail.Type(), mail.To)
}

// WhatifResult is what `whatif` has as its result.
type WhatifResult struct {
	Differences []tell.Difference `json:"differences" doc:"what would change, or null when nothing would"`
	Events      []any             `json:"events" doc:"what would happen, or null when nothing would" items:"event"`
	Result      any               `json:"result" doc:"the result of the command, or null"`
}

var _ = Commands.Register(&lang.Command{
	Name: "whatif", Topic: lab.TopicTime,
	Summary:  "shows what COMMAND would do, without doing it",
	Args:     lang.Params{whatifThis},
	Examples: []string{"whatif timeout S1", "timeout S1; whatif settle"},
	Results:  []any{WhatifResult{}},
	Needs:    append(lab.Needs(lab.Stepping), lab.Needs(lab.Asking)...),
	Run: func(c *lang.Call) (*lang.Result, error) {
		l := lab.Of(c)
		before := l.World().Clone()
		var rows []tell.Difference
		r, err := c.Trial(whatifThis.Of(c), func(*lang.Result) {
			rows = tell.Differences(tell.DeltaOf(before, l.World()))
		})
		switch {
		case errors.Is(err, lang.ErrLasting) || errors.Is(err, lang.ErrInterrupted):
			return nil, err
		case err != nil:
			return nil, lang.Errorf("it would fail: %s", err.Error())
		}
		t := view.Table{Head: []string{"what would change", "now", "then"}, Fixed: 1}
		for _, d := range rows {
			t.Add(view.LS(view.Strong, d.What), view.L(d.A), view.LS(view.Warn, d.B))
		}
		out := lang.OK().With(WhatifResult{Events: r.Events, Result: r.Value, Differences: rows})
		out.View = r.View
		if len(rows) == 0 {
			return out.Line("Nothing would change."), nil
		}
		return out.Block(t).Line("Nothing was done."), nil
	},
})
