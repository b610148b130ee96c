package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"raftlab/commands/acts"
	"raftlab/docs"
)

// checked is a frontend that checks each result against the schema.
type checked struct {
	*screen
	t      *testing.T
	schema *jsonschema.Schema
	lines  int
	seen   map[string]bool // commands that had something to say
	events map[string]bool // what was checked, with 0 for each digit
}

func (c *checked) Show(r *Result) {
	text := r.JSON()
	c.lines++
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if line, ok := v.(map[string]any); ok && err == nil {
		if all, _ := line["events"].([]any); len(all) > 0 {
			line["events"] = slices.DeleteFunc(all, c.checkedBefore)
		}
		err = c.schema.Validate(v)
	}
	if err != nil {
		c.t.Errorf("%.600s\n%v", text, err)
	}
	if word, _, _ := strings.Cut(r.Command, " "); r.Value != nil {
		c.seen[word] = true
	}
}

// digits are the same to the schema, as long as there are as many.
var digits = regexp.MustCompile(`\d`)

// checkedBefore tells whether an event was checked that differs in digits at most: most of the time would go into such.
func (c *checked) checkedBefore(event any) bool {
	text, _ := json.Marshal(event)
	shape := digits.ReplaceAllString(string(text), "0")
	if c.events == nil {
		c.events = map[string]bool{}
	}
	defer func() { c.events[shape] = true }()
	return c.events[shape]
}

func valid(s *jsonschema.Schema, text []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func lineSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "json.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a script to its end, whatever fails.
func (c *checked) run(t *testing.T, text string) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	c.t = t
	_ = s.RunScript(context.Background(), "-", strings.NewReader(text), c)
}

// What every example of the help, every transcript, scenario, story and lesson
// prints as JSON is as the schema says.
func TestOutputFollowsTheSchema(t *testing.T) {
	c := &checked{screen: &screen{}, schema: lineSchema(t), seen: map[string]bool{}}
	t.Chdir(t.TempDir())
	texts := map[string]string{"tour": docs.Tour}
	for _, cmd := range table.Commands() {
		texts["help "+cmd.Name] = strings.Join(cmd.Examples, "\nnew 5\n")
	}
	for _, name := range docs.Scenarios() {
		texts["scenario "+name] = acts.ScenarioText(name)
	}
	for _, name := range docs.Bugs() {
		texts["bug "+name], _ = docs.Bug(name)
	}
	for _, name := range docs.Lessons() {
		texts["lesson "+name] = "lesson " + name + " demo"
	}
	texts["more"] = "bugs\nbug random seed 18446744073709551615\nbugs\nbug guess vote-any\nbug reveal\nglossary\nglossary term\nhelp\nhelp term\nhelp 5.4.2\n" +
		"help all\nhelp conditions\nlessons\nmachine traffic-light\nnew 1\nstates\nprint 9223372036854775807\nprint S1.kv\n! kill S9\nS1\nnosuch\nkill \"S1\nnet\nscenarios\nsettings\nwatch\nwatch S1.term"
	for name, text := range texts {
		t.Run(name, func(t *testing.T) { c.run(t, text) })
	}
	for _, name := range namesWithResults() {
		if !c.seen[name] && !slices.Contains([]string{"hint", "kill", "restart", "snapshot"}, name) { // of lessons, and of live mode
			t.Errorf("nothing shows a result of %s", name)
		}
	}
	if c.lines < 1000 {
		t.Errorf("only %d lines were checked", c.lines)
	}
}

// The same for transcripts.
func TestTranscriptsFollowTheSchema(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "transcripts", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	c := &checked{screen: &screen{}, schema: lineSchema(t), seen: map[string]bool{}}
	texts := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for line := range strings.Lines(string(b)) {
			if command, ok := strings.CutPrefix(line, ">"); ok {
				text.WriteString(command)
			}
		}
		texts[filepath.Base(file)] = text.String()
	}
	t.Chdir(t.TempDir())
	for name, text := range texts {
		t.Run(name, func(t *testing.T) { c.run(t, text) })
	}
}

// Live mode prints by the same schema.
func TestLiveFollowsTheSchema(t *testing.T) {
	c := &checked{screen: &screen{}, t: t, schema: lineSchema(t), seen: map[string]bool{}}
	s, err := NewSession(Options{Nodes: 3, Seed: 1, KeepGoing: true, Live: &LiveOptions{Tick: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text := "put x 1\nget x\nincr n\nstatus\nnode S1\nlog\nkv\nconfig\nlinks\nmessages\ndigest\nrun 5\nkill S3\nrestart S3\nisolate S2\nheal\nwhy\nrule\nhelp put\nsettings\nbugs\nexpect true"
	_ = s.RunScript(context.Background(), "-", strings.NewReader(text), c)
	if c.lines < 20 {
		t.Errorf("only %d lines were checked", c.lines)
	}
}

// The schema is strict: what no command prints does not pass.
func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	s := lineSchema(t)
	const good = `{"position":4,"command":"new seed 1","ok":true,"events":[{"position":1,"clock":0,"kind":"voted","node":"S1","peer":"S2","term":1}],"result":{"branch":"b2","nodes":5,"seed":1}}`
	if err := valid(s, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"position":4,`, ``}, {`"ok":true`, `"ok":"yes"`}, {`"ok":true`, `"ok":false`}, {`"ok":true`, `"ok":true,"more":1`},
		{`"ok":true`, `"ok":true,"error":"x"`}, {`"kind":"voted"`, `"kind":"elected"`}, {`"peer":"S2"`, `"pear":"S2"`},
		{`"peer":"S2",`, ``}, {`"node":"S1"`, `"node":1`}, {`"seed":1`, `"seed":9007199254740993`}, {`"seed":1`, `"seed":"1"`},
		{`"nodes":5`, `"nodes":5,"x":0`}, {`"branch":"b2",`, ``}, {`"command":"new seed 1"`, `"command":"status"`},
		{`"command":"new seed 1"`, `"command":"heal"`}, {`"command":"new seed 1"`, `"command":"! new"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if !json.Valid([]byte(bad)) || bad == good {
			t.Fatalf("%v makes no other JSON", change)
		}
		if valid(s, []byte(bad)) == nil {
			t.Errorf("passes: %s", bad)
		}
	}
}
