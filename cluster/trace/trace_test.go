package trace_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/cluster/trace"
	"raftlab/raft"
)

// lived is a history of actions, each a command of its own.
func lived(t *testing.T, n int, actions ...cluster.Action) *history.History {
	t.Helper()
	h := history.New(cluster.New(n, 1, setting.Defaults()))
	do(t, h, actions...)
	return h
}

func do(t *testing.T, h *history.History, actions ...cluster.Action) {
	t.Helper()
	for _, a := range actions {
		h.NextUnit()
		h.Begin(a.String())
		if err := h.Do(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		h.End(a.String())
	}
}

// traced is the whole of the present branch.
func traced(h *history.History, b trace.Builder) *trace.Trace {
	h.Walk(h.Place().Branch, 1, h.Place().Position, b.Visit)
	return b.Trace()
}

// A vote from its request to its arrival: who sent what, where, and what became
// of it.
func TestFates(t *testing.T) {
	h := lived(t, 3, cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Duplicate{ID: 2},
		cluster.Drop{ID: 2}, cluster.Kill{Node: 3}, cluster.Deliver{ID: 4}, cluster.Freeze{Node: 1})
	rows := traced(h, trace.Builder{}).Rows
	want := []struct {
		kind trace.Kind
		node raft.ID
		id   string
		fate trace.Fate
	}{
		{trace.Deed, 1, "", ""}, // the timeout
		{trace.Arrival, 2, "m1", trace.Delivered},
		{trace.Deed, 1, "", ""}, // a copy of m2
		{trace.Drop, 1, "m2", trace.Dropped},
		{trace.Deed, 3, "", ""}, // the crash
		{trace.Loss, 3, "m4", trace.Lost},
		{trace.Deed, 1, "", ""}, // the freezing
		{trace.Flight, 0, "m3", trace.InFlight},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, not %d", len(rows), len(want))
	}
	for i, w := range want {
		r := rows[i]
		if r.Kind != w.kind || r.Node != w.node || (r.Message != nil) != (w.id != "") {
			t.Errorf("row %d: %s at %s", i, r.Kind, r.Node)
			continue
		}
		if m := r.Message; m != nil && (m.ID != w.id || m.Fate != w.fate) {
			t.Errorf("row %d: %s is %s, not %s %s", i, m.ID, m.Fate, w.id, w.fate)
		}
	}
	for _, i := range []int{3, 5} {
		if m := rows[i].Message; m.From != 1 || m.To != 3 {
			t.Errorf("%s goes from %s to %s", m.ID, m.From, m.To)
		}
	}
	m1 := rows[1].Message
	if m1.From != 1 || m1.To != 2 || len(rows[0].Sent) != 2 || rows[0].Sent[0] != m1 || m1.Sent != rows[0].Events[4].Position || m1.Ended != rows[1].Position {
		t.Errorf("m1 is not followed from where it was sent: %+v", m1)
	}
	if reply := rows[1].Sent[0]; reply != rows[7].Message || reply.Why != "S1 is frozen" {
		t.Errorf("the reply: %+v", reply)
	}
	if m := rows[5].Message; m.CopyOf != "m2" || m.Why != "S3 is down" {
		t.Errorf("the copy: %+v", m)
	}
	if l := rows[7].Lanes; l[0] != (trace.Lane{Role: "candidate", Frozen: true}) || l[2].Role != "down" {
		t.Errorf("at the end: %v", l)
	}
}

// What happens at another server is a row of its own, though it is one action.
func TestOneActionAtTwoServers(t *testing.T) {
	h := lived(t, 3, cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Deliver{ID: 3},
		cluster.Deliver{ID: 4}, cluster.Request{Client: "C1", Data: "x=1", Via: 2})
	rows := traced(h, trace.Builder{}).Rows
	var at []raft.ID
	for _, r := range rows[4:] {
		if r.Kind == trace.Deed {
			at = append(at, r.Node)
		}
	}
	if !slices.Equal(at, []raft.ID{2, 1}) {
		t.Errorf("the request is told at %v: first S2 redirects, then S1 takes it", at)
	}
}

// Of many rows the newest are kept, and the lanes before them.
func TestNewest(t *testing.T) {
	h := lived(t, 3, cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Deliver{ID: 3})
	for range 9 {
		do(t, h, cluster.Heartbeat{Node: 1})
	}
	all := traced(h, trace.Builder{})
	some := traced(h, trace.Builder{Newest: 4, Keep: func(r *trace.Row) bool { return r.Kind != trace.Flight }})
	if some.Left != 8 || len(some.Rows) != 4 || some.Rows[0].Position != all.Rows[8].Position {
		t.Errorf("%d rows and %d left out, from #%d", len(some.Rows), some.Left, some.Rows[0].Position)
	}
	if all.Before[0].Role != "follower" || some.Before[0].Role != "leader" {
		t.Errorf("before: %v and %v", all.Before, some.Before)
	}
	first := traced(h, trace.Builder{Oldest: 3, Keep: func(r *trace.Row) bool { return r.Kind != trace.Flight }})
	if len(first.Rows) != 3 || first.Rows[2].Position != all.Rows[2].Position {
		t.Errorf("the oldest: %d rows", len(first.Rows))
	}
}

// random is a history of whatever can happen, chosen by a seed.
func random(t *testing.T, seed uint64, steps int) *history.History {
	r := rand.New(rand.NewPCG(seed, 1))
	h := lived(t, 3+int(seed%3))
	for range steps {
		w := h.World()
		can := w.Possible(nil)
		if f := w.Flights(); len(f) > 0 {
			m := f[r.IntN(len(f))].ID
			can = append(can, cluster.Duplicate{ID: m}, cluster.Drop{ID: m}, cluster.DeliverNext{}, cluster.DeliverNext{}, cluster.DeliverNext{})
		}
		link := network.Link{From: raft.ID(1 + r.IntN(w.Size())), To: raft.ID(1 + r.IntN(w.Size()))}
		can = append(can, cluster.Advance{}, cluster.Request{Client: "C1", Data: "x=1"}, cluster.SetLinks{Cut: r.IntN(2) == 0, Links: []network.Link{link}})
		a := can[r.IntN(len(can))]
		h.NextUnit()
		h.Begin(a.String())
		_ = h.Do(a) // it may be refused
		h.End(a.String())
	}
	return h
}

// Whatever happens: every event but the clocks' is in one row and in order, every
// message has one end, after where it was sent, and what is in flight is at the end.
func TestEverythingIsTold(t *testing.T) {
	for seed := range uint64(20) {
		h := random(t, seed, 150)
		all := slices.DeleteFunc(h.Events(1, h.Place().Position), func(e event.Event) bool {
			return event.Is[event.Ticked](&e) || event.Is[event.ClockTicked](&e)
		})
		tr := traced(h, trace.Builder{})
		ended := map[*trace.Message]int{}
		for _, r := range tr.Rows {
			for _, e := range r.Events {
				if len(all) == 0 || all[0].Position != e.Position {
					t.Fatalf("seed %d: #%d is told out of turn", seed, e.Position)
				}
				all = all[1:]
			}
			if m := r.Message; m != nil {
				ended[m]++
				if m.Sent == 0 || m.Ended != 0 && m.Ended <= m.Sent || (m.Fate == trace.InFlight) != (r.Kind == trace.Flight) {
					t.Errorf("seed %d: %s was sent at #%d, and %s at #%d", seed, m.ID, m.Sent, m.Fate, m.Ended)
				}
			}
		}
		if len(all) > 0 {
			t.Errorf("seed %d: #%d is not told", seed, all[0].Position)
		}
		for _, r := range tr.Rows {
			for _, m := range r.Sent {
				if ended[m] != 1 {
					t.Errorf("seed %d: %s has %d ends", seed, m.ID, ended[m])
				}
			}
		}
		w := h.World()
		if len(tr.Rows) == 0 {
			continue
		}
		for i, l := range tr.Rows[len(tr.Rows)-1].Lanes {
			if n := w.State(raft.ID(i + 1)); (n == nil) != (l.Role == "down") || n != nil && n.Role.String() != l.Role {
				t.Errorf("seed %d: S%d ends as %s", seed, i+1, l.Role)
			}
		}
	}
}

// What is drawn of the middle is what is drawn there of the whole.
func TestAnyStretch(t *testing.T) {
	h := random(t, 7, 1500)
	all := traced(h, trace.Builder{}).Rows
	for _, at := range []int{0, 1, 100, len(all) / 2, len(all) - 30} {
		if all[at].Kind == trace.Flight {
			continue
		}
		b := trace.Builder{Oldest: 20}
		h.Walk(h.Place().Branch, all[at].Position, h.Place().Position, b.Visit)
		part := b.Trace()
		if !slices.Equal(part.Rows[0].Lanes, all[at].Lanes) || at > 0 && !slices.Equal(part.Before, all[at-1].Lanes) {
			t.Errorf("row %d: the lanes differ", at)
		}
		// The walk begins with the whole action, which may have begun earlier.
		i := slices.IndexFunc(part.Rows, func(r *trace.Row) bool { return r.Position == all[at].Position })
		for j := i; i >= 0 && j < min(20, len(part.Rows)); j++ {
			if part.Rows[j].Position != all[at+j-i].Position {
				t.Errorf("row %d: #%d, not #%d", at+j, part.Rows[j].Position, all[at+j-i].Position)
			}
		}
		if i < 0 {
			t.Errorf("row %d is missing", at)
		}
	}
}

func TestHasIn(t *testing.T) {
	h := lived(t, 3, cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1})
	main := h.Place()
	h.Back(1)
	do(t, h, cluster.Deliver{ID: 2})
	b2 := h.Place()
	for _, c := range []struct {
		p    history.Place
		in   *history.Branch
		want bool
	}{
		{main, main.Branch, true}, {main, b2.Branch, false}, {b2, main.Branch, false}, {b2, b2.Branch, true},
		{history.Place{Branch: main.Branch, Position: b2.Branch.ForkAt}, b2.Branch, true},
	} {
		if got := c.p.HasIn(c.in); got != c.want {
			t.Errorf("%s in %s: %t", c.p, c.in.Name, got)
		}
	}
}
