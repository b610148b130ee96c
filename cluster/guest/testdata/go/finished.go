// A complete server after Figure 2, by the Go kit: the tests' example, and not for students.

package main

import "slices"

type Finished struct {
	Server
}

func (r *Finished) OnStart() {
	r.CommitIndex, r.LastApplied = r.Log.Snapshot.Index, r.Log.Snapshot.Index
	r.RestartElectionTimer()
}

// higherTerm is the rule for all servers: a higher term in any message makes a follower of that term.
func (r *Finished) higherTerm(term int) {
	if term > r.CurrentTerm {
		r.CurrentTerm, r.VotedFor, r.Leader = term, "", ""
		r.Role, r.Votes = "follower", map[string]bool{}
		r.Save()
	}
}

// Elections

func (r *Finished) OnElectionTimeout() {
	r.Role, r.Leader = "candidate", ""
	r.CurrentTerm++
	r.VotedFor = r.Name
	r.Votes = map[string]bool{r.Name: true}
	r.Save()
	r.RestartElectionTimer()
	for _, peer := range r.Others() {
		r.Send(peer, RequestVote{r.CurrentTerm, r.Name, r.Log.LastIndex(), r.Log.LastTerm()})
	}
	r.countVotes()
}

func (r *Finished) OnRequestVote(from string, q RequestVote) {
	r.higherTerm(q.Term)
	free := r.VotedFor == "" || r.VotedFor == q.CandidateID
	upToDate := q.LastLogTerm > r.Log.LastTerm() ||
		q.LastLogTerm == r.Log.LastTerm() && q.LastLogIndex >= r.Log.LastIndex()
	granted := q.Term == r.CurrentTerm && free && upToDate
	if granted {
		r.VotedFor = q.CandidateID
		r.Save()
		r.RestartElectionTimer()
	}
	r.Reply(RequestVoteReply{r.CurrentTerm, granted})
}

func (r *Finished) OnRequestVoteReply(from string, reply RequestVoteReply, _ RequestVote) {
	r.higherTerm(reply.Term)
	if r.Role == "candidate" && reply.Term == r.CurrentTerm && reply.VoteGranted {
		r.Votes[from] = true
		r.countVotes()
	}
}

func (r *Finished) countVotes() {
	if len(r.Votes)*2 <= len(r.Servers) {
		return
	}
	r.Role, r.Leader = "leader", r.Name
	r.NextIndex, r.MatchIndex = map[string]int{}, map[string]int{}
	for _, peer := range r.Others() {
		r.NextIndex[peer], r.MatchIndex[peer] = r.Log.LastIndex()+1, 0
	}
	r.advanceCommit()
	r.OnHeartbeatTimeout()
}

// Replication: the leader

func (r *Finished) OnHeartbeatTimeout() {
	r.RestartHeartbeatTimer()
	for _, peer := range r.Others() {
		r.sendEntries(peer)
	}
}

func (r *Finished) sendEntries(peer string) {
	prev := r.NextIndex[peer] - 1
	if 0 <= prev && prev < r.Log.Snapshot.Index {
		r.Send(peer, InstallSnapshot{r.CurrentTerm, r.Name, Snapshot(r.Log.Snapshot)})
		return
	}
	r.Send(peer, AppendEntries{r.CurrentTerm, r.Name, prev, r.Log.Term(prev), r.Log.From(prev + 1), r.CommitIndex})
}

func (r *Finished) OnClientCommand(command string) {
	if r.Role != "leader" {
		r.Refuse(r.Leader)
		return
	}
	r.Log.Append(Entry{Term: r.CurrentTerm, Command: command})
	r.Save()
	r.Took(r.Log.LastIndex())
	r.advanceCommit()
	for _, peer := range r.Others() {
		r.sendEntries(peer)
	}
}

func (r *Finished) OnAppendEntriesReply(from string, reply AppendEntriesReply, q AppendEntries) {
	r.higherTerm(reply.Term)
	if r.Role != "leader" || reply.Term != r.CurrentTerm || q.Term != r.CurrentTerm {
		return
	}
	if reply.Success {
		r.confirmed(from, q.PrevLogIndex+len(q.Entries))
	} else if q.PrevLogIndex == r.NextIndex[from]-1 && q.PrevLogIndex > r.MatchIndex[from] {
		r.NextIndex[from]--
		r.sendEntries(from)
	}
}

func (r *Finished) confirmed(from string, match int) {
	r.MatchIndex[from] = max(r.MatchIndex[from], match)
	r.NextIndex[from] = max(r.NextIndex[from], match+1)
	r.advanceCommit()
}

func (r *Finished) advanceCommit() {
	held := []int{r.Log.LastIndex()}
	for _, peer := range r.Others() {
		held = append(held, r.MatchIndex[peer])
	}
	slices.Sort(held)
	majority := held[(len(held)-1)/2]
	if majority > r.CommitIndex && r.Log.Term(majority) == r.CurrentTerm {
		r.CommitIndex, r.LastApplied = majority, majority
	}
}

// Replication: the followers

func (r *Finished) OnAppendEntries(from string, q AppendEntries) {
	q = r.afterSnapshot(q)
	r.higherTerm(q.Term)
	if q.Term < r.CurrentTerm {
		r.Reply(AppendEntriesReply{r.CurrentTerm, false})
		return
	}
	r.Role, r.Leader = "follower", q.LeaderID
	r.RestartElectionTimer()
	if r.Log.Term(q.PrevLogIndex) != q.PrevLogTerm {
		r.Reply(AppendEntriesReply{r.CurrentTerm, false})
		return
	}
	for i, entry := range q.Entries {
		if index := q.PrevLogIndex + 1 + i; r.Log.Term(index) != entry.Term {
			if index <= r.Log.LastIndex() {
				r.Log.DeleteFrom(index)
			}
			r.Log.Append(entry)
		}
	}
	r.Save()
	if last := q.PrevLogIndex + len(q.Entries); min(q.LeaderCommit, last) > r.CommitIndex {
		r.CommitIndex = min(q.LeaderCommit, last)
		r.LastApplied = r.CommitIndex
	}
	r.Reply(AppendEntriesReply{r.CurrentTerm, true})
}

// Snapshots

// afterSnapshot is the part of an append that the snapshot does not cover: what it covers is committed, so it agrees.
func (r *Finished) afterSnapshot(q AppendEntries) AppendEntries {
	if covered := r.Log.Snapshot; q.PrevLogIndex < covered.Index {
		q.Entries = q.Entries[min(covered.Index-q.PrevLogIndex, len(q.Entries)):]
		q.PrevLogIndex, q.PrevLogTerm = covered.Index, covered.Term
	}
	return q
}

func (r *Finished) OnSnapshot(index int, data string) {
	r.Log.Compact(Snapshot{index, r.Log.Term(index), data})
	r.Save()
}

func (r *Finished) OnInstallSnapshot(from string, q InstallSnapshot) {
	r.higherTerm(q.Term)
	if r.CurrentTerm > q.Term {
		r.Reply(InstallSnapshotReply{r.CurrentTerm})
		return
	}
	r.Leader, r.Role = q.LeaderID, "follower"
	r.RestartElectionTimer()
	if s := q.Snapshot; s.Index > r.CommitIndex {
		if r.Log.Term(s.Index) != s.Term {
			r.Log.DeleteFrom(r.Log.FirstIndex())
		}
		r.Log.Compact(s)
		r.Save()
		r.CommitIndex, r.LastApplied = s.Index, s.Index
	}
	r.Reply(InstallSnapshotReply{r.CurrentTerm})
}

func (r *Finished) OnInstallSnapshotReply(from string, reply InstallSnapshotReply, q InstallSnapshot) {
	r.higherTerm(reply.Term)
	if r.Role == "leader" && reply.Term == r.CurrentTerm && q.Term == r.CurrentTerm {
		r.confirmed(from, q.Snapshot.Index)
	}
}

func main() { Run(func() Raft { return new(Finished) }, "snapshot") }
