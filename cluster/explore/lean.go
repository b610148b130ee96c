package explore

import (
	"runtime/debug"
	"sync"
)

// lean is the searches that have become large. While there are any the collector of
// garbage comes sooner: nearly all that a search keeps it keeps to its end, so that
// what is unused meanwhile would come to as much as all the states.
var lean struct {
	sync.Mutex
	searches, before int
}

const (
	leanFrom    = 1_000_000 // states
	leanPercent = 30        // of what is kept may be garbage; mostly that is 100
)

// beLean begins that for one search, and returns what ends it.
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
