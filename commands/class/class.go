// Package class is a class that looks on and is asked questions, in one or two rounds as in peer
// instruction. It knows neither the pages on which they answer nor the matter: a Stage shows the
// questions, and an Audience has the answers. No names are kept, and nothing outlives the session.
package class

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// Question is what is asked.
type Question struct {
	Name, Text string
	Choices    []string // empty: any text is an answer
	Round      int      // 1, or 2 when the class votes again
}

// Outcome is how a class has answered.
type Outcome struct {
	Question
	Truth   string           // the right answer, "" where there is none
	Rounds  []map[string]int // how many chose each answer, a round each
	Changed int              // how many changed to the right answer in round 2 or, where there is none, to another
	Pages   int              // how many looked on
}

// Audience is the pages that look on.
type Audience interface {
	// Answers is the answers to the question of that name in that round, by the browser that gave
	// each, and how many pages look on. It is called for the question that is open, or was open
	// last. For one that the pages do not know yet there are no answers.
	Answers(name string, round int) (byBrowser map[string]string, pages int)
}

// Stage shows questions to those who look on.
type Stage interface {
	Ask(Question)
	Closed(name string, round int) // a round is over, and its answers are not shown
	Show(Outcome)
}

// Room is the class of a session, which it observes. If no page is served, questions can be asked
// all the same, and no answers come.
type Room struct {
	lang.Unmoved
	stage    Stage
	audience Audience         // nil: no page is served
	open     *vote            // nil: nothing is asked
	past     map[string]*vote // questions that gave way to others before their answers were shown, by name
	polls    int              // how many polls there were
}

// vote is a question with its answers, by the browsers that gave them.
type vote struct {
	Question
	poll        bool              // it was asked by poll
	first, last map[string]string // of the first of two rounds; of the last, where that is over
	before      map[string]string // of this round, from before a poll was asked in its place
	instead     *vote             // the question in whose place a poll is asked, or nil
	pages       int
}

// New is a room whose questions are shown on a stage.
func New(stage Stage) *Room { return &Room{stage: stage} }

// of is the room of the session that a call is made in; nil: it has none.
func of(c *lang.Call) *Room { return lang.Observing[*Room](c.Session) }

// Seat sets the audience from which answers come; nil: no page is served any more. A question that
// is open is asked again.
func (r *Room) Seat(a Audience) {
	if r.audience = a; a != nil && r.open != nil {
		r.stage.Ask(r.open.Question)
	}
}

// Seated tells whether a page is served.
func (r *Room) Seated() bool { return r != nil && r.audience != nil }

// Asking is the question that is open, nil: none is.
func (r *Room) Asking() *Question {
	if r == nil || r.open == nil {
		return nil
	}
	return &r.open.Question
}

// Answered is how many have answered it, and how many pages look on.
func (r *Room) Answered() (n, pages int) {
	given, pages := r.answers()
	return len(given), pages
}

func (r *Room) answers() (given map[string]string, pages int) {
	if r.audience == nil || r.open == nil {
		return nil, 0
	}
	now, pages := r.audience.Answers(r.open.Name, r.open.Round)
	given = map[string]string{}
	maps.Copy(given, r.open.before)
	maps.Copy(given, now)
	return given, max(pages, len(given)) // some may have answered and left
}

// Ask asks a question. One that is open gives way; its answers are kept until they are shown.
func (r *Room) Ask(q Question) {
	if r == nil {
		return
	}
	if v := r.open; v != nil {
		v.last, v.pages = r.answers()
		r.stage.Closed(v.Name, v.Round)
		if r.past == nil {
			r.past = map[string]*vote{}
		}
		r.past[v.Name] = v
	}
	q.Round = 1
	delete(r.past, q.Name)
	r.open = &vote{Question: q}
	r.stage.Ask(q)
}

// Again ends the first round of a question without showing it, and asks again. It is false where
// that question is not open.
func (r *Room) Again(name string) bool {
	v := r.open
	if v == nil || v.Name != name {
		return false
	}
	v.first, _ = r.answers()
	v.before = nil
	r.stage.Closed(v.Name, v.Round)
	v.Round = 2
	r.stage.Ask(v.Question)
	return true
}

// resume asks again the question in whose place a poll was asked. Its answers count until they are changed.
func (r *Room) resume(poll *vote) {
	v := poll.instead
	if v == nil || r.past[v.Name] != v {
		return
	}
	delete(r.past, v.Name)
	r.open, v.before = v, v.last
	r.stage.Ask(v.Question)
}

// Drop forgets what a lesson has asked, and its answers. A poll stays open.
func (r *Room) Drop() {
	if r == nil {
		return
	}
	r.past = nil
	if r.open != nil && !r.open.poll {
		r.stage.Closed(r.open.Name, r.open.Round)
		r.open = nil
	}
}

// Close ends a question without showing how the class has answered it.
func (r *Room) Close(name string) {
	if r == nil {
		return
	}
	if v := r.open; v != nil && v.Name == name {
		r.stage.Closed(v.Name, v.Round)
		r.open = nil
	}
	delete(r.past, name)
}

// End shows how the class has answered a question, and ends it; ok is false where it was not asked.
// truth is the right answer, which right recognizes, too, where it is written otherwise; "": there is
// none.
func (r *Room) End(name, truth string, right func(answer string) bool) (o Outcome, ok bool) {
	if r == nil {
		return o, false
	}
	v := r.past[name]
	if v == nil && (r.open == nil || r.open.Name != name) {
		return o, false
	}
	if v == nil {
		v = r.open
		v.last, v.pages = r.answers()
		r.open = nil
	}
	delete(r.past, name)
	o = v.outcome(truth, right)
	r.stage.Show(o)
	return o, true
}

// outcome counts the votes.
func (v *vote) outcome(truth string, right func(answer string) bool) Outcome {
	o := Outcome{Question: v.Question, Truth: truth, Pages: v.pages}
	means := func(answer string) string {
		switch {
		case truth != "" && right(answer):
			return truth
		case len(o.Choices) == 0:
			return free(answer)
		}
		return answer
	}
	if o.Round == 2 {
		o.Rounds = append(o.Rounds, counted(v.first, o.Choices, means))
		for browser, answer := range v.last {
			before, voted := v.first[browser]
			if voted && means(before) != means(answer) && (truth == "" || means(answer) == truth) {
				o.Changed++
			}
		}
	}
	o.Rounds = append(o.Rounds, counted(v.last, o.Choices, means))
	return o
}

// mostBars is how many different answers are told apart where any text is one.
const mostBars = 8

// counted is how many chose each answer. Choices are all there; of free answers those that were
// given most often, and one sum of the others.
func counted(given map[string]string, choices []string, means func(string) string) map[string]int {
	out := map[string]int{}
	for _, c := range choices {
		out[means(c)] = 0
	}
	for _, answer := range given {
		out[means(answer)]++
	}
	if len(choices) > 0 || len(out) <= mostBars {
		return out
	}
	for _, answer := range ordered(out)[mostBars-1:] {
		out[others] += out[answer]
		delete(out, answer)
	}
	return out
}

// others is all answers that were given so rarely that they are not told apart.
const others = "(other answers)"

// ordered is the answers, the most frequent first.
func ordered(n map[string]int) []string {
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
}

// free is an answer in a person's own words as it is counted.
func free(answer string) string {
	const most = 40
	return prose.Shorten(prose.Visible(strings.Join(strings.Fields(strings.ToLower(answer)), " ")), most)
}
