package acts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var (
	commandCount = lang.Count(1, 1_000_000).Default(1)
	actionCount  = lang.Count(1, 1_000_000_000).Default(1)
	gotoPlace    = words.Position()
	checkpointAs = lang.NewName()
	diffA        = words.Position()
	diffB        = words.Position()
	eventsCount  = lang.Count(1, 100_000).Default(20)
	saveFile     = lang.File()
)

// travelled says where one has come to.
func travelled(l *lab.Lab, how string) *lang.Result {
	p := l.History.Place()
	r := lang.OK().With(placeResult{p.Branch.Name, p.Position})
	r.Quiet = true
	return r.Block(view.Text{Lines: []view.Line{{
		view.S(view.Plain, how), view.S(view.Strong, fmt.Sprintf("Now at #%d of %s", p.Position, p.Branch.Name)),
		view.S(view.Plain, fmt.Sprintf(", which ends at #%d.", p.Branch.End())),
	}}, Indent: 2})
}

// goesBack is the need of what goes to what was.
var goesBack = lab.Needs(lab.History, "what has happened in real time cannot be taken back; save FILE, and raftlab "+
	"-i FILE goes back in the replay")

type placeResult struct {
	Branch   string `json:"branch" doc:"the branch"`
	Position uint64 `json:"position" doc:"events so far on it"`
}

// travels is a command that goes through the history, and what it says of that.
func travels(c lang.Command, run func(*lang.Call, *history.History) (*lang.Result, error)) *lang.Command {
	c.Topic, c.Results, c.Needs = lab.TopicTravel, []any{placeResult{}}, goesBack
	c.Run = func(c *lang.Call) (*lang.Result, error) { return run(c, lab.Of(c).History) }
	return &c
}

var _ = Commands.Register(travels(lang.Command{
	Name:    "undo",
	Summary: "takes back the last COUNT commands that changed something",
	Args:    lang.Params{commandCount},
	Details: "A whole script counts as one command. Right after `new`, `undo` goes back to the previous cluster. " +
		"`redo` does the commands again. If you type a new command instead, it starts a branch, and the old one " +
		"is kept.",
	Examples: []string{"timeout S1; settle; undo", "timeout S1; settle; undo 2; redo 2"},
}, func(c *lang.Call, h *history.History) (*lang.Result, error) {
	undone, err := h.Undo(commandCount.Of(c))
	return tookBack(c, "Took back ", undone, commandCount.Of(c), err)
}))

var _ = Commands.Register(travels(lang.Command{
	Name:     "redo",
	Summary:  "does COUNT undone commands again",
	Args:     lang.Params{commandCount},
	Examples: []string{"timeout S1; undo; redo"},
}, func(c *lang.Call, h *history.History) (*lang.Result, error) {
	redone, err := h.Redo(commandCount.Of(c))
	return tookBack(c, "Did again ", redone, -commandCount.Of(c), err)
}))

// tookBack is what undo and redo came to: so many commands are undone, or below 0 done again.
func tookBack(c *lang.Call, how string, commands []string, undone int, err error) (*lang.Result, error) {
	if err != nil {
		return nil, err
	}
	r := travelled(lab.Of(c), how+prose.Few(stretches(c.Session, commands))+" ")
	r.Undone = undone
	return r, nil
}

// stretches is commands, where several that only let time pass follow each other as one.
func stretches(s *lang.Session, commands []string) (short []string) {
	ticks := 0 // of the last, if it is such a one
	for _, text := range commands {
		n := 0
		if c, _, err := s.ParseNext(text, 0); err == nil && c != nil && c.Command.Name == "run" && runTicks.Given(c) {
			n = runTicks.Of(c)
		}
		if n == 0 || ticks == 0 {
			short, ticks = append(short, text), n
			continue
		}
		ticks += n
		short[len(short)-1] = prose.Plural(ticks, "tick")
	}
	return short
}

var _ = Commands.Register(travels(lang.Command{
	Name:     "back",
	Summary:  "goes back by COUNT actions (a delivery, a tick of a server, or a command of yours)",
	Args:     lang.Params{actionCount},
	Details:  "It stops at the beginning and says so.",
	Examples: []string{"timeout S1; settle; back 3"},
}, func(c *lang.Call, h *history.History) (*lang.Result, error) {
	n := h.Back(actionCount.Of(c))
	return travelled(lab.Of(c), moved("Back", n, actionCount.Of(c), "the beginning")), nil
}))

var _ = Commands.Register(travels(lang.Command{
	Name:     "forward",
	Summary:  "goes forward by COUNT actions on this branch",
	Args:     lang.Params{actionCount},
	Details:  "It stops at the end of the branch and says so.",
	Examples: []string{"timeout S1; settle; back 3; forward 2"},
}, func(c *lang.Call, h *history.History) (*lang.Result, error) {
	n := h.Forward(actionCount.Of(c))
	lab.Of(c).Events.Take()
	return travelled(lab.Of(c), moved("Forward", n, actionCount.Of(c), "the end")), nil
}))

func moved(way string, n, of int, end string) string {
	return fmt.Sprintf("%s by %s%s. ", way, prose.Plural(n, "action"), prose.Either(n < of, ", which is "+end, ""))
}

var _ = Commands.Register(travels(lang.Command{
	Name:    "goto",
	Summary: "goes to a position, a checkpoint, the end of a branch, or with - to where you were",
	Args:    lang.Params{gotoPlace},
	Details: "If the position is inside an action, you land at the end of that action.",
	Examples: []string{"timeout S1; settle; goto 3", "checkpoint here; timeout S1; goto here",
		"timeout S1; goto 0; goto -"},
}, func(c *lang.Call, h *history.History) (*lang.Result, error) {
	p, err := h.Find(gotoPlace.Of(c).String())
	if err != nil {
		return nil, err
	}
	h.Goto(p)
	return travelled(lab.Of(c), ""), nil
}))

type checkpointResult struct {
	Branch   string `json:"branch" doc:"the branch"`
	Name     string `json:"name" doc:"the name of the place"`
	Position uint64 `json:"position" doc:"events so far on it"`
}

var _ = Commands.Register(&lang.Command{
	Name: "checkpoint", Topic: lab.TopicTravel,
	Summary:  "names the present, so that you can go back to it",
	Args:     lang.Params{checkpointAs},
	Examples: []string{"timeout S1; settle; checkpoint elected"},
	Results:  []any{checkpointResult{}},
	Needs:    goesBack,
	Run: func(c *lang.Call) (*lang.Result, error) {
		l, name := lab.Of(c), checkpointAs.Of(c)
		if l.History.Branch(name) != nil {
			return nil, lang.Errorf("%s is the name of a branch", name).WithHint("choose another, such as my-%s", name)
		}
		if name == "found" {
			return nil, lang.Errorf("found is the name of the branch that a search makes").
				WithHint("choose another, such as my-found")
		}
		if l.History.Taken(name) && !lesson.Reciting(c) { // a lesson moves its own
			return nil, lang.Errorf("%s is the name of a checkpoint already", name).
				WithHint("choose another name; history lists the names in use, and new starts without any")
		}
		l.History.Checkpoint(name)
		p := l.History.Place()
		return lang.Tell(fmt.Sprintf("Checkpoint %s is event #%d of branch %s.", name, p.Position, p.Branch.Name)).
			With(checkpointResult{Name: name, Branch: p.Branch.Name, Position: p.Position}), nil
	},
})

type branchRow struct {
	Commands int    `json:"commands" doc:"how many commands it has"`
	End      uint64 `json:"end" doc:"the position of its last event"`
	From     string `json:"from" doc:"where it leaves another branch, as main:12; - for a root"`
	Here     bool   `json:"here" doc:"whether you are on it"`
	Name     string `json:"name" doc:"its name"`
}

type historyResult struct {
	Branches    []branchRow       `json:"branches" doc:"the branches"`
	Checkpoints map[string]string `json:"checkpoints" doc:"the place of each checkpoint, as main:12"`
}

var _ = Commands.Register(&lang.Command{
	Name: "history", Topic: lab.TopicTravel,
	Summary:  "shows the tree of branches, and the last commands of this branch",
	Examples: []string{"timeout S1; settle; undo; timeout S2; history"},
	Results:  []any{historyResult{}},
	Needs:    goesBack,
	Run: func(c *lang.Call) (*lang.Result, error) {
		h := lab.Of(c).History
		t := view.Table{Head: []string{"branch", "from", "ends at", "commands", ""}, Fixed: 1,
			Right: []bool{false, false, true, true}}
		var branches []branchRow
		here := h.Place()
		for _, b := range h.Branches() {
			from, mark := "-", ""
			if b.Parent != nil {
				from = fmt.Sprintf("%s:%d", b.Parent.Name, b.ForkAt)
			}
			if b == here.Branch {
				mark = fmt.Sprintf("<- you are here, at #%d", here.Position)
			}
			branches = append(branches, branchRow{Name: b.Name, From: from, End: b.End(), Commands: len(b.Lines()),
				Here: mark != ""})
			t.Add(view.LS(view.Strong, b.Name), view.L(from),
				view.L(fmt.Sprintf("#%d", b.End())), view.L(fmt.Sprint(len(b.Lines()))), view.LS(view.Good, mark))
		}
		checkpoints := map[string]string{}
		r := lang.OK().With(historyResult{branches, checkpoints}).Block(t)
		for _, name := range h.Checkpoints() {
			p, _ := h.Find(name)
			checkpoints[name] = p.String()
			r.Line(fmt.Sprintf("checkpoint %s: %s", name, p))
		}
		return r.Block(commandLines(h)), nil
	},
})

// commandLines is the commands around the present: those done, then those that
// lie ahead on this branch.
func commandLines(h *history.History) view.Text {
	const most = 10
	var lines []view.Line
	show := func(all []history.Line, style view.Style, where string) {
		for _, l := range all {
			text := prose.Shorten(prose.Visible(l.Text), 100) + where
			lines = append(lines, tell.Numbered(l.End, view.LS(style, text)))
		}
	}
	others := func(n int, where string) {
		if n > 0 {
			lines = append(lines, view.LS(view.Quiet, fmt.Sprintf("      … %d commands %s", n, where)))
		}
	}
	past, future := h.Past(), h.Future()
	before, ahead := max(0, len(past)-most), max(0, len(future)-most)
	others(before, "before")
	show(past[before:], view.Code, "")
	lines = append(lines, view.LS(view.Good, fmt.Sprintf("%5s  you are here", ">")))
	show(future[:len(future)-ahead], view.Quiet, "  (ahead)")
	others(ahead, "ahead")
	return view.Text{Indent: 6, Lines: lines}
}

type diffResult struct {
	Differences []tell.Difference `json:"differences" doc:"what is not the same"`
}

var _ = Commands.Register(&lang.Command{
	Name: "diff", Topic: lab.TopicTravel,
	Summary: "shows what differs between two positions",
	Args:    lang.Params{diffA, diffB},
	Details: "Where logs have the same terms, it shows entries that differ. It shows timers, nextIndex, matchIndex, " +
		"lastApplied and how often a request was sent only if nothing else differs, except what is in flight.",
	Examples: []string{"timeout S1; settle; diff 0 5", "checkpoint a; timeout S1; checkpoint b; diff a b"},
	Results:  []any{diffResult{}},
	Needs:    lab.Needs(lab.History),
	Run: func(c *lang.Call) (*lang.Result, error) {
		h := lab.Of(c).History
		a, err := h.Find(diffA.Of(c).String())
		if err != nil {
			return nil, err
		}
		b, err := h.Find(diffB.Of(c).String())
		if err != nil {
			return nil, err
		}
		rows := tell.Differences(tell.DeltaOf(h.WorldAt(a), h.WorldAt(b)))
		r := lang.OK().With(diffResult{rows})
		if len(rows) == 0 {
			return r.Line("Nothing differs."), nil
		}
		t := view.Table{Head: []string{"what", a.String(), b.String()}, Fixed: 1}
		for _, d := range rows {
			t.Add(view.LS(view.Strong, d.What), view.L(d.A), view.LS(view.Warn, d.B))
		}
		return r.Block(t), nil
	},
})

type saveResult struct {
	File  string `json:"file" doc:"the file that was written"`
	Lines int    `json:"lines" doc:"how many lines it has"`
}

var _ = Commands.Register(&lang.Command{
	Name: "save", Topic: lab.TopicScripts, Lasting: true,
	Summary: "writes the commands that lead here to FILE, as a script that reproduces exactly this state",
	Args:    lang.Params{saveFile},
	Details: "If FILE exists, it is replaced, completely or not at all, and keeps its mode. A read-only file is " +
		"refused. A relative path starts from the directory in which you started raftlab.",
	Examples: []string{"timeout S1; settle; save election.raft"},
	Results:  []any{saveResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		lines, err := lab.WorldOf(c.World).Script()
		if err != nil {
			return nil, err
		}
		path := saveFile.Of(c)
		if err := c.WriteFile(path, strings.Join(lines, "\n")+"\n"); err != nil {
			return nil, err
		}
		return lang.Tell(fmt.Sprintf("Wrote %s to %s; raftlab %s runs them.", prose.Plural(len(lines), "line"),
			prose.Visible(path), prose.Visible(AsArgument(path)))).With(saveResult{path, len(lines)}), nil
	},
})

// notPlain is what a shell does not leave as it stands.
var notPlain = prose.Pattern(`[^A-Za-z0-9_./,:=@%+-]`)

// AsArgument is a file's name as the shell and raftlab take it for one: a name
// like live, - or --json is a file as ./live, and others stand in quotes.
func AsArgument(path string) string {
	// a word without a dot may be one of raftlab's
	if strings.HasPrefix(path, "-") || !strings.ContainsAny(path, "/.") {
		path = "./" + path
	}
	if notPlain().MatchString(path) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

type eventsResult struct {
	Events []event.Event `json:"events" doc:"the last events, in their order"`
}

var _ = Commands.Register(&lang.Command{
	Name: "events", Topic: lab.TopicLooking,
	Summary:  "shows the last events, each with the position to pass to `goto`",
	Args:     lang.Params{eventsCount},
	Details:  "A tick of a single server's clock is not listed, although it has a position, too.",
	Examples: []string{"timeout S1; settle; events 5"},
	Results:  []any{eventsResult{}},
	Needs:    lab.Needs(lab.Record),
	Run: func(c *lang.Call) (*lang.Result, error) {
		events := lastEvents(lab.Of(c).History, eventsCount.Of(c))
		r := lang.OK().With(eventsResult{events})
		if len(events) == 0 {
			return r.Line("Nothing has happened yet."), nil
		}
		return r.Block(view.Text{Indent: 6, Lines: each.As(events, func(e event.Event) view.Line {
			return tell.Numbered(e.Position, tell.Story(&e))
		})}), nil
	},
})

// lastEvents is the last so many events that are no ticks.
func lastEvents(h *history.History, count int) (events []event.Event) {
	record := h.Record(context.Background())
	record.Last(record.End()+1, func(e *event.Event) bool {
		if !event.Is[event.Ticked](e) {
			events = append(events, *e)
		}
		return len(events) == count
	})
	slices.Reverse(events)
	return events
}
