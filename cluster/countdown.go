package cluster

import "raftlab/raft"

// timers is a server's countdowns, in ticks. They belong to the driver and not to Raft's
// core. When one expires, the core gets an input.
type timers struct {
	election  int // until the election timer fires; 0: not running
	drawn     int // what it was set to
	heartbeat int // until a leader's heartbeat; 0: not running
	heard     int // until the minimum election timeout since a leader was heard; 0: not running
	quorum    int // until a leader has heard no majority for too long; 0: not running
	transfer  int // until a transfer of leadership is given up; 0: not running
	lease     int // until a leader's lease is over; 0: it has none
}

// turn is where in a tick the world is, while time passes by itself: first
// every clock ticks, S1's first, then what is due arrives.
type turn struct {
	under bool    // a tick is under way
	last  raft.ID // the server whose clock has ticked last
}

func ranOut(countdown *int) bool {
	if *countdown == 0 {
		return false
	}
	*countdown--
	return *countdown == 0
}

// round is when a leader began a round of heartbeats, by its own clock. Of one
// that was under way already when counting began, that is not known.
type round struct {
	number, ticks uint64
	unknown       bool
}

func (t *timers) next() int {
	if t.heartbeat > 0 && (t.election == 0 || t.heartbeat < t.election) {
		return t.heartbeat
	}
	return t.election
}
