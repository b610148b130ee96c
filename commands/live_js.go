package commands

import "raftlab/commands/lang"

// newLiveSession starts nothing in a browser.
func newLiveSession(Options) (*Session, error) {
	return nil, lang.Errorf("no cluster runs by itself in a browser").
		WithHint("the step-by-step cluster is here as everywhere: start without live, and run 100 lets time pass")
}
