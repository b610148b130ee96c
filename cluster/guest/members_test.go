package guest

import (
	"testing"

	"raftlab/cluster"
	"raftlab/raft"
)

// TestLearnersAndJointConsensusAreRefused: a guest is told the members of its
// configuration, so beside one raftlab's own leader adds and removes voters, one at a time.
func TestLearnersAndJointConsensusAreRefused(t *testing.T) {
	w := mixed(t, inProcess(t, raft.Options{}), raft.SetOf(2))
	elect(t, w)
	for _, a := range []cluster.Action{cluster.AddServer{Node: 4, Learner: true}, cluster.Promote{Node: 2},
		cluster.Reconfigure{Voters: raft.SetOf(1, 3, 4)}} {
		if w.Apply(a) == nil {
			t.Errorf("%s is done", a)
		}
	}
	do(t, w, cluster.AddServer{Node: 4})
	settle(t, w)
	beat(t, w, 1)
	beat(t, w, 1)
	if c := w.State(2).Configuration; c.Voters != raft.SetOf(1, 2, 3, 4) || !c.Old.Empty() || !c.Learners.Empty() {
		t.Errorf("S2's configuration: %+v", c)
	}
	if d := w.Departures(); len(d) > 0 {
		t.Error(d)
	}
}

// TestStrangersGetReplies: a server that the guest's configuration does not have gets its
// reply all the same.
func TestStrangersGetReplies(t *testing.T) {
	w := mixed(t, inProcess(t, raft.Options{}), raft.SetOf(2))
	elect(t, w)
	do(t, w, cluster.Partition{Groups: []raft.Set{raft.SetOf(2), raft.SetOf(1, 3)}})
	do(t, w, cluster.AddServer{Node: 4})
	settle(t, w)
	beat(t, w, 1)
	do(t, w, cluster.Partition{})
	do(t, w, cluster.Timeout{Node: 4})
	settle(t, w)
	if s := w.State(2); s.CurrentTerm != 2 || w.Leader() != 4 {
		t.Errorf("S2 is in term %d, and %s leads", s.CurrentTerm, w.Leader())
	}
}
