package guest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// running is the running programs, so that none is left behind.
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

// EndAll ends every program, with all that it has started. It is for a raftlab that is about to
// end.
func EndAll() {
	running.mu.Lock()
	defer running.mu.Unlock()
	for c := range running.all {
		endGroup(c)
	}
	endMarked(ours)
}

// A process that begins a session of its own leaves its group. So the environment of a program
// has a mark that names raftlab and the program. The processes that it starts inherit the mark,
// and Linux shows the environment of each process.
var (
	ours    = fmt.Sprintf("%d-%d.", os.Getpid(), time.Now().UnixNano())
	started atomic.Int64
)

// marked is raftlab's environment with a mark for another program. If this raftlab was itself
// started by another, that one's mark stays.
func marked() (environ []string, mark string) {
	const name = "RAFTLAB_GUEST"
	mark = fmt.Sprintf("%s%d.", ours, started.Add(1))
	return append(os.Environ(), name+"="+os.Getenv(name)+" "+mark), mark
}

// endMarked ends the processes that still run with a mark, on Linux. Those that are started
// meanwhile are found by the next call.
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
			// another process may have the number by now, so look at the mark again
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

// atWork tells whether something in a process group computes, or waits for the machine, as far
// as the system tells it. Where it does not, it may.
func atWork(group int) bool {
	before := ""
	for range 10 { // between two of its steps a program may sleep for a moment
		all := processes()
		if slices.ContainsFunc(all, func(p listed) bool { return p.group == group && p.works() }) {
			return true
		}
		if len(all) == 0 {
			now, works, ok := worksByPS(group)
			if works || !ok || before != "" && now != before {
				return true
			}
			before = now
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// worksByPS tells whether a process of a group runs or would (R), or waits for a disk (D, on a Mac U), by
// POSIX's ps, for systems other than Linux; and what that says of the group, with the time that it has
// computed, since of several threads it may show the state of one. ok is false where there is no such ps.
func worksByPS(group int) (says string, works, ok bool) {
	out, err := exec.Command("ps", "-A", "-o", "pgid=", "-o", "time=", "-o", "stat=").Output()
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == strconv.Itoa(group) {
			says += line
			works = works || strings.Contains("RDU", f[2][:1])
		}
	}
	return says, works, err == nil
}

// listed is a process as Linux tells it.
type listed struct {
	dir        string
	pid, group int
}

// processes is every process of the system, none where it is not Linux.
func processes() (all []listed) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if _, group := stat(dir); group > 0 { // else it is gone
			all = append(all, listed{dir, pid, group})
		}
	}
	return all
}

// works tells whether a thread of the process runs or would (R), or waits for a disk (D).
func (p listed) works() bool {
	threads, _ := filepath.Glob(p.dir + "/task/*")
	return slices.ContainsFunc(threads, func(dir string) bool {
		state, _ := stat(dir)
		return state == "R" || state == "D"
	})
}

// stat is the state and the process group of a process or a thread.
func stat(dir string) (state string, group int) {
	text, err := os.ReadFile(dir + "/stat")
	if err == nil {
		parent := 0
		_, _ = fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent, &group)
	}
	return state, group
}

// Used is how long raftlab and the programs that run have computed so far, and how long they
// waited for a core meanwhile, all their threads added. Both are 0 where Linux does not tell.
func Used() (computed, waited time.Duration) {
	running.mu.Lock()
	groups := map[int]bool{}
	for c := range running.all {
		groups[c.Process.Pid] = true
	}
	running.mu.Unlock()
	for _, p := range processes() {
		if p.pid != os.Getpid() && !groups[p.group] {
			continue
		}
		threads, _ := filepath.Glob(p.dir + "/task/*/schedstat")
		for _, path := range threads {
			var ran, queued time.Duration
			stat, _ := os.ReadFile(path)
			_, _ = fmt.Sscan(string(stat), &ran, &queued)
			computed, waited = computed+ran, waited+queued
		}
	}
	return computed, waited
}
