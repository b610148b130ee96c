package commands

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/picture"
	"raftlab/commands/lang"
	"raftlab/commands/stream"
)

// What follows makes docs/json.md and docs/json.schema.json from the types.

const jsonHead = `# JSON

With this page you can write a program that reads the output of ` + "`raftlab --json`" + `, because it explains every field. A test
generates the page and the JSON Schema (2020-12) in [json.schema.json](json.schema.json) from the types of the program
(` + "`go test ./commands -run JSONPage -update`" + `). Another test checks what every example and script prints against the schema.

` + "`--json`" + `, or ` + "`set output json`" + `, prints one object for each command, on one line of its own. Fields are added
over time, but never removed. A mistake on the shell's command line is reported as text on standard error, with exit code 2.

- A **position** is a place in time: the number of events so far on the branch. **Ticks** are the unit of time.
- A whole number above 2^53 (9007199254740992) is a string of its digits, because a reader that uses floating point would
  change it. A smaller one is a number. Seeds can be that large. Conditions see ` + "`explored.seed`" + ` in the same way.
- A field can be null only if its meaning says so, or if it is a list without elements.
- A field marked *absent* is left out in the case that is named there. Every other field is always present.
`

// schemaMaker collects the definitions that types need.
type schemaMaker struct {
	t     *testing.T
	defs  map[string]any
	pages map[string][]string // rows of the page, by definition
	order []string
}

type object = map[string]any

var (
	messageViewType = reflect.TypeFor[MessageView]()
	eventViewType   = reflect.TypeFor[event.View]()
)

// of is the schema of a type; a struct becomes a definition.
func (m *schemaMaker) of(t reflect.Type) (schema any, kind string) {
	if t == reflect.TypeFor[event.Event]() { // which is written as its view
		t = eventViewType
	}
	switch t.Kind() {
	case reflect.Pointer:
		s, kind := m.of(t.Elem())
		return object{"anyOf": []any{s, object{"type": "null"}}}, kind
	case reflect.Slice:
		s, kind := m.of(t.Elem())
		return object{"type": []any{"array", "null"}, "items": s}, "list of " + kind
	case reflect.Map:
		s, kind := m.of(t.Elem())
		return object{"type": []any{"object", "null"}, "additionalProperties": s}, "map of " + kind
	case reflect.String, reflect.Uint8: // small numbers are written by their names
		return object{"type": "string"}, "text"
	case reflect.Bool:
		return object{"type": "boolean"}, "true or false"
	case reflect.Float64:
		return object{"type": "number"}, "number"
	case reflect.Int:
		return object{"type": "integer"}, "whole number"
	case reflect.Uint64:
		return object{"$ref": "#/$defs/whole"}, "whole number"
	case reflect.Interface:
		return true, "any value"
	case reflect.Struct:
		if t == reflect.TypeFor[stream.Entry]() { // which is written as a list of three
			return object{"type": "array", "prefixItems": []any{object{"type": "integer"}, object{"type": "string"},
				object{"type": "string"}}, "items": false, "minItems": 3}, "list of term, kind and data"
		}
		name := m.define(t)
		return object{"$ref": "#/$defs/" + name}, "[" + name + "](#" + strings.ToLower(name) + ")"
	}
	m.t.Fatalf("no schema for %v", t)
	return nil, ""
}

func defName(t reflect.Type) string {
	switch {
	case t == eventViewType:
		return "Event"
	case strings.HasSuffix(t.PkgPath(), "commands/view"):
		return viewName(t)
	case strings.HasSuffix(t.PkgPath(), "commands/stream"): // whose names are others' as well
		return "Stream" + t.Name()
	}
	return strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
}

func (m *schemaMaker) define(t reflect.Type) string {
	name := defName(t)
	if _, ok := m.defs[name]; ok {
		return name
	}
	m.defs[name] = nil
	m.order = append(m.order, name)
	properties, required := object{}, []string{}
	if word := blockWord(t); word != "" {
		properties["block"], required = object{"const": word}, append(required, "block")
		m.pages[name] = append(m.pages[name], fmt.Sprintf("| `block` | text | %s |  |", word))
	}
	m.fields(t, name, properties, &required)
	slices.Sort(required)
	m.defs[name] = object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return name
}

// fields adds the fields of a struct, those of embedded ones among them.
func (m *schemaMaker) fields(t reflect.Type, name string, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if f.Anonymous && tag == "" {
			e := f.Type
			if e.Kind() == reflect.Pointer {
				e = e.Elem()
			}
			m.fields(e, name, properties, required)
			continue
		}
		if tag == "-" || !f.IsExported() {
			continue
		}
		word, options, _ := strings.Cut(tag, ",")
		if word == "" {
			word = f.Name
		}
		schema, kind := m.of(f.Type)
		if f.Type.Kind() == reflect.Interface && word == "seed" {
			schema, kind = object{"$ref": "#/$defs/whole"}, "whole number"
		}
		if f.Tag.Get("items") == "event" {
			schema, kind = object{"type": []any{"array", "null"}, "items": object{"$ref": "#/$defs/Event"}}, "list of [Event](#event)"
		}
		if f.Tag.Get("items") == "block" {
			schema, kind = m.blocks()
		}
		says := f.Tag.Get("doc")
		if says == "" {
			says = fieldDocs[defName(t)+"."+word]
		}
		if says == "" {
			m.t.Errorf("%v.%s has no meaning: give it a doc tag, or a row in fieldDocs", t, f.Name)
		}
		absent := strings.Contains(options, "omitempty") && options != "string"
		if t == messageViewType {
			absent = slices.Contains(messageOwn, word)
		}
		properties[word] = schema
		when := ""
		if absent {
			when = "empty"
			if _, after, ok := strings.Cut(says, "; absent "); ok {
				when, says = after, strings.TrimSuffix(says, "; absent "+after)
			}
			if t == messageViewType {
				when = "of another type"
			}
		} else {
			*required = append(*required, word)
		}
		m.pages[name] = append(m.pages[name], fmt.Sprintf("| `%s` | %s | %s | %s |", word, kind, strings.ReplaceAll(says, "|", "\\|"), when))
	}
}

// messageOwn is the fields that only some types of message have.
var messageOwn = func() []string {
	var all []string
	for _, fields := range picture.MessageFields {
		all = append(all, fields...)
	}
	return all
}()

// eventSchema is one alternative for each kind, with its fields and no other.
func (m *schemaMaker) eventSchema() {
	m.define(eventViewType)
	whole := m.defs["Event"].(object)["properties"].(object)
	var any []any
	for _, kind := range slices.Sorted(maps.Keys(eventRows)) {
		properties := object{"position": whole["position"], "clock": whole["clock"], "kind": object{"const": kind}}
		required := []string{"position", "clock", "kind"}
		for _, field := range strings.Fields(eventRows[kind].Fields) {
			name := strings.TrimSuffix(field, "?")
			if whole[name] == nil {
				m.t.Fatalf("%s: an event has no field %s", kind, name)
			}
			properties[name] = whole[name]
			if name == field {
				required = append(required, name)
			}
		}
		any = append(any, object{"if": object{"properties": object{"kind": object{"const": kind}}},
			"then": object{"properties": properties, "required": required, "additionalProperties": false}})
	}
	m.defs["Event"] = object{"type": "object", "properties": object{"kind": object{"enum": slices.Sorted(maps.Keys(eventRows))}},
		"required": []string{"kind"}, "allOf": any}
}

// jsonPages makes both files.
func jsonPages(t *testing.T) (page, schema []byte) {
	m := &schemaMaker{t: t, defs: map[string]any{}, pages: map[string][]string{}}
	m.defs["whole"] = object{"anyOf": []any{
		object{"type": "integer", "maximum": lang.MaxExact}, object{"type": "string", "pattern": "^-?[0-9]{16,20}$"}}}
	m.eventSchema()
	var rows strings.Builder
	var rules []any
	for _, name := range namesWithResults() {
		alternatives := []any{object{"type": "object", "maxProperties": 0}}
		var kinds []string
		for _, r := range table.Lookup(name).Results {
			if _, ok := r.(lang.AnyResult); ok {
				alternatives, kinds = []any{true}, []string{"the result of the command after it"}
				continue
			}
			s, kind := m.of(reflect.TypeOf(r))
			alternatives, kinds = append(alternatives, s), append(kinds, kind)
		}
		rules = append(rules, object{
			"if":   object{"properties": object{"command": object{"pattern": "^(" + namesOf(name) + ")(\\s|$)"}}, "required": []string{"command"}},
			"then": object{"properties": object{"result": object{"anyOf": alternatives}}},
		})
		fmt.Fprintf(&rows, "| `%s` | %s |\n", name, strings.Join(kinds, " or "))
	}
	s, _ := m.of(reflect.TypeFor[lang.RefusedResult]())
	rules = append(rules, object{
		"if":   object{"properties": object{"command": object{"pattern": "^!"}}},
		"then": object{"properties": object{"result": object{"anyOf": []any{s, object{"maxProperties": 0}}}}},
	}, object{ // every other command has nothing to say
		"if":   object{"not": object{"properties": object{"command": object{"pattern": "^(!|S[0-9]|(" + allNames() + ")(\\s|$))"}}}},
		"then": object{"properties": object{"result": object{"maxProperties": 0}}},
	}, object{"if": object{"properties": object{"ok": object{"const": true}}}, "then": object{"not": object{"required": []string{"error"}}},
		"else": object{"required": []string{"error"}}})
	m.streamSchema()
	line := m.define(reflect.TypeFor[lang.Wire]())
	top := m.defs[line].(object)
	top["properties"].(object)["events"] = object{"type": "array", "items": object{"$ref": "#/$defs/Event"}}
	all := object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A line of raftlab --json",
		"type": "object", "properties": top["properties"], "required": top["required"], "additionalProperties": false,
		"allOf": rules, "$defs": m.defs}
	delete(m.defs, line)
	schema, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return m.page(line, rows.String()), append(schema, '\n')
}

// namesWithResults is the commands that have something to say, sorted.
func namesWithResults() []string {
	var names []string
	for _, c := range table.Commands() {
		if c.Results != nil {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// namesOf is the pattern of a command and its aliases.
func namesOf(name string) string {
	all := []string{name}
	if c := table.Lookup(name); c != nil {
		all = append(all, c.Aliases...)
	}
	for i := range all {
		all[i] = regexp.QuoteMeta(all[i])
	}
	return strings.Join(all, "|")
}

func allNames() string {
	var all []string
	for _, name := range namesWithResults() {
		all = append(all, namesOf(name))
	}
	return strings.Join(all, "|")
}

func (m *schemaMaker) page(line, table string) []byte {
	var b bytes.Buffer
	head := "| field | kind | meaning | absent when |\n|---|---|---|---|\n"
	fmt.Fprintf(&b, "%s\n## The line of a command\n\n%s%s\n", jsonHead, head, strings.Join(m.pages[line], "\n"))
	b.WriteString("\n## Event\n\nAn event is one thing that happened. Its kind decides which fields it has.\n\n" + head + strings.Join(m.pages["Event"], "\n") + "\n")
	b.WriteString("\nA field with ? may be absent, because a 0 and an empty text are left out.\n\n| kind | fields beside position, clock and kind | meaning |\n|---|---|---|\n")
	for _, kind := range slices.Sorted(maps.Keys(eventRows)) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", kind, eventRows[kind].Fields, eventRows[kind].Says)
	}
	b.WriteString("\n## The results\n\nThe result of a command that is not listed here is `{}`. So is the result of a command that failed or had nothing to say. A line that starts with `!` has [RefusedResult](#refusedresult).\n\n| command | result |\n|---|---|\n" + table)
	slices.Sort(m.order)
	ofStream := func(name string) bool { return strings.HasPrefix(name, "Stream") }
	for _, name := range m.order {
		if name != "Event" && name != line && !ofStream(name) {
			fmt.Fprintf(&b, "\n### %s\n\n%s%s\n", name, head, strings.Join(m.pages[name], "\n"))
		}
	}
	b.WriteString(streamHead)
	for _, name := range m.order {
		if ofStream(name) {
			fmt.Fprintf(&b, "\n### %s\n\n%s%s\n", name, head, strings.Join(m.pages[name], "\n"))
		}
	}
	return b.Bytes()
}

// TestJSONPage compares docs/json.md and the schema with the types.
func TestJSONPage(t *testing.T) {
	page, schema := jsonPages(t)
	for path, want := range map[string][]byte{"json.md": page, "json.schema.json": schema} {
		path = filepath.Join("..", "docs", path)
		if *update {
			rewrite(t, path, want)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types say (%v): run go test ./commands -run JSONPage -update", path, err)
		}
	}
}

// eventRows is what each kind of event has and means, by its name.
var eventRows = func() map[string]event.KindOf {
	rows := map[string]event.KindOf{}
	for _, k := range event.Kinds {
		rows[string(k.What.Kind())] = k
	}
	return rows
}()
