package search

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"raftlab/cluster/explore"
	"raftlab/cluster/machine"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var statesCond = lab.Condition().Keyword("for")

var _ = Commands.Register(&lang.Command{
	Name: "states", Topic: lab.TopicLab,
	Summary: "visits every state that this cluster's state machine can reach, by commands in any order",
	Args:    lang.Params{statesCond},
	Details: "It concerns only the machine, starting from its empty state: no server, no log, no network. With " +
		"`for CONDITION` it looks for a nearest state in which the condition holds, and shows the way there. In " +
		"the condition, `kv` is the state being visited. If it finds none, there is none. Conditions see " +
		"`explored`.\n\n" +
		"The machine must have a finite number of states, as `traffic-light` has.",
	Examples: []string{`machine traffic-light; new 1; states for S1.kv["side"] == "green"`,
		"machine traffic-light; new 1; states"},
	Results: []any{lab.ExploredView{}, []map[string]string{}},
	Needs:   lab.Needs(lab.Copies),
	Run: func(c *lang.Call) (*lang.Result, error) {
		l := lab.Of(c)
		kind := l.World().MachineKind()
		all := machine.States(kind)
		if all == nil {
			return nil, lang.Errorf("the states of the machine %s have no end", kind).
				WithHint("machine traffic-light; new 1 begins a cluster whose machine has one")
		}
		if !statesCond.Given(c) {
			return statesTable(all, machine.Inputs(kind)), nil
		}
		at, err := stateWhere(lab.WorldOf(c.World).Vocabulary(statesCond.Of(c)), statesCond.Of(c), all)
		if err != nil {
			return nil, err
		}
		seen := &lab.ExploredView{Outcome: explore.Complete, States: len(all), Depth: len(machine.Way(all, len(all)-1))}
		seen.Proven, seen.Seconds = seen.Depth+1, time.Since(c.Began).Seconds()
		l.Explored = seen
		if at < 0 {
			return lang.OK().With(seen).Block(view.Says(view.Good,
				fmt.Sprintf("None: all %d states were visited, and the condition holds in none of them.",
					len(all)))), nil
		}
		way := machine.Way(all, at)
		seen.Outcome, seen.Steps, seen.States, seen.Depth = explore.Reached, len(way), at+1, len(way)
		seen.Proven = len(way)
		return lang.OK().With(seen).Block(view.Says(view.Good,
			fmt.Sprintf("Reached by %s; there is no shorter way.", prose.Plural(len(way), "command")))).
			Block(wayTable(way)), nil
	},
})

// stateWhere is the first state in which a condition holds, or -1.
func stateWhere(v *lab.Vocabulary, cond *lab.Cond, all []machine.State) (int, error) {
	for i, s := range all {
		kv := maps.Collect(s.Machine.All())
		for _, n := range v.Nodes {
			n.KV = kv
		}
		if holds, err := cond.Holds(v); err != nil || holds {
			return i, err
		}
	}
	return -1, nil
}

// wayTable is a way, with the state after each command.
func wayTable(way []machine.State) view.Table {
	t := view.Table{Fixed: 1}
	for i, s := range way {
		t.Add(view.L(strconv.Itoa(i+1)), view.LS(view.Code, s.Command), view.L(s.Machine.Snapshot()))
	}
	return t
}

// statesTable is all states by number, with the number that each command leads to.
func statesTable(all []machine.State, inputs []string) *lang.Result {
	number := func(m machine.Machine) string {
		text := m.Snapshot()
		return strconv.Itoa(1 + slices.IndexFunc(all, func(s machine.State) bool {
			return s.Machine.Snapshot() == text
		}))
	}
	t := view.Table{Fixed: 1, Head: append([]string{"state", "what it is"}, inputs...), Right: []bool{true}}
	var texts []map[string]string
	for _, s := range all {
		row := []view.Line{view.L(number(s.Machine)), view.L(s.Machine.Snapshot())}
		texts = append(texts, map[string]string{"state": s.Machine.Snapshot()})
		for _, command := range inputs {
			next, _ := s.Machine.Apply(command)
			row = append(row, view.L(number(next)))
			texts[len(texts)-1][command] = next.Snapshot()
		}
		t.Rows = append(t.Rows, row)
	}
	return lang.OK().With(texts).Block(t)
}
