package explore

import (
	"runtime/debug"
	"sync"
)

// lean counts the searches that have become large. While there are any, the garbage collector
// runs more often. A search keeps nearly all of its memory to its end, so by default the
// garbage could grow to as much as all the states.
var lean struct {
	sync.Mutex
	searches, before int
}

const (
	leanFrom    = 1_000_000 // states
	leanPercent = 30        // how much garbage there may be, of what is kept; Go's default is 100
)

// beLean begins this for one search. end ends it.
func beLean() (end func()) {
	lean.Lock()
	defer lean.Unlock()
	if lean.searches++; lean.searches == 1 {
		lean.before = debug.SetGCPercent(leanPercent)
	}
	return func() {
		lean.Lock()
		defer lean.Unlock()
		if lean.searches--; lean.searches == 0 {
			debug.SetGCPercent(lean.before)
		}
	}
}
