package network

import (
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

// Links are a set of directions, and a change makes other links: who holds the ones from
// before sees nothing of it.
func TestLinksAreASetThatNeverChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type direction struct{ from, to raft.ID }
		type moment struct {
			links Links
			cut   map[direction]bool
		}
		all := []moment{{nil, map[direction]bool{}}}
		servers := rapid.IntRange(1, 6).Draw(t, "servers")
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			servers += rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "more") // a server that was created later
			was := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
			id := rapid.Custom(func(t *rapid.T) raft.ID { return raft.ID(rapid.IntRange(1, servers).Draw(t, "id")) })
			d, cut := direction{id.Draw(t, "from"), id.Draw(t, "to")}, rapid.Bool().Draw(t, "cut")
			next := moment{was.links.Set(d.from, d.to, cut, servers), map[direction]bool{}}
			for k, v := range was.cut {
				next.cut[k] = v
			}
			if d.from != d.to { // a server always reaches itself
				next.cut[d] = cut
			}
			all = append(all, next)
		}
		for _, m := range all {
			for from := raft.ID(1); int(from) <= servers; from++ {
				for to := raft.ID(1); int(to) <= servers; to++ {
					want := m.cut[direction{from, to}]
					if m.links.IsCut(from, to) != want || m.links.CutFrom(from).Has(to) != want {
						t.Fatalf("%s to %s: cut %t", from, to, !want)
					}
				}
			}
		}
	})
}
