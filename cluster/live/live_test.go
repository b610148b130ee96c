package live_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/live"
	"raftlab/raft"
)

// quick is a cluster whose elections take a moment.
func quick(t testing.TB, config live.Config) *live.Cluster {
	t.Helper()
	if config.Nodes == 0 && config.Dir == "" {
		config.Nodes = 3
	}
	if config.Tick == 0 {
		config.Tick = 2 * time.Millisecond
	}
	c, err := live.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, live.ErrClosed) {
			t.Error(err)
		}
	})
	return c
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}

func leaderOf(t testing.TB, c *live.Cluster) raft.ID {
	t.Helper()
	var id raft.ID
	eventually(t, "somebody leads", func() bool { id = c.View().Leader(); return id != 0 })
	return id
}

// sure asks again what may be asked twice, while its outcome is unknown: on a
// busy machine leaders change.
func sure(ask func() (string, error)) (string, error) {
	for {
		if got, err := ask(); !errors.Is(err, live.ErrUnknown) || errors.Is(err, context.DeadlineExceeded) {
			return got, err
		}
	}
}

func TestPutAndGet(t *testing.T) {
	c := quick(t, live.Config{})
	ctx := within(t, 20*time.Second)
	if _, err := sure(func() (string, error) { return "", c.Put(ctx, "C1", "x", "1") }); err != nil {
		t.Fatal(err)
	}
	if v, err := sure(func() (string, error) { return c.Get(ctx, "C2", "x") }); v != "1" || err != nil {
		t.Errorf("get x: %q, %v", v, err)
	}
	var a live.Answer
	_, err := sure(func() (_ string, err error) { a, err = c.Do(ctx, live.Request{Command: "x=2"}); return "", err })
	if err != nil || a.Result != "ok" || a.Index == 0 || a.Term == 0 || a.Node == 0 {
		t.Errorf("x=2: %+v, %v", a, err)
	}
	eventually(t, "everyone has applied it", func() bool {
		v := c.View()
		for _, id := range v.IDs() {
			if x, _ := v.Machine(id).Get("x"); x != "2" {
				return false
			}
		}
		return true
	})
}

// The data outlives the cluster: by whichever way it ends, what was
// acknowledged is there.
func TestDataOutlivesTheCluster(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		c := quick(t, live.Config{Dir: dir, Nodes: 3})
		ctx := within(t, 20*time.Second)
		if round > 0 {
			if got, err := sure(func() (string, error) { return c.Get(ctx, "C1", "n") }); got != fmt.Sprint(round*20) || err != nil {
				t.Fatalf("round %d begins with %q, %v", round, got, err)
			}
		}
		for i := range 20 {
			put := func() (string, error) { return "", c.Put(ctx, "C1", "n", fmt.Sprint(round*20+i+1)) }
			if _, err := sure(put); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if round == 1 {
			if err := c.Snapshot(leaderOf(t, c)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if r := c.Repairs(); len(r) > 0 {
			t.Errorf("repairs: %v", r)
		}
	}
}

func TestKillAndRestart(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c := quick(t, live.Config{Nodes: 3, Dir: dir})
		ctx := within(t, 20*time.Second)
		if err := c.Put(ctx, "C1", "x", "1"); err != nil {
			t.Fatal(err)
		}
		old := leaderOf(t, c)
		if err := c.Kill(old); err != nil {
			t.Fatal(err)
		}
		if err := c.Kill(old); err == nil || !strings.Contains(err.Error(), "down already") {
			t.Errorf("killed twice: %v", err)
		}
		if err := c.Put(ctx, "C1", "x", "2"); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Status(old); err != nil || s.Up || s.Term == 0 || s.Last == 0 {
			t.Errorf("dead, %s is %+v, %v", old, s, err)
		}
		if err := c.Restart(old); err != nil {
			t.Fatal(err)
		}
		if err := c.Restart(old); err == nil || !strings.Contains(err.Error(), "up already") {
			t.Errorf("restarted twice: %v", err)
		}
		eventually(t, "the old leader has what it missed", func() bool {
			m := c.View().Machine(old)
			x, _ := m.Get("x")
			return x == "2"
		})
	}
}

// A leader that is cut off answers nothing, and what it took is unknown.
func TestCutOffLeader(t *testing.T) {
	c := quick(t, live.Config{})
	old := leaderOf(t, c)
	if err := c.Partition(raft.SetOf(old)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := c.Do(ctx, live.Request{Command: "x=lost", Via: old})
	if !errors.Is(err, live.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("through %s: %v", old, err)
	}
	if err := c.Put(within(t, 20*time.Second), "C1", "x", "2"); err != nil {
		t.Fatal(err)
	}
	if err := c.Heal(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the old leader follows", func() bool {
		v := c.View()
		x, _ := v.Machine(old).Get("x")
		return x == "2" && v.Node(old).Role() == raft.Follower
	})
}

func TestErrorsSayWhatTheyMean(t *testing.T) {
	c := quick(t, live.Config{})
	leader := leaderOf(t, c)
	follower := leader%3 + 1
	eventually(t, "the follower knows", func() bool { return c.View().Node(follower).Leader() == leader })
	_, err := c.Do(within(t, time.Second), live.Request{Command: "x=1", Via: follower})
	if !errors.Is(err, live.ErrNotTaken) || !strings.Contains(err.Error(), leader.String()) {
		t.Errorf("via a follower: %v", err)
	}
	for _, id := range c.IDs() {
		_ = c.Kill(id)
	}
	_, err = c.Propose(within(t, 20*time.Millisecond), "C1", "x=1")
	if !errors.Is(err, live.ErrNotTaken) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody is up: %v", err)
	}
	if _, err := c.Propose(context.Background(), "a b", "x=1"); err == nil {
		t.Error("a client's name with a blank was taken")
	}
	if err := c.Kill(4); err == nil || !strings.Contains(err.Error(), "S1 to S3") {
		t.Errorf("kill S4: %v", err)
	}
	c.Close()
	if _, err := c.Propose(context.Background(), "C1", "x=1"); !errors.Is(err, live.ErrClosed) || !errors.Is(err, live.ErrNotTaken) {
		t.Errorf("closed: %v", err)
	}
}
