package ask_test

import (
	"strings"
	"testing"
)

// Where logs differ at an index, can names the entry that it speaks of by what
// it says, and the others beside it; where they do not, it names no other.
func TestCanNamesTheEntryMeant(t *testing.T) {
	const doomed = "timeout S1; settle; put x 1; settle; isolate S1; put a 1 via S1; settle; timeout S2; settle; put b 2 via S2"
	for _, c := range []struct {
		script, question string
		want             []string // all of them, or a refusal
		never            string
	}{
		{doomed, "can 3 be lost", []string{"No: entry 3 of term 2 (noop), which S2, S3, S4 and S5 hold,",
			"Not to be confused with entry 3 of term 1 (a=1), on S1: not committed, and never will be"}, ""},
		{doomed, "can 3 be lost on S1", []string{"entry 3 of term 1 is lost already: another one is committed in its place, that of term 2"}, ""},
		{doomed, "can 2 be lost", []string{"No: entry 2 of term 1, which"}, "confused"},
		{`given S1 term 2 log "1 1"; given S2 term 3 log "1 3"`, "can 2 be lost on S1 within 100ms",
			[]string{"entry 2 of term 1", "which only S1 holds", "Not to be confused with entry 2 of term 3", "on S2: not committed, and no server leads"}, ""},
		{"timeout S1; settle; kill all; wipe S1; wipe S2; wipe S3; wipe S4; wipe S5", "can 1 be lost", []string{"entry 1 of term 1 is lost already: no server's log holds it any more"}, "in its place"},
	} {
		s, _ := played(t, c.script)
		f := &screen{}
		err := s.Run(t.Context(), c.question, f)
		text := strings.Join(strings.Fields(f.text()), " ")
		if err != nil {
			text += err.Error()
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s; %s: %q is not in %s", c.script, c.question, want, text)
			}
		}
		if c.never != "" && strings.Contains(text, c.never) {
			t.Errorf("%s; %s: %q is in %s", c.script, c.question, c.never, text)
		}
	}
}
