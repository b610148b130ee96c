package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/execute"
	"raftlab/cluster/machine"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// scribe writes down every entry that was ever in a log, and applies what is
// committed to a state machine of its own, apart from the servers'. Whatever a
// client is told must be what that machine says at the index that it was told
// from, and that index no older than anything that a client knew before it asked.
type scribe struct {
	entries  map[[2]uint64]raft.Entry // by index and term
	states   []machine.Machine        // after each index
	results  []string
	terms    []uint64
	known    uint64            // the highest index that a client was answered from
	began    map[string]uint64 // known, when a client asked
	answered map[string]int    // by mode; "" is through the log
	stale    int               // local reads that were behind
}

func newScribe(kind string) *scribe {
	return &scribe{entries: map[[2]uint64]raft.Entry{}, states: []machine.Machine{machine.New(kind)}, results: []string{""},
		terms: []uint64{0}, began: map[string]uint64{}, answered: map[string]int{}}
}

// look is to be called after each action, with its events. trusted is the modes
// of reading whose answers must not be stale.
func (b *scribe) look(t fataler, w *World, events []event.Event, trusted map[string]bool) {
	t.Helper()
	for i := range events {
		b.write(w, &events[i])
	}
	for i := uint64(len(b.states)); i <= w.memory.Committed(); i++ {
		_, _, term, _ := w.memory.CommittedAt(i)
		e, ok := b.entries[[2]uint64{i, term}]
		if !ok {
			t.Fatalf("entry %d of term %d was committed, and never appended", i, term)
		}
		next, result, _ := execute.Entry(b.states[i-1], i, e)
		b.states, b.results, b.terms = append(b.states, next), append(b.results, result), append(b.terms, term)
	}
	for i := range events {
		e := events[i].View()
		switch events[i].What.(type) {
		case event.Requested, event.ReadBegun:
			if c := w.Client(e.Client); c == nil || c.Tries <= 1 { // a retry asks for what was asked before
				b.began[e.Client] = b.known
			}
		case event.Answered:
			b.check(t, w.Client(e.Client), &e, trusted)
		}
	}
}

// write notes what an event tells of entries: one that the action has appended
// may be under a snapshot by now.
func (b *scribe) write(w *World, e *event.Event) {
	note := func(index uint64, entry raft.Entry) {
		if k := [2]uint64{index, entry.Term}; b.entries[k] == (raft.Entry{}) {
			b.entries[k] = entry
		}
	}
	id := e.Node
	switch e := e.What.(type) {
	case event.Accepted:
		switch c := w.Client(e.Client); {
		case !c.InOrder:
			note(e.Last, raft.Entry{Term: e.Term, Data: c.Data})
		case e.Last == c.Index:
			note(e.Last, raft.Entry{Term: e.Term, Kind: raft.Numbered, Data: c.Data})
		case e.Last == c.Opened || e.Last == c.Opens:
			note(e.Last, raft.Entry{Term: e.Term, Kind: raft.Session, Data: machine.SessionName(c.Name)})
		}
	case event.MembersChanged:
		if n := w.State(id); n != nil && n.Role == raft.Leader {
			note(e.Index, raft.Entry{Term: n.CurrentTerm, Kind: raft.Config, Data: e.Members.String()})
		}
	case event.Delivered:
		if m, ok := e.Message.(*raft.AppendEntries); ok {
			for i, entry := range m.Entries {
				note(m.PrevLogIndex+1+uint64(i), entry)
			}
		}
	case event.Appended:
		l := &w.servers[id-1].disk.Written.Log
		for i := e.First; i <= e.Last; i++ {
			if i >= l.FirstIndex() {
				note(i, l.Entry(i))
			} else if i == e.Last { // a leader that is alone
				note(i, raft.Entry{Term: e.Term, Kind: raft.Noop})
			}
		}
	}
}

func (b *scribe) check(t fataler, c *clients.Client, e *event.View, trusted map[string]bool) {
	t.Helper()
	b.answered[c.Mode]++
	index, result := c.Index, ""
	if int(index) >= len(b.states) {
		t.Fatalf("#%d: %s was answered from %d, and %d is committed", e.Position, c.Name, index, len(b.states)-1)
	}
	if c.Mode == "" {
		result = b.results[index]
	} else {
		_, result = b.states[index].Apply(c.Command)
	}
	if e.Text != result {
		t.Fatalf("#%d: %s was told %q for %s at %d, want %q", e.Position, c.Name, e.Text, c.Data, index, result)
	}
	switch {
	case c.Mode != "" && !trusted[c.Mode]:
		if index < b.began[c.Name] {
			b.stale++
		}
		return
	case index < b.began[c.Name]:
		t.Fatalf("#%d: %s was answered %s (%s) from %d, but when it asked, %d was known", e.Position, c.Name, c.Data, c.Mode, index, b.began[c.Name])
	}
	b.known = max(b.known, index)
}

// hand does what a run consists of, with the faults of the network and of
// servers, changes of membership, transfers, snapshots and reads. It does
// nothing to a single clock or timer but what the clock bound allows: a server's
// clock runs ahead a tick at times.
func hand(w *World, r *rand.Rand, lastSkew *uint64) Action {
	id := func() raft.ID { return raft.ID(1 + r.IntN(w.Size())) }
	at := func() raft.ID { return raft.ID(r.IntN(w.Size()+1) * r.IntN(2)) }
	client := fmt.Sprintf("C%d", 1+r.IntN(4))
	message := func() uint64 {
		if f := inOrder(w); len(f) > 0 {
			return f[r.IntN(len(f))].ID
		}
		return 0
	}
	switch k := r.IntN(100); {
	case k < 40:
		return Advance{}
	case k < 52:
		return Request{Client: client, Data: randomCommandText(r.IntN), Via: at()}
	case k < 56:
		return Retry{client}
	case k < 70:
		return Read{Client: client, Key: string(rune('x' + r.IntN(3))), Mode: setting.ReadModes[1+r.IntN(3)], Via: at()}
	case k < 78:
		return changeMembers(w, r, id, at)
	case k < 80:
		return Transfer{id(), at()}
	case k < 82:
		return Snapshot{id()}
	case k < 83:
		return Kill{id()}
	case k < 87:
		return Restart{id()}
	case k < 88:
		return Partition{[]raft.Set{raft.SetOf(id(), id())}}
	case k < 89:
		return SetLinks{Cut: true, Links: []network.Link{{From: id(), To: id()}}}
	case k < 92:
		return Partition{}
	case k < 94:
		return Deliver{message()}
	case k < 95:
		return Duplicate{message()}
	case k < 96:
		return Delay{message(), 1 + r.IntN(60)}
	case k < 98:
		if w.clock >= *lastSkew+10 {
			*lastSkew = w.clock
			return Tick{id()}
		}
	}
	return DeliverNext{}
}

func changeMembers(w *World, r *rand.Rand, id, at func() raft.ID) Action {
	next := raft.ID(1 + r.IntN(min(w.Size()+1, 7)))
	if leader := w.Leader(); leader != 0 && r.IntN(3) == 0 {
		if learners := w.State(leader).Configuration.Learners; !learners.Empty() {
			return Promote{learners.Next(0), at()}
		}
	}
	switch r.IntN(6) {
	case 0:
		return AddServer{next, r.IntN(2) == 0, at()}
	case 1:
		return Promote{id(), at()}
	case 2:
		return RemoveServer{id(), at()}
	case 3:
		return Reconfigure{raft.SetOf(next, id(), id(), id()), at()}
	}
	return AddServer{next, true, at()}
}

// features is what a run may have on, in every mixture.
func features(r *rand.Rand) []string {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	return []string{
		"prevote", pick("on", "off"), "check-quorum", pick("on", "off"), "stickiness", pick("on", "off"), "reads", pick("log", "lease"),
		"sessions", pick("on", "off"), "snapshot-every", pick("off", "2", "10"), "pipeline", pick("on", "off"), "max-entries", pick("1", "off"),
		"latency", pick("1", "1..3", "1..12"), "loss", pick("0", "0.05"), "duplication", pick("0", "0.1"), "clock-bound", "5",
		"election-timeout", "20..40", "noop", pick("on", "on", "off"), "back-off", pick("linear", "conflict-term"),
	}
}

// tally is what happened in several runs.
type tally struct {
	*census
	answered, done map[string]int
	stale          int
}

// storm does random actions, looks at everything after each, and counts. Time
// passes in whole ticks, or the clocks would not run alike.
func storm(t *testing.T, w *World, actions int, all *tally, next func() Action, times func(Action) int) {
	t.Helper()
	l := &Listener{NoTicks: true}
	w.Listen(l)
	b, c := newScribe("kv"), newCensus()
	trusted := map[string]bool{"read-index": true, "lease": true}
	for range actions {
		a := next()
		_, time := a.(Advance)
		for n := times(a); n > 0 || time && w.MidTick(); n-- {
			if w.Apply(a) != nil {
				break
			}
			all.done[strings.TrimPrefix(fmt.Sprintf("%T", a), "cluster.")]++
			events, _ := l.Take()
			b.look(t, w, events, trusted)
			c.count(t, events)
			if len(w.Breaches()) > 0 {
				t.Fatalf("seed %d, #%d, %s: %+v", w.seed, w.position, a, w.Breaches())
			}
		}
	}
	checkWhole(t, w)
	all.add(c)
	all.stale += b.stale
	for mode, n := range b.answered {
		all.answered[mode] += n
	}
}

func newTally() *tally { return &tally{newCensus(), map[string]int{}, map[string]int{}, 0} }

func (all *tally) atLeast(t *testing.T, answered map[string]int, events map[event.Kind]int, done map[string]int) {
	t.Helper()
	for mode, want := range answered {
		if all.answered[mode] < want {
			t.Errorf("%d answers by %q, want %d", all.answered[mode], mode, want)
		}
	}
	for kind, want := range events {
		if all.events[kind] < want {
			t.Errorf("%d %s events, want %d", all.events[kind], kind, want)
		}
	}
	for kind, want := range done {
		if all.done[kind] < want {
			t.Errorf("%d %s done, want %d", all.done[kind], kind, want)
		}
	}
	if n := all.events[event.Corrupted{}.Kind()]; n > 0 {
		t.Errorf("%d messages that no correct server can have sent", n)
	}
}

// With everything on at once and everything failing, no invariant breaks, and
// every answer, by the log, by a read index, or by a lease while clocks differ
// by no more than the bound, is that of one state machine in the order in which
// things happened. Only local reads are stale.
func TestEverythingAtOnce(t *testing.T) {
	all := newTally()
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 10))
		w := newWorld(t, 3+2*int(seed%2), seed, features(r)...)
		lastSkew := uint64(0)
		storm(t, w, 1500, all, func() Action { return hand(w, r, &lastSkew) }, func(a Action) int { return howOften(a, r.IntN) })
	}
	t.Log(all.answered, "stale", all.stale, all.done, all.events)
	all.atLeast(t, map[string]int{"": 2000, "read-index": 500, "lease": 500, "local": 1000},
		map[event.Kind]int{
			event.Committed{}.Kind(): 5000, event.MembersChanged{}.Kind(): 3000, event.ServerAdded{}.Kind(): 100, event.TransferBegun{}.Kind(): 100, event.TransferOver{}.Kind(): 20, event.LeaseBegun{}.Kind(): 100, event.LeaseEnded{}.Kind(): 30,
			event.SnapshotTaken{}.Kind(): 1000, event.SnapshotLoaded{}.Kind(): 100, event.Crashed{}.Kind(): 200, event.Restarted{}.Kind(): 200, event.QuorumChecked{}.Kind(): 150, event.Abandoned{}.Kind(): 100, event.Truncated{}.Kind(): 20,
		},
		map[string]int{"AddServer": 100, "Promote": 40, "RemoveServer": 100, "Reconfigure": 50, "Transfer": 100, "Retry": 500})
	if all.stale == 0 {
		t.Error("no local read was stale: too little has happened")
	}
}

// coup is what a leader's lease must stand: the others talk, without it, until
// what they have is delivered, one of them is given a write if it leads by then,
// and the leader is asked.
func coup(leader, rival raft.ID, first ...Action) []Action {
	others := raft.SetOf(1, 2, 3).Without(leader)
	talk := slices.Repeat([]Action{DeliverNext{others}}, 8)
	all := append(first, Partition{[]raft.Set{raft.SetOf(leader)}})
	all = append(append(all, talk...), Request{Client: "C2", Data: "incr x", Via: rival})
	return append(append(all, talk...), Read{Client: "R3", Key: "x", Mode: "lease", Via: leader})
}

// opening is a coup where there is an opening: a rival that asks for votes while
// the leader still has its lease, or is told to by a transfer that was given up.
func opening(w *World) []Action {
	for _, m := range w.Flights() {
		leader := raft.ID(6) - m.From - m.To
		switch m.Message.(type) {
		case *raft.RequestVote:
			if n := w.State(leader); n != nil && n.Lease {
				return coup(leader, m.From, Kill{m.To}, Restart{m.To}, Deliver{m.ID})
			}
		case *raft.TimeoutNow:
			if n := w.State(m.From); n != nil && n.Lease {
				return coup(m.From, m.To, Deliver{m.ID})
			}
		}
	}
	return nil
}

// Leases under the faults that they must bear: leaders cut off while their
// lease lasts, voters that crash and come back at once, transfers that are given
// up and come to it late, settings that change. Everyone who believes that it
// leads is asked all the time, and nobody answers what is out of date.
func TestLeasesUnderFaults(t *testing.T) {
	all, coups := newTally(), 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 11))
		w := newWorld(t, 3, seed, "stickiness", "on", "clock-bound", "1", "election-timeout", "10..14", "heartbeat-interval", "3", "latency", "1..2",
			"noop", "on", "prevote", []string{"on", "off"}[seed%2])
		var soon []Action // what is to follow
		next := func() Action {
			if len(soon) > 0 {
				a := soon[0]
				soon = soon[1:]
				return a
			}
			leaders := w.Leaders()
			if c := opening(w); c != nil && r.IntN(2) == 0 {
				coups++
				soon = c[1:]
				return c[0]
			}
			switch k := r.IntN(100); {
			case k < 40 || len(leaders) == 0:
				return Advance{}
			case k < 70:
				return Read{Client: fmt.Sprintf("R%d", 1+r.IntN(2)), Key: "x", Mode: "lease", Via: leaders[r.IntN(len(leaders))]}
			case k < 88:
				return Request{Client: "C1", Data: "incr x", Via: w.Leader()}
			case k < 91: // the leader is cut off, and the others may talk
				soon = []Action{Advance{}}
				return Partition{[]raft.Set{raft.SetOf(w.Leader())}}
			case k < 93:
				return Partition{}
			case k < 95: // one voter does not hear it any more
				id := raft.ID(1 + r.IntN(3))
				return SetLinks{true, []network.Link{{From: w.Leader(), To: id}, {From: id, To: w.Leader()}}}
			case k < 96: // a voter crashes and is back at once
				id := raft.ID(1 + r.IntN(3))
				if id != w.Leader() {
					soon = []Action{Restart{id}}
					return Kill{id}
				}
			case k < 98:
				for _, m := range w.Flights() {
					if _, ok := m.Message.(*raft.TimeoutNow); ok {
						return Delay{m.ID, 1 + r.IntN(25)}
					}
				}
				return Transfer{Node: raft.ID(1 + r.IntN(3))}
			case k < 99:
				return Set{"election-timeout", []string{"10..14", "5..7", "20..28"}[r.IntN(3)]}
			}
			if f := inOrder(w); len(f) > 0 {
				return []Action{Duplicate{f[r.IntN(len(f))].ID}, Delay{f[r.IntN(len(f))].ID, 1 + r.IntN(25)}}[r.IntN(2)]
			}
			return Advance{}
		}
		storm(t, w, 2500, all, next, func(Action) int { return 1 })
	}
	t.Log(all.answered, coups, "coups", all.done, all.events)
	if coups < 30 {
		t.Errorf("%d coups were tried", coups)
	}
	all.atLeast(t, map[string]int{"": 500, "lease": 5000},
		map[event.Kind]int{event.LeaseBegun{}.Kind(): 500, event.LeaseEnded{}.Kind(): 300, event.Crashed{}.Kind(): 300, event.TransferOver{}.Kind(): 50}, map[string]int{"Transfer": 200, "Partition": 1000})
}
