package guests

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/guest"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
)

// Commands are those of this room.
var Commands lang.Set

var (
	guestCheck  = lang.Literal("check")
	guestWhat   = lang.Filled("COMMAND")
	guestReload = lang.Literal("reload")
	guestOff    = lang.Literal("off")
	guestOn     = lang.Literal("on")
)

// guestView is a program, for JSON.
type guestView struct {
	Name    string          `json:"name" doc:"what the program calls itself"`
	Command string          `json:"command" doc:"the command that started it; empty for raftlab's own"`
	Servers []string        `json:"servers" doc:"the servers of the present cluster that run it"`
	Can     []guest.Ability `json:"can" doc:"what it says it can do beyond Figure 2, and how it is shaped"`
	Calls   uint64          `json:"calls" doc:"how many questions it was asked"`
	Spared  uint64          `json:"spared" doc:"how many were answered from memory"`
	Micros  uint64          `json:"microseconds" doc:"what an answer takes, on average"`
	Memory  uint64          `json:"memory" doc:"kilobytes that its processes hold; 0 where that is not known"`
}

type guestsResult struct {
	Guests []guestView `json:"guests" doc:"the programs that servers run"`
}

var _ = Commands.Register(&lang.Command{
	Name: "guest", Topic: lab.TopicLab,
	Summary: "lists the programs that servers run, checks a program, or restarts one that you have edited",
	Forms:   []lang.Params{{guestReload}, {guestOff}, {guestOn}, {guestCheck, guestWhat}, {}},
	Details: "Servers run another program, a guest, after `new 3 guest` or with --guest. docs/guest.md explains how " +
		"to write one. `guest check` tries a program with what beginners often get wrong, asks each question twice, " +
		"and says what is wrong with the answers. `guest reload` starts the edited program and plays the present " +
		"history again on it. It says at which event the program first does something else. The old history is " +
		"kept as a branch of its own.\n\n" +
		"After `guest off`, new clusters have raftlab's own servers, also where raftlab was started with --guest, " +
		"until `guest on`. Some scenarios and lessons need that: they set what a program has no input for, or " +
		"count on what Figure 2 leaves free.",
	Examples: []string{"new 3 guest; guest", "new 3 guest; timeout S1; settle; guest reload"},
	Results:  []any{guestsResult{}, reloadResult{}, checkResult{}},
	Needs:    lab.Needs(lab.Stepping, "a cluster that runs by itself has raftlab's own servers only"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		switch {
		case guestReload.Given(c):
			return reload(c)
		case guestOff.Given(c), guestOn.Given(c):
			return putAside(c, guestOff.Given(c))
		case guestCheck.Given(c):
			return runCheck(c, guestWhat.Of(c))
		}
		return list(c)
	},
})

// putAside says whether new clusters have raftlab's own servers for now, or those of --guest again.
func putAside(c *lang.Call, aside bool) (*lang.Result, error) {
	g := lab.Of(c).Guests
	if g.Command == "" {
		return nil, lang.Errorf("new clusters have raftlab's own servers anyway").WithHint(
			"raftlab --guest COMMAND has them run a program, and so does new 3 guest COMMAND, in quotes")
	}
	if g.Aside = aside; aside {
		return lang.Tell("From the next new cluster on, all servers are raftlab's own. guest on puts your program " +
			"back."), nil
	}
	return lang.Tell(fmt.Sprintf("From the next new cluster on, the servers run %s.", prose.Visible(g.Command))), nil
}

func list(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	out := guestsResult{Guests: []guestView{}}
	t := view.Table{Head: []string{"program", "servers", "calls", "from memory", "a call", "memory", "can"}, Fixed: 2,
		Right: []bool{false, false, true, true, true, true}}
	for _, p := range l.Guests.Programs() {
		if p.Replaced() {
			continue
		}
		v := guestView{Name: p.Title(), Command: p.Command, Servers: strings.Fields(l.World().Running(p).String()),
			Can: append([]guest.Ability{}, p.Can()...), Calls: p.Calls.Load(), Spared: p.Spared.Load(),
			Micros: uint64(p.Time().Microseconds()), Memory: p.Resident()}
		out.Guests = append(out.Guests, v)
		memory := "-"
		if v.Memory > 0 {
			memory = fmt.Sprintf("%d MB", v.Memory>>10)
		}
		can := "Figure 2"
		for _, a := range v.Can {
			can += ", " + string(a)
		}
		t.Add(view.LS(view.Strong, prose.Visible(v.Name)), view.L(prose.Dash(strings.Join(v.Servers, " "))),
			view.L(fmt.Sprint(v.Calls)), view.L(fmt.Sprint(v.Spared)), view.L(p.Time().Round(1000).String()),
			view.L(memory), view.L(can))
	}
	if len(out.Guests) == 0 {
		return lang.Tell("Every server is raftlab's own. new 3 guest has three servers run another " +
			"program.").With(out), nil
	}
	return lang.OK().With(out).Block(t), nil
}

type departuresResult struct {
	Departures []*picture.DepartureView `json:"departures" doc:"the departures so far, in order"`
}

var _ = Commands.Register(&lang.Command{
	Name: "departures", Topic: lab.TopicLab,
	Summary: "lists where guests departed from the paper",
	Details: "Each step of a server that another program runs is compared with the paper: the same input is given to " +
		"raftlab's own server in the same state. `why #POSITION` explains a departure: the rule, and the numbers " +
		"that were compared. A departure that is only late does no harm to safety.",
	Examples: []string{"new 3 guest; bug vote-any on; timeout S1; timeout S2; settle; departures; expect " +
		"len(departures) > 0; expect len(violations) == 1"},
	Results: []any{departuresResult{}},
	Needs:   lab.Needs(lab.Stepping, "a cluster that runs by itself has raftlab's own servers only"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		w := lab.Of(c).World()
		all := picture.OfWorld(w, lab.Only("departures")).Departures
		r := lang.OK().With(departuresResult{all})
		if len(all) == 0 {
			if on, _ := w.Guests(); on.Empty() {
				return r.Line("Every server is raftlab's own, and none is judged."), nil
			}
			return r.Line("No departure so far."), nil
		}
		t := view.Table{Head: []string{"", "server", "kind", "rule", "what it did"}, Fixed: 4, Right: []bool{true}}
		record := lab.Of(c).History.Record(c.Ctx)
		for i, d := range all {
			style, at, who := view.Bad, fmt.Sprintf("#%d", d.Position), d.Server
			if i > 0 && all[i-1].Position == d.Position && all[i-1].Server == d.Server { // the same step
				at, who = "", ""
			}
			if d.Kind == "late" {
				style = view.Warn
			}
			t.Add(view.L(at), view.L(who), view.LS(style, d.Kind),
				view.LS(view.Strong, d.Rule), view.L(d.Text+lineOf(w, record, uint64(d.Position))))
		}
		return r.Block(t).Line(fmt.Sprintf("why #%d explains the first.",
			all[0].Position)), nil
	},
})

// lineOf is the line of a real run's log at which an event happened, as (FILE:LINE).
func lineOf(w *cluster.World, record *history.Record, position uint64) string {
	l := record.Line(position)
	if !w.IsRecorded() || l == nil {
		return ""
	}
	return " (" + l.Text[strings.LastIndex(l.Text, "# ")+2:] + ")"
}

// reloadResult is what an edited program does with the history so far.
type reloadResult struct {
	Branch   string `json:"branch" doc:"the branch on which the edited program plays the history"`
	Same     bool   `json:"same" doc:"whether it does the same throughout"`
	Position uint64 `json:"position" doc:"the first event at which it does something else; 0: there is none"`
	Before   string `json:"before" doc:"what happened there before"`
	Now      string `json:"now" doc:"what happens there now"`
	Stopped  string `json:"stopped,omitempty" doc:"the command that can no longer be done, and why"`
}

// reload starts the program of the present cluster anew, and plays the history again.
func reload(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	on, command := l.World().Guests()
	if on.Empty() {
		return nil, lang.Errorf("no server of this cluster runs another program").WithHint("new 3 guest starts " +
			"such a cluster")
	}
	if l.World().IsRecorded() {
		return nil, lab.ErrRecorded
	}
	before, lines, departed := whatHappened(c, l), l.History.Script(), len(l.World().Departures())
	p, err := l.Guests.Start(c.Ctx, command)
	if err != nil {
		return nil, err
	}
	w, err := l.History.Anew(lab.Who{Program: p, On: on}.Programs())
	if err != nil {
		return nil, err
	}
	l.Start(w)
	out := reloadResult{Branch: l.History.Place().Branch.Name, Same: true}
	out.Stopped = replay(c, lines)
	now := whatHappened(c, l)
	for i := range max(len(before), len(now)) {
		b, n := at(before, i), at(now, i)
		if b.exactly != n.exactly {
			out.Same, out.Position, out.Before, out.Now = false, uint64(i+1), b.text, n.text
			break
		}
	}
	r := lang.OK().With(out)
	if out.Stopped != "" {
		r.Line("It stops there: " + out.Stopped)
	}
	if !out.Same {
		r.Line(fmt.Sprintf("#%d before: %s", out.Position, out.Before)).
			Line(fmt.Sprintf("#%d now:    %s", out.Position, out.Now))
	}
	switch end := uint64(len(now)); {
	case out.Same:
		r.Line(fmt.Sprintf("The edited program does the same up to #%d.", end))
	case out.Position > end: // there is no such event to go to
		r.Line(fmt.Sprintf("The edited program does the same up to #%d. What came after no longer happens.", end))
	default:
		r.Line(fmt.Sprintf("The edited program first does something else at #%d; goto %d leads there.",
			out.Position, out.Position))
	}
	if d := l.World().Departures(); len(d) == 0 && departed > 0 && out.Stopped == "" {
		r.Block(view.Says(view.Good, "It no longer departs from the paper."))
	} else if len(d) > 0 { // nothing else has told them
		r.Line(fmt.Sprintf("It departs from the paper in %s, first at #%d (%s); departures lists them.",
			prose.Plural(len(d), "place"), d[0].Position, d[0].Property))
	}
	return r, nil
}

// replay gives the commands of a script again, silently, up to one that fails.
func replay(c *lang.Call, lines []string) (stopped string) {
	defer c.Session.Use(lang.Silent{Frontend: c.Front})()
	defer lab.Of(c).Guests.Collect()() // what programs print is told with the command that was typed
	for _, line := range lines {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "new ") || strings.HasPrefix(line, "machine ") {
			continue
		}
		if err := c.Session.RunLine(c.Ctx, line); err != nil {
			return line + ": " + err.Error()
		}
	}
	return ""
}

// happening is an event in words, and all of it.
type happening struct{ text, exactly string }

// whatHappened is the events of the present history, in order.
func whatHappened(c *lang.Call, l *lab.Lab) []happening {
	record := l.History.Record(c.Ctx)
	all := make([]happening, record.End())
	for i := range all {
		if e := record.At(uint64(i + 1)); e != nil {
			all[i] = happening{tell.Bare(e, nil), fmt.Sprintf("%+v", e.View())}
		}
	}
	return all
}

// at is what happened at a place; nothing behind the end.
func at(all []happening, i int) happening {
	if i < len(all) {
		return all[i]
	}
	return happening{text: "nothing"}
}
