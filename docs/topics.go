package docs

import (
	_ "embed" // the pages
	"strings"
)

//go:embed manual.md
var manual string

//go:embed glossary.md
var glossary string

// Topic is a section of the manual: `## Time travel: undo and branches` is
// the topic time-travel.
type Topic struct {
	Name  string
	Title string
	Text  string // in Markdown
}

// Topics is the sections of the manual, in its order.
func Topics() []Topic {
	var topics []Topic
	_, rest, _ := strings.Cut(manual, "\n## ")
	for section := range strings.SplitSeq(rest, "\n## ") {
		title, text, _ := strings.Cut(section, "\n")
		name, _, _ := strings.Cut(title, ":")
		topics = append(topics, Topic{strings.ReplaceAll(strings.ToLower(name), " ", "-"), title, strings.TrimSpace(text)})
	}
	return topics
}

// Entry is a word that the glossary explains, with others for the same.
type Entry struct {
	Words []string
	Place string // in the paper
	Text  string // in Markdown
}

// Glossary is its entries, in their order. Each is a paragraph:
//
//	**word, other word** (Figure 2; section 5.3): what it means.
func Glossary() []Entry {
	var entries []Entry
	for par := range strings.SplitSeq(glossary, "\n\n") {
		head, found := strings.CutPrefix(par, "**")
		if !found {
			continue
		}
		words, rest, _ := strings.Cut(head, "** (")
		place, text, _ := strings.Cut(rest, "): ")
		entries = append(entries, Entry{splitWords(words), unfold(place), unfold(text)})
	}
	return entries
}

// splitWords cuts "prevLogIndex, prev"; Cold,new is one word.
func splitWords(text string) []string { return strings.Split(unfold(text), ", ") }

// unfold puts a paragraph on one line.
func unfold(text string) string { return strings.Join(strings.Fields(text), " ") }
