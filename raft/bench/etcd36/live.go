package etcd36

import (
	"context"
	"io"
	"log"
	"math"
	"sync"
	"time"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	live "raftlab/cluster/live/load"
	"raftlab/raft/bench/load"
)

// liveCluster is etcd's Node in real time: a goroutine for each node, as its
// documentation has it, and one that steps what has arrived.
type liveCluster struct {
	nodes   []*liveNode
	stopped chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	waiting map[uint64]chan struct{} // by number of the proposal
}

type liveNode struct {
	*member
	cluster *liveCluster
	node    etcd.Node
	mail    mailbox

	mu     sync.Mutex
	digest live.Digest
}

func startLive() live.Cluster {
	c := &liveCluster{stopped: make(chan struct{}), waiting: map[uint64]chan struct{}{}}
	var peers []etcd.Peer
	for i := 1; i <= live.Nodes; i++ {
		peers = append(peers, etcd.Peer{ID: uint64(i)})
	}
	for i := 1; i <= live.Nodes; i++ {
		m := &member{store: etcd.NewMemoryStorage(), nodes: live.Nodes}
		n := &liveNode{member: m, cluster: c, mail: mailbox{wake: make(chan struct{}, 1)}}
		n.node = etcd.StartNode(&etcd.Config{
			ID: uint64(i), ElectionTick: 1000, HeartbeatTick: 5, // heartbeats as ours, and no election but the first
			Storage:         m.store,
			MaxSizePerMsg:   math.MaxUint64,
			MaxInflightMsgs: load.Window,
			Logger:          &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
		}, peers)
		c.nodes = append(c.nodes, n)
	}
	for _, n := range c.nodes {
		c.running.Go(n.run)
		c.running.Go(n.step)
	}
	for c.nodes[0].applied() < live.Nodes { // the entries that name the nodes
		time.Sleep(time.Millisecond)
	}
	for c.nodes[0].node.Status().Lead != 1 {
		load.Must(c.nodes[0].node.Campaign(context.Background()))
		time.Sleep(time.Millisecond)
	}
	return c
}

func (c *liveCluster) Propose(n uint64) error {
	done := make(chan struct{}, 1)
	c.mu.Lock()
	c.waiting[n] = done
	c.mu.Unlock()
	if err := c.nodes[0].node.Propose(context.Background(), live.Payload(n)); err != nil {
		return err
	}
	<-done
	return nil
}

func (c *liveCluster) Applied() []live.Digest {
	var out []live.Digest
	for _, n := range c.nodes {
		n.mu.Lock()
		out = append(out, n.digest)
		n.mu.Unlock()
	}
	return out
}

func (c *liveCluster) Close() {
	close(c.stopped)
	c.running.Wait()
	for _, n := range c.nodes {
		n.node.Stop()
	}
}

// run is a node's goroutine.
func (n *liveNode) run() {
	ticker := time.NewTicker(live.Tick)
	defer ticker.Stop()
	for {
		select {
		case <-n.cluster.stopped:
			return
		case <-ticker.C:
			n.node.Tick()
		case rd := <-n.node.Ready():
			n.do(rd)
			n.node.Advance()
		}
	}
}

func (n *liveNode) do(rd etcd.Ready) {
	if !etcd.IsEmptyHardState(rd.HardState) {
		load.Must(n.store.SetHardState(rd.HardState))
	}
	load.Must(n.store.Append(rd.Entries))
	n.cluster.send(rd.Messages)
	n.apply(rd.CommittedEntries)
	// What is kept is more than a follower ever lacks, so that nobody needs a snapshot.
	if keep := uint64(4 * live.CompactEvery); n.last >= n.first+keep+live.CompactEvery {
		n.first = n.last - keep
		load.Must(n.store.Compact(n.first))
	}
}

func (n *liveNode) apply(entries []pb.Entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	leads := n == n.cluster.nodes[0]
	for i := range entries {
		e := &entries[i]
		n.last = e.Index
		if e.Type == pb.EntryConfChange {
			var cc pb.ConfChange
			load.Must(cc.Unmarshal(e.Data))
			n.node.ApplyConfChange(cc)
			continue
		}
		if len(e.Data) == 0 {
			continue
		}
		live.Add(&n.digest, e.Data)
		if leads {
			n.cluster.answer(live.Number(e.Data))
		}
	}
}

func (n *liveNode) applied() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}

func (c *liveCluster) answer(number uint64) {
	c.mu.Lock()
	done := c.waiting[number]
	delete(c.waiting, number)
	c.mu.Unlock()
	if done != nil {
		done <- struct{}{}
	}
}

func (c *liveCluster) send(messages []pb.Message) {
	for i, n := range c.nodes {
		n.mail.put(messages, uint64(i+1))
	}
}

// step gives the node what has arrived.
func (n *liveNode) step() {
	for {
		select {
		case <-n.cluster.stopped:
			return
		case <-n.mail.wake:
		}
		for _, m := range n.mail.take() {
			_ = n.node.Step(context.Background(), m)
		}
	}
}

// mailbox is what waits for a node, as in our transport.
type mailbox struct {
	mu    sync.Mutex
	items []pb.Message
	wake  chan struct{}
}

func (b *mailbox) put(messages []pb.Message, to uint64) {
	b.mu.Lock()
	was := len(b.items)
	for i := range messages {
		if messages[i].To == to {
			b.items = append(b.items, messages[i])
		}
	}
	first := was == 0 && len(b.items) > 0
	b.mu.Unlock()
	if first {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}

func (b *mailbox) take() []pb.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = nil
	return items
}
