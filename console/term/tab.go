//go:build !js

package term

import (
	"fmt"
	"io"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/view"
	"raftlab/console/paint"
)

// complete is the Tab key. It extends the word as far as all candidates
// agree; when that adds nothing, it lists them above the line.
func (e *editor) complete(line []rune, pos int) ([]rune, int, bool) {
	from, found := e.candidates(line, pos)
	says := e.asks.Wanted(string(line), len(string(line[:pos])))
	if len(found) == 0 && len(says) == 0 {
		return line, pos, false
	}
	if len(says) > 0 && pos == from || len(found) == 0 { // a number may stand here as well
		e.list(string(line), found, says)
		return line, pos, true
	}
	typed := string(line[from:pos])
	text := commonStart(found)
	if len(found) == 1 && wholeWord(text) && (pos == len(line) || line[pos] != ' ') {
		text += " "
	}
	if len(found) == 1 || len(text) > len(typed) || len(text) == len(typed) && text != typed {
		line, pos = splice(line, from, pos, []rune(text))
		return line, pos, true
	}
	e.list(string(line), found, nil)
	return line, pos, true // so that the line is shown again
}

// candidates asks the session, whose mistakes must not take the terminal down
// with them. The position is in runes here and in bytes there.
func (e *editor) candidates(line []rune, pos int) (from int, found []string) {
	defer func() {
		if recover() != nil {
			from, found = 0, nil
		}
	}()
	before := string(line[:pos])
	start, all := e.asks.Complete(string(line), len(before))
	if start < 0 || start > len(before) {
		return 0, nil
	}
	found = append(found, each.Only(all, func(c string) bool { return strings.IndexFunc(c, unprintable) < 0 })...)
	return len([]rune(before[:start])), found
}

// wholeWord tells whether a blank may follow a completed word: not within a path or an option.
func wholeWord(text string) bool {
	return text != "" && !strings.ContainsAny(text[len(text)-1:], "/=:>.(\" ")
}

// commonStart is what all candidates start with.
func commonStart(found []string) string {
	start := []rune(found[0])
	for _, c := range found[1:] {
		n := 0
		for _, r := range c {
			if n == len(start) || start[n] != r {
				break
			}
			n++
		}
		start = start[:n]
	}
	return string(start)
}

// list shows the candidates below the line as it was, and what else may stand there.
func (e *editor) list(line string, found, says []string) {
	r := paint.Renderer{Width: e.term.Width(), Palette: e.paints.Now()}
	more := len(found) - menuRows
	if more > 0 && strings.Count(r.Menu(found), "\n") <= strings.Count(r.Menu(found[:menuRows]), "\n")+1 {
		more = 0 // they take no more room than the line that says how many they are
	}
	if more > 0 {
		found = found[:menuRows]
	}
	var b strings.Builder
	b.WriteString(e.shown + paint.Quote(line) + "\n")
	b.WriteString(r.Menu(found))
	b.WriteString(r.Blocks([]view.Block{view.Lines(says...)}))
	if more > 0 {
		b.WriteString(r.Blocks([]view.Block{view.Lines(fmt.Sprintf("and %d more", more))}))
	}
	e.rl.Operation.Clean()
	_, _ = io.WriteString(e.out, b.String())
}
