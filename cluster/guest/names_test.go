package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/raft"
)

// swapped is S1, S2 and S3 under other names.
var swapped = raft.Renaming{0, 3, 1, 2}

// someValue is a JSON value at random, and the same one under other names.
func someValue(r *rand.Rand, depth int) (v, renamed any) {
	name := func() (string, string) {
		if id := raft.ID(1 + r.IntN(4)); id <= 3 {
			return id.String(), swapped.Of(id).String()
		}
		other := []string{"term", "S1x", "S0", "", "\"S1\"", "S01", `\`, "[S1"}[r.IntN(8)]
		return other, other
	}
	switch k := r.IntN(7); {
	case k < 2 && depth > 0:
		object, other := map[string]any{}, map[string]any{}
		for range r.IntN(4) {
			a, b := name()
			object[a], other[b] = someValue(r, depth-1)
		}
		return object, other
	case k < 4 && depth > 0:
		list, other := []any{}, []any{}
		for range r.IntN(4) {
			a, b := someValue(r, depth-1)
			list, other = append(list, a), append(other, b)
		}
		return list, other
	case k < 6:
		return name()
	}
	v = []any{1, -2.5, true, nil, false}[r.IntN(5)]
	return v, v
}

// TestNamesInAnyValue: a value under other names has the hash of the one in which they
// were replaced, and values that differ otherwise have others.
func TestNamesInAnyValue(t *testing.T) {
	all, differ, hashes := map[string]bool{}, 0, map[uint64]bool{}
	for seed := range uint64(3000) {
		v, renamed := someValue(rand.New(rand.NewPCG(seed, 1)), 4)
		a, _ := json.Marshal(v)
		b, _ := json.MarshalIndent(renamed, "", "  ")
		got, want := namesIn(string(a)).under(swapped), namesIn(string(b)).under(nil)
		if got != want {
			t.Fatalf("%s and %s with other names: %x and %x", a, b, got, want)
		}
		if namesIn(string(a)).under(nil) != got {
			differ++
		}
		all[string(a)], hashes[namesIn(string(a)).under(nil)] = true, true
	}
	if differ < 300 || len(hashes) < len(all)*95/100 { // sets of the same names are the same
		t.Errorf("%d of 3000 differ under other names; %d hashes of %d values", differ, len(hashes), len(all))
	}
	if namesIn("S1 leads") != nil {
		t.Error("a text that is no JSON is read")
	}
}

// TestGuestsUnderOtherNames: servers of a program change places where their states are
// told apart by their names alone. That is supposed for finding, and for nothing else.
func TestGuestsUnderOtherNames(t *testing.T) {
	for _, c := range []struct {
		p       *Program
		elected int // the leader of the example keeps the votes that it counted
	}{{inProcess(t, raft.Options{}), 2}, {finished[2].open(t), 1}} {
		w := world(t, 3, c.p)
		many := func(want int) {
			t.Helper()
			if got := len(w.Symmetries(true)); got != want || len(w.Symmetries(false)) != 1 {
				t.Errorf("%d renamings are supposed, and %d are known to make no difference, not %d and 1",
					got, len(w.Symmetries(false)), want)
			}
		}
		many(6)
		do(t, w, cluster.Timeout{Node: 2})
		many(2)
		do(t, w, cluster.Deliver{ID: w.Flights()[0].ID})
		many(1)
		settle(t, w)
		many(c.elected)
		do(t, w, cluster.Request{Client: "C1", Data: "x=1", Via: 2})
		settle(t, w)
		many(c.elected)
	}
}

// TestOneServerIsFound: where only one of the servers makes a mistake, it is found
// whatever it is called, with the shortest schedule.
func TestOneServerIsFound(t *testing.T) {
	for _, wrong := range []string{"S1", "S2", "S3"} {
		p, err := OpenFunc(func() func([]byte) []byte {
			right, erring := Reference(&raft.Options{}), Reference(&raft.Options{Mutants: raft.VoteAny})
			return func(line []byte) []byte {
				var q struct{ Server string }
				if _ = json.Unmarshal(line, &q); q.Server == wrong {
					return erring(line)
				}
				return right(line)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		s := explore.Search{Bounds: explore.Bounds{Timeouts: 2, Terms: 1}, Workers: 1}
		r := s.Run(context.Background(), world(t, 3, p))
		if r.Outcome != explore.Breach || len(r.Path) != 3 || fmt.Sprint(r.Breach.Nodes) != "["+wrong+"]" {
			t.Errorf("%s: %s after %v (%+v)", wrong, r.Outcome, r.Path, r.Breach)
		}
		p.Close()
	}
}
