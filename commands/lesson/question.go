package lesson

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/class"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	predictName  = lang.NewName()
	predictText  = lang.Filled("QUESTION").Explained("a question, in quotes")
	predictTwice = lang.Flag("twice")
	answerText   = lang.Filled("ANSWER").Explained("what you believe, in quotes if it has blanks")
	revealName   = lang.NewName().Explained("the name of a prediction")
)

// question is what a student is asked in a lesson.
type question struct {
	name, text string
	again      bool // it was answered, and they have seen the truth
	second     bool // they have a second try, and no other
	strayed    bool // an answer did not count, which is free once
}

func (q *question) asked() []view.Block {
	head := prose.Either(q.second, "Your second try: ", "Your guess: ")
	return []view.Block{view.Lines(""), asked(head, q.text)}
}

// pose puts a question, to a student or to a class.
func (l *run) pose(c *lang.Call, name string) error {
	call, _, err := l.student.ParseNext(l.lines[l.at], 0)
	if err != nil {
		return err
	}
	text, all := predictText.Of(call), l.student.predictions
	p := all[name]
	switch given := p != nil && p.Answer != "" && p.Question == text; {
	case !l.asks():
		all[name] = &prediction{Question: text}
		report(c, lang.Tell("").Block(asked("Question: ", text)))
		return l.standAsking(c, atPause, call, name)
	case given && (!p.Revealed || p.Second != "" || p.Right):
		p.Revealed = false
		report(c, lang.Tell("").Block(asked("Your guess: ", text)).Line("You said: "+prose.Visible(p.Answer)))
		return l.stand(c, atPause) // what follows it may fill a screen of its own
	default:
		l.question = &question{name: name, text: text, again: given, second: given}
		return l.standAsking(c, atQuestion, call, name)
	}
}

// answer is what a student answers, "" for nothing. What cannot be an answer at all does
// not count. The first time that uses up no try; later ones do, so that a question has an end.
func (l *run) answer(c *lang.Call, text string) error {
	q := l.question
	if text == "" {
		text = l.early
	}
	if l.secondRound(c) {
		l.early = text
		return nil
	}
	l.early = ""
	if kind := l.strays(c, text); kind != "" {
		r := lang.Tell(fmt.Sprintf("%s is not %s, so it does not count.", prose.Cite(text), kind))
		report(c, r)
		if !q.strayed || !q.second {
			q.second, q.strayed = q.second || q.strayed, true
			return nil
		}
		text = ""
	}
	if all := l.student.predictions; q.again {
		all[q.name].Second, all[q.name].Revealed = text, false
	} else {
		all[q.name] = &prediction{Question: q.text, Answer: text}
	}
	l.question = nil
	l.backToOwn(c)
	return l.together(c, func() error { return l.play(c) })
}

// strays says what the answer to the question would be, a number for instance, where what
// was typed is no such thing; else "".
func (l *run) strays(c *lang.Call, text string) (kind string) {
	if text == "" {
		return ""
	}
	if truth, known := l.foresee(c, l.question.name); known {
		return l.student.matter.strays(c.World, text, truth)
	}
	return ""
}

// foresee is the truth that will be shown, found on a trial while there is patience.
func (l *run) foresee(c *lang.Call, name string) (truth any, known bool) {
	s := l.student
	ctx, cancel := context.WithTimeout(c.Ctx, s.matter.Patience)
	defer cancel()
	defer s.Keep()()
	defer func(was bool) { s.Trying = was }(s.Trying)
	s.Trying = true
	c.World.Begin("")
	defer c.World.Rollback()
	groundOf(c).Goto(l.own)
	trial := *c
	trial.Ctx = ctx
	for i := l.at + 1; i < len(l.lines); i++ {
		if word, of := l.word(i); word == "reveal" && of == name {
			call, _, err := s.ParseNext(l.lines[i], 0)
			if err != nil {
				return nil, false
			}
			truth, err = s.matter.reveal.Of(call).Value()
			return truth, err == nil
		}
		if s.recite(&trial, l.script, lang.Silent{}, i, i+1, func(int) {}) != nil {
			return nil, false
		}
	}
	return nil, false
}

// isCommand says whether what was typed at a question is a command, by its name in full: a
// beginning of one, such as no, is an answer, and so is S2.
func (s *Student) isCommand(answer string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(answer), " ")
	return s.Table.Lookup(first) != nil || strings.HasPrefix(s.Session.AtPrompt(answer), "print "+answer)
}

// isNoAnswer says whether a person asks to be told: the words that help at a
// goal are no guesses.
func isNoAnswer(answer string) bool {
	return slices.Contains([]string{"", "hint", "skip", "solution"}, strings.ToLower(strings.TrimSpace(answer)))
}

func asked(head, question string) view.Prose {
	return view.Prose{Words: view.Line{view.S(view.Strong, head), view.S(view.Plain, prose.Visible(question))}}
}

// standAsking hands the prompt over, and asks the class what a line of the lesson asks. With pages,
// what the truth will be is found on a trial, since it says which choices there are.
func (l *run) standAsking(c *lang.Call, why stop, line *lang.Call, name string) error {
	if err := l.stand(c, why); err != nil {
		return err
	}
	room := roomOf(l.student.Session)
	l.twice, l.early = "", ""
	if predictTwice.Given(line) && room.Seated() {
		l.twice = name
	}
	q := class.Question{Name: name, Text: predictText.Of(line)}
	if room.Seated() {
		if truth, known := l.foresee(c, name); known {
			q.Choices = l.student.matter.choices(c.World, truth)
		}
	}
	if l.show == nil { // else it was told
		c.Session.TellBeside(line.Text, lang.OK().Block(l.question.asked()...))
	}
	askClass(c, q)
	return nil
}

// secondRound has the class answer again, if that is still to come.
func (l *run) secondRound(c *lang.Call) bool {
	room := roomOf(l.student.Session)
	if l.twice == "" || !room.Seated() || !room.Again(l.twice) {
		return false
	}
	l.twice = ""
	tell(c, discuss())
	return true
}
