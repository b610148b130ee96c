package live

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// Cluster is servers that run in real time. Its methods may be called from any
// goroutine.
type Cluster struct {
	config    Config
	options   *raft.Options
	transport Transport
	recorder  *recorder
	events    hub
	links     links
	servers   []*server // S1 first
	started   []raft.Stable
	data      *dataDir // nil: in memory
	leader    atomic.Uint32
	turn      atomic.Uint32 // which server to ask next when no leader is known
	closed    atomic.Bool

	mu sync.Mutex // Kill, Restart, View and Close hold it
}

// server is one server of the cluster, up or down.
type server struct {
	cluster *Cluster
	id      raft.ID
	storage storage
	starts  int
	process atomic.Pointer[process] // nil while it is down
	fault   atomic.Pointer[error]   // why it went down by itself, or nil
	past    counts                  // of processes that are gone; under Cluster.mu
}

// Start makes the servers, or restarts them from Config.Dir, and runs them. It returns
// a *DamagedError or a *LockedError when the data in Config.Dir cannot be used.
func Start(config Config) (*Cluster, error) {
	others := config.Programs != nil
	if err := config.complete(); err != nil {
		return nil, err
	}
	c := &Cluster{config: config, options: config.Settings.RaftOptions(), recorder: newRecorder(config.Record)}
	if others {
		c.recorder.cannotGoOn("its servers run another program")
	}
	c.events.start(config.Tick)
	if c.transport = config.Transport; c.transport == nil {
		c.transport = &memory{}
	}
	if err := c.openStorage(); err != nil {
		return nil, unusable(err)
	}
	if err := c.startAll(); err != nil {
		c.closeStorage()
		return nil, unusable(err)
	}
	return c, nil
}

// openStorage makes or finds every server's stable storage.
func (c *Cluster) openStorage() (err error) {
	if c.config.Dir != "" {
		if c.data, err = openDataDir(c.config.Dir, c.config.Nodes); err != nil {
			return err
		}
		c.config.Nodes = c.data.nodes
	} else if c.config.Nodes == 0 {
		c.config.Nodes = defaultNodes
	}
	var all raft.Configuration
	for i := range c.config.Nodes {
		all.Voters = all.Voters.With(raft.ID(i + 1))
	}
	for i := range c.config.Nodes {
		s := &server{cluster: c, id: raft.ID(i + 1)}
		empty := raft.Stable{Initial: all}
		s.storage = &memoryStorage{stable: empty}
		if c.data != nil {
			s.storage = c.data.storage(s.id, empty)
		}
		c.servers = append(c.servers, s)
	}
	return nil
}

// startAll loads every server before the first one runs.
func (c *Cluster) startAll() error {
	var all []*process
	for _, s := range c.servers {
		p, err := s.load()
		if err != nil {
			return err
		}
		all = append(all, p)
		c.started = append(c.started, p.node.Stable())
	}
	if c.data != nil {
		if err := c.data.complete(); err != nil {
			return err
		}
	}
	if err := c.transport.Start(c.arrive); err != nil {
		return err
	}
	for i, p := range all {
		c.servers[i].process.Store(p)
	}
	for _, p := range all {
		go p.run()
	}
	return nil
}

// load reads the server's stable storage and makes a process of it.
func (s *server) load() (*process, error) {
	stable, err := s.storage.load()
	if err != nil {
		return nil, err
	}
	p, err := newProcess(s, stable)
	if err != nil {
		s.storage.close()
		if c := s.cluster; c.data != nil { // the checksums are right, but the state contradicts itself
			err = &DamagedError{s.id, filepath.Join(c.data.path, s.id.String()), err.Error()}
		}
		return nil, err
	}
	return p, nil
}

// gone is called by a process that has to stop because of err.
func (s *server) gone(p *process, err error) {
	s.fault.Store(&err)
	s.process.CompareAndSwap(p, nil)
	s.cluster.events.tell(event.Event{Node: s.id, What: event.Crashed{Why: err}})
}

// Close stops every server and closes the files. A client that waits gets ErrUnknown if a
// leader had taken its command, else ErrNotTaken.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Swap(true) {
		return ErrClosed
	}
	for _, s := range c.servers {
		if p := s.process.Load(); p != nil {
			p.halt("is closed with the cluster")
		}
	}
	for _, s := range c.servers {
		if p := s.process.Swap(nil); p != nil {
			<-p.done
		}
	}
	err := c.transport.Close()
	c.events.close()
	return errors.Join(err, c.closeStorage())
}

func (c *Cluster) closeStorage() error {
	var err error
	for _, s := range c.servers {
		err = errors.Join(err, s.storage.close())
	}
	if c.data != nil {
		err = errors.Join(err, c.data.close())
	}
	return err
}

// Kill crashes servers. They lose their volatile state, the messages in their inboxes and
// their clients' requests, and keep their stable storage. If one of them is already down,
// Kill returns an error and crashes none.
func (c *Cluster) Kill(ids ...raft.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	servers, err := c.all(ids, true, "is down already")
	if err != nil {
		return err
	}
	for _, s := range servers {
		p := s.process.Swap(nil)
		if p == nil {
			continue // it has just stopped by itself, and reported why
		}
		p.halt(crashed)
		<-p.done
		s.past.add(&p.counts)
		if p.failed == nil {
			c.events.tell(event.Event{Node: s.id, What: event.Crashed{}})
		}
		err = errors.Join(err, s.storage.close())
	}
	return err
}

// Restart starts servers that are down from their stable storage. If one of them cannot
// start, none does. A *DamagedError says that stored data cannot be used; Repairs says
// what was repaired.
func (c *Cluster) Restart(ids ...raft.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	servers, err := c.all(ids, false, "is up already; kill it first")
	if err != nil {
		return err
	}
	var all []*process
	for _, s := range servers {
		s.storage.close() // still open if the server stopped by itself
		p, err := s.load()
		if err != nil {
			for _, p := range all {
				p.server.storage.close()
			}
			return unusable(err)
		}
		all = append(all, p)
	}
	for _, p := range all {
		c.recorder.one(recRestart, p.id, 0)
		p.tell(event.Restarted{})
		p.server.fault.Store(nil)
		p.server.process.Store(p)
		go p.run()
	}
	return nil
}

// all is the servers of these numbers. It is an error, which says how a server is otherwise,
// if one of them is not up, or down, as it must be, or is named twice.
func (c *Cluster) all(ids []raft.ID, up bool, otherwise string) (all []*server, err error) {
	for _, id := range ids {
		s, err := c.known(id)
		if err != nil {
			return nil, err
		}
		if up != (s.process.Load() != nil) || slices.Contains(all, s) {
			return nil, fmt.Errorf("%s %s", id, otherwise)
		}
		all = append(all, s)
	}
	return all, nil
}

// Snapshot replaces the applied entries of a server's log by a snapshot (§7).
func (c *Cluster) Snapshot(id raft.ID) error {
	done := make(chan error, 1)
	err := c.lookAt(id, func(p *process) {
		refused, err := p.compact()
		p.failed = err
		done <- errors.Join(refused, err)
	})
	if err != nil {
		return err
	}
	return <-done
}

// lookAt runs a function in a server's goroutine, between two cycles. It is an error if the
// server is down. If the server stops before the function's turn comes, the function runs
// when it stops.
func (c *Cluster) lookAt(id raft.ID, f func(*process)) error {
	if c.closed.Load() {
		return ErrClosed
	}
	s := c.server(id)
	if s == nil {
		return c.noServer(id)
	}
	if p := s.process.Load(); p == nil || !p.inbox.put(input{kind: look, look: f}) {
		return fmt.Errorf("%s is down; restart %s first", id, id)
	}
	return nil
}

// known is the server of that number. It is an error if there is none or the cluster is
// closed.
func (c *Cluster) known(id raft.ID) (*server, error) {
	if c.closed.Load() {
		return nil, ErrClosed
	}
	if s := c.server(id); s != nil {
		return s, nil
	}
	return nil, c.noServer(id)
}

func (c *Cluster) server(id raft.ID) *server {
	if id == 0 || int(id) > len(c.servers) {
		return nil
	}
	return c.servers[id-1]
}

func (c *Cluster) noServer(id raft.ID) error {
	return fmt.Errorf("there is no %q; the servers are S1 to S%d", id, len(c.servers))
}

// Nodes is how many servers there are; IDs is all of them, S1 first.
func (c *Cluster) Nodes() int { return len(c.servers) }

// IDs is every server, in order.
func (c *Cluster) IDs() []raft.ID {
	ids := make([]raft.ID, len(c.servers))
	for i := range ids {
		ids[i] = raft.ID(i + 1)
	}
	return ids
}

// Tick is how long a tick is.
func (c *Cluster) Tick() time.Duration { return c.config.Tick }

// Repairs is the repairs of log files since Start.
func (c *Cluster) Repairs() []Repair {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Repair
	if c.data != nil {
		for _, f := range c.data.files {
			out = append(out, f.repairs...)
		}
	}
	return out
}
