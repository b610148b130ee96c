package lab

import (
	"raftlab/cluster/picture"
	"raftlab/cluster/program"
	"raftlab/commands/each"
)

// Vocabulary is everything that a condition can name, besides the nodes by
// their ids. Text, JSON and conditions share these words.
type Vocabulary struct {
	*picture.Picture
	Explored *ExploredView  `expr:"explored" json:"explored" doc:"what the last search found, or nil"`
	Used     map[string]int `expr:"used" json:"used" doc:"commands given, by name (exercise: in the answer)"`
	Bugs     []string       `expr:"bugs" json:"bugs" doc:"the bugs that are on, by name"`
}

// ExploredView is what a search ended with.
type ExploredView struct {
	Outcome  string  `expr:"outcome" json:"outcome" doc:"breach, departure, error, reached, complete or bound"`
	Property string  `expr:"property" json:"property" doc:"the invariant that was broken"`
	Rule     string  `expr:"rule" json:"rule,omitempty" doc:"the rule of the paper from which a guest departed"`
	Server   string  `expr:"server" json:"server,omitempty" doc:"the guest that departed, or whose program failed"`
	Steps    int     `expr:"steps" json:"steps" doc:"length of the schedule that was found"`
	States   int     `expr:"states" json:"states" doc:"number of states seen"`
	Depth    int     `expr:"depth" json:"depth" doc:"number of steps up to which all was tried"`
	Proven   int     `expr:"proven" json:"proven" doc:"no schedule with fewer steps than this does it"`
	Seconds  float64 `expr:"seconds" json:"seconds" doc:"how many seconds it took"`
	By       string  `expr:"by" json:"by,omitempty" doc:"how it was found: plan, guided, sparse or full"`
	Runs     uint64  `expr:"runs" json:"runs,omitempty" doc:"number of random schedules that fuzz tried"`
	Calls    uint64  `expr:"calls" json:"calls,omitempty" doc:"how often other programs were called"`
	Saved    uint64  `expr:"saved" json:"saved,omitempty" doc:"how many calls were saved, because the answer was known"`
	Seed     any     `expr:"seed" json:"seed,omitempty" doc:"the seed with which fuzz failed; above 2^53 a string"`

	Failure *program.Failure `expr:"-" json:"-"` // the program's error that ended it; nil: none did
}

// Asked notes how many calls of other programs the search took, and how many it saved. calls and
// saved are what Guests.Asked was before it.
func (v *ExploredView) Asked(g *Guests, calls, saved uint64) {
	v.Calls, v.Saved = g.Asked()
	v.Calls -= calls
	v.Saved -= saved
}

// VocabularyOf is a picture in the words of conditions.
func VocabularyOf(p *picture.Picture) *Vocabulary {
	v := &Vocabulary{Picture: p, Bugs: []string{}, Used: map[string]int{}}
	if p.World != nil {
		v.Bugs = append(v.Bugs, each.As(p.World.Bugs, func(b picture.BugOn) string { return b.Name })...)
	}
	return v
}
