package ask

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// situation is what reachable? compares of a world: of each server its term,
// its vote where it has one, its log, what it knows to be committed, and
// whether it is up. A vote that is not there was perhaps just not said.
type situation struct {
	servers []wanted
	n       int // a majority
}

// wanted is one server of a situation.
type wanted struct {
	id     raft.ID
	up     bool
	leads  bool
	term   uint64
	vote   raft.ID
	log    []raft.Entry
	commit uint64
}

func (s *wanted) termAt(index uint64) uint64 {
	if index < 1 || index > uint64(len(s.log)) {
		return 0
	}
	return s.log[index-1].Term
}

// entriesOf is how many entries of a term its log has.
func (s *wanted) entriesOf(term uint64) (n int) {
	for _, e := range s.log {
		if e.Term == term {
			n++
		}
	}
	return n
}

// situationOf is a world's, or why it is beyond what can be compared.
func situationOf(w *cluster.World) (situation, string) {
	s := situation{n: w.Size()/2 + 1}
	all := raft.SetOf(w.IDs()...)
	for _, id := range w.IDs() {
		d := w.Stored(id)
		if d.Log.FirstIndex() > 1 {
			return s, fmt.Sprintf("%s's log begins after a snapshot", id)
		}
		if d.Initial.Voters != all || len(d.Initial.Old.Slice()) > 0 || len(d.Initial.Learners.Slice()) > 0 {
			return s, fmt.Sprintf("%s began with another membership than all servers", id)
		}
		x := wanted{id: id, up: w.Up(id), term: d.CurrentTerm, vote: d.VotedFor, log: d.Log.Slice(1, d.Log.LastIndex())}
		for _, e := range x.log {
			if e.Kind == raft.Config {
				return s, fmt.Sprintf("%s's log holds a change of membership", id)
			}
		}
		if n := w.State(id); n != nil {
			x.commit, x.leads = n.CommitIndex, n.Role == raft.Leader
		}
		s.servers = append(s.servers, x)
	}
	return s, ""
}

// of is one server.
func (s *situation) of(id raft.ID) *wanted { return &s.servers[id-1] }

// Matches tells whether a world is in the situation.
func (s *situation) Matches(w *cluster.World) bool {
	for x := range each.Of(s.servers) {
		d := w.Stored(x.id)
		if w.Up(x.id) != x.up || d.CurrentTerm != x.term || x.vote != 0 && d.VotedFor != x.vote ||
			d.Log.LastIndex() != uint64(len(x.log)) {
			return false
		}
		if x.up && w.State(x.id).CommitIndex != x.commit {
			return false
		}
		for k, e := range x.log {
			if t, _ := d.Log.Term(uint64(k + 1)); t != e.Term {
				return false
			}
		}
	}
	return true
}

// terms is the terms that some entry is of, ascending.
func (s *situation) terms() []uint64 {
	var out []uint64
	for x := range each.Of(s.servers) {
		for _, e := range x.log {
			if !slices.Contains(out, e.Term) {
				out = append(out, e.Term)
			}
		}
	}
	slices.Sort(out)
	return out
}

// sameEntry tells whether two entries say the same; `given` writes a leader's
// empty entry as one without a command.
func sameEntry(a, b raft.Entry) bool { return a.Term == b.Term && a.Data == b.Data }

// checks is what Raft forbids, and how a situation breaks it, in the order in which they are told; termsWon follows.
var checks = []struct {
	property string
	broken   func(*situation) string
}{
	{invariants.LogMatching, (*situation).logsMatch},
	{invariants.ElectionSafety, (*situation).oneLeader},
	{invariants.StateMachineSafety, (*situation).committedAgree},
	{invariants.LeaderCompleteness, (*situation).committedOnMajority},
	{invariants.LeaderCompleteness, (*situation).committedInLaterTerms},
	{"Figure 2, Candidates 1", (*situation).votesGiven},
}

// Impossible is the property that a situation breaks, so that no history of
// Raft leads to it, and how; or nothing. These are necessary conditions: what
// keeps them all may still be impossible. They stand on stable storage: without
// fsync anything may have been forgotten.
func (s *situation) Impossible() (property, why string) {
	for _, c := range checks {
		if why := c.broken(s); why != "" {
			return c.property, why
		}
	}
	return s.termsWon()
}

// pairs goes through each two servers, the one with the lower number first.
func (s *situation) pairs() iter.Seq2[*wanted, *wanted] {
	return func(yield func(a, b *wanted) bool) {
		for i := range s.servers {
			for j := range i {
				if !yield(&s.servers[j], &s.servers[i]) {
					return
				}
			}
		}
	}
}

// logsMatch is Log Matching (§5.3): logs that hold the same entry are the same
// up to it.
func (s *situation) logsMatch() string {
	for a, b := range s.pairs() {
		k := min(len(a.log), len(b.log)) - 1
		for k >= 0 && a.log[k].Term != b.log[k].Term {
			k--
		}
		for m := 0; m <= k; m++ {
			if !sameEntry(a.log[m], b.log[m]) {
				return fmt.Sprintf("%s and %s both hold an entry of term %d at index %d, but their logs differ at %d. "+
					"A leader makes one entry at an index, and an append is taken only where the entry before it "+
					"agrees (section 5.3)", a.id, b.id, a.log[k].Term, k+1, m+1)
			}
		}
	}
	return ""
}

// oneLeader is Election Safety (§5.2).
func (s *situation) oneLeader() string {
	for a, b := range s.pairs() {
		if a.leads && b.leads && a.term == b.term {
			return fmt.Sprintf("%s and %s both lead term %d", a.id, b.id, a.term)
		}
	}
	return ""
}

// committedAgree is State Machine Safety (§5.4.3).
func (s *situation) committedAgree() string {
	for a, b := range s.pairs() {
		for k := uint64(1); k <= min(a.commit, b.commit); k++ {
			if a.termAt(k) != b.termAt(k) {
				return fmt.Sprintf("%s considers entry %d of term %d committed, and %s one of term %d", a.id, k,
					a.termAt(k), b.id, b.termAt(k))
			}
		}
	}
	return ""
}

// committedOnMajority: what is committed was on a majority then, and nobody who
// has it loses it (§5.3, §5.4).
func (s *situation) committedOnMajority() string {
	for x := range each.Of(s.servers) {
		holders := s.who(func(y *wanted) bool { return y.termAt(x.commit) == x.termAt(x.commit) })
		if x.commit > 0 && len(holders) < s.n {
			return fmt.Sprintf("%s considers entry %d of term %d committed, but only %s %s it: a leader commits what "+
				"a majority has stored (Figure 2, Leaders 4), and that is never overwritten (section 5.4.3)", x.id,
				x.commit, x.termAt(x.commit), prose.And(holders), prose.Either(len(holders) == 1, "holds", "hold"))
		}
	}
	return ""
}

// who is the names of the servers of which something is so.
func (s *situation) who(so func(*wanted) bool) (names []string) {
	for x := range each.Of(s.servers) {
		if so(x) {
			names = append(names, x.id.String())
		}
	}
	return names
}

// committedInLaterTerms is Leader Completeness: the leaders of later terms than
// the one in which a server knows of a commit held the entry.
func (s *situation) committedInLaterTerms() string {
	for x := range each.Of(s.servers) {
		for y := range each.Of(s.servers) {
			for k, e := range y.log {
				if x.commit > 0 && e.Term > x.term &&
					(uint64(k) < x.commit || y.termAt(x.commit) != x.termAt(x.commit)) {
					return fmt.Sprintf("%s knew entry %d of term %d to be committed no later than in term %d, but "+
						"the leader of term %d, whose entry %s holds at %d, did not have it", x.id, x.commit,
						x.termAt(x.commit), x.term, e.Term, y.id, k+1)
				}
			}
		}
	}
	return ""
}

// votesGiven: whoever has a vote was a candidate of that term, and voted for
// itself (§5.2).
func (s *situation) votesGiven() string {
	for x := range each.Of(s.servers) {
		if x.vote == 0 || x.vote == x.id || int(x.vote) > len(s.servers) {
			continue
		}
		switch y := s.of(x.vote); {
		case y.term < x.term:
			return fmt.Sprintf("%s voted for %s in term %d, but %s has only come to term %d", x.id, y.id, x.term, y.id,
				y.term)
		case y.term == x.term && y.vote != 0 && y.vote != y.id:
			return fmt.Sprintf("%s voted for %s in term %d, but %s itself voted for %s in it: a candidate votes for "+
				"itself", x.id, y.id, x.term, y.id, y.vote)
		}
	}
	return ""
}

// termsWon: each term that an entry is of had a leader, with votes of a
// majority (§5.2, §5.4.1).
func (s *situation) termsWon() (property, why string) {
	for _, t := range s.terms() {
		best := 0
		for c := range each.Of(s.servers) {
			if s.mayHaveLed(c, t) {
				best = max(best, s.couldVote(c.id, t))
			}
		}
		if best >= s.n {
			continue
		}
		why = fmt.Sprintf("An entry of term %d needs a leader of term %d, and that needs %d votes of %d", t, t, s.n,
			len(s.servers))
		if came := s.who(func(x *wanted) bool { return x.term >= t }); len(came) < s.n {
			return "Figure 2, Candidates 2", fmt.Sprintf("%s; only %s %s come to that term (section 5.2)", why,
				strings.Join(came, " "), prose.Either(len(came) == 1, "has", "have"))
		}
		return "Figure 2, RequestVote receiver 2", fmt.Sprintf("%s; going by the votes and logs of that term, no "+
			"server can have had more than %d (sections 5.2 and 5.4.1)", why, best)
	}
	return "", ""
}

// mayHaveLed tells whether a server may have led a term: while it is still in
// that term it has its own vote, and everything that it appended.
func (s *situation) mayHaveLed(c *wanted, t uint64) bool {
	if c.term != t {
		return c.term > t
	}
	more := func(s wanted) bool { return s.entriesOf(t) > c.entriesOf(t) }
	return (c.vote == 0 || c.vote == c.id) && !slices.ContainsFunc(s.servers, more)
}

// couldVote is how many may have voted for a candidate in a term, as far as what is
// left of that term tells: a server that is still in it has its vote, and what it
// holds from before that the leader did not bring.
func (s *situation) couldVote(candidate raft.ID, t uint64) int {
	base := s.baseOf(t)
	return len(s.who(func(v *wanted) bool {
		if v.term != t {
			return v.term > t
		}
		return (v.vote == 0 || v.vote == candidate) && // it held its log when it was asked
			(v.id == candidate || leadsTo(v.log, base, t) || notNewer(v.log, base))
	}))
}

// baseOf is the log that the leader of a term was elected with: what lies
// before the term's first entry, in any log.
func (s *situation) baseOf(t uint64) []raft.Entry {
	for x := range each.Of(s.servers) {
		if k := slices.IndexFunc(x.log, func(e raft.Entry) bool { return e.Term == t }); k >= 0 {
			return x.log[:k]
		}
	}
	return nil
}

// leadsTo tells whether a log may have come from the leader of term t that was
// elected with base: it is a beginning of base, or base and entries of t.
func leadsTo(log, base []raft.Entry, t uint64) bool {
	for k, e := range log {
		if k < len(base) && e.Term != base[k].Term || k >= len(base) && e.Term != t {
			return false
		}
	}
	return true
}

// notNewer is the voter's check of §5.4.1: the candidate's log is at least as
// up to date.
func notNewer(voter, candidate []raft.Entry) bool {
	last := func(l []raft.Entry) uint64 {
		if len(l) == 0 {
			return 0
		}
		return l[len(l)-1].Term
	}
	a, b := last(voter), last(candidate)
	return b > a || b == a && len(candidate) >= len(voter)
}
