package judge

import (
	"fmt"
	"slices"

	"raftlab/raft"
)

func (s *step) commitGoesBack() bool {
	a, b := s.after.CommitIndex, s.before.CommitIndex
	if a < b {
		s.depart(Forbidden, Monotony, fmt.Sprintf("%d or more", b), a,
			fmt.Sprintf("its commitIndex goes back from %d to %d", b, a),
			is("commitIndex before", b), is("commitIndex now", a))
	}
	return a < b
}

// commitIndex checks that commitIndex rises as a leader's counting, or a leader's append, says.
func (s *step) commitIndex() {
	switch {
	case s.commitGoesBack():
	case s.after.Role == raft.Leader && s.ref.Role == raft.Leader && s.sameTerm():
		s.leaderCommits()
	default:
		s.followerCommits()
	}
}

// leaderCommits checks a leader's commitIndex: it commits what a majority holds, if that entry
// is of its own term. The entries that a program adds to its own log by itself are free, so
// they are counted as they are there.
func (s *step) leaderCommits() {
	a, g := s.after, s.after.CommitIndex
	own := a.Log.LastIndex()
	if s.can.ParallelWrite && s.report.Disk != nil {
		own = s.saved()
	}
	held := s.majorityHolds(own)
	term, _ := a.Log.Term(held)
	may := s.before.CommitIndex
	if term == a.CurrentTerm {
		may = max(may, held)
	}
	switch {
	case g < may:
		s.commitsLess(raft.MajorityHolds, may, s.in.Kind == raft.OnHeartbeatTimeout,
			is("the highest index that a majority holds", held), is("commitIndex now", g))
	case g == may || s.kept.blind:
	case g > held:
		s.depart(Forbidden, raft.MajorityHolds, may, g,
			fmt.Sprintf("it commits entry %d, and a majority holds only up to entry %d", g, held),
			is("the highest index that a majority holds", held), is("commitIndex now", g))
	default:
		at, _ := a.Log.Term(g)
		s.depart(Forbidden, raft.CurrentTermOnly, may, g,
			fmt.Sprintf("it commits entry %d, of term %d, by counting servers in term %d", g, at, a.CurrentTerm),
			is("index", g), is("the entry's term", at), is("own currentTerm", a.CurrentTerm))
	}
}

// majorityHolds is the highest index that a majority holds, in the configuration of the
// server's own log. The server itself holds its log up to own; for the others the
// reference's matchIndex counts.
func (s *step) majorityHolds(own uint64) uint64 {
	c := s.after.Configuration
	held := s.middle(c.Voters, own)
	if !c.Old.Empty() {
		held = min(held, s.middle(c.Old, own))
	}
	return held
}

// middle is the highest index that a majority of these voters holds.
func (s *step) middle(voters raft.Set, own uint64) uint64 {
	var few [9]uint64
	held := few[:0]
	for id := voters.Next(0); id != 0; id = voters.Next(id) {
		if id == s.after.ID {
			held = append(held, own)
		} else {
			held = append(held, s.ref.MatchIndex(id))
		}
	}
	if len(held) == 0 {
		return 0
	}
	slices.Sort(held)
	return held[(len(held)-1)/2]
}

// followerCommits checks a follower's commitIndex: it rises only by a leader's append, and no
// further than that append confirms.
func (s *step) followerCommits() {
	g, want := s.after.CommitIndex, s.ref.CommitIndex
	if g == want {
		return
	}
	values := []Compared{is("commitIndex before", s.before.CommitIndex), is("commitIndex now", g)}
	ae := s.appendEntries()
	if d := s.decision(raft.FollowerCommit); d != nil {
		values = []Compared{is("leaderCommit", d.Args[0]), is("last new entry", d.Args[1]), values[0], values[1]}
	} else if ae != nil {
		values = append(values, is("leaderCommit", ae.LeaderCommit))
	}
	if _, is := s.request().(*raft.InstallSnapshot); is && g < want { // the server's log may have had these entries
		if len(s.found) == 0 {
			s.passedOver()
		}
	} else if g > want {
		s.depart(Forbidden, raft.FollowerCommit, want, g,
			fmt.Sprintf("its commitIndex becomes %d, and nothing that it was sent confirms more than %d", g,
				want), values...)
	} else {
		s.commitsLess(raft.FollowerCommit, want, ae == nil || len(ae.Entries) == 0, values...)
	}
}

// commitsLess notes that a server commits less than it should. It may still do so with the
// leader's next heartbeat, so this is late at first, and missing if that heartbeat does not
// mend it. Each of the two is told once.
func (s *step) commitsLess(rule *raft.Rule, want uint64, heartbeat bool, values ...Compared) {
	g := s.after.CommitIndex
	did := fmt.Sprintf("its commitIndex stays %d, and entry %d is committed", g, want)
	if g > s.before.CommitIndex {
		did = fmt.Sprintf("its commitIndex becomes %d, and entry %d is committed", g, want)
	}
	switch {
	case heartbeat && want > s.missed:
		s.missed, s.owed = want, want
		s.depart(Missing, rule, want, g, did, values...)
	case !heartbeat && want > s.owed:
		s.owed = want
		s.depart(Late, rule, want, g, did, values...)
	}
}

func (s *step) appliedGoesBack() bool {
	a, b := s.after.LastApplied, s.before.LastApplied
	if a < b {
		s.depart(Forbidden, raft.ApplyCommitted, fmt.Sprintf("%d or more", b), a,
			fmt.Sprintf("its lastApplied goes back from %d to %d", b, a),
			is("lastApplied before", b), is("lastApplied now", a))
	}
	return a < b
}

// lastApplied checks that lastApplied is not above commitIndex, nor below what a snapshot covers.
func (s *step) lastApplied() {
	a, b := s.after, s.before
	covered := a.Log.FirstIndex() - 1
	switch {
	case s.appliedGoesBack():
	case a.LastApplied > a.CommitIndex && b.LastApplied <= b.CommitIndex:
		s.depart(Forbidden, raft.ApplyCommitted, a.CommitIndex, a.LastApplied,
			fmt.Sprintf("it applies entry %d, and its commitIndex is %d", a.LastApplied, a.CommitIndex),
			is("commitIndex", a.CommitIndex), is("lastApplied", a.LastApplied))
	case a.LastApplied < covered && b.LastApplied >= b.Log.FirstIndex()-1:
		s.depart(Forbidden, raft.ApplyCommitted, covered, a.LastApplied,
			fmt.Sprintf("its snapshot covers entries up to %d, and its lastApplied is %d", covered, a.LastApplied),
			is("the snapshot's last entry", covered), is("lastApplied", a.LastApplied))
	}
}
