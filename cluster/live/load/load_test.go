package load

import "testing"

func BenchmarkRaftlab(b *testing.B) {
	for _, n := range Clients {
		b.Run(Name(n), func(b *testing.B) { Run(b, n, Raftlab) })
		b.Run(Name(n)+", recorded", func(b *testing.B) { Run(b, n, Recording) })
	}
}
