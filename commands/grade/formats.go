package grade

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"raftlab/commands/each"
	"raftlab/commands/view"
)

// Painter is blocks as text, with colours or without.
type Painter func(blocks []view.Block, colours bool) string

// format is a form for another program.
type format struct {
	name    string
	lenient bool // its reader takes an exit code other than 0 for a failure of the grader itself
	write   func(g *Grade, paint Painter, before []byte) (any, error)
}

// formatsTable is the formats that there are.
var formatsTable = []format{
	{"json", false, func(g *Grade, _ Painter, _ []byte) (any, error) { return g, nil }},
	{"junit", false, junit},
	{"gradescope", true, gradescope},
	{"classroom50", true, classroom50},
}

// Formats is what a grading can be written as for other programs.
func Formats() []string {
	return each.As(formatsTable, func(f format) string { return f.name })
}

// formatNamed is the format of a name; the zero value if there is none.
func formatNamed(name string) (f format) {
	if i := slices.Index(Formats(), name); i >= 0 {
		f = formatsTable[i]
	}
	return f
}

// Lenient says that the exit code is 0 in a format even when checks fail: its reader looks
// into the file.
func Lenient(name string) bool { return formatNamed(name).lenient }

// Format is the grading in one of the Formats. before is what Gradescope says of the
// submission (submission_metadata.json), or nil.
func (g *Grade) Format(name string, paint Painter, before []byte) (string, error) {
	f := formatNamed(name)
	if f.write == nil {
		return "", fmt.Errorf("there is no format %s", name)
	}
	v, err := f.write(g, paint, before)
	if err != nil {
		return "", err
	}
	if suites, ok := v.(*suites); ok {
		data, err := xml.MarshalIndent(suites, "", " ")
		return xml.Header + string(data) + "\n", err
	}
	return JSON(v)
}

// JSON is a value as text, indented.
func JSON(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(v)
	return out.String(), err
}

// gradescopeResults is results.json, as
// https://gradescope-autograders.readthedocs.io/en/latest/specs/ has it.
type gradescopeResults struct {
	Score            float64          `json:"score"`
	ExecutionTime    int              `json:"execution_time"` // seconds
	Output           string           `json:"output"`
	OutputFormat     string           `json:"output_format"`
	Visibility       string           `json:"visibility"`
	StdoutVisibility string           `json:"stdout_visibility"`
	ExtraData        map[string]any   `json:"extra_data"`
	Tests            []gradescopeTest `json:"tests"`
}

type gradescopeTest struct {
	Name         string         `json:"name"`
	Number       string         `json:"number"`
	Score        float64        `json:"score"`
	MaxScore     float64        `json:"max_score"`
	Status       string         `json:"status"` // passed or failed
	Output       string         `json:"output"`
	OutputFormat string         `json:"output_format"`
	Tags         []string       `json:"tags"`
	Visibility   string         `json:"visibility"`
	ExtraData    map[string]any `json:"extra_data"`
}

func gradescope(g *Grade, paint Painter, before []byte) (any, error) {
	held, err := heldBefore(before)
	if err != nil {
		return nil, err
	}
	g.submitted = true
	r := &gradescopeResults{ExecutionTime: int(g.Took.Round(time.Second) / time.Second), OutputFormat: "text",
		Visibility: "visible", StdoutVisibility: "visible", ExtraData: map[string]any{"program": g.Name},
		Tests: []gradescopeTest{}}
	r.Output = strings.TrimSpace(paint(g.summary(), false))
	var lost []string
	for _, s := range g.Stages {
		for _, c := range s.Checks {
			t := gradescopeTest{Name: c.Title, Number: c.Number, MaxScore: 1, Status: "failed", OutputFormat: "ansi",
				Tags: []string{s.Title, c.Rule}, Visibility: "visible", ExtraData: map[string]any{"check": c.File}}
			switch {
			case c.Verdict == Held:
				t.Status, t.Score = "passed", 1
			case c.Verdict == Undecided:
				t.Output = "Not decided: " + g.Cut + ". Submit again."
			case c.Finding != nil:
				t.Output = paint([]view.Block{findingBlock(g, c)}, true)
				t.ExtraData["schedule"], t.ExtraData["rule"] = c.Finding.Schedule, c.Finding.Rule
				if c.Finding.Share != "" {
					t.ExtraData["share"] = c.Finding.Share
				}
			default:
				t.Output = g.Error
			}
			if held[c.Title] && c.Verdict == Failed {
				lost = append(lost, c.Number+" "+c.Title)
				t.Output = "This held in an earlier submission.\n" + t.Output
			}
			r.Score += t.Score
			r.Tests = append(r.Tests, t)
		}
	}
	if len(lost) > 0 {
		r.Output += "\nHeld last time, and does not now:\n  " + strings.Join(lost, "\n  ")
	}
	return r, nil
}

// heldBefore is what held in the submission before this one, by title.
func heldBefore(metadata []byte) (map[string]bool, error) {
	var m struct {
		Previous []struct {
			Time    string `json:"submission_time"`
			Results struct {
				Tests []gradescopeTest `json:"tests"`
			} `json:"results"`
		} `json:"previous_submissions"`
	}
	if metadata == nil {
		return nil, nil
	}
	if err := json.Unmarshal(metadata, &m); err != nil {
		return nil, fmt.Errorf("the submission's metadata cannot be read: %w", err)
	}
	held, last := map[string]bool{}, ""
	for _, p := range m.Previous {
		if len(p.Results.Tests) == 0 || p.Time < last {
			continue
		}
		last, held = p.Time, map[string]bool{}
		for _, t := range p.Results.Tests {
			held[t.Name] = t.Status == "passed"
		}
	}
	return held, nil
}

// classroom50Result is result.json of Classroom 50, as its page Advanced Autograding has it.
// What its runner says of the submission it says in the environment.
type classroom50Result struct {
	Schema     string `json:"schema"`
	Classroom  string `json:"classroom,omitempty"`
	Assignment string `json:"assignment,omitempty"`
	Submission string `json:"submission,omitempty"`
	Commit     string `json:"commit,omitempty"`
	Release    string `json:"release,omitempty"`
	Review     string `json:"review,omitempty"`
	Datetime   string `json:"datetime,omitempty"`

	Score    int               `json:"score"`
	MaxScore int               `json:"max-score"`
	Tests    []classroom50Test `json:"tests"`
}

type classroom50Test struct {
	Name     string `json:"test-name"`
	Passed   bool   `json:"passed"`
	Score    int    `json:"score"`
	MaxScore int    `json:"max-score"`
}

func classroom50(g *Grade, _ Painter, _ []byte) (any, error) {
	r := &classroom50Result{Schema: "classroom50/result/v1", Tests: []classroom50Test{},
		Classroom: os.Getenv("CLASSROOM"), Assignment: os.Getenv("ASSIGNMENT"), Submission: os.Getenv("SUBMISSION_TAG"),
		Commit: os.Getenv("COMMIT_URL"), Release: os.Getenv("RELEASE_URL"),
		Review: cmp.Or(os.Getenv("REVIEW_URL"), os.Getenv("COMMIT_URL"))}
	if r.Submission != "" {
		r.Datetime = time.Now().UTC().Format(time.RFC3339)
	}
	for _, c := range g.All() {
		t := classroom50Test{Name: c.Number + " " + c.Title, MaxScore: 1, Passed: c.Verdict == Held}
		if t.Passed {
			t.Score = 1
		}
		r.Score, r.MaxScore = r.Score+t.Score, r.MaxScore+1
		r.Tests = append(r.Tests, t)
	}
	return r, nil
}

// suites is a report as JUnit's readers take it: a suite for each stage.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *trouble `xml:"failure,omitempty"`
	Error   *trouble `xml:"error,omitempty"`
}

type trouble struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func junit(g *Grade, paint Painter, _ []byte) (any, error) {
	r := &suites{Name: "raftlab grade", Time: fmt.Sprintf("%.3f", g.Took.Seconds())}
	for _, s := range g.Stages {
		one := suite{Name: fmt.Sprintf("%d %s", s.Number, s.Title), Tests: len(s.Checks)}
		for _, c := range s.Checks {
			t := testcase{Name: c.Number + " " + c.Title, Class: fmt.Sprintf("stage%d", s.Number)}
			switch {
			case c.Verdict == Held:
			case c.Verdict == Undecided:
				t.Error = &trouble{"not decided: " + g.Cut, "undecided", ""}
			case c.Finding == nil:
				t.Error = &trouble{g.Error, "error", ""}
			default:
				text := strings.Join(append(append([]string{}, c.Finding.Says...), c.Finding.Schedule...), "\n")
				t.Failure = &trouble{c.Finding.Says[0], cmp.Or(c.Finding.Rule, c.Finding.Kind), text}
			}
			if t.Error != nil {
				one.Errors++
			}
			if t.Failure != nil {
				one.Failures++
			}
			one.Cases = append(one.Cases, t)
		}
		r.Tests, r.Failures, r.Errors = r.Tests+one.Tests, r.Failures+one.Failures, r.Errors+one.Errors
		if one.Tests > 0 {
			r.Suites = append(r.Suites, one)
		}
	}
	return r, nil
}
