package mistakes

const (
	jsVote    = "    if (voteGranted) {\n      this.votedFor = request.candidateId;\n      this.save();\n"
	jsFollows = "    this.role = \"follower\";\n    this.leader = request.leaderId;\n"
	jsLeads   = "    this.leader = this.name;\n"
	jsCommits = "    this.commitIndex = Math.max(this.commitIndex, Math.min(request.leaderCommit, lastNew));\n"
	jsTimer   = "    this.restartElectionTimer();\n    if (this.log.term(request.prev"
)

// JavaScript is made in testdata/js/finished.js.
var JavaScript = []Mistake{
	{"append-clears-vote", "VoteOnce", []string{jsFollows, jsFollows + "    this.votedFor = null;\n"}, 0},
	{"winner-clears-vote", "VoteOnce", []string{jsLeads, jsLeads + "    this.votedFor = null;\n"}, 0},
	{"vote-any", "VoteOnce", []string{"const free = this.votedFor === null || ", "const free = true || "}, 0},
	{"vote-not-stored", "StableFirst", []string{
		jsVote, "    if (voteGranted) {\n      this.votedFor = request.candidateId;\n"}, 0},
	{"term-not-stored", "StableFirst", []string{
		"      this.votes = new Set();\n      this.save();\n", "      this.votes = new Set();\n"}, 0},
	{"ack-before-durable", "StableFirst", []string{"    this.save();\n    const lastNew", "    const lastNew"}, 0},
	{"no-log-check", "CandidateUpToDate", []string{"free && upToDate", "free"}, 0},
	{"length-only", "CandidateUpToDate", []string{"request.lastLogTerm > lastTerm ||\n" +
		"      request.lastLogTerm === lastTerm && request", "request"}, 0},
	{"stale-vote-reply", "VotesOfThisElection", []string{
		"this.role === \"candidate\" && reply.term === this.currentTerm &&", "this.role === \"candidate\" &&"}, 0},
	{"quorum-minus-one", "Majority", []string{"this.votes.size * 2 <= this", "this.votes.size * 2 < this"}, 4},
	{"count-old-term", "CurrentTermOnly", []string{" && this.log.term(majority) === this.currentTerm", ""}, 0},
	{"commit-index-plus-one", "MajorityHolds", []string{"held[(held.length - 1) >> 1]", "held[held.length >> 1]"}, 4},
	{"refusal-as-match", "ReplyOfThisTerm", []string{"      this.nextIndex[sender]--;\n",
		"      this.nextIndex[sender]--;\n      this.matchIndex[sender] = request.prevLogIndex;\n"}, 0},
	{"commit-on-refusal", "FollowerCommit", []string{jsTimer, "    this.commitIndex = Math.max(this.commitIndex, " +
		"Math.min(request.leaderCommit, this.log.lastIndex));\n" + jsTimer}, 0},
	{"heartbeat-never-commits", "FollowerCommit", []string{
		jsCommits, "    if (request.entries.length)\n" + jsCommits}, 0},
	{"heartbeat-unchecked", "PrevLogMatches", []string{
		"if (this.log.term(request.prevLogIndex)",
		"if (request.entries.length && this.log.term(request.prevLogIndex)"}, 0},
	{"always-truncate", "DeleteConflict", []string{"    request.entries.forEach((",
		"    this.log.deleteFrom(request.prevLogIndex + 1);\n    request.entries.forEach(("}, 0},
	{"tail-kept", "DeleteConflict", []string{"        this.log.deleteFrom(index);\n        this.log.append(entry);\n",
		"        this.log.entries[index - 1] = entry;\n"}, 0},
	{"keeps-role-at-higher-term", "HigherTerm", []string{
		"      this.role = \"follower\";\n      this.votes", "      this.votes"}, 0},
	{"vote-keeps-timer", "ElectionTimer", []string{jsVote + "      this.restartElectionTimer();\n", jsVote}, 0},
	{"candidate-ignores-append", "AppendFromLeader", []string{jsFollows, "    this.leader = request.leaderId;\n"}, 0},
	{"terms-compared-wrongly", "PrevLogMatches", []string{
		"if (request.term < this.currentTerm)", "if (request.term <= this.currentTerm)"}, 0},
	{"no-answer", "AnswerRequests", []string{"    this.reply({ term: this.currentTerm, voteGranted });",
		"    if (voteGranted) this.reply({ term: this.currentTerm, voteGranted });"}, 0},
	{"office-in-silence", "SendMissing", []string{
		"    this.advanceCommit();\n    this.onHeartbeatTimeout();", "    this.advanceCommit();"}, 0},
	{"applies-early", "ApplyCommitted", []string{
		"    this.lastApplied = this.commitIndex;", "    this.lastApplied = this.log.lastIndex;"}, 0},
}

const (
	goVote    = "\tif granted {\n\t\tr.VotedFor = q.CandidateID\n\t\tr.Save()\n"
	goFollows = "\tr.Role, r.Leader = \"follower\", q.LeaderID\n"
	goLeads   = "\tr.Role, r.Leader = \"leader\", r.Name\n"
	goTimer   = "\tr.RestartElectionTimer()\n\tif r.Log.Term(q.Prev"
	goCommits = "if last := q.PrevLogIndex + len(q.Entries); min(q.LeaderCommit, last) > r.CommitIndex {"
)

// Go is made in testdata/go/finished.go.
var Go = []Mistake{
	{"append-clears-vote", "VoteOnce", []string{goFollows, goFollows + "\tr.VotedFor = \"\"\n"}, 0},
	{"winner-clears-vote", "VoteOnce", []string{goLeads, goLeads + "\tr.VotedFor = \"\"\n"}, 0},
	{"vote-any", "VoteOnce", []string{"free := r.VotedFor == \"\" ||", "free := true ||"}, 0},
	{"vote-not-stored", "StableFirst", []string{goVote, "\tif granted {\n\t\tr.VotedFor = q.CandidateID\n"}, 0},
	{"term-not-stored", "StableFirst", []string{
		"\t\tr.Role, r.Votes = \"follower\", map[string]bool{}\n\t\tr.Save()\n",
		"\t\tr.Role, r.Votes = \"follower\", map[string]bool{}\n"}, 0},
	{"ack-before-durable", "StableFirst", []string{"\tr.Save()\n\tif last :=", "\tif last :="}, 0},
	{"no-log-check", "CandidateUpToDate", []string{"free && upToDate", "free && (upToDate || true)"}, 0},
	{"length-only", "CandidateUpToDate", []string{"q.LastLogTerm > r.Log.LastTerm() ||\n" +
		"\t\tq.LastLogTerm == r.Log.LastTerm() && ", ""}, 0},
	{"stale-vote-reply", "VotesOfThisElection", []string{"r.Role == \"candidate\" && reply.Term == r.CurrentTerm &&",
		"r.Role == \"candidate\" &&"}, 0},
	{"quorum-minus-one", "Majority", []string{"len(r.Votes)*2 <= len", "len(r.Votes)*2 < len"}, 4},
	{"count-old-term", "CurrentTermOnly", []string{" && r.Log.Term(majority) == r.CurrentTerm", ""}, 0},
	{"commit-index-plus-one", "MajorityHolds", []string{"held[(len(held)-1)/2]", "held[len(held)/2]"}, 4},
	{"refusal-as-match", "ReplyOfThisTerm", []string{"\t\tr.NextIndex[from]--\n",
		"\t\tr.NextIndex[from]--\n\t\tr.MatchIndex[from] = q.PrevLogIndex\n"}, 0},
	{"commit-on-refusal", "FollowerCommit", []string{
		goTimer, "\tr.CommitIndex = max(r.CommitIndex, min(q.LeaderCommit, r.Log.LastIndex()))\n" +
			"\tr.LastApplied = r.CommitIndex\n" + goTimer}, 0},
	{"heartbeat-never-commits", "FollowerCommit", []string{

		goCommits, "if last := q.PrevLogIndex + len(q.Entries); last > q.PrevLogIndex && " +
			"q.LeaderCommit > r.CommitIndex {",
	}, 0},
	{"heartbeat-unchecked", "PrevLogMatches", []string{
		"if r.Log.Term(q.PrevLogIndex)", "if len(q.Entries) > 0 && r.Log.Term(q.PrevLogIndex)"}, 0},
	{"always-truncate", "DeleteConflict", []string{"\tfor i, entry := range q.Entries {\n",
		"\tif q.PrevLogIndex < r.Log.LastIndex() {\n\t\tr.Log.DeleteFrom(q.PrevLogIndex + 1)\n\t}\n" +
			"\tfor i, entry := range q.Entries {\n"}, 0},
	{"tail-kept", "DeleteConflict", []string{"\t\t\t\tr.Log.DeleteFrom(index)\n",
		"\t\t\t\tr.Log.Entries[index-1] = entry\n\t\t\t\tcontinue\n"}, 0},
	{"keeps-role-at-higher-term", "HigherTerm", []string{
		"r.Role, r.Votes = \"follower\", map", "r.Votes = map"}, 0},
	{"vote-keeps-timer", "ElectionTimer", []string{goVote + "\t\tr.RestartElectionTimer()\n", goVote}, 0},
	{"candidate-ignores-append", "AppendFromLeader", []string{goFollows, "\tr.Leader = q.LeaderID\n"}, 0},
	{"terms-compared-wrongly", "PrevLogMatches", []string{
		"if q.Term < r.CurrentTerm", "if q.Term <= r.CurrentTerm"}, 0},
	{"no-answer", "AnswerRequests", []string{"\tr.Reply(RequestVoteReply{r.CurrentTerm, granted})\n",
		"\tif granted {\n\t\tr.Reply(RequestVoteReply{r.CurrentTerm, granted})\n\t}\n"}, 0},
	{"office-in-silence", "SendMissing", []string{
		"\tr.advanceCommit()\n\tr.OnHeartbeatTimeout()\n", "\tr.advanceCommit()\n"}, 0},
	{"applies-early", "ApplyCommitted", []string{
		"\t\tr.LastApplied = r.CommitIndex\n", "\t\tr.LastApplied = r.Log.LastIndex() + 1\n"}, 0},
}
