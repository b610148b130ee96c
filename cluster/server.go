package cluster

import (
	"raftlab/cluster/disk"
	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// server is one machine of the cluster: the Raft server that runs on it while
// it is up, its disk, its timers, and its replica of the state machine.
type server struct {
	epoch   uint64
	id      raft.ID
	node    program.Node // nil while it is down
	state   *raft.State  // that of node; nil while it is down
	frozen  bool
	disk    disk.Disk
	first   *raft.Configuration // what it is started with where its disk has none
	machine machine.Machine
	timers  timers
	timed   uint64 // where the action began by which the election timer did; 0: with the world
	ticks   uint64 // of its own clock, since it started
	seen    invariants.Seen
	*waits  // nil: nothing
}

// waits is what few servers have. It is the server's own, as its node is.
type waits struct {
	reads  []read          // that wait for their index here, by number; added to, never changed in place
	ready  []read          // that wait for their index to be applied; likewise
	rounds []round         // a leader's rounds of heartbeats, for its lease; never changed in place
	asked  []raft.Envelope // of one that is judged: its last requests, see remember; never changed in place
}

// waiting is what the server has of it, to be added to.
func (s *server) waiting() *waits {
	if s.waits == nil {
		s.waits = &waits{}
	}
	return s.waits
}

// reading tells whether reads wait at the server.
func (s *server) reading() bool { return s.waits != nil && len(s.reads)+len(s.ready) > 0 }

// forget takes away what does not outlive a crash.
func (s *server) forget() {
	if s.waits == nil || s.asked == nil {
		s.waits = nil
	} else {
		s.waits = &waits{asked: s.asked}
	}
}

func (s *server) up() bool      { return s.node != nil }
func (s *server) running() bool { return s.node != nil && !s.frozen }

// begun is what the server sent when it started. Only another program does that.
func (s *server) begun() []raft.Envelope {
	if n, ok := s.node.(interface{ Begun() []raft.Envelope }); ok {
		return n.Begun()
	}
	return nil
}

// run makes the server run a node. With nil it is down.
func (s *server) run(n program.Node) {
	if s.node, s.state = n, nil; n != nil {
		s.state = n.State()
	}
}

// read is a read that waits at a server, in reads for its index, or in ready until that
// index is applied (thesis 6.4).
type read struct {
	client string
	number uint64
	index  uint64 // 0: not known yet
	since  uint64 // the server's own clock when it was asked
}
