package guest

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// TestReaderAgrees: what the standard library takes for JSON is read, with the same
// values, and nothing else is.
func TestReaderAgrees(t *testing.T) {
	const bytes = `{}[]":,\truefalsn01.5e+-/u` + " \t\n\xff\u00e9\x01"
	seen := [2]int{}
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 2))
		v, _ := someValue(r, 4)
		text, _ := json.Marshal(v)
		if seed%3 == 1 {
			text, _ = json.MarshalIndent(v, " ", "\t")
		}
		for range r.IntN(3) {
			i := r.IntN(len(text) + 1)
			text = append(text[:i:i], append([]byte{bytes[r.IntN(len(bytes))]}, text[min(i+r.IntN(2), len(text)):]...)...)
		}
		read := reader{text: string(text)}
		ok := read.whole()
		if ok != json.Valid(text) {
			t.Fatalf("%q is read: %v", text, ok)
		}
		if !ok {
			seen[0]++
			continue
		}
		seen[1]++
		var want any
		if err := json.Unmarshal(text, &want); err != nil { // a number that is too large
			continue
		}
		if got, wanted := with(read.nodes[0].plainly(), ""), with(want, ""); !read.twice && string(got) != string(wanted) {
			t.Fatalf("%q is read as %s, not %s", text, got, wanted)
		}
	}
	if seen[0] < 3000 || seen[1] < 3000 {
		t.Errorf("%d texts are no JSON, and %d are", seen[0], seen[1])
	}
}

// plainly is a value as the standard library reads it.
func (a *at) plainly() any {
	switch a.raw[0] {
	case '[':
		out := []any{}
		for _, f := range a.list() {
			out = append(out, f.plainly())
		}
		return out
	case '{':
		out := map[string]any{}
		for _, f := range a.parts() {
			out[f.name] = a.field(f.name).plainly()
		}
		return out
	case '"':
		return a.text()
	}
	var v any
	_ = json.Unmarshal([]byte(a.raw), &v)
	return v
}

// TestNullIsAnEmptyLog: Go writes a slice that is nil as null, on the disk as in the view.
func TestNullIsAnEmptyLog(t *testing.T) {
	const view = `"view":{"role":"follower","currentTerm":0,"votedFor":null,"log":null,"commitIndex":0,"lastApplied":0}`
	a, err := read([]byte(`{"n":1,"state":0,"save":{"log":null},`+view+`}`), 1)
	if err != nil || a.save.log == nil || len(*a.save.log) > 0 || a.save.term != nil {
		t.Error(err, a)
	}
	a, err = read([]byte(`{"n":1,"state":0,"save":{"currentTerm":1},`+view+`}`), 1)
	if err != nil || a.save.log != nil {
		t.Error(err, a)
	}
}
