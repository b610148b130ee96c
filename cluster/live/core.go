package live

import (
	"fmt"

	"raftlab/cluster/execute"
	"raftlab/cluster/program"
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
	look // not for the core: a function that looks at the server after the cycle
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

// effect is a change of the state machine: to the state of a snapshot, or by entries of the
// log as it was then. A later input of the same cycle may compact the log.
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

// feed gives the core one input and gathers what its Output asks for. The error is the
// core's refusal, after which nothing has changed. A message that the core refuses still
// counts as delivered.
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

// step gives the core one input. If the core does not answer, the process has to stop: the
// earlier inputs are settled, and the later ones are dropped.
func (p *process) step(in raft.Input) error {
	if p.failed != nil {
		return p.failed
	}
	err := p.node.Step(in, &p.out)
	if err == nil {
		return nil
	}
	if f := program.FailureOf(p.id, in, err); f != nil {
		p.failed, err = f, f
	}
	return err
}

// propose gives the core a client's command. If the core takes it, the client gets its reply
// when the command is applied.
func (p *process) propose(r *request, was before) error {
	if err := p.step(raft.Propose(r.command)); err != nil {
		p.replies = append(p.replies, reply{request: r,
			err: &notTaken{leader: p.state.Leader, why: err.Error()}})
		return nil
	}
	r.index, r.term = p.out.Index, p.out.Term
	p.waiting = append(p.waiting, r)
	p.recording.noteText(recSubmit, p.id, r.client, r.command)
	p.recording.sent(len(p.out.Send))
	p.gather(was)
	return nil
}

// gather notes what the Output asks for. It restarts timers at once; settle does the rest.
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

// toApply notes entries to apply. They become part of the previous effect if they follow
// it, and the log has not been compacted since.
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

// settle does what was gathered. It records the inputs, writes all that a cycle must save
// with one sync (group commit), and only then sends, applies and replies.
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

// sendAll gives the messages to the transport, in one batch for each receiver.
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

// applyAll applies what was gathered to the state machine, and replies to the clients that
// wait for it.
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
			p.machine, result, ok = execute.Entry(p.machine, k, entry)
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

// answer replies to the client that waits for the entry at index, if there is one.
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

// entriesReplaced replies to the clients whose entries, from index on, were deleted.
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

// abandon tells the first n clients that they will not learn the fate of their commands.
func (p *process) abandon(n int, why string) {
	for _, r := range p.waiting[:n] {
		p.replies = append(p.replies, reply{request: r, err: &unknown{why: why}})
	}
	clear(p.waiting[:n])
	p.waiting = p.waiting[n:]
}
