package mistakes

// Snapshot is a mistake with snapshots: beside the rule, the check of grade that meets it first.
type Snapshot struct {
	Name, Rule, Check string
	Replace           []string
}

const (
	pyNewer   = "        if snapshot.index > self.commitIndex:\n"
	pyHolds   = "            if self.log.term(snapshot.index) != snapshot.term:\n"
	pyClears  = "                self.log.delete_from(self.log.first_index)\n"
	pyTakes   = "            self.log.compact(snapshot)\n"
	pyCovered = "        self.commitIndex = self.lastApplied = self.log.snapshot.index\n"
	pyOwn     = "Snapshot(index, self.log.term(index), data)"
	pySend    = "            return self.send(peer, \"InstallSnapshot\", term=self.currentTerm, leaderId=self.name, " +
		"snapshot=self.log.snapshot)\n"
)

// PythonSnapshots is made in testdata/python/finished.py.
var PythonSnapshots = []Snapshot{
	{"own-data-lost", "StoreSnapshot", "6.1", []string{pyOwn, "Snapshot(index, self.log.term(index), '')"}},
	{"own-term-wrong", "StoreSnapshot", "6.1", []string{pyOwn, "Snapshot(index, self.currentTerm, data)"}},
	{"starts-from-nothing", "RestartFromDisk", "6.1", []string{
		pyCovered + "        self.restart", "        self.restart"}},
	{"never-sent", "SendMissing", "6.2", []string{pySend, "            return\n"}},
	{"passed-over", "StoreSnapshot", "6.2", []string{pyNewer, "        if False:\n"}},
	{"not-saved", "StableFirst", "6.2", []string{pyTakes + "            self.save()\n", pyTakes}},
	{"no-reply", "AnswerRequests", "6.2", []string{
		"= snapshot.index\n        self.reply(term=self.currentTerm)\n", "= snapshot.index\n"}},
	{"suffix-dropped", "SnapshotKeepsSuffix", "6.3", []string{pyHolds, "            if True:\n"}},
	{"conflict-kept", "SnapshotKeepsSuffix", "6.4", []string{pyHolds + pyClears, ""}},
	{"old-one-taken", "Monotony", "6.5", []string{pyNewer, "        if True:\n"}},
	{"covered-refused", "PrevLogMatches", "6.6", []string{"        request = self.after_snapshot(request)\n", ""}},
	{"counts-its-own-log", "ReplyOfThisTerm", "6.7", []string{
		"self.confirmed(sender, request.snapshot.index)", "self.confirmed(sender, self.log.last_index)"}},
}
