package judge

import (
	"fmt"

	"raftlab/raft"
)

// Start judges what a server reports when it starts from a disk. committed is the commitIndex
// on that disk, which the server may therefore know; 0: none.
func (j *Judge) Start(stable *raft.Stable, committed uint64, r *Report) (Kept, []Departure) {
	s := &step{can: j.Can, before: r.State, after: r.State, report: r, decided: []raft.Decision{}}
	a := r.State
	s.starts("role", raft.Follower, a.Role)
	s.starts("currentTerm", stable.CurrentTerm, a.CurrentTerm)
	s.starts("votedFor", is("", stable.VotedFor).Value, is("", a.VotedFor).Value)
	if d := firstDifference(&a.Log, &stable.Log); d != 0 || a.Log.FirstIndex() != stable.Log.FirstIndex() {
		s.depart(Forbidden, RestartFromDisk, "the log on the disk", "another",
			fmt.Sprintf("entry %d of its log is not what its disk holds", d),
			is("entry on its disk", entryAt(&stable.Log, d)), is("entry at the start", entryAt(&a.Log, d)))
	}
	covered := stable.Log.FirstIndex() - 1
	known := max(covered, min(committed, stable.Log.LastIndex()))
	s.starts("commitIndex", min(max(a.CommitIndex, covered), known), a.CommitIndex)
	s.starts("lastApplied", min(max(a.LastApplied, covered), known), a.LastApplied)
	s.sends()
	return Kept{heard: j.Can.Sticky}, s.found // it may have heard a leader just before it stopped (thesis 6.4.1)
}

// starts compares one thing that a server starts with.
func (s *step) starts(what string, want, got any) {
	if want != got {
		s.depart(Forbidden, RestartFromDisk, fmt.Sprint(what, " ", want), fmt.Sprint(what, " ", got),
			fmt.Sprintf("it starts with %s %v", what, got), is(what+" on its disk", want), is(what+" at the start",
				got))
	}
}
