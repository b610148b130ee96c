package cluster

import (
	"slices"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/execute"
	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// stateMachine replays everything that a server has applied on an empty state
// machine, and compares what comes of it with what the server has.
func (n *naive) stateMachine(w *World, s *server, was, now *naiveServer, broken map[string]bool) {
	if now.applied > now.commit {
		broken[invariants.StateMachineSafety] = true
	}
	if was.up && now.applied < was.applied {
		return // Monotony is broken
	}
	from := was.applied
	if now.given = was.given; !was.up || from < now.base {
		from, now.given = now.base, now.log[:now.base]
	}
	now.given = append(slices.Clip(now.given), now.log[from:min(now.applied, uint64(len(now.log)))]...)
	m := machine.New(w.kind)
	for i, e := range now.given {
		m, _, _ = execute.Entry(m, uint64(i)+1, e)
	}
	if m.Snapshot() != s.machine.Snapshot() {
		broken[invariants.StateMachineSafety] = true
	}
}

// naiveBooks is what the slow way keeps of configurations and matches: every
// loss of every disk, and every server that a leader ever added.
type naiveBooks struct {
	first  []raft.Configuration // of each server, when its disk was empty
	disks  []raft.Stable        // as they were last
	losses []naiveLoss
	added  []naiveAdded
	config []raft.Configuration
	time   int
}

type naiveLoss struct {
	id   raft.ID
	term uint64
	time int
}

type naiveAdded struct {
	leader, id raft.ID
	term       uint64
	time       int
}

func (b *naiveBooks) begin(w *World) {
	for i := len(b.disks); i < w.Size(); i++ {
		b.first = append(b.first, w.servers[i].disk.Written.Initial)
		b.disks = append(b.disks, w.servers[i].disk.Written)
		b.config = append(b.config, raft.Configuration{})
	}
}

func (b *naiveBooks) look(n *naive, w *World, was []naiveServer, events []event.Event, broken map[string]bool) {
	b.time++
	b.begin(w)
	for _, e := range events {
		id, wiped := e.Node, event.Is[event.Wiped](&e)
		if event.Is[event.Crashed](&e) || wiped {
			if old, now := &b.disks[id-1], &w.servers[id-1].disk.Written; wiped || !holdsAll(&now.Log, &old.Log) {
				b.losses = append(b.losses, naiveLoss{id, old.CurrentTerm, b.time})
			}
			if wiped {
				b.first[id-1] = w.servers[id-1].disk.Written.Initial
			}
		}
	}
	for i, s := range w.servers {
		b.disks[i] = s.disk.Written
		if !s.up() {
			continue
		}
		b.configuration(n, i, s, broken)
		now := &n.servers[i]
		if c := *s.state.Configuration; now.role == raft.Leader && was[i].role == raft.Leader && was[i].up && was[i].term == now.term {
			for id := range c.Members().Minus(b.config[i].Members()).All() {
				b.added = append(b.added, naiveAdded{s.id, id, now.term, b.time})
			}
		}
		b.config[i] = *s.state.Configuration
	}
	for _, l := range w.servers {
		for _, s := range w.servers {
			if l != s && l.up() && l.state.Role == raft.Leader && l.state.Configuration.Members().Has(s.id) && !b.honest(n, l, s) {
				broken[invariants.MatchHonest] = true
			}
		}
	}
}

// holdsAll tells whether a log has all that another had.
func holdsAll(now, old *raft.Log) bool {
	for i := old.FirstIndex(); i <= old.LastIndex(); i++ {
		t, ok := now.Term(i)
		if u, _ := old.Term(i); (!ok || t != u) && i >= now.FirstIndex() {
			return false
		}
	}
	return now.LastIndex() >= old.LastIndex()
}

// configuration looks for the last configuration entry, from the log's end on.
func (b *naiveBooks) configuration(n *naive, i int, s *server, broken map[string]bool) {
	l, snap := &s.state.Log, s.state.Snapshot
	want := b.first[i].String()
	if snap != nil {
		want = snap.Configuration.String()
	}
	at := l.LastIndex()
	for at >= l.FirstIndex() && l.Entry(at).Kind != raft.Config {
		at--
	}
	if at >= l.FirstIndex() {
		want = l.Entry(at).Data
	}
	if s.state.Configuration.String() != want {
		broken[invariants.Configuration] = true
	}
	if snap == nil || int(snap.Index) > len(n.committed) {
		return
	}
	for j := int(snap.Index) - 1; j >= 0; j-- {
		if e := n.committed[j]; e.Kind == raft.Config {
			if e.Data != snap.Configuration.String() {
				broken[invariants.Configuration] = true
			}
			return
		}
	}
}

// honest tells whether a server stores what a leader believes it to store.
func (b *naiveBooks) honest(n *naive, l, s *server) bool {
	term, match, disk := l.state.CurrentTerm, l.state.MatchIndex(s.id), &s.disk.Written.Log
	if n.servers[s.id-1].term > term {
		return true // it follows a later leader
	}
	lost, since := false, 0
	for _, x := range b.losses {
		if x.id == s.id {
			lost, since = lost || x.term >= term, x.time
		}
	}
	for _, a := range b.added {
		if a.leader == l.id && a.id == s.id && a.term == term && a.time > since {
			lost = false
		}
	}
	if lost || match < disk.FirstIndex() {
		return true
	}
	theirs, stored := disk.Term(match)
	mine, known := l.state.Log.Term(match)
	return stored && (!known || mine == theirs)
}

// A log that is another in memory than on disk gets to the disk by whatever is
// written next. That is when the disk holds less than its leader believes, though
// the log in memory is as it was. A World and both ways of a Bench see it, and a
// Bench says that it depends on the leader.
func TestMatchHonest_DiskFollowsMemory(t *testing.T) {
	truncate := func(l *raft.Log) { l.TruncateAfter(0) }
	vote := &raft.RequestVote{Term: 1, CandidateID: 1, LastLogIndex: 9, LastLogTerm: 1}
	fewer := &raft.AppendEntries{Term: 1, LeaderID: 1, Entries: []raft.Entry{{Term: 1, Kind: raft.Noop}}}
	for name, c := range map[string]struct {
		memory  func(l *raft.Log)
		message raft.Message
		breach  bool
		alone   bool // the disk holds no less than it did
	}{
		"a vote":           {truncate, vote, true, false},
		"fewer entries":    {truncate, fewer, true, false},
		"a longer log":     {func(l *raft.Log) { l.Append(raft.Entry{Term: 1}) }, vote, false, true},
		"the log as it is": {func(*raft.Log) {}, vote, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3, 1)
			do(t, w, Timeout{1})
			do(t, w, Drop{flying(t, w, "RequestVote", 1, 3).ID})
			settle(t, w)
			do(t, w, Request{"C1", "x=1", 1})
			settle(t, w)
			do(t, w, sabotage{3, func(_ *World, s *server) { c.memory(&s.state.Log) }})
			if match, n := w.servers[0].state.MatchIndex(3), len(w.Breaches()); match != 2 || n > 0 {
				t.Fatalf("matchIndex %d, %d breaches", match, n)
			}
			b, mail := NewBench(w), []raft.Envelope{{From: 1, To: 3, Message: c.message}}
			servers, rest := w.Parts()
			b.Put(servers, rest, mail)
			did, _ := b.Do(3, Deliver{1})
			b.Put(servers, rest, mail)
			again, ok := did, true
			if !did.Alone {
				again, ok = b.Again(3, Deliver{1}, did.Server, did.Deed)
			}
			receive := raft.Receive(mail[0])
			here := w.Clone()
			do(t, here, sabotage{3, func(w *World, _ *server) { _ = w.input(3, receive) }})
			for what, got := range map[string]*invariants.Breach{"World": here.Harm(0), "Do": did.Breach, "Again": again.Breach} {
				if (got != nil) != c.breach || got != nil && got.Property != invariants.MatchHonest {
					t.Errorf("%s: %+v", what, got)
				}
			}
			if !ok {
				t.Error("Again is not sure")
			}
			do(t, w, Kill{1})
			servers, rest = w.Parts()
			b.Put(servers, rest, mail)
			if did, _ := b.Do(3, Deliver{1}); did.Alone != c.alone {
				t.Errorf("alone: %t", did.Alone)
			}
		})
	}
}
