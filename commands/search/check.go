package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/linear"
	"raftlab/cluster/machine"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	checkWhat  = lang.Literal("linearizable")
	checkLimit = lang.Duration(time.Millisecond, time.Hour).Default(10 * time.Second).Keyword("within").
			Explained(checkTimes)
)

const checkTimes = "for `linearizable` a time from 1ms to 1h (default 10s), for `liveness` one from 10ms to 24h " +
	"(default 1m)"

type linearizableResult struct {
	Linearizable bool `json:"linearizable" doc:"always true, because a history that is not linearizable is an error"`
	Operations   int  `json:"operations" doc:"how many requests were judged"`
}

// livenessResult is what `check liveness` says as JSON.
type livenessResult struct {
	foundView
	livenessFields
}

// calmResult is what `check liveness` says as JSON if no trial was stuck.
type calmResult struct {
	*lab.ExploredView
	livenessFields
}

var _ = Commands.Register(&lang.Command{
	Name: "check", Topic: lab.TopicLab,
	Summary: "judges whether the clients saw one copy of the data, or whether the cluster keeps making progress",
	Forms:   []lang.Params{{checkWhat, checkLimit}, livenessArgs},
	Details: "`check linearizable` treats each request as an interval from when it was sent to when it was " +
		"answered. A request that was never answered may have been done at any time since, or not at all. The " +
		"history is linearizable if you can choose one moment in each interval so that all results are correct " +
		"(section 8). If this cannot be decided in time, the check fails, because unknown is not a success. " +
		"`export linearizable FILE.html` draws the history.\n\n" + livenessDetails,
	Examples: []string{"timeout S1; settle; put x 1; settle; get x; settle; check linearizable",
		"new 3; check liveness 20",
		"new 3; bug commit-stops-early on; ! check liveness 20; goto found"},
	Results: []any{linearizableResult{}, livenessResult{}, calmResult{}, lab.ExploredView{}},
	Needs:   lab.Needs(lab.Record),
	Run: func(c *lang.Call) (*lang.Result, error) {
		if livenessWhat.Given(c) {
			return checkLiveness(c)
		}
		checker, history, err := ClientHistory(lab.Of(c).World())
		if err != nil {
			return nil, err
		}
		if err = Apart(c.Ctx, func() error { return checker.Check(history, checkLimit.Of(c)) }); c.Ctx.Err() != nil {
			return nil, lang.Interrupted("while judging " + prose.Plural(len(history), "request"))
		}
		var broken *linear.NotLinearizable
		switch {
		case errors.As(err, &broken):
			return nil, lang.Errorf("%s", broken.Error()).
				WithHint("clients shows the last requests; export linearizable FILE.html draws them all")
		case err != nil:
			return nil, err
		}
		return lang.OK().With(linearizableResult{true, len(history)}).
			Block(view.Says(view.Good, fmt.Sprintf("Linearizable: %s.", prose.Plural(len(history), "request")))), nil
	},
})

// Apart does work that cannot be interrupted. When ctx ends first, it returns at once with an error,
// and the work goes on in the background, so it must use only values that nobody else changes.
func Apart(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("a fault of raftlab's own: %v", v)
			}
		}()
		done <- work()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ClientHistory is what the clients saw, and the checker for the cluster's state machine.
func ClientHistory(w *cluster.World) (linear.Checker, []linear.Operation, error) {
	start, list := w.Operations()
	checker := linear.KV()
	if w.MachineKind() != "kv" || start != "" {
		empty := machine.New(w.MachineKind())
		if start != "" {
			var err error
			if empty, err = empty.Restore(start); err != nil {
				return checker, nil, err
			}
		}
		checker = linear.Whole(empty)
	}
	history := make([]linear.Operation, len(list))
	for i, o := range list {
		history[i] = linear.Operation{
			Client: o.Client, Command: o.Command, Call: int64(o.Call), Return: int64(o.Return), Result: o.Result,
			Told: int64(o.Told), Unknown: o.Return == 0,
		}
	}
	return checker, history, nil
}
