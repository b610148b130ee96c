package lesson

import (
	"fmt"

	"raftlab/commands/class"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// PredictResult is what `predict` has as its result.
type PredictResult struct {
	Answer   string `json:"answer" doc:"what was answered"`
	Name     string `json:"name" doc:"the name of the question"`
	Question string `json:"question" doc:"the question"`
}

// RevealResult is what `reveal` has as its result.
type RevealResult struct {
	PredictResult
	Right bool         `json:"right" doc:"the answer was right"`
	Value any          `json:"value" doc:"what is true"`
	Class *ClassResult `json:"class,omitempty" doc:"how the class has answered; absent without a page"`
}

// questions is the commands that ask before they show.
func (m *Matter) questions() []*lang.Command {
	return []*lang.Command{{
		Name:    "predict",
		Summary: "asks the student what will happen, before it does",
		Args:    lang.Params{predictName, predictText, predictTwice},
		Details: "A later `reveal` with the same NAME shows the truth beside the answer. A command (`status`, `log`, " +
			"`why`) is run, and the question is asked again. An empty answer counts as no answer, and so do `hint` " +
			"and `skip`. Without a terminal, or in a demo, the question is shown " +
			"and nothing is asked.\n\nWhere `web` serves pages, the class is asked there, too, and `reveal` shows " +
			"how it has answered. With `twice` it answers, discusses, and answers again before the truth is shown.",
		Results: []any{PredictResult{}},
		Run:     runPredict,
	}, {
		Name: "answer", Lasting: true,
		Summary: "answers the question that a lesson asks",
		Args:    lang.Params{answerText},
		Details: "At a question, what you type is your answer, unless it is a command. With `answer`, a word that is " +
			"the name of a command is an answer, too.",
		Run: func(c *lang.Call) (*lang.Result, error) {
			l := studentOf(c).lesson
			if l == nil || l.stop != atQuestion {
				return nil, lang.Errorf("no question is open here").WithHint("lesson goes on with the " +
					"lesson begun last")
			}
			return l.ended(c, l.answer(c, answerText.Of(c)))
		},
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
	case s.lesson != nil && p != nil && p.Answer != "" && p.Question == question: // answered before
		p.Revealed = false
	case c.Front.Interactive():
		p = &prediction{Question: question}
		answer, err := s.askTwice(c, name, question)
		if err != nil {
			return nil, err
		}
		if !isNoAnswer(answer) {
			p.Answer = answer
		}
	default:
		p = &prediction{Question: question}
		askClass(c, class.Question{Name: name, Text: question})
		r.Line("").Block(asked("Question: ", question))
	}
	s.predictions[name] = p
	return r.With(p.result(name)), nil
}

// result is the question under its name, and what was answered.
func (p *prediction) result(name string) PredictResult {
	return PredictResult{prose.Visible(p.Answer), name, prose.Visible(p.Question)}
}

// ask puts a question of a script. A command is no answer: it is run, as at the prompt, and
// what it did to the world is put aside.
func (s *Student) ask(c *lang.Call, question string) (answer string, err error) {
	above := []view.Block{view.Lines(""), asked("Your guess: ", question)}
	err = s.interlude(c, above, "your guess", func(line string) bool {
		answer = line
		return isNoAnswer(line) || !s.isCommand(line)
	})
	return answer, err
}

// askTwice asks a person at the terminal, and the class; with `twice` the class a second time.
func (s *Student) askTwice(c *lang.Call, name, question string) (answer string, err error) {
	room := roomOf(s.Session)
	askClass(c, class.Question{Name: name, Text: question})
	if answer, err = s.ask(c, question); err != nil || !predictTwice.Given(c) || !room.Seated() ||
		!room.Again(name) {
		return answer, err
	}
	tell(c, discuss())
	if again, err := s.ask(c, question); err != nil || !isNoAnswer(again) {
		return again, err
	}
	return answer, nil
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
	p.Revealed, p.Right = true, p.Answer != "" && m.answers(c.World, p.Answer, truth)
	second := p.Second != "" && m.answers(c.World, p.Second, truth)
	answers, bars := m.classShows(c, revealName.Of(c), truth)
	r := lang.OK().With(RevealResult{p.result(revealName.Of(c)), p.Right, truth, answers})
	r.Block(view.Text{Lines: []view.Line{p.verdict(m.truthText(truth), second)}, Indent: 2})
	r.Block(bars...)
	if right, of := studentOf(c).predictions.score(); of > 0 && p.Answer != "" {
		r.Block(view.Says(view.Quiet, fmt.Sprintf("Predictions: %d of %d right.", right, of)))
	}
	return r, nil
}

// verdict is the truth beside the answer. A wrong one is where a person
// learns something, and is said so that it does not sting.
func (p *prediction) verdict(truth string, second bool) view.Line {
	answer, right := p.Answer, p.Right
	as := ", as you said."
	if p.Second != "" {
		answer, right, as = p.Second, second, ", at the second try. The first one counts."
	}
	switch {
	case answer == "":
		return view.Line{view.S(view.Plain, "The answer: "), view.S(view.Strong, truth)}
	case right:
		return view.Line{view.S(view.Good, "Right: "), view.S(view.Strong, truth), view.S(view.Plain, as)}
	}
	return view.Line{view.S(view.Plain, "You said "), view.S(view.Warn, prose.Visible(answer)),
		view.S(view.Plain, "; it is "), view.S(view.Strong, truth),
		view.S(view.Plain, ". Find out why.")}
}
