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
	return slices.Concat(raft.Rules(), cluster.DriverRules(), judge.Own(), cluster.WorldRules())
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
