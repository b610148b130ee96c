package stream

import (
	"context"
	"sort"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Replay is what happened on a branch from a position to another as items: the whole before it,
// then each command with its steps. What a command printed is not in a history, so it has no blocks,
// nor is a command that only asked something. It is not whole when ctx ends it.
func Replay(ctx context.Context, h *history.History, b *history.Branch, from, to uint64) []Item {
	r := &replay{branch: b, lines: b.Lines(), line: -1, refusals: refusals{}}
	before := h.WorldAt(history.Place{Branch: b, Position: max(from, 1) - 1})
	r.was = r.look(before)
	r.items = append(r.items, &SnapshotItem{tag: tag{kindSnapshot}, Version: Version, Pace: 2000, Scene: r.was.Scene})
	h.Walk(b, from, to, func(w *cluster.World, events []event.Event) bool {
		if w.Position() >= max(from, 1) {
			r.visit(w, events)
		}
		return ctx.Err() == nil
	})
	r.end()
	return r.items
}

// replay is a history on its way to items.
type replay struct {
	branch   *history.Branch
	lines    []history.Line
	line     int // the command that is replayed, -1 before the first
	refusals refusals
	world    *cluster.World // after the last action
	events   []event.Event
	open     bool // an action is in no step yet
	was      *seen
	steps    []*Step
	items    []Item
}

func (r *replay) look(w *cluster.World) *seen {
	p := picture.OfWorld(w, used)
	p.Branch = r.branch.Name
	return sceneOf(p, w.Settings().ElectionTimeout.Max, w, r.was, r.refusals)
}

// visit is shown the world after an action. Actions of one tick make one step.
func (r *replay) visit(w *cluster.World, events []event.Event) {
	line := sort.Search(len(r.lines), func(i int) bool { return r.lines[i].End >= w.Position() })
	if line != r.line {
		r.end()
		r.line = line
	}
	r.refusals.hear(events, w)
	r.world, r.open = w, true
	r.events = append(r.events, events...)
	if ticking := len(r.events) == 0 && (w.MidTick() || int(w.Clock()) == r.was.Clock); !ticking {
		r.close()
	}
}

// close makes a step of what is open.
func (r *replay) close() {
	if !r.open {
		return
	}
	now := r.look(r.world)
	step := stepBetween(r.was, now, r.events, "")
	step.joins = len(r.events) > 0 || r.was.Clock < now.Clock
	r.steps, r.was, r.events, r.open = append(r.steps, step), now, nil, false
	if len(r.steps) >= mostSteps {
		r.steps = halved(r.steps)
	}
}

// end makes an item of the command that is replayed.
func (r *replay) end() {
	if r.close(); len(r.steps) == 0 {
		return
	}
	text := ""
	if r.line < len(r.lines) {
		text = short(prose.Visible(r.lines[r.line].Text))
	}
	r.items = append(r.items, &CommandItem{tag: tag{kindCommand}, Number: r.line + 1, Text: text, OK: true,
		Blocks: []view.Block{}, Position: r.was.Position, Clock: r.was.Clock, Branch: r.was.Branch, Prompt: view.Line{},
		Steps: r.steps})
	r.steps = nil
}
