package commands

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"raftlab/cluster/picture"
	"raftlab/commands/lab"
	"raftlab/raft"
)

// Compile makes a condition over a cluster of these nodes.
func Compile(src string, nodes []raft.ID) (*lab.Cond, error) {
	return lab.Conditions.Compile(src, idNames(nodes))
}

// CompileValue makes an expression.
func CompileValue(src string, nodes []raft.ID) (*lab.Cond, error) {
	return lab.Conditions.CompileValue(src, idNames(nodes))
}

func idNames(nodes []raft.ID) (names []string) {
	for _, id := range nodes {
		names = append(names, id.String())
	}
	return names
}

// scene is a cluster of three with a leader, S2, and some mail.
func scene() *lab.Vocabulary {
	v := fakeVocabulary(3)
	v.Nodes[1].Role, v.Nodes[1].Leader = "leader", "S2"
	v.Nodes[1].Match = map[string]int{"S1": 2, "S3": 1}
	v.Nodes[1].Entries = []EntryView{{Index: 1, Term: 1, Kind: "noop"}, {Index: 2, Term: 1, Kind: "command", Data: "x=1"}}
	v.Nodes[1].Log = "1 1"
	v.Leader, v.Leaders = v.Nodes[1], v.Nodes[1:2]
	v.Messages = []*MessageView{{ID: "m4", Type: "AppendEntries", From: "S2", To: "S1", Term: 1, Prev: PlaceView{Index: 1, Term: 1}, Entries: v.Nodes[1].Entries[1:]}}
	v.Clients["C1"] = &ClientView{ID: "C1", Status: "pending", Index: 2}
	v.Clock = 7
	return v
}

func TestConditions(t *testing.T) {
	three := []raft.ID{1, 2, 3}
	for src, want := range map[string]bool{
		`leader != nil`:                                       true,
		`leader == nil`:                                       false,
		`nil != leader && leader.id == "S2"`:                  true,
		`leader == S2 && leader != S1`:                        true,
		`leader.match["S1"] == 2`:                             true,
		`leader.match["S9"] == 0`:                             true,
		`S1.kv["x"] == "1" and len(violations) == 0`:          true,
		`S1.kv["nope"] == "1"`:                                false,
		`!("nope" in S1.kv) && "x" in S1.kv`:                  true,
		`not ("x" in S1.kv)`:                                  false,
		`all(nodes, .term == 1)`:                              true,
		`all(nodes, .commit == 2)`:                            false,
		`any(nodes, {.commit == 2 && .kv["x"] == "1"})`:       true,
		`S2.log == "1 1" && S2.entries[-1].data == "x=1"`:     true,
		`messages[0].prev.index == 1 && len(messages) == 1`:   true,
		`all(messages, .type == "AppendEntries")`:             true,
		`none(messages, .granted)`:                            true,
		`clients["C1"].status == "pending"`:                   true,
		`len(leaders) == 1 || S1.up == false`:                 true,
		`count(nodes, .role == "follower") == 2`:              true,
		`clock * 2 + 1 == 15 && clock in 1..9`:                true,
		`(leader ?? S1).id == "S2"`:                           true,
		`S1.kv == {"x": "1"} && {"x": "1"} == S1.kv`:          true,
		`S1.kv == {} || S1.kv != {"x": "1"}`:                  false,
		`S1.kv == {"x": 1} || S1.kv == {"x": "1", "y": "2"}`:  false,
		`leader.match == {"S1": 2, "S3": 1}`:                  true,
		`all(nodes, .kv == {"x": "1"})`:                       true,
		`S1.match == {}`:                                      false,
		`S1.match != {"S1": 2}`:                               false,
		`len(bugs) == 0 && explored == nil`:                   true,
		`"S2" in map(leaders, .id)`:                           true,
		`sum(nodes, .commit) == 3`:                            true,
		`'é' == "é" ? true : false`:                           true,
		`nodes[1] == leader && S1 != S2`:                      true,
		`len(filter(nodes, .id != "S1" and .commit > 0)) > 1`: true,
	} {
		c, err := Compile(src, three)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for range 2 { // again with the same program
			if got, err := c.Holds(scene()); err != nil || got != want {
				t.Errorf("%s: %v, %v", src, got, err)
			}
		}
	}
}

func TestWhatIsNotThereMakesAConditionFalseAndIsSaid(t *testing.T) {
	for src, why := range map[string]string{
		`leader.id == "S1"`:                                      "leader.id has no value: no server leads",
		`!(leader.id == "S1")`:                                   "leader.id has no value: no server leads",
		`leader.match["S1"] == 0`:                                `leader.match["S1"] has no value: no server leads`,
		`messages[0].type == "x"`:                                "messages[0].type has no value: messages is empty",
		`S1.entries[5].term > 0`:                                 "S1.entries[5].term has no value: S1.entries is empty",
		`nodes[7].up`:                                            "nodes[7].up has no value: nodes has 3, numbered from 0",
		`clients["C9"].status == "a"`:                            `clients["C9"].status has no value: there is no such client`,
		`clients.C9.status == "a"`:                               `clients["C9"].status has no value: there is no such client`,
		`explored.outcome == "breach"`:                           "explored.outcome has no value: nothing has been explored yet",
		`first(leaders).id == "S1"`:                              "first(leaders).id has no value: first(leaders) is not there",
		`find(nodes, .id == "S9").up`:                            "find(nodes, .id == \"S9\") is not there",
		`filter(nodes, .term > 7)[0].up`:                         "filter(nodes, .term > 7) is empty",
		`find(nodes, .id == "S1").role == "leader"`:              `find(nodes, .id == "S1").role is "follower"`,
		`all(nodes, .term == find(nodes, .id == "S2").term + 1)`: `find(nodes, .id == "S2").term is 1`,
		`leader?.id == "S1"`:                                     "leader?.id is nil",
		`violations[0].property == "x"`:                          "violations[0].property has no value: violations is empty",
		`all(nodes, .entries[0].term == 1)`:                      "nodes .entries[0].term: S1 not there, S2 not there, S3 not there",
		`any(nodes, .entries[3].term == 9) || S1.up`:             "nodes .entries[3].term: S1 not there",
		`none(nodes, .match["S1"] == 3)`:                         `nodes .match["S1"]: S1 not there`,
		`S1.match == {"S2": 1}`:                                  "S1.match has no value: only a leader has it",
	} {
		c, err := Compile(src, []raft.ID{1, 2, 3})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := fakeVocabulary(3)
		if got, err := c.Holds(v); got || err != nil {
			t.Errorf("%s: %v, %v", src, got, err)
		}
		if got := strings.Join(c.Why(v), "; "); !strings.Contains(got, why) {
			t.Errorf("%s: %q, want %q", src, got, why)
		}
	}
}

func TestAFailureTellsTheValuesOfTheNamesUsed(t *testing.T) {
	for src, want := range map[string]string{
		`leader.id == "S1" && S1.commit == 3`:      `leader.id is "S2"; S1.commit is 0`,
		`all(nodes, .commit == 3)`:                 `nodes .commit: S1 0, S2 1, S3 2`,
		`all(nodes, .kv["x"] == leader.id)`:        `nodes .kv["x"]: S1 "1", S2 "1", S3 "1"; leader.id is "S2"`,
		`len(leaders) == 2`:                        `leaders is [S2]`,
		`len(violations) > 0`:                      `violations is empty`,
		`leader == nil`:                            `leader is S2`,
		`S1.kv["x"] == "2" && S1.kv["x"] == "3"`:   `S1.kv["x"] is "1"`,
		`S1.kv["nope"] == "1"`:                     `S1.kv["nope"] is "", because S1.kv has no "nope"`,
		`all(messages, .type == "RV")`:             `messages .type: m4 "AppendEntries"`,
		`clock > 9 && all(leaders, .id in ["S1"])`: `clock is 7; leaders .id: S2 "S2"`,
		`S2.snapshot.index == 1`:                   `S2.snapshot.index is 0`,
		`S1.kv == S2.match`:                        ``,
		`any(nodes, any(.entries, .term == 9))`:    `nodes .entries: S1 empty, S2 [1/1 , 2/1 x=1], S3 empty`,
		`"y" in S1.kv`:                             `S1.kv is [x="1"]`,
	} {
		c, err := Compile(src, []raft.ID{1, 2, 3})
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", src, err)
			}
			continue
		}
		if got := strings.Join(c.Why(scene()), "; "); got != want {
			t.Errorf("%s\n  %s\n  want %s", src, got, want)
		}
	}
}

func TestConditionsThatDoNotCompileSayWhereAndWhatInstead(t *testing.T) {
	for _, c := range []struct {
		src  string
		col  int
		want string
	}{
		{`S9.up`, 1, "there is no S9\n|the servers are S1 to S3"},
		{`S1.up && S7.up`, 10, "there is no S7"},
		{`s1.up`, 1, "did you mean S1?"},
		{`laeder.id == "S1"`, 1, "did you mean leader or leaders?"},
		{`S1.comit == 3`, 4, `a server has no "comit"|did you mean commit?`},
		{`all(nodes, .comit == 3)`, 13, "did you mean commit?"},
		{`messages[0].typ == "x"`, 13, `a message has no "typ"|did you mean type?`},
		{`S1.zzzzz`, 4, "it has id, up"},
		{`nodes.commit == 3`, 7, "ask one of it"},
		{`len(nodes)`, 1, "a condition is true or false, but this is a number"},
		{`leader`, 1, "but this is a server"},
		{`S1.kv["x"] == 1`, 12, "== cannot be used between a text and a number|in quotes"},
		{`S1.commit == "3"`, 11, "between a number and a text"},
		{`S1.commit && S1.up`, 11, "&& joins what is true or false"},
		{`S1.commit = 3`, 11, "== compares"},
		{`len(leaders) ==`, 16, "something is missing at the end"},
		{`S1.up &&& S2.up`, 9, "is not expected here"},
		{`'é' == 'é' && S9.up`, 17, "there is no S9"},
		{`now() == 1`, 1, "must not depend on the day"},
		{`!S1.commit`, 1, "! does not go with a number"},
		{`foo`, 1, "put a text in quotes"},
		{`S1.up matches "["`, 7, "cannot be understood"},
		{`S1.vote matches "["`, 9, "missing closing ]"},
		{`S1.next[nosuch] == 1`, 9, "there is no nosuch"},
		{`any(nodes, {nosuch == 1})`, 13, "there is no nosuch"},
		{`"a" + nosuch == "a"`, 7, "there is no nosuch"},
		{`repeat(nosuch, 2) == ""`, 8, "there is no nosuch"},
		{`repeat("a", "b") == ""`, 13, "to call repeat"},
		{`[nosuch] == [1]`, 2, "there is no nosuch"},
	} {
		_, err := Compile(c.src, []raft.ID{1, 2, 3})
		e, ok := err.(*Error)
		if !ok {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		text := e.Msg + "\n" + e.Hint
		for _, want := range strings.Split(c.want, "|") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q, want %q", c.src, text, want)
			}
		}
		if e.Col != c.col || strings.Contains(text, "commands.") {
			t.Errorf("%s: column %d, want %d: %q", c.src, e.Col, c.col, text)
		}
	}
}

func TestUsesTellsWhatAConditionLooksAt(t *testing.T) {
	for _, c := range []struct{ src, uses, not string }{
		{`S1.kv["x"] == "1"`, "S1 kv", "entries S2 messages violations"},
		{`all(nodes, .commit == 3 && "x" in .kv)`, "nodes commit kv", "entries log"},
		{`leader != nil and leader.id == "S1"`, "leader id", "kv entries"},
		{`S1 == leader`, "kv entries", ""},
		{`toJSON(S1) == ""`, "kv entries", ""},
		{`len(violations) == 0`, "violations", "messages kv"},
		{`S1["commit"] == 1`, "commit", "kv"},
		{`$env["S1"].commit == 1`, "kv commit", ""},
	} {
		cond, err := Compile(c.src, []raft.ID{1, 2})
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		for _, word := range strings.Fields(c.uses) {
			if !cond.Uses(word) {
				t.Errorf("%s uses %s", c.src, word)
			}
		}
		for _, word := range strings.Fields(c.not) {
			if cond.Uses(word) {
				t.Errorf("%s does not use %s", c.src, word)
			}
		}
	}
	if !(*lab.Cond)(nil).Uses("kv") {
		t.Error("a nil condition uses everything")
	}
}

// A condition names what is written in it, and a text is no name.
func TestNamesTellsWhatIsWritten(t *testing.T) {
	for src, want := range map[string]bool{
		`len(violations) == 0`: true, `true || len(violations) == 0`: true, `len(violations) >= 0 || true`: true, `violations != nil`: true,
		`$env["violations"] == []`: true, `$env.violations == []`: true, `!any(violations, .property == "x")`: true,
		`"violations" != ""`: false, `S1.kv["violations"] == ""`: false, `true`: false, `S1.role == "violations"`: false,
	} {
		cond, err := Compile(src, []raft.ID{1, 2})
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if cond.Names("violations") != want {
			t.Errorf("%s names violations: %v", src, !want)
		}
	}
}

func TestExpressionsMayBeAnything(t *testing.T) {
	for src, want := range map[string]any{
		`leader.id`: "S2", `len(messages)`: 1, `explored`: nil, `clients["C9"]`: nil, `clients["C9"].status`: nil, `S1.up`: true,
		`$env["clock"]`: 7,
	} {
		c, err := CompileValue(src, []raft.ID{1, 2, 3})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Value(scene()); err != nil || got != want {
			t.Errorf("%s: %v, %v", src, got, err)
		}
	}
}

func TestACloneIsIndependent(t *testing.T) {
	c, err := Compile(`S1.commit == 0 && all(nodes, .up)`, []raft.ID{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	for range 2 {
		go func(c *lab.Cond) {
			ok := true
			for range 1000 {
				holds, err := c.Holds(fakeVocabulary(2))
				ok = ok && holds && err == nil
			}
			done <- ok
		}(c.Clone())
	}
	for range 2 {
		if !<-done {
			t.Error("a clone failed")
		}
	}
}

func TestANodeThatCameOrWentSinceCompiling(t *testing.T) {
	c, err := Compile(`S3.up`, []raft.ID{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := c.Holds(fakeVocabulary(2)); holds || err != nil {
		t.Errorf("S3 is gone: %v, %v", holds, err)
	}
}

// Every member of the vocabulary has its word for conditions and the same one
// for JSON, and says what it is.
func TestTheVocabularyIsOne(t *testing.T) {
	all := []reflect.Type{reflect.TypeFor[lab.Vocabulary](), reflect.TypeFor[picture.Picture]()}
	for _, thing := range lab.Conditions.Things {
		all = append(all, thing.Type)
	}
	for _, v := range all {
		for i := range v.NumField() {
			f := v.Field(i)
			if f.Anonymous || f.Tag.Get("expr") == "-" && f.Tag.Get("json") == "-" { // its own are words, or it is none
				continue
			}
			json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if word := f.Tag.Get("expr"); word == "" || word != json || f.Tag.Get("doc") == "" {
				t.Errorf("%s.%s: expr %q, json %q, doc %q", v.Name(), f.Name, word, json, f.Tag.Get("doc"))
			}
		}
	}
}

// FuzzCondition: a condition compiles or its error points into it; when it
// compiles, Why says something without failing.
func FuzzCondition(f *testing.F) {
	for _, s := range []string{`S1.kv["x"] == "1"`, `all(nodes, any(.entries, #.term > 0))`, `leader?.id ?? "x" == 'é'`, `let a = S1; a.up`, `{"a": 1}["a"] == 1`, "messages[0:1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Compile(src, []raft.ID{1, 2, 3})
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Col < 1 || e.Col > len(src)+1 || e.Error() == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		v := scene()
		c.Holds(v)
		c.Why(v)
	})
}

func BenchmarkHolds(b *testing.B) {
	c, err := Compile(`leader != nil && leader.id != "S1" && all(nodes, .commit >= 0)`, []raft.ID{1, 2, 3})
	if err != nil {
		b.Fatal(err)
	}
	v := scene()
	b.ReportAllocs()
	for b.Loop() {
		c.Holds(v)
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(`S1.kv["x"] == "1" and len(nodes) == 2 && leader.id == "S1"`, []raft.ID{1, 2, 3, 4, 5}); err != nil {
			b.Fatal(err)
		}
	}
}

// A constant beside a question about what is not there hides nothing: the whole condition is false.
func TestConstantsHideNothing(t *testing.T) {
	for _, src := range []string{"leader.term > 0 || true", "leader.term > 0 || 1 == 1", "!(leader.term > 0 && false)",
		"leader.term > 0 ? true : true", "S1.entries[0].term == 1 || true", `leader.id in ["S1"] or 2 in 1..3`} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1})
		err := s.Run(context.Background(), "expect "+src, &screen{})
		if err == nil || !strings.Contains(err.Error(), "has no value") {
			t.Errorf("%s: %v", src, err)
		}
	}
}
