package mark

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each exercise that ships has an answer with all points, and the answer to another one
// has not.
func TestTheExercises(t *testing.T) {
	checks, err := filepath.Glob("../../docs/exercises/*.raft")
	if err != nil || len(checks) < 2 {
		t.Fatal(checks, err)
	}
	for _, path := range checks {
		check, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range checks {
			m, err := File(context.Background(), path, string(check), filepath.Join("testdata", filepath.Base(other)), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if m.Full() != (path == other) {
				t.Errorf("the answer to %s: %s", filepath.Base(other), m)
			}
		}
		m, err := Answer(context.Background(), path, string(check), strings.NewReader(""), "empty", time.Minute)
		if err != nil || m.Full() || m.Commands != 0 {
			t.Errorf("an empty answer: %v %v", m, err)
		}
	}
}

// Why an answer ended early is told in one line: the command once, and none where a line is no command.
func TestWhyAnAnswerEnded(t *testing.T) {
	check := "new 3\nallow timeout\nexpect 1 == 1 points 1 \"It runs\"\n"
	for answer, want := range map[string]string{
		"put x 1":     "a:1: put x 1: put is not allowed in this exercise; allowed are timeout",
		"\ntimout S1": `a:2: timout S1: unknown command "timout"; did you mean timeout?`,
		"timeout": "a:1: timeout: NODES is missing; usage: timeout NODES; NODES: servers, separated by blanks or commas, or all, " +
			"up, down, followers",
		"\xff":              "a:1: bad UTF-8 in column 1",
		"timeout S9":        "a:1: timeout S9: there is no S9; the servers are S1 to S3; usage: timeout NODES",
		"timeout S1; whatt": `a:1: whatt: unknown command "whatt"; help lists them`,
	} {
		m, err := Answer(context.Background(), "check", check, strings.NewReader(answer), "a", time.Minute)
		if err != nil || m.Error != want {
			t.Errorf("%q: %v\n got %s\nwant %s", answer, err, m.Error, want)
		}
	}
}
