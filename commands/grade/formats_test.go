package grade

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/view"
)

// sample is a grading with a check of each verdict.
func sample() *Grade {
	return &Grade{Command: "python3 x.py", Name: "mine", Stages: []*Stage{
		{Number: 1, Title: "elections", Checks: []*Check{
			{Number: "1.1", Title: "One", Rule: "Majority", File: "1-1.raft", Verdict: Held},
			{Number: "1.2", Title: "Two & a half", Rule: "VoteOnce", File: "1-2.raft", Verdict: Failed, Finding: &Finding{
				Kind: Departure, Rule: "VoteOnce", Server: "S3", Says: []string{"S3 votes <twice>."}, Steps: 1,
				Schedule: []string{"new 3 guest", "timeout S1"}}},
			{Number: "1.3", Title: "Three", Rule: "Majority", File: "1-3.raft", Verdict: Undecided},
		}},
		{Number: 6, Title: "snapshots", Skipped: "not played", Checks: []*Check{}},
	}}
}

func plainly(blocks []view.Block, _ bool) string {
	text := ""
	for _, b := range blocks {
		if lines, ok := b.(view.Text); ok {
			for _, l := range lines.Lines {
				text += l.String() + "\n"
			}
		}
	}
	return text
}

func written(t *testing.T, format string, before string) string {
	t.Helper()
	var metadata []byte
	if before != "" {
		metadata = []byte(before)
	}
	text, err := sample().Format(format, plainly, metadata)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// only fails a test when an object has other fields than the documented ones.
func only(t *testing.T, object map[string]any, documented string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(strings.Fields(documented), name) {
			t.Errorf("%s is no documented field", name)
		}
	}
}

func object(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestGradescope: results.json has the fields of
// https://gradescope-autograders.readthedocs.io/en/latest/specs/ and no others, with values of
// the kinds that it allows, and says what held in the submission before.
func TestGradescope(t *testing.T) {
	v := object(t, written(t, "gradescope", `{"id": 1, "previous_submissions": [
		{"submission_time": "2026-01-02", "results": {"tests": [{"name": "Two & a half", "status": "passed"}]}},
		{"submission_time": "2026-01-01", "results": {"tests": [{"name": "Two & a half", "status": "failed"}]}}]}`))
	only(t, v, "score execution_time output output_format test_output_format test_name_format visibility "+
		"stdout_visibility extra_data tests leaderboard")
	if v["score"] != 1.0 || !strings.Contains(v["output"].(string), "Held last time, and does not now:\n  1.2 Two") {
		t.Errorf("%v", v)
	}
	visible := []string{"hidden", "after_due_date", "after_published", "visible"}
	formats := []string{"text", "html", "simple_format", "md", "ansi"}
	for _, x := range v["tests"].([]any) {
		test := x.(map[string]any)
		only(t, test, "score max_score status name name_format number output output_format tags visibility extra_data")
		if s := test["status"]; s != "passed" && s != "failed" {
			t.Errorf("status %v", s)
		}
		if !slices.Contains(visible, test["visibility"].(string)) ||
			!slices.Contains(formats, test["output_format"].(string)) {
			t.Errorf("%v", test)
		}
	}
	two := v["tests"].([]any)[1].(map[string]any)
	if two["number"] != "1.2" || two["score"] != 0.0 || two["max_score"] != 1.0 ||
		!strings.Contains(two["output"].(string), "new 3 guest; timeout S1") ||
		len(two["extra_data"].(map[string]any)["schedule"].([]any)) != 2 {
		t.Errorf("%v", two)
	}
	if three := v["tests"].([]any)[2].(map[string]any); !strings.Contains(three["output"].(string), "too slow") {
		t.Errorf("%v", three)
	}
	if _, err := sample().Format("gradescope", plainly, []byte("no JSON")); err == nil {
		t.Error("metadata that is no JSON was read")
	}
}

// TestClassroom50: result.json is what the page Advanced Autograding asks for.
func TestClassroom50(t *testing.T) {
	for name, value := range map[string]string{"CLASSROOM": "raft", "ASSIGNMENT": "one", "SUBMISSION_TAG": "submit/1",
		"COMMIT_URL": "c", "RELEASE_URL": "r", "REVIEW_URL": ""} {
		t.Setenv(name, value)
	}
	text := written(t, "classroom50", "")
	v := object(t, text)
	only(t, v, "schema classroom assignment submission commit release review datetime score max-score tests")
	for name, want := range map[string]any{"schema": "classroom50/result/v1", "score": 1.0, "max-score": 3.0,
		"classroom": "raft", "submission": "submit/1", "review": "c"} {
		if v[name] != want {
			t.Errorf("%s is %v, not %v", name, v[name], want)
		}
	}
	if strings.Contains(text, "1.0") {
		t.Error("scores are whole numbers")
	}
	for _, x := range v["tests"].([]any) {
		only(t, x.(map[string]any), "test-name passed score max-score")
	}
	if !Lenient("classroom50") || Lenient("junit") {
		t.Error("what exit code says is wrong")
	}
}

// TestJUnit: counts agree with the cases, and what failed says so.
func TestJUnit(t *testing.T) {
	var v suites
	if err := xml.Unmarshal([]byte(written(t, "junit", "")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Tests != 3 || v.Failures != 1 || v.Errors != 1 || len(v.Suites) != 1 || len(v.Suites[0].Cases) != 3 {
		t.Errorf("%+v", v)
	}
	f := v.Suites[0].Cases[1].Failure
	if f == nil || f.Message != "S3 votes <twice>." || f.Type != "VoteOnce" || !strings.Contains(f.Text, "timeout S1") {
		t.Errorf("%+v", f)
	}
}

// TestLecture: the script of a class asks before each step in which a rule is broken, runs to
// its end, and is about the commonest rules first.
func TestLecture(t *testing.T) {
	departs := func(rule string, steps int) *Finding {
		schedule := []string{"new 3 seed 1 guest", "set judge-except VoteOnce", "new 3 seed 1 guest keep"}
		for range steps {
			schedule = append(schedule, "timeout S1")
		}
		return &Finding{Kind: Departure, Rule: rule, Server: "S1", Says: []string{"S1 departs; at #2."}, Steps: steps,
			Schedule: schedule}
	}
	of := func(file string, all ...*Finding) Submission {
		g := &Grade{Command: "sh " + file, Stages: []*Stage{{Number: 1}}}
		for _, f := range all {
			g.Stages[0].Checks = append(g.Stages[0].Checks, &Check{Verdict: Failed, Finding: f})
		}
		return Submission{file, g}
	}
	c := &Class{Submissions: []Submission{of("a", departs("VoteOnce", 3)),
		of("b", departs("Majority", 2), departs("VoteOnce", 1)), of("c", &Finding{Kind: Fault, Says: []string{"it died"}})}}
	c.compare()
	if len(c.Rules) != 3 || c.Rules[0].Rule != "VoteOnce" || len(c.Rules[0].By) != 2 || c.Rules[0].Example != "b" ||
		c.Rules[0].Shortest.Steps != 1 || c.Rules[2].Rule != "error" {
		t.Errorf("%+v", c.Rules)
	}
	want := `say 1. VoteOnce: a server votes for at most one candidate in a term, first come first served. ` +
		`Broken by 2 of 3 submissions.
new 3 seed 1 guest "sh b"
set judge say
set judge-except VoteOnce
new 3 seed 1 guest "sh b" keep
log
messages
pause
predict voteonce "The next step is: timeout S1. What does the paper demand of S1?"
timeout S1
say S1 departs, at position 2.
pause
`
	if text := c.Lecture(); !strings.Contains(text, want) || strings.Count(text, "predict") != 2 {
		t.Errorf("%s", text)
	}
}
