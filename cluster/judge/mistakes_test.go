package judge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// mistake is one that a judged server makes, and the rules under which it is told.
type mistake struct {
	name      string
	says      string
	rules     []*raft.Rule // a step that makes it departs first from one of them
	setup     []string     // settings without which it does not show
	nodes     int
	variant   *variant // nil: the bug of the catalogue of that name
	can       judge.Can
	snapshots bool   // servers take snapshots, and are told to transfer leadership, too
	members   bool   // it needs changes of the membership, which servers of raftlab's own make
	first     script // what is done first, in place of anything random; nil: nothing
	once      bool   // what comes after it is of no use
	telling   bool   // it shows only where votes and matchIndex are told
	some      string // which steps that make it are not told; "": none
	unseen    string // why no view can show it; "": one does
}

// seen is what came of a mistake in random steps.
type seen struct {
	steps, errs, told int
	rules             map[string]int
	kinds             map[judge.Kind]int
	blamed, unnamed   string // a step that was told and was right, one that was not told and was wrong
}

// play has servers make the mistake in random steps.
func (m *mistake) play(t *testing.T, steps int, tells bool) *seen {
	t.Helper()
	c := &seen{rules: map[string]int{}, kinds: map[judge.Kind]int{}}
	for seed := uint64(1); c.steps < steps || c.told == 0 && m.unseen == "" && (tells || !m.telling) && c.steps < 20*steps; seed++ {
		p := &judged{votes: tells, match: tells, twin: true, variant: m.variant, judge: judge.Judge{Can: m.can}}
		if m.variant == nil {
			bug := rules.FindBug(m.name).Bit
			p.vary = func(o *raft.Options) { o.Mutants, o.Naive = bug, true }
		}
		n := max(m.nodes, 3)
		who := everyone(n)
		if m.members {
			who = raft.SetOf(1, 2)
		}
		w, err := mixture(p, n, seed, who, append([]string{"noop", "off", "back-off", "linear"}, m.setup...)...)
		if err != nil {
			t.Fatal(err)
		}
		var l trail
		p.told = func(s *server, in raft.Input, r *judge.Report, found []judge.Departure) {
			l.add(in, *s.State())
			c.note(s, found, &l)
		}
		r := &wanderer{Rand: rand.New(rand.NewPCG(seed, 7)), judged: who, members: m.members, beyond: m.snapshots}
		told := c.told
		if m.first != nil && seed == 1 {
			m.first(scene{t, w})
		}
		for idle := 0; p.steps < 600 && idle < 20_000 && (!m.once || c.told == told); idle++ {
			if a := r.next(w); a != nil {
				_ = w.Apply(a)
			}
		}
		c.steps += max(p.steps, 1)
	}
	return c
}

func (c *seen) note(s *server, found []judge.Departure, l *trail) {
	if s.errs {
		c.errs++
	}
	if len(found) == 0 {
		if s.errs && c.unnamed == "" {
			c.unnamed = l.String()
		}
		return
	}
	c.told++
	c.rules[found[0].Rule.ID]++
	c.kinds[found[0].Kind]++
	if !s.errs && c.blamed == "" {
		c.blamed = fmt.Sprintf("%+v\n%s", found, l)
	}
}

func (c *seen) String() string {
	text := fmt.Sprintf("%d steps, %d with the mistake, %d told:", c.steps, c.errs, c.told)
	for _, k := range slices.Sorted(maps.Keys(c.rules)) {
		text += fmt.Sprintf(" %s %d", k, c.rules[k])
	}
	for _, k := range slices.Sorted(maps.Keys(c.kinds)) {
		text += fmt.Sprintf(", %d %s", c.kinds[k], k)
	}
	return text
}

// check wants each step that makes the mistake to be told, no other, and under the
// rules that it breaks.
func (m *mistake) check(t *testing.T, c *seen, tells bool) {
	t.Helper()
	if m.unseen != "" {
		if c.told > 0 {
			t.Errorf("%s is told, and should not be: %s", m.name, c)
		}
		return
	}
	if c.told == 0 && (tells || !m.telling) {
		t.Errorf("%s is not told: %s", m.name, c)
	}
	for rule := range c.rules {
		if !slices.ContainsFunc(m.rules, func(r *raft.Rule) bool { return r.ID == rule }) {
			t.Errorf("%s is told under %s: %s", m.name, rule, c)
		}
	}
	if c.blamed != "" && m.some == "" {
		t.Errorf("%s: a step that is right is told: %s\n%s", m.name, c, c.blamed)
	}
	if c.unnamed != "" && m.some == "" {
		t.Errorf("%s: a step that makes it is not told: %s\n%s", m.name, c, c.unnamed)
	}
}

// script is a situation that is built step by step.
type script func(scene)

// scene is a world in which a script is played.
type scene struct {
	t *testing.T
	w *cluster.World
}

func (s scene) do(actions ...cluster.Action) {
	s.t.Helper()
	for _, a := range actions {
		if err := s.w.Apply(a); err != nil {
			s.t.Fatalf("%s: %v", a, err)
		}
	}
}

// deliver delivers a message that is in flight.
func (s scene) deliver(kind string, from, to raft.ID) {
	s.t.Helper()
	for _, m := range s.w.Flights() {
		if m.Message.Type() == kind && m.From == from && m.To == to {
			s.do(cluster.Deliver{ID: m.ID})
			return
		}
	}
	s.t.Fatalf("no %s %s->%s is in flight", kind, from, to)
}

// elect has a server elected by another's vote alone.
func (s scene) elect(id, voter raft.ID) {
	s.t.Helper()
	s.do(cluster.Timeout{Node: id})
	s.deliver("RequestVote", id, voter)
	s.deliver("RequestVoteReply", voter, id)
}

// oldReply has S1 lead again, and get a success of its earlier term.
func oldReply(s scene) {
	s.elect(1, 2)
	s.do(cluster.Request{Client: "C1", Data: "x=1", Via: 1}, cluster.Heartbeat{Node: 1})
	for _, m := range s.w.Flights() {
		if m.Message.Type() == "AppendEntries" && m.To == 2 && len(m.Message.(*raft.AppendEntries).Entries) == 0 {
			s.do(cluster.Drop{ID: m.ID})
		}
	}
	s.deliver("AppendEntries", 1, 2)
	s.do(cluster.Timeout{Node: 3}, cluster.Timeout{Node: 3})
	s.deliver("RequestVote", 3, 1)
	s.deliver("RequestVote", 3, 1)
	s.elect(1, 2)
	s.deliver("AppendEntriesReply", 2, 1)
}

// learnerAsked has S1 lead a cluster with a learner, which holds a command.
func learnerAsked(s scene) {
	s.elect(3, 1)
	s.do(cluster.Request{Client: "C1", Data: "x=1", Via: 3})
	settle := func() {
		for s.w.Apply(cluster.DeliverNext{}) == nil {
		}
	}
	settle()
	s.do(cluster.AddServer{Node: 4, Learner: true, At: 3})
	settle()
	s.elect(1, 2)
	settle()
	s.do(cluster.Request{Client: "C1", Data: "x=2", Via: 1})
	s.deliver("AppendEntries", 1, 4)
	s.deliver("AppendEntriesReply", 4, 1)
}

// one is rules, as a mistake has them.
func one(r ...*raft.Rule) []*raft.Rule { return r }

const noInput = "the protocol of guests has no input for it"

// mutants is the catalogue's mistakes of the core.
var mutants = []mistake{
	{name: "append-clears-vote", rules: one(raft.VoteOnce)},
	{name: "winner-clears-vote", rules: one(raft.VoteOnce)},
	{name: "vote-not-stored", rules: one(judge.StableFirst), some: "while the disk lacks a vote, it is told once"},
	{name: "vote-any", rules: one(raft.VoteOnce)},
	{name: "replies-not-voters", rules: one(raft.Majority)},
	{name: "stale-vote-reply", rules: one(raft.VotesOfThisElection)},
	{name: "no-log-check", rules: one(raft.CandidateUpToDate)},
	{name: "length-only", rules: one(raft.CandidateUpToDate)},
	{name: "and-compare", rules: one(raft.CandidateUpToDate)},
	{name: "count-old-term", rules: one(raft.CurrentTermOnly)},
	{name: "commit-on-refusal", rules: one(raft.FollowerCommit)},
	{name: "no-min", rules: one(raft.FollowerCommit)},
	{name: "min-with-log-length", rules: one(raft.FollowerCommit)},
	{name: "commit-index-plus-one", rules: one(raft.MajorityHolds)},
	{name: "quorum-minus-one", rules: one(raft.Majority, raft.MajorityHolds)},
	{name: "heartbeat-unchecked", rules: one(raft.PrevLogMatches)},
	{name: "always-truncate", rules: one(raft.DeleteConflict)},
	{name: "match-is-log-length", rules: one(raft.ReplyOfThisTerm, raft.MajorityHolds), some: "no harm is in a match that is committed already"},
	{name: "stale-append-reply", rules: one(raft.ReplyOfThisTerm, raft.MajorityHolds), first: oldReply, some: "no harm is in a match that is committed already", telling: true},
	{name: "commit-stops-early", rules: one(raft.MajorityHolds), some: "it is late first, and missing at the next heartbeat, each once"},
	{name: "hole-in-batch", rules: one(raft.SendMissing), some: "a hole at the end is a shorter append"},
	{name: "term-not-stored", rules: one(judge.StableFirst), some: "while the disk lacks a term, it is told once"},
	{name: "keeps-role-at-higher-term", rules: one(raft.HigherTerm)},
	{name: "ignores-higher-term", rules: one(raft.HigherTerm)},
	{name: "change-before-own-term", unseen: noInput},
	{name: "direct-change", unseen: noInput},
	{name: "read-index-before-noop", unseen: noInput},
	{name: "snapshot-drops-suffix", rules: one(raft.SnapshotKeepsSuffix), snapshots: true},
	{name: "learner-counts", rules: one(raft.MajorityHolds), members: true, first: learnerAsked},
	{name: "step-down-clears-vote", rules: one(raft.VoteOnce)},
	{name: "vote-keeps-timer", rules: one(judge.ElectionTimer)},
	{name: "deposed-without-timer", unseen: "raftlab starts that timer itself"},
	{name: "refused-append-keeps-timer", rules: one(judge.ElectionTimer)},
	{name: "candidate-ignores-append", rules: one(raft.AppendFromLeader)},
	{name: "tail-kept", rules: one(raft.DeleteConflict), once: true},
	{name: "heartbeat-never-commits", rules: one(raft.FollowerCommit), some: "once for each index"},
	{name: "refusal-as-match", rules: one(raft.ReplyOfThisTerm, raft.MajorityHolds), telling: true, some: "no harm is in a match that is committed already"},
	{name: "next-below-match", unseen: "nextIndex is free"},
	{name: "next-off-by-one", unseen: "it costs an entry more in a message, and nextIndex is free"},
	{name: "terms-compared-wrongly", rules: one(raft.PrevLogMatches, judge.ElectionTimer, raft.AppendFromLeader), some: "one that the server refuses anyway"},
}

// nameMutants gives the core's mistakes what the catalogue says of them.
func nameMutants(t *testing.T) {
	t.Helper()
	for _, b := range raft.AllMutants() {
		i := slices.IndexFunc(mutants, func(m mistake) bool { return m.name == b.Name })
		if i < 0 {
			t.Errorf("nothing is said of %s", b.Name)
			continue
		}
		m := &mutants[i]
		m.nodes, m.says, m.setup = b.Nodes, b.Says, nil
		if m.first != nil {
			m.nodes = 3
		}
		for _, need := range b.Needs {
			m.setup = append(m.setup, need.Setting, need.Value)
		}
	}
}

// Each mistake that the core can be made to make is told at the step in which it is
// made, under the rule that it breaks.
func TestMutantsDepart(t *testing.T) {
	nameMutants(t)
	tried(t, mutants)
}

// tried plays each mistake, with servers that tell much of themselves and little.
func tried(t *testing.T, all []mistake) {
	for i := range all {
		m := &all[i]
		if f := os.Getenv("RAFTLAB_MISTAKE"); f != "" && f != m.name {
			continue
		}
		steps := many(4000)
		for _, tells := range []bool{true, false} {
			c := m.play(t, steps, tells)
			t.Logf("%s, tells all: %t: %s", m.name, tells, c)
			m.check(t, c, tells)
		}
	}
}
