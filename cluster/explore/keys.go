package explore

import (
	"cmp"
	"slices"

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

	next        []uint64   // the sums after a step, where each of the group is tried
	plus, minus [][]uint64 // the parts that a step adds and takes away, else
	// signs is, for each server, what no renaming changes of the mail from and to
	// it, and of the server, and step what a step adds to that; where servers are
	// sorted.
	signs, step [8]uint64
}

func newKeys(sh *shared) keys {
	named := sh.start.Size()
	return keys{shared: sh, named: named, sums: own[uint64](len(sh.group)), next: own[uint64](len(sh.group)),
		sorting: byNames(sh.group, named)}
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
	if k.sorting == nil {
		clear(k.sums)
		k.each(func(hashes []uint64) {
			for g, h := range hashes {
				k.sums[g] += h
			}
		})
	} else {
		k.signs = [8]uint64{}
		for i, n := range s.servers(k.named) {
			k.signs[i] = k.shared.servers.orbit(n)
		}
		for _, n := range s.mail(k.shared.n) {
			k.sign(&k.signs, k.shared.mail.briefly(n), k.shared.mail.orbit(n))
		}
	}
	k.clear()
}

// clear takes back what the last step changed.
func (k *keys) clear() {
	if k.sorting == nil {
		copy(k.next, k.sums)
		return
	}
	k.plus, k.minus, k.step = k.plus[:0], k.minus[:0], [8]uint64{}
}

// add and take are for a part that a step brings and takes away, given by its
// hashes.
func (k *keys) add(hashes []uint64) {
	if k.sorting != nil {
		k.plus = append(k.plus, hashes)
		return
	}
	next := k.next[:len(hashes)]
	for g, h := range hashes {
		next[g] += h
	}
}

func (k *keys) take(hashes []uint64) {
	if k.sorting != nil {
		k.minus = append(k.minus, hashes)
		return
	}
	next := k.next[:len(hashes)]
	for g, h := range hashes {
		next[g] -= h
	}
}

// change is for a part that a step puts in the place of another.
func (k *keys) change(from, to []uint64) {
	if k.sorting != nil {
		k.minus, k.plus = append(k.minus, from), append(k.plus, to)
		return
	}
	next := k.next[:len(from)]
	to = to[:len(from)]
	for g, h := range from {
		next[g] += to[g] - h
	}
}

// send and lose are for a message that a step brings and takes away.
func (k *keys) send(n int32, way uint16) {
	k.add(k.shared.mail.hashes(n))
	if k.sorting != nil {
		k.sign(&k.step, way, k.shared.mail.orbit(n))
	}
}

func (k *keys) lose(n int32, way uint16) {
	k.take(k.shared.mail.hashes(n))
	if k.sorting != nil {
		k.sign(&k.step, way, -k.shared.mail.orbit(n))
	}
}

// sign adds a message to the signs of its sender and of its receiver.
func (k *keys) sign(signs *[8]uint64, way uint16, orbit uint64) {
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
		for _, sum := range k.next {
			k.least = min(k.least, sum)
		}
	} else {
		if at >= 0 && at < k.named {
			k.step[at] += k.shared.servers.orbit(to) - k.shared.servers.orbit(k.now.servers(k.named)[at])
		}
		k.sorted()
	}
	return invariants.Mix(k.least, uint64(u))
}

// try takes the fingerprint under one renaming into account.
func (k *keys) try(g int) {
	sum := k.sum(g)
	for _, h := range k.plus {
		sum += h[g]
	}
	for _, h := range k.minus {
		sum -= h[g]
	}
	k.least = min(k.least, sum)
}

// ranked is a server, by what no renaming changes of it and of its mail, and where
// its new name stands in the code of a renaming.
type ranked struct {
	orbit uint64
	shift uint
}

// sorted tries the renamings that sort the servers: one, where no two are alike.
func (k *keys) sorted() {
	var signs [8]uint64
	for i := range k.named {
		signs[i] = k.signs[i&7] + k.step[i&7]
	}
	code, alike := uint(0), false
	for i := 1; i < k.named; i++ {
		for j, x := range signs[:i&7] {
			// Each of the two has as many before it as are less: one of them has one more.
			later := uint(1) << (3 * j)
			if x < signs[i&7] {
				later = 1 << (3 * i)
			}
			code += later
			alike = alike || x == signs[i&7]
		}
	}
	if !alike {
		k.try(int(k.sorting[code]))
		return
	}
	var room [8]ranked
	for i := range k.named {
		room[i] = ranked{signs[i], uint(3 * i)}
	}
	order := room[:k.named]
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Compare(a.orbit, b.orbit) })
	k.ties(order, 0, 0)
}

// ties tries every order of the servers that are alike, from place i on.
func (k *keys) ties(order []ranked, i int, code uint) {
	if i == len(order) {
		k.try(int(k.sorting[code]))
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
		sh := k.shared
		sum := sh.rests.hashes(k.now.rest())[g]
		for _, n := range k.now.servers(sh.n) {
			sum += sh.servers.hashes(n)[g]
		}
		for _, n := range k.now.mail(sh.n) {
			sum += sh.mail.hashes(n)[g]
		}
		k.sums[g] = sum
	}
	return k.sums[g]
}
