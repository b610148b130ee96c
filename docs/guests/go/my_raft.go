// My Raft. Every TODO is a rule of Figure 2 of the Raft paper. raftlab.go, beside this file, has all that you can use.
//
//	raftlab --nodes 3 --guest 'go run my_raft.go raftlab.go'    handle a cluster of three such servers
//	raftlab grade 'go run my_raft.go raftlab.go'                see which rules hold
//
// As it is, the server starts, and does nothing. Begin with OnElectionTimeout.

package main

// MyRaft is a server. Fields of your own are kept if their names begin with a capital.
//
// Server has these, and raftlab shows them. What you do to them is kept.
//
//	Name, Servers, Others()     this server, such as "S1"; all servers; all but this one
//	Role                        "follower", "candidate" or "leader"
//	CurrentTerm                 0 at first; on stable storage
//	VotedFor                    "", or a server; on stable storage
//	Log                         on stable storage; the first entry has index 1. It has LastIndex(), LastTerm(),
//	                            Term(index), At(index), Append(entry), From(index), DeleteFrom(index)
//	CommitIndex, LastApplied    0 at first
//	NextIndex, MatchIndex       empty maps at first; a leader fills them, by server
//	Votes                       a map for the servers that voted for this candidate
//	Leader                      "", or the server that leads the term
//
// Save() writes CurrentTerm, VotedFor and Log to stable storage. A crash takes away what you did not save.
type MyRaft struct {
	Server
}

// ---- Rules for all servers

// OnStart: the server boots. The kit has read stable storage; everything else is as in a new follower.
func (r *MyRaft) OnStart() {}

// HigherTerm: call it for the term of every request and every reply, before anything else.
func (r *MyRaft) HigherTerm(term int) {
	// TODO all servers, rule 2: if the message has a higher term than this server, the server takes that term,
	//      becomes a follower, and has not voted in the new term yet. Term and vote must be on stable storage
	//      before anything is sent.
}

// Apply: call it whenever CommitIndex has risen.
func (r *MyRaft) Apply() {
	// TODO all servers, rule 1: entries up to CommitIndex are applied, one after the other. raftlab has the
	//      state machine: it is enough to raise LastApplied.
}

// ---- Elections (sections 5.2 and 5.4.1)

// OnElectionTimeout: the election timer fired. Nothing was heard of a leader.
func (r *MyRaft) OnElectionTimeout() {
	// TODO candidates, rule 1: start an election. Go to the next term, vote for yourself, restart the election
	//      timer, ask all other servers for their votes: r.Send(peer, RequestVote{…})
}

// OnRequestVote: a candidate asks for a vote.
func (r *MyRaft) OnRequestVote(from string, request RequestVote) {
	// TODO RequestVote, rule 1: a candidate whose term is lower than this server's does not get the vote.
	// TODO RequestVote, rule 2: grant the vote if this server has not voted in this term, or has voted for this
	//      candidate, and if the candidate's log is at least as up to date as its own. Of two logs the one whose
	//      last entry has the higher term is more up to date; with equal terms it is the longer one (5.4.1).
	// TODO followers, rule 2: granting a vote restarts the election timer: r.RestartElectionTimer()
	// Every request gets an answer: r.Reply(RequestVoteReply{…})
}

// OnRequestVoteReply: a vote, or a refusal. request is what this server had sent.
func (r *MyRaft) OnRequestVoteReply(from string, reply RequestVoteReply, request RequestVote) {
	// TODO candidates, rule 2: a candidate with votes from a majority of the servers becomes leader. Count each
	//      server once, and only votes for the present term.
	// TODO leaders, rule 1: on taking office send every other server an AppendEntries, which may be empty.
	// TODO state of leaders: NextIndex of each server begins one after the leader's last entry, MatchIndex at 0.
}

// ---- Replication: what a leader does (section 5.3)

// OnHeartbeatTimeout: the heartbeat timer fired. It runs while this server leads, and starts again by itself.
func (r *MyRaft) OnHeartbeatTimeout() {
	// TODO leaders, rule 1: send every other server an AppendEntries, so that no election timer fires:
	//      r.Send(peer, AppendEntries{…})
	// TODO leaders, rule 3: it carries the entries from the server's NextIndex on.
}

// OnClientCommand: a client wants this command, a text, to be replicated.
func (r *MyRaft) OnClientCommand(command string) {
	// TODO leaders, rule 2: a leader appends Entry{Term: r.CurrentTerm, Command: command} to its log, saves it, and
	//      says where it is: r.Took(index). (It sends it on now, or with the next heartbeat.)
	r.Refuse(r.Leader) // what a server does that does not lead
}

// OnAppendEntriesReply: a follower has taken entries, or refused. request is what it answers.
func (r *MyRaft) OnAppendEntriesReply(from string, reply AppendEntriesReply, request AppendEntries) {
	// TODO leaders, rule 3: after a success raise the follower's MatchIndex to the last entry that the request
	//      carried, and NextIndex to the one after it. After a refusal for a log that does not match, lower
	//      NextIndex and try again.
	// TODO leaders, rule 4: if a majority of the servers holds an entry above CommitIndex, and the entry is of
	//      the present term, CommitIndex becomes its index. Entries of older terms are never committed by
	//      counting (5.4.2).
}

// ---- Replication: what a follower does (section 5.3)

// OnAppendEntries: a leader sends entries, or a heartbeat.
func (r *MyRaft) OnAppendEntries(from string, request AppendEntries) {
	// TODO AppendEntries, rule 1: refuse if the request's term is lower than this server's.
	// TODO candidates, rule 3: a candidate that hears from the leader of its term becomes a follower.
	// TODO followers, rule 2: hearing from the present leader restarts the election timer.
	// TODO AppendEntries, rule 2: refuse if the log has no entry at PrevLogIndex, or one of another term.
	//      (r.Log.Term(0) is 0, and for an entry that does not exist it is -1.)
	// TODO AppendEntries, rule 3: if an entry of the log conflicts with one of the request (the same index, another
	//      term), delete it and all that follow it. Delete nothing else.
	// TODO AppendEntries, rule 4: append the entries that the log lacks, and save.
	// TODO AppendEntries, rule 5: if LeaderCommit is above CommitIndex, CommitIndex becomes the lower one of
	//      LeaderCommit and the index of the last entry that came with the request.
	// Every request gets an answer: r.Reply(AppendEntriesReply{…})
}

// ---- Snapshots (section 7 and Figure 13), when everything else holds. Say Run(func() Raft { return new(MyRaft) },
//      "snapshot") below, and name snapshots.go with the other files: go run my_raft.go raftlab.go snapshots.go.
//      r.Log.Snapshot is the newest, with Index, Term and Data; r.Save() saves it; r.Log.Compact(snapshot) puts one in
//      the place of the entries up to its index, and keeps those after it.

// func (r *MyRaft) OnSnapshot(index int, data string) {
//	raftlab's state machine holds data after the entry at index, which this server has applied.
//	TODO section 7: a Snapshot{index, term, data} takes the place of the entries up to index. Save it.
//	TODO a server that starts has applied what its snapshot covers (OnStart): CommitIndex, LastApplied.
//	TODO a leader sends its snapshot where the entry at NextIndex is gone:
//	     r.Send(peer, InstallSnapshot{Term: …, LeaderID: …, Snapshot: Snapshot(r.Log.Snapshot)})
// }

// func (r *MyRaft) OnInstallSnapshot(from string, request InstallSnapshot) {
//	A leader sends its snapshot. request has Term, LeaderID and Snapshot, with Index, Term and Data.
//	TODO InstallSnapshot, rule 1: nothing is taken from a leader of an older term.
//	TODO rules 5 to 8: a snapshot that covers more than this server has takes the place of its own. If the log has
//	     the snapshot's last entry, what follows that stays; else the whole log goes. Then save.
//	Every request gets an answer: r.Reply(InstallSnapshotReply{…})
// }

// func (r *MyRaft) OnInstallSnapshotReply(from string, reply InstallSnapshotReply, request InstallSnapshot) {
//	TODO the follower holds what the snapshot covers: raise MatchIndex and NextIndex.
// }

func main() { Run(func() Raft { return new(MyRaft) }) }
