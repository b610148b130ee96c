package guest

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"raftlab/raft"
)

// calls is the requests of a server that have not returned since it started. They are counted
// for a program whose replies are return values, so that each returns at most once. The slice
// is never changed in place.
type calls []call

// mostCalls is how many calls a server waits for. Older ones count as failed.
const mostCalls = 64

type call struct {
	to   raft.ID
	hash uint64 // of the request
}

// waiting is the call that a reply is for, or -1.
func (c calls) waiting(e raft.Envelope) int {
	request := raft.RequestOf(e.Message)
	if request == nil {
		return -1
	}
	return slices.Index(c, call{e.From, raft.HashMessage(request, xxhash.Sum64String, nil)})
}

// after is the calls after a step, in which one may have returned and others begun.
func (c calls) after(in raft.Input, sent []raft.Envelope) calls {
	out := slices.Clone(c)
	if in.Kind == raft.OnMessage && raft.IsReply(in.Envelope.Message) {
		if i := out.waiting(in.Envelope); i >= 0 {
			out = slices.Delete(out, i, i+1)
		}
	}
	for _, e := range sent {
		if !raft.IsReply(e.Message) {
			out = append(out, call{e.To, raft.HashMessage(e.Message, xxhash.Sum64String, nil)})
		}
	}
	return out[max(0, len(out)-mostCalls):]
}

// mixed adds the calls to a hash. Their order does not count.
func (c calls) mixed(h uint64) uint64 {
	sum := uint64(0)
	for _, x := range c {
		sum += mix(x.hash, uint64(x.to))
	}
	if len(c) == 0 {
		return h
	}
	return mix(h, sum)
}
