package commands

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"raftlab/cluster/picture"
	"raftlab/commands/words"
)

func TestResultsAreOneLineOfJSON(t *testing.T) {
	for _, c := range []struct {
		r    Result
		want string
	}{
		{Result{}, `{"position":0,"command":"","ok":true,"events":[],"result":{}}`},
		{Result{Position: 12, Command: "timeout S1", Events: []any{map[string]int{"a": 1}}, Value: []int{1}},
			`{"position":12,"command":"timeout S1","ok":true,"events":[{"a":1}],"result":[1]}`},
		{Result{Command: `expect a < b && "x"`, Err: errors.New("no\n  a < b")},
			`{"position":0,"command":"expect a < b && \"x\"","ok":false,"error":"no\n  a < b","events":[],"result":{}}`},
		{Result{Omitted: 3}, `{"position":0,"command":"","ok":true,"events":[],"omitted":3,"result":{}}`},
	} {
		if got := string(c.r.JSON()); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

func TestAValueThatJSONCannotSayIsAnError(t *testing.T) {
	out := (&Result{Value: math.NaN()}).JSON()
	var got struct {
		OK    bool
		Error string
	}
	if err := json.Unmarshal(out, &got); err != nil || got.OK || got.Error == "" {
		t.Errorf("%s", out)
	}
}

func TestMessagesHaveTheFieldsOfTheirTypeInJSON(t *testing.T) {
	for typ, want := range map[words.MessageType]string{
		words.RequestVote:        `{"id":"m1","type":"RequestVote","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false,"last":{"index":0,"term":0}}`,
		words.RequestVoteReply:   `{"id":"m1","type":"RequestVoteReply","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false,"granted":false}`,
		words.AppendEntries:      `{"id":"m1","type":"AppendEntries","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false,"prev":{"index":0,"term":0},"entries":[],"commit":0}`,
		words.AppendEntriesReply: `{"id":"m1","type":"AppendEntriesReply","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false,"success":false,"match":0}`,
		words.InstallSnapshot:    `{"id":"m1","type":"InstallSnapshot","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false,"last":{"index":0,"term":0},"snapshot":{"index":0,"term":0}}`,
		words.TimeoutNow:         `{"id":"m1","type":"TimeoutNow","from":"S1","to":"S2","term":3,"due":0,"age":0,"arrives":false}`,
	} {
		got, err := json.Marshal(&MessageView{ID: "m1", Type: string(typ), From: "S1", To: "S2", Term: 3})
		if err != nil || string(got) != want {
			t.Errorf("%s, %v\nwant %s", got, err, want)
		}
	}
	for _, m := range words.Types {
		if _, ok := picture.MessageFields[string(m.Type)]; !ok {
			t.Errorf("no fields for %s", m.Type)
		}
	}
}

func TestNodesInJSONLeaveOutWhatOnlyLeadersHave(t *testing.T) {
	got, _ := json.Marshal(&NodeView{ID: "S1"})
	if strings.Contains(string(got), "match") || strings.Contains(string(got), "oldVoters") || !strings.Contains(string(got), `"vote":""`) {
		t.Errorf("%s", got)
	}
}
