package commands

import (
	"context"
	"strings"
	"testing"
)

// Whoever comes from elsewhere is told what it is called here. A word that is
// a command is no other word for one.
func TestOtherWords(t *testing.T) {
	for word, name := range otherWords {
		if first, _, _ := strings.Cut(name, " "); table.Lookup(word) != nil || table.Lookup(first) == nil {
			t.Errorf("%s for %s: the first is a command, or the second is none", word, name)
		}
	}
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	for line, want := range map[string]string{"stop S1": "did you mean kill?", "help crash": "", "help reboot": "did you mean restart?", "elect S1": "did you mean timeout?",
		"ps": "did you mean status?", "bt": "did you mean events?", "continue": "did you mean run?", "explain m1": "did you mean why?",
		"peers": "did you mean config?", "show log": "did you mean log?", "show": "did you mean status?", "list bugs": "did you mean bugs?",
		"theme light": "did you mean set theme light?", "latency 3": "did you mean set latency 3?", "noop": "did you mean set noop VALUE?",
		"scenario 8": "did you mean figure-8?", "scenario 7": "did you mean figure-7?", "top": "did you mean pin cluster?",
		"u 3": "did you mean undo?", ":wq": "did you mean quit?", "del x": "did you mean delete?", "add-server S6": "did you mean add?",
		"kubectl get pods": "did you mean get?", "etcdctl member list": "did you mean config?", "sudo kill S1": "did you mean kill?",
		"member add S6": "did you mean add?", "gdb": "help lists them", "p S1.log": "did you mean print?", "S1.log": "did you mean print S1.log?",
		"s2": "did you mean node s2?", "leader.term": "did you mean print leader.term?", "block S1 S2": "did you mean cut?",
		"viva": "raftlab viva --help", "help viva": "raftlab viva --help", "help judge": "raftlab judge --help", "grade x": "raftlab grade --help",
		"judge": "raftlab judge --help", "judge x": "raftlab judge --help", "judge run.jsonl": "raftlab judge --help",
		"judge say": "did you mean set judge say?", "judge except VoteOnce": "did you mean set judge except?",
		"progress":        "did you mean lessons?",
		"lesson figure 8": "it is in the title of lesson", "noop x": "did you mean set noop VALUE?", "mark a b": "raftlab mark --help"} {
		if err := s.Run(context.Background(), line, f); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
