package raft_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

// contents is all of what is stored, as plain values.
type contents struct {
	Term          uint64
	Vote          raft.ID
	First         uint64
	BaseTerm      uint64
	Entries       []raft.Entry
	Snapshot      *raft.Snapshot
	Configuration raft.Configuration
}

func contentsOf(s raft.Stable) contents {
	c := contents{s.CurrentTerm, s.VotedFor, s.Log.FirstIndex(), 0, nil, s.Snapshot, s.Initial}
	c.BaseTerm, _ = s.Log.Term(s.Log.FirstIndex() - 1)
	for i := s.Log.FirstIndex(); i <= s.Log.LastIndex(); i++ {
		c.Entries = append(c.Entries, s.Log.Entry(i))
	}
	return c
}

// What is stored comes back from JSON as it was: the log too, data that is no
// UTF-8, and numbers that a floating-point number cannot hold.
func TestJSONLosesNothing(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "\xff\xfe", "x=\u2028<&>", "a\x80b", "\ufffd"}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	sets := rapid.Map(rapid.SliceOfN(rapid.Uint8Range(1, 127), 0, 5), func(ids []uint8) (s raft.Set) {
		for _, id := range ids {
			s = s.With(raft.ID(id))
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		conf := func() raft.Configuration {
			return raft.Configuration{Voters: sets.Draw(t, "voters"), Old: sets.Draw(t, "old"), Learners: sets.Draw(t, "learners")}
		}
		s := raft.Stable{CurrentTerm: rapid.Uint64().Draw(t, "term"), VotedFor: raft.ID(rapid.Uint8().Draw(t, "vote")), Initial: conf()}
		if rapid.Bool().Draw(t, "compacted") {
			s.Snapshot = &raft.Snapshot{Index: rapid.Uint64Range(0, 1<<63).Draw(t, "index"), Term: rapid.Uint64().Draw(t, "term"), Configuration: conf(), Data: texts.Draw(t, "state")}
			s.Log.CompactTo(s.Snapshot.Index, s.Snapshot.Term)
		}
		for range rapid.SampledFrom([]int{0, 1, 3, 200}).Draw(t, "entries") {
			s.Log.Append(raft.Entry{Term: rapid.Uint64().Draw(t, "term"), Kind: raft.Kind(rapid.IntRange(0, int(raft.Numbered)).Draw(t, "kind")), Data: texts.Draw(t, "data")})
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back raft.Stable
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if was, is := contentsOf(s), contentsOf(back); !reflect.DeepEqual(was, is) {
			t.Fatalf("%+v\nbecame %+v\nby way of %s", was, is, b)
		}
	})
	if err := json.Unmarshal([]byte(`{"term":1,"kind":"wish","data":"x"}`), new(raft.Entry)); err == nil {
		t.Error("a kind that there is none of was read")
	}
}

// A text is written as a text, an empty log as an empty list, and what is no text
// as its bytes: people read these files.
func TestJSONIsReadable(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string
	}{
		{raft.Entry{Term: 2, Data: "x=1"}, `{"term":2,"kind":"command","data":"x=1"}`},
		{raft.Entry{Term: 2, Kind: raft.Noop}, `{"term":2,"kind":"noop","data":""}`},
		{raft.Entry{Term: 2, Data: "\xff"}, `{"term":2,"kind":"command","bytes":"/w=="}`},
		{raft.Log{}, `{"base":0,"baseTerm":0,"entries":[]}`},
		{stable(1, 1, 0, 1).Log, `{"base":0,"baseTerm":0,"entries":[{"term":1,"kind":"command","data":"1@1"}]}`},
	} {
		b, err := json.Marshal(c.of)
		want(t, "the error", err, nil)
		want(t, "the JSON", string(b), c.want)
	}
}

// What has not the form that is written is an error, not an empty value.
func TestJSONOfAnotherForm(t *testing.T) {
	for text, into := range map[string]any{
		`{"term":"one","kind":"command"}`: new(raft.Entry), `{"base":"one"}`: new(raft.Log), `{"index":"one"}`: new(raft.Snapshot),
	} {
		if err := json.Unmarshal([]byte(text), into); err == nil {
			t.Errorf("%s was read as %+v", text, into)
		}
	}
}
