package invariants_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "raftlab/cluster/invariants"
	"raftlab/raft"
)

// world is a cluster of servers whose states are made by hand. Each look is
// one position. Every look at it is one at its twin too, where servers change
// their logs in place, as real ones do; here each log is written anew. Both must
// see the same.
type world struct {
	t        *testing.T
	memory   Memory
	seen     []Seen
	disks    []raft.Log
	matches  map[[2]raft.ID]uint64
	told     map[[2]raft.ID]uint64 // those of the last look
	machines []machine
	position uint64
	breaches []Breach
	twin     *world // nil: it is the twin
}

// machine is what a server's state machine was given last, and where it stands.
type machine struct {
	applied, state uint64
	up             bool
}

func newWorld(t *testing.T, servers int) *world {
	w := newTwin(t, servers)
	w.twin = newTwin(t, servers)
	w.twin.matches = w.matches
	return w
}

func newTwin(t *testing.T, servers int) *world {
	return &world{t: t, seen: make([]Seen, servers), disks: make([]raft.Log, servers), machines: make([]machine, servers), matches: map[[2]raft.ID]uint64{}, told: map[[2]raft.ID]uint64{}}
}

func (w *world) Servers() int                    { return len(w.seen) }
func (w *world) Seen(id raft.ID) *Seen           { return &w.seen[id-1] }
func (w *world) Disk(id raft.ID) *raft.Log       { return &w.disks[id-1] }
func (w *world) Match(leader, id raft.ID) uint64 { return w.matches[[2]raft.ID{leader, id}] }
func (w *world) Breached(b Breach)               { w.breaches = append(w.breaches, b) }

func (w *world) watch() *Watch {
	return &Watch{Memory: &w.memory, Cluster: w, Position: w.position}
}

// copied is a copy as a World's Clone makes it: of values, storage shared.
func (w *world) copied() *world {
	c := *w
	if w.twin != nil {
		c.twin = w.twin.copied()
	}
	c.told = maps.Clone(w.told)
	c.seen, c.disks, c.breaches, c.machines = slices.Clone(w.seen), slices.Clone(w.disks), slices.Clone(w.breaches), slices.Clone(w.machines)
	return &c
}

// look shows the watch a server: its name, role and term, commitIndex and log,
// as in "S1 leader t2 c1 | 1:a 2:b". A log that begins "3/2" is compacted up to
// index 3, term 2. "S1 down" is a dead server.
func (w *world) look(text string) {
	w.t.Helper()
	w.lookAs(text, nil)
}

// lookAs is look at a state that is no longer what the text says.
func (w *world) lookAs(text string, change func(*State)) {
	w.t.Helper()
	defer w.same(len(w.breaches), func(twin *world) { twin.lookAs(text, change) })
	w.position++
	s := state(w.t, text)
	if s.Up && w.twin == nil {
		s.Log = inPlace(w.disks[s.ID-1], s.Log)
	}
	w.feed(&s)
	if change != nil {
		change(&s)
	}
	if s.Up {
		w.disks[s.ID-1] = *s.Log
	}
	var matched raft.Set
	for link, match := range w.matches {
		if link[0] == s.ID && match != w.told[link] {
			matched = matched.With(link[1])
			w.told[link] = match
		}
	}
	watch := w.watch()
	short, seen := w.twin == nil, w.Seen(s.ID) // as the cluster looks, where little has changed
	if !short || !s.Up || len(s.Handed) > 0 || !seen.Still(s.Role, s.Term, s.Commit, s.Applied, s.Log, s.Machine, s.Config) {
		watch.Check(seen, &s)
	}
	if s.Up && s.Role == raft.Leader {
		watch.Raised(s.ID, seen, matched, short)
	}
	watch.CheckMatches()
}

// same does what was done here to the twin, and wants the same breaches.
func (w *world) same(before int, do func(twin *world)) {
	w.t.Helper()
	if w.twin == nil {
		return
	}
	w.twin.position, w.twin.breaches = w.position-1, nil
	do(w.twin)
	if !slices.EqualFunc(w.breaches[before:], w.twin.breaches, func(a, b Breach) bool {
		return a.Text == b.Text && a.Property == b.Property && slices.Equal(a.Causes, b.Causes)
	}) {
		w.t.Errorf("breaches\n  %+v\nand where logs change in place\n  %+v", w.breaches[before:], w.twin.breaches)
	}
}

// inPlace is the new log, made from the old one as a server makes it: what both
// hold stays where it is.
func inPlace(old raft.Log, now *raft.Log) *raft.Log {
	base, last := now.FirstIndex()-1, min(old.LastIndex(), now.LastIndex())
	if term, known := old.Term(base); !known || base > 0 && term != must(now.Term(base)) {
		return now
	}
	kept := base
	for kept < last && old.Entry(kept+1) == now.Entry(kept+1) {
		kept++
	}
	if kept < old.LastIndex() {
		old.TruncateAfter(kept)
	}
	old.CompactTo(base, must(now.Term(base)))
	for i := kept + 1; i <= now.LastIndex(); i++ {
		old.Append(now.Entry(i))
	}
	return &old
}

func must(term uint64, _ bool) uint64 { return term }

// feed gives a state machine what has newly been applied, as a server should.
func (w *world) feed(s *State) {
	m := &w.machines[s.ID-1]
	if !s.Up {
		*m = machine{}
		return
	}
	base := s.Log.FirstIndex() - 1
	if !m.up || m.applied < base {
		*m = machine{applied: base, up: true, state: stateAt(base)}
	}
	for i := m.applied + 1; i <= s.Applied && i <= s.Log.LastIndex(); i++ {
		m.applied, m.state = i, stateAt(i)
		s.Handed = append(s.Handed, Handed{To: s.ID, Index: i, Entry: s.Log.At(i), Machine: m.state})
	}
	s.Applied = min(s.Applied, s.Log.LastIndex())
	s.Machine = m.state
}

// stateAt is the state of a machine in which each entry makes another one.
func stateAt(index uint64) uint64 { return Mix(7, index) }

func (w *world) lookAll(texts ...string) {
	w.t.Helper()
	for _, s := range texts {
		w.look(s)
	}
}

// acknowledge tells the watch that a client was answered.
func (w *world) acknowledge(index, term uint64) {
	w.t.Helper()
	defer w.same(len(w.breaches), func(twin *world) { twin.acknowledge(index, term) })
	w.position++
	w.watch().Acknowledged(index, term)
}

// lost tells the watch what a disk has lost.
func (w *world) lost(id raft.ID, term uint64, empty bool) {
	w.watch().Lost(id, term, empty)
	if w.twin != nil {
		w.twin.watch().Lost(id, term, empty)
	}
}

// checkDisks shows the watch what the disks hold.
func (w *world) checkDisks(logs ...string) {
	w.t.Helper()
	defer w.same(len(w.breaches), func(twin *world) { twin.checkDisks(logs...) })
	w.position++
	for i, text := range logs {
		w.disks[i] = logOf(w.t, text)
	}
	w.watch().CheckDisks()
}

func state(t *testing.T, text string) State {
	t.Helper()
	head, log, _ := strings.Cut(text, "|")
	s := State{Up: true, Config: &raft.Configuration{}}
	for i, word := range strings.Fields(head) {
		n, err := strconv.ParseUint(strings.TrimLeft(word, "Stca"), 10, 64)
		switch {
		case word == "down":
			return State{ID: s.ID}
		case word == "leader":
			s.Role = raft.Leader
		case word == "candidate":
			s.Role = raft.Candidate
		case err != nil:
			t.Fatalf("%q in %q", word, text)
		case i == 0:
			s.ID = raft.ID(n)
		case word[0] == 't':
			s.Term = n
		case word[0] == 'c':
			s.Commit, s.Applied = n, n
		case word[0] == 'a':
			s.Applied = n
		}
	}
	l := logOf(t, log)
	s.Log = &l
	return s
}

// logOf is a log with storage of its own. 1:cS1,S2 is a configuration entry.
func logOf(t *testing.T, text string) (l raft.Log) {
	t.Helper()
	for _, word := range strings.Fields(text) {
		if index, term, ok := strings.Cut(word, "/"); ok {
			l.CompactTo(number(t, index), number(t, term))
			continue
		}
		term, data, _ := strings.Cut(word, ":")
		e := raft.Entry{Term: number(t, term), Data: data}
		if voters, ok := strings.CutPrefix(data, "c"); ok && voters != "" {
			e.Kind, e.Data = raft.Config, strings.ReplaceAll(voters, ",", " ")
		}
		l.Append(e)
	}
	return l
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// want demands these breaches and no others: property, nodes, index, term,
// position and causes.
func (w *world) want(breaches ...string) {
	w.t.Helper()
	got := []string{}
	for _, b := range w.breaches {
		if b.Text == "" || b.Text != strings.TrimSpace(b.Text) || strings.Contains(b.Text, "%!") {
			w.t.Errorf("no sentence: %q", b.Text)
		}
		got = append(got, fmt.Sprintf("%s %v i%d t%d at %d because of %v", b.Property, b.Nodes, b.Index, b.Term, b.Position, b.Causes))
	}
	if !slices.Equal(got, breaches) {
		w.t.Errorf("breaches\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(breaches, "\n  "))
	}
}

// wantFirst demands that the first breach begins so, wantOne that one does, and
// wantNo that none does.
func (w *world) wantFirst(begins string) {
	w.t.Helper()
	if len(w.breaches) == 0 || !strings.HasPrefix(short(w.breaches[0]), begins) {
		w.t.Errorf("breaches %+v, want %s", w.breaches, begins)
	}
}

func (w *world) wantOne(begins string) {
	w.t.Helper()
	if !slices.ContainsFunc(w.breaches, func(b Breach) bool { return strings.HasPrefix(short(b), begins) }) {
		w.t.Errorf("breaches %+v, want %s", w.breaches, begins)
	}
}

func (w *world) wantNo(begins string) {
	w.t.Helper()
	if slices.ContainsFunc(w.breaches, func(b Breach) bool { return strings.HasPrefix(short(b), begins) }) {
		w.t.Errorf("breaches %+v, want none of %s", w.breaches, begins)
	}
}

func short(b Breach) string { return fmt.Sprintf("%s %v i%d", b.Property, b.Nodes, b.Index) }
