package share_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/guest"
	"raftlab/commands"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/share"
	"raftlab/docs"
	"raftlab/raft"
)

func sessionWith(t *testing.T, o commands.Options, lines ...string) *commands.Session {
	t.Helper()
	if o.Nodes == 0 {
		o.Nodes, o.Seed = 5, 1
	}
	s, err := commands.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, line := range lines {
		run(t, s, line)
	}
	return s
}

func run(t *testing.T, s *commands.Session, line string) {
	t.Helper()
	if err := s.Run(t.Context(), line, lang.Silent{}); err != nil {
		t.Fatalf("%.100s: %v", line, err)
	}
}

func labOf(s *commands.Session) *lab.Lab { return s.World().(*lab.Lab) }

func printOf(s *commands.Session) share.Printed { return share.PrintOf(labOf(s).World()) }

var inJSON = regexp.MustCompile(`"text":"([0-9A-Za-z]+)"`)

// shared is what share prints now.
func shared(t *testing.T, s *commands.Session) string {
	t.Helper()
	k := &shown{}
	if err := s.Run(t.Context(), "share", k); err != nil {
		t.Fatal(err)
	}
	m := inJSON.FindStringSubmatch(string(k.last.JSON()))
	if m == nil {
		t.Fatalf("share shows %s", k.last.JSON())
	}
	return m[1]
}

type shown struct {
	lang.Silent
	last *lang.Result
}

func (k *shown) Show(r *lang.Result) { k.last = r }

// scripts are those of docs that end in a cluster.
func scripts(t *testing.T) map[string]string {
	all := map[string]string{}
	for _, name := range docs.Scenarios() {
		all["scenario "+name], _ = docs.Scenario(name)
	}
	for _, name := range docs.Bugs() {
		all["bug "+name], _ = docs.Bug(name)
	}
	for _, name := range docs.Lessons() {
		all["lesson "+name], _ = docs.Lesson(name)
	}
	all["the first five minutes"] = fiveMinutes(t)
	return all
}

// fiveMinutes is what README's first part types.
func fiveMinutes(t *testing.T) string {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n## The first five minutes\n")
	part, _, _ = strings.Cut(part, "\n## ")
	var script strings.Builder
	for line := range strings.Lines(part) {
		if typed, ok := strings.CutPrefix(line, "> "); ok {
			script.WriteString(typed)
		}
	}
	if script.Len() == 0 {
		t.Fatal("README has no first five minutes")
	}
	return script.String()
}

// TestWhatIsSharedOpens shares every script of docs at its end, and opens it elsewhere.
func TestWhatIsSharedOpens(t *testing.T) {
	all := scripts(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sessionWith(t, commands.Options{KeepGoing: true})
			_ = s.RunScript(t.Context(), name, strings.NewReader(all[name]), lang.Silent{})
			text := shared(t, s)
			if len(text) >= 600 {
				t.Errorf("%d letters", len(text))
			}
			there := sessionWith(t, commands.Options{}, "machine counter", "timeout S2; settle")
			if strings.Contains(name, "build-your-own") { // its servers are another program
				runs(t, there, 0)
			}
			run(t, there, "open "+text)
			if printOf(there) != printOf(s) {
				t.Error("another state is opened")
			}
			if again := shared(t, there); again != text {
				t.Errorf("it is shared again as %s, not %s", again, text)
			}
		})
	}
}

// TestOpenIsOneStep leaves the session before as it was.
func TestOpenIsOneStep(t *testing.T) {
	text := shared(t, sessionWith(t, commands.Options{}, "timeout S1; settle; put x 1; kill S1"))
	s := sessionWith(t, commands.Options{}, "set latency 1..3; timeout S2; settle")
	before, here := printOf(s), labOf(s).Here()
	run(t, s, "open https://example.org/raftlab/#"+text)
	if printOf(s) == before {
		t.Fatal("nothing is opened")
	}
	run(t, s, "undo")
	if printOf(s) != before || labOf(s).Here() != here {
		t.Errorf("undo leads to %s, not %s", labOf(s).Here(), here)
	}
	run(t, s, "open "+text[:7]+" "+text[7:])
	run(t, s, "goto "+here)
	if printOf(s) != before {
		t.Error("the session before is not the same any more")
	}
	run(t, s, "whatif open "+text)
	if printOf(s) != before {
		t.Error("what is only tried changes the session")
	}
}

// TestNothingElseCanStandInAText makes texts by hand.
func TestNothingElseCanStandInAText(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("evil.raft", []byte("timeout S1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, lines := range []string{
		"", "timeout S1", "status", "set noop off", "quit", "# new", "new; source evil.raft", "new\nsource evil.raft",
		"new\nsave x.raft", "new\nexport x.html", "new\nopen 44qN34", "new\nscenario figure-8", "new\nlesson 1",
		`new 3 guest "touch pwned"`, `new 3 guest "touch pwned" on S1`, "new\nguest reload",
		"new\nset guest-timeout 10ms", "new\nset history off", "new\nset \"history\" off", "new\nset output json",
		"new\nset autosave off", "new\nrepeat 100000 \"tick\"", "new\nexplore", "new\nfuzz", "new\nsay hello",
		"new\nwatch leader", "new\npin", "new\nclear", "new\nexpect true", "new\n! new", "new\n!timeout S9",
		"new\nwhatif timeout S1", "new\nplay", "new\ncheckpoint a", "new\ngoto 0", "new\nundo", "new\nhistory",
		"new\nquietly timeout S1", "new\ntimeout S1\nnew", "new\nnew keep\nnew keep", "new\ntimeout S1\nmachine log",
		"new\n\x1b]0;owned\x07", "new\nput \"\x00\" 1", "new\nput x \xff", "new\ntick\r\nquit", "new\nput x \"1",
		"new\nno such command", "new\ntimeout S9", "new\n;;quit", "new\n\n",
		"new\n" + strings.Repeat("(", 70_000), "new\nrun until " + strings.Repeat("(", 60_000),
		"new\nrun until " + strings.Repeat("not ", 10_000) + "true",
	} {
		text, err := share.Encode(strings.Split(lines, "\n"), share.Printed{})
		if err != nil {
			t.Fatal(err)
		}
		s := sessionWith(t, commands.Options{}, "machine counter", "timeout S2; settle")
		before, here := printOf(s), labOf(s).Here()
		err = s.Run(t.Context(), "open "+text, lang.Silent{})
		if err == nil || !strings.Contains(err.Error(), "of the text") || strings.Contains(err.Error(), "a fault") {
			t.Errorf("%.60q: %v", lines, err)
		} else if i := strings.IndexFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' }); i >= 0 {
			t.Errorf("%.60q: the error has control characters: %q", lines, err)
		}
		if printOf(s) != before || labOf(s).Here() != here || labOf(s).Machine != "counter" {
			t.Errorf("%.60q: something was done", lines)
		}
		if kept, _ := s.Kept(); strings.Contains(string(kept), "settings") {
			t.Errorf("%.60q: a setting of the console has changed", lines)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files were written: %v", files)
	}
}

// TestAnotherStateIsNotOpened says so of a text that leads somewhere else.
func TestAnotherStateIsNotOpened(t *testing.T) {
	text, _ := share.Encode([]string{"new 3 seed 1", "timeout S1", "settle"}, share.Printed{1})
	s := sessionWith(t, commands.Options{}, "timeout S2; settle")
	before := printOf(s)
	err := s.Run(t.Context(), "open "+text, lang.Silent{})
	if err == nil || !strings.Contains(err.Error(), "another state") || printOf(s) != before {
		t.Errorf("%v", err)
	}
}

// TestAPrintTellsStatesApart has states that differ in one thing each.
func TestAPrintTellsStatesApart(t *testing.T) {
	seen := map[share.Printed]string{}
	for _, lines := range []string{
		"", "tick", "tick S1", "timers S1 7", "timeout S1", "timeout S1; drop all", "timeout S1; drop m1",
		"timeout S1; delay m1 5", "timeout S1; duplicate m1", "kill S1", "freeze S1", "cut S1->S2", "cut S2->S1",
		"set noop off", "set latency 2", "bug vote-any on", "bug vote-any on on S2", "bug random seed 1", `given S1 log "1"`,
		`given S1 log "1" commit 1`, `given S1 log "2"`, `given S1 log "1:x=1"`, `given S1 log "1:x=2"`,
		`given S1 log "1" term 2`, `given S1 log "1" term 2 vote S3`, `given S1 log "1" term 2 vote S2`,
		`given S1 snapshot 1/1 "x=1"`, `given S1 snapshot 1/1 "x=2"`, `given S1 snapshot 2/1 "x=1"`,
		"given S1 voters S1 S2 S3", "timeout S1; settle", "timeout S1; settle; put x 1", "timeout S1; settle; put x 1 as C2",
		"timeout S1; settle; put x 2", "timeout S1; settle; put x 1; drop all", "timeout S1; settle; put x 1; settle",
		"timeout S1; settle; put x 1; settle; heartbeat; settle", "timeout S1; settle; put x 1; retry",
		"timeout S1; deliver S1->S2; deliver S2->S1", "timeout S1; deliver S1->S3; deliver S3->S1", "new 4", "new 6",
		"new 5 seed 2", "set fsync off; timeout S1", "set fsync off; timeout S1; sync S1", "machine counter; new",
		`given S1 log "1"; given S2 log "1" commit 1`, `inject RequestVoteReply S2->S1 term=1 granted=true`,
		`inject RequestVoteReply S2->S1 term=1 granted=false`, `inject AppendEntriesReply S2->S1 term=1 success=true match=0`,
		`inject AppendEntries S2->S1 term=1 prev=0/0 entries="1:x=1" commit=0`,
		`inject AppendEntries S2->S1 term=1 prev=0/0 entries="1:x=2" commit=0`,
		`inject AppendEntries S2->S1 term=1 prev=0/0 entries="1:x=1" commit=1`,
	} {
		s := sessionWith(t, commands.Options{}, lines)
		p := printOf(s)
		if other, ok := seen[p]; ok && lines != "machine counter; new" {
			t.Errorf("%q and %q have one print", lines, other)
		}
		seen[p] = lines
	}
}

// TestOpenCanBeInterrupted, and then nothing was opened.
func TestOpenCanBeInterrupted(t *testing.T) {
	for _, long := range []string{"run 1000000000", "settle limit 1000000000", "step 1000000"} {
		text, _ := share.Encode([]string{"new 9", "set latency 1..3", "timeout S1", long}, share.Printed{})
		s := sessionWith(t, commands.Options{}, "timeout S2; settle")
		before := printOf(s)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := s.Run(ctx, "open "+text, lang.Silent{})
		if err == nil || long[0] == 'r' && !lang.Ends(err) || printOf(s) != before {
			t.Errorf("%s: %v", long, err)
		}
	}
}

// TestATextStartsNoProgram, not even the one that every new cluster of the session runs.
func TestATextStartsNoProgram(t *testing.T) {
	text := shared(t, sessionWith(t, commands.Options{}, "timeout S1; settle"))
	s := sessionWith(t, commands.Options{}, "new 3 guest; timeout S1; settle")
	labOf(s).Guests.Command = "no such program"
	run(t, s, "open "+text)
	if on, _ := labOf(s).World().Guests(); !on.Empty() {
		t.Errorf("%s run a program", on)
	}
	for _, lines := range []string{"new 3 guest", "new 3 guest on S2", "new 3 seed 1 own guest",
		"machine log\nnew 3 guest", "new\nset noop off\nnew keep guest"} {
		text, _ := share.Encode(strings.Split(lines, "\n"), share.Printed{})
		s := sessionWith(t, commands.Options{}, "new 3 guest; timeout S2; settle") // raftlab's own, behind the protocol
		before, programs := printOf(s), len(labOf(s).Guests.Programs())
		err := s.Run(t.Context(), "open "+text, lang.Silent{})
		if err == nil || !strings.Contains(err.Error(), `start raftlab with --guest "COMMAND"`) {
			t.Errorf("%q: %v", lines, err)
		}
		if printOf(s) != before || len(labOf(s).Guests.Programs()) != programs {
			t.Errorf("%q: something was done", lines)
		}
	}
}

// runs has a session run raftlab's own core behind the protocol as the program of --guest, with bugs.
func runs(t *testing.T, s *commands.Session, bugs raft.Mutants) {
	t.Helper()
	p, err := guest.OpenFunc(func() func([]byte) []byte {
		return guest.Reference(&raft.Options{Mutants: bugs})
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Command = "mine --secret"
	labOf(s).Guests.Add(p)
	labOf(s).Guests.Command = p.Command
}

// TestGuestsAreSharedWithoutTheirProgram: a text says which servers are guests. Where a person has named a
// program, that one runs, and what it does decides where the text leads.
func TestGuestsAreSharedWithoutTheirProgram(t *testing.T) {
	const votes = "timeout S1; timeout S2; deliver S1->S3; deliver S2->S3"
	for _, test := range []struct {
		lines       string
		here, there raft.Mutants
		says        string
		reached     bool
	}{
		{"new 3 guest; " + votes, 0, 0, "to the state that it promises", true},
		{"new 3 guest on S3; set judge say; " + votes, raft.VoteAny, raft.VoteAny,
			"to the state that it promises", true},
		{"new 3 guest; " + votes, raft.VoteAny, 0, "is not the one that the text promises", false},
		{"new 3 guest on S1 S3; " + votes + "; deliver S3->S1; deliver S1->S3; deliver S3->S2; deliver AE S2->S3",
			raft.VoteAny, 0, "which is refused here: nothing in flight matches", false},
	} {
		s := sessionWith(t, commands.Options{})
		runs(t, s, test.here)
		run(t, s, test.lines)
		text := shared(t, s)
		lines, _, err := share.Decode(text)
		if err != nil || strings.Contains(strings.Join(lines, "\n"), "mine") {
			t.Errorf("%s: the text holds %q: %v", test.lines, lines, err)
		}
		there, k := sessionWith(t, commands.Options{}), &shown{}
		runs(t, there, test.there)
		if err := there.Run(t.Context(), "open "+text, k); err != nil {
			t.Fatalf("%s: %v", test.lines, err)
		}
		said := fmt.Sprint(k.last.View, string(k.last.JSON()))
		if !strings.Contains(said, test.says) || strings.Contains(said, `"reached":true`) != test.reached {
			t.Errorf("%s: %s, want %q", test.lines, said, test.says)
		}
		if was, _ := labOf(s).World().Guests(); true {
			if on, _ := labOf(there).World().Guests(); on != was {
				t.Errorf("%s: guests are %s, and were %s", test.lines, on, was)
			}
		}
		run(t, there, "undo")
	}
}

// TestEveryCommandIsJudged: a command that changes the world can stand in a text or cannot,
// and which of them was thought about.
func TestEveryCommandIsJudged(t *testing.T) {
	never := strings.Fields("open repeat source scenario quietly play")
	can := append(strings.Fields("new machine set back forward"), share.Standing...)
	s := sessionWith(t, commands.Options{})
	for _, c := range s.Table.Commands() {
		switch judged := slices.Contains(never, c.Name) || slices.Contains(can, c.Name); {
		case c.Changes && !judged:
			t.Errorf("can %s stand in a text of share? commands/share/share.go says it of each", c.Name)
		case c.Lasting && slices.Contains(can, c.Name):
			t.Errorf("%s can stand in a text, and cannot be taken back", c.Name)
		}
	}
	for _, name := range can {
		if s.Table.Lookup(name) == nil {
			t.Errorf("there is no command %s", name)
		}
	}
}
