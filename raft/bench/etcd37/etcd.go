// Package etcd37 measures this repository's core beside go.etcd.io/raft/v3
// v3.7.0. It is a module of its own so that the product needs no etcd. What it
// shares with etcd36 is in raftlab/raft/bench/load; this adapter it cannot
// share, as etcd's messages and entries are pointers here and values there.
package etcd37

import (
	"io"
	"log"
	"math"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"raftlab/raft/bench/load"
)

// member is a server of etcd's core with MemoryStorage.
type member struct {
	raw     *etcd.RawNode
	store   *etcd.MemoryStorage
	nodes   uint64 // the log begins with one entry for each, which names it
	last    uint64 // index of the last entry that was applied
	first   uint64 // index of the last entry that was compacted away
	applied load.Applied
	keep    bool // never compact
}

func newMember(id, nodes int, keep bool) *member {
	m := &member{store: etcd.NewMemoryStorage(), nodes: uint64(nodes), keep: keep}
	raw, err := etcd.NewRawNode(&etcd.Config{
		ID: uint64(id), ElectionTick: 10, HeartbeatTick: 1,
		Storage:         m.store,
		MaxSizePerMsg:   math.MaxUint64,
		MaxInflightMsgs: load.Window,
		Logger:          &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	})
	load.Must(err)
	var peers []etcd.Peer
	for i := 1; i <= nodes; i++ {
		peers = append(peers, etcd.Peer{ID: uint64(i)})
	}
	load.Must(raw.Bootstrap(peers))
	m.raw = raw
	m.ready(nil)
	return m
}

func newCluster(nodes int) *load.Cluster[*pb.Message, []byte] {
	var members []load.Member[*pb.Message, []byte]
	for id := 1; id <= nodes; id++ {
		members = append(members, newMember(id, nodes, false))
	}
	return load.NewCluster(members...)
}

func newAlone() load.Member[*pb.Message, []byte] { return newMember(1, 1, true) }

func (m *member) Campaign()             { load.Must(m.raw.Campaign()) }
func (m *member) Heartbeat()            { m.raw.Tick() }
func (m *member) Propose(data []byte)   { load.Must(m.raw.Propose(data)) }
func (m *member) Receive(e *pb.Message) { load.Must(m.raw.Step(e)) }
func (m *member) Applied() load.Applied { return m.applied }

func (m *member) ProposeTogether(data [][]byte) {
	entries := make([]*pb.Entry, len(data)) // the core keeps and completes them
	for i, d := range data {
		entries[i] = &pb.Entry{Data: d}
	}
	load.Must(m.raw.Step(&pb.Message{Type: pb.MsgProp.Enum(), From: new(uint64(1)), Entries: entries}))
}

func (m *member) Drain(c *load.Cluster[*pb.Message, []byte]) { m.ready(c) }

// ready does what etcd's documentation asks of a driver.
func (m *member) ready(c *load.Cluster[*pb.Message, []byte]) {
	for m.raw.HasReady() {
		rd := m.raw.Ready()
		if !etcd.IsEmptyHardState(rd.HardState) {
			load.Must(m.store.SetHardState(rd.HardState))
		}
		load.Must(m.store.Append(rd.Entries))
		if c != nil {
			for _, e := range rd.Messages {
				c.Send(int(e.GetTo())-1, e)
			}
		}
		m.apply(rd.CommittedEntries)
		m.raw.Advance(rd)
	}
	if !m.keep && m.last >= m.first+load.CompactEvery {
		_, err := m.store.CreateSnapshot(m.last, nil, nil)
		load.Must(err)
		load.Must(m.store.Compact(m.last))
		m.first = m.last
	}
}

func (m *member) apply(entries []*pb.Entry) {
	for _, e := range entries {
		m.last = e.GetIndex()
		if m.last > m.nodes && len(e.Data) > 0 {
			load.Add(&m.applied, e.Data)
		}
	}
}

// follower takes appends without a leader behind them.
type follower struct {
	*member
	appends []*pb.Message
	next    uint64
}

func newFollower() load.Follower {
	return &follower{member: newMember(2, 3, false), next: 4}
}

func (f *follower) Prepare(n int) {
	f.appends = f.appends[:0]
	for range n {
		f.appends = append(f.appends, &pb.Message{
			Type: pb.MsgApp.Enum(), From: new(uint64(1)), To: new(uint64(2)),
			Term: new(uint64(1)), Index: new(f.next - 1), LogTerm: new(uint64(1)), Commit: new(f.next - 1),
			Entries: []*pb.Entry{{Term: new(uint64(1)), Index: new(f.next), Data: make([]byte, load.PayloadLen)}},
		})
		f.next++
	}
}

func (f *follower) Step(i int) { f.Receive(f.appends[i]) }
func (f *follower) Finish()    { f.ready(nil) }
