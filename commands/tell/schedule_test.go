package tell

import (
	"fmt"
	"strings"
	"testing"
)

// A long schedule keeps what breaks, and says which steps it leaves out.
func TestLongScheduleFitsTheScreen(t *testing.T) {
	var steps []Told
	for i := range 40 {
		steps = append(steps, Told{Number: i + 1, Command: fmt.Sprintf("deliver m%d", i), Says: strings.Repeat("a word ", 10), turning: i%3 == 0})
	}
	steps[19].Broken, steps[39].Breach = []string{"VoteOnce"}, "Election Safety"
	steps[19].turning, steps[39].turning = true, true
	table := ScheduleTable(steps)
	lines, text := 0, ""
	for _, row := range table.Rows {
		lines += 1 + (len(row[2].String())-1)/scheduleWidth
		text += row[0].String() + " " + row[2].String() + "\n"
	}
	if lines > scheduleLines {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	for _, want := range []string{"1 a word", "20 a word", "breaks VoteOnce", "40 a word", "steps: deliver m"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
