package commands

import (
	"reflect"
	"slices"
	"strings"

	"raftlab/commands/view"
)

func runHelp(c *Call) (*Result, error) {
	s := c.Session
	words := helpAbout.Of(c)
	if len(words) == 0 {
		return s.helpNames(), nil
	}
	about := strings.Join(words, " ")
	if about == "all" {
		return s.helpAll(), nil
	}
	if cmd := s.table.Lookup(about); cmd != nil {
		r := s.helpCommand(cmd)
		if topic := Topic(about); topicIndex(topic) >= 0 { // clients is both
			r.Block(s.topicBlocks(topic)...)
		}
		return r, nil
	}
	if about == "conditions" {
		return helpConditions(), nil
	}
	if topicIndex(Topic(about)) >= 0 {
		return s.helpTopic(Topic(about)), nil
	}
	if a := s.table.param(about); a != nil {
		return Tell(a.name + ": " + plainDoc(a.doc)), nil
	}
	err := Errorf("there is no help about %s", show(about))
	if hint := didYouMean(about, s.helpSubjects()); hint != "" {
		return nil, err.WithHint("%s", hint)
	}
	return nil, err.WithHint("help lists the commands")
}

// helpSubjects is everything that help can be asked about.
func (s *Session) helpSubjects() []string {
	subjects := append(s.table.Names(), "conditions", "all")
	for _, t := range topics {
		if len(s.table.of(t.Topic)) > 0 {
			subjects = append(subjects, string(t.Topic))
		}
	}
	for _, a := range s.table.params() {
		subjects = append(subjects, a.name)
	}
	return sortedNames(subjects)
}

// of are the commands of a topic.
func (t *Table) of(topic Topic) []*Command {
	var out []*Command
	for _, c := range t.all {
		if c.Topic == topic {
			out = append(out, c)
		}
	}
	return out
}

// params are the words that usage lines use, each once, sorted.
func (t *Table) params() []*param {
	byName := map[string]*param{}
	var names []string
	for _, c := range t.all {
		for _, f := range c.forms() {
			for _, p := range f {
				a := p.half()
				if !isPlaceholder(a) || byName[a.name] != nil && byName[a.name].doc != a.doc {
					continue // a word of one command's own, or of several meanings
				}
				if byName[a.name] == nil {
					names = append(names, a.name)
				}
				byName[a.name] = a
			}
		}
	}
	slices.Sort(names)
	var out []*param
	for _, name := range names {
		out = append(out, byName[name])
	}
	return out
}

// isPlaceholder says that a usage line's word stands for something that has
// one meaning in the whole language.
func isPlaceholder(a *param) bool {
	return !a.isWord && !strings.ContainsAny(a.name, " |…") && !strings.Contains(a.doc, "number from") &&
		a.name == strings.ToUpper(a.name) && a.name != "NAME" && a.name != "VALUE"
}

func (t *Table) param(name string) *param {
	for _, a := range t.params() {
		if strings.EqualFold(a.name, name) {
			return a
		}
	}
	return nil
}

// helpNames is the names of all commands, by topic: no more than a screen.
func (s *Session) helpNames() *Result {
	t := view.Table{Fixed: 1}
	for _, topic := range topics {
		var names []string
		for _, c := range s.table.of(topic.Topic) {
			names = append(names, c.Name)
		}
		if len(names) > 0 {
			t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, string(topic.Topic)), view.LS(view.Code, strings.Join(names, " "))})
		}
	}
	return OK().Block(t).Line("help COMMAND explains one; help time says what a topic's commands do;",
		"help conditions is about expect and run until; help all shows everything.").With(map[string][]string{"commands": s.table.Names()})
}

// helpAll is every command by topic, with its summary.
func (s *Session) helpAll() *Result {
	r := OK()
	for _, t := range topics {
		if len(s.table.of(t.Topic)) > 0 {
			r.Block(s.topicBlocks(t.Topic)...)
		}
	}
	return r.Line("help COMMAND explains one; help TOPIC lists one topic: " + strings.Join(s.topicNames(), ", ")).
		With(map[string][]string{"commands": s.table.Names()})
}

func (s *Session) topicNames() []string {
	var names []string
	for _, t := range topics {
		if len(s.table.of(t.Topic)) > 0 {
			names = append(names, string(t.Topic))
		}
	}
	return append(names, "conditions")
}

func (s *Session) helpTopic(t Topic) *Result {
	var names []string
	for _, c := range s.table.of(t) {
		names = append(names, c.Name)
	}
	return OK().Block(s.topicBlocks(t)...).With(map[string][]string{"commands": names})
}

func (s *Session) topicBlocks(t Topic) []view.Block {
	table := view.Table{Fixed: 1}
	for _, c := range s.table.of(t) {
		for i, usage := range c.usage() {
			summary := ""
			if i == 0 {
				summary = c.Summary
			}
			table.Rows = append(table.Rows, []view.Line{view.LS(view.Code, shortUsage(usage)), view.L(summary)})
		}
	}
	return []view.Block{
		view.Text{Lines: []view.Line{view.LS(view.Strong, topics[topicIndex(t)].Title)}},
		table,
	}
}

// shortUsage leaves options away that would take the room of the summaries.
func shortUsage(usage string) string {
	const most = 44
	if len(usage) <= most {
		return usage
	}
	if i := strings.Index(usage, " ["); i > 0 {
		return usage[:i] + " …"
	}
	return usage
}

// helpCommand is all that there is to say about one command.
func (s *Session) helpCommand(c *Command) *Result {
	r := OK().With(map[string]any{"command": c.Name, "usage": c.usage(), "summary": c.Summary})
	text := view.Text{}
	for _, usage := range c.usage() {
		text.Lines = append(text.Lines, view.LS(view.Code, usage))
	}
	summary := strings.ToUpper(c.Summary[:1]) + c.Summary[1:] + "."
	if len(c.Aliases) > 0 {
		summary += " Also called " + andList(c.Aliases) + "."
	}
	r.Block(text, view.Prose{Words: view.L(summary)})
	for _, para := range paragraphs(c.Details) {
		r.Block(view.Prose{Words: view.L(plainDoc(para))})
	}
	if args := argumentTable(c); len(args.Rows) > 0 {
		r.Block(args)
	}
	if len(c.Examples) > 0 {
		examples := view.Text{Lines: []view.Line{view.L("Examples:")}}
		for _, e := range c.Examples {
			examples.Lines = append(examples.Lines, view.Line{view.S(view.Plain, "  "), view.S(view.Code, e)})
		}
		r.Block(examples)
	}
	return r
}

// argumentTable says what may stand for each word of the usage lines.
func argumentTable(c *Command) view.Table {
	t := view.Table{Fixed: 1}
	for _, a := range c.arguments() {
		t.Rows = append(t.Rows, []view.Line{view.LS(view.Code, a.name), view.L(plainDoc(a.doc))})
	}
	return t
}

// arguments are the words of the usage lines that stand for something.
func (c *Command) arguments() []*param {
	var out []*param
	for _, f := range c.forms() {
		for _, p := range f {
			a := p.half()
			if !a.isWord && !slices.ContainsFunc(out, func(b *param) bool { return a.name == b.name && a.doc == b.doc }) {
				out = append(out, a)
			}
		}
	}
	return out
}

// plainDoc takes the marks off that the manual sets as code.
func plainDoc(s string) string { return strings.ReplaceAll(s, "`", "") }

func paragraphs(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n\n")
}

// helpConditions lists the vocabulary.
func helpConditions() *Result {
	r := OK().Block(view.Prose{Words: view.L("A condition is true or false: leader.id == \"S1\" && all(nodes, .commit == 3). " +
		"Its operators are those of the expr language (expr-lang.org): == != < <= && || ! in, len, all, any, none, count, filter, map and more. " +
		"Where it asks something of what is not there, the whole condition is false.")})
	r.Block(view.Text{Lines: []view.Line{view.LS(view.Strong, "S1, S2, … and these:")}}, vocabularyTable(reflect.TypeFor[Vocabulary]()))
	for _, v := range views {
		r.Block(view.Text{Lines: []view.Line{view.LS(view.Strong, v.name+" has:")}}, vocabularyTable(v.t))
	}
	return r
}

func vocabularyTable(t reflect.Type) view.Table {
	table := view.Table{Fixed: 1}
	for i := range t.NumField() {
		f := t.Field(i)
		table.Rows = append(table.Rows, []view.Line{view.LS(view.Code, f.Tag.Get("expr")), view.L(f.Tag.Get("doc"))})
	}
	return table
}
