package lab

import (
	"slices"

	"raftlab/cluster/judge"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/docs"
	"raftlab/raft"
)

// ScenarioNames is the scenarios, and the bugs that have a story.
func ScenarioNames() []string { return append(docs.Scenarios(), docs.Bugs()...) }

// AllRules is Raft's rules, then the driver's, the judge's, and those of the world.
func AllRules() []*raft.Rule {
	return slices.Concat(raft.Rules(), rules.Driver(), judge.Own(), rules.World())
}

// RuleNames is the names of AllRules, in their order.
func RuleNames() []string {
	return each.As(AllRules(), func(r *raft.Rule) string { return r.ID })
}

// BugNames is the names of all bugs, sorted.
func BugNames() []string {
	names := each.As(rules.AllBugs(), func(m raft.Mutant) string { return m.Name })
	slices.Sort(names)
	return names
}
