package judge_test

import (
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// company is a world in which S1 and S2 are right, and the others make a mistake.
func company(right, wrong *judged, n int, seed uint64, pairs ...string) (*cluster.World, error) {
	w, err := cluster.NewOf(func(id raft.ID) program.Program {
		if id < 3 {
			return right
		}
		return wrong
	}, n, seed, setting.Defaults(), "kv")
	for i := 0; i+1 < len(pairs) && err == nil; i += 2 {
		err = w.Apply(cluster.Set{Name: pairs[i], Value: pairs[i+1]})
	}
	return w, err
}

// What others get wrong is not told of a server that is right, whatever they send it.
func TestTheMistakesOfOthers(t *testing.T) {
	nameMutants(t)
	naive := func(o *raft.Options) { o.Naive = true }
	all := append(slices.Clone(mutants), common...)
	for i := range all {
		m := &all[i]
		if m.snapshots && m.once { // it applies what its log no longer holds, and the world has it do so
			continue
		}
		for _, tells := range []bool{true, false} {
			right, wrong := &judged{votes: tells, match: tells, vary: naive}, &judged{variant: m.variant, vary: naive}
			if m.variant == nil {
				bug := rules.FindBug(m.name).Bit
				wrong.vary = func(o *raft.Options) { o.Naive, o.Mutants = true, bug }
			}
			right.judge.Can, wrong.judge.Can = m.can, m.can
			var c campaign
			c.runs(t, "beside "+m.name, right, many(300), func(seed uint64) (*cluster.World, error) {
				return company(right, wrong, 4, seed, append([]string{"noop", "off", "back-off", "linear"}, m.setup...)...)
			}, wanderer{judged: everyone(4), beyond: m.snapshots})
		}
	}
}

// forger injects messages that nobody sent, possible ones and impossible ones.
func (r *wanderer) forged(w *cluster.World) cluster.Action {
	from, to := raft.ID(1+r.IntN(w.Size())), raft.ID(1+r.IntN(w.Size()))
	number := func() uint64 { return uint64(r.IntN(6)) }
	term := number()
	if w.Up(to) && r.IntN(3) > 0 {
		term = w.State(to).CurrentTerm + uint64(r.IntN(3)) - 1
	}
	var m raft.Message
	switch r.IntN(5) {
	case 0:
		m = &raft.RequestVote{Term: term, CandidateID: from, LastLogIndex: number(), LastLogTerm: number()}
	case 1:
		m = &raft.RequestVoteReply{Term: term, VoteGranted: r.IntN(2) == 0}
	case 2:
		m = &raft.AppendEntriesReply{Term: term, Success: r.IntN(2) == 0, MatchIndex: number(), PrevLogIndex: number()}
	default:
		a := &raft.AppendEntries{Term: term, LeaderID: from, PrevLogIndex: number(), PrevLogTerm: number(), LeaderCommit: number()}
		for range r.IntN(3) {
			a.Entries = append(a.Entries, raft.Entry{Term: number(), Data: "y=1"})
		}
		m = a
	}
	return cluster.Inject{Envelope: raft.Envelope{From: from, To: to, Message: m}}
}

// A server that is right is not told of for what is forged, either: where no correct
// server can have sent it, nothing is settled.
func TestForgedMessages(t *testing.T) {
	for _, tells := range []bool{true, false} {
		for _, naive := range []bool{true, false} {
			p := &judged{votes: tells, match: tells, vary: func(o *raft.Options) { o.Naive = naive }}
			var c campaign
			c.runs(t, "with forged messages", p, 10*many(600), func(seed uint64) (*cluster.World, error) {
				return mixture(p, 3, seed, everyone(3), "noop", "off")
			}, wanderer{judged: everyone(3), forges: true})
		}
	}
}
