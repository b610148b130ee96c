package live

import (
	"slices"
	"testing"

	"raftlab/raft"
)

// Records of links, crashes and lost mail become what they were.
func TestRecordsAsCommands(t *testing.T) {
	w := scriptWriter{texts: []recText{{"", "S1->S2 S3->S2"}, {"", "S3->S2"}, {"", ""}}, cuts: make([]raft.Set, 4)}
	for _, rec := range []record{
		makeRecord(recTimeout, 1, 0).withSends(2),   // m1 to S2, m2 to S3
		makeRecord(recHeartbeat, 1, 0).withSends(4), // m3 to m6
		makeRecord(recLost, 3, 2),                   // the inbox was full
		makeRecord(recCuts, 0, 0),
		makeRecord(recDeliver, 2, 1), // it was in the inbox before
		makeRecord(recLost, 2, 3),
		makeRecord(recCuts, 0, 1),
		makeRecord(recDeliver, 2, 4),
		makeRecord(recKill, 2, 0),
		makeRecord(recLost, 2, 5),
		makeRecord(recRestart, 2, 0),
		makeRecord(recLost, 2, 6),
		makeRecord(recCuts, 0, 2),
	} {
		w.write(rec)
	}
	want := []string{
		"timeout S1", "heartbeat S1", "drop m2", "cut S1->S2", "cut S3->S2",
		"heal S1->S2; deliver m1; cut S1->S2 # it had arrived before the cut", "deliver m3",
		"heal S1->S2", "deliver m4", "kill S2", "deliver m5", "restart S2", "drop m6", "heal S3->S2",
	}
	if w.err != nil || !slices.Equal(w.lines, want) {
		t.Errorf("%v\n%q\nwant\n%q", w.err, w.lines, want)
	}
}
