// Package mark marks answers to an exercise. A check file is a script: what it does
// before its first `expect … points N "TITLE"` is what is given, then the answer's commands
// run, and then the expectations count. Each answer has a cluster and a time limit of its
// own, and can reach no file.
package mark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"raftlab/commands"
	"raftlab/commands/files"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// Mark is what an answer came to.
type Mark struct {
	Answer   string `json:"answer"`          // the name of its file
	Points   int    `json:"points"`          // that it earned
	Of       int    `json:"of"`              // that it could earn
	Commands int    `json:"commands"`        // how many it gave, those inside repeat included
	Items    []Item `json:"items"`           // the expectations that count, in the order of the check file
	Error    string `json:"error,omitempty"` // where the answer ended early, and why; "" if it did not
}

// Item is an expectation that counts.
type Item struct {
	Title  string `json:"title"`
	Points int    `json:"points"`        // that the answer earned: Of or 0
	Of     int    `json:"of"`            // what the expectation is worth
	Why    string `json:"why,omitempty"` // why it does not hold; "" if it does, or if there is no answer
}

// Full says whether the answer has every point.
func (m *Mark) Full() bool { return m.Of > 0 && m.Points == m.Of }

// String is the answer's line in a list, and a line for each further expectation that it
// misses.
func (m *Mark) String() string {
	line := fmt.Sprintf("%s: %d of %s, %s", prose.Visible(m.Answer), m.Points, prose.Plural(m.Of, "point"),
		prose.Plural(m.Commands, "command"))
	if m.Error != "" {
		line += "; ended early: " + m.Error
	}
	first := m.Error == ""
	for _, i := range m.Items {
		switch {
		case i.Why == "":
			continue
		case first:
			line += "; missing: " + i.Title + ": " + i.Why
		default:
			line += fmt.Sprintf("\n  missing: %s: %s", i.Title, i.Why)
		}
		first = false
	}
	return line
}

// kept are the commands that no answer may give: what reaches files, what hides what it
// does, and what takes the cluster away from the exercise.
var kept = []string{"source", "save", "export", "quietly", "lesson", "lessons", "tour", "scenario", "machine"}

// moves are the commands that change nothing and lead elsewhere, also to what a search has
// found by steps that are not allowed.
var moves = []string{"undo", "redo", "back", "forward", "goto"}

// marking is an answer that is being marked.
type marking struct {
	Mark
	*commands.Session
	answer    io.Reader
	limit     time.Duration
	language  *lang.Table // that answers speak, less what they may not
	began     bool
	used      map[string]int // how often the answer gave each command
	allowed   []string       // nil: everything
	forbidden []string
}

// Answer marks one answer. name and check are the check file's name and text, answerName and answer
// the answer's, and limit is how long the answer may run. The error is that of a wrong check file;
// what is wrong with the answer is in the Mark.
func Answer(ctx context.Context, name, check string, answer io.Reader, answerName string,
	limit time.Duration) (*Mark, error) {
	s, err := commands.NewSession(commands.Options{Nodes: 5, Seed: 1})
	if err != nil {
		return nil, err
	}
	m := &marking{Session: s, answer: answer, limit: limit, Mark: Mark{Answer: answerName, Items: []Item{}}}
	m.language = m.Table
	m.Table = m.language.With(m.expect(),
		m.names("allow", "lets answers give these commands, and those that only look", &m.allowed),
		m.names("forbid", "lets no answer give these commands", &m.forbidden), m.answerHere())
	err = m.RunScript(ctx, name, strings.NewReader(check), lang.Silent{})
	switch {
	case err != nil && !errors.Is(err, lang.ErrQuit):
		return nil, err
	case !m.began || m.Of == 0:
		return nil, fmt.Errorf(`%s has no expect … points N "TITLE", so there is nothing to mark`, prose.Visible(name))
	}
	return &m.Mark, nil
}

// expect is the language's own, but that one with points never fails.
func (m *marking) expect() *lang.Command {
	c := *m.language.Lookup("expect")
	condition, points := lab.Condition(), lang.Points()
	c.Args, c.Forms, c.Examples = lang.Params{condition, points}, nil, nil
	c.Run = func(c *lang.Call) (*lang.Result, error) {
		met := func() error { return condition.Of(c).Met(m.World().Vocabulary(condition.Of(c))) }
		if !points.Given(c) {
			return lang.OK(), met()
		}
		m.runAnswer(c.Ctx)
		m.World().(*lab.Lab).Used = maps.Clone(m.used) // without what the check did itself
		worth := points.Of(c)
		item := Item{Title: worth.Title, Of: worth.Points, Points: worth.Points}
		if err := met(); err != nil {
			item.Points, item.Why = 0, lang.OneLine(err)
		}
		m.Items = append(m.Items, item)
		m.Points, m.Of = m.Points+item.Points, m.Of+item.Of
		return lang.OK(), nil
	}
	return &c
}

// names is a command that takes names of commands.
func (m *marking) names(name, summary string, to *[]string) *lang.Command {
	list := lang.Words("COMMANDS")
	return &lang.Command{
		Name: name, Topic: lab.TopicScripts, Summary: summary, Args: lang.Params{list},
		Run: func(c *lang.Call) (*lang.Result, error) {
			for _, word := range list.Of(c) {
				known := c.Session.Table.Lookup(word)
				if known == nil {
					return nil, lang.Errorf("there is no command %s", prose.Cite(word)).WithHint("help lists them")
				}
				*to = append(*to, known.Name)
			}
			return lang.OK(), nil
		},
	}
}

// answerHere is the command that says where the answer's commands run, where that is not
// before the first expectation that counts.
func (m *marking) answerHere() *lang.Command {
	return &lang.Command{
		Name: "answer", Topic: lab.TopicScripts, Summary: "is where the commands of the answer run",
		Run: func(c *lang.Call) (*lang.Result, error) {
			m.runAnswer(c.Ctx)
			return lang.OK(), nil
		},
	}
}

// runAnswer runs the answer's commands, the first time that it is asked to.
func (m *marking) runAnswer(ctx context.Context) {
	if m.began {
		return
	}
	m.began = true
	marks := m.Table
	defer func() { m.Table = marks }()
	m.Table = m.permitted()
	used := m.World().(*lab.Lab)
	used.Used = map[string]int{}
	limited, end := context.WithTimeout(ctx, m.limit)
	defer end()
	err := m.RunScript(limited, m.Answer, m.answer, lang.Silent{})
	m.used = maps.Clone(used.Used)
	for _, n := range m.used {
		m.Commands += n
	}
	switch {
	case err == nil || errors.Is(err, lang.ErrQuit):
	case limited.Err() != nil && ctx.Err() == nil:
		m.Error = fmt.Sprintf("the time of %s is up", m.limit)
	default:
		m.Error = lang.OneLine(err)
	}
}

// permitted is the language of the answer.
func (m *marking) permitted() *lang.Table {
	return m.language.Less(func(c *lang.Command) (what, instead string) {
		switch {
		case slices.Contains(kept, c.Name), slices.Contains(m.forbidden, c.Name):
			return c.Name + " is not allowed in this exercise", m.instead()
		case m.allowed != nil && (c.Changes || slices.Contains(moves, c.Name)) && c.Name != "repeat" &&
			!slices.Contains(m.allowed, c.Name):
			return c.Name + " is not allowed in this exercise", m.instead()
		}
		return "", ""
	})
}

func (m *marking) instead() string {
	switch {
	case m.allowed != nil:
		return "allowed are " + prose.And(m.allowed)
	case m.forbidden != nil:
		return "all but " + prose.And(m.forbidden) + " may be used"
	}
	return "an answer keeps to its cluster and reaches no file"
}

// File is Answer for the answer in a file of that path.
func File(ctx context.Context, name, check, answer string, limit time.Duration) (*Mark, error) {
	text, unread := os.ReadFile(answer)
	m, err := Answer(ctx, name, check, bytes.NewReader(text), answer, limit)
	if err != nil || unread == nil {
		return m, err
	}
	m.Error, m.Points = "it cannot be read: "+files.Reason(unread), 0
	for i := range m.Items {
		m.Items[i].Points, m.Items[i].Why = 0, "" // what an empty answer would have counts for none that is not there
	}
	return m, nil
}
