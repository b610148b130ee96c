package tell

import (
	"testing"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// One phrase makes all forms: the story, the past, the note of a diagram, which
// leaves out the server, and the words of a schedule.
func TestFormsOfAPhrase(t *testing.T) {
	arrives := event.Mail{ID: 9, Envelope: raft.Envelope{From: 2, To: 1, Message: &raft.AppendEntries{Term: 3, LeaderID: 2}}}
	for _, c := range []struct {
		what                         event.What
		story, past, note, scheduled string
	}{
		{event.Thawed{}, "S1 resumes", "S1 resumed at #7", "resumes", "S1 resumes"},
		{event.Wiped{}, "S1's disk is wiped", "S1's disk was wiped at #7", "disk is wiped", "S1's disk is wiped"},
		{event.ElectionTimeout{}, "S1's election timer fires", "S1's election timer fired at #7", "election timeout", ""},
		{event.Truncated{Entries: event.Entries{First: 2, Last: 3}, Conflict: true}, "S1 deletes entries 2–3, which conflict with the leader's",
			"S1 deleted entries 2–3 at #7", "deletes 2–3", "S1 deletes entries 2–3"},
		{event.Appended{Entries: event.Entries{First: 4, Last: 4}, Term: 3}, "S1 appends entry 4 of term 3",
			"S1 appended (4, term 3) at #7, from S2, leader of term 3", "appends 4", "S1 appends entry 4"},
		{event.Committed{Entries: event.Entries{First: 4, Last: 4}}, "S1 learns that entry 4 is committed",
			"S1 learned at #7 from S2 that entry 4 is committed", "learns that 4 is committed", "S1 learns that entry 4 is committed"},
		{event.Redirected{Client: "C1", To: 2}, "S1 redirects C1 to S2", "S1 redirected C1 to S2 at #7", "redirects C1 to S2",
			"S1 redirects C1 to S2"},
		{event.Abandoned{Client: "C1", Why: "S1 crashed"}, "C1 cannot know what became of its request: S1 crashed",
			"C1 could no longer learn what became of its request at #7", "C1 cannot know what became of it",
			"C1 cannot know what became of its request: S1 crashed"},
	} {
		e := &event.Event{Position: 7, Node: 1, What: c.what}
		came := &event.Event{Position: 6, Node: 1, What: event.Delivered{Mail: arrives}}
		for form, got := range map[string][2]string{"story": {Story(e).String(), c.story}, "past": {Happened(e, came), c.past},
			"note": {Noted(e).String(), c.note}, "schedule": {Scheduled(e), c.scheduled}} {
			if got[0] != got[1] {
				t.Errorf("%s of %s: %q, want %q", form, e.Kind(), got[0], got[1])
			}
		}
	}
}
