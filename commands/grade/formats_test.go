package grade

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/guest"
	"raftlab/commands"
	"raftlab/commands/class"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/raft"
)

// sample is a grading with a check of each verdict.
func sample() *Grade {
	return &Grade{Command: "python3 x.py", Name: "mine", Cut: "the machine was too slow", Stages: []*Stage{
		{Number: 1, Title: "elections", Checks: []*Check{
			{Number: "1.1", Title: "One", Rule: "Majority", File: "1-1.raft", Verdict: Held},
			{Number: "1.2", Title: "Two & a half", Rule: "VoteOnce", File: "1-2.raft", Verdict: Failed, Finding: &Finding{
				Kind: Departure, Rule: "VoteOnce", Server: "S3", Says: []string{"S3 votes <twice>."}, Steps: 1,
				Schedule: []string{"new 3 guest", "timeout S1"}, Share: "4aB"}},
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
		len(two["extra_data"].(map[string]any)["schedule"].([]any)) != 2 ||
		two["extra_data"].(map[string]any)["share"] != "4aB" || !strings.Contains(two["output"].(string), "open 4aB") {
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
	failed := sample()
	failed.Stages[0].Checks[1].Finding = &Finding{Kind: Fault, Says: []string{"it died"}}
	if text, err := failed.Format("junit", plainly, nil); err != nil || !strings.Contains(text, `type="error"`) {
		t.Errorf("an error of the program has no type: %v %s", err, text)
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
			Schedule: schedule, paper: "no", yours: "yes"}
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
	if told := plainly(c.Blocks(), false); !strings.Contains(told, "c: it died\n") {
		t.Errorf("no rule says why the program of c failed, and neither does the class: %s", told)
	}
	want := `say 1. VoteOnce: a server votes for at most one candidate in a term, first come first served. ` +
		`Broken by 2 of 3 submissions.
quietly new 3 seed 1 guest "sh b"
quietly set judge say
quietly set judge-except VoteOnce
new 3 seed 1 guest "sh b" keep
log
messages
pause
poll "The next step is: timeout S1. Does S1 grant its vote then, by the paper?" yes no
pause
poll again
say Discuss the answer with your neighbor, and vote again.
pause
poll end no
timeout S1
say S1 departs, at position 2.
pause
`
	if text := c.Lecture(); !strings.Contains(text, want) || strings.Count(text, "\npoll \"") != 2 {
		t.Errorf("%s", text)
	}
}

// TestWhatALectureAsks: the answers to choose from are the paper's and the submission's, where they are short,
// and the end of the poll knows which is right. Every question is one that poll takes.
func TestWhatALectureAsks(t *testing.T) {
	for _, test := range []struct {
		rule, paper, yours string
		step               string
		ask, end           string
	}{
		{"CandidateUpToDate", "yes", "no", "deliver m2", `Does S2 grant its vote then, by the paper?" yes no`, "poll end yes"},
		{"PrevLogMatches", "no", "yes", "deliver m2", `Does S2 accept what it is sent then, by the paper?" yes no`, "poll end no"},
		{"PrevLogMatches", "no change", "another entry 2", "deliver m2",
			`What does the paper demand of S2 then?" "another entry 2" "no change"`, `poll end "no change"`},
		{"MajorityHolds", "3", "2", "deliver m2", `What is the commitIndex of S2 then, by the paper?" 2 3`, "poll end 3"},
		{"SendMissing", "an append", "none", "heartbeat S2", `paper demand of S2 then?" "an append" none`, `poll end "an append"`},
		{"AppendCommand", "no", "yes", "put x 1", `Does S2 take the command then, by the paper?" yes no`, "poll end no"},
		{"VotesOfThisElection", "S1", "S1 S3", "deliver m5", `Whose votes does S2 have then, by the paper?" S1 "S1 S3"`, "poll end S1"},
		{"DeleteConflict", "of term 1", "none", "deliver m5", `Which entry 7 does the log of S2 have then, by the paper?" none "of term 1"`, `poll end "of term 1"`},
		{"HigherTerm", "follower", "leader", "deliver m5", `What is S2 then, by the paper?" follower leader`, "poll end follower"},
		{"StableFirst", strings.Repeat("long ", 8), "none", "tick", `What does the paper demand of S2 then?"`, "poll end"},
		{"VoteOnce", "S1", "S1", "tick", `What does the paper demand of S2 then?"`, "poll end"},
		{"VoteOnce", "no", "yes", "inject AppendEntries " + strings.Repeat("1:x=1 ", 100), `by the paper?" yes no`, "poll end no"},
	} {
		f := &Finding{Rule: test.rule, Server: "S2", paper: test.paper, yours: test.yours, entry: "7"}
		ask, end := f.poll(test.step)
		if !strings.HasSuffix(ask, test.ask) || end != test.end {
			t.Errorf("%s, %s or %s: %s, %s", test.rule, test.paper, test.yours, ask, end)
		}
		if _, err := lecture(t, nil, ask+"\npoll again\n"+end); err != nil {
			t.Errorf("%s: %v", ask, err)
		}
	}
}

// lecture runs a script in front of a class, with a program behind "mine", and gives what the polls came to.
func lecture(t *testing.T, class class.Audience, script string) (came []string, err error) {
	t.Helper()
	p, err := guest.OpenFunc(func() func([]byte) []byte { return guest.Reference(&raft.Options{Mutants: raft.VoteAny}) })
	if err != nil {
		t.Fatal(err)
	}
	p.Command = "mine"
	programs := &lab.Guests{GuestOptions: lab.GuestOptions{Trust: true}}
	programs.Add(p)
	s, err := commands.NewSession(commands.Options{Nodes: 3, Seed: 1, Programs: programs})
	if err != nil {
		t.Fatal(err)
	}
	if class != nil {
		s.Class().Seat(class)
	}
	k := &results{}
	err = s.RunScript(t.Context(), "lecture", strings.NewReader(script), k)
	return k.polls, err
}

// results keeps those of poll end.
type results struct {
	lang.Silent
	polls []string
}

func (k *results) Show(r *lang.Result) {
	if text := string(r.JSON()); strings.Contains(text, `"rounds"`) {
		k.polls = append(k.polls, text)
	}
}

// voters is a class of which all vote wrong first, and then all but one right.
type voters struct{ rounds []map[string]string }

func (v *voters) Answers(_ string, round int) (map[string]string, int) { return v.rounds[round-1], 3 }

// TestALectureIsHeld: the script of real findings runs to its end before a class, which votes twice on each, and
// the bars of both rounds say who changed to the right answer before the step is done.
func TestALectureIsHeld(t *testing.T) {
	f := &Finding{Kind: Departure, Rule: "VoteOnce", Server: "S3", Says: []string{"S3 departs."}, Steps: 4,
		Schedule: []string{"new 3 seed 1 guest", "timeout S1", "timeout S2", "deliver m2", "deliver m4"}, paper: "no", yours: "yes"}
	c := &Class{Submissions: []Submission{{"mine", &Grade{Command: "mine", Stages: []*Stage{{Number: 1,
		Checks: []*Check{{Verdict: Failed, Finding: f}}}}}}}}
	c.compare()
	came, err := lecture(t, &voters{[]map[string]string{{"a": "yes", "b": "yes", "c": "yes"},
		{"a": "no", "b": "no", "c": "yes"}}}, c.Lecture()+`expect len(departures) == 1 && departures[0].server == "S3"`)
	if err != nil || len(came) != 1 {
		t.Fatalf("%v: %q\n%s", err, came, c.Lecture())
	}
	for _, want := range []string{`"rounds":[{"no":0,"yes":3},{"no":2,"yes":1}]`, `"truth":"no"`, `"changed":2`} {
		if !strings.Contains(came[0], want) {
			t.Errorf("%s, want %s", came[0], want)
		}
	}
}
