package guest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"raftlab/cluster/rules"
	"raftlab/raft"
)

// realRun is servers on a network of their own that loses, copies and delays; they
// crash, and start again from what they saved. What they do is written down.
type realRun struct {
	*rand.Rand
	program func([]byte) []byte
	bugs    raft.Mutants
	state   map[string]json.RawMessage // by server; none: it is down
	stable  map[string]json.RawMessage
	flights []flight
	lines   []string
}

type flight struct {
	to    string
	input map[string]any
}

var realServers = []string{"S1", "S2", "S3"}

func (r *realRun) give(t *testing.T, name string, input map[string]any) {
	t.Helper()
	state := r.state[name]
	if state == nil {
		state = json.RawMessage("null")
	}
	q := map[string]any{"n": 1, "server": name, "servers": realServers, "state": state, "input": input, "bugs": r.bugs}
	if input["type"] == "start" {
		if q["stable"] = r.stable[name]; r.stable[name] == nil {
			q["stable"] = nil
		}
	}
	line, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(r.program(line), &answer); err != nil || answer["error"] != nil {
		t.Fatalf("%v: %s: %s", err, line, answer["error"])
	}
	r.state[name] = answer["state"]
	if answer["save"] != nil {
		r.stable[name] = answer["save"]
	}
	var sent []struct {
		To      string
		Message map[string]any
	}
	_ = json.Unmarshal(answer["send"], &sent)
	for _, m := range sent {
		in := map[string]any{"type": "message", "from": name, "message": m.Message}
		if strings.HasSuffix(m.Message["type"].(string), "Reply") {
			in["request"] = input["message"]
		}
		r.flights = append(r.flights, flight{m.To, in})
	}
	delete(answer, "state")
	answer["server"], _ = json.Marshal(name)
	answer["input"], _ = json.Marshal(input)
	written, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	r.lines = append(r.lines, string(written))
}

// any does something that may happen.
func (r *realRun) any(t *testing.T) {
	t.Helper()
	name := realServers[r.IntN(len(realServers))]
	input := func(kind string) map[string]any { return map[string]any{"type": kind} }
	switch k := r.IntN(60); {
	case r.state[name] == nil:
		r.give(t, name, input("start"))
	case k == 0:
		delete(r.state, name)
	case k < 3 && r.role(name) != "leader":
		r.give(t, name, input("electionTimeout"))
	case k < 6 && r.role(name) == "leader":
		r.give(t, name, input("heartbeatTimeout"))
	case k < 9:
		r.give(t, name, map[string]any{"type": "client", "command": fmt.Sprint("x=", r.IntN(9))})
	case len(r.flights) > 0:
		i := r.IntN(min(len(r.flights), 4))
		f := r.flights[i]
		if k != 9 { // else it comes again
			r.flights = append(r.flights[:i], r.flights[i+1:]...)
		}
		if k > 11 && r.state[f.to] != nil {
			r.give(t, f.to, f.input)
		}
	}
}

func (r *realRun) role(name string) string {
	var s struct{ Role string }
	_ = json.Unmarshal(r.state[name], &s)
	return s.Role
}

func newRealRun(seed uint64, bugs raft.Mutants) *realRun {
	return &realRun{Rand: rand.New(rand.NewPCG(seed, 1)), bugs: bugs, state: map[string]json.RawMessage{},
		program: Reference(&raft.Options{}), stable: map[string]json.RawMessage{}}
}

// judged is what is found in lines, as rule or property at a line.
func judged(t *testing.T, lines []string) (found []string) {
	t.Helper()
	run := NewRun(nil, raft.SetOf(1, 2, 3))
	for i, line := range lines {
		j, err := run.Step([]byte(line), uint64(i+1))
		if err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		for _, d := range j.Departures {
			found = append(found, fmt.Sprintf("%s line %d: %s (%s)", d.Rule.ID, i+1, d.Did, d.Kind))
		}
		for _, b := range j.Breaches {
			found = append(found, fmt.Sprintf("%s line %d: %s", b.Property, i+1, b.Text))
		}
	}
	return found
}

// A real run of servers that keep to the paper has no departure and no breach, from its
// beginning or from any line on, whatever the servers do not tell.
func TestRunThatIsRight(t *testing.T) {
	committed := false
	for seed := range uint64(12) {
		r := newRealRun(seed, 0)
		for len(r.lines) < 400 {
			r.any(t)
		}
		committed = committed || strings.Contains(strings.Join(r.lines, ""), `"commitIndex":4`)
		for _, from := range []int{0, 50 + r.IntN(50), 150 + r.IntN(100)} {
			if found := judged(t, r.lines[from:]); len(found) > 0 {
				t.Errorf("seed %d, from line %d: %s", seed, from+1, strings.Join(found, "\n"))
			}
			if found := judged(t, silent(t, r.lines[from:])); len(found) > 0 {
				t.Errorf("seed %d, from line %d, telling little: %s", seed, from+1, strings.Join(found, "\n"))
			}
		}
	}
	if !committed {
		t.Error("no run commits much")
	}
}

// silent is the lines without what a server need not tell.
func silent(t *testing.T, lines []string) (less []string) {
	t.Helper()
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"votes", "matchIndex", "nextIndex", "leader"} {
			delete(fields["view"].(map[string]any), name)
		}
		b, _ := json.Marshal(fields)
		less = append(less, string(b))
	}
	return less
}

// Mistakes are told under their rule, and the harm that comes of them as a breach.
func TestRunWithMistakes(t *testing.T) {
	for _, m := range []struct{ bug, rule, property string }{
		{"vote-any", "VoteOnce", "Election Safety"},
		{"stale-vote-reply", "VotesOfThisElection", ""},
		{"no-log-check", "CandidateUpToDate", "Leader Completeness"},
		{"heartbeat-unchecked", "PrevLogMatches", ""},
		{"commit-index-plus-one", "MajorityHolds", "Leader Completeness"},
		{"always-truncate", "DeleteConflict", ""},
		{"vote-not-stored", "StableFirst", ""},
	} {
		all := ""
		for seed := uint64(0); seed < 60 && !(strings.Contains(all, m.rule+" line") && strings.Contains(all, m.property+" line")); seed++ {
			r := newRealRun(seed, rules.FindBug(m.bug).Bit)
			for len(r.lines) < 300 {
				r.any(t)
			}
			found := judged(t, r.lines)
			if len(found) > 0 && !strings.HasPrefix(found[0], m.rule) {
				t.Errorf("%s, seed %d: the first is %s", m.bug, seed, found[0])
			}
			all += strings.Join(found, "\n") + "\n"
		}
		if !strings.Contains(all, m.rule+" line") || m.property != "" && !strings.Contains(all, m.property+" line") {
			t.Errorf("%s is not told as %s and %s: %s", m.bug, m.rule, m.property, all[:min(len(all), 1500)])
		}
	}
}

// A line that cannot be read is told with the place in it.
func TestRunThatCannotBeRead(t *testing.T) {
	const good = `{"server":"S1","input":{"type":"start"},"view":{"role":"follower","currentTerm":0,"votedFor":null,` +
		`"log":[],"commitIndex":0,"lastApplied":0}}`
	follower := func(input string) string {
		return strings.Replace(good, `{"type":"start"}`, input, 1)
	}
	for _, c := range []struct{ line, says string }{
		{"", "it is not a JSON object"},
		{"[1]", `it is not a JSON object: its type is array; it starts with "[1]"`},
		{`"x"`, "its type is string"}, {"null", "its type is null"},
		{good[:80], "it is not a JSON object"},
		{"{}", "server: it is missing"},
		{strings.Replace(good, `"view":{`, `"view":{"role":"leader",`, 1), "view.role: this field stands there twice"},
		{strings.Replace(good, `"S1"`, `"A"`, 1), `server: "A" is not a server`},
		{strings.Replace(good, `"log":[]`, `"log":[{"term":1},{"term":"x"}]`, 1), `view.log[1].term: a number is wanted, not "x"`},
		{strings.Replace(good, `"view"`, `"vieW"`, 1), "view: it is missing"},
		{strings.Replace(good, `"currentTerm":0,`, ``, 1), "view.currentTerm: it is missing"},
		{strings.Replace(good, `{"type":"start"}`, `3`, 1), "input: an object is wanted, not 3"},
		{follower(`{}`), "input.type: it is missing"},
		{follower(`{"type":"tick"}`), `input.type: there is no "tick"`},
		{follower(`{"type":"message","from":"S2","message":{"type":"Ping","term":1}}`), `input.message.type: there is no message "Ping"`},
		{follower(`{"type":"message","from":"S2","message":{"type":"AppendEntriesReply","term":1,"success":true}}`), "input.request: it is missing"},
		{follower(`{"type":"client","command":"x=1"}`), "took and refused are missing"},
		{strings.TrimSuffix(follower(`{"type":"client","command":"x=1"}`), "}") + `,"took":{"index":0,"term":0}}`,
			"took.index: an index from 1 is wanted, not 0"},
		{strings.TrimSuffix(follower(`{"type":"electionTimeout"}`), "}") + `,"send":[{"to":"S9","message":{"type":"TimeoutNow","term":1,"leaderId":"S1"}}]}`,
			"send[0]: there is no S9"},
		{strings.TrimSuffix(good, "}") + `,"error":"Traceback\nKeyError: 3"}`, "KeyError: 3"},
	} {
		run := NewRun(nil, raft.SetOf(1, 2, 3))
		if _, err := run.Step([]byte(good), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := run.Step([]byte(c.line), 2); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, and not %s", c.line, err, c.says)
		}
	}
}

// A server that starts again is judged against what it saved.
func TestRunStartsFromItsDisk(t *testing.T) {
	line := func(input string, term int, save string) string {
		return fmt.Sprintf(`{"server":"S1","input":{"type":%q},"view":{"role":%q,"currentTerm":%d,"votedFor":%q,"log":[],`+
			`"commitIndex":0,"lastApplied":0}%s}`, input, map[bool]string{true: "follower", false: "candidate"}[input == "start"],
			term, "S1", save)
	}
	election := line("electionTimeout", 5, `,"save":{"currentTerm":5,"votedFor":"S1","log":[]},"send":[`+
		`{"to":"S2","message":{"type":"RequestVote","term":5,"candidateId":"S1","lastLogIndex":0,"lastLogTerm":0}},`+
		`{"to":"S3","message":{"type":"RequestVote","term":5,"candidateId":"S1","lastLogIndex":0,"lastLogTerm":0}}]`)
	begins := line("start", 4, "") // what it had before is not known, and taken as given
	if found := judged(t, []string{begins, election, line("start", 5, "")}); len(found) > 0 {
		t.Error(found)
	}
	found := judged(t, []string{begins, election, line("start", 4, "")})
	if len(found) == 0 || !strings.HasPrefix(found[0], "RestartFromDisk line 3: it starts with currentTerm 4") {
		t.Error(found)
	}
	with := strings.TrimSuffix(begins, "}") + `,"stable":{"currentTerm":7,"votedFor":null,"log":[]}}`
	if found = judged(t, []string{with}); len(found) == 0 || !strings.HasPrefix(found[0], "RestartFromDisk line 1") {
		t.Error(found)
	}
}

// What must hold of all servers together is watched also where each step is right by
// itself: here each view is taken as given.
func TestRunBreaksInvariants(t *testing.T) {
	line := func(server, role string, term, entryTerm, commit int, command string) string {
		return fmt.Sprintf(`{"server":%q,"input":{"type":"heartbeatTimeout"},"view":{"role":%q,"currentTerm":%d,"votedFor":null,`+
			`"log":[{"term":%d,"command":%q}],"commitIndex":%d,"lastApplied":%d}}`, server, role, term, entryTerm, command, commit, commit)
	}
	for _, c := range []struct{ property, first, second string }{
		{"", line("S1", "leader", 2, 1, 1, "x=1"), line("S2", "follower", 2, 1, 1, "x=1")},
		{"Election Safety", line("S1", "leader", 2, 1, 0, "x=1"), line("S2", "leader", 2, 1, 0, "x=1")},
		{"Log Matching", line("S1", "leader", 2, 1, 0, "x=1"), line("S2", "follower", 2, 1, 0, "x=2")},
		{"Leader Completeness", line("S1", "leader", 2, 2, 1, "x=1"), line("S2", "leader", 3, 1, 0, "x=2")},
		{"Leader Completeness", line("S2", "leader", 3, 1, 0, "x=2"), line("S1", "leader", 2, 2, 1, "x=1")},
		{"State Machine Safety", line("S1", "leader", 2, 2, 1, "x=1"), line("S2", "follower", 2, 1, 1, "x=2")},
	} {
		found := judged(t, []string{c.first, c.second})
		if c.property == "" && len(found) > 0 || c.property != "" && (len(found) != 1 || !strings.HasPrefix(found[0], c.property+" line 2")) {
			t.Errorf("%s is wanted: %v", c.property, found)
		}
	}
}

// A log that begins after a snapshot is read and judged as such, and starts again so.
func TestRunWithASnapshot(t *testing.T) {
	line := func(input, log string, commit int, more string) string {
		return fmt.Sprintf(`{"server":"S2","input":%s,"view":{"role":"follower","currentTerm":2,"votedFor":null,"log":[%s],`+
			`"commitIndex":%d,"lastApplied":%d,"snapshot":{"index":5,"term":1,"servers":["S1","S2","S3"],"data":"x=5"}}%s}`,
			input, log, commit, commit, more)
	}
	six, both := `{"term":2,"command":"x=6"}`, `{"term":2,"command":"x=6"},{"term":2,"command":"y=1"}`
	appended := `{"type":"message","from":"S1","message":{"type":"AppendEntries","term":2,"leaderId":"S1","prevLogIndex":6,` +
		`"prevLogTerm":2,"entries":[{"term":2,"command":"y=1"}],"leaderCommit":6}}`
	answer := `,"save":{"log":[` + both + `]},"restart":["election"],"send":[{"to":"S1","message":{"type":"AppendEntriesReply",` +
		`"term":2,"success":true,"matchIndex":7}}]`
	start := `{"type":"start"}`
	right := []string{line(start, six, 5, ""), line(appended, both, 6, answer), line(start, both, 5, "")}
	if found := judged(t, right); len(found) > 0 {
		t.Error(found)
	}
	wrong := append(right[:2:2], line(start, six, 5, ""))
	if found := judged(t, wrong); len(found) != 1 || !strings.HasPrefix(found[0], "RestartFromDisk line 3: entry 7") {
		t.Error(found)
	}
}

// A server without a disk starts with nothing, and is right to.
func TestRunWithoutADisk(t *testing.T) {
	run := NewRun([]Ability{NoDisk}, raft.SetOf(1, 2, 3))
	view := func(input string, term int) []byte {
		return fmt.Appendf(nil, `{"server":"S1","input":%s,"view":{"role":"follower","currentTerm":%d,"votedFor":null,"log":[],`+
			`"commitIndex":0,"lastApplied":0},"send":[],"restart":[]}`, input, term)
	}
	heard := `{"type":"message","from":"S2","message":{"type":"RequestVoteReply","term":4,"voteGranted":false}}`
	for i, line := range [][]byte{view(`{"type":"start"}`, 0), view(heard, 4), view(`{"type":"start"}`, 0)} {
		if j, err := run.Step(line, uint64(i+1)); err != nil || len(j.Departures) > 0 {
			t.Errorf("line %d: %v %+v", i+1, err, j)
		}
	}
}
