// Package viva asks the author of a server about it: what it answers in situations of its
// own runs. The program itself says what is right, so it tells whether somebody
// understands the code that they hand in.
//
//	viva.go    an examination: its questions, the answers, and what they came to
//	find.go    situations are looked for, and of these the questions are chosen
//	moment.go  one step of one server: what it was like before, what arrives, what comes of it
//	kinds.go   the kinds of questions
//	answer.go  the forms of answers, and how they are read
//	text.go    all of it as the console shows it
package viva

import (
	"context"
	"fmt"

	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Order is what is asked for.
type Order struct {
	Command   string       // starts the program
	Nodes     int          // servers that run it
	Questions int          // at most
	Seed      uint64       // the same seed asks the same questions
	Progress  func(string) // told how far the search is; may be nil
}

// MostQuestions is how many questions there are at most.
const MostQuestions = 50

// Viva is an examination.
type Viva struct {
	Command   string      `json:"command"`
	Name      string      `json:"name,omitempty"` // what the program calls itself
	Error     string      `json:"error,omitempty"`
	Seed      any         `json:"seed"`
	Questions []*Question `json:"questions"`
	Asked     int         `json:"asked"`    // how many questions, before the input ended
	Answered  int         `json:"answered"` // how many of these; the others were passed over
	Right     int         `json:"right"`    // how many of the answers

	tried    int    // how many runs were played
	failures int    // how many runs an error of the program ended
	failed   string // the first such error
}

// Question is one question, and what was answered.
type Question struct {
	Number    int         `json:"number"`
	Kind      string      `json:"kind"`
	Server    string      `json:"server"` // that it is about
	State     State       `json:"state"`  // of that server
	Schedule  []string    `json:"schedule"`
	Input     string      `json:"input"` // what happens to the server
	Text      string      `json:"question"`
	Form      string      `json:"form"`   // of an answer
	Answer    string      `json:"answer"` // the program's
	Rule      string      `json:"rule,omitempty"`
	Place     string      `json:"place,omitempty"` // of the rule in the paper
	Says      string      `json:"says,omitempty"`
	Compared  []string    `json:"compared,omitempty"`
	Departs   []Departure `json:"departs,omitempty"`   // from the paper, in this very step
	Neighbour string      `json:"neighbour,omitempty"` // with what else the program answers otherwise
	Given     string      `json:"given,omitempty"`
	Right     *bool       `json:"right,omitempty"` // nil: it was not asked

	story  view.Block // how the servers came here; nil: they have just started
	moment *moment
	form   *form
}

// State is a server before the step, as far as it counts.
type State struct {
	Role   string         `json:"role"`
	Term   int            `json:"term"`
	Vote   string         `json:"vote"`
	Log    string         `json:"log"` // TERM:COMMAND for each entry
	Commit int            `json:"commit"`
	Next   map[string]int `json:"next,omitempty"`
	Match  map[string]int `json:"match,omitempty"`
	Votes  []string       `json:"votes,omitempty"` // of a candidate
}

// Departure is where the program departs from the paper.
type Departure struct {
	Rule  string   `json:"rule"`
	Kind  string   `json:"kind"`
	Paper string   `json:"paper"`   // what the paper says
	Yours string   `json:"program"` // what the program says, in the same words
	Says  []string `json:"says"`
}

// Prepare looks for the questions. It returns an error only if it was interrupted. What is wrong with
// the program is in the Viva's Error.
func Prepare(ctx context.Context, o *Order) (*Viva, error) {
	v := &Viva{Command: o.Command, Seed: lang.Exact(o.Seed), Questions: []*Question{}}
	programs := &lab.Guests{GuestOptions: lab.GuestOptions{Command: o.Command}}
	defer programs.Close()
	program, err := programs.Program(ctx, o.Command)
	if err != nil {
		v.Error = lang.OneLine(err)
		return v, ctx.Err()
	}
	v.Name = prose.Visible(program.Name())
	from, err := lab.Who{Program: program}.World(o.Nodes, o.Seed, setting.Defaults(), "kv")
	if err != nil {
		v.Error = lang.OneLine(err)
		return v, ctx.Err()
	}
	f := &finder{ctx: ctx, order: o, from: from}
	f.find()
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	v.tried, v.failures, v.failed = f.tried, f.failures, f.failed
	for _, q := range f.choose() {
		q.Number = len(v.Questions) + 1
		v.Questions = append(v.Questions, q)
	}
	if len(v.Questions) == 0 {
		if v.Error = v.failed; v.Error == "" {
			v.Error = "There is nothing to ask: whatever happens to it, this program does the same."
		}
	}
	return v, ctx.Err()
}

// mostMisread is how many answers in a row may be none before a question is passed over.
const mostMisread = 5

// Examine asks the questions. answer reads a line; it is false when there are no more.
// show shows what is said.
func (v *Viva) Examine(answer func() (string, bool), show func(...view.Block)) {
	for _, q := range v.Questions {
		show(q.blocks(len(v.Questions))...)
		line, ok := q.read(answer, show)
		if !ok {
			return
		}
		v.Asked++
		right := line != "" && line == q.Answer
		if q.Given, q.Right = line, &right; line != "" {
			v.Answered++
		}
		if right {
			v.Right++
		}
		show(q.verdict()...)
	}
}

// read reads an answer of the question's form; "": the question is passed over.
func (q *Question) read(answer func() (string, bool), show func(...view.Block)) (text string, ok bool) {
	for range mostMisread {
		line, ok := answer()
		if !ok {
			return "", false
		}
		if passes(line) {
			return "", true
		}
		if text, ok := q.form.read(line); ok {
			return text, true
		}
		show(view.Says(view.Warn, fmt.Sprintf("%s is not an answer here: give %s.", prose.Cite(line), q.form.wants)))
	}
	return "", true
}

// Passed says whether every question was answered right.
func (v *Viva) Passed() bool {
	return v.Error == "" && v.Right == len(v.Questions)
}
