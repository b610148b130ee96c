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

// patience is how long a test waits for what must happen at last. It says
// nothing of how long that takes: a machine may be busy, and a leader that is
// kept from its heartbeats is replaced.
const patience = 5 * time.Minute

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
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

// put writes a value for certain. A server that is cut off and believes it leads
// takes it and never answers, so another is asked after a while.
func put(t testing.TB, c *live.Cluster, key, value string) {
	t.Helper()
	eventually(t, key+"="+value+" is written", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := c.Put(ctx, "C1", key, value)
		if err != nil && !errors.Is(err, live.ErrUnknown) && !errors.Is(err, live.ErrNotTaken) {
			t.Fatal(err)
		}
		return err == nil
	})
}

func TestPutAndGet(t *testing.T) {
	c := quick(t, live.Config{})
	ctx := within(t, patience)
	put(t, c, "x", "1")
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
		ctx := within(t, patience)
		if round > 0 {
			if got, err := sure(func() (string, error) { return c.Get(ctx, "C1", "n") }); got != fmt.Sprint(round*20) || err != nil {
				t.Fatalf("round %d begins with %q, %v", round, got, err)
			}
		}
		for i := range 20 {
			put(t, c, "n", fmt.Sprint(round*20+i+1))
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
		put(t, c, "x", "1")
		old := leaderOf(t, c)
		if err := c.Kill(old); err != nil {
			t.Fatal(err)
		}
		if err := c.Kill(old); err == nil || !strings.Contains(err.Error(), "down already") {
			t.Errorf("killed twice: %v", err)
		}
		put(t, c, "x", "2")
		v := c.View()
		if disk := v.Disk(old); v.Up(old) || disk.CurrentTerm == 0 || disk.Log.LastIndex() == 0 {
			t.Errorf("dead, %s is up: %t, and has %+v", old, v.Up(old), disk)
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
	old := raft.ID(0)
	eventually(t, "a leader takes a command and cannot answer", func() bool {
		old = leaderOf(t, c)
		if err := c.Partition(raft.SetOf(old)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, live.Request{Command: "x=lost", Via: old})
		if errors.Is(err, live.ErrUnknown) && errors.Is(err, context.DeadlineExceeded) {
			return true
		}
		// It led no more when it was cut off, or the time was over before it was
		// asked: once more.
		if err == nil || !errors.Is(err, live.ErrNotTaken) && !errors.Is(err, live.ErrUnknown) {
			t.Fatalf("through %s: %v", old, err)
		}
		if err := c.Heal(); err != nil {
			t.Fatal(err)
		}
		return false
	})
	put(t, c, "x", "2")
	if err := c.Heal(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the old leader has what the others wrote", func() bool {
		x, _ := c.View().Machine(old).Get("x")
		return x == "2"
	})
}

func TestErrorsSayWhatTheyMean(t *testing.T) {
	c := quick(t, live.Config{})
	var err error
	eventually(t, "a follower names the leader", func() bool {
		leader := leaderOf(t, c)
		follower := leader%3 + 1
		if c.View().State(follower).Leader != leader {
			return false
		}
		_, err = c.Do(within(t, patience), live.Request{Command: "x=1", Via: follower})
		return errors.Is(err, live.ErrNotTaken) && live.Redirect(err) == leader && strings.Contains(err.Error(), leader.String())
	})
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
