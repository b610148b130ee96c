package etcd37

import (
	"testing"

	live "raftlab/cluster/live/load"
	"raftlab/raft/bench/load"
)

// Each load runs on this repository's core, then on etcd's.

func BenchmarkLoad(b *testing.B) {
	for _, l := range load.Loads {
		b.Run(l.Name+"/raftlab", func(b *testing.B) { load.Run(b, l, load.RaftlabCluster(l.Nodes)) })
		b.Run(l.Name+"/etcd", func(b *testing.B) { load.Run(b, l, newCluster(l.Nodes)) })
	}
}

func BenchmarkFollower(b *testing.B) {
	b.Run("a follower's append step/raftlab", func(b *testing.B) { load.RunFollower(b, load.RaftlabFollower(), false) })
	b.Run("a follower's append step/etcd", func(b *testing.B) { load.RunFollower(b, newFollower(), false) })
	b.Run("the same, with its driver/raftlab", func(b *testing.B) { load.RunFollower(b, load.RaftlabFollower(), true) })
	b.Run("the same, with its driver/etcd", func(b *testing.B) { load.RunFollower(b, newFollower(), true) })
}

func BenchmarkMemory(b *testing.B) {
	b.Run("a log of a million entries/raftlab", func(b *testing.B) { load.Memory(b, load.RaftlabAlone) })
	b.Run("a log of a million entries/etcd", func(b *testing.B) { load.Memory(b, newAlone) })
}

func BenchmarkLive(b *testing.B) {
	for _, clients := range live.Clients {
		b.Run(live.Name(clients)+"/raftlab", func(b *testing.B) { live.Run(b, clients, live.Raftlab) })
		b.Run(live.Name(clients)+"/etcd", func(b *testing.B) { live.Run(b, clients, startLive) })
	}
}
