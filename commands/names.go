package commands

import (
	"slices"

	"raftlab/cluster"
	"raftlab/docs"
	"raftlab/raft"
)

// scenarioNames is the scenarios, and the bugs that have a story.
func scenarioNames() []string { return append(docs.Scenarios(), docs.Bugs()...) }

// allRules is Raft's rules, then the driver's, then those of the world.
func allRules() []*raft.Rule {
	all := append([]*raft.Rule(nil), raft.Rules()...)
	all = append(all, cluster.DriverRules()...)
	for _, r := range cluster.WorldRules() {
		all = append(all, &r.Rule)
	}
	return all
}

func ruleNames() []string {
	var names []string
	for _, r := range allRules() {
		names = append(names, r.ID)
	}
	return names
}

func bugNames() []string {
	var names []string
	for _, m := range cluster.AllBugs() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}
