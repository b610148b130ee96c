package judge_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/cluster/network"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// judged is a program whose servers are raftlab's own core, seen from the outside:
// each step is reported to the judge, with no more than another program would tell.
type judged struct {
	judge   judge.Judge
	votes   bool // it tells votes, and
	match   bool // matchIndex
	vary    func(*raft.Options)
	variant *variant
	twin    bool // each step is compared with the core's without mistakes, see errs
	steps   int
	told    func(s *server, in raft.Input, r *judge.Report, found []judge.Departure)
}

// variant is another way to do a step, with the core's help: right or wrong.
type variant struct {
	step  func(s *server, in raft.Input, o *raft.Output) error
	save  func(s *server, o *raft.Output) raft.Stable // what is on the disk before anything is sent; nil: what the core wants there
	start func(raft.State) raft.State                 // what it begins with, from what the disk holds; nil: that
}

// server is one of its servers.
type server struct {
	*raft.Node
	program *judged
	opts    *raft.Options
	mirror  *raft.Node // of what it reports
	kept    judge.Kept
	disk    raft.Stable
	memo    map[string]uint64 // a variant's own
	unsaved raft.Stable       // what a variant has not written yet
	errs    bool              // the last step was not as the core does it without mistakes
}

func (p *judged) options(o *raft.Options) *raft.Options {
	if p.vary == nil {
		return o
	}
	c := *o
	p.vary(&c)
	return &c
}

func (p *judged) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, p.options(o))
	if err != nil {
		return nil, err
	}
	s := &server{Node: n, program: p, opts: o, disk: stable, unsaved: stable, memo: map[string]uint64{}}
	if p.variant != nil && p.variant.start != nil {
		s.Node = raft.Restored(p.variant.start(*n.State()), stable.Initial, p.options(o))
	}
	s.mirror = raft.Restored(s.reported(), stable.Initial, o)
	var found []judge.Departure
	r := &judge.Report{State: s.mirror.State(), Disk: &s.disk}
	s.kept, found = p.judge.Start(&stable, 0, r)
	p.note(s, raft.Input{}, r, found)
	return s, nil
}

func (p *judged) Known() program.Known { return program.Known{Unpaired: true, Answers: true} }

func (p *judged) Clone(n program.Node) program.Node {
	c := *n.(*server)
	c.Node, c.memo = c.Node.Clone(), map[string]uint64{}
	for k, v := range n.(*server).memo {
		c.memo[k] = v
	}
	return &c
}

func (s *server) SetOptions(o *raft.Options) error {
	s.opts = o
	return s.Node.SetOptions(s.program.options(o))
}

// reported is what the server tells of its state.
func (s *server) reported() raft.State {
	r := *s.Node.State()
	r.HeardLeader, r.Lease, r.Transferee = false, false, 0
	if !s.program.votes {
		r.Votes = raft.Set{}
	}
	if !s.program.match {
		r.Peers = nil
	}
	return r
}

func (s *server) Step(in raft.Input, o *raft.Output) error {
	p := s.program
	right, twin := &raft.Output{}, s.Node
	if p.twin {
		twin = s.rightly(in, right)
	}
	var err error
	if p.variant != nil && p.variant.step != nil {
		err = p.variant.step(s, in, o)
	} else {
		err = s.Node.Step(in, o)
	}
	if p.variant != nil && p.variant.save != nil {
		s.disk = p.variant.save(s, o)
	} else if o.Save.Any() {
		s.disk = s.Node.Stable()
	}
	s.errs = p.twin && s.differs(twin, o, right)
	mirror := s.mirror.Reported(s.reported(), s.opts)
	r := &judge.Report{State: mirror.State(), TellsVotes: p.votes, TellsMatch: p.match, Send: o.Send, Disk: &s.disk,
		RestartElection: o.RestartElectionTimer, TookIndex: o.Index, TookTerm: o.Term}
	var found []judge.Departure
	s.kept, found = p.judge.Step(s.mirror, s.kept, in, r)
	p.steps++
	p.note(s, in, r, found)
	s.mirror = mirror
	return err
}

func (p *judged) note(s *server, in raft.Input, r *judge.Report, found []judge.Departure) {
	if p.told != nil {
		p.told(s, in, r, found)
	}
}

// mixture is a world in which some servers are the program's, with settings that
// differ from the defaults.
func mixture(p *judged, n int, seed uint64, on raft.Set, pairs ...string) (*cluster.World, error) {
	own := program.Own(1)
	w, err := cluster.NewOf(func(id raft.ID) program.Program {
		if on.Has(id) {
			return p
		}
		return own
	}, n, seed, setting.Defaults(), "kv")
	for i := 0; i+1 < len(pairs) && err == nil; i += 2 {
		err = w.Apply(cluster.Set{Name: pairs[i], Value: pairs[i+1]})
	}
	return w, err
}

// everyone is S1 to Sn.
func everyone(n int) raft.Set {
	var s raft.Set
	for i := range n {
		s = s.With(raft.ID(i + 1))
	}
	return s
}

// wanderer does random things to a world.
type wanderer struct {
	*rand.Rand
	asked   int
	judged  raft.Set // no membership command while one of them leads
	beyond  bool     // snapshots and transfers too
	members bool
	forges  bool // messages that nobody sent arrive
}

// next is the next random thing, nil: nothing this time.
func (r *wanderer) next(w *cluster.World) cluster.Action {
	ids := w.IDs()
	id := ids[r.IntN(len(ids))]
	if r.forges && r.IntN(6) == 0 {
		return r.forged(w)
	}
	switch k := r.IntN(100); {
	case k < 58:
		return r.mail(w, id)
	case k < 61:
		if r.IntN(3) > 0 && w.Leader() != 0 {
			return nil
		}
		return cluster.Timeout{Node: id}
	case k < 72:
		if l := w.Leader(); l != 0 {
			id = l
		}
		return cluster.Heartbeat{Node: id}
	case k < 82:
		r.asked++
		return cluster.Request{Client: fmt.Sprintf("C%d", 1+r.IntN(3)), Data: "x=" + strings.Repeat("a", r.IntN(12)) + fmt.Sprint(r.asked), Via: raft.ID(r.IntN(3) / 2 * int(id))}
	case k < 87:
		return r.fault(w, id)
	case k < 90:
		return r.links(ids, id)
	case k < 94:
		return r.rare(w, id)
	}
	return cluster.Advance{}
}

// mail delivers, loses or doubles a message.
func (r *wanderer) mail(w *cluster.World, id raft.ID) cluster.Action {
	n := w.Mail()
	if n == 0 {
		return cluster.Timeout{Node: id}
	}
	m := w.MailAt(0)
	if r.IntN(2) == 0 {
		m = w.MailAt(r.IntN(n))
	}
	switch k := r.IntN(12); {
	case n > 25 || k == 0:
		return cluster.Drop{ID: m.ID}
	case k == 1:
		return cluster.Duplicate{ID: m.ID}
	}
	return cluster.Deliver{ID: m.ID}
}

func (r *wanderer) fault(w *cluster.World, id raft.ID) cluster.Action {
	switch k := r.IntN(10); {
	case k < 2:
		return cluster.Kill{Node: id}
	case k < 6:
		return cluster.Restart{Node: id}
	case k < 7:
		return cluster.Freeze{Node: id}
	case k < 9:
		return cluster.Thaw{Node: id}
	}
	return cluster.Sync{Node: id}
}

func (r *wanderer) links(ids []raft.ID, id raft.ID) cluster.Action {
	switch r.IntN(4) {
	case 0:
		return cluster.SetLinks{Cut: true, Links: []network.Link{{From: id, To: ids[r.IntN(len(ids))]}}}
	case 1:
		return cluster.Partition{Groups: []raft.Set{raft.SetOf(id), everyone(len(ids)).Without(id)}}
	}
	return cluster.Partition{}
}

// rare is what goes beyond Figure 2: snapshots, transfers, members.
func (r *wanderer) rare(w *cluster.World, id raft.ID) cluster.Action {
	leader := w.Leader()
	switch k := r.IntN(6); {
	case k < 2 && r.beyond:
		return cluster.Snapshot{Node: id}
	case k == 2 && r.beyond:
		return cluster.Transfer{Node: id}
	case k > 2 && r.members && leader != 0 && !r.judged.Has(leader):
		switch r.IntN(4) {
		case 0:
			return cluster.RemoveServer{Node: id, At: leader}
		case 1:
			return cluster.Promote{Node: id, At: leader}
		}
		return cluster.AddServer{Node: raft.ID(1 + r.IntN(min(w.Size()+1, 7))), Learner: r.IntN(2) == 0, At: leader}
	}
	return nil
}

// rightly is what the core makes of an input where it makes no mistake.
func (s *server) rightly(in raft.Input, o *raft.Output) *raft.Node {
	options := *s.program.options(s.opts)
	options.Mutants = 0
	n := s.Node.Clone()
	if err := n.SetOptions(&options); err != nil {
		panic(err)
	}
	_ = n.Step(in, o)
	return n
}

// differs tells whether the server's step, as it can be seen, was another one.
func (s *server) differs(n *raft.Node, o, right *raft.Output) bool {
	a, b := s.Node.State(), n.State()
	if a.CurrentTerm != b.CurrentTerm || a.VotedFor != b.VotedFor || a.Role != b.Role || a.Votes != b.Votes ||
		a.CommitIndex != b.CommitIndex || a.LastApplied != b.LastApplied || o.RestartElectionTimer != right.RestartElectionTimer ||
		o.Index != right.Index || len(o.Send) != len(right.Send) || !equalLogs(&a.Log, &b.Log) {
		return true
	}
	for id := range s.Configuration.Members().All() {
		if a.Role == raft.Leader && a.MatchIndex(id) != b.MatchIndex(id) {
			return true
		}
	}
	text := func(t string) uint64 {
		h := fnv.New64a()
		h.Write([]byte(t))
		return h.Sum64()
	}
	for i := range o.Send {
		if o.Send[i].To != right.Send[i].To || raft.HashMessage(o.Send[i].Message, text, nil) != raft.HashMessage(right.Send[i].Message, text, nil) {
			return true
		}
	}
	if (a.Snapshot == nil) != (b.Snapshot == nil) || a.Snapshot != nil && *a.Snapshot != *b.Snapshot {
		return true
	}
	disk := n.Stable()
	return disk.CurrentTerm != s.disk.CurrentTerm || disk.VotedFor != s.disk.VotedFor || !equalLogs(&disk.Log, &s.disk.Log)
}

func equalLogs(a, b *raft.Log) bool {
	if a.LastIndex() != b.LastIndex() || a.FirstIndex() != b.FirstIndex() {
		return false
	}
	for i := max(a.FirstIndex(), a.SharedThrough(b)+1); i <= a.LastIndex(); i++ {
		if a.Entry(i) != b.Entry(i) {
			return false
		}
	}
	return true
}
