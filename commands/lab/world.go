package lab

import (
	"raftlab/cluster"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

// World is the cluster behind the language.
type World interface {
	words.World
	Vocabulary(use *Cond) *Vocabulary // what a condition sees; nil: everything
	// Picture is the cluster now: of what costs something only what is used.
	Picture(used func(word string) bool) *cluster.Picture
	// AcceptBreaches takes the breaches so far as expected.
	AcceptBreaches()
	// UnexpectedBreaches tells the others, also those of a world that was left.
	UnexpectedBreaches() []string
	Here() string // names the present moment: another one, another text
	Prompt() view.Line
	Banner() []view.Block
}

// WorldOf is the cluster behind what the language knows of it.
func WorldOf(w lang.World) World { return w.(World) }
