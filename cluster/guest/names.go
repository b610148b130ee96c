package guest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// named is a JSON value in which the servers' names are known, so that it can be hashed
// as it would be under other names. A name is a whole string, S1 or S2, also as a key. A
// list of nothing but names is a set, and the order of an object's keys does not count.
type named struct {
	id    raft.ID // it is a name
	kind  byte    // of what it consists; 0: of nothing that names a server
	hash  uint64  // of what names no server
	parts []named // of an object each key, and its value after it
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

// under is a hash of it under other names.
func (n *named) under(r raft.Renaming) uint64 {
	if n.id != 0 {
		return mix(aName, uint64(r.Of(n.id)))
	}
	return n.hash + n.sum(r)
}

// sum is a hash of its parts, as far as it has any.
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

// namesIn reads a text; nil: it is no JSON.
func namesIn(text string) *named {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) != nil {
		return nil
	}
	n := (&reader{compact.String()}).value()
	return &n
}

// reader is what is left of a compact JSON text.
type reader struct{ rest string }

// word takes so many bytes.
func (t *reader) word(n int) string {
	word := t.rest[:n]
	t.rest = t.rest[n:]
	return word
}

func (t *reader) value() named {
	switch t.rest[0] {
	case '"':
		return t.text()
	case '[':
		return t.many(aList, ']')
	case '{':
		return t.many(anObject, '}')
	}
	end := strings.IndexAny(t.rest, ",]}")
	if end < 0 {
		end = len(t.rest)
	}
	return named{hash: xxhash.Sum64String(t.word(end))}
}

func (t *reader) text() named {
	end := 1
	for ; t.rest[end] != '"'; end++ {
		if t.rest[end] == '\\' {
			end++
		}
	}
	word := t.word(end + 1)
	if word[1] == 'S' {
		if id, ok := serverNamed(word[1:end]); ok {
			return named{id: id}
		}
	}
	return named{hash: xxhash.Sum64String(word)}
}

// many reads a list or an object. What names no server is hashed at once.
func (t *reader) many(kind byte, end byte) named {
	n, some, all := named{kind: kind}, false, true
	for t.word(1); t.rest[0] != end; {
		p := t.value()
		some, all = some || p.id != 0 || p.kind != 0, all && p.id != 0
		n.parts = append(n.parts, p)
		if t.rest[0] != end {
			t.word(1) // a comma or a colon
		}
	}
	t.word(1)
	switch {
	case !some:
		return named{hash: n.sum(nil)}
	case all && kind == aList:
		n.kind = aSet
	}
	return n
}
