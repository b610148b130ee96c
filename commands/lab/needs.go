package lab

import "raftlab/commands/lang"

// What a command may need of a cluster that not every cluster has.
const (
	Stepping = "stepping" // it moves only when a command moves it
	History  = "history"  // it can go back to what was
	Copies   = "copies"   // it can be copied, so that a copy can be tried and searched
)

// Needs is such a need of a command. instead is what to do where a cluster lacks it, if
// that is not what the cluster says of all commands.
func Needs(what string, instead ...string) []lang.Need {
	n := lang.Need{What: what}
	for _, text := range instead {
		n.Instead = text
	}
	return []lang.Need{n}
}
