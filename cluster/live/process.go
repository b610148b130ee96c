package live

import (
	"time"

	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// process is a server while it runs. All of it belongs to its goroutine, but
// for the inbox.
type process struct {
	cluster *Cluster
	server  *server
	id      raft.ID
	node    program.Node
	state   *raft.State // node's
	machine machine.Machine
	inbox   *inbox
	timers  timers
	rng     uint64
	out     raft.Output
	waiting []*request // the requests whose entries are not applied yet, by index
	outbox  [][]Message
	counts  counts
	gathered

	why  string        // why it must stop; set before stop is closed
	stop chan struct{} // closed to crash it
	done chan struct{} // closed when it has stopped

	failed error // why it had to stop
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

// newProcess makes the server from its stable storage; run runs it.
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

// cycle processes a batch of inputs, then saves, sends and applies for all of them together.
// Messages come before the clock: otherwise a server that was delayed would start an
// election while its leader's heartbeat is in its inbox. Looks come last.
func (p *process) cycle(batch []input, tick bool) error {
	for _, in := range batch {
		if in.kind != look {
			_ = p.feed(in) // the client gets the error in its reply
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

// lookedAt does those looks of a batch that were not done yet. They are also done for a
// server that fails, because a View waits for each of its looks.
func (p *process) lookedAt(batch []input) {
	for i := range batch {
		if do := batch[i].look; do != nil {
			batch[i].look = nil
			do(p)
		}
	}
}

// compact takes a snapshot of what is applied. It has a cycle of its own, because the state
// machine must have applied all that the core has handed out.
func (p *process) compact() (refused, err error) {
	if refused = p.feed(input{kind: snapshot}); refused != nil {
		return refused, nil
	}
	return nil, p.settle()
}

// tick advances the clock. A timer that fires is an input.
func (p *process) tick() {
	t := &p.timers
	if p.state.Role == raft.Leader {
		if ranOut(&t.quorum) {
			t.quorum = p.settings().ElectionTimeout.Min
			_ = p.feed(input{kind: checkQuorum}) // never refused: only a leader has this timer
		}
		if ranOut(&t.heartbeat) { // it no longer runs if the server has just stepped down
			_ = p.feed(input{kind: heartbeatTimeout}) // never refused: only a leader has this timer
		}
		return
	}
	if ranOut(&t.heard) && p.state.HeardLeader {
		_ = p.feed(input{kind: minimumElectionTimeout}) // never refused
	}
	if ranOut(&t.election) && p.feed(input{kind: electionTimeout}) != nil {
		p.startElectionTimer() // refused: a server without a vote starts no election
	}
}

func ranOut(countdown *int) bool {
	if *countdown == 0 {
		return false
	}
	*countdown--
	return *countdown == 0
}

func (p *process) settings() *setting.Settings { return &p.cluster.config.Settings }

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

// restartTimers restarts the timers that an Output names.
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
	if p.out.HeardLeader && (s.PreVote || s.Stickiness) { // no other rule uses this timer
		t.heard = s.ElectionTimeout.Min
	}
}

// halt stops the process, from outside.
func (p *process) halt(why string) {
	p.why = why
	close(p.stop)
}

// end does what a crash does. The messages in the inbox are lost, the requests there were
// not taken, and clients that wait will not learn the fate of their commands.
func (p *process) end(why string) {
	p.ended = true
	var lost []Message
	for _, in := range p.inbox.close() {
		switch {
		case in.kind == received:
			lost = append(lost, in.message)
		case in.request != nil:
			p.replies = append(p.replies, reply{request: in.request,
				err: &notTaken{why: p.id.String() + " " + why}})
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
		batch.note(makeRecord(recKill, p.id, 0)) // its messages are lost because of it
	}
	batch.noteLost(lost)
	p.cluster.recorder.add(&batch, nil)
}

// crashed is why a process that Kill stops goes down, in its clients' errors.
const crashed = "crashed"

// fail stops a server after an error. What it recorded last may not be on its disk, so the
// run can no longer be replayed, and the record ends.
func (p *process) fail(err error) {
	p.failed = err
	p.cluster.recorder.cannotGoOn(err.Error())
	p.end("failed")
	p.server.gone(p, err)
}
