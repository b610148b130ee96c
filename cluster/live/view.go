package live

import (
	"time"

	"raftlab/cluster/machine"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// View is a picture of the whole cluster at one moment. All servers stopped between two
// inputs while it was taken, so what it shows of one server fits what it shows of the
// others. Its methods are the reading methods of cluster.World. What they return must not
// be changed.
type View struct {
	settings setting.Settings
	seed     uint64
	clock    uint64
	nodes    []nodeView
	cuts     []raft.Set
	started  []raft.Stable
	record   recording
	broken   string
}

type nodeView struct {
	state    *raft.State // nil: down
	machine  machine.Machine
	stable   raft.Stable
	left, of int
	counts   counts
	fault    error
}

// View takes a picture of the cluster. The servers wait meanwhile, for some microseconds or
// for as long as a write to disk takes.
func (c *Cluster) View() *View {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &View{
		settings: c.config.Settings, seed: c.config.Seed, started: c.started,
		clock: uint64(time.Since(c.events.begin) / c.config.Tick), nodes: make([]nodeView, len(c.servers)),
	}
	ready, resume := make(chan struct{}), make(chan struct{})
	still := 0
	for i, s := range c.servers {
		nv := &v.nodes[i]
		err := c.lookAt(s.id, func(p *process) {
			nv.look(p)
			ready <- struct{}{}
			<-resume
		})
		if err == nil {
			still++
		}
	}
	for range still {
		<-ready
	}
	for i, s := range c.servers {
		v.nodes[i].lookAtDisk(s)
	}
	if cuts := c.links.cuts.Load(); cuts != nil {
		v.cuts = *cuts
	}
	v.record, v.broken = c.recorder.sofar()
	close(resume)
	return v
}

// look runs in the server's goroutine.
func (nv *nodeView) look(p *process) {
	nv.counts = p.counts
	if p.failed != nil || p.ended {
		return
	}
	nv.state, nv.machine = p.cluster.config.Programs(p.id).Clone(p.node).State(), p.machine
	nv.left, nv.of = p.timers.election, p.timers.drawn
	if p.state.Role == raft.Leader {
		nv.left, nv.of = p.timers.heartbeat, p.settings().HeartbeatInterval
	}
}

func (nv *nodeView) lookAtDisk(s *server) {
	nv.stable = s.storage.saved()
	nv.counts.add(&s.past)
	if fault := s.fault.Load(); fault != nil {
		nv.fault = *fault
	}
}

// The methods of cluster.World that read.
func (v *View) Size() int                    { return len(v.nodes) }
func (v *View) Seed() uint64                 { return v.seed }
func (v *View) Settings() *setting.Settings  { return &v.settings }
func (v *View) Clock() uint64                { return v.clock } // ticks since the start
func (v *View) Has(id raft.ID) bool          { return id > 0 && int(id) <= len(v.nodes) }
func (v *View) State(id raft.ID) *raft.State { return v.nodes[id-1].state } // nil while it is down
func (v *View) Up(id raft.ID) bool           { return v.nodes[id-1].state != nil }
func (v *View) Disk(id raft.ID) *raft.Stable { return &v.nodes[id-1].stable }
func (v *View) IsCut(from, to raft.ID) bool  { return v.cuts != nil && v.cuts[from].Has(to) }

// Machine is the server's replica of the state machine, nil while it is down.
func (v *View) Machine(id raft.ID) machine.Machine { return v.nodes[id-1].machine }

// Fault is why a server went down by itself, or nil.
func (v *View) Fault(id raft.ID) error { return v.nodes[id-1].fault }

// Timer is the number of ticks until the server's timer fires, and the number that it was
// set to.
func (v *View) Timer(id raft.ID) (left, of int) { return v.nodes[id-1].left, v.nodes[id-1].of }

// IDs is every server, in order.
func (v *View) IDs() []raft.ID {
	ids := make([]raft.ID, len(v.nodes))
	for i := range ids {
		ids[i] = raft.ID(i + 1)
	}
	return ids
}

// Leaders is the servers that are up and act as leaders.
func (v *View) Leaders() []raft.ID {
	var out []raft.ID
	for _, id := range v.IDs() {
		if v.Up(id) && v.State(id).Role == raft.Leader {
			out = append(out, id)
		}
	}
	return out
}

// Leader is the leader of the highest term, or 0.
func (v *View) Leader() raft.ID {
	var best raft.ID
	for _, id := range v.Leaders() {
		if best == 0 || v.State(id).CurrentTerm > v.State(best).CurrentTerm {
			best = id
		}
	}
	return best
}

// Count is how many messages of a type a server has sent, and how many it has received.
type Count struct{ Sent, Delivered uint64 }

// Messages is a server's counts since the start of the cluster, by type of message.
func (v *View) Messages(id raft.ID) map[string]Count {
	out := map[string]Count{}
	c := &v.nodes[id-1].counts
	for i, name := range typeNames {
		if n := (Count{c.sent[i], c.delivered[i]}); n != (Count{}) {
			out[name] = n
		}
	}
	return out
}
