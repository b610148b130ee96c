package look

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var _ = Commands.Register(&lang.Command{
	Name: "cluster", Topic: lab.TopicLooking,
	Summary: "shows a picture of the cluster: each server's role, timer and log, and what is in flight to it",
	Details: "The bar is what is left of the server's timer: the election timer, or on a leader the heartbeat timer. " +
		"The log shows the terms of the last entries, each in the color of its term; [brackets] mark what this " +
		"server knows to be committed. `pin cluster` keeps the picture at the top of the terminal.",
	Examples: []string{"timeout S1; cluster", "timeout S1; settle; put x 1; cluster"},
	Results:  []any{clusterView{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		v := lab.VocabularyOf(lab.PictureOf(c, picture.Everything))
		return lang.OK().With(clusterView{v.Clock, v.Messages, v.Nodes}).Block(ClusterBlocks(v.Picture)...), nil
	},
})

// clusterView is what cluster has for JSON.
type clusterView struct {
	Clock    int                    `json:"clock" doc:"ticks that have passed"`
	Messages []*picture.MessageView `json:"messages" doc:"the messages in flight"`
	Nodes    []*picture.NodeView    `json:"nodes" doc:"all servers"`
}

// ClusterBlocks is the cluster at a glance: a line about it, and one for each server.
func ClusterBlocks(p *picture.Picture) []view.Block {
	t := view.Table{
		Head:  []string{"node", "role", "term", "vote", "timer", "commit", "log", "in flight to it"},
		Right: []bool{false, false, true, false, false, true}, Fixed: 1,
	}
	t.Rows = each.As(p.Nodes, func(v *picture.NodeView) []view.Line { return clusterRow(v, p.Messages) })
	if p.World == nil { // what runs by itself has no list of what is in flight
		t.Head = t.Head[:len(t.Head)-1]
		for i, row := range t.Rows {
			t.Rows[i] = row[:len(row)-1]
		}
	}
	blocks := StatusBlocks(p)
	blocks[1] = t // in the place of its table; what is broken follows
	if legend := typesInFlight(p.Messages); legend != "" {
		blocks = append(blocks, view.Says(view.Quiet, legend))
	}
	return blocks
}

func clusterRow(v *picture.NodeView, messages []*picture.MessageView) []view.Line {
	return []view.Line{
		view.LS(view.Strong, v.ID), view.LS(tell.RoleStyle(v.Role), v.Role),
		view.LS(view.OfTerm(v.Term), strconv.Itoa(v.Term)), view.L(prose.Dash(v.Vote)), timerLeft(v),
		view.L(strconv.Itoa(v.Commit)), TermsLine(v), inFlightTo(v.ID, messages),
	}
}

// timerLeft is what is left of a server's timer, as a bar and in ticks.
func timerLeft(v *picture.NodeView) view.Line {
	if !v.Up {
		return view.L("-")
	}
	return view.L(fmt.Sprintf("%s %2d", TimerBar(v.Timer, v.State.TimerOf, 8), v.Timer))
}

// TermsLine is the terms of the last entries of a log, what is committed in brackets.
func TermsLine(v *picture.NodeView) view.Line {
	const most = 12
	if v.Last == 0 {
		return view.LS(view.Quiet, "empty")
	}
	from := max(v.First, v.Last-most+1)
	var l view.Line
	switch {
	case from > v.First:
		l = append(l, view.S(view.Quiet, "… "))
	case v.First > 1:
		l = append(l, view.S(view.Quiet, fmt.Sprintf("(snapshot %d) ", v.First-1)))
	}
	for i := from; i <= v.Last; i++ {
		term, before, after := int(v.State.Written.At(uint64(i)).Term), " ", ""
		if i == from {
			before = ""
		}
		if i == from && i <= v.Commit {
			before += "["
		}
		if i == v.Commit {
			after = "]"
		}
		l = append(l, view.S(view.Committed, before), view.S(view.OfTerm(term), strconv.Itoa(term)),
			view.S(view.Committed, after))
	}
	return l
}

// inFlightTo is what is on its way to a server: how many messages of which types, and who sent them.
func inFlightTo(id string, messages []*picture.MessageView) view.Line {
	type group struct {
		short string
		count int // from each of them
	}
	count, groups, from := map[[2]string]int{}, []group{}, map[group]string{}
	for _, m := range messages {
		if m.To == id {
			count[[2]string{m.Type, m.From}]++
		}
	}
	for _, m := range messages {
		n := count[[2]string{m.Type, m.From}]
		if m.To != id || n == 0 {
			continue
		}
		count[[2]string{m.Type, m.From}] = 0 // told
		g := group{words.MessageType(m.Type).Short(), n}
		if from[g] == "" {
			groups = append(groups, g)
		}
		from[g] += " " + m.From
	}
	var says []string
	for _, g := range groups {
		say := g.short + " from" + from[g]
		if g.count > 1 {
			say = fmt.Sprintf("%d %s", g.count, say)
		}
		says = append(says, say)
	}
	return view.LS(view.Message, strings.Join(says, ", "))
}

// typesInFlight says what the short names of the types stand for.
func typesInFlight(messages []*picture.MessageView) string {
	var says []string
	for _, m := range messages {
		t := words.MessageType(m.Type)
		if say := t.Short() + ": " + m.Type; t.Short() != m.Type && !slices.Contains(says, say) {
			says = append(says, say)
		}
	}
	return strings.Join(says, ", ")
}

// TimerBar is a countdown to look at.
func TimerBar(left, of, width int) string {
	if of == 0 {
		return ""
	}
	full := min(width, (left*width+of-1)/of)
	return strings.Repeat("#", full) + strings.Repeat(".", width-full)
}
