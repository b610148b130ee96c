// snapshots.go has what Figure 13 needs, for servers that can take snapshots: name it with the other files, as in
//
//	raftlab --nodes 3 --guest 'go run my_raft.go raftlab.go snapshots.go'
//
// and write Run(func() Raft { return &MyRaft{} }, "snapshot"). Such a server has three methods more:
//
//	OnSnapshot(index int, data string)    the state machine holds data after the entry at index, which is applied:
//	                                      a snapshot of that takes the place of the log up to there
//	OnInstallSnapshot(from string, request InstallSnapshot)
//	OnInstallSnapshotReply(from string, reply InstallSnapshotReply, request InstallSnapshot)
//
// The newest snapshot is r.Log.Snapshot, and r.Save() saves it. raftlab has the state machine, and gives it the
// snapshot's data when LastApplied rises to what the snapshot covers.

package main

type InstallSnapshot struct {
	Term     int      `json:"term"`
	LeaderID string   `json:"leaderId"`
	Snapshot Snapshot `json:"snapshot"`
}

type InstallSnapshotReply struct {
	Term int `json:"term"`
}

// Snapshot is of the last entry that it covers: Index and Term are Figure 13's lastIncludedIndex and lastIncludedTerm.
type Snapshot struct {
	Index int    `json:"index"`
	Term  int    `json:"term"`
	Data  string `json:"data"`
}

// Compact puts a snapshot in the place of the entries up to its index. Those after it stay: whether they may is for
// you to say, with DeleteFrom(FirstIndex()) before.
func (l *Log) Compact(s Snapshot) {
	l.Entries = l.From(min(max(s.Index, l.Snapshot.Index), l.LastIndex()) + 1)
	l.Snapshot = s
}
