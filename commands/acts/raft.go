package acts

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var (
	SnapshotNodes   = words.NodesThat(words.Up)
	addNode         = words.NewNode()
	addLearner      = learnerWords.New().Keyword("as").Named("learner")
	memberNode      = words.Node()
	reconfigureTo   = words.NewNodes()
	transferTo      = words.NodeThat(words.Following)
	machineKind     = lang.OneOf("MACHINE", namesOf(machine.Kinds)...).Optional()
	fireTimer       = lang.OneOf("TIMER", namesOf(cluster.FireTimers)...)
	fireNodes       = words.Nodes()
	viaLeader       = words.Node().Keyword("via")
	readMode        = lang.OneOf("MODE", setting.ReadModes...).Keyword("reads")
	membershipVia   = "The request goes to the leader, or with `via NODE` to that server, which may name the leader."
	configurationIs = "A server uses a configuration as soon as it is in its log, committed or not (thesis 4.1)."
)

// learnerWords is the word behind `as`.
var learnerWords = &lang.Kind[bool]{
	Name: "learner", Doc: "the word `learner`: the server gets no vote",
	Word: func(p *lang.Parser, w lang.Word) (bool, error) {
		if w.Text != "learner" {
			return false, p.Fail(w, "a server joins as learner, or without these words as a voter, not as %s",
				prose.Cite(w.Text))
		}
		return true, nil
	},
	Complete: lang.OfferWord("learner"),
}

// namesOf is the names of machines, or of timers.
func namesOf(all []struct{ Name, Says string }) []string {
	return each.As(all, func(x struct{ Name, Says string }) string { return x.Name })
}

// forOperator is a command by which an operator asks a server to change who is a member,
// or who leads.
func forOperator(c lang.Command, action func(*lang.Call) cluster.Action) *lang.Command {
	c.Topic, c.Changes, c.Details = lab.TopicRaft, true, c.Details+" "+membershipVia
	c.Needs = lab.Needs(lab.Stepping, "the members and the leader of this cluster are its own; save FILE, and raftlab "+
		"-i FILE has "+c.Name)
	c.Run = func(call *lang.Call) (*lang.Result, error) {
		if err := lab.Of(call).Do(action(call)); err != nil {
			return nil, withAdvice(err)
		}
		return lang.OK(), nil
	}
	return &c
}

// Refusals is what to do about what servers refuse.
var Refusals = map[raft.Refusal]string{
	raft.ChangeUnderWay: "settle or run commits it, when a majority can be reached",
	raft.LearnerBehind:  "settle or run brings it the log",
	raft.NoLearner:      "add NODE as learner makes one",
	raft.NoVote:         "add or promote gives it one; config shows who has",
	raft.HandingOver:    "settle or run completes it; after an election timeout it is given up",
}

// withAdvice is a server's refusal, with what to do about it.
func withAdvice(err error) *lang.Error {
	return lang.Saying(err).WithHint("%s", Refusals[event.RefusalOf(err)])
}

var _ = Commands.Register(&lang.Command{
	Name: "snapshot", Topic: lab.TopicRaft, Changes: true,
	Summary: "takes a snapshot of the applied state on servers, and discards the log that it covers",
	Args:    lang.Params{SnapshotNodes},
	Details: "A follower that needs discarded entries gets InstallSnapshot (section 7). With `set " +
		"snapshot-every N`, servers take snapshots by themselves.",
	Examples: []string{
		"timeout S1; settle; put x 1; settle; snapshot S1; log",
	},
	Results: []any{lab.NodesResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		nodes, p, running := SnapshotNodes.Of(c), lab.PictureOf(c, lab.Only()), are(c, words.Running)
		hasNews := func(id raft.ID) bool { // it runs, and has applied what no snapshot covers
			v := p.Nodes[id-1]
			return running(id) && v.Applied >= v.First
		}
		if _, live := lab.InRealTime(c); !live {
			for _, id := range nodes.IDs {
				if nodes.Named(id) && running(id) && !hasNews(id) {
					return nil, lang.Errorf("%s has applied nothing since its last snapshot", id).
						WithHint("put x 1; settle; heartbeat; settle gives every server something to apply")
				}
			}
		}
		return eachNode(c, nodes, "has applied anything since its last snapshot", hasNews,
			func(id raft.ID) cluster.Action { return cluster.Snapshot{Node: id} })
	},
})

var _ = Commands.Register(forOperator(lang.Command{
	Name:    "add",
	Summary: "adds a server to the cluster, as a voter or as a learner; a new one is created, empty",
	Args:    lang.Params{addNode, addLearner, viaLeader},
	Details: configurationIs +
		" Only one change can be under way at a time, and only after the leader has committed an entry of " +
		"its own term (the correction of 2015).",
	Examples: []string{
		"timeout S1; settle; add S6; settle", "timeout S1; settle; add S6 as learner; settle; promote S6; settle",
	},
}, func(c *lang.Call) cluster.Action {
	return cluster.AddServer{Node: addNode.Of(c), Learner: addLearner.Of(c), At: viaLeader.Of(c)}
}))

var _ = Commands.Register(forOperator(lang.Command{
	Name:     "promote",
	Summary:  "gives a vote to a learner that has caught up",
	Args:     lang.Params{memberNode, viaLeader},
	Details:  configurationIs,
	Examples: []string{"timeout S1; settle; add S6 as learner; settle; promote S6; settle; config"},
}, func(c *lang.Call) cluster.Action {
	return cluster.Promote{Node: memberNode.Of(c), At: viaLeader.Of(c)}
}))

var _ = Commands.Register(forOperator(lang.Command{
	Name:    "remove",
	Summary: "removes a server from the configuration; the server keeps running",
	Args:    lang.Params{memberNode, viaLeader},
	Details: configurationIs +
		" A leader that removes itself leads until that entry is committed, and then steps down (thesis " +
		"4.2.2).",
	Examples: []string{"timeout S1; settle; remove S5; settle; config"},
}, func(c *lang.Call) cluster.Action {
	return cluster.RemoveServer{Node: memberNode.Of(c), At: viaLeader.Of(c)}
}))

var _ = Commands.Register(forOperator(lang.Command{
	Name:    "reconfigure",
	Summary: "makes NODES the voters, by joint consensus",
	Args:    lang.Params{reconfigureTo, viaLeader},
	Details: configurationIs +
		" The leader appends Cold,new, which needs majorities of both the old and the new voters. When that " +
		"is committed, it appends Cnew (section 6, Figure 11). Servers that do not exist are created, empty.",
	Examples: []string{"timeout S1; settle; reconfigure S1 S2 S6; settle; config"},
}, func(c *lang.Call) cluster.Action {
	return cluster.Reconfigure{Voters: reconfigureTo.Of(c).Set(), At: viaLeader.Of(c)}
}))

var _ = Commands.Register(forOperator(lang.Command{
	Name:    "transfer",
	Summary: "transfers leadership to a server",
	Args:    lang.Params{transferTo, viaLeader},
	Details: "The leader stops taking commands and sends the server the entries that it lacks. Then it sends " +
		"TimeoutNow, which tells the server to start an election at once (thesis 3.10). After an election " +
		"timeout it gives up.",
	Examples: []string{`timeout S1; settle; transfer S3; settle; expect leader.id == "S3"`},
}, func(c *lang.Call) cluster.Action {
	return cluster.Transfer{Node: transferTo.Of(c), At: viaLeader.Of(c)}
}))

type machineResult struct {
	Machine string `json:"machine,omitempty" doc:"the state machine of this cluster; absent when the next was chosen"`
	Next    string `json:"next" doc:"that of the next new cluster"`
}

var _ = Commands.Register(&lang.Command{
	Name: "machine", Topic: lab.TopicRaft,
	Summary: "chooses which state machine the next `new` cluster replicates, or lists the machines",
	Args:    lang.Params{machineKind},
	Details: "`submit` gives the machine its commands. `kv` shows its state, and conditions see it as `S1.kv`.",
	Examples: []string{`machine counter; new 3; timeout S1; settle; submit add 5; settle; expect S1.kv["count"] == "5"`,
		"machine"},
	Results: []any{machineResult{}},
	Needs:   lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		l := lab.Of(c)
		if machineKind.Given(c) {
			l.Machine = machineKind.Of(c)
			return lang.Tell(fmt.Sprintf("The next new cluster replicates the machine %s.", l.Machine)).
				With(machineResult{Next: l.Machine}), nil
		}
		now, t := l.World().MachineKind(), view.Table{Fixed: 1}
		for _, k := range machine.Kinds {
			t.Add(view.LS(view.Code, k.Name), view.L(k.Says))
		}
		return lang.OK().With(machineResult{Machine: now, Next: l.Machine}).Block(t).
			Line(fmt.Sprintf("This cluster replicates %s, and the next new one %s.", now, l.Machine)), nil
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "fire", Topic: lab.TopicTime, Changes: true,
	Summary: "fires one of the other timers of NODES now",
	Args:    lang.Params{fireTimer, fireNodes},
	Details: "TIMER is `minimum` (the minimum election timeout since the server heard from a leader), `quorum` (a " +
		"leader has gone an election timeout without replies from a majority), `transfer` (the leader " +
		"gives up a transfer of leadership) or `lease` (the leader's lease ends).",
	Examples: []string{"set check-quorum on; timeout S1; settle; fire quorum S1"},
	Needs:    lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		return eachNode(c, fireNodes.Of(c), "is running", are(c, words.Running), func(id raft.ID) cluster.Action {
			return cluster.Fire{Timer: fireTimer.Of(c), Node: id}
		})
	},
})
