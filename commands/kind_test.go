package commands

import (
	"errors"
	"strings"
	"testing"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/words"
	"raftlab/raft"
)

// check runs lines against the fake cluster: what they do, or "! " and a part
// of the error.
func check(t *testing.T, prepare func(*fakeWorld), lines [][2]string) {
	t.Helper()
	for _, l := range lines {
		s, w, _ := fake(t, Options{})
		if prepare != nil {
			prepare(w)
		}
		got, err := w.run(s, l[0])
		want, fails := strings.CutPrefix(l[1], "! ")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s\n  gives %q, %v\n  want an error with %q", l[0], got, err, want)
		case fails && got != "":
			t.Errorf("%s\n  failed, but did %q", l[0], got)
		case !fails && (err != nil || got != want):
			t.Errorf("%s\n  gives %q, %v\n  want %q", l[0], got, err, want)
		}
	}
}

func TestNodes(t *testing.T) {
	check(t, func(w *fakeWorld) { w.down[2] = true; w.leader = 4 }, [][2]string{
		{`kill S3`, `kill S3`},
		{`kill s3`, `kill S3`},
		{`kill leader`, `kill S4`},
		{`kill S3, S1 ,S5`, `kill S3 S1 S5`},
		{`kill S3,S1`, `kill S3 S1`},
		{`kill S1 S1`, `kill S1`},
		{`kill all`, `kill S1 S2 S3 S4 S5`},
		{`kill up`, `kill S1 S3 S4 S5`},
		{`kill down`, `kill S2`},
		{`kill followers`, `kill S1 S3 S5`},
		{`kill down leader`, `kill S2 S4`},
		{`kill`, `! NODES is missing`},
		{`kill 3`, `! did you mean S3?`},
		{`kill S9`, `! there is no S9; the servers are S1 to S5`},
		{`kill S0`, `! "S0" is not a server`},
		{`kill S03`, `! "S03" is not a server`},
		{`kill laeder`, `! did you mean leader?`},
		{`kill S1,,S2`, `! before a comma`},
		{`kill ,S2`, `! before a comma`},
		{`kill S1,`, `! after the last comma`},
		{`kill S1 foo`, `! "foo" is not a server`},
		{`kill ""`, `! "" is not a server`},
		{`kill S99999999999999999999`, `! is not a server`},
		{"kill \"\x1b[31m\"", `! "\x1b[31m" is not a server`},
	})
	check(t, nil, [][2]string{{`kill leader`, `! no server leads`}, {`kill down`, `kill `}})
}

func TestNodeSetTellsNamedNodesFromGroups(t *testing.T) {
	s, w, _ := fake(t, Options{})
	w.down[2] = true
	c, _, err := s.ParseNext("kill down S4", 0)
	if err != nil {
		t.Fatal(err)
	}
	set := fkKill.Of(c)
	if !set.Has(2) || set.Named(2) || !set.Named(4) || set.Has(1) {
		t.Errorf("%+v", set)
	}
}

func TestNumbers(t *testing.T) {
	check(t, nil, [][2]string{
		{`tick`, `tick 1 `},
		{`tick 7`, `tick 7 `},
		{`tick 007`, `tick 7 `},
		{`tick S2`, `tick 1 S2`},
		{`tick 7 S2 S3`, `tick 7 S2 S3`},
		{`tick "7"`, `tick 7 `},
		{`tick -1`, `! TICKS is a whole number from 1 to 1000, not "-1"`},
		{`tick 0`, `! from 1 to 1000`},
		{`tick 1001`, `! from 1 to 1000`},
		{`tick 1e3`, `! from 1 to 1000`},
		{`tick 0x10`, `! from 1 to 1000`},
		{`tick 1.5`, `! from 1 to 1000`},
		{`tick +5`, `! from 1 to 1000`},
		{`tick ٣`, `! from 1 to 1000`},
		{`tick 99999999999999999999`, `! from 1 to 1000`},
		{`tick 5 3`, `! did you mean S3?`},
		{`new seed 18446744073709551615`, `new 0 seed 18446744073709551615 keep false`},
		{`new seed 18446744073709551616`, `! from 0 to 18446744073709551615`},
		{`delay m1 m2 5`, `delay {IDs:[m1 m2] Links:[] Types:[] All:false} by 5`},
		{`delay AE S1->S3 5`, `delay {IDs:[] Links:[S1->S3] Types:[AppendEntries] All:false} by 5`},
		{`delay all`, `! TICKS is missing`},
	})
}

func TestLinks(t *testing.T) {
	check(t, func(w *fakeWorld) { w.leader = 2 }, [][2]string{
		{`cut S1->S2`, `cut [S1->S2]`},
		{`cut s1 -> s2`, `cut [S1->S2]`},
		{`cut S1-> S2`, `cut [S1->S2]`},
		{`cut S1 ->S2`, `cut [S1->S2]`},
		{`cut S1 <-> S2`, `cut [S1->S2 S2->S1]`},
		{`cut S1<->S2`, `cut [S1->S2 S2->S1]`},
		{`cut S1->*`, `cut [S1->*]`},
		{`cut * -> S3`, `cut [*->S3]`},
		{`cut S3`, `cut [S3->* *->S3]`},
		{`cut leader->S1`, `cut [S2->S1]`},
		{`cut S1->S1`, `! S1 has no link to itself`},
		{`cut leader->S2`, `! S2 has no link to itself`},
		{`cut S1->`, `! has no end`},
		{`cut ->S1`, `! both sides`},
		{`cut S1->S2->S3`, `! not a server`},
		{`cut S1-S2`, `! write it S1->S2`},
		{`cut S1<-S2`, `! write it S1->S2`},
		{`cut S1->S9`, `! there is no S9`},
		{`cut S1 S2`, `! "S2" has no place here`},
		{`inject AE S1->* term=1`, `! one sender and one receiver`},
		{`inject AE S1<->S2 term=1`, `! one sender and one receiver`},
	})
	if got := (words.LinkSet{{From: 1}, {To: 1}}).Among([]raft.ID{1, 2, 3}); len(got) != 4 {
		t.Errorf("all links of S1 among three are %v", got)
	}
}

func TestWhich(t *testing.T) {
	check(t, nil, [][2]string{
		{`deliver m2`, `deliver {IDs:[m2] Links:[] Types:[] All:false}`},
		{`deliver m2, m3`, `deliver {IDs:[m2 m3] Links:[] Types:[] All:false}`},
		{`deliver all`, `deliver {IDs:[] Links:[] Types:[] All:true}`},
		{`deliver ae S1 -> S3`, `deliver {IDs:[] Links:[S1->S3] Types:[AppendEntries] All:false}`},
		{`deliver requestvotereply`, `deliver {IDs:[] Links:[] Types:[RequestVoteReply] All:false}`},
		{`deliver S1`, `deliver {IDs:[] Links:[S1->* *->S1] Types:[] All:false}`},
		{`deliver m404`, `! m404 is not in flight`},
		{`deliver 4`, `! not a message, a link or a message type`},
		{`deliver AppendEntrys`, `! did you mean AppendEntries`},
		{`deliver`, `! WHICH is missing`},
		{`deliver S1->S1`, `! no link to itself`},
	})
	m := words.MessageFacts{ID: 7, Type: words.AppendEntries, From: 1, To: 3}
	for _, c := range []struct {
		s    words.Selection
		want bool
	}{
		{words.Selection{All: true}, true},
		{words.Selection{Types: []words.MessageType{words.AppendEntries, words.PreVote}}, true},
		{words.Selection{Types: []words.MessageType{words.PreVote}}, false},
		{words.Selection{Types: []words.MessageType{words.AppendEntries}, Links: words.LinkSet{{From: 1, To: 2}}}, false},
		{words.Selection{Types: []words.MessageType{words.AppendEntries}, Links: words.LinkSet{{From: 1, To: 2}, {From: 1}}}, true},
		{words.Selection{IDs: []words.MessageID{7}, Links: words.LinkSet{{To: 2}}}, false},
	} {
		if c.s.Matches(m) != c.want {
			t.Errorf("%+v matches %+v: %v", c.s, m, !c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	check(t, func(w *fakeWorld) { w.leader = 1 }, [][2]string{
		{`partition S1 S2 | S3 S4 S5`, `partition [S1 S2 S3 S4 S5]`},
		{`partition S1,S2|S3`, `partition [S1 S2 S3]`},
		{`partition leader|followers`, `partition [S1 S2 S3 S4 S5]`},
		{`partition S1 S2 | S2 S3`, `! S2 is in two groups`},
		{`partition S1 | leader`, `! S1 is in two groups`},
		{`partition |`, `! is empty`},
		{`partition S1 |`, `! is empty`},
		{`partition | S1`, `! is empty`},
		{`partition S1 || S2`, `! is empty`},
		{`partition`, `! is missing`},
		{`partition S1 | S9`, `! there is no S9`},
	})
	s, _, _ := fake(t, Options{})
	c, _, _ := s.ParseNext("partition S1 S2|S3 | S4", 0)
	if g := fkGroups.Of(c); len(g) != 3 || g[0].String() != "S1 S2" || g[2].String() != "S4" {
		t.Errorf("%v", g)
	}
}

func TestWordsThatNameThings(t *testing.T) {
	check(t, nil, [][2]string{
		{`inject AE S1->S2 term=3 entries="3:x=1 4" prev=4/2`, `inject AppendEntries S1->S2 [{term 3} {entries 3:x=1 4} {prev 4/2}]`},
		{`inject AE S1->S2 trem=3`, `! did you mean term?`},
		{`inject AE S1->S2 term=3 term=4`, `! term is given twice`},
		{`inject AE S1->S2 term = 3`, `! no blanks around the =`},
		{`inject AE S1->S2 term 3`, `! is not FIELD=VALUE`},
		{`inject AX S1->S2 term=3`, `! there is no type of message "AX"`},
		{`goto 112`, `goto 112`},
		{`goto found:112`, `goto found:112`},
		{`goto elected`, `goto elected`},
		{`goto found`, `goto found`},
		{`goto -`, `goto -`},
		{`goto -5`, `! a position is`},
		{`goto nowhere`, `! there is no checkpoint or branch "nowhere"`},
		{`goto electd`, `! did you mean elected?`},
		{`goto elected:1`, `! there is no branch "elected"`},
		{`goto found:x`, `! NAME:112`},
		{`goto 99999999999999999999`, `! a position is`},
		{`set noop off`, `set noop off`},
		{`set echo on`, `set echo on`},
		{`set nosuchsetting 1`, `! there is no setting "nosuchsetting"`},
		{`set latencyy 1`, `! did you mean latency?`},
		{`checkpoint a-b.c_1`, `checkpoint a-b.c_1`},
		{`checkpoint 112`, `! a name begins with a letter`},
		{`checkpoint -`, `! a name begins with a letter`},
		{`checkpoint a@b`, `! a name begins with a letter`},
		{`put "" 1`, `! KEY must not be empty`},
		{`put x ""`, `put "x" "" via  as `},
	})
}

func TestKeywordsAndFlags(t *testing.T) {
	check(t, nil, [][2]string{
		{`put x 1 via S2`, `put "x" "1" via S2 as `},
		{`put x 1 as C1 via S2`, `put "x" "1" via S2 as C1`},
		{`put via as`, `put "via" "as" via  as `},
		{`put x "via"`, `put "x" "via" via  as `},
		{`put x 1 via`, `! via needs NODE after it`},
		{`put x 1 via S1 via S2`, `! via is given twice`},
		{`put x 1 vai S2`, `! did you mean via?`},
		{`put x 1 "via" S2`, `! "via" has no place here`},
		{`put x`, `! VALUE is missing`},
		{`put x 1 via S9`, `! there is no S9`},
		{`bug nocheck on`, `bug nocheck true `},
		{`bug nocheck on on S2`, `bug nocheck true S2`},
		{`bug nocheck maybe`, `! on or off`},
		{`new`, `new 0 seed 0 keep false`},
		{`new 3 keep seed 7`, `new 3 seed 7 keep true`},
		{`new keep keep`, `! keep is given twice`},
		{`new 3 4`, `! "4" has no place here`},
		{`submit we go; tick`, `submit "we go" via ; tick 1 `},
		{`submit we go via S2`, `submit "we go" via S2`},
		{`submit "we go via S2"`, `submit "\"we go via S2\"" via `},
		{`submit it's (a; b) via s3 # now`, `submit "it's (a; b)" via S3`},
		{`submit x via S9`, `! there is no S9`},
		{`submit`, `! TEXT is missing`},
		{`submit via S1`, `! TEXT is missing`},
		{`submit x via`, `! via needs NODE`},
		{`run 5`, `run 5 within 0`},
		{`run until clock == 0 within 7`, `run 0 within 7`},
		{`run until S1.id == "a within 3"`, `run 0 within 0`},
		{`run until (clock == 0) within 7; tick`, `run 0 within 7; tick 1 `},
		{`run until clock == 0 within x`, `! TICKS is a whole number`},
		{`run until clock == 0 within`, `! within needs TICKS after it`},
		{`run until`, `! CONDITION is missing`},
		{`run untl clock == 0`, `! usage: run [TICKS]`},
		{`run 0`, `! from 1 to 1000`},
		{`whatif kill S1`, ``},
		{`whatif kill S9`, `! there is no S9`},
		{`whatif submit it's; tick`, `tick 1 `},
		{`whatif`, `! COMMAND is missing`},
	})
}

func TestErrorsShowTheColumnWithACaret(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"kill S1 S9", "  kill S1 S9\n          ^"},
		{"tick 5; kill S9", "  tick 5; kill S9\n               ^"},
		{"put \"日本\" 1 via S9", "  put \"日本\" 1 via S9\n                   ^"},
		{"tick\t-1", "  tick -1\n       ^"},
		{`expect S1.commit == 0 && S1.comit == 1`, "&& S1.comit == 1\n" + strings.Repeat(" ", 30) + "^"},
		{`whatif run until S1.id == "é" && S7.up`, "\n" + strings.Repeat(" ", 35) + "^"},
		{`expect len(leaders) ==`, "  expect len(leaders) ==\n" + strings.Repeat(" ", 24) + "^"},
		{`setle`, "  setle\n  ^"},
		{strings.Repeat(" ", 300) + "kill S9 " + strings.Repeat("x", 300), "xxx…\n" + strings.Repeat(" ", 53) + "^"},
	} {
		s, w, _ := fake(t, Options{})
		_, err := w.run(s, c.line)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %q", c.line, err, c.want)
		}
	}
}

func TestUnknownCommandSuggestsAndRunsNothing(t *testing.T) {
	check(t, nil, [][2]string{
		{`klil S1`, `! did you mean kill?`},
		{`TICK`, `! did you mean tick?`},
		{`par S1`, `! did you mean partition?`},
		{`nosuchcommand`, `! help lists them`},
		{"\"\x07\"", `! unknown command "\x07"`},
		{`!`, `! a command is missing`},
		{`! # x`, `! a command is missing`},
	})
}

func TestAskingForAnUndeclaredParameterIsAFault(t *testing.T) {
	s, w, _ := fake(t, Options{})
	if _, err := w.run(s, "stray"); err == nil || !strings.Contains(err.Error(), "stray does not declare NOT DECLARED") {
		t.Errorf("%v", err)
	}
}

func TestRegistrationRefusesWhatCannotBeMeant(t *testing.T) {
	run := func(*Call) (*Result, error) { return nil, nil }
	good := Command{Name: "a", Aliases: []string{"b"}, Topic: lab.TopicTime, Summary: "s", Run: run}
	for name, change := range map[string]func(*Command){
		"a duplicate":             func(c *Command) {},
		"a duplicate alias":       func(c *Command) { c.Name = "c" },
		"no topic":                func(c *Command) { c.Name, c.Aliases, c.Topic = "c", nil, "x" },
		"no summary":              func(c *Command) { c.Name, c.Aliases, c.Summary = "c", nil, "" },
		"nothing to run":          func(c *Command) { c.Name, c.Aliases, c.Run = "c", nil, nil },
		"something after a raw":   func(c *Command) { c.Name, c.Aliases, c.Args = "c", nil, Params{lang.Rest("X"), words.Node()} },
		"required after optional": func(c *Command) { c.Name, c.Aliases, c.Args = "c", nil, Params{words.Node().Optional(), words.Node()} },
		"an option twice":         func(c *Command) { c.Name, c.Aliases, c.Args = "c", nil, Params{lang.Flag("x"), lang.Flag("x")} },
		"args and forms":          func(c *Command) { c.Name, c.Aliases, c.Args, c.Forms = "c", nil, Params{}, []Params{{}} },
	} {
		table := lang.NewTable(raftsDomain)
		first := good
		table.Register(&first)
		second := good
		change(&second)
		if !panics(func() { table.Register(&second) }) {
			t.Errorf("%s was accepted", name)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestTheTableDoesNotDependOnTheOrderOfRegistration(t *testing.T) {
	run := func(*Call) (*Result, error) { return nil, nil }
	make := func(names ...string) string {
		table := lang.NewTable(raftsDomain)
		for _, n := range names {
			table.Register(&Command{Name: n, Topic: lab.TopicTime, Summary: "s", Run: run})
		}
		table.Register(&Command{Name: "z", Topic: lab.TopicLab, Summary: "s", Run: run})
		return manualOf(table)
	}
	if make("a", "b", "c") != make("c", "a", "b") {
		t.Error("it does")
	}
}

// FuzzParse: whatever the line, a command is read or refused with a column in
// it, the rest of the line is found, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`tick 5 S1, S2; kill all`, `put "a b" 1 via S2 as C1`, `run until S1.up within 3`, `partition S1|S2 S3`,
		`inject AE S1 -> S2 term=1 prev="1/2"`, `! ! kill S9`, `whatif ! submit it's; x`, `goto found:1`, `cut S1<->`, `deliver AE,m1,S1->S2`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s := newSession(Options{}, fakeTable(), newFakeWorld())
		for pos := 0; pos < len(line); {
			c, next, err := s.ParseNext(line, pos)
			if c == nil {
				break
			}
			if next <= pos {
				t.Fatalf("%q: no way on from %d", line, pos)
			}
			var e *Error
			if errors.As(err, &e) && (e.Col < 0 || e.Col > len(line)+1) {
				t.Fatalf("%q: column %d", line, e.Col)
			}
			if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' }) {
				t.Fatalf("%q: the error holds a control character: %q", line, err)
			}
			pos = next
		}
		s.Complete(line, len(line))
	})
}
