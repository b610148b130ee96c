package load

import (
	"testing"

	"raftlab/raft"
)

// Every load is carried to its end: each proposal applied on each node, over
// several compactions.
func TestLoadsAreCarried(t *testing.T) {
	for _, l := range Loads {
		c := RaftlabCluster(l.Nodes)
		for range 3 * CompactEvery / l.PerRound {
			c.Round(l)
		}
		c.check(t)
		for i, m := range c.members {
			if r := m.(*Raftlab); r.state.Log.FirstIndex() == 1 {
				t.Errorf("%s: member %d never compacted its log", l.Name, i+1)
			}
		}
	}
}

// The check that ends every benchmark notices a member that lags, and one that
// applied the right number of other commands.
func TestBehindIsNoticed(t *testing.T) {
	c := RaftlabCluster(3)
	c.Round(Load{PerRound: 1})
	c.members[0].Heartbeat()
	c.Exchange()
	if i := c.behind(); i >= 0 {
		t.Fatalf("member %d is said to be behind", i+1)
	}
	last := c.members[2].(*Raftlab)
	last.applied.Digest++
	if i := c.behind(); i != 2 {
		t.Errorf("a wrong digest on member 3: behind() = %d", i)
	}
	last.applied.Digest--
	c.proposed.Commands++
	if i := c.behind(); i != 0 {
		t.Errorf("a proposal that nobody applied: behind() = %d", i)
	}
}

// A follower's answers stay as they were sent, though an Output hands them out
// of shared memory.
func TestAnswersNeverChange(t *testing.T) {
	f := RaftlabFollower().(*raftlabFollower)
	f.Prepare(200)
	var answers []*raft.AppendEntriesReply
	for i := range 200 {
		f.Step(i)
		answers = append(answers, f.due[i].Message.(*raft.AppendEntriesReply))
	}
	for i, a := range answers {
		if !a.Success || a.MatchIndex != uint64(i+1) {
			t.Fatalf("answer %d became %+v", i, *a)
		}
	}
}
