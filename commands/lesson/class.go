package lesson

import (
	"slices"
	"strings"

	"raftlab/commands/class"
	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// ClassResult is how the class has answered a question, in one round or two.
type ClassResult struct {
	Rounds  []map[string]int `json:"rounds" doc:"how many gave each answer, a round each"`
	Changed int              `json:"changed" doc:"how many changed to the right answer in the second round"`
	Pages   int              `json:"pages" doc:"how many pages looked on"`
}

// roomOf is the class that looks on; nil: the session has none.
func roomOf(s *lang.Session) *class.Room { return lang.Observing[*class.Room](s) }

// askClass asks the class, unless what happens is only tried, or done silently.
func askClass(c *lang.Call, q class.Question) {
	if _, silent := c.Front.(lang.Silent); !silent && !c.Session.Trying {
		roomOf(c.Session).Ask(q)
	}
}

// discuss says that the second round has begun.
func discuss() view.Prose {
	return view.Prose{Words: view.Line{view.S(view.Strong, "Second round: "), view.S(view.Plain, "the first answers "+
		"are closed and not shown. Discuss with your neighbor, and answer again. Enter shows both rounds.")}}
}

// classShows is how the class has answered a question of which this is the truth, also as bars;
// nil where it was not asked, or no page is served.
func (m *Matter) classShows(c *lang.Call, name string, truth any) (*ClassResult, []view.Block) {
	room := roomOf(c.Session)
	switch {
	case c.Session.Trying:
		return nil, nil
	case !room.Seated():
		room.Close(name)
		return nil, nil
	}
	right := func(answer string) bool { return m.answers(c.World, answer, truth) }
	o, asked := room.End(name, m.truthText(truth), right)
	if !asked {
		return nil, nil
	}
	return &ClassResult{o.Rounds, o.Changed, o.Pages}, o.Blocks()
}

// mostChoices is how many answers are offered to choose from.
const mostChoices = 9

// choices is what can be an answer where the truth is this: yes and no, the things that there are,
// or the words of which it is one; nil where any text may be.
func (m *Matter) choices(w lang.World, truth any) []string {
	var out []string
	if m.Things != nil {
		out = m.Things(w)
	}
	switch x := truth.(type) {
	case bool:
		return []string{"yes", "no"}
	case nil:
	case string:
		words := m.meanings(x)
		for _, all := range m.OneOf {
			if len(words) == 1 && slices.Contains(all, words[0]) {
				return all
			}
		}
		if x != "" && !slices.ContainsFunc(out, func(name string) bool { return strings.EqualFold(name, x) }) {
			return nil
		}
	default:
		return nil
	}
	if len(out) == 0 || len(out) >= mostChoices {
		return nil
	}
	return append(out, m.truthText(nil))
}
