package raft_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

// anyInput is an input of a kind, sense or nonsense.
func anyInput(t *rapid.T, kind raft.InputKind) raft.Input {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\xff\xfe", "a\x80b", "x=\u2028<&>"}))
	n := func(what string) uint64 { return rapid.Uint64().Draw(t, what) }
	id := func(what string) raft.ID { return raft.ID(rapid.Uint8().Draw(t, what)) }
	yes := func(what string) bool { return rapid.Bool().Draw(t, what) }
	switch kind {
	case raft.OnMessage:
		e := raft.Envelope{From: id("from"), To: id("to")}
		conf := raft.Configuration{Voters: raft.SetOf(1, 2), Learners: raft.SetOf(id("learner"))}
		e.Message = rapid.SampledFrom([]raft.Message{nil, &raft.RequestVote{Term: n("term"), CandidateID: id("candidate"), LastLogIndex: n("last"), LastLogTerm: n("lastTerm"), Transfer: yes("transfer")},
			&raft.RequestVoteReply{Term: n("term"), VoteGranted: yes("granted")},
			&raft.AppendEntries{Term: n("term"), LeaderID: id("leader"), PrevLogIndex: n("prev"), PrevLogTerm: n("prevTerm"),
				Entries: []raft.Entry{{n("term"), raft.Numbered, rapid.Uint32().Draw(t, "tag"), text.Draw(t, "data")}}, LeaderCommit: n("commit"), Round: n("round")},
			&raft.AppendEntries{Term: n("term")}, &raft.AppendEntriesReply{Term: n("term"), Success: yes("success"), MatchIndex: n("match"), PrevLogIndex: n("prev"), ConflictTerm: n("ct"), ConflictIndex: n("ci"), Round: n("round")},
			&raft.InstallSnapshot{n("term"), id("leader"), &raft.Snapshot{n("index"), n("term"), conf, text.Draw(t, "data")}, n("round")}, &raft.InstallSnapshot{},
			&raft.InstallSnapshotReply{Term: n("term"), MatchIndex: n("match"), Round: n("round")}, &raft.PreVote{n("term"), id("candidate"), n("last"), n("lastTerm")},
			&raft.PreVoteReply{Term: n("term"), VoteGranted: yes("granted")}, &raft.TimeoutNow{n("term"), id("leader")}, &raft.ReadIndex{n("term"), n("number")},
			&raft.ReadIndexReply{Term: n("term"), Number: n("number"), Index: n("index"), Success: yes("success")},
		}).Draw(t, "message")
		if yes("an answer") && e.Message != nil {
			raft.Pair(e.Message, &raft.RequestVote{Term: n("term"), CandidateID: id("candidate")})
		}
		return raft.Receive(e)
	case raft.OnProposal:
		return raft.ProposeKind(raft.Kind(rapid.IntRange(0, int(raft.Numbered)).Draw(t, "kind")), text.Draw(t, "command"))
	case raft.OnBatch:
		return raft.ProposeBatch(rapid.SliceOfN(text, 1, 4).Draw(t, "commands"))
	case raft.OnRead:
		return raft.Read(n("read"), yes("lease"))
	case raft.OnReadTimeout:
		return raft.ReadTimeout(n("read"))
	case raft.OnSnapshot:
		return raft.Compact(n("index"), text.Draw(t, "state"))
	case raft.OnAddServer:
		return raft.AddServer(id("server"), yes("learner"))
	case raft.OnReconfigure:
		return raft.Reconfigure(raft.SetOfWords(n("low"), n("high")))
	case raft.OnCommitIndex:
		return raft.SetCommitIndex(n("index"))
	case raft.OnPromote, raft.OnRemoveServer, raft.OnTransfer:
		return raft.Input{Kind: kind, Server: id("server")}
	}
	return raft.Input{Kind: kind}
}

// What a server is given comes back from JSON as it was.
func TestInputJSONLosesNothing(t *testing.T) {
	for _, kind := range raft.InputKinds() {
		t.Run(kind.String(), rapid.MakeCheck(func(t *rapid.T) {
			in := anyInput(t, kind)
			b, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			var back raft.Input
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if !reflect.DeepEqual(in, back) {
				t.Fatalf("%+v became %s, and that %+v", in, b, back)
			}
		}))
	}
}

// The words of the JSON are Figure 2's, and what is no input is an error.
func TestInputJSON(t *testing.T) {
	for _, c := range []struct {
		in   raft.Input
		json string
	}{
		{raft.ElectionTimeout(), `{"type":"electionTimeout"}`},
		{raft.Propose("x=3"), `{"type":"client","command":"x=3"}`},
		{raft.Compact(5, "…"), `{"type":"snapshot","index":5,"data":"…"}`},
		{raft.TransferLeadership(2), `{"type":"transfer","to":"S2"}`},
		{raft.Receive(raft.Envelope{From: 2, To: 1, Message: &raft.RequestVote{Term: 1, CandidateID: 2}}),
			`{"type":"message","from":"S2","to":"S1","message":{"type":"RequestVote","term":1,"candidateId":"S2","lastLogIndex":0,"lastLogTerm":0}}`},
	} {
		b, err := json.Marshal(c.in)
		want(t, "the error", err, nil)
		want(t, c.in.String(), string(b), c.json)
	}
	for _, text := range []string{`{"type":"electionTimeouts"}`, `{}`, `[]`, `{"type":"message","message":{"type":"Vote"}}`, `{"type":"client","kind":"x"}`,
		`{"type":"promote","server":"S0"}`, `{"type":"promote","server":"S300"}`, `{"type":"promote","server":4}`} {
		var in raft.Input
		if err := json.Unmarshal([]byte(text), &in); err == nil {
			t.Errorf("%s is read as %+v", text, in)
		}
	}
}

// Whatever it is given, a server that refuses it is as it was; of a kind that
// there is none of, too.
func TestStepRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := leader(t, 3, 1)
		kind := raft.InputKind(rapid.IntRange(0, len(raft.InputKinds())).Draw(t, "kind"))
		in, before := anyInput(t, kind), fingerprint(s.Node)
		var o raft.Output
		if err := s.Step(in, &o); err != nil {
			if after := fingerprint(s.Node); after != before || len(o.Send) > 0 || o.Save.Any() || o.Index != 0 {
				t.Fatalf("%s: %v, but it changed:\n%s\n%s", in, err, before, after)
			}
		} else if int(kind) == len(raft.InputKinds()) {
			t.Fatalf("%s is taken", in)
		}
	})
}
