package guest

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// named is a JSON value in which the servers' names are known, so that it can be hashed as it
// would be under other names. A name is a whole string, such as S1, also as a key. A list of
// names only is a set, and the order of an object's keys does not count.
type named struct {
	id    raft.ID // the server, if it is a name
	kind  byte    // which value this is; 0: one that names no server
	hash  uint64  // of a value that names no server
	parts []named // the values of a list, or the keys of an object, each followed by its value
}

func mix(h uint64, numbers ...uint64) uint64 {
	for _, v := range numbers {
		h = invariants.Mix(h, v)
	}
	return h
}

const (
	aList = iota + 1
	aSet
	anObject
	aName
)

// under is a hash of the value under other names.
func (n *named) under(r raft.Renaming) uint64 {
	if n.id != 0 {
		return mix(aName, uint64(r.Of(n.id)))
	}
	return n.hash + n.sum(r)
}

// sum is a hash of the parts.
func (n *named) sum(r raft.Renaming) (sum uint64) {
	switch n.kind {
	case aList:
		for i := range n.parts {
			sum = mix(sum, n.parts[i].under(r))
		}
	case aSet:
		for i := range n.parts {
			sum += mix(aSet, n.parts[i].under(r))
		}
	case anObject:
		for i := 0; i < len(n.parts); i += 2 {
			sum += mix(anObject, n.parts[i].under(r), n.parts[i+1].under(r))
		}
	}
	return mix(uint64(n.kind), sum)
}

// namesIn reads a text. It is nil if that is no JSON.
func namesIn(text string) *named {
	t := reader{text: text}
	if !t.whole() {
		return nil
	}
	n := t.nodes[0].named()
	return &n
}

func (a *at) named() named {
	switch a.raw[0] {
	case '[':
		return a.many(aList)
	case '{':
		return a.many(anObject)
	}
	return nameOf(a.raw)
}

// nameOf is a string or number: a server's name, or something to be hashed as it was written.
func nameOf(raw string) named {
	if strings.HasPrefix(raw, `"S`) {
		if id, ok := serverNamed(raw[1 : len(raw)-1]); ok {
			return named{id: id}
		}
	}
	return named{hash: xxhash.Sum64String(raw)}
}

// many reads a list or an object. One that names no server is hashed at once.
func (a *at) many(kind byte) named {
	n, some, all := named{kind: kind}, false, true
	add := func(p named) {
		some, all = some || p.id != 0 || p.kind != 0, all && p.id != 0
		n.parts = append(n.parts, p)
	}
	for _, f := range a.parts() {
		if kind == anObject {
			add(nameOf(`"` + f.name + `"`))
		}
		add(f.named())
	}
	switch {
	case !some:
		return named{hash: n.sum(nil)}
	case all && kind == aList:
		n.kind = aSet
	}
	return n
}
