//go:build unix

package live_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"raftlab/cluster/live"
	"raftlab/cluster/machine"
)

// The test binary is also the program that is killed: with this variable it
// runs a cluster on that directory, under the load of a few clients.
const victimVariable = "RAFTLAB_LIVE_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimVariable); dir != "" {
		victim(dir)
		return
	}
	os.Exit(m.Run())
}

const victimClients = 8

// victim reports each write that is acknowledged, on standard output: the
// client, which has a key of its own, and the number that it wrote.
func victim(dir string) {
	c := startOn(dir)
	var mu sync.Mutex
	for i := range victimClients {
		go func() {
			name := fmt.Sprintf("C%d", i)
			err := count(c, name, func(n int) {
				mu.Lock()
				fmt.Println(name, n)
				mu.Unlock()
			})
			fmt.Println("error", err)
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it is gone
}

// count writes one number after the other to the client's key. A write whose
// outcome is unknown is tried again: as a swap it is done once at most.
func count(c *live.Cluster, name string, acknowledged func(int)) error {
	was, err := sure(func() (string, error) { return c.Get(context.Background(), name, name) })
	for err == nil {
		n, _ := strconv.Atoi(was)
		next := fmt.Sprint(n + 1)
		var result string
		result, err = c.Propose(context.Background(), name, machine.CAS(name, was, next))
		switch {
		case errors.Is(err, live.ErrUnknown):
			err = nil
		case err == nil && result != "ok" && result != "no "+next:
			err = fmt.Errorf("%s held %s, and then: %s", name, was, result)
		case err == nil:
			acknowledged(n + 1)
			was = next
		}
	}
	return err
}

func startOn(dir string) *live.Cluster {
	s := live.DefaultSettings()
	s.SnapshotEvery = 150 // so that some die while they write one
	c, err := live.Start(live.Config{Dir: dir, Nodes: 3, Tick: 5 * time.Millisecond, Settings: s})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	return c
}

// A process that is killed loses nothing that it had acknowledged.
func TestKilledProcessLosesNothing(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv("RAFTLAB_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	acknowledged := map[string]int{}
	writes := 0
	for i := range kills {
		writes += killOnce(t, dir, 20+i*37%200, acknowledged)
	}
	c := startOn(dir)
	defer c.Close()
	for name, want := range acknowledged {
		ctx := within(t, patience)
		got, err := sure(func() (string, error) { return c.Get(ctx, "C1", name) })
		if n, _ := strconv.Atoi(got); err != nil || n < want || n > want+1 {
			t.Errorf("%s was told that %d is written; found %q, %v", name, want, got, err)
		}
	}
	t.Logf("%d kills, %d acknowledged writes, none lost; repairs at the last start: %v", kills, writes, c.Repairs())
}

// killOnce runs the victim until so many writes are acknowledged, and kills it
// while it goes on writing. No client may find its key behind what was
// acknowledged.
func killOnce(t *testing.T, dir string, after int, acknowledged map[string]int) (writes int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), victimVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // it ends with this process, whatever becomes of that
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	defer func() {
		cmd.Process.Kill() // also when the test fails
		_ = cmd.Wait()
	}()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		name, number, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("the process says: %s", lines.Text())
		}
		if n <= acknowledged[name] || n > acknowledged[name]+2 { // one more may have been done unheard
			t.Fatalf("%s writes %d after %d was acknowledged", name, n, acknowledged[name])
		}
		acknowledged[name] = n
		if writes++; writes == after {
			cmd.Process.Kill()
		}
	}
	if writes < after {
		t.Fatalf("only %d writes of %d were acknowledged in %v", writes, after, patience)
	}
	return writes
}

// RAFTLAB_SOAK=10m runs storms with clients for as long, and prints figures.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("RAFTLAB_SOAK"))
	if err != nil {
		t.Skip("RAFTLAB_SOAK=10m runs it for ten minutes")
	}
	s := live.DefaultSettings()
	s.PreVote, s.CheckQuorum, s.SnapshotEvery = true, true, 1000
	c := quick(t, live.Config{Nodes: 5, Dir: t.TempDir(), Settings: s})
	begin := time.Now()
	for i := 0; time.Since(begin) < length && !t.Failed(); i++ {
		told := round(t, c, uint64(i+1), 5*time.Second, &keys{round: i})
		fmt.Printf("%s: %s, linearizable: %t; term %d\n", time.Since(begin).Round(time.Second), told, !t.Failed(), c.View().Disk(1).CurrentTerm)
	}
}
