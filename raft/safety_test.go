package raft_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

// chooser is where random choices come from: rapid, which shrinks them, or a
// generator with a fixed seed.
type chooser interface{ below(n int) int }

type rapidChooser struct{ t *rapid.T }

func (c rapidChooser) below(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

type seeded struct{ *rand.Rand }

func (c seeded) below(n int) int { return c.IntN(n) }

// checker looks at the servers after each step, and knows nothing of how the
// core works: the properties of Figure 3.
type checker struct {
	w         *world
	leaders   map[uint64]raft.ID // by term
	led       map[raft.ID]leadership
	committed []string // what was ever committed, from index 1
	since     []uint64 // the lowest term in which it was known to be
	before    map[raft.ID][3]uint64
	asked     map[uint64]int // reads by number: how much was committed when they began
	answered  int            // reads
	configs   map[string]bool
}

func newChecker(w *world) *checker {
	return &checker{w: w, leaders: map[uint64]raft.ID{}, led: map[raft.ID]leadership{}, before: map[raft.ID][3]uint64{},
		asked: map[uint64]int{}, configs: map[string]bool{}}
}

func (c *checker) check() {
	c.w.t.Helper()
	for _, id := range c.w.ids {
		if s := c.w.s[id]; !c.w.down.Has(id) {
			c.monotony(s)
			c.commits(s)
		} else {
			delete(c.before, id)
		}
	}
	for _, id := range c.w.ids {
		if s := c.w.s[id]; !c.w.down.Has(id) && s.Role == raft.Leader {
			c.election(s)
			c.completeness(s)
		} else {
			delete(c.led, id)
		}
	}
	c.matching()
	c.reads()
}

// reads: whatever was committed when a read began is in what it is answered
// from (§8). A lease is the driver's word, and not looked at here.
func (c *checker) reads() {
	c.w.t.Helper()
	for _, id := range c.w.ids {
		s := c.w.s[id]
		for _, r := range s.reads {
			began, known := c.asked[r.Number]
			if known && !r.Failed {
				c.answered++
				if r.Index < uint64(began) {
					c.w.t.Fatalf("%s answers read %d from index %d on, but %d was committed when it began", id, r.Number, r.Index, began)
				}
			}
		}
		s.reads = nil
		c.configs[s.Configuration.String()] = true
	}
}

// monotony: term, commitIndex and lastApplied never go back while a server is up.
func (c *checker) monotony(s *server) {
	c.w.t.Helper()
	now := [3]uint64{s.CurrentTerm, s.CommitIndex, s.LastApplied}
	for i, was := range c.before[s.ID] {
		if now[i] < was {
			c.w.t.Fatalf("%s went back from %v to %v", s.ID, c.before[s.ID], now)
		}
	}
	c.before[s.ID] = now
}

// election: at most one leader in a term (Election Safety), and its log only
// grows (Leader Append-Only).
func (c *checker) election(s *server) {
	c.w.t.Helper()
	if other, ok := c.leaders[s.CurrentTerm]; ok && other != s.ID {
		c.w.t.Fatalf("%s and %s both led term %d", other, s.ID, s.CurrentTerm)
	}
	c.leaders[s.CurrentTerm] = s.ID
	now := leadership{term: s.CurrentTerm}
	for i := uint64(1); i <= s.Log.LastIndex(); i++ {
		now.log = append(now.log, wordAt(s, i))
	}
	was := c.led[s.ID]
	if was.term == now.term && !slices.Equal(was.log, now.log[:min(len(was.log), len(now.log))]) {
		c.w.t.Fatalf("leader %s changed its log from %q to %q", s.ID, was.log, now.log)
	}
	c.led[s.ID] = now
}

// leadership is a leader's term and log.
type leadership struct {
	term uint64
	log  []string
}

// wordAt is the entry at an index, also where a snapshot has replaced it.
func wordAt(s *server, index uint64) string {
	if index < s.Log.FirstIndex() {
		return s.applied[index-1]
	}
	return word(s.Log.Entry(index))
}

// commits: what is committed, or applied, at an index is the same everywhere
// and always (State Machine Safety).
func (c *checker) commits(s *server) {
	c.w.t.Helper()
	for i := uint64(1); i <= s.CommitIndex; i++ {
		w := wordAt(s, i)
		if int(i) > len(c.committed) {
			c.committed, c.since = append(c.committed, w), append(c.since, s.CurrentTerm)
		}
		c.since[i-1] = min(c.since[i-1], s.CurrentTerm)
		if c.committed[i-1] != w || s.applied[i-1] != w {
			c.w.t.Fatalf("%s has %q committed at %d, applied %q; it was %q", s.ID, w, i, s.applied[i-1], c.committed[i-1])
		}
	}
}

// completeness: a leader has all that was committed in earlier terms (Leader
// Completeness).
func (c *checker) completeness(s *server) {
	c.w.t.Helper()
	for i, w := range c.committed {
		if c.since[i] <= s.CurrentTerm && (uint64(i) >= s.Log.LastIndex() || wordAt(s, uint64(i+1)) != w) {
			c.w.t.Fatalf("%s leads term %d without entry %d, %q, committed in term %d; its log is %q", s.ID, s.CurrentTerm, i+1, w, c.since[i], logText(&s.Log))
		}
	}
}

// matching: two logs with an entry of the same index and term agree up to
// there (Log Matching). Disks count as well as servers.
func (c *checker) matching() {
	c.w.t.Helper()
	for i, a := range c.w.ids {
		for _, b := range c.w.ids[i+1:] {
			l, m := &c.w.s[a].disk.Log, &c.w.s[b].disk.Log
			same := false
			for index := min(l.LastIndex(), m.LastIndex()); index >= max(l.FirstIndex(), m.FirstIndex()); index-- {
				x, y := l.Entry(index), m.Entry(index)
				same = same || x.Term == y.Term
				if same && x != y {
					c.w.t.Fatalf("%s and %s agree further on, but at %d they hold %q and %q", a, b, index, word(x), word(y))
				}
			}
		}
	}
}

// wander lets random things happen: deliveries in any order, duplicates,
// losses, timers at any time, proposals, snapshots, membership changes,
// transfers, reads, crashes. faults tells whether servers crash and messages
// are lost.
func wander(w *world, r chooser, steps int, faults bool) *checker {
	w.t.Helper()
	c := newChecker(w)
	for step := range steps {
		c.random(r, step, faults)
		c.check()
	}
	return c
}

// random is one random thing.
func (c *checker) random(r chooser, step int, faults bool) {
	c.w.t.Helper()
	if r.below(8) > 0 {
		c.w.random(r, step, faults)
		return
	}
	s := c.w.s[c.w.ids[r.below(len(c.w.ids))]]
	if leader := c.w.s[max(c.w.leading(), 1)]; r.below(3) > 0 {
		s = leader
	}
	if c.w.down.Has(s.ID) {
		return
	}
	number := uint64(step)
	switch what := r.below(10); what {
	case 0, 1, 2, 3:
		byLease := what == 0
		if !byLease {
			c.asked[number] = len(c.committed)
		}
		c.w.try(s.input(raft.Read(number, byLease)))
	case 4:
		s.must(raft.LeaseGranted())
	case 5:
		s.must(raft.LeaseExpired())
	default:
		c.w.randomChange(r, s)
	}
}

// try posts what an input sends, unless it was refused.
func (w *world) try(out []raft.Envelope, err error) {
	if err == nil {
		w.post(out)
	}
}

// randomChange is a change of who takes part, or of who leads.
func (w *world) randomChange(r chooser, s *server) {
	w.t.Helper()
	id := func() raft.ID { return w.ids[r.below(len(w.ids))] }
	switch r.below(8) {
	case 0:
		w.try(s.add(id()))
	case 1:
		w.try(s.learn(id()))
	case 2:
		w.try(s.promote(id()))
	case 3:
		w.try(s.remove(id()))
	case 4, 5:
		w.try(s.reconfigure(id(), id(), id()))
	case 6:
		w.try(s.transfer(id()))
	case 7:
		s.must(raft.TransferTimeout())
	}
}

// leading is who leads the highest term, or 0.
func (w *world) leading() raft.ID {
	best := raft.ID(0)
	for _, id := range w.ids {
		if s := w.s[id]; !w.down.Has(id) && s.Role == raft.Leader && (best == 0 || s.CurrentTerm > w.s[best].CurrentTerm) {
			best = id
		}
	}
	return best
}

func (w *world) random(r chooser, step int, faults bool) {
	w.t.Helper()
	id := w.ids[r.below(len(w.ids))]
	s := w.s[id]
	if w.down.Has(id) {
		if r.below(3) == 0 {
			w.restart(id)
		}
		return
	}
	leads, what := s.Role == raft.Leader, r.below(100)
	switch {
	case what < 70 && len(w.mail) > 0:
		w.randomDelivery(r)
	case what < 78 && leads && s.Transferee == 0:
		w.post(s.propose(fmt.Sprint(step)))
	case what >= 78 && what < 84 && leads:
		w.post(s.beat())
	case what >= 84 && what < 86 && !leads, what < 70 && len(w.mail) == 0 && r.below(4) == 0:
		w.try(s.input(raft.ElectionTimeout()))
	case what == 86 && leads && r.below(3) == 0:
		s.must(raft.CheckQuorum())
	case what == 87:
		s.must(raft.MinimumElectionTimeout())
	case what < 91 && s.LastApplied >= s.Log.FirstIndex():
		if index := s.Log.FirstIndex() + uint64(r.below(int(s.LastApplied-s.Log.FirstIndex()+1))); s.mayCompact(index) {
			s.compact(index)
		}
	case what == 91 && faults && w.down.Len() < len(w.ids)-1:
		w.crash(id)
	case what == 92 && faults && len(w.mail) > 0:
		k := r.below(len(w.mail))
		w.mail = slices.Delete(w.mail, k, k+1)
	case what == 93 && faults:
		w.cut(id, w.ids[r.below(len(w.ids))])
	case what > 93:
		w.heal()
	}
}

// randomDelivery mostly takes the oldest message, at times any; some arrive
// and stay in flight, to arrive again.
func (w *world) randomDelivery(r chooser) {
	w.t.Helper()
	k := 0
	if r.below(3) == 0 {
		k = r.below(len(w.mail))
	}
	if r.below(6) == 0 {
		w.mail = append(w.mail, w.mail[k])
	}
	w.deliver(k)
	if len(w.mail) > 60 { // what is very old at last goes
		w.mail = slices.Delete(w.mail, 0, 20)
	}
}

func randomOptions(r chooser) raft.Options {
	flag := func() bool { return r.below(2) == 0 }
	o := raft.Options{
		NoOp: flag(), ConflictTerm: flag(), Pipeline: flag(), PreVote: r.below(4) == 0, StickyFollower: r.below(4) == 0,
		Window: r.below(3), MaxEntries: r.below(3), MaxBytes: r.below(2) * 3, Lease: r.below(4) == 0,
	}
	o.StickyFollower = o.StickyFollower || o.Lease // New refuses the one without the other
	if !o.Pipeline {
		o.Window = 0
	}
	return o
}

// The properties of Figure 3 hold whatever is lost, late, duplicated or
// crashes, with any options.
func TestSafety(t *testing.T) {
	for _, n := range []int{3, 5} {
		t.Run(fmt.Sprint(n, " servers"), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				r := rapidChooser{t}
				wander(newWorldAndSpare(t, n, 2, randomOptions(r)), r, 250, true)
			})
		})
	}
}

// §5.4.3, §5.6: whatever has happened, once all servers are up and messages
// arrive, a leader is elected, it commits, and all follow.
func TestRecovery(t *testing.T) {
	for _, n := range []int{3, 5} {
		t.Run(fmt.Sprint(n, " servers"), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				r := rapidChooser{t}
				w := newWorldAndSpare(t, n, 2, randomOptions(r))
				c := wander(w, r, 120, true)
				w.recover()
				c.check()
			})
		})
	}
}

// recover mends everything, and lets one server after another time out until
// one leads, nothing is under way any more, and its entry is everywhere.
func (w *world) recover() {
	w.t.Helper()
	w.heal()
	for id := range w.down.All() {
		w.restart(id)
	}
	w.settle()
	for _, s := range w.s {
		s.must(raft.TransferTimeout())
	}
	s := w.finish(w.ids...)
	w.propose(s.ID, "after all")
	w.beat(s.ID)
	want(w.t, "the last word", s.applied[len(s.applied)-1], fmt.Sprintf("%d:command:after all", s.CurrentTerm))
	want(w.t, "the members agree", w.membersAgree(s), true)
}

// §5.5: messages duplicated, reordered, or late by many terms never break P10,
// P19 and P26, nor anything else of Figure 3.
func TestS4_AnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapidChooser{t}
		opts := randomOptions(r)
		opts.PreVote, opts.StickyFollower, opts.Lease = false, false, false
		w := newWorldAndSpare(t, 3, 1, opts)
		c := newChecker(w)
		var old []raft.Envelope // all that was ever sent
		for step := range 150 {
			sent := len(w.mail)
			switch {
			case len(old) > 0 && r.below(4) == 0:
				w.mail = append(w.mail, old[r.below(len(old))])
				w.deliver(len(w.mail) - 1)
			default:
				c.random(r, step, false)
			}
			if len(w.mail) > sent {
				old = append(old, w.mail[sent:]...)
			}
			c.check()
		}
	})
}

// Among wanderers every rule is consulted, and answers yes and no, but for
// those that only ever say what was done.
func TestRulesAreConsulted(t *testing.T) {
	always := map[*raft.Rule]bool{
		raft.ElectionTimeoutRule: true, raft.AppendFromLeader: true, raft.BackOff: true, raft.PreVoteFirst: true,
		raft.OneServerAtATime: true, // no input can say more
		raft.AppendCommand:    true, raft.AppendNew: true, raft.ApplyCommitted: true, raft.ConfigurationInForce: true,
		raft.SnapshotOfApplied: true, raft.TransferElection: true,
	}
	seen, committed, answered, configs := map[*raft.Rule][2]bool{}, 0, 0, map[string]bool{}
	for seed := range uint64(30) {
		r := seeded{rand.New(rand.NewPCG(seed, 1))}
		w := newWorldAndSpare(t, 3+2*int(seed%2), 2, randomOptions(r))
		for _, s := range w.s {
			s.seen = seen
		}
		c := wander(w, r, 1500, true)
		committed, answered = committed+len(c.committed), answered+c.answered
		maps.Copy(configs, c.configs)
	}
	t.Logf("%d entries, %d reads, %d configurations", committed, answered, len(configs))
	if committed < 500 || answered < 100 || len(configs) < 50 {
		t.Errorf("%d entries were committed, %d reads answered, %d configurations in force: hardly a test", committed, answered, len(configs))
	}
	for _, rule := range raft.Rules() {
		if !seen[rule][1] {
			t.Errorf("%s never held; let wanderers do what consults it", rule.ID)
		}
		if seen[rule][0] == always[rule] {
			t.Errorf("%s did not hold: %v, want %v", rule.ID, seen[rule][0], !always[rule])
		}
	}
}

// edge is a change of role.
type edge struct{ from, to raft.Role }

// Figure 4: no other changes of role than those allowed, whatever arrives, and
// each for its reason.
func TestFigure4_Transitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { watchRoles(t, rapidChooser{t}, map[edge]bool{}) })
	seen := map[edge]bool{}
	for seed := range uint64(200) {
		watchRoles(t, seeded{rand.New(rand.NewPCG(seed, 4))}, seen)
	}
	const f, p, c, l = raft.Follower, raft.PreCandidate, raft.Candidate, raft.Leader
	for _, e := range []edge{{f, c}, {f, p}, {f, l}, {p, c}, {p, f}, {c, p}, {c, l}, {c, f}, {l, f}} {
		if !seen[e] {
			t.Errorf("%s to %s was never seen", e.from, e.to)
		}
	}
}

// watchRoles gives a server random inputs. A server alone wins in the input
// that starts its election.
func watchRoles(t failer, r chooser, seen map[edge]bool) {
	t.Helper()
	const f, p, c, l = raft.Follower, raft.PreCandidate, raft.Candidate, raft.Leader
	opts := randomOptions(r)
	s := start(t, 1, opts, stable(1+2*r.below(2), 1, 0, 1))
	for range 60 {
		from, term := s.Role, s.CurrentTerm
		timer, m := randomInput(r, s)
		to := s.Role
		if from == to {
			continue
		}
		seen[edge{from, to}] = true
		newTerm := m != nil && m.MessageTerm() > term
		ok := false
		switch (edge{from, to}) {
		case edge{f, c}:
			ok = timer && !opts.PreVote
		case edge{f, p}, edge{c, p}: // a candidate that timed out asks anew before the next term
			ok = timer && opts.PreVote
		case edge{p, c}, edge{c, l}:
			ok = isGrant(m)
		case edge{f, l}:
			ok = timer && s.Configuration.Voters.Len() == 1
		case edge{c, f}, edge{p, f}:
			ok = newTerm || fromLeader(m)
		case edge{l, f}:
			ok = newTerm || m == nil && !timer // CheckQuorum
		}
		if !ok {
			t.Fatalf("%s became %s in term %d by %T %+v (timer: %v)", from, to, s.CurrentTerm, m, m, timer)
		}
		if to == c && s.CurrentTerm != term+1 {
			t.Fatalf("an election took the term from %d to %d", term, s.CurrentTerm)
		}
	}
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

func fromLeader(m raft.Message) bool {
	switch m.(type) {
	case *raft.AppendEntries, *raft.InstallSnapshot:
		return true
	}
	return false
}

// randomInput gives the server any input, sense or nonsense. An error must
// leave it as it was.
func randomInput(r chooser, s *server) (timer bool, m raft.Message) {
	s.t.Helper()
	before := fingerprint(s.Node)
	give := func(in raft.Input) {
		s.t.Helper()
		if out, err := s.input(in); err != nil && (fingerprint(s.Node) != before || len(out) > 0 || s.o.Save.Any()) {
			s.t.Fatalf("%v, but it changed:\n%s\n%s", err, before, fingerprint(s.Node))
		}
	}
	switch r.below(8) {
	case 0, 1:
		give(raft.ElectionTimeout())
		return true, nil
	case 2:
		give(raft.CheckQuorum())
	case 3:
		give(raft.Propose("x"))
	default:
		m = randomMessage(r, s)
		give(raft.Receive(raft.Envelope{From: raft.ID(2 + r.below(3)), To: 1, Message: m}))
	}
	return false, m
}

func randomMessage(r chooser, s *server) raft.Message {
	term := uint64(max(0, int(s.CurrentTerm)+r.below(5)-2))
	index, entryTerm, yes := uint64(r.below(5)), uint64(r.below(int(term)+2)), r.below(3) > 0
	switch r.below(8) {
	case 0:
		return &raft.RequestVote{Term: term, CandidateID: 2, LastLogIndex: index, LastLogTerm: entryTerm}
	case 1, 2:
		return &raft.RequestVoteReply{Term: term, VoteGranted: yes}
	case 3:
		return &raft.AppendEntries{Term: term, LeaderID: 2, PrevLogIndex: index, PrevLogTerm: entryTerm, LeaderCommit: uint64(r.below(4)),
			Entries: entries(index, []uint64{entryTerm, term, term}[:r.below(4)]...)}
	case 4:
		return &raft.AppendEntriesReply{Term: term, Success: yes, MatchIndex: index, PrevLogIndex: index, ConflictIndex: uint64(r.below(4))}
	case 5:
		return &raft.InstallSnapshot{Term: term, LeaderID: 2, Snapshot: &raft.Snapshot{
			Index: index, Term: min(max(entryTerm, 1), term), Configuration: *s.Configuration, Data: snapshotData(make([]string, index))}}
	case 6:
		return &raft.PreVote{Term: term, CandidateID: 2, LastLogIndex: index, LastLogTerm: entryTerm}
	}
	return &raft.PreVoteReply{Term: s.CurrentTerm + 1, VoteGranted: yes}
}
