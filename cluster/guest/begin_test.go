package guest

import (
	"bytes"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// beginning is a world whose servers send a message when they start.
func beginning(t *testing.T, message string) (*cluster.World, error) {
	t.Helper()
	p, err := OpenFunc(func() func([]byte) []byte {
		answer := Reference(&raft.Options{})
		return func(line []byte) []byte {
			out := answer(line)
			if bytes.Contains(line, []byte(`"server":"S1"`)) && bytes.Contains(line, []byte(`{"type":"start"}`)) {
				return append(bytes.TrimSuffix(out, []byte("}")), `,"send":[{"to":"S2","message":`+message+`}]}`...)
			}
			return out
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return cluster.NewOf(func(raft.ID) program.Program { return p }, 2, 1, setting.Defaults(), "kv")
}

// What a program sends when it starts is in flight, at the beginning as after a restart,
// and the judge looks at it. A reply answers nothing then.
func TestSentAtTheStart(t *testing.T) {
	w, err := beginning(t, `{"type":"RequestVote","term":1,"candidateId":"S1","lastLogIndex":0,"lastLogTerm":0}`)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		if got := len(w.Flights()); got != n {
			t.Fatalf("%d messages are in flight, not %d", got, n)
		}
		if d := w.Departures(); len(d) != n || d[0].Property != "ElectionTimeout" {
			t.Fatalf("departures: %v", d)
		}
		for _, a := range []cluster.Action{cluster.Kill{Node: 1}, cluster.Restart{Node: 1}} {
			if err := w.Apply(a); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Apply(cluster.DeliverNext{}); err != nil || w.State(2).CurrentTerm != 1 {
		t.Errorf("it does not arrive: %v", err)
	}
	_, err = beginning(t, `{"type":"RequestVoteReply","term":1,"voteGranted":true}`)
	if err == nil || !strings.Contains(err.Error(), "answer 1: send[0]: this RequestVoteReply replies to no RequestVote of S2") {
		t.Errorf("a reply at the start: %v", err)
	}
}
