package cluster

import (
	"errors"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// What is refused since a server does not run is under the rule that says so, whatever
// the action.
func TestUnder_AServerThatDoesNotRun(t *testing.T) {
	const id = 1
	at := []Action{Kill{id}, Freeze{id}, Thaw{id}, Sync{id}, Tick{id}, SetTimer{id, 5}, Snapshot{id}, Timeout{id},
		Heartbeat{id}, Fire{Timer: "quorum", Node: id}, Request{Client: "C1", Data: "x=1", Via: id},
		Read{Client: "C1", Key: "x", Via: id, Mode: "read-index"}, AddServer{Node: 6, At: id},
		Promote{Node: 2, At: id}, RemoveServer{Node: 2, At: id}, Reconfigure{Voters: raft.SetOf(1, 2), At: id},
		Transfer{Node: 2, At: id}, Transfer{Node: id, At: id}}
	refused := 0
	for _, fault := range []Action{Kill{id}, Freeze{id}} {
		for _, a := range at {
			w := New(3, 1, setting.Defaults())
			do(t, w, Timeout{id}, Advance{}, Advance{}, Advance{}, Advance{}, fault)
			before := w.Clone()
			err := w.Apply(a)
			var why *event.Refused
			if !errors.As(err, &why) || !strings.Contains(why.Why, " is down") && !strings.Contains(why.Why, " is frozen") {
				continue
			}
			refused++
			if rule, about := before.Under(a); rule != rules.ServerIsRunning || about != id {
				t.Errorf("%s after %s: %v: under %s, about %s", a, fault, err, rule.ID, about)
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d actions were refused", refused)
	}
}

// What only names what is not there is under no rule of Raft.
func TestUnder_WhatMakesNoSense(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	for _, a := range []Action{Set{"nothing", "1"}, Retry{"C9"}, Partition{}} {
		if rule, about := w.Under(a); rule != rules.CommandMakesSense || about != 0 {
			t.Errorf("%s: under %s, about %s", a, rule.ID, about)
		}
	}
}
