package live

import (
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
)

// Config describes a cluster. The zero value describes five servers in memory.
type Config struct {
	// Nodes is the number of servers, S1 to SN. 0: the number that Dir was made for,
	// or five.
	Nodes int
	// Dir is where the servers keep their stable storage, one directory each. It is
	// made if it does not exist. "": stable storage is in memory, so it survives a
	// Kill but not the end of the process.
	Dir string
	// Tick is the length of a tick, the unit of the timers in Settings. 0: 50 ms.
	Tick time.Duration
	// Seed determines the random election timeouts. 0: 1.
	Seed uint64
	// Settings are those of the step-by-step cluster; the zero value stands for
	// DefaultSettings. Loss and duplication must be 0, and latency is not used,
	// because all three are up to the Transport. Commands are sent without sessions,
	// and reads go through the log.
	Settings setting.Settings
	// Machine is the empty state machine; nil: the key-value store, as the
	// step-by-step cluster has it.
	Machine machine.Machine
	// Programs is what the servers run; nil: raftlab's own Raft. A server whose program
	// does not answer an input stops, as it would if its disk failed. There is no
	// Script of a run with other programs.
	Programs program.Programs
	// Transport carries the messages; nil: one in memory that loses nothing.
	Transport Transport
	// Record is the number of inputs that are kept for Script; 0: the usual number,
	// negative: none.
	Record int
}

// defaultRecord is the number of inputs that are kept unless Config.Record says
// otherwise: some minutes of a busy cluster. Each takes 8 bytes of memory.
const defaultRecord = 4_000_000

// DefaultSettings are the step-by-step cluster's, with pipelining and the faster back-off.
// With pipelining, an entry does not wait for the reply to the one before it.
func DefaultSettings() setting.Settings {
	s := setting.Defaults()
	s.Pipeline, s.ConflictTerm = true, true
	return s
}

// complete fills in the defaults, and returns an error for settings that cannot be used.
func (c *Config) complete() error {
	if c.Settings == (setting.Settings{}) {
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
		c.Record = defaultRecord
	}
	if c.Programs == nil {
		c.Programs = program.Own
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
