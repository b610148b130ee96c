package ask

import (
	"context"
	"slices"

	"raftlab/cluster"
	"raftlab/raft"
)

// director brings something about on a copy of the world, step by step, with a
// plan: no search. Its path is a schedule like one that a search finds. Once a
// step cannot be taken, or its time is up, it is stuck, and does nothing more.
type director struct {
	ctx   context.Context
	w     *cluster.World
	path  []cluster.Action
	stuck bool
}

func newDirector(ctx context.Context, w *cluster.World) *director {
	return &director{ctx: ctx, w: w.Clone()}
}

func (d *director) do(a cluster.Action) bool {
	if d.stuck || d.ctx.Err() != nil || d.w.Apply(a) != nil {
		d.stuck = true
		return false
	}
	d.path = append(d.path, a)
	return true
}

// wake restarts a server that is down.
func (d *director) wake(id raft.ID) {
	if !d.w.Up(id) {
		d.do(cluster.Restart{Node: id})
	}
}

// deliver delivers the latest message from one server to another that is of a
// type and a term, if there is one.
func (d *director) deliver(from, to raft.ID, term uint64, types ...string) bool {
	return d.latest(func(f *cluster.Flight) bool {
		return f.From == from && f.To == to && f.Message.MessageTerm() == term &&
			slices.Contains(types, f.Message.Type())
	})
}

// latest delivers the latest message that is wanted and can arrive, if there is one.
func (d *director) latest(wanted func(*cluster.Flight) bool) bool {
	for _, f := range slices.Backward(d.w.Flights()) {
		if wanted(&f) && !d.w.Waits(&f) && d.w.Fate(&f) == "" {
			return d.do(cluster.Deliver{ID: f.ID})
		}
	}
	return false
}

// elect makes a server leader of a term, with votes of these, as many as it takes.
func (d *director) elect(id raft.ID, term uint64, voters []raft.ID) bool {
	d.wake(id)
	for begun := false; !d.stuck; begun = true {
		n := d.w.State(id)
		switch {
		case n.Role == raft.Leader && n.CurrentTerm == term:
			return true
		case begun && n.Role == raft.Candidate && n.CurrentTerm == term:
			return d.gatherVotes(id, voters)
		case n.CurrentTerm >= term:
			d.stuck = true
		case n.Role == raft.Leader:
			d.depose(id, term-1)
		default:
			d.campaign(id, voters)
		}
	}
	return false
}

// campaign begins the server's next term; with PreVote that takes the consent
// of a majority.
func (d *director) campaign(id raft.ID, voters []raft.ID) {
	before := d.w.State(id).CurrentTerm
	d.do(cluster.Timeout{Node: id})
	if !d.stuck && d.w.State(id).Role == raft.PreCandidate {
		d.gather(id, voters)
	}
	d.stuck = d.stuck || d.w.State(id).CurrentTerm == before
}

// depose makes a leader a follower: by a request for its vote that is in flight,
// of a later term up to most, or else by a crash.
func (d *director) depose(id raft.ID, most uint64) {
	term := d.w.State(id).CurrentTerm
	if !d.latest(func(f *cluster.Flight) bool {
		t := f.Message.MessageTerm()
		return f.To == id && f.Message.Type() == "RequestVote" && t > term && t <= most
	}) {
		d.crash(id)
	}
}

// crash has a server forget what is volatile.
func (d *director) crash(id raft.ID) {
	d.do(cluster.Kill{Node: id})
	d.do(cluster.Restart{Node: id})
}

func (d *director) gatherVotes(id raft.ID, voters []raft.ID) bool {
	d.gather(id, voters)
	d.stuck = d.stuck || d.w.State(id).Role != raft.Leader
	return !d.stuck
}

// gather asks the voters, for their votes or beforehand, and brings back their answers,
// as long as the server needs them.
func (d *director) gather(id raft.ID, voters []raft.ID) {
	role, request, ahead := d.w.State(id).Role, "RequestVote", uint64(0)
	if role == raft.PreCandidate {
		request, ahead = "PreVote", 1 // it asks for the term that it would begin
	}
	for _, v := range voters {
		if v == id || d.stuck || d.w.State(id).Role != role {
			continue
		}
		d.wake(v)
		asked := d.w.State(id).CurrentTerm + ahead
		d.release(v, asked)
		if d.deliver(id, v, asked, request) {
			d.latest(func(f *cluster.Flight) bool { // of whatever term
				return f.From == v && f.To == id && f.Message.Type() == request+"Reply"
			})
		}
	}
}

// release has a voter forget the leader that it heard from, or was, where that
// keeps it from answering.
func (d *director) release(v raft.ID, asked uint64) {
	n := d.w.State(v)
	if n == nil || !d.sticky() {
		return
	}
	if n.Role == raft.Leader && n.CurrentTerm < asked {
		d.do(cluster.Kill{Node: v})
		d.wake(v)
	}
	if n = d.w.State(v); n != nil && n.HeardLeader { // nil: its time was up between the two
		d.do(cluster.Fire{Timer: "minimum", Node: v})
	}
}

func (d *director) sticky() bool {
	s := d.w.Settings()
	return s.PreVote || s.Stickiness || s.Reads == "lease"
}

// bring has a leader send to a follower what it lacks until done says so, for
// as many rounds as going back entry by entry may take.
func (d *director) bring(leader, follower raft.ID, done func(*cluster.World) bool) {
	d.wake(follower)
	for rounds := 3*d.w.Stored(leader).Log.LastIndex() + 20; rounds > 0 && !d.stuck && !done(d.w) &&
		len(d.path) < 100_000; rounds-- {
		term := d.w.State(leader).CurrentTerm
		switch {
		case !d.deliverFitting(leader, follower, term) &&
			!d.deliver(leader, follower, term, "AppendEntries", "InstallSnapshot"):
			d.do(cluster.Heartbeat{Node: leader})
		case !done(d.w) && !d.deliver(follower, leader, max(term, d.w.Stored(follower).CurrentTerm),
			"AppendEntriesReply", "InstallSnapshotReply"):
			d.stuck = true // it was not even answered: the way back is cut
		}
	}
	d.stuck = d.stuck || !done(d.w)
}

// deliverFitting delivers an append that the follower will take entries from, if
// there is one: with pipelining, later ones are in flight that it would refuse.
func (d *director) deliverFitting(leader, follower raft.ID, term uint64) bool {
	log := &d.w.Stored(follower).Log
	return d.latest(func(f *cluster.Flight) bool {
		m, ok := f.Message.(*raft.AppendEntries)
		if !ok || f.From != leader || f.To != follower || m.Term != term || len(m.Entries) == 0 {
			return false
		}
		before, _ := log.Term(m.PrevLogIndex)
		t, held := log.Term(m.PrevLogIndex + uint64(len(m.Entries)))
		return before == m.PrevLogTerm && !(held && t == m.Entries[len(m.Entries)-1].Term)
	})
}
