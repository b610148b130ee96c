package class

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	pollText    = lang.Filled("QUESTION").Explained("a question, in quotes")
	pollChoices = lang.Words("CHOICE…").Optional().
			Explained("the answers to choose from; without them, any text is an answer")
	pollEnd   = lang.Literal("end")
	pollAgain = lang.Literal("again")
	pollRight = lang.Filled("ANSWER").Explained("the right answer, if there is one").Optional()
)

// What a page on a phone can show.
const (
	leastChoices, mostChoices = 2, 9
	longestQuestion           = 300 // characters
	longestChoice             = 30
)

// PollResult is what `poll` has as its result.
type PollResult struct {
	Name     string           `json:"name" doc:"the name of the question"`
	Question string           `json:"question" doc:"the question"`
	Choices  []string         `json:"choices" doc:"the answers to choose from, or null where any text is one"`
	Open     bool             `json:"open" doc:"answers are still taken"`
	Round    int              `json:"round" doc:"1, or 2 after poll again"`
	Answered int              `json:"answered" doc:"how many have answered in this round"`
	Pages    int              `json:"pages" doc:"how many pages look on"`
	Rounds   []map[string]int `json:"rounds,omitempty" doc:"how many chose each, a round each; absent while open"`
	Truth    string           `json:"truth,omitempty" doc:"the right answer, where poll end was given one"`
	Changed  int              `json:"changed" doc:"how many changed in the second round; with a truth: to that"`
}

// Commands are those of this room, for a language that has such a topic.
func Commands(topic lang.Topic) []*lang.Command {
	return []*lang.Command{{
		Name: "poll", Topic: topic, Lasting: true,
		Summary: "asks the class a question on its pages, and shows how it has answered",
		Forms:   []lang.Params{{pollEnd, pollRight}, {pollAgain}, {pollText, pollChoices}, {}},
		Details: fmt.Sprintf("The pages that `web` serves show QUESTION, with a button for each CHOICE (%d to %d), or "+
			"a field for any answer if you give no CHOICE. Each browser has one answer, which can be changed until "+
			"`poll end` shows how many gave each answer. Until then, `poll` alone says only how many have answered. "+
			"`poll again` starts a second round without showing the first one, so that the class can discuss and "+
			"answer again. `poll end` then shows both rounds side by side. `poll end ANSWER` also marks the right "+
			"answer, and says how many changed to it.\n\nA question of a lesson (`predict`) is asked on the pages, "+
			"too, and `reveal` shows how many gave each answer. A poll takes its place until `poll end`.",
			leastChoices, mostChoices),
		Examples: []string{`poll "Who wins?" S1 S2 "no server"; poll; poll end`,
			`poll "Is it committed?" yes no; poll again; poll end no`},
		Results: []any{PollResult{}},
		Run:     runPoll,
	}}
}

func runPoll(c *lang.Call) (*lang.Result, error) {
	r := of(c)
	switch {
	case pollText.Given(c):
		return r.begin(pollText.Of(c), pollChoices.Of(c))
	case r.open == nil:
		return nil, lang.Errorf("no question is open").WithHint(`poll "QUESTION" yes no asks one`)
	case pollEnd.Given(c), pollAgain.Given(c):
		return r.goOn(pollAgain.Given(c), pollRight.Of(c))
	}
	return lang.OK().With(r.result()).Block(r.standing()...), nil
}

// begin asks a question.
func (r *Room) begin(text string, choices []string) (*lang.Result, error) {
	instead := r.open
	if instead != nil && instead.poll {
		return nil, lang.Errorf("a poll is open: %s", prose.Cite(instead.Text)).
			WithHint("poll end shows how the class has answered, and then the next one can begin")
	}
	if err := Sound(text, choices); err != nil {
		return nil, err
	}
	r.polls++
	r.Ask(Question{Name: fmt.Sprintf("poll-%d", r.polls), Text: strings.TrimSpace(text), Choices: choices})
	r.open.poll, r.open.instead = true, instead
	return lang.OK().With(r.result()).Block(r.standing()...), nil
}

// Sound says what cannot be asked; nil: it can.
func Sound(text string, choices []string) error {
	switch n := len(choices); {
	case strings.TrimSpace(text) == "":
		return lang.Errorf("a question must not be empty")
	case utf8.RuneCountInString(text) > longestQuestion:
		return lang.Errorf("a question has at most %d characters", longestQuestion)
	case prose.Visible(text) != text:
		return lang.Errorf("a question must not have characters that cannot be seen: %s", prose.Cite(text))
	case n > 0 && n < leastChoices:
		return lang.Errorf("a choice needs at least %d answers, and here is only %s", leastChoices,
			prose.Cite(choices[0])).WithHint("without any, the class answers in its own words; put a " +
			"question of several words in quotes")
	case n > mostChoices:
		return lang.Errorf("there are at most %d answers to choose from, not %d", mostChoices, n).
			WithHint("put a question of several words in quotes")
	}
	for i, c := range choices {
		switch {
		case strings.TrimSpace(c) == "" || strings.TrimSpace(c) != c:
			return lang.Errorf("an answer must not be empty, or begin or end with a blank: %s", prose.Cite(c))
		case utf8.RuneCountInString(c) > longestChoice:
			return lang.Errorf("an answer has at most %d characters: %s", longestChoice, prose.Cite(c))
		case prose.Visible(c) != c:
			return lang.Errorf("an answer must not have characters that cannot be seen: %s", prose.Cite(c))
		}
		for _, before := range choices[:i] {
			if strings.EqualFold(before, c) {
				return lang.Errorf("the answer %s is there twice", prose.Cite(c))
			}
		}
	}
	return nil
}

// goOn ends a poll, or its first round. right is the right answer, "": there is none.
func (r *Room) goOn(again bool, right string) (*lang.Result, error) {
	switch v := r.open; {
	case !v.poll:
		return nil, lang.Errorf("this question is the lesson's, not a poll: %s", prose.Cite(v.Text)).
			WithHint("Enter goes on from there, and the lesson shows how the class has answered")
	case again && v.Round == 2:
		return nil, lang.Errorf("this is the second round already").WithHint("poll end shows both")
	case again:
		r.Again(v.Name)
		return lang.OK().With(r.result()).Block(r.standing()...), nil
	}
	same := func(answer string) bool { return strings.EqualFold(free(answer), free(right)) }
	if all := r.open.Choices; right != "" && len(all) > 0 {
		i := slices.IndexFunc(all, same)
		if i < 0 {
			return nil, lang.Errorf("%s is none of the answers: %s", prose.Cite(right), strings.Join(all, ", "))
		}
		right = all[i]
	}
	result, poll := r.result(), r.open
	o, _ := r.End(poll.Name, right, same)
	r.resume(poll)
	result.Truth = right
	result.Open, result.Rounds, result.Changed = false, o.Rounds, o.Changed
	return lang.OK().With(result).Block(o.Blocks()...), nil
}

// result is the question that is open.
func (r *Room) result() PollResult {
	v := r.open
	n, pages := r.Answered()
	return PollResult{Name: v.Name, Question: v.Text, Choices: v.Choices, Open: true, Round: v.Round, Answered: n,
		Pages: pages}
}

// standing says what is asked, and how many have answered.
func (r *Room) standing() []view.Block {
	v := r.open
	head := prose.Either(v.Round == 2, "Second round: ", "Question: ")
	asked := view.Line{view.S(view.Strong, head), view.S(view.Plain, v.Text)}
	if len(v.Choices) > 0 {
		asked = append(asked, view.S(view.Quiet, " ("+strings.Join(v.Choices, ", ")+")"))
	}
	return []view.Block{view.Prose{Words: asked}, view.Prose{Words: view.LS(view.Quiet, r.Count())}}
}

// Count says how many have answered the question that is open.
func (r *Room) Count() string {
	n, pages := r.Answered()
	if !r.Seated() {
		return "No page is served, so no one can answer: web serves one."
	}
	return fmt.Sprintf("%d of %s answered.", n, prose.Plural(pages, "page"))
}
