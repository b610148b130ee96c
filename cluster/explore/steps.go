package explore

import (
	"fmt"
	"strconv"
	"strings"

	"raftlab/cluster"
	"raftlab/raft"
)

// What is counted, by its byte.
const (
	free = iota
	timeout
	beat
	crash
	drop
	double
	submit
	change
	snapshot
	counted
)

func (u used) count(what int) int { return int(u >> (8*what - 8) & 0xff) }
func (u used) plus(what int) used { return u + 1<<(8*what-8) }

// limits is the bounds by what is counted. It is -1 if there is no bound, so that nothing needs to be
// counted.
func (b *Bounds) limits() (l [counted]int) {
	l = [counted]int{free: -1, timeout: b.Timeouts, beat: b.Beats, crash: b.Crashes, drop: b.Drops,
		double: b.Duplicates, submit: b.Submits, change: b.Changes, snapshot: b.Snapshots}
	for i, most := range l {
		if most >= Any {
			l[i] = -1
		}
	}
	l[submit] = min(b.Submits, Any-1) // always counted, because each command has its own client
	return l
}

// allow counts something against the bounds. It reports false if they forbid it.
func (w *worker) allow(r *run, u used, what int) (used, bool) {
	switch most := r.limits[what]; {
	case most < 0:
		return u, true
	case u.count(what) >= most:
		w.limited = w.limited || what != drop || w.losses // otherwise a loss makes nothing new possible
		return u, false
	}
	return u.plus(what), true
}

// server is a server as a part of states, with the actions that may happen to it.
type server struct {
	cluster.ServerPart
	log            uint64 // a hash of its log, for comparing it with others; 0: it is not compared
	view           uint64 // a hash of what an action at another server may look at
	term           uint64
	votes, appends uint64 // the first terms whose answers count
	refusals       uint64 // the first term whose refusals of votes do
	takes          bool   // it takes messages, and commands if it leads
	leads          bool
	presides       bool // it leads, or did when it froze
	countsOld      bool // a bug makes it count answers of earlier terms
	actions        []cluster.Action
	counts         []int // what each action is counted as
	plain          cluster.Plain
	restored       int32 // not 0: it is known to be the same after a restart
}

// fillServer works out what must be known of a new server.
func (sh *shared) fillServer(s *server) {
	if !s.Exists() {
		return
	}
	if !sh.frozen || !s.Frozen() {
		s.actions = sh.root.PossibleAt(s.ServerPart)
	}
	if sh.about != 0 {
		s.actions = append(s.actions, sh.root.MoreAt(s.ServerPart, sh.about, sh.n)...)
	}
	s.term, s.leads, s.takes, s.plain = s.Term(), s.Leads(), s.Running(), s.Plain(sh.n)
	s.log, s.presides = s.LogView(), s.Presides()
	s.view, s.countsOld = sh.root.View(s.ServerPart), sh.root.About(s.ServerPart)&raft.AboutOldAnswers != 0
	if !sh.hints {
		s.votes, s.appends, s.refusals = sh.root.Outlived(s.ServerPart)
	}
	for _, a := range s.actions {
		s.counts = append(s.counts, countedAs(a))
	}
}

func countedAs(a cluster.Action) int {
	switch a.(type) {
	case cluster.Timeout:
		return timeout
	case cluster.Heartbeat:
		return beat
	case cluster.Kill:
		return crash
	case cluster.AddServer, cluster.Promote, cluster.RemoveServer, cluster.Reconfigure:
		return change
	case cluster.Snapshot:
		return snapshot
	case cluster.Drop:
		return drop
	case cluster.Duplicate:
		return double
	case cluster.Request:
		return submit
	}
	return free
}

// A choice is one thing that can happen next in a state.
type choice struct {
	kind   int8
	server int8 // where, from 0
	// deliver, lose, copy: the place in the mail; act: which action; ask: which
	// command, from 1, or from large
	what int32
	used used // how much of the bounds is used afterwards
}

const (
	deliver = iota
	lose
	copying
	act
	ask
)

// large is added to the number of a command that is over the limit of an append.
const large = 1 << 8

// input is a number for what happens at a server: a message's number, or a number below zero for an
// action or a command. Numbers of different servers do not compare.
func (c choice) input(mail []int32) int32 {
	switch c.kind {
	case deliver:
		return mail[c.what]
	case act:
		return -1 - c.what
	}
	return -1<<16 - c.what
}

// next is what the bounds let happen next, in an order that depends on the
// state alone.
func (w *worker) next(r *run, s state, out []choice) []choice {
	servers, mail, u := s.servers(r.n), s.mail(r.n), s.used()
	for i, number := range mail {
		if contains(mail[:i], number) {
			continue
		}
		out = w.mailChoices(r, out, servers, i, number, u)
	}
	for id, number := range servers {
		s := r.servers.part(number)
		for i := range s.actions {
			if s.counts[i] == timeout && r.Bounds.Terms > 0 && s.term >= r.Bounds.Terms {
				w.limited = true
			} else if next, ok := w.allow(r, u, s.counts[i]); ok {
				out = append(out, choice{act, int8(id), int32(i), next})
			}
		}
	}
	for id, number := range servers {
		if !r.servers.part(number).leads {
			continue
		}
		if next, ok := w.allow(r, u, submit); ok {
			number := int32(next.count(submit))
			out = append(out, choice{ask, int8(id), number, next})
			if r.large > 0 {
				out = append(out, choice{ask, int8(id), number + large, next})
			}
		}
	}
	return out
}

// mailChoices is what can happen to a message. If its delivery would lose it anyway, it can only be
// lost.
func (w *worker) mailChoices(r *run, out []choice, servers []int32, i int, number int32, u used) []choice {
	m := r.mail.part(number)
	to := int8(m.To - 1)
	if r.servers.part(servers[to]).takes && !m.cut {
		out = append(out, choice{deliver, to, int32(i), u})
	}
	if next, ok := w.allow(r, u, drop); ok {
		out = append(out, choice{lose, to, int32(i), next})
	}
	if next, ok := w.allow(r, u, double); ok {
		out = append(out, choice{copying, to, int32(i), next})
	}
	return out
}

func contains(list []int32, v int32) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// letter is a message as a part of states.
type letter struct {
	raft.Envelope
	cut                     bool // its link is cut
	plain                   uint64
	term                    uint64
	vote, appended, refusal uint64 // the term that it answers; 0 for other messages
	confirms                bool   // it grants a vote, or says that something is stored
}

const never = ^uint64(0)

// way is the sender and the receiver, counted from 0.
func (m *letter) way() uint16 { return uint16(m.From-1)<<8 | uint16(m.To-1) }

// fillLetter works out what must be known of a new message.
func (sh *shared) fillLetter(m *letter) {
	m.plain = cluster.PlainMessage(&m.Envelope, sh.n)
	m.cut, m.term = sh.start.IsCut(m.From, m.To), m.Message.MessageTerm()
	m.vote, m.appended, m.refusal = never, never, never
	switch answer := m.Message.(type) {
	case *raft.RequestVoteReply:
		if m.confirms = answer.VoteGranted; m.confirms {
			m.vote = answer.Term
		} else {
			m.refusal = answer.Term
		}
	case *raft.AppendEntriesReply:
		m.appended, m.confirms = answer.Term, answer.Success
	case *raft.InstallSnapshotReply:
		m.appended, m.confirms = answer.Term, true
	}
}

// outlived tells whether the message can no longer make a difference to the server, so that it does
// not matter whether it is in flight. A sparse network loses all messages of an earlier term, except
// those that a bug makes the server count.
func (m *letter) outlived(s *server, sparse bool) bool {
	return m.vote < s.votes || m.appended < s.appends || m.refusal < s.refusals ||
		sparse && m.term < s.term && !(m.confirms && s.countsOld)
}

// ages tells whether messages that could make a difference to the server before may make none to s.
func (s *server) ages(before *server) bool {
	return s.term != before.term || s.votes != before.votes || s.appends != before.appends ||
		s.refusals != before.refusals || s.countsOld != before.countsOld
}

// action is the choice as an action of a world in this state.
func (r *run) action(w *cluster.World, s state, c choice) cluster.Action {
	var id uint64
	if c.kind <= copying {
		id = find(w, r.mail.hashes(s.mail(r.n)[c.what])[0])
	}
	switch c.kind {
	case deliver:
		return cluster.Deliver{ID: id}
	case lose:
		return cluster.Drop{ID: id}
	case copying:
		return cluster.Duplicate{ID: id}
	case act:
		return r.servers.part(s.servers(r.n)[c.server]).actions[c.what]
	}
	return r.command(c)
}

// find is the number of the oldest message in flight with that hash.
func find(w *cluster.World, hash uint64) uint64 {
	for _, m := range w.Flights() {
		if w.EnvelopeHash(&m.Envelope, nil) == hash {
			return m.ID
		}
	}
	return 0
}

// command is a client's command. Each has its own client.
func (r *run) command(c choice) cluster.Action {
	number := int(c.what % large)
	data := fmt.Sprintf("x=%d", number)
	if c.what >= large {
		data += strings.Repeat("0", r.large)
	}
	return cluster.Request{Client: fmt.Sprintf("C%d", r.clients+number), Data: data, Via: raft.ID(c.server + 1)}
}

// clientsBefore is the highest number of a client C1, C2, … in the world. The search's clients have
// higher ones.
func clientsBefore(w *cluster.World) (most int) {
	for _, c := range w.Clients() {
		if digits, ok := strings.CutPrefix(c.Name, "C"); ok {
			n, _ := strconv.Atoi(digits)
			most = max(most, n)
		}
	}
	return most
}

// rest is everything but servers and messages, as a part of states.
type rest struct {
	*cluster.Rest
	plain uint64
}

func (sh *shared) fillRest(r *rest) { r.plain = r.Plain(sh.n) }
