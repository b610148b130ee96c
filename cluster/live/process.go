package live

import (
	"time"

	"raftlab/cluster"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// process is a server while it runs. All of it belongs to its goroutine, but
// for the inbox.
type process struct {
	cluster *Cluster
	server  *server
	id      raft.ID
	node    cluster.Node
	state   *raft.State // node's
	machine machine.Machine
	inbox   *inbox
	timers  timers
	rng     uint64
	out     raft.Output
	waiting []*request // those whose entries are not applied yet, by index
	outbox  [][]Message
	counts  counts
	gathered

	why  string        // it is to stop; set before stop is closed
	stop chan struct{} // closed to crash it
	done chan struct{} // closed when it is over

	failed error // why it cannot go on
	ended  bool
}

// timers are a server's countdowns, in ticks, as the step-by-step cluster's.
type timers struct {
	election  int // until the election timer fires; 0: not running
	drawn     int // what it was set to
	heartbeat int // until a leader's heartbeat
	heard     int // until the minimum election timeout since a leader was heard
	quorum    int // until a leader has heard no majority for too long
}

// newProcess starts the server from its stable storage; run makes it live.
func newProcess(s *server, stable raft.Stable) (*process, error) {
	c := s.cluster
	node, err := c.config.Programs(s.id).Start(s.id, stable, c.options)
	if err != nil {
		return nil, err
	}
	p := &process{
		cluster: c, server: s, id: s.id, node: node, state: node.State(), machine: c.config.Machine, inbox: newInbox(),
		rng:  c.config.Seed ^ uint64(s.id)<<32 ^ uint64(s.starts)<<48,
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	s.starts++
	if snap := p.state.Snapshot; snap != nil {
		if p.machine, err = p.machine.Restore(snap.Data); err != nil {
			return nil, err
		}
	}
	p.startElectionTimer()
	if p.state.HeardLeader { // it may have, before it crashed
		p.timers.heard = c.config.Settings.ElectionTimeout.Min
	}
	return p, nil
}

// run is the server's goroutine.
func (p *process) run() {
	defer close(p.done)
	clock := time.NewTicker(p.cluster.config.Tick)
	defer clock.Stop()
	var spare []input
	for {
		tick := false
		select {
		case <-p.stop:
			p.end(p.why)
			return
		case <-p.inbox.wake:
		case <-clock.C:
			tick = true
		}
		batch := p.inbox.take(spare)
		if err := p.cycle(batch, tick); err != nil {
			p.fail(err)
			p.lookedAt(batch)
			return
		}
		clear(batch)
		spare = batch
	}
}

// cycle takes a batch of inputs and does all that they ask for at once. What
// has arrived comes before the clock, so that a server that was held up does
// not hold an election with its leader's word in its inbox. Whoever wants to
// look sees the server after all this.
func (p *process) cycle(batch []input, tick bool) error {
	for _, in := range batch {
		if in.kind != look {
			_ = p.feed(in) // who asked is told by a reply
		}
	}
	if tick {
		p.tick()
	}
	if err := p.settle(); err != nil {
		return err
	}
	if every := p.settings().SnapshotEvery; every > 0 &&
		p.state.LastApplied >= p.state.Log.FirstIndex()-1+uint64(every) {
		if _, err := p.compact(); err != nil {
			return err
		}
	}
	p.lookedAt(batch)
	return p.failed
}

// lookedAt has the looks of a batch done that were not done yet. A server that
// fails is looked at all the same: a View waits for each of its looks.
func (p *process) lookedAt(batch []input) {
	for i := range batch {
		if do := batch[i].look; do != nil {
			batch[i].look = nil
			do(p)
		}
	}
}

// compact snapshots what is applied, in a cycle of its own: the state machine
// must be where the core believes it is.
func (p *process) compact() (refused, err error) {
	if refused = p.feed(input{kind: snapshot}); refused != nil {
		return refused, nil
	}
	return nil, p.settle()
}

// tick advances the clock; a timer that runs out is an input.
func (p *process) tick() {
	t := &p.timers
	if p.state.Role == raft.Leader {
		if ranOut(&t.quorum) {
			t.quorum = p.settings().ElectionTimeout.Min
			_ = p.feed(input{kind: checkQuorum}) // only a leader has this timer
		}
		if ranOut(&t.heartbeat) { // none runs when it has just stepped down
			_ = p.feed(input{kind: heartbeatTimeout}) // and this one
		}
		return
	}
	if ranOut(&t.heard) && p.state.HeardLeader {
		_ = p.feed(input{kind: minimumElectionTimeout}) // never refused
	}
	if ranOut(&t.election) && p.feed(input{kind: electionTimeout}) != nil {
		p.startElectionTimer() // without a vote: nothing happens
	}
}

func ranOut(countdown *int) bool {
	if *countdown == 0 {
		return false
	}
	*countdown--
	return *countdown == 0
}

func (p *process) settings() *cluster.Settings { return &p.cluster.config.Settings }

func (p *process) startElectionTimer() {
	span := p.settings().ElectionTimeout
	p.timers.drawn = span.Min + int(p.random()%uint64(span.Max-span.Min+1))
	p.timers.election = p.timers.drawn
}

// random is the next number of the seed's sequence (splitmix64).
func (p *process) random() uint64 {
	p.rng += 0x9e3779b97f4a7c15
	z := p.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// restartTimers does what an Output says about timers.
func (p *process) restartTimers() {
	t, s := &p.timers, p.settings()
	if p.state.Role == raft.Leader {
		t.election, t.heard = 0, 0
		if p.out.RestartHeartbeatTimer {
			t.heartbeat = s.HeartbeatInterval
		}
		if (t.quorum == 0 || p.out.HeardQuorum) && s.CheckQuorum {
			t.quorum = s.ElectionTimeout.Min
		}
		return
	}
	t.heartbeat, t.quorum = 0, 0
	if p.out.RestartElectionTimer || t.election == 0 {
		p.startElectionTimer()
	}
	if p.out.HeardLeader && (s.PreVote || s.Stickiness) { // nobody else asks
		t.heard = s.ElectionTimeout.Min
	}
}

// halt stops the process, from outside.
func (p *process) halt(why string) {
	p.why = why
	close(p.stop)
}

// end is what a crash leaves: the mail is lost, clients learn nothing more.
func (p *process) end(why string) {
	p.ended = true
	var lost []Message
	for _, in := range p.inbox.close() {
		switch {
		case in.kind == received:
			lost = append(lost, in.message)
		case in.request != nil:
			p.replies = append(p.replies, reply{request: in.request,
				err: &notTaken{node: p.id, why: p.id.String() + " " + why}})
		case in.look != nil:
			in.look(p)
		}
	}
	p.abandon(len(p.waiting), p.id.String()+" "+why+" before it replied")
	for _, r := range p.replies {
		r.request.done <- r
	}
	p.replies = nil
	var batch recording
	if why == crashed {
		batch.note(makeRecord(recKill, p.id, 0)) // and what its mail is lost by
	}
	batch.noteLost(lost)
	p.cluster.recorder.add(&batch, nil)
}

// crashed is why a server that Kill stops goes down.
const crashed = "crashed"

// fail stops a server that cannot go on. What it recorded last may not be on
// its disk, so that the run cannot be replayed any more.
func (p *process) fail(err error) {
	p.failed = err
	p.cluster.recorder.cannotGoOn(err.Error())
	p.end("failed")
	p.server.gone(p, err)
}
