package raft_test

import (
	"errors"
	"fmt"

	"raftlab/raft"
)

// A driver in thirty lines: three servers, a network that is a queue, and disks
// that are variables. It gives one input at a time, and does what the Output
// asks for in this order: save, then send, then apply.
func Example() {
	all := raft.Configuration{Voters: raft.SetOf(1, 2, 3)}
	options := &raft.Options{NoOp: true}
	nodes, disks := map[raft.ID]*raft.Node{}, map[raft.ID]raft.Stable{}
	for id := range all.Voters.All() {
		n, err := raft.New(id, raft.Stable{Initial: all}, options)
		if err != nil {
			fmt.Println(err)
			return
		}
		nodes[id] = n
	}
	var network []raft.Envelope
	input := func(id raft.ID, in raft.Input) {
		var out raft.Output
		n := nodes[id]
		if err := n.Step(in, &out); err != nil {
			fmt.Println(err) // nothing has changed
			return
		}
		if out.Save.Any() {
			disks[id] = n.Stable() // a real driver writes and syncs what out.Save names
		}
		network = append(network, out.Send...)
		for i := out.Apply.First; i != 0 && i <= out.Apply.Last; i++ {
			if e := n.State().Log.Entry(i); e.Kind == raft.Command {
				fmt.Println(id, "applies", e.Data)
			}
		}
	}
	deliver := func() {
		for len(network) > 0 {
			e := network[0]
			network = network[1:]
			input(e.To, raft.Receive(e))
		}
	}

	input(1, raft.ElectionTimeout())
	deliver()
	input(1, raft.Propose("x=1"))
	deliver()
	input(1, raft.HeartbeatTimeout())
	deliver()
	stored := disks[2]
	fmt.Println("S2 stored", stored.Log.LastIndex(), "entries, in term", stored.CurrentTerm)

	// What no correct server can have sent is refused.
	var corrupt *raft.Corrupt
	forged := raft.Envelope{From: 3, To: 1, Message: &raft.AppendEntries{Term: 1, LeaderID: 3}}
	if err := nodes[1].Step(raft.Receive(forged), new(raft.Output)); errors.As(err, &corrupt) {
		fmt.Println(corrupt.Reason)
	}
	// Output:
	// S1 applies x=1
	// S2 applies x=1
	// S3 applies x=1
	// S2 stored 2 entries, in term 1
	// two leaders in a term
}
