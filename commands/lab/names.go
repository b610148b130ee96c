package lab

import (
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/docs"
	"raftlab/raft"
)

// ScenarioNames is the scenarios, and the bugs that have a story.
func ScenarioNames() []string { return append(docs.Scenarios(), docs.Bugs()...) }

// AllRules is Raft's rules, then the driver's, the judge's, and those of the world.
func AllRules() []*raft.Rule {
	all := append([]*raft.Rule(nil), raft.Rules()...)
	all = append(all, cluster.DriverRules()...)
	all = append(all, judge.Own()...)
	for _, r := range cluster.WorldRules() {
		all = append(all, r.Rule)
	}
	return all
}

func RuleNames() []string {
	var names []string
	for _, r := range AllRules() {
		names = append(names, r.ID)
	}
	return names
}

func BugNames() []string {
	var names []string
	for _, m := range cluster.AllBugs() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}
