package explore

import (
	"slices"
	"sync/atomic"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// Macro steps are the steps in which people think: a whole election, a replication to one
// follower, a command, a crash, a late message. Each consists of ordinary steps, on states
// of the same parts. The messages that it leaves in flight are lost, except for a few that
// are kept to arrive late.

// mostLate is how many messages are kept to arrive late.
const mostLate = 3

// try begins a trial from a state.
func (w *worker) try(r *run, from state) *trial {
	t := w.newTrial()
	*t = trial{worker: w, r: r, s: append(w.state(header+r.n), from[:header+r.n]...), late: from.mail(r.n)}
	return t
}

// fork is a copy of the trial so far, which can then end in another way.
func (t *trial) fork() *trial {
	c := t.newTrial()
	*c = *t
	c.way = slices.Clip(t.way)
	return c
}

// newTrial is memory for a trial, which is valid until the worker expands other states.
func (w *worker) newTrial() *trial {
	if len(w.trials) == cap(w.trials) {
		w.trials = make([]trial, 0, 2*cap(w.trials)+64)
	}
	w.trials = w.trials[:len(w.trials)+1]
	return &w.trials[len(w.trials)-1]
}

// state is memory for a state of that length, which is valid as long.
func (w *worker) state(length int) state {
	if len(w.room)+length > cap(w.room) {
		w.room = make([]int32, 0, 2*cap(w.room)+max(length, 1<<12))
	}
	at := len(w.room)
	w.room = w.room[:at+length]
	return w.room[at : at : at+length]
}

// spare makes all of that memory free again.
func (w *worker) spare() { w.trials, w.room, w.truths = w.trials[:0], w.room[:0], w.truths[:0] }

func (t *trial) part(id int) *server { return t.r.servers.part(t.s.servers(t.r.n)[id]) }

// step takes a choice. m is the same step as a move.
func (t *trial) step(c choice, m move) bool {
	if t.dead || t.ended {
		return false
	}
	if t.halted {
		t.dead = true
		return false
	}
	e := t.effect(t.r, t.s, c)
	t.steps++
	if e != nil && !e.done && (!e.failed || program.Interrupted(t.failed)) {
		t.dead, t.halted = true, e.failed
		return false
	}
	if t.moves++; t.recorded {
		t.way = append(t.way, m)
	}
	if e != nil && e.failed {
		t.failure, t.ended, t.halted = t.failed, true, true
		return false
	}
	t.erred = t.erred || e != nil && e.erred
	if e != nil && e.breach != nil {
		t.breach, t.ended = e.breach, true
		return false
	}
	t.s = t.follow(t.r, t.s, c, e, t.state(len(t.s)+len(e.sent())))
	return true
}

// do takes the server's action of a kind. It reports false if there is none.
func (t *trial) do(id int, kind func(cluster.Action) bool) bool {
	i := slices.IndexFunc(t.part(id).actions, kind)
	return i >= 0 && t.act(id, i)
}

// act takes one of the server's actions. It reports false if the bounds forbid it.
func (t *trial) act(id, i int) bool {
	p := t.part(id)
	used, ok := t.s.used(), true
	switch count := p.counts[i]; {
	case count == free || count == beat:
	case count == timeout && t.r.Bounds.Terms > 0 && p.term >= t.r.Bounds.Terms:
		ok = false
	default:
		used, ok = t.allow(t.r, used, count)
	}
	if !ok {
		t.dead = true
		return false
	}
	return t.step(choice{act, int8(id), int32(i), used}, move{action: p.actions[i]})
}

// deliver delivers the newest message of a kind on a link.
func (t *trial) deliver(from, to int, kind func(raft.Message) bool) bool {
	i := t.find(from, to, kind)
	return i >= 0 && t.arrive(i)
}

// arrive delivers the message at that place in the mail.
func (t *trial) arrive(i int) bool {
	letter := t.s.mail(t.r.n)[i]
	m := t.r.mail.part(letter)
	if m.cut || !t.part(int(m.To-1)).takes {
		return false
	}
	return t.step(choice{deliver, int8(m.To - 1), int32(i), t.s.used()}, move{letter: letter})
}

// find is the place in the mail of the newest message of a kind on a link, or -1.
func (t *trial) find(from, to int, kind func(raft.Message) bool) int {
	mail := t.s.mail(t.r.n)
	for i := len(mail) - 1; i >= 0; i-- {
		if m := t.r.mail.part(mail[i]); int(m.From) == from+1 && int(m.To) == to+1 && kind(m.Message) {
			return i
		}
	}
	return -1
}

// keep keeps the newest message of a kind on a link, to arrive late. It reports false if there
// is none, or no room.
func (t *trial) keep(from, to int, kind func(raft.Message) bool) bool {
	i := t.find(from, to, kind)
	if i < 0 || len(t.late) >= mostLate {
		return false
	}
	t.late = append(append(t.state(len(t.late)+1), t.late...), t.s.mail(t.r.n)[i])
	return true
}

func isA[T cluster.Action](a cluster.Action) bool { _, ok := a.(T); return ok }

func is[T raft.Message](m raft.Message) bool { _, ok := m.(T); return ok }

func isTimeout(a cluster.Action) bool { return isA[cluster.Timeout](a) }
func isBeat(a cluster.Action) bool    { return isA[cluster.Heartbeat](a) }
func isKill(a cluster.Action) bool    { return isA[cluster.Kill](a) }
func isRestart(a cluster.Action) bool { return isA[cluster.Restart](a) }

// isDeed tells whether an action is tried only if a bug is about it: a change of the membership,
// or a snapshot.
func isDeed(a cluster.Action) bool { c := countedAs(a); return c == change || c == snapshot }

func isTimer(a cluster.Action) bool { return isA[cluster.Fire](a) }

func isMinimum(a cluster.Action) bool { f, ok := a.(cluster.Fire); return ok && f.Timer == "minimum" }

func isVoteRequest(m raft.Message) bool {
	return is[*raft.RequestVote](m) || is[*raft.PreVote](m)
}
func isAppend(m raft.Message) bool {
	return is[*raft.AppendEntries](m) || is[*raft.InstallSnapshot](m)
}
func isGrant(m raft.Message) bool {
	switch m := m.(type) {
	case *raft.RequestVoteReply:
		return m.VoteGranted
	case *raft.PreVoteReply:
		return m.VoteGranted
	}
	return false
}
func isAppendReply(m raft.Message) bool {
	return is[*raft.AppendEntriesReply](m) || is[*raft.InstallSnapshotReply](m)
}
func isRefusal(m raft.Message) bool {
	reply, ok := m.(*raft.AppendEntriesReply)
	return ok && !reply.Success
}
func isAny(raft.Message) bool { return true }

// common calls out for each of the common macro steps from a state: elections with as few votes
// as are enough, replications, whose answers may be lost or, if no message is late yet, late,
// commands, restarts, and the arrival of late messages.
func (w *worker) common(r *run, from state, out func(*trial)) {
	alike := w.alike(r, from)
	for id := range r.n {
		p := w.at(r, from, id)
		if p.takes && !p.leads {
			w.elections(r, from, id, alike, out)
		}
		if p.leads {
			w.command(r, from, id, out)
			for _, to := range w.others(r, from, id, alike, 1) {
				w.replication(r, from, id, to[0], out)
			}
		}
		w.acts(r, from, id, isDeed, out)
		w.restarts(r, from, id, out)
	}
	w.lateMail(r, from, out)
}

// rare calls out for the other macro steps: the halves of an election and of a replication,
// servers that stay down, timers, and answers to late messages.
func (w *worker) rare(r *run, from state, out func(*trial)) {
	alike := w.alike(r, from)
	for id := range r.n {
		p := w.at(r, from, id)
		if p.takes && !p.leads {
			w.requests(r, from, id, alike, out)
			w.grants(r, from, id, alike, out)
		}
		if p.leads {
			for _, to := range w.others(r, from, id, alike, 1) {
				w.append(r, from, id, to[0], out)
			}
		}
		w.acts(r, from, id, isKill, out)
		w.acts(r, from, id, isTimer, out)
	}
	w.lateAnswers(r, from, out)
}

// at is a server of a state.
func (w *worker) at(r *run, from state, id int) *server {
	return r.servers.part(from.servers(r.n)[id])
}

// alike numbers the servers. Those that differ only in their names have the same number, and
// only one of them is tried. If a goal may name servers, all numbers differ.
func (w *worker) alike(r *run, s state) []int {
	out := make([]int, r.n)
	marks := w.marks(r, s)
	for _, n := range s.mail(r.n) {
		m := r.mail.part(n)
		marks[m.From-1] += invariants.Mix(1, m.plain)
		marks[m.To-1] += invariants.Mix(2, m.plain)
	}
	for i := range out {
		out[i] = i
		if first := slices.Index(marks, marks[i]); r.goal == nil {
			out[i] = first
		}
	}
	return out
}

// restarts restarts a server, after a crash if it runs, unless it is afterwards as before. The
// result does not depend on the other servers.
func (w *worker) restarts(r *run, from state, id int, out func(*trial)) {
	number := from.servers(r.n)[id]
	p := r.servers.part(number)
	if atomic.LoadInt32(&p.restored) != 0 {
		if _, ok := w.allow(r, from.used(), crash); ok {
			w.steps += 2 // so that the count does not depend on which worker did it first
		}
		return
	}
	t := w.try(r, from)
	t.do(id, isKill)
	if t.do(id, isRestart) {
		if now := t.s.servers(r.n)[id]; now != number {
			out(t)
		} else {
			atomic.StoreInt32(&p.restored, 1)
		}
	}
}

// acts takes each of the server's actions of a kind, by itself.
func (w *worker) acts(r *run, from state, id int, kind func(cluster.Action) bool, out func(*trial)) {
	for i, a := range w.at(r, from, id).actions {
		if kind(a) {
			t := w.try(r, from)
			t.act(id, i)
			out(t)
		}
	}
}

// requests makes a server a candidate, and leaves its request to one server in flight.
func (w *worker) requests(r *run, from state, id int, alike []int, out func(*trial)) {
	stand := w.try(r, from)
	if !stand.do(id, isTimeout) {
		return
	}
	for _, to := range w.others(r, from, id, alike, 1) {
		if t := stand.fork(); t.keep(id, to[0], isVoteRequest) {
			out(t)
		}
	}
}

// elections is every way in which a server wins with as few votes as are enough: those of half
// of the voters, or of one more if it has no vote itself, or in a joint configuration.
func (w *worker) elections(r *run, from state, id int, alike []int, out func(*trial)) {
	half := w.half(r, from, id)
	for size := half; size <= half+1 && size < r.n; size++ {
		won := false
		for _, voters := range w.others(r, from, id, alike, size) {
			t := w.stand(r, from, id, voters)
			for range 2 { // with PreVote there are two rounds
				if !t.ask(id, voters) || !t.answer(id, voters) {
					break
				}
			}
			if t.ended || !t.dead && t.part(id).leads {
				won = true
				out(t)
			}
		}
		if won {
			return
		}
	}
}

// half is how many others have to vote for a server for it to win.
func (w *worker) half(r *run, from state, id int) int {
	c := &w.at(r, from, id).plain.Config
	return max(c.Voters.Len(), c.Old.Len()) / 2
}

// grants is the first half of an election: the votes are given, but still in flight.
func (w *worker) grants(r *run, from state, id int, alike []int, out func(*trial)) {
	size := w.half(r, from, id)
	for _, voters := range w.others(r, from, id, alike, size) {
		t := w.stand(r, from, id, voters)
		for range 2 { // with PreVote there are two rounds
			t.ask(id, voters)
			half, kept := t.fork(), 0
			for _, v := range voters {
				if half.keep(v, id, isGrant) {
					kept++
				}
			}
			if kept == 0 || kept < size {
				break
			}
			out(half)
			if !t.answer(id, voters) {
				break
			}
		}
	}
}

// stand makes a server time out, as often as is needed for the voters to be free to vote for it.
func (w *worker) stand(r *run, from state, id int, voters []int) *trial {
	t := w.try(r, from)
	top := uint64(0)
	for _, v := range voters {
		t.do(v, isMinimum)
		p := t.part(v)
		if top = max(top, p.term); p.plain.Voted != 0 && int(p.plain.Voted) != id+1 {
			top = max(top, p.term+1)
		}
	}
	for range max(1, int(top)-int(t.part(id).term)) { // with PreVote once: no term begins by it
		if !t.do(id, isTimeout) || t.part(id).term >= top {
			break
		}
	}
	return t
}

// ask delivers the candidate's requests, and tells whether all are granted.
func (t *trial) ask(id int, voters []int) bool {
	for _, v := range voters {
		if !t.deliver(id, v, isVoteRequest) || t.find(v, id, isGrant) < 0 {
			return t.ended
		}
	}
	return true
}

// answer delivers the votes, and tells whether the server does not lead yet, so that another
// round of requests may follow.
func (t *trial) answer(id int, voters []int) bool {
	for _, v := range voters {
		t.deliver(v, id, isGrant)
	}
	return !t.dead && !t.ended && !t.part(id).leads
}

// others is the sets of that many other running servers. Of sets that are alike it has only one.
func (w *worker) others(r *run, s state, id int, alike []int, size int) (sets [][]int) {
	var choose func(at int, set []int, skipped uint64)
	choose = func(at int, set []int, skipped uint64) {
		if len(set) == size {
			sets = append(sets, slices.Clone(set))
			return
		}
		if at == r.n {
			return
		}
		if at != id && r.servers.part(s.servers(r.n)[at]).takes && skipped>>alike[at]&1 == 0 {
			choose(at+1, append(set, at), skipped)
			skipped |= 1 << alike[at]
		}
		choose(at+1, set, skipped)
	}
	choose(0, nil, 0)
	return sets
}

// command gives a leader a command.
func (w *worker) command(r *run, from state, id int, out func(*trial)) {
	t := w.try(r, from)
	used, ok := t.allow(r, t.s.used(), submit)
	if !ok {
		return
	}
	small := choice{ask, int8(id), int32(used.count(submit)), used}
	larger := small
	larger.what += large
	if r.large > 0 {
		t := t.fork()
		t.step(larger, move{action: r.command(larger)})
		out(t)
	}
	t.step(small, move{action: r.command(small)})
	out(t)
}

// replication brings a follower's log up to the leader's. The answer arrives, or is lost, or is
// late, if few other messages are. Or the append is late, if no other message is.
func (w *worker) replication(r *run, from state, id, to int, out func(*trial)) {
	t := w.try(r, from)
	if t.do(id, isBeat); t.moves == 0 {
		return
	}
	if late := t.fork(); len(t.late) == 0 && late.keep(id, to, isAppend) {
		out(late)
	}
	for range 12 { // refusals take nextIndex back
		if !t.deliver(id, to, isAppend) || t.find(to, id, isRefusal) < 0 || !t.deliver(to, id, isRefusal) {
			break
		}
	}
	if t.ended {
		out(t)
		return
	}
	if late := t.fork(); len(t.late) <= t.lates && late.keep(to, id, isAppendReply) {
		out(late)
	}
	lost := t.fork()
	if t.deliver(to, id, isAppendReply) || t.ended {
		out(t)
		if t.ended || t.part(id).plain.Commit == lost.part(id).plain.Commit {
			return // what the leader knows of it does no harm
		}
	}
	out(lost)
}

// append leaves a leader's append or snapshot to a follower in flight; or, if an answer is late
// already, the answer to it.
func (w *worker) append(r *run, from state, id, to int, out func(*trial)) {
	t := w.try(r, from)
	if t.do(id, isBeat); t.moves == 0 {
		return
	}
	if late := t.fork(); late.keep(id, to, isAppend) {
		out(late)
	}
	if t.deliver(id, to, isAppend); len(t.late) > 0 && t.keep(to, id, isAppendReply) {
		out(t)
	}
}

// lateMail delivers a late message. What is sent because of it is lost.
func (w *worker) lateMail(r *run, from state, out func(*trial)) {
	w.arrivals(r, from, func(t *trial, _ *letter) { out(t) })
}

// lateAnswers delivers a late message, whose answer then arrives at once or late.
func (w *worker) lateAnswers(r *run, from state, out func(*trial)) {
	w.arrivals(r, from, func(t *trial, m *letter) {
		to, back := int(m.To-1), int(m.From-1)
		if t.find(to, back, isAny) < 0 {
			return
		}
		if kept := t.fork(); kept.keep(to, back, isAny) {
			out(kept)
		}
		t.deliver(to, back, isAny)
		out(t)
	})
}

// arrivals delivers each of the late messages.
func (w *worker) arrivals(r *run, from state, out func(*trial, *letter)) {
	late := from.mail(r.n)
	for i, number := range late {
		m := r.mail.part(number)
		to := int(m.To - 1)
		if contains(late[:i], number) || m.cut || !w.at(r, from, to).takes {
			continue
		}
		t := w.try(r, from)
		t.late = append(append(w.state(len(late)), late[:i]...), late[i+1:]...)
		t.s = append(append(w.state(header+r.n+1), t.s...), number)
		t.step(choice{deliver, int8(to), 0, t.s.used()}, move{letter: number})
		out(t, m)
	}
}
