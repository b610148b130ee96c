package commands

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// prediction is a question that was asked before its answer was shown.
type prediction struct {
	Question string `json:"question"`
	Answer   string `json:"answer,omitempty"` // "": none was given
	Revealed bool   `json:"revealed,omitempty"`
	Right    bool   `json:"right,omitempty"`
}

type predictions map[string]*prediction

// clone is a copy that what is done to the predictions does not reach.
func (ps predictions) clone() predictions {
	out := predictions{}
	for name, p := range ps {
		of := *p
		out[name] = &of
	}
	return out
}

// score is how many answers were right, of those that were given and revealed.
func (ps predictions) score() (right, of int) {
	for _, p := range ps {
		if p.Answer == "" || !p.Revealed {
			continue
		}
		of++
		if p.Right {
			right++
		}
	}
	return right, of
}

var (
	predictName = lang.NewName()
	predictText = lang.Filled("QUESTION").Explained("a question, in quotes")
	revealName  = lang.NewName().Explained("the name of a prediction")
	revealValue = Expression()
)

var _ = Register(&Command{
	Name: "predict", Topic: TopicLessons,
	Summary: "asks a person what will happen, before it does",
	Args:    Params{predictName, predictText},
	Details: "`reveal` with the same NAME then shows the truth beside the answer. An empty answer is none, and so are `hint` and `skip`. Without a terminal, " +
		"and in a demo, the question is shown and nothing is asked.",
	Examples: []string{`predict winner "Who becomes leader?"; timeout S2; settle; reveal winner leader.id`},
	Run:      runPredict,
})

func runPredict(c *Call) (*Result, error) {
	s, name, question := studentOf(c), predictName.Of(c), predictText.Of(c)
	if s.predictions == nil {
		s.predictions = predictions{}
	}
	r, p := OK(), s.predictions[name]
	switch {
	case s.lesson != nil && p != nil && p.Answer != "" && p.Question == question: // answered before the lesson was left
		p.Revealed = false
		r.Line("").Block(asked("Your guess: ", question)).Line("You said: " + prose.Visible(p.Answer))
	case c.Front.Interactive() && !s.staged:
		p = &prediction{Question: question}
		answer, ok := c.Front.Ask([]view.Block{view.Lines(""), asked("Your guess: ", question)}, "?")
		if c.Ctx.Err() == nil && (!ok || answer == "quit") { // Ctrl-D leaves, here as at the prompt
			return nil, lang.ErrQuit
		}
		if !isNoAnswer(answer) {
			p.Answer = answer
		}
	default:
		p = &prediction{Question: question}
		r = s.pose(c, r.Line("").Block(asked("Question: ", question)))
	}
	if c.Ctx.Err() != nil {
		delete(s.predictions, name)
		return nil, ErrInterrupted
	}
	s.predictions[name] = p
	return r.With(predictResult{Name: name, Question: prose.Visible(question), Answer: prose.Visible(p.Answer)}), nil
}

// isNoAnswer says whether a person asks to be told: the words that help at a
// goal are no guesses.
func isNoAnswer(answer string) bool {
	return slices.Contains([]string{"hint", "skip", "solution", "help", "?"}, strings.ToLower(strings.TrimSpace(answer)))
}

func asked(head, question string) view.Prose {
	return view.Prose{Words: view.Line{view.S(view.Strong, head), view.S(view.Plain, prose.Visible(question))}}
}

// pose puts a question to a class, whose teacher presses Enter for the answer.
func (s *student) pose(c *Call, r *Result) *Result {
	if !c.Front.Interactive() {
		return r
	}
	c.Front.Show(s.reported(r, c))
	c.Front.Pause("Enter shows it")
	return OK()
}

var _ = Register(&Command{
	Name: "reveal", Topic: TopicLessons,
	Summary: "shows the value of EXPRESSION beside what was predicted",
	Args:    Params{revealName, revealValue},
	Details: "Answers are taken leniently: `s2`, `2` and `S2` are one, `three` is 3, `y` is yes, `nobody` is the empty vote. Lists may come in any order.",
	Examples: []string{
		`predict votes "How many votes does S1 need?"; reveal votes len(nodes)/2 + 1`,
	},
	Run: revealTruth,
})

func revealTruth(c *Call) (*Result, error) {
	p := studentOf(c).predictions[revealName.Of(c)]
	if p == nil {
		return nil, Errorf("there was no question named %s", prose.Cite(revealName.Of(c))).WithHint("predict %s \"QUESTION\" comes first", revealName.Of(c))
	}
	cond := revealValue.Of(c)
	truth, err := cond.Value(worldOf(c.World).Vocabulary(cond))
	if err != nil {
		return nil, err
	}
	p.Revealed, p.Right = true, p.Answer != "" && answers(p.Answer, truth)
	r := OK().With(revealResult{Name: revealName.Of(c), Question: prose.Visible(p.Question), Answer: prose.Visible(p.Answer), Value: truth, Right: p.Right})
	r.Block(view.Text{Lines: []view.Line{p.verdict(truthText(truth))}, Indent: 2})
	if right, of := studentOf(c).predictions.score(); of > 0 && p.Answer != "" {
		r.Block(view.Text{Lines: []view.Line{view.LS(view.Quiet, fmt.Sprintf("Foreseen so far: %d of %d.", right, of))}})
	}
	return r, nil
}

// verdict is the truth beside the answer. A wrong one is where a person
// learns something, and is said so that it does not sting.
func (p *prediction) verdict(truth string) view.Line {
	switch {
	case p.Answer == "":
		return view.Line{view.S(view.Plain, "The answer: "), view.S(view.Strong, truth)}
	case p.Right:
		return view.Line{view.S(view.Good, "Right: "), view.S(view.Strong, truth), view.S(view.Plain, ", as you said.")}
	}
	return view.Line{view.S(view.Plain, "You said "), view.S(view.Warn, prose.Visible(p.Answer)), view.S(view.Plain, "; it is "), view.S(view.Strong, truth),
		view.S(view.Plain, ". Worth a look why.")}
}

// truthText is a value in a reader's words.
func truthText(x any) string {
	switch x := x.(type) {
	case nil:
		return "nobody"
	case bool:
		return map[bool]string{true: "yes", false: "no"}[x]
	case string:
		if x == "" {
			return "nobody"
		}
		return prose.Visible(x)
	}
	if list, ok := listWords(x); ok {
		if len(list) == 0 {
			return "none"
		}
		return strings.Join(list, ", ")
	}
	return describe(x)
}

// listWords is a list as words.
func listWords(x any) ([]string, bool) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice {
		return nil, false
	}
	var out []string
	for i := range v.Len() {
		out = append(out, strings.Trim(describe(v.Index(i).Interface()), `"`))
	}
	return out, true
}

// answers says whether what a person typed means the value.
func answers(answer string, truth any) bool {
	got := meanings(answer)
	switch x := truth.(type) {
	case nil:
		return noOne(got)
	case bool:
		return len(got) > 0 && yesNo[got[0]] == map[bool]string{true: "yes", false: "no"}[x]
	case string:
		return x == "" && noOne(got) || alikeWords(got, meanings(x))
	}
	if list, ok := listWords(truth); ok {
		want := meanings(strings.Join(list, " "))
		if len(want) > 0 && len(want[0]) > 1 && want[0][0] == 's' { // 1 3 means S1 S3
			for i, w := range got {
				if unicode.IsDigit(rune(w[0])) {
					got[i] = "s" + w
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		return len(list) == 0 && noOne(got) || slices.Equal(slices.Compact(got), slices.Compact(want))
	}
	if v := reflect.ValueOf(truth); v.CanInt() || v.CanUint() || v.CanFloat() {
		return numberIn(got, describe(truth))
	}
	return alikeWords(got, meanings(describe(truth)))
}

// alikeWords compares what is meant: S2 and 2 are one server.
func alikeWords(got, want []string) bool {
	if slices.Equal(got, want) {
		return true
	}
	return len(got) == 1 && len(want) == 1 && "s"+got[0] == want[0]
}

// numberIn says whether the only number among the words is this one.
func numberIn(got []string, want string) bool {
	var numbers []string
	for _, w := range got {
		if digits := strings.TrimLeft(w, "tsm"); digits != "" && unicode.IsDigit(rune(digits[0])) {
			numbers = append(numbers, digits)
		}
	}
	if len(numbers) == 0 && noOne(got) {
		return want == "0"
	}
	if len(numbers) != 1 {
		return false
	}
	a, err := strconv.ParseFloat(numbers[0], 64)
	b, bad := strconv.ParseFloat(want, 64)
	return err == nil && bad == nil && a == b
}

func noOne(words []string) bool {
	return len(words) > 0 && (words[0] == "0" || slices.Contains([]string{"no", "nobody", "none", "noone", "no-one", "nothing", "nil", "empty"}, words[0]))
}

var yesNo = map[string]string{
	"yes": "yes", "y": "yes", "true": "yes", "ja": "yes", "oui": "yes", "si": "yes", "sure": "yes",
	"no": "no", "n": "no", "false": "no", "nein": "no", "non": "no", "not": "no", "never": "no",
}

// fillers are words that say nothing.
var fillers = []string{"a", "an", "the", "and", "or", "is", "it", "server", "node", "term", "only", "just", "entry", "index", "to", "in", "by", "of", "i", "think"}

var numerals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

var listed = regexp.MustCompile(`[A-Za-z0-9.-]+`)

// meanings is the words of an answer, small, in a common spelling, without
// those that say nothing.
func meanings(text string) []string {
	var out []string
	for _, w := range listed.FindAllString(strings.ToLower(text), -1) {
		w = strings.Trim(w, ".-")
		if n := slices.Index(numerals, w); n >= 0 {
			w = strconv.Itoa(n)
		}
		if w != "" && !slices.Contains(fillers, w) {
			out = append(out, w)
		}
	}
	return out
}
