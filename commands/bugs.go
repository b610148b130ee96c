package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/view"
)

var (
	bugName = Existing("NAME", SortBug)
	bugOn   = OnOff()
	bugNode = Node().Keyword("on")
)

func bugNames() []string {
	var names []string
	for _, m := range cluster.AllBugs() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

var _ = Register(&Command{
	Name: "bugs", Topic: TopicLab,
	Summary: "lists the mistakes that servers can be made to make, and which are on",
	Details: "Each was made by real implementations, and stands in one line of the code beside the right one. `bug NAME on` switches one on; `explore` finds what comes of it, and `scenario NAME` tells its story.",
	Run: func(c *Call) (*Result, error) {
		on := labOf(c).world().Bugs()
		t := view.Table{Head: []string{"name", "", "the wrong code", "breaks"}, Fixed: 1}
		var list []map[string]any
		for _, m := range cluster.AllBugs() {
			state := view.Line(nil)
			if slices.Contains(on, m.Name) {
				state = view.LS(view.Bad, "ON")
			}
			list = append(list, map[string]any{"name": m.Name, "on": len(state) > 0, "rule": m.Violates.ID, "breaks": m.Breaks, "nodes": m.Nodes, "needs": m.Needs, "says": m.Says, "story": m.Story})
			t.Rows = append(t.Rows, []view.Line{view.LS(view.Code, m.Name), state, view.L(m.Says), view.L(m.Breaks)})
		}
		return OK().With(map[string]any{"bugs": list}).Block(t).Line("bug NAME on breaks a rule, and scenario NAME tells what comes of it."), nil
	},
})

var _ = Register(&Command{
	Name: "bug", Topic: TopicLab, Changes: true,
	Summary: "makes every node, or one, make a mistake, or no longer",
	Args:    Params{bugName, bugOn, bugNode},
	Details: "Settings without which the mistake does no harm are set with it. As long as it is on, the prompt and `status` say so. `new` begins without.",
	Examples: []string{
		"bug vote-any on", "bug no-log-check on on S2", "new 3; bug vote-any on; explore timeouts 2 crashes 0 drops 0 submits 0 terms 1; goto found",
	},
	Run: runBug,
})

func runBug(c *Call) (*Result, error) {
	l, m := labOf(c), cluster.FindBug(bugName.Of(c))
	r := OK()
	if bugOn.Of(c) {
		for _, need := range m.Needs {
			name, value, _ := strings.Cut(need, " ")
			if cluster.FindSetting(name).Get(l.world().Settings()) == value {
				continue
			}
			if err := l.do(cluster.Set{Name: name, Value: value}); err != nil {
				return nil, Errorf("%s", err.Error())
			}
			r.Line(fmt.Sprintf("Without %s it does no harm, so that is set too.", need))
		}
		r.Block(view.Text{Lines: []view.Line{
			{view.S(view.Bad, "Broken: "), view.S(view.Plain, m.Says+".")},
			{view.S(view.Plain, fmt.Sprintf("The rule: %s, %s: %s.", m.Violates.ID, m.Violates.Place, m.Violates.Says))},
		}, Indent: 2})
		if n := l.world().Size(); n < m.Nodes {
			r.Line(fmt.Sprintf("It takes %d nodes to show; this cluster has %d.", m.Nodes, n))
		}
	}
	return r, l.do(cluster.SetBug{Name: m.Name, On: bugOn.Of(c), Node: bugNode.Of(c)})
}
