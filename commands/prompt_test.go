package commands

import (
	"testing"
)

// At the prompt a beginning that only one command has is enough, and a node
// alone is shown; what is kept and saved are the names in full.
func TestAtPrompt(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "status")
	for line, want := range map[string]string{
		"sett S1":                      "sett S1", // set, settings, settle
		"settl; stat":                  "settle; stat",
		"timeo s1; settl # and S2":     "timeout s1; settle # and S2",
		"S1":                           "node S1",
		" s2 ; S3 # and that is all":   " node s2 ; node S3 # and that is all",
		"S1 S2":                        "S1 S2",
		"S9":                           "S9",
		"! kil S9; ! S1":               "! kill S9; ! node S1",
		"wha kil S1":                   "whatif kill S1",
		"why no leader":                "why no leader",
		"why S2; why S2 not leader":    "why S2; why S2 not leader",
		"why no; why s3":               "why no; why s3",
		"why not kil S1; settl":        "why not kill S1; settle",
		"why m1; settl":                "why m1; settle",
		"say kil S1; kil S1":           "say kil S1; kill S1",
		`put "kil" kil; "kil" S1`:      `put "kil" kil; "kil" S1`,
		"expec leader == nil; heartb":  "expect leader == nil; heartbeat",
		"statsu":                       "statsu",
		"":                             "",
		" ;; # nothing":                " ;; # nothing",
		"undo; net; m":                 "undo; net; m",
		`put "not closed; kil S1`:      `put "not closed; kil S1`,
		"S1.log; leader.term":          "print S1.log; print leader.term",
		`leader.kv["x"] == "1" # so`:   `print leader.kv["x"] == "1" # so`,
		"messages[0].type; net":        "print messages[0].type; net",
		"S9.log; s1.log; foo.log; S1.": "S9.log; print s1.log; foo.log; S1.",
	} {
		if got := s.AtPrompt(line); got != want {
			t.Errorf("%q is meant as %q, want %q", line, got, want)
		}
	}
	for _, name := range table.Names() { // a name in full is itself, whatever else begins so
		if got := s.AtPrompt(name); got != name {
			t.Errorf("%s is meant as %s", name, got)
		}
	}
}

// Enter alone plays an election before the first command, and nothing after it.
func TestEnterAtTheBeginning(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	line := s.EmptyLine()
	says(t, s, line, []string{"leads term 1, and", "Now try put x 1"})
	if again := s.EmptyLine(); line != "play once" || again != "" {
		t.Errorf("first %q, then %q", line, again)
	}
	for _, next := range []string{"put x 1; settle", "kill leader; run"} { // which it names
		says(t, s, next, nil)
	}
	if live := liveSession(t, ""); live.EmptyLine() != "" {
		t.Error("a live cluster elects by itself")
	}
}

// Whatever is typed, what it is meant as stays as it is, and only ever gets
// longer names.
func FuzzAtPrompt(f *testing.F) {
	for _, line := range []string{"timeo s1; settl # and S2", "! kil S9; ! S1", `say "kil; S1`, "wha wha kil", ";;S1;", "\x00", "put 'a;b' S1; S1", "expec S1.kv == {}; S1"} {
		f.Add(line)
	}
	s, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		once := s.AtPrompt(line)
		if twice := s.AtPrompt(once); twice != once || len(once) < len(line) {
			t.Errorf("%q is meant as %q, and that as %q", line, once, twice)
		}
	})
}
