package explore

import (
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// keys tells states apart up to the symmetries of the start: states that differ
// only in the servers' names have the same key. It is the least of a state's
// fingerprints under the renamings of the group (Ip and Dill 1996). A
// fingerprint is a sum over the state's parts, so that what a step changes is
// added and subtracted.
//
// Of three servers all six renamings are summed for every state. From four on
// only those are worked out that sort the servers by what no renaming changes of
// them and of their mail; where these are alike, that is each order of them.
type keys struct {
	shared *shared
	named  int // of so many servers the names are left aside
	now    state
	sums   []uint64  // of the state, under each of the group
	known  [2]uint64 // which of them have been summed: bit g of 128
	least  uint64
	// sorting finds the renaming that gives the servers these names, three bits
	// each; nil: each of the group is tried.
	sorting []uint8

	plus, minus [][]uint64 // the parts that a step adds and takes away
	// signs is, for each server, what no renaming changes of the mail from and to
	// it, and step what a step adds to that; where servers are sorted.
	signs, step [8]uint64
}

func newKeys(sh *shared) keys {
	named := sh.start.Size()
	return keys{shared: sh, named: named, sums: make([]uint64, len(sh.group)), sorting: byNames(sh.group, named)}
}

// byNames finds renamings by their names. It is nil where the group is not all
// renamings, where trying them all is as fast, and where they would be too many.
func byNames(group []raft.Renaming, n int) []uint8 {
	all := map[int]int{4: 24, 5: 120}[n]
	if len(group) != all {
		return nil
	}
	index := make([]uint8, 1<<(3*n))
	for g, r := range group {
		code := 0
		for i := range n {
			code |= int(r.Of(raft.ID(i+1))-1) << (3 * i)
		}
		index[code] = uint8(g)
	}
	return index
}

// begin takes up a state whose steps are to be keyed.
func (k *keys) begin(s state) {
	k.now, k.known = s, [2]uint64{}
	k.clear()
	if k.sorting == nil {
		for g := range k.sums {
			k.sums[g] = 0
		}
		k.each(func(hashes []uint64) {
			for g, h := range hashes {
				k.sums[g] += h
			}
		})
		return
	}
	k.signs = [8]uint64{}
	for _, n := range s.mail(k.shared.n) {
		k.sign(&k.signs, n, k.shared.mail.orbit(n))
	}
}

// clear takes back what the last step changed.
func (k *keys) clear() { k.plus, k.minus, k.step = k.plus[:0], k.minus[:0], [8]uint64{} }

// send and lose are for a message that a step brings and takes away.
func (k *keys) send(n int32) {
	k.plus = append(k.plus, k.shared.mail.hashes(n))
	if k.sorting != nil {
		k.sign(&k.step, n, k.shared.mail.orbit(n))
	}
}

func (k *keys) lose(n int32) {
	k.minus = append(k.minus, k.shared.mail.hashes(n))
	if k.sorting != nil {
		k.sign(&k.step, n, -k.shared.mail.orbit(n))
	}
}

// sign adds a message to the signs of its sender and of its receiver.
func (k *keys) sign(signs *[8]uint64, n int32, orbit uint64) {
	way := k.shared.mail.briefly(n)
	signs[way>>8&7] += orbit * 0x9e3779b97f4a7c15
	signs[way&7] += orbit * 0xd6e8feb86659fd93
}

// each calls f with the hashes of each of the state's parts.
func (k *keys) each(f func(hashes []uint64)) {
	sh := k.shared
	f(sh.rests.hashes(k.now.rest()))
	for _, n := range k.now.servers(sh.n) {
		f(sh.servers.hashes(n))
	}
	for _, n := range k.now.mail(sh.n) {
		f(sh.mail.hashes(n))
	}
}

// after is the key of what a step leads to, given by what it has used of the
// bounds, and by the server that it changes and what that becomes; at -1 is none.
func (k *keys) after(u used, at int, to int32) uint64 {
	k.least = ^uint64(0)
	if k.sorting == nil {
		for g, sum := range k.sums {
			k.try(g, sum)
		}
	} else {
		k.sorted(at, to)
	}
	return invariants.Mix(k.least, uint64(u))
}

// try takes the fingerprint under one renaming into account.
func (k *keys) try(g int, sum uint64) {
	for _, h := range k.plus {
		sum += h[g]
	}
	for _, h := range k.minus {
		sum -= h[g]
	}
	k.least = min(k.least, sum)
}

// ranked is a server, by what no renaming changes of it and of its mail, and where its new name stands
// in the code of a renaming.
type ranked struct {
	orbit uint64
	shift uint
}

// sorted tries the renamings that sort the servers.
func (k *keys) sorted(at int, to int32) {
	var room [8]ranked
	order := room[:0]
	for i, n := range k.now.servers(k.named) {
		if i == at {
			n = to
		}
		x := ranked{k.shared.servers.orbit(n) + k.signs[i] + k.step[i], uint(3 * i)}
		order = append(order, x)
		j := i
		for ; j > 0 && order[j-1].orbit > x.orbit; j-- {
			order[j] = order[j-1]
		}
		order[j] = x
	}
	k.ties(order, 0, 0)
}

// ties tries every order of the servers that are alike, from place i on.
func (k *keys) ties(order []ranked, i int, code uint) {
	if i == len(order) {
		g := int(k.sorting[code])
		k.try(g, k.sum(g))
		return
	}
	for j := i; j < len(order) && order[j].orbit == order[i].orbit; j++ {
		order[i], order[j] = order[j], order[i]
		k.ties(order, i+1, code|uint(i)<<order[i].shift)
		order[i], order[j] = order[j], order[i]
	}
}

// sum is the state's fingerprint under one renaming.
func (k *keys) sum(g int) uint64 {
	if k.known[g/64]>>(g%64)&1 == 0 {
		k.known[g/64] |= 1 << (g % 64)
		k.sums[g] = 0
		k.each(func(hashes []uint64) { k.sums[g] += hashes[g] })
	}
	return k.sums[g]
}
