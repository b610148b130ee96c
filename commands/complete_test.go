package commands

import (
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	filesOf(t, map[string]string{"demo.raft": "", "my file.raft": "", ".hidden": "", "dir/inner.raft": ""})
	for _, c := range []struct {
		line string // the cursor stands at its end
		want string // from the last word on; "" for nothing
	}{
		{"ti", "tick"},
		{"pa", "panic partition pause"},
		{"tick ", "S1 S2 S3 S4 S5 leader all up down followers"},
		{"tick 5 s", "S1 S2 S3 S4 S5"},
		{"tick 5 S1 S", "S2 S3 S4 S5"},
		{"tick 5 S1,S", "S1,S2 S1,S3 S1,S4 S1,S5"},
		{"tick x; kil", "kill"},
		{"say it's; kil", "kill"},
		{"say it's kil", ""},
		{"! kill f", "followers"},
		{"!ti", "tick"},
		{"put x 1 ", "via as"},
		{"put x 1 v", "via"},
		{"put x 1 via ", "S1 S2 S3 S4 S5"},
		{"put x 1 via S2 ", "as"},
		{"new ", "seed keep"},
		{"new 3 ke", "keep"},
		{"run ", "until"},
		{"run until S", "S1 S2 S3 S4 S5"},
		{"run until S1.co", "commit"},
		{"run until !(S1.up) && len(mess", "messages"},
		{"run until messages[0].pre", "prev"},
		{"run until messages[0].prev.", "index term"},
		{`run until clients["C1"].st`, "status"},
		{"run until nosuch.", ""},
		{"expect S2.snapshot.i", "index"},
		{"expect all(nodes, .com", "commit commit"},
		{"deliver m", "m1 m2 m3"},
		{"deliver App", "AppendEntries AppendEntriesReply"},
		{"deliver a", "AE AppendEntries AER AppendEntriesReply all"},
		{"deliver S1->S2", "S1->S2"},
		{"cut S1->", "S1->S2 S1->S3 S1->S4 S1->S5 S1->*"},
		{"partition S1 S2 | S3 ", "S4 S5 leader all up down followers"},
		{"partition S1 S2|S", "S2|S3 S2|S4 S2|S5"},
		{"inject A", "AppendEntries AppendEntriesReply AE AER"},
		{"inject AE S1->S2 ", "term= prev= entries="},
		{"set l", "latency"},
		{"set noop ", "on off"},
		{"set output j", "json"},
		{"goto e", "elected"},
		{"bug x ", "on off"},
		{"bug x on ", "on"},
		{"whatif ki", "kill"},
		{"whatif put x 1 v", "via"},
		{"help kil", "kill"},
		{"help con", "CONDITION conditions configuration"},
		{"source ", "demo.raft dir/ \"my file.raft\""},
		{"source dem", "demo.raft"},
		{"source dir/", "dir/inner.raft"},
		{`source "my`, `"my file.raft"`},
		{"source .h", ".hidden"},
		{"source nosuch/", ""},
		{"nosuch ", ""},
		{"tick 5 # ", ""},
		{"kill S1 S2 nosuch", ""},
		{"", "bug checkpoint"}, // and many more
	} {
		s, _, _ := fake(t, Options{})
		from, got := s.Complete(c.line, len(c.line))
		text := strings.Join(got, " ")
		if c.line == "" {
			text = text[:min(len(text), len(c.want)+2)]
			text = strings.TrimPrefix(text, "? ")
		}
		want := strings.ReplaceAll(c.want, "commit commit", "commit")
		if text != want {
			t.Errorf("%q: from %d: %s\n  want %s", c.line, from, text, c.want)
		}
		if from > len(c.line) {
			t.Errorf("%q: from %d", c.line, from)
		}
	}
}

func TestCompletionReplacesTheWordUnderTheCursor(t *testing.T) {
	s, _, _ := fake(t, Options{})
	for line, want := range map[string]string{
		"tick 5; kill S": "tick 5; kill S1", "expect len(mess": "expect len(messages", "expect S1.sn": "expect S1.snapshot", "cut S2->S1": "cut S2->S1",
		"kill S1,S": "kill S1,S2",
	} {
		from, got := s.Complete(line, len(line))
		if len(got) == 0 || line[:from]+got[0] != want {
			t.Errorf("%q: from %d %q", line, from, got)
		}
	}
	if from, got := s.Complete("ti 5", 2); from != 0 || len(got) != 1 || got[0] != "tick" {
		t.Errorf("in the middle: %d %q", from, got)
	}
	for _, pos := range []int{-5, 99} {
		s.Complete("tick", pos)
	}
}

func TestCompletionKnowsTheMessagesOfNow(t *testing.T) {
	s, w, _ := fake(t, Options{})
	w.messages = nil
	if _, got := s.Complete("deliver m", 9); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// What fits now comes first: what is in flight before every type of message, the servers
// that a command can do something to before the others.
func TestCompletionOffersFirstWhatFitsNow(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, "timeout S1; settle; kill S4; freeze S5; checkpoint here; heartbeat; drop AE S1->S3; drop AE S1->S5")
	for line, first := range map[string]string{
		"deliver ": "m17 m19 AE AppendEntries all S1->S2 S1->S4 S1", "deliver A": "AE AppendEntries all", "restart ": "S4 leader all",
		"wipe ": "S4 leader S1", "kill ": "S1 S2 S3 S5 leader", "thaw ": "S5 leader", "freeze ": "S1 S2 S3 leader", "timeout ": "S2 S3 leader",
		"help w": "watch waypoint web whatif why wipe", "transfer ": "S2 S3 leader", "heartbeat ": "S1 leader S2", "goto ": "here main", "put x 1 via ": "S1 S2 S3 S5 leader S4",
	} {
		_, got := s.Complete(line, len(line))
		if all := strings.Join(got, " "); !strings.HasPrefix(all+" ", first+" ") {
			t.Errorf("%q: %s\n  want %s first", line, all, first)
		}
	}
}

// Where a few words could stand and none does, the error names them, also where the words before decide which.
func TestWhatIsMissingIsNamed(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"set theme": "auto, dark, light or mono is missing", "set noop": "on or off is missing", "set latency": "VALUE is missing",
		"set pace": "VALUE is missing", "get x reads": "reads needs log, read-index, lease or local after it",
		"set latency 3..1": "the range 3..1 of latency ends before it begins; write 1..3",
	} {
		if _, err := s.says(line); err == nil || strings.Split(err.Error(), "\n")[0] != want {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Where a number may stand its range is said, and where a setting's value cannot be listed
// what it takes; a word that is begun says nothing.
func TestCompletionSaysTheRange(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"tick ": "TICKS: a whole number from 1 to 1000000", "undo ": "COUNT: a whole number from 1 to ", "tick 5 ": "", "tick S": "",
		"set latency ": "latency: ticks from 1 to 1000000, one number or a range such as 20..40; now it is 1", "set noop ": "",
		"whatif tick ": "TICKS: a whole number", "run until leader != nil within ": "", "explore depth ": "COUNT: a whole number from ",
	} {
		got := strings.Join(s.Wanted(line, len(line)), "\n")
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// What comes next is said as usage lines say it: not what has begun, nor an option that
// stands there.
func TestHint(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"": "", "put": " KEY VALUE [via NODE] [as CLIENT]", "put x": " VALUE [via NODE] [as CLIENT]", "put x 1 via ": "NODE [as CLIENT]",
		"put x 1 via S2": " [as CLIENT]", "run ": "[TICKS] | until CONDITION [within TICKS]", "run 5": "", "run until ": "CONDITION [within TICKS]",
		"expect leader.id": "", "say hello ": "", "status": "", "status; ki": " NODES", "kill S1 ": "", "kill S9 ": "", "nosuch ": "",
		"# put": "", "put x # ": "", "whatif put x": " VALUE [via NODE] [as CLIENT]", "! kill ": "NODES", "repeat 3 \"put ": "",
		"tick 5 ": "[NODES]", "new 5 seed 3": " [keep] [guest [COMMAND]] [on NODES] [own]", "inject AE": " LINK [FIELD=VALUE…]",
	} {
		if got := s.Hint(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
