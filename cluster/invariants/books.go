package invariants

import (
	"slices"

	"raftlab/raft"
)

// configOf is a committed configuration.
type configOf struct {
	index  uint64
	config raft.Configuration
}

// forgetConfig goes back to the last configuration entry that is still in the
// part of the log whose hashes are known.
func (s *Seen) forgetConfig(log *raft.Log) {
	switch {
	case s.configAt <= s.base:
		s.configAt = 0
	case s.configAt > s.last():
		for s.configAt = s.last(); s.configAt > s.base && log.Entry(s.configAt).Kind != raft.Config; {
			s.configAt--
		}
		if s.configAt == s.base {
			s.configAt = 0
		}
	}
}

// noteConfig remembers a configuration that has been committed.
func (w *Watch) noteConfig(e *raft.Entry, index uint64) {
	if c, err := raft.ParseConfiguration(e.Data); err == nil {
		w.oddments.next().configs.Append(configOf{index, c})
	}
}

// checkConfiguration compares the configuration in force with what log and
// snapshot say, and a snapshot's with what was committed. An entry that is no
// configuration, written by hand, is passed over.
func (w *Watch) checkConfiguration(seen *Seen, now *State) {
	if seen.standing.now().first == nil && now.First != nil {
		seen.standing.next().first = new(*now.First) // the disk's may change
	}
	want, from := seen.standing.now().first, "the first one"
	switch {
	case seen.configAt > 0:
		c, err := raft.ParseConfiguration(seen.log.Entry(seen.configAt).Data)
		if err != nil {
			return
		}
		want, from = &c, "that of the last configuration entry in its log"
	case now.Covered != nil:
		want, from = now.Covered, "its snapshot's"
	}
	if want != nil && *want != *now.Config {
		w.breach(Configuration, []uint64{seen.logChanged, w.Position}, seen.configAt, now.Term, []raft.ID{now.ID},
			"%s uses the configuration %q, but %s is %q", now.ID, now.Config, from, want)
	}
	if c := w.configThrough(seen.base); c != nil && now.Covered != nil && c.config != *now.Covered {
		w.breach(Configuration, []uint64{seen.logChanged, w.Position}, c.index, now.Term, []raft.ID{now.ID},
			"%s's snapshot has the configuration %q, but entry %d, which it covers, is %q", now.ID, now.Covered,
			c.index, c.config)
	}
}

// configThrough is the last configuration that was committed at that index or
// before it, as far as that was seen.
func (m *Memory) configThrough(index uint64) *configOf {
	configs := &m.oddments.now().configs
	for i := configs.Len() - 1; i >= 0; i-- {
		if c := configs.At(i); c.index <= index {
			return c
		}
	}
	return nil
}

// loss is what a disk has lost: how often, and the highest term in which the
// server may have acknowledged what is gone.
type loss struct {
	times uint64
	term  uint64
}

// anew is a member that a leader added, and how often its disk had lost data.
type anew struct {
	id    raft.ID
	times uint64
}

// Lost is told that a server's disk, which had that term, no longer holds the
// log that was written there: in a crash with writes that were not synced, when
// it is wiped, or replaced by hand. That is the disk's fault: no leader of that
// term or an earlier one can know, until it has added the server anew. empty
// says that the server begins anew with an empty disk.
func (w *Watch) Lost(id raft.ID, term uint64, empty bool) {
	s := w.Seen(id).standing.next()
	s.lost = loss{s.lost.times + 1, max(s.lost.term, term)}
	if empty {
		s.first = nil
	}
	w.disks, w.unquiet = w.disks.With(id), true
}

// Written is told that a disk's log was written anew, and what it was. Nearly
// always Check sees the same in the log in memory; but where a server's log was
// another than its disk's, only the disk shows that it holds less than before.
func (w *Watch) Written(id raft.ID, old *raft.Log) {
	if now := w.Disk(id); holdsLess(now, old) {
		w.disks, w.unquiet = w.disks.With(id), true
	}
}

// holdsLess tells whether a log lacks something that another holds, in its
// snapshot or as an entry.
func holdsLess(now, old *raft.Log) bool {
	if now.FirstIndex() < old.FirstIndex() {
		return true // what the snapshot covered cannot be compared
	}
	for i := max(old.SharedThrough(now)+1, now.FirstIndex()-1); i <= old.LastIndex(); i++ {
		was, _ := old.Term(i)
		if term, ok := now.Term(i); !ok || term != was {
			return true
		}
	}
	return false
}

// noteMembers keeps, for a leader, which members it has added since it leads.
func (s *Seen) noteMembers(w *Watch, now *State) {
	next := s.standing.next()
	if now.Role != raft.Leader || !s.up || s.role != raft.Leader || s.term != now.Term {
		next.anew = nil
		return
	}
	added := now.Config.Members().Minus(next.config.Members())
	for id := range added.All() {
		next.anew = slices.DeleteFunc(slices.Clone(next.anew), func(a anew) bool { return a.id == id })
		next.anew = append(next.anew, anew{id, w.Seen(id).standing.now().lost.times})
	}
}

// leavesOut tells whether a leader cannot know what a member has lost.
func (s *Seen) leavesOut(id raft.ID, lost loss) bool {
	return lost.times > 0 && s.term <= lost.term && !slices.Contains(s.standing.now().anew, anew{id, lost.times})
}

// Quiet tells whether there is nothing for CheckMatches to look at.
func (m *Memory) Quiet() bool { return !m.unquiet }

// CheckMatches compares what leaders believe to be stored with the disks, where
// one of the two may have changed. It comes after every server was looked at.
// A server that has gone to a later term may have let a later leader overwrite
// what it acknowledged to an earlier one; that one can do no harm any more.
func (w *Watch) CheckMatches() {
	if w.Quiet() {
		return
	}
	leading, disks := w.leading, w.disks
	w.leading, w.disks, w.unquiet = raft.Set{}, raft.Set{}, false
	if disks.Empty() { // nearly always
		for leader := leading.Next(0); leader != 0; leader = leading.Next(leader) {
			l := w.Seen(leader)
			w.checkMatchesOf(leader, l, l.takeMatched())
		}
		return
	}
	for leader := raft.ID(1); int(leader) <= w.Servers(); leader++ {
		l := w.Seen(leader)
		changed := l.standing.now().config.Members()
		if !disks.Has(leader) {
			changed = changed.And(disks)
		}
		w.checkMatchesOf(leader, l, changed.Or(l.takeMatched()))
	}
}

// Raised is told, after a look at a leader, for whom its matchIndex may have risen.
// Where no other server was touched, everything has been looked at that
// CheckMatches waits for.
func (w *Watch) Raised(leader raft.ID, l *Seen, matched raft.Set, alone bool) {
	if alone && !w.unquiet {
		for ; !matched.Empty(); matched = matched.Without(matched.Next(0)) {
			w.checkMatch(leader, l, matched.Next(0))
		}
		return
	}
	l.matched = l.matched.Or(matched)
	w.leading, w.unquiet = w.leading.With(leader), true
}

// takeMatched is whom to compare. A server that is shared has none to take.
func (s *Seen) takeMatched() raft.Set {
	matched := s.matched
	if !matched.Empty() {
		s.matched = raft.Set{}
	}
	return matched
}

// checkMatchesOf is for one leader and those members of whom it may believe too
// much now: it has been told, or has begun to lead, or a disk has changed.
func (w *Watch) checkMatchesOf(leader raft.ID, l *Seen, members raft.Set) {
	if !l.up || l.role != raft.Leader {
		return
	}
	for id := members.Next(0); id != 0; id = members.Next(id) {
		if id != leader && int(id) <= w.Servers() {
			w.checkMatch(leader, l, id)
		}
	}
}

func (w *Watch) checkMatch(leader raft.ID, l *Seen, id raft.ID) {
	match, disk := w.Match(leader, id), w.Disk(id)
	mine, known := l.log.Term(match)
	theirs, stored := disk.Term(match)
	if stored && mine == theirs || match == 0 { // nearly always
		return
	}
	other, last := w.Seen(id), disk.LastIndex()
	if match < disk.FirstIndex() || other.term > l.term || l.leavesOut(id, other.standing.now().lost) {
		return
	}
	if match > last {
		w.breachMatch(leader, l, id, match, "%s's matchIndex for %s is %d, but %s stores entries up to %d", leader, id,
			match, id, last)
		return
	}
	if known && mine != theirs {
		w.breachMatch(leader, l, id, match, "%s's matchIndex for %s is %d, but %s's entry %d is of term %d, not of "+
			"term %d", leader, id, match, id, match, theirs, mine)
	}
}

func (w *Watch) breachMatch(leader raft.ID, l *Seen, id raft.ID, match uint64, format string, args ...any) {
	w.breach(MatchHonest, []uint64{w.leaderPosition(l.term), w.Seen(id).logChanged, w.Position}, match, l.term,
		[]raft.ID{leader, id}, format, args...)
}

// LossHash is that of what a disk has lost and of whom a leader has added since,
// as far as it makes a difference to what is a breach.
func (s *Seen) LossHash(r raft.Renaming) (h uint64) {
	now := s.standing.now()
	if now.lost.times > 0 {
		h = Mix(now.lost.times, now.lost.term)
	}
	for _, a := range now.anew {
		h += Mix(uint64(r.Of(a.id)), a.times)
	}
	return h
}
