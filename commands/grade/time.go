package grade

import (
	"context"
	"runtime"
	"time"

	"raftlab/cluster/guest"
)

// most is how many times as long a grading may take on a machine that does other things too.
const most = 10

// tick is the longest time between two looks at what the machine did.
const tick = time.Second

// timed is a context that ends, for errTime, when a grading has had its time. Waiting for a
// core that another program uses is no part of that.
func timed(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	limited, end := context.WithTimeoutCause(ctx, most*within, errTime)
	limited, cut := context.WithCancelCause(limited)
	go func() {
		last := time.Now()
		computed, waited := guest.Used()
		for left := within; left > 0; {
			select {
			case <-limited.Done():
				return
			case <-time.After(min(tick, left)):
			}
			now := time.Now()
			ran, queued := guest.Used()
			left -= own(now.Sub(last), ran-computed, queued-waited)
			last, computed, waited = now, ran, queued
		}
		cut(errTime)
	}()
	return limited, func() { cut(context.Canceled); end() }
}

// own is how much of a time a machine without other work had needed for the same: threads
// that computed and waited for so long, added, had as many cores as there are.
func own(passed, computed, waited time.Duration) time.Duration {
	if computed < 0 || waited <= 0 { // a program has ended
		return passed
	}
	wanted := min(computed+waited, time.Duration(runtime.NumCPU())*passed)
	lost := max(0, wanted-computed)
	return passed - time.Duration(float64(passed)*float64(lost)/float64(max(wanted, passed)))
}
