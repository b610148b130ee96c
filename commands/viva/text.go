package viva

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/grade"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// ask is a draft as a question.
func ask(k *kind, m *moment, d *draft, from *cluster.World) *Question {
	q := &Question{Kind: k.name, Server: m.server.String(), Input: m.input(), Text: d.text, Form: d.form.name,
		Answer: d.answer, moment: m, form: d.form}
	p := picture.OfWorld(m.before, picture.Everything)
	n := p.Nodes[m.server-1]
	q.State = State{Role: n.Role, Term: n.Term, Vote: n.Vote, Log: look.LogWords(n), Commit: n.Commit, Next: n.Next,
		Match: n.Match}
	if n.Role == raft.Candidate.String() {
		q.State.Votes = m.was.Votes.Names()
	}
	q.Schedule = []string{fmt.Sprintf("new %d seed %d guest", from.Size(), from.Seed())}
	q.Schedule = append(q.Schedule, each.As(m.path, func(a cluster.Action) string { return a.String() })...)
	if steps, err := tell.Schedule(from, m.path); err == nil && len(steps) > 0 {
		q.story = tell.ScheduleTable(steps)
	}
	if d.rule != nil {
		q.Rule, q.Place, q.Says = d.rule.ID, d.rule.Place, d.rule.Says
	}
	if d.by != nil {
		var a inquiry.Answer
		a.Numbers(d.by)
		for _, c := range a.Compared {
			q.Compared = append(q.Compared, prose.Visible(fmt.Sprintf("%s: %v", c.Name, c.Value)))
		}
	}
	for i := range m.departs {
		x := m.departs[i]
		d := Departure{Rule: x.Rule.ID, Kind: string(x.Kind), Paper: prose.Visible(x.Paper),
			Yours: prose.Visible(x.Yours)}
		x.Paper = "" // which is said in the words of here
		d.Says = grade.Departed(&x, m.before.Position()+1)
		if d.Paper != "" {
			d.Says = append(d.Says, fmt.Sprintf("Your program says %s, and the paper says %s.", d.Yours, d.Paper))
		}
		q.Departs = append(q.Departs, d)
	}
	return q
}

// input is what happens to the server, as a line.
func (m *moment) input() string {
	switch m.action.(type) {
	case cluster.Timeout:
		return fmt.Sprintf("%s's election timer fires.", m.server)
	case cluster.Heartbeat:
		return fmt.Sprintf("%s's heartbeat timer fires.", m.server)
	case cluster.Restart:
		return fmt.Sprintf("%s is down, and starts again.", m.server)
	}
	text := fmt.Sprintf("%s -> %s  %s", m.mail.From, m.server, mailWords(m.message()))
	if r := raft.RequestOf(m.message()); r != nil {
		text += "   (to " + mailWords(r) + ")"
	}
	return prose.Visible(text)
}

// blocks is the question as the console shows it.
func (q *Question) blocks(of int) []view.Block {
	head := view.LS(view.Strong, fmt.Sprintf("Question %d of %d", q.Number, of))
	lines := func(all ...view.Line) view.Block { return view.Text{Lines: all, Indent: 4} }
	all := []view.Block{lines(view.Line{}, head)}
	if q.story == nil {
		all = append(all, lines(view.L("All servers have just started.")))
	} else {
		all = append(all, lines(view.L("This has happened:")), q.story)
	}
	happens := "This happens to " + q.Server + " now:"
	if q.moment.mail != nil {
		happens = "This message reaches " + q.Server + " now:"
	}
	return append(all, lines(view.L("Then "+q.Server+" is like this:")), q.state(),
		lines(view.L(happens), view.LS(view.Message, "  "+q.Input), view.LS(view.Strong, q.Text)))
}

// state is the server before the step, as a table.
func (q *Question) state() view.Block {
	s := q.State
	t := view.Table{Head: []string{"node", "role", "term", "vote", "commit", "log"},
		Right: []bool{false, false, true, false, true}, Fixed: 1}
	row := []view.Line{view.LS(view.Strong, q.Server), view.LS(tell.RoleStyle(s.Role), s.Role),
		view.LS(view.OfTerm(s.Term), fmt.Sprint(s.Term)), view.L(prose.Dash(s.Vote)), view.L(fmt.Sprint(s.Commit)),
		view.L(prose.Dash(s.Log))}
	add := func(name, value string) {
		t.Head, row = append(t.Head[:len(t.Head)-1:len(t.Head)-1], name, "log"),
			append(row[:len(row)-1:len(row)-1], view.L(value), row[len(row)-1])
	}
	if s.Match != nil {
		add("nextIndex", look.PeerNumbers(s.Next))
		add("matchIndex", look.PeerNumbers(s.Match))
	}
	if s.Votes != nil {
		add("votes", prose.Dash(strings.Join(s.Votes, " ")))
	}
	t.Rows = [][]view.Line{row}
	return t
}

// verdict is what the answer came to.
func (q *Question) verdict() []view.Block {
	first := view.LS(view.Good, fmt.Sprintf("Right: %s.", q.Answer))
	switch {
	case q.Right == nil:
		first = view.LS(view.Strong, fmt.Sprintf("%d. %s", q.Number, q.Answer))
	case q.Given == "":
		first = view.LS(view.Warn, fmt.Sprintf("Passed over. Your program says %s.", q.Answer))
	case !*q.Right:
		first = view.LS(view.Bad, fmt.Sprintf("No: you say %s, and your program says %s.", q.Given, q.Answer))
	}
	lines := []view.Line{first}
	say := func(style view.Style, text string) {
		if text != "" {
			lines = append(lines, view.LS(style, "  "+text))
		}
	}
	for _, d := range q.Departs {
		for i, text := range d.Says {
			say(map[bool]view.Style{true: view.Bad}[i == 0], text)
		}
	}
	told := slices.ContainsFunc(q.Departs, func(d Departure) bool { return d.Rule == q.Rule })
	if !told && q.Rule != "" {
		say(view.Plain, fmt.Sprintf("%s, %s: %s", q.Rule, q.Place, q.Says))
		say(view.Plain, strings.Join(q.Compared, "; "))
	}
	say(view.Quiet, q.Neighbour)
	return []view.Block{view.Text{Lines: lines, Indent: 4}}
}

// Head is what is said before the first question.
func (v *Viva) Head() []view.Block {
	if v.Error != "" {
		return []view.Block{view.Says(view.Bad, v.Error)}
	}
	lines := []view.Line{view.L(fmt.Sprintf("%s about your own program. It says what is right. Type pass to pass a "+
		"question over.", prose.Plural(len(v.Questions), "question")))}
	if v.failures > 0 {
		lines = append(lines, view.LS(view.Warn, fmt.Sprintf("%s of %d ended in an error of the program, the first: %s",
			prose.Plural(v.failures, "run"), v.tried, v.failed)))
	}
	return []view.Block{view.Text{Lines: lines}}
}

// Sum is the last line.
func (v *Viva) Sum() []view.Block {
	n := len(v.Questions)
	style, text := view.Good, fmt.Sprintf("All %d answers are right.", n)
	switch {
	case v.Error != "":
		return nil
	case v.Asked == 0:
		style, text = view.Warn, "The input ended, and no question was answered."
	case v.Asked < n:
		style, text = view.Warn, fmt.Sprintf("%d of %s right. The input ended: %d of %d questions were not answered.",
			v.Right, prose.Plural(v.Asked, "answer"), n-v.Asked, n)
	case v.Right < n:
		style, text = view.Bad, fmt.Sprintf("%d of %s right.", v.Right, prose.Plural(n, "answer"))
	case n == 1:
		text = "The answer is right."
	}
	return []view.Block{view.Text{Lines: []view.Line{{}, view.LS(style, text)}}}
}

// Sheet is the questions, and behind them the answers.
func (v *Viva) Sheet() []view.Block {
	all := v.Head()
	for _, q := range v.Questions {
		all = append(all, q.blocks(len(v.Questions))...)
	}
	if v.Error == "" {
		all = append(all, view.Text{Lines: []view.Line{{}, view.LS(view.Strong, "Answers")}})
	}
	for _, q := range v.Questions {
		all = append(all, q.verdict()...)
	}
	return all
}
