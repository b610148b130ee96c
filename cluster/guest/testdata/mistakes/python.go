// Package mistakes is the mistakes that students' programs show most often, as changes of
// the finished examples: for tests, which try that each is named by its rule.
package mistakes

// Mistake is one that students' programs have, made in a finished example: texts
// that are replaced, and the rule that names it.
type Mistake struct {
	Name, Rule string
	Replace    []string
	Servers    int // 0: three
}

const (
	pyVote    = "        if granted:\n            self.votedFor = request.candidateId\n            self.save()\n"
	pyFollows = "        self.role = \"follower\"\n        self.leader = request.leaderId\n"
	pyOne     = "entries=self.log.starting_at(first),"
	pyBeat    = "        self.restart_heartbeat_timer()\n        for peer in self.others:\n" +
		"            self.send_entries(peer)\n"
	pyLeads = "            self.leader = self.name\n"
)

// Python is made in testdata/python/finished.py.
var Python = []Mistake{
	{"append-clears-vote", "VoteOnce", []string{pyFollows, pyFollows + "        self.votedFor = None\n"}, 0},
	{"winner-clears-vote", "VoteOnce", []string{pyLeads, pyLeads + "            self.votedFor = None\n"}, 0},
	{"step-down-clears-vote", "VoteOnce", []string{pyFollows,
		"        if self.role == \"candidate\":\n            self.votedFor = None\n" + pyFollows}, 0},
	{"vote-any", "VoteOnce", []string{"free = self.votedFor in (None, request.candidateId)", "free = True"}, 0},
	{"vote-not-stored", "StableFirst", []string{
		pyVote, "        if granted:\n            self.votedFor = request.candidateId\n"}, 0},
	{"replies-before-saving", "StableFirst", []string{pyVote,
		"        if granted:\n            self.save()\n            self.votedFor = request.candidateId\n"}, 0},
	{"term-not-stored", "StableFirst", []string{
		"            self.votes = set()\n            self.save()\n", "            self.votes = set()\n"}, 0},
	{"ack-before-durable", "StableFirst", []string{"        self.save()\n        last_new", "        last_new"}, 0},
	{"no-log-check", "CandidateUpToDate", []string{"free and theirs >= mine", "free"}, 0},
	{"length-only", "CandidateUpToDate", []string{"theirs >= mine", "theirs[1] >= mine[1]"}, 0},
	{"and-compare", "CandidateUpToDate", []string{
		"theirs >= mine", "theirs[0] >= mine[0] and theirs[1] >= mine[1]"}, 0},
	{"stale-vote-reply", "VotesOfThisElection", []string{
		"self.role == \"candidate\" and reply.term == self.currentTerm and reply.voteGranted",
		"self.role == \"candidate\" and reply.voteGranted"}, 0},
	{"quorum-minus-one", "Majority", []string{"len(self.votes) * 2 > len", "len(self.votes) * 2 >= len"}, 4},
	{"count-old-term", "CurrentTermOnly", []string{" and self.log.term(majority) == self.currentTerm", ""}, 0},
	{"commit-index-plus-one", "MajorityHolds", []string{
		"held[(len(held) - 1) // 2]", "held[(len(held) - 1) // 2 + 1]"}, 0},
	{"match-is-log-length", "ReplyOfThisTerm", []string{
		"            match = request.prevLogIndex + len(request.entries)",
		"            match = self.log.last_index"}, 0},
	{"stale-append-reply", "ReplyOfThisTerm", []string{
		" or reply.term != self.currentTerm or request.term != self.currentTerm", ""}, 5},
	{"refusal-as-match", "ReplyOfThisTerm", []string{"            self.nextIndex[sender] -= 1\n",
		"            self.nextIndex[sender] -= 1\n            self.matchIndex[sender] = request.prevLogIndex\n"}, 0},
	{"commit-stops-early", "MajorityHolds", []string{"if majority > self.commitIndex and",
		"if majority > self.commitIndex and self.log.term(self.commitIndex + 1) == self.currentTerm and"}, 0},
	{"commit-on-refusal", "FollowerCommit", []string{
		"        self.restart_election_timer()\n        if self.log.term(request.prev",
		"        self.restart_election_timer()\n        self.commitIndex = max(self.commitIndex, " +
			"min(request.leaderCommit, self.log.last_index))\n        if self.log.term(request.prev"}, 0},
	{"no-min", "FollowerCommit", []string{"min(request.leaderCommit, last_new)", "request.leaderCommit",
		pyOne, "entries=self.log.starting_at(first)[:1],"}, 0},
	{"min-with-log-length", "FollowerCommit", []string{"min(request.leaderCommit, last_new)",
		"min(request.leaderCommit, self.log.last_index)", pyBeat, "        for peer in self.others:\n" +
			"            self.send_entries(peer, 0)\n",
		"def send_entries(self, peer):",
		"def send_entries(self, peer, most=99):", pyOne, "entries=self.log.starting_at(first)[:most],"}, 0},
	{"heartbeat-never-commits", "FollowerCommit", []string{"        self.commitIndex = max(self.commitIndex, min(",
		"        if request.entries:\n            self.commitIndex = max(self.commitIndex, min("}, 0},
	{"heartbeat-unchecked", "PrevLogMatches", []string{"if self.log.term(request.prevLogIndex)",
		"if request.entries and self.log.term(request.prevLogIndex)"}, 0},
	{"always-truncate", "DeleteConflict", []string{"        for index, entry in enumerate",
		"        self.log.delete_from(request.prevLogIndex + 1)\n        for index, entry in enumerate"}, 0},
	{"tail-kept", "DeleteConflict", []string{
		"                self.log.delete_from(index)\n                self.log.append(entry)\n",
		"                self.log.entries[index - 1:index] = [entry]\n"}, 0},
	{"keeps-role-at-higher-term", "HigherTerm", []string{
		"            self.role = \"follower\"\n            self.votes", "            self.votes"}, 0},
	{"ignores-higher-term", "HigherTerm", []string{
		"        self.become_follower(reply.term)\n        if self.role == \"candidate\"",
		"        if self.role == \"candidate\""}, 0},
	{"vote-keeps-timer", "ElectionTimer", []string{pyVote + "            self.restart_election_timer()\n", pyVote}, 0},
	{"refused-append-keeps-timer", "ElectionTimer", []string{
		"        self.restart_election_timer()\n        if self.log.term(request.prev",
		"        if self.log.term(request.prev",
		"        for index, entry", "        self.restart_election_timer()\n        for index, entry"}, 0},
	{"candidate-ignores-append", "AppendFromLeader", []string{
		"        self.role = \"follower\"\n        self.leader", "        self.leader"}, 0},
	{"terms-compared-wrongly", "PrevLogMatches", []string{
		"if request.term < self.currentTerm:", "if request.term <= self.currentTerm and request.term:"}, 0},
	{"no-answer", "AnswerRequests", []string{"        self.reply(term=self.currentTerm, voteGranted=granted)",
		"        if granted:\n            self.reply(term=self.currentTerm, voteGranted=granted)"}, 0},
	{"forgets-at-start", "RestartFromDisk", []string{
		"    def on_start(self):\n", "    def on_start(self):\n        self.currentTerm = 0\n"}, 0},
	{"asks-one-less", "ElectionTimeout", []string{
		"        for peer in self.others:\n            self.send(peer, \"RequestVote\"",
		"        for peer in self.others[1:]:\n            self.send(peer, \"RequestVote\""}, 0},
	{"office-in-silence", "SendMissing", []string{
		"            self.advance_commit()\n            self.on_heartbeat_timeout()",
		"            self.advance_commit()"}, 0},
	{"applies-early", "ApplyCommitted", []string{
		"self.lastApplied = self.commitIndex", "self.lastApplied = self.log.last_index"}, 0},
	{"follower-takes-commands", "AppendCommand", []string{"            return self.refuse(self.leader)\n",
		"            self.log.append(Entry(self.currentTerm, command))\n" +
			"            return self.took(self.log.last_index)\n"}, 0},
	{"leader-cuts-its-log", "LeaderAppendOnly", []string{pyLeads, pyLeads +
		"            self.log.delete_from(self.commitIndex + 1)\n            self.save()\n"}, 0},
	{"next-below-match", "error", []string{
		"elif request.prevLogIndex == self.nextIndex[sender] - 1 > self.matchIndex[sender]:", "else:"}, 0},
}
