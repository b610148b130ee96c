package tell

import (
	"cmp"
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// Entries is a range of log indexes in words.
func Entries(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d–%d", first, last)
}

// WithTerms is Entries, with the entries' terms if these differ.
func WithTerms(r event.Entries) string {
	return Entries(r.First, r.Last) + prose.Either(r.Terms == "", "", " (terms "+r.Terms+")")
}

// ofTerm is WithTerms for entries that were appended. If all are of one term, it says
// that, too.
func ofTerm(a event.Appended) string {
	if a.Terms == "" {
		return fmt.Sprintf("%s of term %d", Entries(a.First, a.Last), a.Term)
	}
	return WithTerms(a.Entries)
}

// indexes is a range without the word entry or entries.
func indexes(r event.Entries) string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d–%d", r.First, r.Last)
}

// isOrAre is the verb for entries.
func isOrAre(r event.Entries) string { return prose.Either(r.First == r.Last, "is", "are") }

// RoleStyle is how a role looks.
func RoleStyle(role string) view.Style {
	switch role {
	case "leader":
		return view.Leader
	case "candidate", "pre-candidate":
		return view.Candidate
	case "down":
		return view.Down
	}
	return view.Follower
}

// Result is a state machine's result as a client is told it.
func Result(result string) string {
	return cmp.Or(result, "(nothing)")
}

// Yes is a vote or a promise in a word.
func Yes(granted bool) string { return prose.Either(granted, "yes", "no") }

// SaysNo tells whether a message says no.
func SaysNo(m raft.Message) bool {
	switch m := m.(type) {
	case *raft.RequestVoteReply:
		return !m.VoteGranted
	case *raft.PreVoteReply:
		return !m.VoteGranted
	case *raft.AppendEntriesReply:
		return !m.Success
	case *raft.ReadIndexReply:
		return !m.Success
	case *raft.InstallSnapshotReply:
		return m.MatchIndex == 0
	}
	return false
}

// RoleOf is a server's role in words, down when it is dead.
func RoleOf(w *cluster.World, id raft.ID) string {
	if !w.Up(id) {
		return "down"
	}
	return w.State(id).Role.String()
}

// ARole is a role with its article, which down has none of.
func ARole(role string) string { return prose.Either(role == "down", role, "a "+role) }

// IsVoteRequest tells whether a message asks for a vote, or for the promise of one.
func IsVoteRequest(m raft.Message) bool {
	return is[*raft.RequestVote](m) || is[*raft.PreVote](m)
}

// IsVoteReply tells whether a message answers one that asks for a vote.
func IsVoteReply(m raft.Message) bool {
	return is[*raft.RequestVoteReply](m) || is[*raft.PreVoteReply](m)
}

func is[M raft.Message](m raft.Message) bool { _, ok := m.(M); return ok }

// EntryPlace is where a log ends, as elections compare it.
func EntryPlace(index, term uint64) string {
	return prose.Either(index == 0, "none", fmt.Sprintf("term %d, index %d", term, index))
}
