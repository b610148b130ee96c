// Package live runs a cluster in real time, with a goroutine for each server, a
// transport between them, timers that follow the real clock, and stable storage in
// files. It is the second driver of the core in raftlab/raft; the first is the
// step-by-step world of raftlab/cluster. The core cannot tell which of the two runs it.
//
//	c, err := live.Start(live.Config{Nodes: 3, Dir: "data"})
//	…
//	defer c.Close()
//	err = c.Put(ctx, "C1", "x", "1")
//	value, err := c.Get(ctx, "C1", "x")
//
// A test program can cut links (Cut, Heal, Partition), crash servers (Kill,
// Restart), provide its own Transport, take a consistent picture of the whole
// cluster (View), and follow what happens (Subscribe). Every input of every core is
// recorded, and Script returns the run as commands of the console. Run by the
// step-by-step cluster, they lead to the same logs, terms, votes and data.
//
// # What an error means
//
// An error that wraps ErrNotTaken says that the command is in no log and will
// never be done; it may be sent again. One that wraps ErrUnknown says that a
// leader has taken the command, which may or may not be done, now or later. Both
// wrap the context's error if the call ended because of it. A cluster that is closed
// returns ErrClosed. Start and Restart return *DamagedError or *LockedError when the
// data cannot be used.
//
// # Files
//
//	config.go     Config
//	cluster.go    Start, Close, Kill, Restart
//	links.go      which links are cut
//	partition.go  Cut, Heal, Partition
//	transport.go  Transport, and the one in memory
//	process.go    a server's goroutine: inbox, timers, cycle
//	core.go       inputs to the core, and what its Outputs ask for
//	inbox.go      where messages wait for a server
//	client.go     Propose, Put, Get
//	view.go       a picture of the cluster
//	counts.go     how many messages were sent and received
//	event.go      subscriptions
//	record.go     the record of every input
//	script.go     the record as a script
//	storage.go    stable storage, and the one in memory
//	files.go      stable storage in files
//	logfile.go    the log file's records
//	snapfile.go   the snapshot file
package live
