package commands

import "raftlab/commands/lang"

// lastShown is a frontend that keeps the last result and shows none.
type lastShown struct {
	lang.Silent
	last *lang.Result
}

func (f *lastShown) Show(r *lang.Result) { f.last = r }
