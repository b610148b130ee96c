package commands

import (
	"cmp"
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"raftlab/commands/search"
	"raftlab/commands/stream"
	"raftlab/commands/view"
	"raftlab/docs"
)

const streamHead = `
## The stream of a page

A page that shows a session reads other objects, one after the other, which are called items: the whole state, and then what
each command did, a step an action, with only what changed. ` + "`web`" + ` sends them as server-sent events, and ` + "`export FILE.html`" + ` stores
them. In the schema an item is ` + "`#/$defs/StreamItem`" + `.

A page needs no rule of Raft to fold them. A snapshot replaces everything. A step replaces the servers and the messages that it
names, whole, takes the messages away that it calls gone, and replaces the other fields that it has. What a step does not name is as
before. So the state after each item is exact; a test folds the stream of every scenario and lesson, and of random sessions, and compares
it with the cluster at the end of each command.

- An action is one delivery, one tick of the whole cluster, or one deed of yours. If a command has more than 400 actions, deliveries
  and ticks next to each other are joined into one step. While a command takes long, frames bring its steps, at most ten a second.
- A snapshot comes first, and after undo, goto, new, and a command that failed after it had done something.
- Some lists are cut so that no item becomes too large: a log has its newest 100 entries, an AppendEntries its first 10, 300 messages
  are listed, 100 keys and 100 clients. A text has at most 300 characters, and what a client stores 120.
- What comes from outside (commands, data, clients) is text. A page must never take it for HTML.

| kind | item | when |
|---|---|---|
| ` + "`snapshot`" + ` | [StreamSnapshotItem](#streamsnapshotitem) | first, and after the present has jumped |
| ` + "`frame`" + ` | [StreamFrameItem](#streamframeitem) | while a command runs that takes long; in live mode about ten times a second |
| ` + "`command`" + ` | [StreamCommandItem](#streamcommanditem) | at the end of each command |
| ` + "`question`" + ` | [StreamQuestionItem](#streamquestionitem) | when the class is asked something, and again when the numbers change |
| ` + "`answers`" + ` | [StreamAnswersItem](#streamanswersitem) | when it is shown how the class has answered |
| ` + "`closed`" + ` | [StreamClosedItem](#streamcloseditem) | when a round ends and is not shown; for a page that comes back, that no question is open |
`

// streamSchema describes the items of the stream.
func (m *schemaMaker) streamSchema() {
	var any []any
	for _, item := range []stream.Item{stream.Look(newTestSession(m.t).World()), &stream.FrameItem{}, &stream.CommandItem{},
		stream.NewQuestion(stream.QuestionItem{}), stream.NewAnswers(stream.AnswersItem{}), stream.NewClosed("", 1)} {
		t := reflect.TypeOf(item).Elem()
		name, kind := m.define(t), item.Kind()
		if kind == "" { // one that only a stream makes
			kind = strings.ToLower(strings.TrimSuffix(t.Name(), "Item"))
		}
		m.defs[name].(object)["properties"].(object)["kind"] = object{"const": kind}
		any = append(any, object{"if": object{"properties": object{"kind": object{"const": kind}}},
			"then": object{"$ref": "#/$defs/" + name}})
	}
	m.defs["StreamItem"] = object{"type": "object", "properties": object{"kind": object{"enum": []string{"snapshot", "frame",
		"command", "question", "answers", "closed"}}}, "required": []string{"kind"}, "allOf": any}
}

// blockTypes are the blocks of which output is made, by the word that says which one it is.
var blockTypes = []struct {
	word string
	reflect.Type
}{{"text", reflect.TypeFor[view.Text]()}, {"prose", reflect.TypeFor[view.Prose]()}, {"table", reflect.TypeFor[view.Table]()},
	{"diagram", reflect.TypeFor[view.Diagram]()}, {"big", reflect.TypeFor[view.Big]()}}

// viewNames is what the page calls the parts of blocks that have another name in the program.
var viewNames = map[string]string{"DiagramRow": "DiagramLine", "Track": "DiagramTrack", "Arrow": "DiagramArrow", "BigRow": "BigLine"}

// blockWord is the word of a block, "" of any other type.
func blockWord(t reflect.Type) string {
	for _, b := range blockTypes {
		if b.Type == t {
			return b.word
		}
	}
	return ""
}

// viewName is the name of a type of what is shown.
func viewName(t reflect.Type) string {
	name := cmp.Or(viewNames[t.Name()], t.Name())
	if blockWord(t) != "" {
		name += "Block"
	}
	return "Stream" + name
}

// blocks is what a command printed.
func (m *schemaMaker) blocks() (schema any, kind string) {
	var all []any
	var kinds []string
	for _, b := range blockTypes {
		s, kind := m.of(b.Type)
		all, kinds = append(all, s), append(kinds, kind)
	}
	return object{"type": "array", "items": object{"anyOf": all}}, "list of " + strings.Join(kinds, ", ")
}

func itemSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "json.schema.json") + "#/$defs/StreamItem")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What every example of the help sends to a page is as the schema says. TestStreamFolds looks at scenarios, stories and
// lessons.
func TestStreamFollowsTheSchema(t *testing.T) {
	schema, seen := itemSchema(t), map[string]int{}
	texts := []string{docs.Tour, "big\ndiagram\npoll \"Q\" a b\npoll again\npoll end\nkill S9\nset prevote on\nrun 2000"}
	for _, cmd := range table.Commands() {
		if slices.Contains(search.Commands, cmd) { // what a search does is no step of the session
			continue
		}
		texts = append(texts, strings.Join(cmd.Examples, "\nnew 5\n"))
	}
	t.Chdir(t.TempDir())
	for _, text := range texts {
		s := newTestSession(t)
		f := follow(t, s)
		f.keep = true
		_ = s.RunScript(context.Background(), "-", strings.NewReader(text), &screen{})
		f.follows(t, schema, seen)
	}
	for _, kind := range []string{"snapshot", "frame", "command", "question", "answers", "closed"} {
		if seen[kind] == 0 {
			t.Errorf("nothing shows a %s", kind)
		}
	}
}

// follows checks the items that were sent, and counts them by kind.
func (f *folder) follows(t *testing.T, schema *jsonschema.Schema, seen map[string]int) {
	t.Helper()
	for _, item := range f.items {
		b := asJSON(t, item)
		if err := valid(schema, []byte(b)); err != nil {
			t.Fatalf("%.300s\n%v", b, err)
		}
		seen[item.Kind()]++
	}
}

// The schema of items is strict, too.
func TestItemSchemaRefusesWhatIsWrong(t *testing.T) {
	schema := itemSchema(t)
	const good = `{"kind":"question","name":"q","text":"Q?","choices":["yes","no"],"round":1,"answered":0,"pages":0}`
	if err := valid(schema, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"question"`, `"quiz"`}, {`"round":1,`, ``}, {`"round":1`, `"round":"1"`}, {`"pages":0`, `"pages":0,"more":1`}} {
		if valid(schema, []byte(strings.Replace(good, change[0], change[1], 1))) == nil {
			t.Errorf("%v passes", change)
		}
	}
}
