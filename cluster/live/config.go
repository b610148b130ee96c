package live

import (
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/machine"
)

// Config is what can be chosen about a cluster. The zero value is a cluster of
// five servers in memory.
type Config struct {
	// Nodes is how many servers there are, S1 to SN. 0: as many as Dir was made
	// for, or five.
	Nodes int
	// Dir is where the servers keep their stable storage, one directory each.
	// It is made when it does not exist. "": in memory, which outlives a Kill
	// and not the process.
	Dir string
	// Tick is the length of a tick, in which the timers of Settings count.
	// 0: 50 ms.
	Tick time.Duration
	// Seed draws the election timeouts. 0: 1.
	Seed uint64
	// Settings are those of the step-by-step cluster; the zero value stands for
	// DefaultSettings. Loss, duplication and latency are a Transport's to make;
	// commands go as they are, without sessions, and reads through the log.
	Settings cluster.Settings
	// Machine is the empty state machine; nil: the key-value store, as the
	// step-by-step cluster has it.
	Machine machine.Machine
	// Programs is what the servers run; nil: raftlab's own. A server that has no
	// answer to an input fails, as one does whose disk does. The run of other
	// programs' servers makes no script.
	Programs cluster.Programs
	// Transport carries the messages; nil: one in memory that loses nothing.
	Transport Transport
	// Record is how many inputs are kept for Script; 0: DefaultRecord, below 0:
	// none.
	Record int
}

// DefaultRecord is how many inputs are kept unless Config.Record says
// otherwise: some minutes of a busy cluster, and 8 bytes of memory each.
const DefaultRecord = 4_000_000

// DefaultSettings are the step-by-step cluster's, with pipelining and the
// faster back-off: with them an entry does not wait for the answer to the one
// before it.
func DefaultSettings() cluster.Settings {
	s := cluster.Defaults()
	s.Pipeline, s.ConflictTerm = true, true
	return s
}

// complete fills in what was not said, and refuses what cannot be.
func (c *Config) complete() error {
	if c.Settings == (cluster.Settings{}) {
		c.Settings = DefaultSettings()
	}
	if c.Tick == 0 {
		c.Tick = 50 * time.Millisecond
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	if c.Machine == nil {
		c.Machine = machine.New("kv")
	}
	if c.Record == 0 {
		c.Record = DefaultRecord
	}
	if c.Programs == nil {
		c.Programs = cluster.Own
	}
	s := &c.Settings
	switch {
	case c.Nodes < 0 || c.Nodes > cluster.MaxServers:
		return fmt.Errorf("live: %d servers; a cluster has 1 to %d", c.Nodes, cluster.MaxServers)
	case c.Tick < 0:
		return fmt.Errorf("live: a tick of %v; it must be longer than nothing", c.Tick)
	case s.ElectionTimeout.Min < 1 || s.ElectionTimeout.Max < s.ElectionTimeout.Min || s.HeartbeatInterval < 1:
		return fmt.Errorf("live: election timeout %s and heartbeat interval %d; begin with DefaultSettings and "+
			"change what should differ", s.ElectionTimeout, s.HeartbeatInterval)
	case !s.Fsync:
		return fmt.Errorf("live: stable storage is always synced; fsync off is for the step-by-step cluster")
	case s.Loss != 0 || s.Duplication != 0:
		return fmt.Errorf("live: the transport in memory neither loses nor duplicates; bring a Transport that does")
	case s.Sessions || s.Reads != "log":
		return fmt.Errorf("live: sessions are off and reads go through the log; the step-by-step cluster has the " +
			"others")
	}
	return nil
}
