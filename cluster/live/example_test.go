package live_test

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"
	"time"

	"raftlab/cluster/live"
	"raftlab/raft"
)

// lossy is a transport that a test program brings: it loses every tenth
// message on the way to S3, and delivers the others at once.
type lossy struct {
	deliver func(to raft.ID, batch []live.Message)
	count   atomic.Int64
}

func (l *lossy) Start(deliver func(to raft.ID, batch []live.Message)) error {
	l.deliver = deliver
	return nil
}

func (l *lossy) Send(to raft.ID, batch []live.Message) {
	for i := range batch {
		if to != 3 || l.count.Add(1)%10 != 0 {
			l.deliver(to, batch[i:i+1])
		}
	}
}

func (l *lossy) Close() error { return nil }

// A small test program: three servers on a network that loses messages, a
// client, and a leader that crashes.
func Example() {
	c, err := live.Start(live.Config{Nodes: 3, Tick: 2 * time.Millisecond, Transport: &lossy{}})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	first, err := c.Do(ctx, live.Request{Client: "C1", Command: "x=1"})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Kill(first.Node); err != nil {
		log.Fatal(err)
	}
	x, err := c.Get(ctx, "C1", "x") // from the next leader
	fmt.Println("x is", x, err)

	fmt.Println("the first leader is up:", c.View().Up(first.Node))
	if err := c.Restart(first.Node); err != nil {
		log.Fatal(err)
	}
	script, err := c.Script() // what happened, for the step-by-step cluster
	fmt.Println(script[0], err)
	// Output:
	// x is 1 <nil>
	// the first leader is up: false
	// new 3 seed 1 <nil>
}
