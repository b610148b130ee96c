package cluster

import (
	"slices"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// Deed is what an input has made of a server, as far as that is asked beside
// the server's new state: what clients are told of it, and what the invariants
// look at. It does not depend on other servers. Only what they, the clients, and
// what is remembered say of it does.
type Deed struct {
	replaced uint64 // the first entry that was removed from the log; 0: none
	given    []given
}

// given is an entry that the state machine was given, and its answer.
type given struct {
	invariants.Handed
	result string
	ok     bool
}

// deed is that of the action which has just been done; nil where it was more
// than one input, or clients come into it in other ways than by their entries.
func (b *Bench) deed(a Action, old, now *server) *Deed {
	w := b.w
	switch a := a.(type) {
	case Deliver, Timeout, Heartbeat:
	case Request:
		if c := w.Client(a.Client); c.Status == Done && c.Index > now.node.LastApplied() {
			return nil // it was answered too early, by mistake
		}
	default:
		return nil
	}
	if old == now || w.settings.Sessions || len(old.reads)+len(now.reads)+len(old.ready)+len(now.ready) > 0 ||
		old.node.Snapshot() != now.node.Snapshot() {
		return nil
	}
	replaced := w.out.Save.LogFrom
	if replaced > old.node.Log().LastIndex() {
		replaced = 0
	}
	var all []given
	m := old.machine
	for i := w.out.Apply.First; w.out.Apply.Len() > 0 && i <= w.out.Apply.Last; i++ {
		g := given{Handed: invariants.Handed{To: now.id, Index: i, Entry: now.node.Log().At(i)}}
		m, g.result, g.ok = w.execute(now, m, i, *g.Entry)
		g.Machine = m.Hash()
		all = append(all, g)
	}
	if replaced == 0 && all == nil {
		return &stepped
	}
	return &Deed{replaced, all}
}

// stepped is the deed that most are: nothing is asked of them beside the state.
var stepped Deed

// Again is Do for an action whose deed at the server is known already, and left it
// as p: what comes of it among these servers, with these clients, and after what
// is remembered here. Mail is neither looked at nor sent. It reports false where
// p is not what the invariants would make of the server here.
func (b *Bench) Again(id raft.ID, a Action, p ServerPart, d *Deed) (e Effect, ok bool) {
	w, s := b.w, &b.again
	old := w.servers[id-1]
	if r, asks := a.(Request); asks {
		c := r.client(w)
		w.accepted(&c, id, raft.Command)
	}
	*s = *p.s
	s.seen = old.seen
	w.servers[id-1] = s
	if d.replaced > 0 {
		w.entriesReplaced(s, d.replaced)
	}
	for i := range d.given {
		g := &d.given[i]
		w.handed = append(w.handed, g.Handed)
		w.answer(s, g.Index, g.Entry.Term, g.result, g.ok)
	}
	w.matched = matchedSince(old, s)
	watch := w.watch()
	watch.Then = &p.s.seen
	watch.Written(id, &old.disk.written.Log)
	w.checkServer(&watch, s)
	w.handed, w.matched = w.handed[:0], raft.Set{}
	watch.CheckMatches()
	return Effect{Server: p, Breach: w.Harm(b.before), Rest: b.newRest()}, s.seen.Like(&p.s.seen)
}

// matchedSince is the servers of which a leader believes something else now.
func matchedSince(old, now *server) (changed raft.Set) {
	if old == now || !old.up() || !now.up() || now.node.Role() != raft.Leader {
		return changed
	}
	members := now.node.InForce().Members().Without(now.id)
	for id := members.Next(0); id != 0; id = members.Next(id) {
		if old.node.MatchIndex(id) != now.node.MatchIndex(id) {
			changed = changed.With(id)
		}
	}
	return changed
}

// newRest is what is remembered and what clients know now; nil: as before.
func (b *Bench) newRest() *Rest {
	w := b.w
	if w.memory.Same(&b.rest.memory) && slices.Equal(w.clients, b.rest.clients) {
		return nil
	}
	if rest := (Rest{w.memory, w.clients}); rest.Hash(nil, true) == b.rest.Hash(nil, true) {
		return nil
	}
	return &Rest{w.memory, slices.Clone(w.clients)}
}
