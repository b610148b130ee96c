package explore

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster"
	"raftlab/raft"
)

// told is an effect as far as a search looks at it.
func told(e *effect) string {
	if !e.done {
		return "not done"
	}
	text := fmt.Sprint("S ", e.server, " rest ", e.rest, " sent ", e.sent(), " more ", e.created())
	if b := e.breach; b != nil {
		text += fmt.Sprint(" ", b.Property, b.Nodes, b.Index, b.Term)
	}
	return text
}

// holdEffects goes through so many of the states that a search within these
// bounds comes to, and compares what is remembered of each choice, and what is
// worked out from what is known of the server alone, with what happens. It
// counts these comparisons, and the breaches among what happens.
func holdEffects(t interface{ Errorf(string, ...any) }, w *cluster.World, s Search, states int) (remembered, again, breaches int) {
	s.Workers = 1
	sh := s.share(w)
	r := sh.newRun(s.Bounds, false)
	one, chance := sh.workers[0], rand.New(rand.NewPCG(1, 2))
	for queue, seen := []state{r.first}, map[string]bool{}; len(queue) > 0 && len(seen) < states; {
		i := chance.IntN(len(queue)) // in no order, so that it comes to late states too
		at := queue[i]
		queue[i] = queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[fmt.Sprint(at)] {
			continue
		}
		seen[fmt.Sprint(at)] = true
		for _, c := range one.next(r, at, nil) {
			if e := one.effect(r, at, c); e != nil {
				got, want := told(e), told(one.happen(r, at, c))
				if got != want {
					t.Errorf("%+v: remembered %s, but %s", c, got, want)
				}
				remembered++
				known := r.alone.get(deedKey(at.servers(r.n)[c.server], c.input(at.mail(r.n))))
				if known := one.whole(one.again(r, at, c, known)); known != nil {
					if got = told(known); got != want {
						t.Errorf("%+v: worked out %s, but %s", c, got, want)
					}
					again++
				}
				if e.breach != nil {
					breaches++
				}
				if !e.done || e.breach != nil {
					continue
				}
			}
			queue = append(queue, one.after(r, at, c))
		}
	}
	return remembered, again, breaches
}

// What is remembered of an action, and of its deed at a server, is what happens.
func TestEffectsAreWhatHappens(t *testing.T) {
	smallBounds(t, func(name string, w *cluster.World, b Bounds) {
		for _, plain := range []bool{true, false} {
			if _, again, _ := holdEffects(t, w, Search{Bounds: b, Plain: plain}, 500); again == 0 && w.Size() > 1 {
				t.Errorf("%s: no deed was known", name)
			}
		}
	})
	holdEffects(t, world(t, 3), Search{Bounds: Bounds{Timeouts: Any, Submits: 2, Terms: 3}}, 10_000)
	waits := world(t, 3, cluster.Timeout{Node: 1})
	for waits.Apply(cluster.DeliverNext{}) == nil {
	}
	for _, a := range []cluster.Action{ // S1 removes an entry for which a client waits there
		cluster.Request{Client: "ann", Data: "y=1", Via: 1}, cluster.Timeout{Node: 2}, cluster.DeliverNext{Among: raft.SetOf(2, 3)}, cluster.DeliverNext{Among: raft.SetOf(2, 3)},
	} {
		if err := waits.Apply(a); err != nil {
			t.Fatal(err)
		}
	}
	holdEffects(t, waits, Search{Bounds: Bounds{Timeouts: 1, Submits: 1, Terms: 3, Depth: 6}}, 1000)
	rapid.Check(t, func(t *rapid.T) {
		w := drawnWorld(t)
		holdEffects(t, w, Search{Bounds: drawnBounds(t, w, 9), Plain: rapid.Bool().Draw(t, "plain")}, 60)
	})
}

// A commit is looked at beside the leaders of later terms: by one and the same
// deed S1 learns that S3 stores its entry, while S2, which lacks it, leads term 2,
// or has led it and is down.
func TestACommitIsLookedAtBesideLaterLeaders(t *testing.T) {
	w := broken(t, 4, "quorum-minus-one")
	apply := func(a cluster.Action) {
		if err := w.Apply(a); err != nil {
			t.Fatal(err)
		}
	}
	arrive := func(from, to raft.ID) { // the newest
		last := uint64(0)
		for _, m := range w.Flights() {
			if m.From == from && m.To == to {
				last = m.ID
			}
		}
		apply(cluster.Deliver{ID: last})
	}
	apply(cluster.Timeout{Node: 1})
	arrive(1, 3) // which votes for it
	arrive(3, 1)
	arrive(1, 3) // and stores its entry
	apply(cluster.Timeout{Node: 2})
	apply(cluster.Timeout{Node: 2})
	arrive(2, 4) // which votes for it
	if _, again, breaches := holdEffects(t, w, Search{Bounds: Bounds{Crashes: 1}}, 2000); again == 0 || breaches == 0 {
		t.Errorf("%d deeds were known, %d breaches seen", again, breaches)
	}
}
