// Package help has the commands that explain: help, the glossary, the tour.
package help

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/cond"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/docs"
)

// Commands are those of this room.
var Commands lang.Set

var helpAbout = lang.Words("COMMAND|TOPIC").Optional().Explained("a command, a topic, a word of the glossary or of " +
	"a usage line, or a section or figure of the paper")

var _ = Commands.Register(&lang.Command{
	Name: "help", Aliases: []string{"?"}, Topic: lab.TopicScripts,
	Summary: "lists the commands, or explains a command, a topic, a word, or a place in the paper",
	Args: lang.Params{helpAbout.CompletedBy(func(c *lang.Completion) {
		c.Offer(helpSubjects(c.Session.Table)...)
	})},
	Examples: []string{"help", "help tick", "help time", "help conditions", "help NODES", "help figure-8",
		"help 5.4.2"},
	Results: []any{HelpResult{}},
	Run:     runHelp,
})

// notText is what `!` before a command does.
const notText = "! COMMAND succeeds if COMMAND is refused or does not hold, and then changes nothing. If COMMAND " +
	"succeeds, it is taken back, and the line fails."

func runHelp(c *lang.Call) (*lang.Result, error) {
	table := c.Session.Table
	words := helpAbout.Of(c)
	if len(words) == 0 {
		r := helpNames(c.Session)
		if g := lang.Observing[lang.Guide](c.Session); c.Text == "?" && g != nil && g.Guide() != nil {
			r.View = append(g.Guide(), view.Lines("help lists all commands."))
		}
		return r, nil
	}
	about := strings.Join(words, " ")
	if about == "!" {
		return lang.Tell(notText, "Example: ! expect leader != nil").
			With(&HelpResult{Summary: notText, Usage: []string{"! COMMAND"}}), nil
	}
	if about == "all" {
		return helpAll(table), nil
	}
	if r := helpOn(table, about); r != nil {
		return r, nil
	}
	err := lang.Errorf("there is no help about %s", prose.Cite(about))
	if other := table.OtherWord(about); other != "" {
		return nil, err.WithHint("%s", other)
	}
	return nil, err.Suggest(about, helpSubjects(table), "help lists the commands and topics, glossary the words")
}

// HelpResult is what `help` has as its result.
type HelpResult struct {
	Command  string         `json:"command,omitempty" doc:"the command that it explains; absent when it explains none"`
	Commands []string       `json:"commands,omitempty" doc:"commands, by name; absent when none are listed"`
	Glossary *glossaryEntry `json:"glossary,omitempty" doc:"the entry of the glossary; absent when there is none"`
	Places   []docs.Place   `json:"places,omitempty" doc:"places of the paper; absent when none are meant"`
	Summary  string         `json:"summary,omitempty" doc:"what the command does, in a line; absent without one"`
	Text     string         `json:"text,omitempty" doc:"the section of the manual, in Markdown; absent without one"`
	Title    string         `json:"title,omitempty" doc:"its title; absent when there is none"`
	Topic    string         `json:"topic,omitempty" doc:"its name; absent when there is none"`
	Topics   []string       `json:"topics,omitempty" doc:"the sections of the manual; absent where one is explained"`
	Usage    []string       `json:"usage,omitempty" doc:"how the command is written; absent when it is about none"`
}

// helpOn is all that there is about a word: a command, an entry of the
// glossary, a word of usage lines, a section of the manual with its commands, a place of
// the paper.
func helpOn(table *lang.Table, about string) *lang.Result {
	r := lang.OK()
	value := &HelpResult{}
	add := func(blocks ...view.Block) {
		if len(r.View) > 0 {
			r.Block(view.Lines(""))
		}
		r.Block(blocks...)
	}
	cmd := table.Lookup(about)
	if cmd != nil {
		add(commandBlocks(cmd)...)
		value.Command, value.Usage, value.Summary = cmd.Name, cmd.Usage(), cmd.Summary
	}
	if e := FindEntry(about); e != nil {
		add(entryBlocks(e)...)
		value.Glossary = entryValue(e)
	}
	if a := table.Param(about); a != nil && cmd == nil { // a command explains its own
		add(view.Lines(a.Name + ": " + plainDoc(a.Doc)))
	}
	if t := findTopic(about); t != nil {
		add(sectionBlocks(t)...)
		value.Topic, value.Title, value.Text = t.Name, t.Title, t.Text
	}
	if places := findPlaces(about); len(places) > 0 {
		for _, p := range places {
			add(placeBlocks(p)...)
		}
		value.Places = places
	}
	if group := groupOf(about); len(table.Of(group)) > 0 {
		add(topicBlocks(table, group)...)
		value.Commands = each.As(table.Of(group), func(c *lang.Command) string { return c.Name })
	}
	if about == "conditions" {
		add(conditionBlocks()...)
	}
	if len(r.View) == 0 {
		return nil
	}
	return r.With(value)
}

// sectionGroups is the sections of the manual whose commands help lists under
// another name.
var sectionGroups = map[string]lang.Topic{"crashes": lab.TopicFaults, "time-travel": lab.TopicTravel,
	"situations": lab.TopicBuild}

// groupOf is the group of commands that belongs to a topic, if any.
func groupOf(topic string) lang.Topic {
	topic = strings.ReplaceAll(topic, " ", "-")
	if group, ok := sectionGroups[topic]; ok {
		return group
	}
	return lang.Topic(topic)
}

// findTopic is the section of the manual about a topic, or nil.
func findTopic(topic string) *docs.Topic {
	topic = strings.ToLower(strings.ReplaceAll(topic, " ", "-"))
	for section, group := range sectionGroups {
		if topic == string(group) {
			topic = section
		}
	}
	for _, t := range docs.Topics() {
		if t.Name == topic {
			return &t
		}
	}
	return nil
}

// sectionBlocks is a section of the manual.
func sectionBlocks(t *docs.Topic) []view.Block {
	title := view.Text{Lines: []view.Line{view.LS(view.Strong, t.Title), nil}}
	return append([]view.Block{title}, PageBlocks(t.Text)...)
}

// helpSubjects is everything that help can be asked about, commands first.
func helpSubjects(table *lang.Table) []string {
	commands, others := table.Names(), []string{"conditions", "all"}
	for _, a := range table.Params() {
		others = append(others, a.Name)
	}
	others = prose.Names(others, topicNames(table), glossaryWords(), placeNames())
	return append(slices.Clone(commands), each.Only(others, func(about string) bool {
		return !slices.Contains(commands, about)
	})...)
}

// first are the commands that help gives a line each; of the others it has the names.
var first = []string{"timeout", "step", "settle", "run", "tick", "next", "messages", "deliver", "partition",
	"heal", "kill", "restart", "put", "status", "log", "node", "cluster", "why", "new", "scenario", "undo", "goto",
	"lesson", "bug", "explore", "save", "tour"}

// helpNames is a page of two screens: the commands by topic, a line for each of the first.
// Where a person is in something, as in a lesson, it begins with what can be done there.
func helpNames(s *lang.Session) *lang.Result {
	r, table := lang.OK(), s.Table
	if g := lang.Observing[lang.Guide](s); g != nil {
		r.Block(g.Guide()...)
	}
	led := len(r.View) > 0
	for _, topic := range lab.Topics { // what does not fit into a line goes on under its summary
		if lines := topicPage(table.Of(topic.Topic)); len(lines) > 0 {
			r.Block(view.Text{Lines: lines[:1], Indent: topicWide + nameWide},
				view.Text{Lines: lines[1:], Indent: nameWide})
		}
	}
	if !led {
		r.Block(view.Prose{Words: view.L("help COMMAND explains a command, glossary WORD a word, " +
			"help 5.4.2 a place in the paper, help TOPIC a topic, as on the left; help all lists all of them.")})
	}
	return r.With(HelpResult{Commands: table.Names(), Topics: sectionNames()})
}

// The columns of the page.
const topicWide, nameWide = 10, 11

// topicPage is a topic's lines on the page: the first commands in their order, and the
// names of the others.
func topicPage(commands []*lang.Command) (lines []view.Line) {
	const wide = 80
	line := func(name, says string) {
		topic := ""
		if len(lines) == 0 {
			topic = string(commands[0].Topic)
		}
		lines = append(lines, view.Line{view.S(view.Strong, fmt.Sprintf("%-*s", topicWide, topic)),
			view.S(view.Code, name), view.S(view.Plain, says)})
	}
	for _, name := range first {
		if i := slices.IndexFunc(commands, func(c *lang.Command) bool { return c.Name == name }); i >= 0 {
			line(fmt.Sprintf("%-*s", nameWide, name), brief(plainDoc(commands[i].Summary), wide-topicWide-nameWide))
		}
	}
	rest := "also"
	for _, c := range commands {
		if slices.Contains(first, c.Name) || c.Name == "help" { // which the last lines are about
			continue
		}
		if topicWide+len(rest)+1+len(c.Name) > wide {
			line(rest, "")
			rest = "    "
		}
		rest += " " + c.Name
	}
	if rest != "also" {
		line(rest, "")
	}
	return lines
}

// brief is a summary, or where that is too long its first thought.
func brief(summary string, most int) string {
	if i := strings.IndexAny(summary, ",;:"); i > 0 && len(summary) > most {
		return summary[:i]
	}
	return summary
}

// sectionNames is the topics of the manual, in its order.
func sectionNames() []string {
	return each.As(docs.Topics(), func(t docs.Topic) string { return t.Name })
}

// helpAll is every command by topic, with its summary.
func helpAll(table *lang.Table) *lang.Result {
	r := lang.OK()
	for _, t := range lab.Topics {
		if len(table.Of(t.Topic)) > 0 {
			r.Block(topicBlocks(table, t.Topic)...)
		}
	}
	return r.Block(view.Prose{Words: view.L("help COMMAND explains a command, and help TOPIC a topic: " +
		strings.Join(topicNames(table), ", "))}).
		With(HelpResult{Commands: table.Names()})
}

// topicNames is every name of a topic, sorted: the manual's, and those of the
// groups of commands.
func topicNames(table *lang.Table) []string {
	var groups []string
	for _, t := range lab.Topics {
		if len(table.Of(t.Topic)) > 0 {
			groups = append(groups, string(t.Topic))
		}
	}
	return prose.Names(groups, sectionNames())
}

func topicBlocks(table *lang.Table, t lang.Topic) []view.Block {
	rows := view.Table{Fixed: 1}
	for _, c := range table.Of(t) {
		for i, usage := range c.Usage() {
			summary := ""
			if i == 0 {
				summary = plainDoc(c.Summary)
			}
			rows.Add(view.LS(view.Code, shortUsage(usage)), view.L(summary))
		}
	}
	return []view.Block{
		view.Says(view.Strong, titleOf(t)),
		rows,
	}
}

// titleOf is what a topic is about.
func titleOf(t lang.Topic) string {
	i := slices.IndexFunc(lab.Topics, func(h lang.Heading) bool { return h.Topic == t })
	return lab.Topics[i].Title
}

// shortUsage omits options that would take the room of the summaries.
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

// commandBlocks is all that there is to say about one command.
func commandBlocks(c *lang.Command) []view.Block {
	r := lang.OK()
	text := view.Text{}
	text.Lines = each.As(c.Usage(), func(usage string) view.Line { return view.LS(view.Code, usage) })
	summary := strings.ToUpper(c.Summary[:1]) + plainDoc(c.Summary[1:]) + "."
	if len(c.Aliases) > 0 {
		summary += " Also called " + prose.And(c.Aliases) + "."
	}
	r.Block(text, view.Prose{Words: view.L(summary)})
	for _, para := range Paragraphs(c.Details) {
		r.Block(view.Prose{Words: view.L(plainDoc(para))})
	}
	if args := argumentTable(c); len(args.Rows) > 0 {
		r.Block(args)
	}
	if len(c.Examples) > 0 {
		r.Line("Examples:").Block(view.Text{Lines: each.As(c.Examples, func(e string) view.Line {
			return view.Line{view.S(view.Plain, "  "), view.S(view.Code, e)}
		})})
	}
	return r.View
}

// argumentTable says what may stand for each word of the usage lines.
func argumentTable(c *lang.Command) view.Table {
	t := view.Table{Fixed: 1}
	for _, a := range c.Arguments() {
		t.Add(view.LS(view.Code, a.Name), view.L(plainDoc(a.Doc)))
	}
	return t
}

// plainDoc takes the marks off that the manual sets as code.
func plainDoc(s string) string { return strings.ReplaceAll(s, "`", "") }

// Paragraphs is the parts of a text between its empty lines; nil for "".
func Paragraphs(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n\n")
}

// conditionBlocks lists the vocabulary.
func conditionBlocks() []view.Block {
	r := lang.OK()
	r.Block(view.Says(view.Strong, "S1, S2, … and these:"), wordTable(lab.Conditions.Words()))
	for _, t := range lab.Conditions.Things {
		r.Block(view.Says(view.Strong, t.Name+" has:"), wordTable(cond.WordsOf(t.Type)))
	}
	return r.View
}

func wordTable(words []cond.Word) view.Table {
	table := view.Table{Fixed: 1}
	for _, w := range words {
		table.Add(view.LS(view.Code, w.Name), view.L(w.Doc))
	}
	return table
}
