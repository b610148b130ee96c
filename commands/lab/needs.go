package lab

import "raftlab/commands/lang"

// What a command may need of a cluster that not every cluster has.
const (
	Stepping = "stepping" // it moves only when a command moves it
	History  = "history"  // it can go back to what was
	Copies   = "copies"   // it can be copied, so that a copy can be tried and searched
	Asking   = "asking"   // its servers can be asked what they would do
	Record   = "record"   // it has kept what has happened; a replay of that will do
)

// Needs is one of these needs, for a command. instead is what to do where a cluster lacks it; without
// it the cluster says what to do instead.
func Needs(what string, instead ...string) []lang.Need {
	n := lang.Need{What: what}
	for _, text := range instead {
		n.Instead = text
	}
	return []lang.Need{n}
}

// NeedsSearch is the needs of a command that tries what a cluster's servers would do.
var NeedsSearch = append(Needs(Copies), Needs(Asking)...)

// ErrRecorded is the refusal of such a command where the cluster is the recorded run of a real one.
var ErrRecorded = lang.Errorf("this is the run of a real cluster: there is no program to ask what else its servers " +
	"would do").WithHint("back, forward, goto and why go through the run; new 3 begins a cluster that can be asked")

// Refuse says what the present cannot do: it may be the run of a real cluster.
func (l *Lab) Refuse(c *lang.Command) error {
	if !l.World().IsRecorded() {
		return nil
	}
	for _, n := range c.Needs {
		if n.What == Asking {
			return ErrRecorded
		}
	}
	return nil
}
