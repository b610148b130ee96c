package guest

import (
	"os/exec"
	"sync"
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
}
