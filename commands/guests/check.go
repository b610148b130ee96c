package guests

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/guest"
	"raftlab/cluster/picture"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// checkResult is what is wrong with a program's answers, as JSON has it.
type checkResult struct {
	Name       string                   `json:"name" doc:"what the program calls itself"`
	Steps      []checkedStep            `json:"steps" doc:"what it was asked to do, up to what went wrong"`
	Wrong      string                   `json:"wrong,omitempty" doc:"what is wrong with an answer"`
	Departures []*picture.DepartureView `json:"departures" doc:"where it departed from the paper on the way"`
	Calls      uint64                   `json:"calls" doc:"how many questions it was asked, each twice"`

	asked uint64 // how many questions so far, those included that were answered from memory
}

type checkedStep struct {
	Title string `json:"title" doc:"what was asked of it"`
	OK    bool   `json:"ok" doc:"whether its answers can be read, and are the same twice"`
	Asked uint64 `json:"asked" doc:"how many questions that was; 0: its servers did nothing that leads there"`
}

// steps is what a program is taken through: what a beginner tries first.
var steps = []struct {
	title string
	do    func(*cluster.World) error
}{
	{"S1's election timer fires", actions(cluster.Timeout{Node: 1})},
	{"the votes are asked for and given", deliverAll},
	{"S1 leads and sends a heartbeat", actions(cluster.Heartbeat{Node: 1})},
	{"the followers take it", deliverAll},
	{"a client's command", actions(cluster.Request{Client: "C1", Data: "x=1", Via: 1})},
	{"it is replicated", deliverAll},
	{"the next heartbeat tells what is committed", actions(cluster.Heartbeat{Node: 1})},
	{"and is taken", deliverAll},
	{"S2 crashes and starts again from its disk", actions(cluster.Kill{Node: 2}, cluster.Restart{Node: 2})},
	{"S2 stands for election", actions(cluster.Timeout{Node: 2})},
	{"the votes of a second term", deliverAll},
}

// actions is those that can be done, one after the other; one that Raft refuses is no
// mistake of the program's answers.
func actions(all ...cluster.Action) func(*cluster.World) error {
	return func(w *cluster.World) error {
		for _, a := range all {
			var failure *program.Failure
			if err := w.Apply(a); errors.As(err, &failure) {
				return err
			}
		}
		return nil
	}
}

// deliverAll delivers what is in flight, and what follows from it, for a while.
func deliverAll(w *cluster.World) error {
	for range 100 {
		if len(w.Flights()) == 0 {
			return nil
		}
		if err := w.Apply(cluster.Deliver{ID: w.Flights()[0].ID}); err != nil {
			return err
		}
	}
	return nil
}

// Check takes a program through its first steps, and asks each question twice.
func Check(ctx context.Context, command string) (*checkResult, []string, error) {
	p, err := guest.Open(ctx, command)
	if err != nil {
		return nil, nil, err
	}
	defer p.Close()
	p.Always = true
	out := &checkResult{Name: p.Title(), Steps: []checkedStep{}, Departures: []*picture.DepartureView{}}
	w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, 3, 1, setting.Defaults(), "kv")
	out.step("three servers start", p, err)
	for _, s := range steps {
		if err != nil {
			break
		}
		err = s.do(w)
		out.step(s.title, p, err)
	}
	if w != nil {
		out.Departures = picture.OfWorld(w, func(word string) bool { return word == "departures" }).Departures
	}
	said, _ := p.Said()
	return out, said, nil
}

func (r *checkResult) step(title string, p *guest.Program, err error) {
	asked := p.Calls.Load() + p.Spared.Load()
	r.Steps = append(r.Steps, checkedStep{title, err == nil, asked - r.asked})
	r.Calls, r.asked = p.Calls.Load(), asked
	if err != nil {
		var failure *program.Failure
		if r.Wrong = err.Error(); errors.As(err, &failure) {
			r.Wrong = fmt.Sprintf("asked for %s's answer to %s: %v", failure.Server, failure.Doing, failure.Err)
			var failed *guest.Traceback
			if errors.As(err, &failed) {
				r.Wrong += "\n" + failed.Text
			}
		}
	}
}

func runCheck(c *lang.Call, command string) (*lang.Result, error) {
	if !c.Session.Typed() && !lab.Of(c).Guests.Trust {
		return nil, lang.Errorf("a script may not start a program by itself").WithHint("type it, or raftlab guest "+
			"check %s; --trust lets scripts name programs", lang.Quote(command))
	}
	checked, said, err := Check(c.Ctx, command)
	if err != nil {
		return nil, lang.Errorf("%v", err)
	}
	return lang.OK().With(checked).Block(checked.Blocks(said)...), nil
}

// OK says whether the program answers as the protocol asks.
func (r *checkResult) OK() bool { return r.Wrong == "" }

// Blocks is what was found, as text.
func (r *checkResult) Blocks(said []string) []view.Block {
	var t view.Text
	for _, s := range r.Steps {
		mark, title := view.S(view.Good, "ok    "), s.Title
		switch {
		case !s.OK:
			mark = view.S(view.Bad, "wrong ")
		case s.Asked == 0:
			mark, title = view.S(view.Quiet, "-     "), title+": it did not come to that"
		}
		t.Lines = append(t.Lines, view.Line{mark, view.S(view.Plain, title)})
	}
	for _, line := range said {
		t.Lines = append(t.Lines, view.LS(view.Quiet, r.Name+": "+prose.Visible(line)))
	}
	sound := fmt.Sprintf("Its answers can be read, and are the same when it is asked twice (%d questions).", r.Calls)
	switch {
	case r.Wrong != "":
		for _, line := range strings.Split(r.Wrong, "\n") {
			t.Lines = append(t.Lines, view.LS(view.Bad, prose.Visible(line)))
		}
	case len(r.Departures) > 0:
		d := r.Departures[0]
		t.Lines = append(t.Lines, view.L(sound), view.LS(view.Warn, fmt.Sprintf("It departs from the paper: %s (%s): "+
			"%s. raftlab --nodes 3 --guest shows it step by step.", d.Server, d.Rule, d.Text)))
	default:
		t.Lines = append(t.Lines, view.LS(view.Good, sound))
	}
	return []view.Block{t}
}
