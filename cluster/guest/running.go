package guest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// running is the programs that run, so that none is left behind.
var running struct {
	mu  sync.Mutex
	all map[*exec.Cmd]bool
}

func began(c *exec.Cmd) {
	running.mu.Lock()
	defer running.mu.Unlock()
	if running.all == nil {
		running.all = map[*exec.Cmd]bool{}
	}
	running.all[c] = true
}

func over(c *exec.Cmd) {
	running.mu.Lock()
	defer running.mu.Unlock()
	delete(running.all, c)
}

// EndAll ends every program at once, with all that it has started: the process that
// they belong to is about to end.
func EndAll() {
	running.mu.Lock()
	defer running.mu.Unlock()
	for c := range running.all {
		endGroup(c)
	}
	endMarked(ours)
}

// A process that begins a session of its own leaves its group. So the environment of a
// program names raftlab and the program, which whatever it starts inherits, and Linux
// tells the environment of each process.
var (
	ours    = fmt.Sprintf("%d-%d.", os.Getpid(), time.Now().UnixNano())
	started atomic.Int64
)

// marked is raftlab's environment with a mark for one more program. That of a raftlab
// which is a program itself stays in it.
func marked() (environ []string, mark string) {
	const name = "RAFTLAB_GUEST"
	mark = fmt.Sprintf("%s%d.", ours, started.Add(1))
	return append(os.Environ(), name+"="+os.Getenv(name)+" "+mark), mark
}

// endMarked ends what still runs under a mark, on Linux. What it starts meanwhile is found
// the next time.
func endMarked(mark string) {
	found := true
	for round := 0; found && round < 20; round++ {
		found = false
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, path := range environs {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if pid == os.Getpid() || !hasMark(path, mark) {
				continue
			}
			// the number may be another process's by now, unless this one has the mark as well
			if p, err := os.FindProcess(pid); err == nil && hasMark(path, mark) {
				found = p.Kill() == nil || found
				_ = p.Release()
			}
		}
	}
}

func hasMark(path, mark string) bool {
	environ, err := os.ReadFile(path)
	return err == nil && bytes.Contains(environ, []byte(mark))
}
