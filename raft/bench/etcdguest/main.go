// Etcdguest is go.etcd.io/raft/v3's RawNode as a guest: etcd's servers under raftlab's console, each step judged.
// It is a module of its own so that the product needs no etcd. raftlab.go, replay.go and snapshots.go are the Go kit
// (docs/guests/go). A RawNode cannot be written down, so its state is the list of its inputs (RunReplayed).
//
//	cd raft/bench/etcdguest && go build -o /tmp/etcdguest .
//	raftlab --nodes 3 --guest '/tmp/etcdguest --prevote --checkquorum'
package main

import (
	"crypto/rand"
	"flag"
	"io"
	"log"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
)

// election is the shortest election timeout, in ticks. A heartbeat is one tick.
const election = 16

// Etcd is a server of etcd's. The kit's Log is its stable storage, see storage.go.
type Etcd struct {
	Server
	raw    *etcd.RawNode
	config etcd.Config
	hard   pb.HardState
}

// same has every random number of etcd's be the largest that may come, so that the same input has the same outcome:
// no timer fires before raftlab says so.
type same struct{}

func (same) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 0xff
	}
	return len(b), nil
}

func main() {
	rand.Reader = same{}
	config := etcd.Config{ElectionTick: election, HeartbeatTick: 1, MaxSizePerMsg: math.MaxUint64, MaxInflightMsgs: 256,
		DisableProposalForwarding: true, Logger: &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)}}
	flag.BoolVar(&config.PreVote, "prevote", false, "Config.PreVote: a server asks before it begins a term")
	flag.BoolVar(&config.CheckQuorum, "checkquorum", false,
		"Config.CheckQuorum: a leader that hears no majority gives up, and a server that hears one does not vote")
	flag.Parse()
	can := []string{"snapshot", "transfer"}
	if config.PreVote {
		can = append(can, "prevote")
	}
	if config.CheckQuorum {
		can = append(can, "sticky")
	}
	RunReplayed(func() Raft { return &Etcd{config: config} }, can...)
}

// id is etcd's name of a server, and name raftlab's.
func id(name string) uint64 {
	n, err := strconv.ParseUint(name[1:], 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func name(id uint64) string {
	if id == etcd.None {
		return ""
	}
	return "S" + strconv.FormatUint(id, 10)
}

func (r *Etcd) OnStart() {
	c := r.config
	c.ID, c.Storage, c.Applied = id(r.Name), (*storage)(r), uint64(r.Log.Snapshot.Index)
	r.hard = pb.HardState{Term: uint64(r.CurrentTerm), Commit: uint64(r.Log.Snapshot.Index)}
	if r.VotedFor != "" {
		r.hard.Vote = id(r.VotedFor)
	}
	r.LastApplied = r.Log.Snapshot.Index
	raw, err := etcd.NewRawNode(&c)
	if err != nil {
		panic(err)
	}
	r.raw = raw
	r.ready()
}

// OnElectionTimeout: the clock goes on until etcd's own election timer fires.
func (r *Etcd) OnElectionTimeout() {
	r.members()
	for range 2 * election {
		if r.raw.Tick(); r.raw.HasReady() {
			break
		}
	}
	r.ready()
}

// OnMinimumTimeout: the shortest election timeout has passed, and the timer does not fire yet.
func (r *Etcd) OnMinimumTimeout() {
	for range election - r.elapsed() {
		r.raw.Tick()
	}
	r.ready()
}

// OnHeartbeatTimeout: a snapshot that got no reply since the last heartbeat is taken for lost, which etcd leaves to its
// driver to say.
func (r *Etcd) OnHeartbeatTimeout() {
	r.members()
	for id, p := range r.raw.Status().Progress {
		if p.State == tracker.StateSnapshot {
			r.raw.ReportSnapshot(id, etcd.SnapshotFailure)
		}
	}
	r.raw.Tick()
	r.ready()
}

func (r *Etcd) OnClientCommand(command string) {
	r.members()
	err := r.raw.Propose(data(Entry{Command: command}))
	r.ready()
	if err != nil {
		r.Refuse(r.Leader)
		return
	}
	r.Took(r.Log.LastIndex())
}

func (r *Etcd) OnTransfer() {
	r.raw.TransferLeader(id(r.in.To))
	r.ready()
}

func (r *Etcd) OnSnapshot(index int, data string) {
	r.Log.Compact(Snapshot{index, r.Log.Term(index), data})
	r.Save()
	r.ready()
}

func (r *Etcd) OnRequestVote(from string, _ RequestVote)                          { r.receive(from) }
func (r *Etcd) OnRequestVoteReply(from string, _ RequestVoteReply, _ RequestVote) { r.receive(from) }
func (r *Etcd) OnPreVote(from string, _ RequestVote)                              { r.receive(from) }
func (r *Etcd) OnPreVoteReply(from string, _ RequestVoteReply, _ RequestVote)     { r.receive(from) }
func (r *Etcd) OnAppendEntries(from string, _ AppendEntries)                      { r.receive(from) }
func (r *Etcd) OnAppendEntriesReply(from string, _ AppendEntriesReply, _ AppendEntries) {
	r.receive(from)
}
func (r *Etcd) OnInstallSnapshot(from string, _ InstallSnapshot) { r.receive(from) }
func (r *Etcd) OnTimeoutNow(from string, _ AppendEntries)        { r.receive(from) }
func (r *Etcd) OnInstallSnapshotReply(from string, _ InstallSnapshotReply, _ InstallSnapshot) {
	r.receive(from)
}

// receive has etcd take the message that arrived. What it refuses it passes over. Figure 2's servers refuse a request
// of an older term with their own term in the reply; etcd's do not answer it, and would take that for a refusal of
// what they ask for in the newer term.
func (r *Etcd) receive(from string) {
	r.members()
	reply, request := read(r.in.Message), read(r.in.Request)
	if old := request.Type != "" && request.Type != "PreVote" && request.Term < reply.Term; !old ||
		int(reply.Term) > r.CurrentTerm {
		_ = r.raw.Step(r.message(from))
	}
	r.ready()
}

// members has etcd use the configuration that is in force in its log: raftlab's own leaders change it, and etcd is told
// by its driver.
func (r *Etcd) members() {
	have := r.raw.Status().Config.Voters.IDs()
	for _, name := range r.Servers {
		if _, is := have[id(name)]; !is {
			r.raw.ApplyConfChange(pb.ConfChange{Type: pb.ConfChangeAddNode, NodeID: id(name)})
		}
		delete(have, id(name))
	}
	gone := slices.Sorted(maps.Keys(have))
	for _, id := range gone {
		r.raw.ApplyConfChange(pb.ConfChange{Type: pb.ConfChangeRemoveNode, NodeID: id})
	}
}

// ready does what etcd's documentation asks of a driver, and tells the kit what came of it.
func (r *Etcd) ready() {
	var out []pb.Message
	for r.raw.HasReady() {
		rd := r.raw.Ready()
		r.store(&rd)
		out = append(out, rd.Messages...)
		for _, e := range rd.CommittedEntries {
			r.LastApplied = int(e.Index)
		}
		r.raw.Advance(rd)
	}
	status := r.raw.Status()
	r.CurrentTerm, r.VotedFor, r.Leader = int(status.Term), name(status.Vote), name(status.Lead)
	r.CommitIndex = int(status.Commit)
	r.Role = map[etcd.StateType]string{etcd.StateFollower: "follower", etcd.StatePreCandidate: "pre-candidate",
		etcd.StateCandidate: "candidate", etcd.StateLeader: "leader"}[status.RaftState]
	r.NextIndex, r.MatchIndex, r.Votes = map[string]int{}, map[string]int{}, r.votes()
	for id, p := range status.Progress {
		r.NextIndex[name(id)], r.MatchIndex[name(id)] = int(p.Next), int(p.Match)
	}
	for i := range out {
		r.tell(&out[i])
	}
	if r.Role != "leader" && r.elapsed() == 0 {
		r.RestartElectionTimer()
		r.raw.Tick() // so that the next time is seen too
	}
}

// field is a private field of etcd's: it is read, and never changed.
func (r *Etcd) field(name string) reflect.Value {
	return reflect.ValueOf(r.raw).Elem().FieldByName("raft").Elem().FieldByName(name)
}

func (r *Etcd) elapsed() int { return int(r.field("electionElapsed").Int()) }

func (r *Etcd) votes() map[string]bool {
	all := map[string]bool{}
	for it := r.field("trk").FieldByName("Votes").MapRange(); it.Next(); {
		all[name(it.Key().Uint())] = it.Value().Bool()
	}
	return all
}

// store puts on the disk what is to be there before anything is sent.
func (r *Etcd) store(rd *etcd.Ready) {
	if s := rd.Snapshot; !etcd.IsEmptySnap(s) {
		r.Log.DeleteFrom(r.Log.FirstIndex())
		r.Log.Compact(Snapshot{int(s.Metadata.Index), int(s.Metadata.Term), string(s.Data)})
		r.LastApplied = r.Log.Snapshot.Index
	}
	if !etcd.IsEmptyHardState(rd.HardState) {
		r.hard = rd.HardState
	}
	if len(rd.Entries) > 0 {
		if first := int(rd.Entries[0].Index); first <= r.Log.LastIndex() {
			r.Log.DeleteFrom(first)
		}
		for _, e := range rd.Entries {
			r.Log.Append(entry(&e))
		}
	}
	if rd.MustSync || !etcd.IsEmptyHardState(rd.HardState) || !etcd.IsEmptySnap(rd.Snapshot) {
		r.CurrentTerm, r.VotedFor = int(r.hard.Term), name(r.hard.Vote)
		r.Save()
	}
}

// servers is the members of the configuration, as etcd has them.
func (r *Etcd) servers() pb.ConfState {
	var c pb.ConfState
	for _, name := range r.Servers {
		c.Voters = append(c.Voters, id(name))
	}
	slices.Sort(c.Voters)
	return c
}
