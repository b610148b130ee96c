package acts

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/docs"
	"raftlab/raft"
)

var (
	newCount      = lang.Count(1, cluster.MaxServers).Optional()
	newSeed       = words.Seed().Keyword("seed")
	newKeep       = lang.Flag("keep")
	newGuest      = lang.Filled("COMMAND").Explained(guestSays).Keyword("guest").Bare()
	newOn         = words.NewNodes().Keyword("on")
	newOwn        = lang.Flag("own")
	givenNode     = words.Node()
	givenTerm     = lang.Whole("N", 0, words.MaxFigure).Keyword("term")
	givenVote     = words.Node().Keyword("vote")
	givenLog      = lang.Text("ENTRIES").Keyword("log")
	givenCommit   = lang.Whole("N", 0, words.MaxFigure).Keyword("commit")
	givenSnapshot = snapshotKind.New().Keyword("snapshot")
	givenVoters   = words.Nodes().Keyword("voters")
	scenarioName  = words.Scenario()
)

const guestSays = "the command that starts a program, in quotes"

type newResult struct {
	Branch string `json:"branch" doc:"the name of the new branch"`
	Nodes  int    `json:"nodes" doc:"how many servers the cluster has"`
	Seed   uint64 `json:"seed" doc:"its seed"`
}

var _ = Commands.Register(&lang.Command{
	Name: "new", Topic: lab.TopicBuild, Changes: true,
	Summary: "starts a new cluster",
	Args:    lang.Params{newCount, newSeed, newKeep, newGuest, newOn, newOwn},
	Details: "By default it has as many servers as the present one, the same seed, and the default for every " +
		"setting. `keep` keeps the settings. The old cluster stays in the history: `history` shows it, and " +
		"`goto` with the name of its branch takes you back to it. With `guest`, the servers run another " +
		"program: the one that COMMAND starts, or the one of --guest, or else raftlab's own server behind the " +
		"guests' protocol. With `on NODES`, only these servers do. Where raftlab was started with --guest, `own` " +
		"starts a cluster of raftlab's own servers. docs/guest.md explains how to write a guest.",
	Examples: []string{"new", "new 3", "new 5 seed 42", "set noop off; new 3 keep", "new 3 guest on S2"},
	Results:  []any{newResult{}},
	Needs:    lab.Needs(lab.Stepping, "raftlab live --nodes N starts another cluster"),
	Run:      runNew,
})

// newWho is what the servers of the new cluster run, and a line that says so.
func newWho(c *lang.Call, n int) (who lab.Who, says string, err error) {
	g := lab.Of(c).Guests
	on := newOn.Of(c).Set()
	switch {
	case newOwn.Of(c) && newGuest.Given(c):
		return who, "", lang.Errorf("own and guest contradict each other").WithHint("write one of them")
	case newOn.Given(c) && !newGuest.Given(c):
		return who, "", lang.Errorf("on says which servers are guests, and guest is missing").
			WithHint("new 3 guest on S2")
	case newOwn.Of(c):
		return who, "", nil
	case !newGuest.Given(c):
		who, err = g.Usual(c.Ctx)
		return who, who.Absent(n), err
	}
	who.On = on
	if last := who.Last(); int(last) > n {
		return who, "", lab.NoServer(last, n)
	}
	command := newGuest.Of(c)
	if command != "" && !g.Trust && !c.Session.Typed() {
		return who, "", lang.Errorf("a script may not start a program by itself").WithHint(
			"raftlab --guest %s FILE has `new guest` in it run that program; --trust lets scripts name programs",
			lang.Quote(command))
	}
	if command == "" {
		command = g.Command
	}
	if who.Program, err = g.Program(c.Ctx, command); err != nil {
		return who, "", err
	}
	if says = "The guest is " + who.Program.Title() + "."; command == "" {
		says = "The guest is raftlab's own server, behind the protocol of docs/guest.md; --guest COMMAND names " +
			"another program."
	}
	return who, says, nil
}

// RunsGuests says of a call of new whether it asks for servers that run another program.
func RunsGuests(c *lang.Call) bool { return newGuest.Given(c) }

// NamesProgram says whether it names the program, too.
func NamesProgram(c *lang.Call) bool { return newGuest.Given(c) && newGuest.Of(c) != "" }

func runNew(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	old := l.World()
	n, seed, settings := newCount.Or(c, old.Size()), newSeed.Or(c, old.Seed()), l.Guests.Settings()
	if newKeep.Of(c) {
		settings = *old.Settings()
	}
	who, says, err := newWho(c, n)
	if err != nil {
		return nil, err
	}
	fresh, err := who.World(n, seed, settings, l.Machine)
	if err != nil {
		return nil, err
	}
	fresh.Seek(l.Guests.Harmful)
	r := lang.OK()
	for _, d := range setting.All() {
		if was, now := d.Get(old.Settings()), d.Get(&settings); was != now {
			r.Line(fmt.Sprintf("%s is back to %s (was %s); type new keep to keep a setting.", d.Name, now, was))
		}
	}
	if riddle, _ := old.Riddle(); riddle {
		r.Line("No bug is on here (the riddle is left unsolved).")
	} else if bugs := tell.BugsOn(picture.OfWorld(old, lab.Only())); bugs != "" {
		r.Line("No bug is on here (" + bugs + " was on before).")
	}
	left := l.History.Place()
	l.Start(fresh)
	all := words.Range(fresh.IDs())
	if n == 1 {
		all += " alone"
	}
	r.Line(fmt.Sprintf("New cluster: %s, seed %d. The previous one is kept as branch %s.", all, seed, left.Branch.Name))
	if says != "" {
		r.Line(says)
	}
	if l.Machine != lab.UsualMachine {
		r.Line(fmt.Sprintf("It replicates the machine %s.", l.Machine))
	}
	return r.With(newResult{Nodes: n, Seed: seed, Branch: l.History.Place().Branch.Name}), nil
}

// givenPlace is a snapshot as `given` takes it: 5/3 "x=0 y=9".
type givenPlace struct {
	index, term uint64
	data        string
}

var snapshotKind = &lang.Kind[givenPlace]{
	Name: "INDEX/TERM DATA", Doc: "a snapshot: the last entry that it covers, and the state of the state machine in " +
		"quotes: `5/3 \"x=0 y=9\"`",
	Word: func(p *lang.Parser, w lang.Word) (s givenPlace, err error) {
		if s.index, s.term, err = parsePlace(w.Text); err != nil || s.index == 0 || s.term == 0 {
			return s, p.Fail(w, "a snapshot begins with INDEX/TERM, such as 5/3, not %s", prose.Cite(w.Text))
		}
		w, err = p.Next()
		s.data = w.Text
		return s, err
	},
}

var _ = Commands.Register(&lang.Command{
	Name: "given", Topic: lab.TopicBuild, Changes: true,
	Summary: "writes a server's stable storage and starts the server from it",
	Args:    lang.Params{givenNode, givenTerm, givenVote, givenLog, givenCommit, givenSnapshot, givenVoters},
	Details: "ENTRIES is a list of TERM or TERM:DATA. By default the term is that of the last entry, there is no " +
		"vote, the log is empty, commit is 0, there is no snapshot, and all servers vote. The commit index is set " +
		"in memory, as if the server had just learned it. The server's messages in flight are dropped. The " +
		"invariants are checked from this state on.",
	Examples: []string{
		`given S1 log "1 1:x=3 4"`, `given S2 term 5 vote S1 log "1 1 4" commit 2`,
		`given S3 log "3:y=7 3:x=5" snapshot 5/3 "x=0 y=9"`,
	},
	Needs: lab.Needs(lab.Stepping, "save FILE writes what has happened as a script; raftlab -i FILE runs it, and "+
		"has given"),
	Run: runGiven,
})

func runGiven(c *lang.Call) (*lang.Result, error) {
	a := cluster.Give{Node: givenNode.Of(c), Commit: givenCommit.Of(c)}
	s := &a.Stable
	s.Initial.Voters = raft.SetOf(lab.Of(c).World().IDs()...)
	if givenVoters.Given(c) {
		s.Initial.Voters = givenVoters.Of(c).Set()
	}
	if givenSnapshot.Given(c) {
		g := givenSnapshot.Of(c)
		s.Snapshot = &raft.Snapshot{Index: g.index, Term: g.term, Configuration: s.Initial, Data: g.data}
		s.Log.CompactTo(g.index, g.term)
	}
	entries, err := words.ParseEntries(givenLog.Of(c))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		s.Log.Append(e)
	}
	s.CurrentTerm, s.VotedFor = givenTerm.Or(c, s.Log.LastTerm()), givenVote.Of(c)
	if a.Commit > s.Log.LastIndex() {
		return nil, lang.Errorf("commit %d is beyond the log, which ends at %d", a.Commit, s.Log.LastIndex())
	}
	if err := lab.Of(c).Do(a); err != nil {
		return nil, err
	}
	return lang.OK(), nil
}

// ScenarioText is the script of a scenario or of a bug's story.
func ScenarioText(name string) string {
	if text, ok := docs.Scenario(name); ok {
		return text
	}
	text, _ := docs.Bug(name)
	return text
}

var _ = Commands.Register(&lang.Command{
	Name: "scenario", Topic: lab.TopicBuild, Changes: true,
	Summary: "runs a built-in scenario, or the story of a bug",
	Args:    lang.Params{scenarioName},
	Details: "Each one is an ordinary script with a cluster of its own, and `scenarios` lists them. At a " +
		"terminal it shows its commands, and the prompt is yours between its beats.",
	Examples: []string{"scenario figure-6"},
	Needs:    lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		name := scenarioName.Of(c)
		lab.Of(c).Machine = lab.UsualMachine
		if c.Front.Interactive() {
			return lesson.Lead(c, lesson.Show{Name: name, Text: ScenarioText(name), Again: "scenario " + name,
				Whole: true})
		}
		if err := c.SourceText(name, ScenarioText(name)); err != nil {
			l, r := lab.Of(c), lang.OK()
			if way := l.Guests.WayOn(l.World(), strings.Split(ScenarioText(name), "\n"), c.Text); way != "" {
				r.Line(way)
			}
			return r, lang.Kept(err)
		}
		return lang.OK(), nil
	},
})

type scenariosResult struct {
	Bugs      []string `json:"bugs" doc:"the stories of bugs, by name"`
	Scenarios []string `json:"scenarios" doc:"the scenarios, by name"`
}

var _ = Commands.Register(&lang.Command{
	Name: "scenarios", Topic: lab.TopicBuild,
	Summary: "lists the built-in scenarios, and the bugs that have a story",
	Results: []any{scenariosResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		t := view.Table{Fixed: 1}
		for _, name := range docs.Scenarios() {
			first, _, _ := strings.Cut(ScenarioText(name), "\n")
			t.Add(view.LS(view.Code, name), view.L(strings.TrimSpace(strings.TrimPrefix(first, "#"))))
		}
		stories := view.Text{Lines: []view.Line{{},
			view.L("And the stories of broken rules (bugs says what each is):"),
			view.LS(view.Code, strings.Join(docs.Bugs(), "  "))}}
		return lang.OK().With(scenariosResult{Scenarios: docs.Scenarios(), Bugs: docs.Bugs()}).Block(t).Block(stories),
			nil
	},
})
