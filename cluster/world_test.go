package cluster

import "testing"

func TestSmoke(t *testing.T) {
	w := New(5, 1, Defaults())
	l := &Listener{}
	w.Listen(l)
	for range 5000 {
		w.Apply(Advance{})
	}
	if len(w.Breaches()) > 0 {
		t.Fatal(w.Breaches())
	}
	for _, e := range l.Events[:] {
		if e.Kind == RoleChanged || e.Kind == Committed {
			t.Logf("%+v", e)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	w := New(5, 1, Defaults())
	b.ReportAllocs()
	for b.Loop() {
		w.Apply(Advance{})
	}
	b.ReportMetric(float64(w.position)/b.Elapsed().Seconds(), "events/s")
}
