package load

import "raftlab/raft"

// Raftlab is a server of this repository's core.
type Raftlab struct {
	node    *raft.Node
	state   *raft.State // node's
	out     raft.Output
	due     []raft.Envelope
	applied Applied
	keep    bool // never compact
}

// options are what etcd's core does too: an entry of a new leader's own, and
// appends without waiting for the answers to earlier ones.
var options = raft.Options{NoOp: true, ConflictTerm: true, Pipeline: true, Window: Window}

func newRaftlab(id, nodes int, keep bool) *Raftlab {
	var voters raft.Set
	for i := 1; i <= nodes; i++ {
		voters = voters.With(raft.ID(i))
	}
	n, err := raft.New(raft.ID(id), raft.Stable{Initial: raft.Configuration{Voters: voters}}, &options)
	Must(err)
	return &Raftlab{node: n, state: n.State(), keep: keep}
}

// RaftlabCluster is a cluster of this repository's core.
func RaftlabCluster(nodes int) *Cluster[raft.Envelope, string] {
	var members []Member[raft.Envelope, string]
	for id := 1; id <= nodes; id++ {
		members = append(members, newRaftlab(id, nodes, false))
	}
	return NewCluster(members...)
}

// RaftlabAlone is a server without others that keeps its whole log.
func RaftlabAlone() Member[raft.Envelope, string] { return newRaftlab(1, 1, true) }

func (r *Raftlab) Campaign()        { r.step(raft.ElectionTimeout()) }
func (r *Raftlab) Heartbeat()       { r.step(raft.HeartbeatTimeout()) }
func (r *Raftlab) Applied() Applied { return r.applied }

func (r *Raftlab) Propose(data string)           { r.step(raft.Propose(data)) }
func (r *Raftlab) ProposeTogether(data []string) { r.step(raft.ProposeBatch(data)) }
func (r *Raftlab) Receive(e raft.Envelope)       { r.step(raft.Receive(e)) }

func (r *Raftlab) step(in raft.Input) {
	r.out.Reset()
	Must(r.node.Step(in, &r.out))
	r.obey()
}

// compact is a step that puts out nothing.
func (r *Raftlab) compact(to uint64) {
	r.out.Reset()
	Must(r.node.Step(raft.Compact(to, ""), &r.out))
}

// obey does what the output asks. There is nothing to save: the node's log is
// the storage, as MemoryStorage is etcd's.
func (r *Raftlab) obey() {
	r.due = append(r.due, r.out.Send...)
	for i, last := r.out.Apply.First, r.out.Apply.Last; i != 0 && i <= last; i++ {
		if e := r.state.Log.Entry(i); e.Kind == raft.Command {
			Add(&r.applied, e.Data)
		}
	}
}

func (r *Raftlab) Drain(c *Cluster[raft.Envelope, string]) {
	for _, e := range r.due {
		c.Send(int(e.To)-1, e)
	}
	r.due = r.due[:0]
	if at := r.state.LastApplied; !r.keep && at >= r.state.Log.FirstIndex()+CompactEvery {
		r.compact(at)
	}
}

// RaftlabFollower is a follower of this repository's core.
func RaftlabFollower() Follower { return &raftlabFollower{Raftlab: newRaftlab(2, 3, false)} }

type raftlabFollower struct {
	*Raftlab
	appends []raft.Envelope
	last    uint64
}

func (f *raftlabFollower) Prepare(n int) {
	f.appends = f.appends[:0]
	for range n {
		prev := uint64(1)
		if f.last == 0 {
			prev = 0
		}
		f.appends = append(f.appends, raft.Envelope{From: 1, To: 2, Message: &raft.AppendEntries{
			Term: 1, LeaderID: 1, PrevLogIndex: f.last, PrevLogTerm: prev, LeaderCommit: f.last,
			Entries: []raft.Entry{{Term: 1, Data: payload[string](f.last)}},
		}})
		f.last++
	}
}

func (f *raftlabFollower) Step(i int) { f.Receive(f.appends[i]) }

// Finish has little to do: the entry is in the log since Step.
func (f *raftlabFollower) Finish() {
	f.due = f.due[:0]
	if at := f.state.LastApplied; at >= f.state.Log.FirstIndex()+CompactEvery {
		f.compact(at)
	}
}
