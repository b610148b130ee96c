package guests

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/guest"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// OpenRun is a lab whose history is the run of a real cluster: a line of its log is a
// command, and the present is its end. Whatever is wrong with the log is the error that
// JudgeRun says.
func OpenRun(ctx context.Context, o *RunOrder, g *lab.Guests, tell lab.Teller) (*lab.Lab, error) {
	judged := &JudgedRun{File: o.File, Found: []*RunFound{}}
	var tape *guest.Tape
	err := judged.judge(ctx, o, func(can []guest.Ability, servers raft.Set) {
		tape = guest.NewTape(prose.Visible(filepath.Base(o.File)), can, servers)
	}, func(line []byte, n uint64) error { return tape.Add(line, n) })
	if err != nil {
		return nil, err
	}
	settings := g.Settings()
	settings.Judge = setting.JudgeSay
	settings.JudgeExcept = strings.Join(o.Except, " ")
	w, err := cluster.NewRecorded(func(raft.ID) program.Program { return tape.Program() }, tape.Members(), settings)
	if err != nil {
		return nil, err
	}
	g.Add(tape.Program())
	l := lab.NewWith(w, g, tell)
	l.Recorded = o.File
	first := uint64(0) // the position of the first mistake
	err = tape.Play(l.World, func(line uint64, actions []cluster.Action) error {
		if err := live(l, fmt.Sprintf("%s:%d", filepath.Base(o.File), line), actions); err != nil {
			return err
		}
		if f := judged.First(); f != nil && f.Line == line {
			first = l.World().Position()
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	l.AcceptBreaches()
	l.Opened = judged.opened(l, first)
	return l, nil
}

// live does what happened at a line, as one command.
func live(l *lab.Lab, at string, actions []cluster.Action) error {
	words := each.As(actions, func(a cluster.Action) string { return a.String() })
	text := fmt.Sprintf("%s  # %s", strings.Join(words, "; "), prose.Visible(at))
	l.Begin(text)
	if err := l.DoAll(actions...); err != nil {
		l.Rollback()
		return err
	}
	l.Commit(text)
	l.Events.Take()
	return nil
}

// opened is what is said first at the prompt.
func (r *JudgedRun) opened(l *lab.Lab, first uint64) []view.Block {
	t := view.Text{Lines: []view.Line{
		{view.S(view.Strong, "raftlab"), view.S(view.Plain, fmt.Sprintf(": %s, %s of %s. This is its end, #%d.",
			prose.Visible(r.File), prose.Plural(r.Steps, "step"), prose.Plural(r.named.Len(), "server"),
			l.World().Position()))},
		view.Typed("`back`, `forward` and `goto 1` go through it; `history` lists it; `diagram`, `log`, `why` and " +
			"`departures` show it."),
	}}
	if f := r.First(); f != nil {
		text := f.Text
		if f.Kind != "breach" {
			text = f.Server + " departs from the paper: " + text
		}
		text = fmt.Sprintf("The first mistake is at %s: %s. ", f.at(), prose.Visible(text))
		t.Lines = append(t.Lines, view.Line{view.S(view.Bad, text), view.S(view.Code, fmt.Sprintf("goto %d", first)),
			view.S(view.Plain, " leads there.")})
	}
	return []view.Block{t}
}
