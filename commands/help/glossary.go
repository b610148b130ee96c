package help

import (
	"strings"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/docs"
)

var glossaryWord = lang.Words("WORD").Explained("a word of the paper or of this program").Optional().
	CompletedBy(func(c *lang.Completion) { c.Offer(glossaryWords()...) })

type wordsResult struct {
	Words []string `json:"words" doc:"every word of the glossary"`
}

type glossaryEntry struct {
	Place string   `json:"place" doc:"where the paper has it"`
	Text  string   `json:"text" doc:"what it means, in Markdown"`
	Words []string `json:"words" doc:"the word, and others for the same"`
}

var _ = Commands.Register(&lang.Command{
	Name: "glossary", Topic: lab.TopicLessons,
	Summary:  "explains a word, with its place in the paper, or lists the words",
	Args:     lang.Params{glossaryWord},
	Details:  "The words are those of the paper. `help WORD` shows the same.",
	Examples: []string{"glossary", "glossary commitIndex", "glossary split vote"},
	Results:  []any{wordsResult{}, glossaryEntry{}},
	Run:      runGlossary,
})

func runGlossary(c *lang.Call) (*lang.Result, error) {
	word := strings.Join(glossaryWord.Of(c), " ")
	if word == "" {
		return lang.OK().Block(view.Prose{Words: view.LS(view.Code, strings.Join(glossaryWords(), ", "))}).
			Line("glossary WORD explains one.").With(wordsResult{glossaryWords()}), nil
	}
	if e := FindEntry(word); e != nil {
		return lang.OK().Block(entryBlocks(e)...).With(entryValue(e)), nil
	}
	return nil, lang.Errorf("the glossary has no word %s", prose.Cite(word)).
		Suggest(word, glossaryWords(), "glossary lists its words; help is about commands and topics")
}

// glossaryWords is every word that the glossary explains, sorted.
func glossaryWords() []string {
	var words []string
	for _, e := range docs.Glossary() {
		words = append(words, e.Words...)
	}
	return prose.Names(words)
}

// FindEntry is the glossary's entry for a word, in capital or small letters; nil if there is none.
func FindEntry(word string) *docs.Entry {
	for _, e := range docs.Glossary() {
		for _, w := range e.Words {
			if strings.EqualFold(w, word) || strings.EqualFold(w+"s", word) {
				return &e
			}
		}
	}
	return nil
}

func entryBlocks(e *docs.Entry) []view.Block {
	head := view.Line{view.S(view.Strong, strings.Join(e.Words, ", ")), view.S(view.Quiet, " ("+e.Place+"): ")}
	return []view.Block{view.Prose{Words: append(head, pageLine(e.Text)...)}}
}

func entryValue(e *docs.Entry) *glossaryEntry {
	return &glossaryEntry{Words: e.Words, Place: e.Place, Text: e.Text}
}
