// Package load is what the benchmarks of this directory share: the loads, and
// the in-memory cluster that carries them. It knows no core; an adapter makes
// a Member of each one.
package load

import (
	"fmt"
	"runtime"
	"testing"
)

// What every core is set to.
const (
	Window       = 256  // appends in flight to a follower at most
	CompactEvery = 8192 // entries applied between compactions of a log
	PayloadLen   = 16   // bytes of data in a proposal
)

// A Load is how a cluster is used. Names begin with the number of nodes.
type Load struct {
	Name     string
	Nodes    int
	PerRound int  // proposals in a round
	Together bool // one call, and so one message, for all proposals of a round
	AllApply bool // a round ends when followers have applied it too
}

// Loads is all of them, in the order of the table.
var Loads = []Load{
	{Name: "3 nodes, one proposal a round", Nodes: 3, PerRound: 1},
	{Name: "3 nodes, 64 proposals a round", Nodes: 3, PerRound: 64},
	{Name: "3 nodes, one message of 64 entries", Nodes: 3, PerRound: 64, Together: true},
	{Name: "5 nodes, one proposal a round", Nodes: 5, PerRound: 1},
	{Name: "5 nodes, 64 proposals a round", Nodes: 5, PerRound: 64},
	{Name: "3 nodes, one a round, applied by all", Nodes: 3, PerRound: 1, AllApply: true},
	{Name: "5 nodes, one a round, applied by all", Nodes: 5, PerRound: 1, AllApply: true},
}

// Data is how a core holds what is proposed.
type Data interface{ string | []byte }

// Member is a server with its driver, in memory. M is the message as the
// network hands it on, D the data of an entry.
type Member[M any, D Data] interface {
	Campaign()              // its election timer has run out
	Heartbeat()             // its heartbeat is due
	Propose(data D)         // it leads
	ProposeTogether([]D)    // several at once, in one message to each follower
	Receive(m M)            // m has arrived
	Drain(c *Cluster[M, D]) // saves, applies, compacts and sends what is due
	Applied() Applied
}

// Applied is what a state machine has seen: how many commands, and a digest
// of them in order.
type Applied struct{ Commands, Digest uint64 }

// Add applies one command.
func Add[D Data](a *Applied, data D) {
	a.Commands++
	a.Digest = a.Digest*31 + number(data)
}

// payload is proposal k's data, in memory of its own.
func payload[D Data](k uint64) D {
	b := make([]byte, PayloadLen)
	for i := range 8 {
		b[i] = byte(k >> (8 * i))
	}
	return D(b)
}

func number[D Data](d D) uint64 {
	return uint64(d[0]) | uint64(d[1])<<8 | uint64(d[2])<<16 | uint64(d[3])<<24 |
		uint64(d[4])<<32 | uint64(d[5])<<40 | uint64(d[6])<<48 | uint64(d[7])<<56
}

// Cluster is members and the mail between them. Member 0 leads.
type Cluster[M any, D Data] struct {
	members []Member[M, D]
	inbox   [][]M // by member
	spare   []M
	sent    int

	pool     []D // payloads, used over and over
	proposed Applied
}

// NewCluster starts the members and lets the first win an election.
func NewCluster[M any, D Data](members ...Member[M, D]) *Cluster[M, D] {
	c := &Cluster[M, D]{members: members, inbox: make([][]M, len(members))}
	for k := range uint64(1024) {
		c.pool = append(c.pool, payload[D](k))
	}
	members[0].Campaign()
	c.Exchange()
	return c
}

// Send puts a message into the inbox of member to, counted from 0.
func (c *Cluster[M, D]) Send(to int, m M) {
	c.inbox[to] = append(c.inbox[to], m)
	c.sent++
}

// Exchange lets messages flow until none is left. A member takes all that is
// in its inbox, and then does what has become due.
func (c *Cluster[M, D]) Exchange() {
	for {
		before := c.sent
		for i, m := range c.members {
			mail := c.inbox[i]
			c.inbox[i] = c.spare[:0]
			for _, x := range mail {
				m.Receive(x)
			}
			m.Drain(c)
			clear(mail)
			c.spare = mail
		}
		if c.sent == before {
			return
		}
	}
}

// Round is one round of the load.
func (c *Cluster[M, D]) Round(l Load) {
	from := int(c.proposed.Commands) % len(c.pool)
	batch := c.pool[from : from+l.PerRound]
	if l.Together {
		c.members[0].ProposeTogether(batch)
	} else {
		for _, d := range batch {
			c.members[0].Propose(d)
		}
	}
	for _, d := range batch {
		Add(&c.proposed, d)
	}
	c.Exchange()
	if l.AllApply && c.behind() >= 0 {
		c.members[0].Heartbeat()
		c.Exchange()
	}
}

// behind is a member that has not applied all proposals in their order, or -1.
func (c *Cluster[M, D]) behind() int {
	for i, m := range c.members {
		if m.Applied() != c.proposed {
			return i
		}
	}
	return -1
}

// check fails unless, a heartbeat later, every member has applied every
// proposal in order.
func (c *Cluster[M, D]) check(b testing.TB) {
	c.members[0].Heartbeat()
	c.Exchange()
	if i := c.behind(); i >= 0 {
		b.Fatalf("%d commands were proposed (digest %x); member %d has applied %d (digest %x)",
			c.proposed.Commands, c.proposed.Digest, i+1, c.members[i].Applied().Commands, c.members[i].Applied().Digest)
	}
}

// Run measures a load on a cluster: proposals a second, messages a proposal.
func Run[M any, D Data](b *testing.B, l Load, c *Cluster[M, D]) {
	for range 2 * CompactEvery / l.PerRound { // past the first compaction
		c.Round(l)
	}
	c.sent = 0
	b.ReportAllocs()
	rounds := 0
	for b.Loop() {
		c.Round(l)
		rounds++
	}
	proposals := float64(rounds * l.PerRound)
	b.ReportMetric(proposals/b.Elapsed().Seconds(), "proposals/s")
	b.ReportMetric(float64(c.sent)/proposals, "messages/proposal")
	c.check(b)
}

// Entries is the length of the log whose memory is measured.
const Entries = 1_000_000

// Memory measures what a log of a million entries holds of the heap: that of
// a server alone, which keeps its log.
func Memory[M any, D Data](b *testing.B, alone func() Member[M, D]) {
	var perEntry float64
	for range b.N {
		before := heap()
		c := NewCluster(alone())
		for k := uint64(0); k < Entries; k += uint64(len(c.pool)) {
			for i := range c.pool {
				c.pool[i] = payload[D](k + uint64(i))
			}
			for i := 0; i < len(c.pool); i += 64 {
				c.Round(Load{PerRound: 64, Together: true})
			}
		}
		c.check(b)
		clear(c.pool)
		perEntry = float64(heap()-before) / float64(c.proposed.Commands)
		runtime.KeepAlive(c)
	}
	b.ReportMetric(perEntry, "B/entry")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Follower is a follower that stands alone, and the appends it is to take.
type Follower interface {
	Prepare(n int) // makes the next n appends of one entry each
	Step(i int)    // takes append i of these
	Finish()       // does what became due
}

// RunFollower measures a follower's append step: the core alone, or also what
// its driver does after each (saving, sending the answer).
func RunFollower(b *testing.B, f Follower, driven bool) {
	const batch = 1024
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= batch {
		n := min(left, batch)
		b.StopTimer()
		f.Prepare(n)
		b.StartTimer()
		for i := range n {
			f.Step(i)
			if driven {
				f.Finish()
			}
		}
		b.StopTimer()
		f.Finish()
		b.StartTimer()
	}
}

// Must stops at an error: under these loads there is none.
func Must(err error) {
	if err != nil {
		panic(fmt.Sprintf("load: %v", err))
	}
}
