package cluster

import (
	"slices"

	"raftlab/cluster/clients"
	"raftlab/cluster/execute"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// Deed is what an input did to a server, as far as its new state does not show it: what
// clients are told, and what the invariants look at. It does not depend on other servers.
// Only the judgement of it depends on them, on the clients, and on what is remembered.
type Deed struct {
	Looks
	index, term uint64 // where a client's command stands, that was taken
	replaced    uint64 // the first entry that was removed from the log; 0: none
	given       []given
}

// Looks is what clients and invariants look at after a deed, besides the server itself. It
// is the same wherever the deed is done. They look at each other server separately, so what
// was found for one of them holds whatever the others are.
type Looks struct {
	Rest    bool     // what is remembered, or the clients
	Logs    bool     // the log of each server that is up: Log Matching
	Leaders bool     // everything of the others that lead
	All     bool     // everything of every other server
	Others  raft.Set // everything of these
	Beside  bool     // more of other servers than their logs, because of the three above
}

// looks is what they look at when one input (see deed) has changed a server from old to now.
// It follows what invariants.Check compares (Figure 3, and what leaders know of others):
//   - a new leader, and what a server newly knows to be committed, with what is remembered;
//     the latter also with the leaders of later terms
//   - a log that has changed, with all logs
//   - a log that has lost entries, or a term that went back, with what leaders know of the
//     server
//   - what a leader knows of others, with those servers.
func (d *Deed) looks(asks bool, old, now *server) (l Looks) {
	n, m := old.state, now.state
	leads, term := m.Role == raft.Leader, m.CurrentTerm
	began := leads && (n.Role != raft.Leader || n.CurrentTerm != term)
	was, _ := old.seen.Checked()
	is, _ := now.seen.Checked()
	commits := is != was || n.LastApplied != m.LastApplied || len(d.given) > 0
	moved := *n.Configuration != *m.Configuration || old.seen.HasAdded() || now.seen.HasAdded()
	rewritten := d.replaced > 0 || term < n.CurrentTerm || !now.seen.Extends(&old.seen) ||
		old.disk.Written.Log.SharedThrough(&now.disk.Written.Log) != old.disk.Written.Log.LastIndex()
	l.Rest = asks || began || commits || moved || d.replaced > 0
	l.Logs = !old.seen.SameLog(&now.seen)
	l.Leaders = commits || rewritten
	l.All = moved || leads && rewritten
	if l.Others = matchedSince(old, now); began {
		l.Others = m.Matched()
	}
	l.Beside = l.Leaders || l.All || !l.Others.Empty()
	return l
}

// given is an entry that the state machine was given, and its answer.
type given struct {
	invariants.Handed
	result string
	ok     bool
}

// deed is the deed of the action that has just been done. It is nil if the action was more
// than one input, or if it concerns clients in other ways than by their entries.
func (b *Bench) deed(a Action, old, now *server) *Deed {
	w := b.w
	switch a := a.(type) {
	case Deliver, Timeout, Heartbeat:
	case Request:
		if c := w.Client(a.Client); c.Status == clients.Done && c.Index > now.state.LastApplied {
			return nil // a bug answered it too early
		}
	default:
		return nil
	}
	if old == now || w.settings.Sessions || old.reading() || now.reading() ||
		old.state.Snapshot != now.state.Snapshot {
		return nil
	}
	replaced := w.out.Save.LogFrom
	if replaced > old.state.Log.LastIndex() {
		replaced = 0
	}
	var all []given
	m := old.machine
	for i := w.out.Apply.First; w.out.Apply.Len() > 0 && i <= w.out.Apply.Last; i++ {
		g := given{Handed: invariants.Handed{To: now.id, Index: i, Entry: now.state.Log.At(i)}}
		m, g.result, g.ok = execute.EntryAgain(m, i, *g.Entry, w.twice(now))
		g.Machine = m.Hash()
		all = append(all, g)
	}
	_, asks := a.(Request)
	d := &Deed{index: w.out.Index, term: w.out.Term, replaced: replaced, given: all}
	d.Looks = d.looks(asks, old, now)
	return d
}

// Again is Do for an action whose deed at the server is already known and left the server as
// p. It finds what that means among these servers and clients, after what is remembered
// here. Messages are neither looked at nor sent. It reports false if the invariants would
// remember something else of the server here than p has.
func (b *Bench) Again(id raft.ID, a Action, p ServerPart, d *Deed) (e Effect, ok bool) {
	w, s := b.w, &b.again
	old := w.servers[id-1]
	if r, asks := a.(Request); asks {
		c := r.client(w)
		w.accepted(&c, id, raft.Command, d.index, d.term)
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
	watch.Written(id, &old.disk.Written.Log)
	w.checkServer(&watch, s)
	w.lookedAt()
	watch.CheckMatches()
	return Effect{Server: p, Breach: w.Harm(b.before), Rest: b.newRest()}, s.seen.Like(&p.s.seen)
}

// matchedSince is the servers of which a leader's matchIndex has changed.
func matchedSince(old, now *server) (changed raft.Set) {
	if old == now || !old.up() || !now.up() || now.state.Role != raft.Leader {
		return changed
	}
	members := now.state.Configuration.Members().Without(now.id)
	for id := members.Next(0); id != 0; id = members.Next(id) {
		if old.state.MatchIndex(id) != now.state.MatchIndex(id) {
			changed = changed.With(id)
		}
	}
	return changed
}

// newRest is what is remembered and what clients know now; nil: nothing has changed.
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
