package grade

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// What a busy machine takes from a grading is no part of its time, and what its program sleeps is.
func TestTimeOfABusyMachine(t *testing.T) {
	cores := time.Duration(runtime.NumCPU())
	for _, c := range []struct {
		what                   string
		computed, waited, want time.Duration
	}{
		{"an idle machine", time.Second, 0, time.Second},
		{"nothing is known", 0, 0, time.Second},
		{"a program that sleeps", 0, 10 * time.Millisecond, 990 * time.Millisecond},
		{"one thread has a tenth of a core", 100 * time.Millisecond, 900 * time.Millisecond, 100 * time.Millisecond},
		{"its threads wait for each other", cores * time.Second, cores * time.Second, time.Second},
		{"a program has ended", -time.Second, -time.Second, time.Second},
	} {
		if got := own(time.Second, c.computed, c.waited); got.Round(time.Millisecond) != c.want {
			t.Errorf("%s: %v, not %v", c.what, got, c.want)
		}
	}
}

// A grading ends when its time is up, and says so.
func TestTimeIsUp(t *testing.T) {
	ctx, end := timed(context.Background(), 10*time.Millisecond)
	defer end()
	<-ctx.Done()
	if context.Cause(ctx) != errTime {
		t.Error(context.Cause(ctx))
	}
}
