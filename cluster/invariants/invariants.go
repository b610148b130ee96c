// Package invariants watches what must always hold: the five properties of the
// paper's Figure 3, durability and monotony, and the bookkeeping on which they
// rest. It shares nothing with the code that it watches: it looks at the
// servers' states after every action, never at what a server thinks of them, and
// remembers what it has seen. The work is in proportion to what has changed.
//
//	invariants.go  what is looked at and remembered; logs, leaders, commits
//	applied.go     what state machines were given, and what they came to
//	books.go       the configuration in force, and what leaders believe is stored
package invariants

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/judge"
	"raftlab/raft"
	"raftlab/raft/seq"
)

// The properties. The first five are Figure 3's.
const (
	ElectionSafety     = "Election Safety"
	LeaderAppendOnly   = "Leader Append-Only"
	LogMatching        = "Log Matching"
	LeaderCompleteness = "Leader Completeness"
	StateMachineSafety = "State Machine Safety"
	Durability         = "Durability"
	Monotony           = "Monotony"
	Configuration      = "Configuration"
	MatchHonest        = "Match Honest"
)

// Property is what must always hold, in a sentence, and where the paper has it.
type Property struct{ Name, Says, Place string }

// InFull is the sentence with its place.
func (p Property) InFull() string { return strings.TrimSuffix(p.Says+" "+p.Place, " ") }

// Properties is all of them.
var Properties = []Property{
	{ElectionSafety, "at most one leader is elected in a term", "(§5.2)"},
	{LeaderAppendOnly, "a leader never overwrites or deletes entries in its log", "(§5.3)"},
	{LogMatching, "logs that hold an entry with the same index and term are the same up to it", "(§5.3)"},
	{LeaderCompleteness, "an entry committed in a term is in the logs of the leaders of all later terms", "(§5.4)"},
	{StateMachineSafety, "no two servers apply different entries at one index, nor come to different states by it",
		"(§5.4.3)"},
	{Durability, "an entry acknowledged to a client is never lost", ""},
	{Monotony, "term, commit, applied never go back while it is up", ""},
	{Configuration, "the last configuration in the log is in force, else the snapshot's, else the first", "(§6, §7)"},
	{MatchHonest, "matchIndex never exceeds what the server stores (Figure 2), unless its disk lost data", ""},
}

// Bookkeeping tells whether a property is of what a server keeps account of, not
// of what Raft promises: nothing wrong can be seen from outside yet, but what
// was promised rests on it.
func Bookkeeping(property string) bool { return property == Configuration || property == MatchHonest }

// Breach is a broken invariant.
type Breach struct {
	Property string
	Text     string    // what is wrong, in a sentence
	Nodes    []raft.ID // the servers it is about
	Index    uint64    // the log index it is about, or 0
	Term     uint64    // the term it is about, or 0
	Position uint64    // when it was seen
	Causes   []uint64  // the positions of the events that led there
	// OnPurpose: a rule is broken on purpose and only the books are wrong yet.
	// That is told, and whoever looks for the harm looks on.
	OnPurpose bool
	// Departure, when not nil, says that no invariant broke: a server that another
	// program runs departed from the paper. Property is the rule's name then.
	Departure *judge.Departure
}

// State is what is looked at of one server.
type State struct {
	ID              raft.ID
	Up              bool
	Role            raft.Role
	Term            uint64
	Commit, Applied uint64
	Log             *raft.Log

	Handed  []Handed            // to its state machine, since the last look or since that began anew
	Machine uint64              // the hash of the state machine's state
	Config  *raft.Configuration // in force
	First   *raft.Configuration // on its disk, for when there is no other
	Covered *raft.Configuration // the snapshot's; nil: there is none
}

// Seen is what is remembered of one server: its last State, and the hash of
// its log up to each index. It is a value; copies share storage.
type Seen struct {
	up              bool
	role            raft.Role
	term            uint64
	commit, applied uint64
	checked         uint64 // commit, as far as the log reached
	log             raft.Log
	chain           seq.Seq[uint64] // chain[i]: hash of the log up to base+1+i
	base            uint64
	baseHash        uint64
	logChanged      uint64 // the position at which the log last changed

	machine  uint64
	matched  raft.Set // a leader's: for whom its matchIndex is to be compared in this action; see CheckMatches
	configAt uint64   // the last configuration entry in the log, or 0
	standing rare[standing]
}

// standing is who the cluster is, as a server has it, and what it lost.
type standing struct {
	config raft.Configuration
	first  *raft.Configuration // its disk's when it was empty; nil: not known yet
	lost   loss                // what its disk lost
	anew   []anew              // a leader's: the members that it added; never changed in place
}

// rare is what seldom changes, so that copies share it until it does; at first it
// is the zero T.
type rare[T any] struct{ value *T }

// now is to be read only.
func (r *rare[T]) now() *T {
	if r.value == nil {
		return new(T)
	}
	return r.value
}

// next is to be changed, at once.
func (r *rare[T]) next() *T {
	value := *r.now()
	r.value = &value
	return r.value
}

// last is the index up to which the chain reaches.
func (s *Seen) last() uint64 { return s.base + uint64(s.chain.Len()) }

// Last is the index up to which the log is known.
func (s *Seen) Last() uint64 { return s.last() }

// Hash is that of the log up to index, if it is known.
func (s *Seen) Hash(index uint64) (uint64, bool) {
	switch {
	case index == s.base:
		return s.baseHash, true
	case index < s.base || index > s.last():
		return 0, false
	}
	return *s.chain.At(int(index - s.base - 1)), true
}

// BaseHash is that of what a snapshot has replaced; 0: none has.
func (s *Seen) BaseHash() uint64 { return s.baseHash }

// HashUnder is that of the whole log in the world in which the servers had
// changed places. What a snapshot has replaced is not renamed.
func (s *Seen) HashUnder(r raft.Renaming) uint64 {
	h, _ := s.Hash(s.last())
	if r == nil || s.configAt == 0 { // a log that names no servers
		return h
	}
	h = s.baseHash
	for i := s.base + 1; i <= s.last(); i++ {
		e := s.log.Entry(i)
		e.Data = e.DataUnder(r)
		h = hashEntry(h, e)
	}
	return h
}

// Checked is the index up to which the log was compared with what is committed,
// and whether commitIndex and the log's end do not say so: what was compared
// may be gone.
func (s *Seen) Checked() (index uint64, odd bool) {
	return s.checked, s.checked != min(s.commit, s.last())
}

// View is a hash of what a look at another server may ask of this one: its log,
// and whether it leads, in which term.
func (s *Seen) View() uint64 {
	h := s.LogView()
	if s.up {
		h = Mix(h, 1)
		if s.role == raft.Leader {
			h = Mix(h, s.term)
		}
	}
	return h
}

// LogView is a hash of the log, and of where it begins.
func (s *Seen) LogView() uint64 {
	h, _ := s.Hash(s.last())
	return Mix(Mix(Mix(h, s.base), s.baseHash), s.last())
}

// BooksView is the same for looks at what leaders believe of others
// (CheckMatches).
func (s *Seen) BooksView() uint64 {
	h, config := Mix(s.term, s.LossHash(nil)), &s.standing.now().config
	for _, set := range []raft.Set{config.Members(), config.Learners} {
		h = MixSet(h, set)
	}
	return h
}

// SameLog tells whether the logs are the same, and begin at the same index.
func (s *Seen) SameLog(t *Seen) bool {
	a, _ := s.Hash(s.last())
	b, _ := t.Hash(t.last())
	return s.base == t.base && s.last() == t.last() && a == b
}

// Extends tells whether the log is the older one, perhaps with more behind it.
func (s *Seen) Extends(old *Seen) bool {
	a, _ := old.Hash(old.last())
	b, known := s.Hash(old.last())
	return s.base == old.base && known && a == b
}

// HasAdded tells whether the server has added members since it leads.
func (s *Seen) HasAdded() bool { return s.standing.now().anew != nil }

// Like tells whether the two say the same of a server, beside what the server
// itself says.
func (s *Seen) Like(t *Seen) bool {
	a, b := s.standing.now(), t.standing.now()
	return s.SameLog(t) && s.baseHash == t.baseHash && s.checked == t.checked && a.lost == b.lost &&
		slices.Equal(a.anew, b.anew)
}

// Memory is what is remembered of the cluster. It is a value; copies share
// storage.
type Memory struct {
	leaders   seq.Seq[leaderOf] // by term
	committed seq.Seq[committedEntry]
	states    seq.Seq[stateOf] // after each of them, as far as one was applied
	from      uint64           // the committed entries are from+1, from+2, …
	acked     uint64           // the highest index acknowledged to a client, and its term
	ackedTerm uint64
	early     []ack // acknowledged, though not committed
	oddments  rare[oddments]
	leading   raft.Set // leaders whose matchIndexes this action may have changed, or who have begun to lead
	disks     raft.Set // whose disk it may have changed so that it holds less than a leader believes
	unquiet   bool     // there is some of the two
}

// oddments is what is remembered beside.
type oddments struct {
	empty   stateOf           // before any entry was applied
	configs seq.Seq[configOf] // the committed entries that are configurations
}

type leaderOf struct {
	term     uint64
	id       raft.ID
	position uint64
}

// committedEntry is an entry that some server has known to be committed.
type committedEntry struct {
	hash     uint64 // of the log up to it
	term     uint64 // the entry's
	inTerm   uint64 // the currentTerm of the server that knew it first
	kind     raft.Kind
	by       raft.ID
	position uint64
}

type ack struct{ index, term, position uint64 }

// Cluster is what is watched.
type Cluster interface {
	Servers() int           // they are 1 to Servers
	Seen(raft.ID) *Seen     // what is remembered of a server
	Disk(raft.ID) *raft.Log // its log as written to its disk, synced or not
	Match(leader, id raft.ID) uint64
	Breached(Breach) // is told of every breach
}

// Watch is one look.
type Watch struct {
	*Memory
	Cluster
	Position uint64
	Then     *Seen // what this look is known to leave to be remembered of the log; nil: that is not known
	anew     bool  // what state machines were given before is not known
}

func (w *Watch) breach(property string, causes []uint64, index, term uint64, nodes []raft.ID, format string,
	args ...any) {
	causes = slices.DeleteFunc(causes, func(p uint64) bool { return p == 0 })
	slices.Sort(causes)
	w.Breached(Breach{
		Property: property, Text: fmt.Sprintf(format, args...), Nodes: nodes,
		Index: index, Term: term, Position: w.Position, Causes: slices.Compact(causes),
	})
}

// Still tells whether Check would find a running server as it is remembered, and
// so find nothing. What its state machine was given, and for whom its matchIndex
// has risen, is asked beside it.
func (s *Seen) Still(role raft.Role, term, commit, applied uint64, log *raft.Log, machine uint64,
	config *raft.Configuration) bool {
	return s.up && s.role == role && s.term == term && s.commit == commit && s.applied == applied &&
		s.machine == machine &&
		s.log.Is(log) && sameConfiguration(&s.standing.now().config, config)
}

// Remembers tells whether a log is known to be the one of the last look. Then the
// next one sees whatever it lacks by then.
func (s *Seen) Remembers(log *raft.Log) bool { return s.log.Is(log) }

// sameConfiguration is *a == *b, without a call.
func sameConfiguration(a, b *raft.Configuration) bool {
	return differ(a.Voters, b.Voters)|differ(a.Old, b.Old)|differ(a.Learners, b.Learners) == 0
}

// differ is not 0 where two sets are not the same.
func differ(a, b raft.Set) uint64 {
	al, ah := a.Words()
	bl, bh := b.Words()
	return al ^ bl | ah ^ bh
}

// Check looks at a server that an action may have changed. seen is what is
// remembered of it, and is brought up to date.
func (w *Watch) Check(seen *Seen, now *State) {
	if !now.Up {
		seen.up = false
		return
	}
	c := w.change(seen, now)
	if c.elected || c.moved && now.Role == raft.Leader {
		seen.matched = now.Config.Members()
		w.leading, w.unquiet = w.leading.With(now.ID), true
	}
	// A snapshot writes the log anew; who has gone back may follow no later leader any more.
	if c.fresh || !c.grown || now.Term < seen.term {
		w.disks, w.unquiet = w.disks.With(now.ID), true
	}
	if c.from != 0 {
		w.checkLogMatching(seen, now, c.from)
	}
	if c.elected {
		w.checkElection(seen, now)
	}
	checked := min(now.Commit, seen.last())
	if c.fresh {
		seen.checked = 0
	}
	if checked > seen.checked {
		w.checkCommitted(seen, now, checked)
	}
	if c.fresh || c.compacted || seen.hasApplied(now) {
		w.checkApplied(seen, now, c.fresh)
	}
	if c.configured {
		w.checkConfiguration(seen, now)
	}
	if c.moved || seen.HasAdded() {
		seen.noteMembers(w, now)
		if c.moved {
			seen.standing.next().config = *now.Config
		}
	}
	seen.up, seen.role, seen.term, seen.machine = true, now.Role, now.Term, now.Machine
	seen.commit, seen.applied, seen.checked = now.Commit, now.Applied, max(checked, seen.checked)
}

// change is how a server that is up differs from what is remembered of it.
type change struct {
	from       uint64 // the first index at which its log may be another; 0: none
	fresh      bool   // it was down
	elected    bool   // it leads, and did not, or in another term
	moved      bool   // the configuration in force is another
	configured bool   // or may be, by what the log says
	compacted  bool   // its log begins elsewhere
	grown      bool   // its log was appended to, if it has changed at all
}

// change says it, and looks at what only the server itself is asked for.
func (w *Watch) change(seen *Seen, now *State) change {
	c := change{fresh: !seen.up}
	if !c.fresh {
		w.checkMonotony(seen, now)
	}
	base, reach, config := seen.base, seen.last(), seen.configAt
	c.from = w.updateChain(seen, now, c.fresh)
	c.compacted = seen.base != base
	if seen.base > base {
		w.checkSnapshot(seen, now)
	}
	c.moved, c.elected = !sameConfiguration(now.Config, &seen.standing.now().config), seen.hasWon(now, c.fresh)
	c.grown = !c.compacted && (c.from == 0 && seen.last() == reach || c.from == reach+1)
	if c.fresh {
		c.from = seen.base + 1 // nobody compared with it while it was down
	}
	rewritten := !c.grown && (c.compacted || c.from != 0 && c.from <= seen.configAt)
	c.configured = c.fresh || c.moved || rewritten || seen.configAt != config
	return c
}

// hasWon tells whether a server leads that did not when it was last looked at, or in
// another term.
func (s *Seen) hasWon(now *State, fresh bool) bool {
	return now.Role == raft.Leader && (fresh || s.role != raft.Leader || s.term != now.Term)
}

// hasApplied tells whether a server may have given something to its state machine, or
// should not have.
func (s *Seen) hasApplied(now *State) bool {
	return len(now.Handed) > 0 || now.Applied != s.applied || now.Machine != s.machine || now.Applied > now.Commit
}

func (w *Watch) checkMonotony(seen *Seen, now *State) {
	if now.Term >= seen.term && now.Commit >= seen.commit && now.Applied >= seen.applied {
		return
	}
	for _, v := range [...]struct {
		name        string
		before, now uint64
	}{{"term", seen.term, now.Term}, {"commit", seen.commit, now.Commit}, {"applied", seen.applied, now.Applied}} {
		if v.now < v.before {
			w.breach(Monotony, nil, 0, 0, []raft.ID{now.ID}, "%s's %s went back from %d to %d", now.ID, v.name,
				v.before, v.now)
		}
	}
}

// updateChain hashes what is new in the log. It returns the first index that
// is new or has changed, or 0. It is where Leader Append-Only is checked, since
// here the old and the new log meet.
func (w *Watch) updateChain(seen *Seen, now *State, fresh bool) (changedFrom uint64) {
	if seen.log.Is(now.Log) {
		return 0
	}
	base, last := now.Log.FirstIndex()-1, now.Log.LastIndex()
	same := seen.log.SharedThrough(now.Log)
	if base == seen.base && same == seen.last() && same == last {
		seen.log = *now.Log
		return 0
	}
	old := *seen
	if then := w.Then; then != nil && then.base == seen.base && then.baseHash == seen.baseHash && then.last() == last {
		seen.chain, seen.configAt = then.chain, then.configAt
		changedFrom = seen.differsFrom(&old)
	} else {
		changedFrom = w.hashLog(seen, &old, now, same)
	}
	seen.log = *now.Log
	if !fresh && now.Role == raft.Leader && seen.role == raft.Leader && seen.term == now.Term {
		w.checkAppendOnly(seen, &old, now)
	}
	if changedFrom != 0 || last != old.last() {
		seen.logChanged = w.Position
	}
	return changedFrom
}

// differsFrom is the first index whose hash is not the older one's, or 0.
func (s *Seen) differsFrom(old *Seen) uint64 {
	i := min(s.last(), old.last())
	for i > s.base {
		a, _ := s.Hash(i)
		if b, known := old.Hash(i); known && a == b {
			break
		}
		i--
	}
	if i == s.last() {
		return 0
	}
	return i + 1
}

// hashLog hashes a log from where it is not known to be the old one.
func (w *Watch) hashLog(seen, old *Seen, now *State, same uint64) (changedFrom uint64) {
	base := now.Log.FirstIndex() - 1
	w.moveBase(seen, base, now.Log)
	seen.chain.Truncate(int(min(max(same, base), seen.last()) - base))
	seen.forgetConfig(now.Log)
	h, _ := seen.Hash(seen.last())
	for i := seen.last() + 1; i <= now.Log.LastIndex(); i++ {
		e := now.Log.Entry(i)
		if e.Kind == raft.Config {
			seen.configAt = i
		}
		h = hashEntry(h, e)
		seen.chain.Append(h)
		if was, known := old.Hash(i); changedFrom == 0 && (!known || was != h) {
			changedFrom = i
		}
	}
	return changedFrom
}

// checkAppendOnly is for a server that led before and leads now: what was in
// its log is there still, perhaps under a snapshot.
func (w *Watch) checkAppendOnly(seen, old *Seen, now *State) {
	i := old.last()
	if i < seen.base {
		return
	}
	was, _ := old.Hash(i)
	if h, known := seen.Hash(i); !known || h != was {
		w.breach(LeaderAppendOnly, []uint64{old.logChanged, w.leaderPosition(now.Term), w.Position}, i, now.Term,
			[]raft.ID{now.ID}, "%s leads term %d and changed its log up to index %d", now.ID, now.Term, i)
	}
}

// moveBase follows a log that was compacted to base. Where the hash there is
// not known from the log itself (a snapshot came from elsewhere), it is that of
// the committed entry, or of another server's log.
func (w *Watch) moveBase(seen *Seen, base uint64, log *raft.Log) {
	if base == seen.base {
		return
	}
	h, known := seen.Hash(base)
	if t, ok := seen.log.Term(base); known && ok {
		now, _ := log.Term(base)
		known = t == now
	}
	if known && base > seen.base {
		seen.chain.DropFirst(int(base - seen.base))
	} else {
		h = w.foreignHash(base, log)
		seen.chain.Truncate(0)
	}
	seen.base, seen.baseHash = base, h
}

func (w *Watch) foreignHash(base uint64, log *raft.Log) uint64 {
	if base == 0 {
		return 0
	}
	term, _ := log.Term(base)
	if c := w.committedAt(base); c != nil && c.term == term {
		return c.hash
	}
	for id := raft.ID(1); int(id) <= w.Servers(); id++ {
		other := w.Seen(id)
		if t, ok := other.log.Term(base); ok && t == term {
			if h, known := other.Hash(base); known {
				return h
			}
		}
	}
	return Mix(Mix(0, base), term) // nobody knows what the snapshot stands for
}

// checkLogMatching compares with each other server at the highest index that
// both hold with the same term, from the first changed one on: below it they
// were compared before.
func (w *Watch) checkLogMatching(seen *Seen, now *State, from uint64) {
	for id := raft.ID(1); int(id) <= w.Servers(); id++ {
		other := w.Seen(id)
		if id == now.ID || !other.up {
			continue
		}
		for i := min(seen.last(), other.last()); i >= from && i > seen.base && i > other.base; i-- {
			mine, theirs := seen.log.Entry(i).Term, other.log.Entry(i).Term
			if mine != theirs {
				continue
			}
			a, _ := seen.Hash(i)
			if b, _ := other.Hash(i); a != b {
				w.breach(LogMatching, []uint64{seen.logChanged, other.logChanged}, i, mine, []raft.ID{now.ID, id},
					"%s and %s both hold an entry of term %d at index %d, but their logs differ up to there", now.ID,
					id, mine, i)
			}
			break
		}
	}
}

// checkElection is for a server that has begun to lead: Election Safety, and
// Leader Completeness for what was committed in earlier terms.
func (w *Watch) checkElection(seen *Seen, now *State) {
	switch other := w.leaderOf(now.Term); {
	case other == nil:
		w.addLeader(leaderOf{now.Term, now.ID, w.Position})
	case other.id != now.ID:
		w.breach(ElectionSafety, []uint64{other.position, w.Position}, 0, now.Term, []raft.ID{other.id, now.ID},
			"%s and %s were both elected leader of term %d", other.id, now.ID, now.Term)
	}
	for i := w.lastCommitted(); i > w.from && i > seen.base; i-- {
		c := w.committedAt(i)
		if c.inTerm >= now.Term {
			continue
		}
		w.checkHolds(seen, now, i, c)
		break
	}
	for _, a := range w.early {
		if t, ok := seen.log.Term(a.index); a.term < now.Term && (!ok || t != a.term) {
			w.breach(Durability, []uint64{a.position, w.Position}, a.index, a.term, []raft.ID{now.ID},
				"entry %d of term %d was acknowledged to a client, but %s leads term %d without it", a.index, a.term,
				now.ID, now.Term)
		}
	}
}

// checkHolds is Leader Completeness for one leader and the committed entries up to i.
func (w *Watch) checkHolds(seen *Seen, now *State, i uint64, c *committedEntry) {
	if h, known := seen.Hash(i); known && h == c.hash {
		return
	}
	for i > w.from+1 && i > seen.base+1 { // the first that is missing
		h, known := seen.Hash(i - 1)
		if known && h == w.committedAt(i-1).hash {
			break
		}
		i--
	}
	c = w.committedAt(i)
	w.breach(LeaderCompleteness, []uint64{c.position, w.leaderPosition(now.Term)}, i, c.term, []raft.ID{now.ID},
		"%s leads term %d without entry %d of term %d, which %s knew to be committed in term %d", now.ID, now.Term, i,
		c.term, c.by, c.inTerm)
}

// checkCommitted is for a server whose commitIndex has moved to index: what it
// applies must be what was committed before, and is remembered where it is the
// first to know.
func (w *Watch) checkCommitted(seen *Seen, now *State, index uint64) {
	if seen.base > w.lastCommitted() { // a snapshot made by hand: what it covers, nobody saw
		w.committed, w.states, w.from = seq.Seq[committedEntry]{}, seq.Seq[stateOf]{}, seen.base
	}
	if known := min(index, w.lastCommitted()); known > w.from && known > seen.base {
		if h, _ := seen.Hash(known); h != w.committedAt(known).hash {
			w.breachCommitted(seen, now, known)
			return
		}
	}
	for i := w.lastCommitted() + 1; i <= index; i++ {
		h, ok := seen.Hash(i)
		if !ok {
			return
		}
		e := seen.log.At(i)
		w.committed.Append(committedEntry{hash: h, term: e.Term, kind: e.Kind, inTerm: now.Term, by: now.ID,
			position: w.Position})
		if len(w.early) > 0 {
			w.settleEarly(now, i, e.Term)
		}
		if e.Kind == raft.Config {
			w.noteConfig(e, i)
		}
	}
	for id := raft.ID(1); int(id) <= w.Servers(); id++ {
		if l := w.Seen(id); id != now.ID && l.up && l.role == raft.Leader && l.term > now.Term && index > l.base {
			if c := w.committedAt(index); c != nil && c.inTerm < l.term {
				w.checkHolds(l, &State{ID: id, Term: l.term}, index, c)
			}
		}
	}
}

// checkSnapshot is for a server whose log now begins after a snapshot: it must
// stand for what was committed.
func (w *Watch) checkSnapshot(seen *Seen, now *State) {
	if c := w.committedAt(seen.base); c != nil && c.hash != seen.baseHash {
		w.breachCommitted(seen, now, seen.base)
	}
}

// breachCommitted names the first entry at which the server's log and the
// committed entries differ.
func (w *Watch) breachCommitted(seen *Seen, now *State, i uint64) {
	for i > w.from+1 && i > seen.base+1 {
		if h, _ := seen.Hash(i - 1); h == w.committedAt(i-1).hash {
			break
		}
		i--
	}
	c := w.committedAt(i)
	mine, _ := seen.log.Term(i)
	w.breach(StateMachineSafety, []uint64{c.position, seen.logChanged, w.Position}, i, c.term, []raft.ID{c.by, now.ID},
		"%s applied entry %d of term %d, %s applied another one of term %d there", c.by, i, c.term, now.ID, mine)
}

// settleEarly compares an entry that has just been committed with what was
// acknowledged for its index before.
func (w *Watch) settleEarly(now *State, index, term uint64) {
	var later []ack
	for _, a := range w.early {
		switch {
		case a.index != index:
			later = append(later, a)
		case a.term != term:
			w.breachAcknowledged(a, w.Position, []raft.ID{now.ID}, term)
		}
	}
	w.early = later
}

// breachAcknowledged is for an acknowledged entry whose place another one has taken.
func (w *Watch) breachAcknowledged(a ack, committed uint64, nodes []raft.ID, term uint64) {
	w.breach(Durability, []uint64{a.position, committed}, a.index, a.term, nodes,
		"entry %d of term %d was acknowledged to a client, but an entry of term %d was committed there", a.index,
		a.term, term)
}

// Acknowledged is told that a client was answered for the entry at index.
func (w *Watch) Acknowledged(index, term uint64) {
	if index > w.acked {
		w.acked, w.ackedTerm = index, term
	}
	a := ack{index, term, w.Position}
	switch c := w.committedAt(index); {
	case c == nil:
		w.early = append(slices.Clip(w.early), a)
	case c.term != term:
		w.breachAcknowledged(a, c.position, []raft.ID{c.by}, c.term)
	}
}

// CheckDisks is for an action that may have destroyed stored data (a crash with
// unsynced writes, a wiped disk): some disk must still hold the last entry that
// was acknowledged.
func (w *Watch) CheckDisks() {
	if w.acked == 0 {
		return
	}
	for id := raft.ID(1); int(id) <= w.Servers(); id++ {
		l := w.Disk(id)
		if t, ok := l.Term(w.acked); ok && t == w.ackedTerm || l.FirstIndex() > w.acked {
			return
		}
	}
	causes := []uint64{w.Position}
	if c := w.committedAt(w.acked); c != nil {
		causes = append(causes, c.position)
	}
	w.breach(Durability, causes, w.acked, w.ackedTerm, nil,
		"entry %d of term %d was acknowledged to a client, and no disk holds it any more", w.acked, w.ackedTerm)
	w.acked = 0
}

// Rebase forgets the past and begins anew with the servers as they are, for
// states that were made by hand.
func (w *Watch) Rebase(states []State) {
	*w.Memory, w.anew = Memory{}, true
	for _, now := range states {
		seen := Seen{}
		seen.standing.next().lost = w.Seen(now.ID).standing.now().lost
		*w.Seen(now.ID) = seen
	}
	for _, whole := range []bool{true, false} { // logs with a snapshot learn their hash from whole ones
		for _, now := range states {
			if now.Up && (now.Log.FirstIndex() == 1) == whole {
				w.Check(w.Seen(now.ID), &now)
			}
		}
	}
}

func (w *Watch) lastCommitted() uint64 { return w.from + uint64(w.committed.Len()) }

func (m *Memory) committedAt(index uint64) *committedEntry {
	if index <= m.from || index > m.from+uint64(m.committed.Len()) {
		return nil
	}
	return m.committed.At(int(index - m.from - 1))
}

// leadersThrough is how many of the leaders are of that term or an earlier one.
func (m *Memory) leadersThrough(term uint64) int {
	n := m.leaders.Len()
	for n > 0 && m.leaders.At(n-1).term > term {
		n--
	}
	return n
}

// leaderOf is the first leader that was seen of the term, or nil.
func (m *Memory) leaderOf(term uint64) *leaderOf {
	if n := m.leadersThrough(term); n > 0 && m.leaders.At(n-1).term == term {
		return m.leaders.At(n - 1)
	}
	return nil
}

// addLeader keeps the leaders in the order of their terms; nearly always the
// new one is the last.
func (m *Memory) addLeader(l leaderOf) {
	n := m.leadersThrough(l.term)
	later := m.leaders.Slice(n, m.leaders.Len())
	m.leaders.Truncate(n)
	m.leaders.Append(l)
	for _, other := range later {
		m.leaders.Append(other)
	}
}

// Led is the server that was elected leader of a term, the first where there were several; 0: none was.
func (m *Memory) Led(term uint64) raft.ID {
	if l := m.leaderOf(term); l != nil {
		return l.id
	}
	return 0
}

func (m *Memory) leaderPosition(term uint64) uint64 {
	if l := m.leaderOf(term); l != nil {
		return l.position
	}
	return 0
}

// Hash is that of what is remembered, positions left out: who led which term,
// what was committed and in which terms, and what was acknowledged.
func (m *Memory) Hash(r raft.Renaming) uint64 {
	h := Mix(m.acked, m.ackedTerm)
	for i := range m.leaders.Len() {
		l := m.leaders.At(i)
		h += Mix(l.term, uint64(r.Of(l.id))) // a set: the order does not count
	}
	names := m.naming(r)
	for i := range m.committed.Len() {
		c := m.committed.At(i)
		h = Mix(Mix(h, names.hash(c, m.from+1+uint64(i))), c.inTerm)
	}
	for i := range m.states.Len() {
		h = Mix(h, m.states.At(i).hash)
	}
	for _, a := range m.early {
		h = Mix(Mix(h, a.index), a.term)
	}
	return Mix(h, m.from)
}

// Same tells whether nothing has been added since.
func (m *Memory) Same(before *Memory) bool {
	return m.leaders.Len() == before.leaders.Len() && m.committed.Len() == before.committed.Len() &&
		m.states.Len() == before.states.Len() &&
		m.from == before.from && m.acked == before.acked && m.ackedTerm == before.ackedTerm &&
		slices.Equal(m.early, before.early)
}

// renamed goes through the committed entries in the world in which the servers had
// changed places.
type renamed struct {
	*Memory
	names   raft.Renaming
	chain   uint64 // the hash of the entries so far
	was     uint64 // the same without a change of places
	configs int    // how many of them were configurations
}

func (m *Memory) naming(r raft.Renaming) renamed {
	if m.oddments.now().configs.Len() == 0 || m.from > 0 { // none names servers, or what is before them is not known
		r = nil
	}
	return renamed{Memory: m, names: r}
}

// hash is that of the log up to the next entry.
func (n *renamed) hash(c *committedEntry, index uint64) uint64 {
	if n.names == nil {
		return c.hash
	}
	head := c.term<<3 | uint64(c.kind)
	data := Unmixed(Mix(n.was, head), c.hash)
	n.was = c.hash
	if all := &n.oddments.now().configs; n.configs < all.Len() && all.At(n.configs).index == index {
		data = xxhash.Sum64String(all.At(n.configs).config.Under(n.names).String())
		n.configs++
	}
	n.chain = Mix(Mix(n.chain, head), data)
	return n.chain
}

// Committed is the highest index that any server has known to be committed.
func (m *Memory) Committed() uint64 { return m.from + uint64(m.committed.Len()) }

// CommittedAt is the position at which the entry was first known to be
// committed, the server that knew, and its term.
func (m *Memory) CommittedAt(index uint64) (position uint64, by raft.ID, term uint64, ok bool) {
	if c := m.committedAt(index); c != nil {
		return c.position, c.by, c.term, true
	}
	return 0, 0, 0, false
}

func hashEntry(h uint64, e raft.Entry) uint64 {
	return Mix(Mix(h, e.Term<<3|uint64(e.Kind)), xxhash.Sum64String(e.Data))
}

// MixSet folds a set into h.
func MixSet(h uint64, s raft.Set) uint64 {
	low, high := s.Words()
	return Mix(Mix(h, low), high)
}

// Mix folds v into h: first so that the two are told apart, then by the
// finaliser of splitmix64.
func Mix(h, v uint64) uint64 {
	h = h*0xd6e8feb86659fd93 + v + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Unmixed is the v for which Mix(h, v) is that: each step of Mix can be taken back.
func Unmixed(h, mixed uint64) uint64 {
	v := mixed
	v = (v ^ v>>31 ^ v>>62) * 0x319642b2d24d8ec3
	v = (v ^ v>>27 ^ v>>54) * 0x96de1b173f119089
	v = v ^ v>>30 ^ v>>60
	return v - h*0xd6e8feb86659fd93 - 0x9e3779b97f4a7c15
}
