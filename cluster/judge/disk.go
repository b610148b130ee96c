package judge

import (
	"fmt"

	"raftlab/raft"
)

// disk checks that what a server sends rests only on what is on its disk. Something missing
// there is told when a message first rests on it, and not again while it is missing.
func (s *step) disk() {
	if s.report.Disk == nil || s.can.NoDisk {
		s.unsaved = unsaved{}
		return
	}
	a, d := s.after, s.report.Disk
	if d.CurrentTerm == a.CurrentTerm || !s.stays() {
		s.unsaved.term = false
	}
	if d.VotedFor == a.VotedFor || !s.stays() || a.VotedFor != s.before.VotedFor {
		s.unsaved.vote = false
	}
	unlike := s.firstUnsaved()
	if unlike == 0 || unlike > s.unsaved.log {
		s.unsaved.log = 0
	}
	for i := range s.report.Send {
		s.restsOnDisk(s.report.Send[i].To, s.report.Send[i].Message, unlike)
	}
	commits := a.Role == raft.Leader && a.CommitIndex > s.before.CommitIndex
	if commits && unlike > 0 && s.majorityHolds(unlike-1) < a.CommitIndex { // it counts itself
		s.logSaved(unlike, a.CommitIndex, "it commits", "")
	}
}

// firstUnsaved is the first index at which the disk differs from the log; 0: none.
func (s *step) firstUnsaved() uint64 {
	a, d := &s.after.Log, &s.report.Disk.Log
	if d.FirstIndex() > a.FirstIndex() { // the disk has a snapshot that memory does not have
		return 0
	}
	if base := a.FirstIndex() - 1; d.FirstIndex() <= base { // no snapshot on the disk, but perhaps the entries
		switch t, have := d.Term(base); {
		case !have:
			return d.LastIndex() + 1
		case t != term(a, base):
			return base
		}
	}
	return firstDifference(a, d)
}

// term is the term of an entry that the log has, or of its snapshot's last entry.
func term(l *raft.Log, index uint64) uint64 {
	t, _ := l.Term(index)
	return t
}

// saved is the index up to which the disk holds the log.
func (s *step) saved() uint64 {
	if unlike := s.firstUnsaved(); unlike > 0 {
		return unlike - 1
	}
	return s.after.Log.LastIndex()
}

// restsOnDisk checks what a message rests on. A vote, and a request for one, rests on the term
// and the vote, a success on the term and the log up to its matchIndex, and a refusal on the
// term. What a leader sends rests on its log up to there, unless it says that it sends before
// its own write.
func (s *step) restsOnDisk(to raft.ID, m raft.Message, unlike uint64) {
	did := "it sends " + to.String() + " " + article(m.Type())
	switch m := m.(type) {
	case *raft.RequestVote:
		s.termSaved(m.Term, did)
		s.voteSaved(m.Term, s.after.ID, did)
	case *raft.RequestVoteReply:
		s.termSaved(m.Term, did)
		if m.VoteGranted {
			s.voteSaved(m.Term, to, "it votes for "+to.String())
		}
	case *raft.AppendEntriesReply:
		s.termSaved(m.Term, did)
		if m.Success {
			s.logSaved(unlike, min(m.MatchIndex, s.after.Log.LastIndex()), "it confirms", "")
		}
	case *raft.InstallSnapshotReply:
		s.termSaved(m.Term, did)
		s.logSaved(unlike, min(m.MatchIndex, s.after.Log.LastIndex()), "it confirms", "")
	case *raft.AppendEntries:
		if s.termSaved(m.Term, did); !s.can.ParallelWrite {
			s.logSaved(unlike, m.PrevLogIndex+uint64(len(m.Entries)), "it sends", " to "+to.String())
		}
	case *raft.InstallSnapshot:
		s.termSaved(m.Term, did)
	}
}

// article is a message's type with its article.
func article(kind string) string {
	if kind[0] == 'A' || kind[0] == 'I' {
		return "an " + kind
	}
	return "a " + kind
}

func (s *step) termSaved(term uint64, did string) {
	d := s.report.Disk
	if d.CurrentTerm >= term || s.unsaved.term {
		return
	}
	s.unsaved.term = true
	s.depart(Forbidden, StableFirst, fmt.Sprintf("term %d on the disk first", term),
		fmt.Sprintf("term %d is there", d.CurrentTerm),
		fmt.Sprintf("%s of term %d before that term is on its disk", did, term), is("the message's term",
			term), is("term on its disk", d.CurrentTerm))
}

func (s *step) voteSaved(term uint64, candidate raft.ID, did string) {
	d := s.report.Disk
	if d.CurrentTerm == term && d.VotedFor == candidate || s.unsaved.vote {
		return
	}
	if d.CurrentTerm < term { // told already, and without the term its vote cannot be there
		return
	}
	s.unsaved.vote = true
	s.depart(Forbidden, StableFirst, fmt.Sprintf("a vote for %s on the disk first", candidate),
		fmt.Sprintf("%s is there", is("", d.VotedFor).Value),
		fmt.Sprintf("%s in term %d before its vote for %s is on its disk", did, term, candidate),
		is("the vote", candidate), is("vote on its disk", d.VotedFor), is("term on its disk", d.CurrentTerm))
}

// logSaved checks that the disk holds the log up to an index.
func (s *step) logSaved(unlike, index uint64, verb, whom string) {
	if unlike == 0 || unlike > index || s.unsaved.log != 0 {
		return
	}
	s.unsaved.log = unlike
	s.depart(Forbidden, StableFirst, fmt.Sprintf("entry %d on the disk first", unlike), "it is not there",
		fmt.Sprintf("%s entry %d%s before entry %d is on its disk", verb, index, whom, unlike),
		is("entry", unlike), is("in its log", entryAt(&s.after.Log, unlike)),
		is("on its disk", entryAt(&s.report.Disk.Log, unlike)))
}
