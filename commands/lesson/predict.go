package lesson

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	predictName = lang.NewName()
	predictText = lang.Filled("QUESTION").Explained("a question, in quotes")
	revealName  = lang.NewName().Explained("the name of a prediction")
)

// PredictResult is what `predict` has as its result.
type PredictResult struct {
	Answer   string `json:"answer" doc:"what was answered"`
	Name     string `json:"name" doc:"the name of the question"`
	Question string `json:"question" doc:"the question"`
}

// RevealResult is what `reveal` has as its result.
type RevealResult struct {
	Answer   string `json:"answer" doc:"what was answered"`
	Name     string `json:"name" doc:"the name of the question"`
	Question string `json:"question" doc:"the question"`
	Right    bool   `json:"right" doc:"the answer was right"`
	Value    any    `json:"value" doc:"what is true"`
}

// questions is the commands that ask before they show.
func (m *Matter) questions() []*lang.Command {
	return []*lang.Command{{
		Name:    "predict",
		Summary: "asks the student what will happen, before it does",
		Args:    lang.Params{predictName, predictText},
		Details: "A later `reveal` with the same NAME shows the truth beside the answer. A command (`status`, `log`, " +
			"`why`) is run, and the question is asked again. An empty answer counts as no answer, and so do `hint` " +
			"and `skip`. Without a terminal, or in a demo, the question is shown " +
			"and nothing is asked.",
		Results: []any{PredictResult{}},
		Run:     runPredict,
	}, {
		Name:    "reveal",
		Summary: "shows the value of EXPRESSION beside what was predicted",
		Args:    lang.Params{revealName, m.reveal},
		Details: "Small differences in an answer do not matter: " + m.Lenient + " Lists may be in any order.",
		Results: []any{RevealResult{}},
		Run:     m.revealTruth,
	}}
}

func runPredict(c *lang.Call) (*lang.Result, error) {
	s, name, question := studentOf(c), predictName.Of(c), predictText.Of(c)
	if s.predictions == nil {
		s.predictions = predictions{}
	}
	r, p := lang.OK(), s.predictions[name]
	switch {
	case s.lesson != nil && p != nil && p.Answer != "" && p.Question == question: // answered before the lesson was left
		p.Revealed = false
		r.Line("").Block(asked("Your guess: ", question)).Line("You said: " + prose.Visible(p.Answer))
	case c.Front.Interactive() && !s.staged:
		p = &prediction{Question: question}
		answer, err := s.ask(c, question)
		if err != nil {
			return nil, err
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
		return nil, lang.ErrInterrupted
	}
	s.predictions[name] = p
	return r.With(PredictResult{Name: name, Question: prose.Visible(question), Answer: prose.Visible(p.Answer)}), nil
}

// ask puts a question until it has an answer. A command is no answer: it is run, as at the
// prompt, and what it did to the world is put aside before the lesson goes on.
func (s *Student) ask(c *lang.Call, question string) (answer string, err error) {
	lesson, ground := s.lesson, groundOf(c)
	at, here := ground.Now(), ground.Here()
	for {
		answer, ok := c.Front.Ask([]view.Block{view.Lines(""), asked("Your guess: ", question)}, "?")
		switch {
		case c.Ctx.Err() != nil:
			return "", nil // which the caller tells
		case !ok || answer == "quit": // Ctrl-D leaves, here as at the prompt
			return "", lang.ErrQuit
		}
		if isNoAnswer(answer) || !s.isCommand(answer) {
			if ground.Here() != here {
				s.backTo(c, at)
			}
			return answer, nil
		}
		if err := s.typed(c, s.AtPrompt(answer)); lang.Ends(err) {
			return "", err
		}
		if s.lesson != lesson {
			return "", errLeft
		}
	}
}

// isCommand says whether what was typed at a question is a command, by its name in full: a
// beginning of one, such as no, is an answer, and so is S2.
func (s *Student) isCommand(answer string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(answer), " ")
	return s.Table.Lookup(first) != nil || strings.HasPrefix(s.AtPrompt(answer), "print "+answer)
}

// isNoAnswer says whether a person asks to be told: the words that help at a
// goal are no guesses.
func isNoAnswer(answer string) bool {
	return slices.Contains([]string{"hint", "skip", "solution", "help", "?"},
		strings.ToLower(strings.TrimSpace(answer)))
}

func asked(head, question string) view.Prose {
	return view.Prose{Words: view.Line{view.S(view.Strong, head), view.S(view.Plain, prose.Visible(question))}}
}

// pose puts a question to a class, whose teacher presses Enter for the answer.
func (s *Student) pose(c *lang.Call, r *lang.Result) *lang.Result {
	if !c.Front.Interactive() {
		return r
	}
	report(c, c.Front, r)
	c.Front.Pause("Enter shows it")
	return lang.OK()
}

func (m *Matter) revealTruth(c *lang.Call) (*lang.Result, error) {
	p := studentOf(c).predictions[revealName.Of(c)]
	if p == nil {
		return nil, lang.Errorf("there was no question named %s", prose.Cite(revealName.Of(c))).
			WithHint("predict %s \"QUESTION\" comes first", revealName.Of(c))
	}
	truth, err := m.reveal.Of(c).Value()
	if err != nil {
		return nil, err
	}
	p.Revealed, p.Right = true, p.Answer != "" && m.answers(p.Answer, truth)
	r := lang.OK().With(RevealResult{Name: revealName.Of(c), Question: prose.Visible(p.Question),
		Answer: prose.Visible(p.Answer), Value: truth, Right: p.Right})
	r.Block(view.Text{Lines: []view.Line{p.verdict(m.truthText(truth))}, Indent: 2})
	if right, of := studentOf(c).predictions.score(); of > 0 && p.Answer != "" {
		r.Block(styled(view.Quiet, fmt.Sprintf("Predictions: %d of %d right.", right, of)))
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
	return view.Line{view.S(view.Plain, "You said "), view.S(view.Warn, prose.Visible(p.Answer)),
		view.S(view.Plain, "; it is "), view.S(view.Strong, truth),
		view.S(view.Plain, ". Find out why.")}
}
