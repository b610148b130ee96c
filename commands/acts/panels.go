package acts

import (
	"fmt"

	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// mostPanels is how many panels one can take in side by side.
const mostPanels = 9

var panelPlaces = lang.Words("PLACES").Explained("checkpoints, branches and positions, at most 9").
	CompletedBy(func(c *lang.Completion) { c.Offer(lab.WorldOf(c.World).Names("checkpoint")...) })

// panelView is a panel: all servers at one place.
type panelView struct {
	Name     string              `json:"name" doc:"the place, as it was written"`
	Branch   string              `json:"branch" doc:"its branch"`
	Position uint64              `json:"position" doc:"its position there"`
	Nodes    []*picture.NodeView `json:"nodes" doc:"all servers"`
	Lost     []string            `json:"lost" doc:"the entries gone since the panel it came from, and where"`
}

type panelsResult struct {
	Panels []panelView `json:"panels" doc:"the panels, in the order in which they were named"`
}

var _ = Commands.Register(&lang.Command{
	Name: "panels", Topic: lab.TopicTravel,
	Summary: "shows the logs at several checkpoints side by side, as the paper draws Figures 7 and 8",
	Args:    lang.Params{panelPlaces},
	Details: "Each panel has the terms of the entries, with L beside a server that leads and x beside one that is " +
		"down. A line below a panel names the entries that have been deleted since the panel that it follows.",
	Examples: []string{"timeout S1; settle; checkpoint a; put x 1; settle; checkpoint b; panels a b"},
	Results:  []any{panelsResult{}},
	Needs:    lab.Needs(lab.History),
	Run:      runPanels,
})

func runPanels(c *lang.Call) (*lang.Result, error) {
	h, names := lab.Of(c).History, panelPlaces.Of(c)
	if n := len(names); n == 0 || n > mostPanels {
		return nil, lang.Errorf("panels takes from 1 to %d places, not %d", mostPanels, n).
			WithHint("checkpoint NAME gives the present a name, and history shows all of them")
	}
	var panels []panelView
	var places []history.Place
	for _, name := range names {
		place, err := h.Find(name)
		if err != nil {
			return nil, err
		}
		p := panelView{Name: name, Branch: place.Branch.Name, Position: place.Position,
			Nodes: picture.OfWorld(h.WorldAt(place), picture.Everything).Nodes, Lost: []string{}}
		for j := len(places) - 1; j >= 0; j-- { // the panel that this one came from
			if places[j].HasIn(place.Branch) && places[j].Position <= place.Position {
				p.Lost = lostEntries(panels[j].Nodes, p.Nodes)
				break
			}
		}
		panels, places = append(panels, p), append(places, place)
	}
	return lang.OK().With(panelsResult{panels}).Block(panelBlocks(panels)...), nil
}

func panelBlocks(panels []panelView) []view.Block {
	t := view.Table{Head: []string{""}, Fixed: 1, Split: true}
	most := 0
	for _, p := range panels {
		t.Head = append(t.Head, "("+p.Name+")")
		most = max(most, len(p.Nodes))
	}
	for i := range most {
		row := []view.Line{nil}
		for _, p := range panels {
			if i < len(p.Nodes) {
				row[0] = view.LS(view.Strong, p.Nodes[i].ID)
				row = append(row, panelCell(p.Nodes[i]))
			} else {
				row = append(row, nil)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	notes := view.Text{Indent: 2}
	for _, p := range panels {
		for _, text := range p.Lost {
			notes.Lines = append(notes.Lines, view.LS(view.Warn, "("+p.Name+") "+text))
		}
	}
	notes.Lines = append(notes.Lines, view.LS(view.Quiet,
		"Numbers are terms; L leads, x is down; [brackets] are known to be committed."))
	return []view.Block{t, notes}
}

// panelCell is a server's log at one place.
func panelCell(v *picture.NodeView) view.Line {
	mark := view.S(view.Plain, "  ")
	switch v.Role {
	case "leader":
		mark = view.S(view.Leader, "L ")
	case "down":
		mark = view.S(view.Down, "x ")
	}
	return append(view.Line{mark}, look.TermsLine(v)...)
}

// lostEntries says which entries servers had before and have no more, a line for each.
func lostEntries(before, after []*picture.NodeView) []string {
	type entry struct{ index, term int }
	var order []entry
	gone := map[entry][]string{}
	for i, was := range before {
		if i >= len(after) {
			break
		}
		now := after[i]
		for _, e := range was.Entries {
			if e.Index < now.First || e.Index <= now.Last && now.Entries[e.Index-now.First].Term == e.Term {
				continue
			}
			at := entry{e.Index, e.Term}
			if gone[at] == nil {
				order = append(order, at)
			}
			gone[at] = append(gone[at], was.ID)
		}
	}
	lines := []string{}
	for _, e := range order {
		lines = append(lines, fmt.Sprintf("entry %d of term %d is gone from %s", e.index, e.term, prose.And(gone[e])))
	}
	return lines
}
