package history

import (
	"fmt"

	"raftlab/cluster"
)

// Script is the commands that lead to the present, as a script that makes the
// very same state again: the same positions, message numbers and digest.
func (h *History) Script() []string {
	root := h.branch.copies[0].world
	lines := rootLines(root)
	past := h.Past()
	for i := range past {
		lines = append(lines, past[i].script()...)
	}
	if n := len(past); n > 0 {
		if ahead := actionsAfter(past[n-1].runs, h.at); ahead > 0 {
			lines = append(lines, fmt.Sprintf("back %d", ahead))
		}
	}
	return lines
}

// rootLines begins the world: with settings that are not the defaults, they
// are set first, and kept.
func rootLines(root *cluster.World) []string {
	fresh := fmt.Sprintf("new %d seed %d", root.Size(), root.Seed())
	on, program := root.Guests()
	if root.IsRecorded() { // a program can be tried on what happened; it need not do the same
		fresh += " guest"
		return append(append([]string{"# the run of a real cluster; raftlab -i --judge " + program + " opens it"},
			rootWith(root, fresh)...), "kill "+on.String())
	}
	if !on.Empty() {
		fresh += " guest"
		if on.Len() < root.Size() {
			fresh += " on " + on.String()
		}
		return append([]string{"# guest: " + program}, rootWith(root, fresh)...)
	}
	return rootWith(root, fresh)
}

// rootWith is the lines that begin the world, of which fresh is the first but for
// settings and the state machine.
func rootWith(root *cluster.World, fresh string) []string {
	if root.MachineKind() != "kv" {
		return append([]string{"machine " + root.MachineKind()}, settingLines(root, fresh)...)
	}
	return settingLines(root, fresh)
}

func settingLines(root *cluster.World, fresh string) []string {
	var sets []string
	for _, d := range root.Settings().Unusual() {
		sets = append(sets, "set "+d.Name+" "+d.Get(root.Settings()))
	}
	if len(sets) == 0 {
		return []string{fresh}
	}
	return append(append([]string{fresh}, sets...), fresh+" keep")
}

// script is the line as commands that succeed when they are replayed.
func (l *Line) script() []string {
	if l.whole != nil {
		return append(l.whole.script(), fmt.Sprintf("back %d", l.whole.back))
	}
	return []string{l.Text}
}
