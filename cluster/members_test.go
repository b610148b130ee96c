package cluster

import (
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A change of membership has no event of its own before its input: what was
// decided is not told of the event before it, which was another action's.
func TestDecisions_OfAMembershipChange(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	l := listen(w)
	do(t, w, Heartbeat{1})
	settle(t, w)
	last := len(l.Events) - 1
	before := len(l.Events[last].Decisions)
	do(t, w, RemoveServer{Node: 3})
	same(t, "decisions of the event before", len(l.Events[last].Decisions), before)
}

// A new server is created, empty, in its order, and only when the leader takes
// the change; it belongs to the copy in which it was created.
func TestAddServer_Creates(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	refused(t, w, AddServer{Node: 4}, "no server leads")
	elect(t, w, 1)
	refused(t, w, AddServer{Node: 100}, "no room for S100")
	refused(t, w, AddServer{Node: 2}, "already")
	before := picture(w)
	c := w.Clone()
	l := listen(c)
	do(t, c, Reconfigure{Voters: raft.SetOf(1, 4, 5)})
	same(t, "created", len(kinds(l.Events, event.ServerAdded{})), 2)
	same(t, "S5 at first", c.State(5).Configuration.String(), "")
	settle(t, c)
	beat(t, c, 1)
	same(t, "S5's configuration", c.State(5).Configuration.String(), "S1 S4 S5")
	same(t, "the original", picture(w), before)
	do(t, w, AddServer{Node: 4, Learner: true, At: 2})
	settle(t, w)
	same(t, "the original's own S4", w.State(4).Configuration.String(), "S1 S2 S3 learners S4")
	same(t, "the copy's S4", c.State(4).Configuration.String(), "S1 S4 S5")
	same(t, "breaches", len(w.Breaches())+len(c.Breaches()), 0)
}

// Fire lets a timer run out that is there, and says what is wrong otherwise.
func TestFire(t *testing.T) {
	w := newWorld(t, 3, 1, "stickiness", "on")
	elect(t, w, 1)
	for _, timer := range []string{"quorum", "transfer", "lease"} {
		refused(t, w, Fire{timer, 2}, "only a leader")
	}
	refused(t, w, Fire{"transfer", 1}, "not transferring leadership")
	refused(t, w, Fire{"egg", 1}, `no timer "egg"`)
	refused(t, w, Fire{"minimum", 9}, "there is no S9")
	do(t, w, Fire{"minimum", 2})
	same(t, "S2 has heard of a leader", w.State(2).HeardLeader, false)
	do(t, w, Fire{"lease", 1})
	refused(t, w, Fire{"lease", 1}, "no lease")
	do(t, w, Kill{3}, Transfer{Node: 3})
	refused(t, w, Request{Client: "C1", Data: "x=1", Via: 1}, "handing leadership to S3")
	do(t, w, Fire{"transfer", 1}, Request{Client: "C1", Data: "x=1", Via: 1})
	do(t, w, Fire{"quorum", 1})
	same(t, "S1's role, when nobody has answered", w.State(1).Role, raft.Follower)
	do(t, w, Freeze{2})
	refused(t, w, Fire{"minimum", 2}, "thaw S2 first")
}

// A transfer is given up by itself after an election timeout (thesis 3.10).
func TestTransfer_GivenUpByItself(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Kill{3}, Transfer{Node: 3})
	l := listen(w)
	ticks(t, w, w.settings.ElectionTimeout.Min-1)
	same(t, "given up", len(kinds(l.Events, event.TransferOver{})), 0)
	ticks(t, w, 1)
	same(t, "given up", len(kinds(l.Events, event.TransferOver{})), 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	same(t, "C1", w.Client("C1").Status, clients.Done)
}

// What the actions of members and reads print is a command of the console.
func TestMembers_String(t *testing.T) {
	for text, a := range map[string]Action{
		"add S4": AddServer{Node: 4}, "add S4 as learner via S2": AddServer{4, true, 2}, "promote S4": Promote{Node: 4}, "promote S4 via S1": Promote{4, 1},
		"remove S3 via S2": RemoveServer{3, 2}, "reconfigure S1,S4,S5": Reconfigure{Voters: raft.SetOf(1, 4, 5)}, "reconfigure S1 via S3": Reconfigure{raft.SetOf(1), 3},
		"transfer S2": Transfer{Node: 2}, "fire lease S1": Fire{"lease", 1},
		"get x as C1 reads lease": Read{Client: "C1", Key: "x", Mode: "lease"}, `get "a b" via S2 as C1 reads local`: Read{"C1", "a b", "local", 2},
	} {
		same(t, "text", a.String(), text)
	}
}

// §8, thesis 6.3: a command whose answer was lost is sent again: with sessions
// it is applied once, without them twice; also across a snapshot, a restart and
// another leader.
func TestSessions_RetryIsAppliedOnce(t *testing.T) {
	for sessions, want := range map[string]string{"on": "1", "off": "2"} {
		w := newWorld(t, 3, 1, "sessions", sessions)
		elect(t, w, 1)
		do(t, w, Request{Client: "a client", Data: "incr x"})
		do(t, w, Deliver{flying(t, w, "AppendEntries", 1, 2).ID})
		do(t, w, Kill{1}) // S2 has it, and nobody was answered
		same(t, "status", w.Client("a client").Status, clients.Unknown)
		elect(t, w, 2)
		do(t, w, Snapshot{2}, Snapshot{3}, Kill{3}, Restart{3}, Restart{1})
		beat(t, w, 2)
		elect(t, w, 3)
		do(t, w, Retry{"a client"})
		settle(t, w)
		beat(t, w, 3)
		same(t, "status", w.Client("a client").Status, clients.Done)
		for id := raft.ID(1); id <= 3; id++ {
			x, _ := w.Machine(id).Get("x")
			same(t, "sessions "+sessions+": x", x, want)
		}
		same(t, "what it is told", w.Client("a client").Result, map[string]string{"on": "1", "off": "2"}[sessions])
	}
}

// Every machine is replicated, and sent as a snapshot, with sessions and without.
func TestMachines_Replicated(t *testing.T) {
	for kind, commands := range map[string][]string{
		"kv": {"x=1", "incr x"}, "counter": {"incr", "add 5"}, "traffic-light": {"button", "clock", "clock"}, "hasty-light": {"button", "clock"}, "log": {"a line", "x=1: y"},
	} {
		for _, sessions := range []string{"on", "off"} {
			settings := setting.Defaults()
			settings.Sessions = sessions == "on"
			w := NewWithMachine(3, 1, settings, kind)
			elect(t, w, 1)
			do(t, w, Partition{[]raft.Set{raft.SetOf(3)}})
			for range 4 {
				for _, c := range commands {
					do(t, w, Request{Client: "C1", Data: c})
					settle(t, w)
					same(t, c, w.Client("C1").Status, clients.Done)
				}
			}
			do(t, w, Snapshot{1}, Partition{})
			beat(t, w, 1)
			beat(t, w, 1)
			same(t, kind, w.Machine(3).Snapshot(), w.Machine(1).Snapshot())
			if w.Machine(3).Len() == 0 || strings.Contains(w.Machine(3).Snapshot(), "@sessions") != settings.Sessions {
				t.Errorf("%s holds %s", kind, w.Machine(3).Snapshot())
			}
			do(t, w, Kill{3}, Restart{3})
			beat(t, w, 1)
			same(t, kind+" after a restart", w.Machine(3).Snapshot(), w.Machine(1).Snapshot())
		}
	}
}

// A server beyond the next one brings those between with it, empty and in no
// configuration.
func TestAddServer_CreatesThoseBetween(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, AddServer{Node: 6})
	settle(t, w)
	same(t, "servers", w.Size(), 6)
	same(t, "S1's voters", w.State(1).Configuration.String(), "S1 S2 S3 S6")
	same(t, "S4's log", w.State(4).Log.LastIndex(), 0)
	same(t, "S6's log", w.State(6).Log.LastIndex(), 2)
	refused(t, w, Timeout{4}, "no vote")
}

// A leader steps down an election timeout after it has last heard from a
// majority, however long it has led (thesis 6.2).
func TestCheckQuorumCountsFromTheLastMajority(t *testing.T) {
	w := newWorld(t, 5, 1, "check-quorum", "on", "election-timeout", "20", "heartbeat-interval", "5")
	elect(t, w, 1)
	for range 30 {
		ticks(t, w, 1)
	}
	same(t, "S1's role with a majority", w.State(1).Role, raft.Leader)
	do(t, w, Partition{Groups: []raft.Set{raft.SetOf(1, 2), raft.SetOf(3, 4, 5)}})
	for range 25 {
		ticks(t, w, 1)
	}
	same(t, "S1's role without", w.State(1).Role, raft.Follower)
}
