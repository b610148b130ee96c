package raft

import "testing"

func TestRaftlab(t *testing.T) {
	Serve(t, Adapter[Raft]{
		Make: func(me, servers int, net *Net) *Raft {
			peers := make([]Peer, servers)
			for i := range peers {
				peers[i] = End{net, i}
			}
			return Make(peers, me, net, make(chan ApplyMsg, 1000))
		},
		Client: func(rf *Raft, command string) { rf.Start(command) },
		Names:  map[string]string{"role": "state"}, Reset: "heard", Base: 1, Nothing: -1, Sentinel: true,
	})
}
