package commands

import (
	"fmt"
	"strings"

	"raftlab/commands/cond"
	"raftlab/commands/help"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
)

// manual is the reference of the language in Markdown, made from the table.
func manual() []byte { return []byte(manualOf(table)) }

func manualOf(t *lang.Table) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nLook up any command here: what it does, what its arguments mean, and an example to type. The page is generated from the table\nof commands; `go test ./commands -run Manual -update` writes it again.\n")
	for _, topic := range lab.Topics {
		commands := t.Of(topic.Topic)
		if len(commands) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n", topic.Title)
		for _, c := range commands {
			manualEntry(&b, c)
		}
	}
	b.WriteString("\n## Words in the usage lines\n\n")
	for _, a := range t.Params() {
		fmt.Fprintf(&b, "- %s: %s\n", a.Name, a.Doc)
	}
	b.WriteString("\n## What a condition can name\n\nEach server by its id, such as `S1`, and:\n\n")
	wordManual(&b, lab.Conditions.Words())
	for _, t := range lab.Conditions.Things {
		fmt.Fprintf(&b, "\n%s has:\n\n", strings.ToUpper(t.Name[:1])+t.Name[1:])
		wordManual(&b, cond.WordsOf(t.Type))
	}
	return b.String()
}

func manualEntry(b *strings.Builder, c *Command) {
	fmt.Fprintf(b, "\n### %s\n\n", c.Name)
	for _, usage := range c.Usage() {
		fmt.Fprintf(b, "    %s\n", usage)
	}
	fmt.Fprintf(b, "\n%s.", strings.ToUpper(c.Summary[:1])+c.Summary[1:])
	if len(c.Aliases) > 0 {
		fmt.Fprintf(b, " Also called `%s`.", strings.Join(c.Aliases, "`, `"))
	}
	b.WriteString("\n")
	for _, para := range help.Paragraphs(c.Details) {
		fmt.Fprintf(b, "\n%s\n", para)
	}
	if args := c.Arguments(); len(args) > 0 {
		b.WriteString("\n")
		for _, a := range args {
			fmt.Fprintf(b, "- %s: %s\n", a.Name, a.Doc)
		}
	}
	if len(c.Examples) > 0 {
		b.WriteString("\nExamples:\n\n")
		for _, e := range c.Examples {
			fmt.Fprintf(b, "    %s\n", e)
		}
	}
}

func wordManual(b *strings.Builder, words []cond.Word) {
	b.WriteString("| name | value |\n|---|---|\n")
	for _, w := range words {
		fmt.Fprintf(b, "| `%s` | %s |\n", w.Name, strings.ReplaceAll(w.Doc, "|", `\|`))
	}
}
