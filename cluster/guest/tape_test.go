package guest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/history"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// livedThrough is a history that lives through lines, and the line of each position.
func livedThrough(t *testing.T, can []Ability, lines []string) (*history.History, *Tape, []uint64) {
	t.Helper()
	tape := NewTape("run.jsonl", can, raft.SetOf(1, 2, 3))
	for i, line := range lines {
		if err := tape.Add([]byte(line), uint64(i+1)); err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
	}
	settings := setting.Defaults()
	w, err := cluster.NewRecorded(func(raft.ID) program.Program { return tape.Program() }, tape.Members(), settings)
	if err != nil {
		t.Fatal(err)
	}
	h, at := history.New(w), []uint64{0}
	err = tape.Play(h.World, func(line uint64, actions []cluster.Action) error {
		h.NextUnit()
		h.Begin(fmt.Sprintf("# line %d", line))
		defer h.End("")
		for _, a := range actions {
			if err := h.Do(a); err != nil {
				return err
			}
		}
		for uint64(len(at)) <= h.World().Position() {
			at = append(at, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, tape, at
}

// told is what is found when lines are lived through, as judged tells it. What is only
// late is left out: a cluster lists it once.
func told(t *testing.T, can []Ability, lines []string) (found []string) {
	t.Helper()
	h, _, at := livedThrough(t, can, lines)
	for _, b := range h.World().Breaches() {
		switch d := b.Departure; {
		case d == nil:
			found = append(found, fmt.Sprintf("%s line %d: %s", b.Property, at[b.Position], b.Text))
		case d.Kind != judge.Late:
			found = append(found, fmt.Sprintf("%s line %d: %s (%s)", d.Rule.ID, at[b.Position], d.Did, d.Kind))
		}
	}
	return found
}

// compareTold compares the verdict on lines with that of the judge who only reads them,
// and says how many mistakes there are.
func compareTold(t *testing.T, what string, lines []string) int {
	t.Helper()
	want := slices.DeleteFunc(judged(t, lines), func(s string) bool { return strings.HasSuffix(s, "(late)") })
	got := told(t, nil, lines)
	n := min(len(want), len(got), 90) // a cluster keeps a hundred
	if len(want) < 90 && len(got) < 90 {
		n = max(len(want), len(got))
	}
	for i := range n {
		if i >= len(want) || i >= len(got) || !slices.Contains(got, want[i]) || !slices.Contains(want, got[i]) {
			t.Errorf("%s:\njudge: %s\nlived: %s", what, strings.Join(want, "\n       "), strings.Join(got, "\n       "))
			break
		}
	}
	return len(want)
}

// What is lived through is what was written down: every server's view at every step, and
// the same verdict as the log's judge gives, of runs that are right and of runs that are
// not, from their beginning or from any line on.
func TestTapeIsTheRun(t *testing.T) {
	wrong := 0
	for seed := range uint64(24) {
		bugs := raft.AllMutants()[int(seed)%len(raft.AllMutants())].Bit
		if seed%4 == 0 {
			bugs = 0
		}
		r := newRealRun(seed, bugs)
		for len(r.lines) < 300 {
			r.any(t)
		}
		for _, from := range []int{0, 40 + int(seed)} {
			lines := r.lines[from:]
			wrong += compareTold(t, fmt.Sprintf("seed %d from line %d", seed, from+1), lines)
		}
	}
	if wrong < 20 {
		t.Errorf("only %d mistakes were made", wrong)
	}
}

// What a log lacks, or has in another order, changes nothing of that: whatever the judge
// can read can be lived through, with the same verdict.
func TestTapeOfTornLogs(t *testing.T) {
	for seed := range uint64(16) {
		r := newRealRun(seed, raft.AllMutants()[int(seed)%len(raft.AllMutants())].Bit)
		for len(r.lines) < 250 {
			r.any(t)
		}
		var lines []string
		for i, line := range r.lines {
			switch r.IntN(40) {
			case 0: // it was not written
				continue
			case 1: // it was written twice
				lines = append(lines, line)
			case 2: // later than it was done
				if i > 0 && len(lines) > 0 {
					lines = append(lines[:len(lines)-1], line, lines[len(lines)-1])
					continue
				}
			case 3: // a timer that no such server has, or a message to itself
				line = strings.Replace(line, `"type":"client"`, `"type":"electionTimeout"`, 1)
				line = strings.Replace(line, `"type":"message"`, `"type":"heartbeatTimeout"`, 1)
			case 4:
				line = strings.Replace(line, `"from":"S1"`, `"from":"S2"`, 1)
			}
			lines = append(lines, line)
		}
		compareTold(t, fmt.Sprint("seed ", seed), lines)
	}
}

// Going back and forward asks the run for what it holds, and what it does not hold is
// refused with a sentence, and changes nothing.
func TestTapeOffTheRun(t *testing.T) {
	r := newRealRun(3, 0)
	for len(r.lines) < 200 {
		r.any(t)
	}
	h, tape, _ := livedThrough(t, nil, r.lines)
	end := h.World().Fingerprint()
	h.Goto(history.Place{Branch: h.Place().Branch, Position: 30})
	h.Goto(history.Place{Branch: h.Place().Branch, Position: h.Place().Branch.End()})
	if h.World().Fingerprint() != end {
		t.Error("the end is another one after going back")
	}
	tape.Program().memory = memory{}
	for _, at := range []uint64{10, 60, h.Place().Branch.End()} {
		refused := 0
		for id := range raft.SetOf(1, 2, 3).All() {
			w := h.WorldAt(history.Place{Branch: h.Place().Branch, Position: at})
			before := w.Fingerprint()
			var strayed *Strayed
			err := w.Apply(cluster.Recorded{Node: id, Input: inputPointer(raft.Propose("never=1"))})
			if !w.Up(id) {
				continue
			}
			if refused++; !errors.As(err, &strayed) || w.Fingerprint() != before {
				t.Errorf("at #%d, %s: %v", at, id, err)
			}
		}
		if refused == 0 {
			t.Errorf("at #%d nobody was up", at)
		}
	}
}

func inputPointer(in raft.Input) *raft.Input { return &in }
