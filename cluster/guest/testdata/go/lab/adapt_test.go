package raft

import "testing"

type end struct {
	net *Net
	to  int
}

func (e end) Call(_ string, args, reply any) bool { return e.net.Call(e.to, args, reply) }

func TestRaftlab(t *testing.T) {
	Serve(t, Adapter[Raft]{
		Make: func(me, servers int, net *Net) *Raft {
			peers := make([]Peer, servers)
			for i := range peers {
				peers[i] = end{net, i}
			}
			return Make(peers, me, net, make(chan ApplyMsg, 1000))
		},
		Client: func(rf *Raft, command string) { rf.Start(command) },
		Names:  map[string]string{"role": "state"}, Reset: "heard", Base: 1, Nothing: -1, Sentinel: true,
	})
}
