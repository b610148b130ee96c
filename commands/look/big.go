package look

import (
	"fmt"
	"strconv"
	"strings"

	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

var bigOn = lang.OnOff().Optional()

var _ = Commands.Register(&lang.Command{
	Name: "big", Topic: lab.TopicLessons,
	Summary: "shows each server's role, term and log in big letters for the back row, once or after each change",
	Args:    lang.Params{bigOn},
	Details: "A log is shown as the terms of its entries. A bar below an entry means that the server knows it to " +
		"be committed. If the screen is too narrow for all entries, you see the last ones. `big on` shows all " +
		"this after each command that changed something, and during `play`. Together with `demo on`, a " +
		"demonstration needs no key but Enter.",
	Examples: []string{"timeout S1; settle; big", "big on; timeout S1; settle", "big off"},
	Results:  []any{statusView{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		if bigOn.Given(c) {
			s.Big, s.shown = bigOn.Of(c), ""
			return lang.OK(), nil
		}
		v := lab.WorldOf(c.World).Vocabulary(nil)
		return lang.OK().With(statusView{v.Clock, v.Nodes, v.Bugs}).Block(s.BigStatus()...), nil
	},
})

// BigStatus is the cluster for the back row: a line of words, and a picture that says the same,
// of the characters that the screen has.
func (s *Screen) BigStatus() []view.Block {
	p := s.world.Picture(lab.Only())
	lines := []view.Line{view.LS(view.Strong, bigTitle(p))}
	if note := bigNote(p); len(note) > 0 {
		lines = append(lines, note)
	}
	first := bigFirst(p)
	rows := each.As(p.Nodes, func(v *picture.NodeView) view.BigRow { return bigRow(v, first) })
	return []view.Block{view.Text{Lines: lines}, view.Big{Rows: rows, Glyphs: s.Glyphs}}
}

// bigTitle is who leads and what is on its way, and how to read the picture.
func bigTitle(p *picture.Picture) string {
	lead := each.As(p.Leaders,
		func(v *picture.NodeView) string { return fmt.Sprintf("%s leads term %d", v.ID, v.Term) })
	if len(lead) == 0 {
		lead = []string{"No leader"}
	}
	return strings.Join(lead, ", ") + ". " + inFlight(p) + "A bar below an entry: it is committed."
}

// bigNote is what is wrong: links that are cut, bugs and breaches.
func bigNote(p *picture.Picture) view.Line {
	var note view.Line
	if groups := partitionText(p); groups != "" {
		note = append(note, view.S(view.Warn, groups+" "))
	}
	if names := tell.BugsOn(p); names != "" {
		note = append(note, view.S(view.Bad, "BUG: "+names+". "))
	}
	told := map[string]bool{}
	for _, b := range lab.BreachesOf(p) {
		what := "BREACH of " + b.Property
		if b.Departure != nil {
			what = "DEPARTURE from " + b.Property
		}
		if !told[what] {
			note = append(note, view.S(view.Bad, what+". "))
		}
		told[what] = true
	}
	return note
}

// partitionText is the groups that the servers fall into, when every link
// between two groups is cut and none within one; else only that some are cut.
func partitionText(p *picture.Picture) string {
	var all raft.Set
	for _, v := range p.Nodes {
		all = all.With(v.Number)
	}
	sides, cut, whole := p.Sides(), false, true
	for _, side := range sides {
		for id := range side.All() {
			to := p.Nodes[id-1].State.CutTo
			cut, whole = cut || !to.Empty(), whole && to == all.Minus(side)
		}
	}
	switch {
	case !cut:
		return ""
	case !whole:
		return "Some links are cut: links shows them."
	}
	return "Partition: " + strings.Join(each.As(sides, raft.Set.String), " | ") + "."
}

// bigFirst is the first index that is shown: one that some log still has.
func bigFirst(p *picture.Picture) int {
	const most = 40 // entries that any screen has room for
	first, last := 0, 0
	for _, v := range p.Nodes {
		if v.Last >= v.First && (first == 0 || v.First < first) {
			first = v.First
		}
		last = max(last, v.Last)
	}
	return max(first, last-most+1)
}

// bigRoles are the roles in few letters, and in one.
var bigRoles = map[string][2]string{
	"leader": {"LEADER", "L"}, "follower": {"FOLLOW", "F"}, "candidate": {"CAND", "C"}, "pre-candidate": {"PRE", "P"},
	"down": {"DOWN", "X"},
}

// bigRow is one server: its name, role and term, and its log from index first.
func bigRow(v *picture.NodeView, first int) view.BigRow {
	role := bigRoles[v.Role]
	style := tell.RoleStyle(v.Role)
	row := view.BigRow{Head: []view.BigWord{
		{Text: v.ID, Style: style},
		{Text: role[0], Short: role[1], Style: style},
		{Text: "T" + strconv.Itoa(v.Term), Style: view.OfTerm(v.Term)},
	}}
	if v.Frozen {
		row.Head[1].Text, row.Head[1].Short = "FROZEN", "Z"
	}
	for i := first; i > 0 && i <= v.Last; i++ {
		if i < v.First { // under the snapshot
			row.Tail = append(row.Tail, view.BigWord{Text: "-", Style: view.Committed, Bar: true})
			continue
		}
		term := v.State.Written.At(uint64(i)).Term
		row.Tail = append(row.Tail, view.BigWord{Text: strconv.FormatUint(term, 10), Style: view.OfTerm(int(term)),
			Bar: i <= v.Commit})
	}
	return row
}

// inFlight counts the messages, where they can be counted.
func inFlight(p *picture.Picture) string {
	if p.World != nil {
		return prose.Plural(p.World.InFlight, "message") + " in flight. "
	}
	return ""
}
