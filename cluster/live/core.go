package live

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/raft"
)

// This file is the one place where the driver meets the core: feed gives it an
// input, gather takes what the Output asks for, and settle does it, stable
// storage before everything else (Figure 2).

// inputKind is a sort of input.
type inputKind uint8

const (
	received inputKind = iota
	electionTimeout
	heartbeatTimeout
	minimumElectionTimeout
	checkQuorum
	propose
	snapshot
	look // not for the core: somebody wants to look at the server, after the cycle
)

// input is one input of a server.
type input struct {
	kind    inputKind
	message Message
	request *request
	look    func(*process)
}

// gathered is what the Outputs of a cycle ask for.
type gathered struct {
	recording recording
	save      raft.Save
	sends     []Message
	effects   []effect
	replies   []reply
}

// effect is what happens to the state machine: a snapshot's state, or entries
// of the log as it was then.
type effect struct {
	restore *raft.Snapshot
	log     raft.Log
	apply   raft.Range
}

// reply is an answer to a client.
type reply struct {
	request *request
	answer  Answer
	err     error
}

// feed gives the core one input and gathers what it asks for. The error is the
// core's refusal; nothing has changed then. A message that it refuses has
// arrived all the same.
func (p *process) feed(in input) error {
	was := p.before()
	p.out.Reset()
	var err error
	kind := recDeliver
	switch in.kind {
	case received:
		p.counts.delivered[typeOf(in.message.Message)]++
		err = p.step(raft.Receive(in.message.Envelope))
	case electionTimeout:
		kind, err = recTimeout, p.step(raft.ElectionTimeout())
	case heartbeatTimeout:
		kind, err = recHeartbeat, p.step(raft.HeartbeatTimeout())
	case minimumElectionTimeout:
		kind, err = recMinimum, p.step(raft.MinimumElectionTimeout())
	case checkQuorum:
		kind, err = recQuorum, p.step(raft.CheckQuorum())
	case propose:
		return p.propose(in.request, was)
	case snapshot:
		kind, err = recSnapshot, p.step(raft.Compact(p.state.LastApplied, p.machine.Snapshot()))
	}
	number := uint64(0)
	if in.kind == received {
		number = in.message.Number
		p.tellArrival(in.message, err)
	} else if err != nil {
		return err
	}
	p.recording.note(makeRecord(kind, p.id, number))
	if err == nil {
		p.recording.sent(len(p.out.Send))
		p.gather(was)
	}
	return nil
}

// step gives the core one input. One that has no answer cannot go on: what it has
// been given by then is settled, and the rest is not its any more.
func (p *process) step(in raft.Input) error {
	if p.failed != nil {
		return p.failed
	}
	err := p.node.Step(in, &p.out)
	if err == nil {
		return nil
	}
	if f := cluster.FailureOf(p.id, in, err); f != nil {
		p.failed, err = f, f
	}
	return err
}

// propose is a client's command: taken, it is answered when it is applied.
func (p *process) propose(r *request, was before) error {
	if err := p.step(raft.Propose(r.command)); err != nil {
		p.replies = append(p.replies, reply{request: r,
			err: &notTaken{node: p.id, leader: p.state.Leader, why: err.Error()}})
		return nil
	}
	r.index, r.term = p.out.Index, p.out.Term
	p.waiting = append(p.waiting, r)
	p.recording.noteText(recSubmit, p.id, r.client, r.command)
	p.recording.sent(len(p.out.Send))
	p.gather(was)
	return nil
}

// gather takes what the Output asks for; timers at once, the rest in settle.
func (p *process) gather(was before) {
	out := &p.out
	p.save.State = p.save.State || out.Save.State
	p.save.Snapshot = p.save.Snapshot || out.Save.Snapshot
	if from := out.Save.LogFrom; from != 0 {
		if p.save.LogFrom == 0 || from < p.save.LogFrom {
			p.save.LogFrom = from
		}
		if from <= was.last {
			p.entriesReplaced(from)
		}
	}
	for _, e := range out.Send {
		p.counts.sent[typeOf(e.Message)]++
		p.sends = append(p.sends, Message{Envelope: e})
	}
	if out.Restore != nil {
		p.effects = append(p.effects, effect{restore: out.Restore})
	}
	if out.Apply.Len() > 0 {
		p.toApply(out.Apply)
	}
	p.restartTimers()
	p.tellChanges(was)
}

// toApply notes entries to apply; those that follow on the ones before are one
// effect with them, unless the log has been compacted between.
func (p *process) toApply(r raft.Range) {
	log := p.state.Log
	if k := len(p.effects); k > 0 {
		last := &p.effects[k-1]
		if last.restore == nil && last.apply.Last+1 == r.First && last.log.FirstIndex() == log.FirstIndex() {
			last.apply.Last, last.log = r.Last, log
			return
		}
	}
	p.effects = append(p.effects, effect{log: log, apply: r})
}

// settle does what was gathered: it records the inputs, writes what must be
// stable, all of a cycle at once (group commit), and then sends, applies and
// answers.
func (p *process) settle() error {
	if len(p.recording.records) > 0 || len(p.sends) > 0 {
		p.cluster.recorder.add(&p.recording, p.sends)
	}
	if p.save.Any() {
		if err := p.server.storage.save(p.node.Stable(), p.save); err != nil {
			return fmt.Errorf("%s cannot store what it must: %w", p.id, err)
		}
		p.save = raft.Save{}
	}
	p.sendAll()
	if err := p.applyAll(); err != nil {
		return err
	}
	for _, r := range p.replies {
		r.request.done <- r
	}
	clear(p.replies)
	p.replies = p.replies[:0]
	return nil
}

// sendAll hands the messages to the transport, those of one receiver together.
func (p *process) sendAll() {
	if len(p.sends) == 0 {
		return
	}
	for _, m := range p.sends {
		for int(m.To) >= len(p.outbox) {
			p.outbox = append(p.outbox, nil)
		}
		p.outbox[m.To] = append(p.outbox[m.To], m)
	}
	clear(p.sends)
	p.sends = p.sends[:0]
	for to, mail := range p.outbox {
		if len(mail) > 0 {
			p.cluster.transport.Send(raft.ID(to), mail)
			clear(mail)
			p.outbox[to] = mail[:0]
		}
	}
}

// applyAll lets the state machine have what is due, and answers those who wait
// for it.
func (p *process) applyAll() error {
	for i := range p.effects {
		e := &p.effects[i]
		if e.restore != nil {
			if err := p.restore(e.restore); err != nil {
				return err
			}
			continue
		}
		for k := e.apply.First; k <= e.apply.Last; k++ {
			entry := e.log.Entry(k)
			result, ok := "", true
			p.machine, result, ok = cluster.Execute(p.machine, k, entry)
			_ = ok
			p.answer(k, entry.Term, result)
		}
	}
	clear(p.effects)
	p.effects = p.effects[:0]
	return nil
}

// restore replaces the state machine's state by a snapshot's (§7).
func (p *process) restore(s *raft.Snapshot) error {
	m, err := p.cluster.config.Machine.Restore(s.Data)
	if err != nil {
		return fmt.Errorf("%s cannot use the snapshot of entry %d: %w", p.id, s.Index, err)
	}
	p.machine = m
	n := 0
	for n < len(p.waiting) && p.waiting[n].index <= s.Index {
		n++
	}
	p.abandon(n, fmt.Sprintf("%s was sent a snapshot instead of the entry, and with it no result", p.id))
	return nil
}

// answer is for the client that waits for the entry at index.
func (p *process) answer(index, term uint64, result string) {
	if len(p.waiting) == 0 || p.waiting[0].index != index {
		return
	}
	r := p.waiting[0]
	if r.term != term {
		p.abandon(1, fmt.Sprintf("another entry was committed in its place on %s", p.id))
		return
	}
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	p.replies = append(p.replies, reply{request: r,
		answer: Answer{Result: result, Node: p.id, Index: index, Term: term}})
}

// entriesReplaced is for the clients whose entries were removed from index on.
func (p *process) entriesReplaced(index uint64) {
	keep := len(p.waiting)
	for keep > 0 && p.waiting[keep-1].index >= index {
		keep--
	}
	for _, r := range p.waiting[keep:] {
		p.replies = append(p.replies, reply{request: r,
			err: &unknown{why: fmt.Sprintf("%s no longer leads, and removed the entry", p.id)}})
	}
	clear(p.waiting[keep:])
	p.waiting = p.waiting[:keep]
}

// abandon tells the first n clients that they will not learn what became of
// their commands.
func (p *process) abandon(n int, why string) {
	for _, r := range p.waiting[:n] {
		p.replies = append(p.replies, reply{request: r, err: &unknown{why: why}})
	}
	clear(p.waiting[:n])
	p.waiting = p.waiting[n:]
}
