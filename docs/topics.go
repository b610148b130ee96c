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
		topics = append(topics, Topic{strings.ReplaceAll(strings.ToLower(name), " ", "-"), title,
			strings.TrimSpace(text)})
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

//go:embed paper.md
var paper string

// Place is a row of docs/paper.md: a section or figure of the paper, or a
// chapter of the thesis.
type Place struct {
	Kind string   `json:"kind"` // Section, Figure or Thesis
	Name string   `json:"name"` // 5.4.2, 8
	What string   `json:"what"` // the rest of what the row says, in Markdown
	Code string   `json:"code,omitempty"`
	Show []string `json:"scenarios,omitempty"`
	Type []string `json:"type,omitempty"` // what to type to see it
}

// Places is every row, in the page's order.
func Places() []Place {
	var places []Place
	kind := ""
	for line := range strings.SplitSeq(paper, "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			kind = map[string]string{"Sections": "Section", "Figures": "Figure", "The thesis": "Thesis"}[title]
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if kind == "" || !strings.HasPrefix(line, "| ") || len(cells) != 5 {
			continue
		}
		head, what := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
		name, title, _ := strings.Cut(head, " ")
		if name == "Section" || name == "Figure" || name == "Chapter" {
			continue // the table's head
		}
		for strings.HasSuffix(name, ",") { // 3, 4
			var next string
			next, title, _ = strings.Cut(title, " ")
			name += " " + next
		}
		if title != "" && what != "" {
			title += ": "
		}
		places = append(places, Place{kind, name, title + what, strings.TrimSpace(cells[2]),
			quotedIn(cells[3], "[", "]"), quotedIn(cells[4], "`", "`")})
	}
	return places
}

// quotedIn is the texts that stand between two marks.
func quotedIn(text, open, shut string) []string {
	var found []string
	for {
		_, rest, ok := strings.Cut(text, open)
		if !ok {
			return found
		}
		word, rest, _ := strings.Cut(rest, shut)
		found, text = append(found, word), rest
	}
}
