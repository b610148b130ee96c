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
