package paint

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"raftlab/commands/view"
)

// fiveServers is a cluster as `big` shows it, each log with that many entries.
func fiveServers(n, entries int) view.Big {
	var big view.Big
	for i := range n {
		row := view.BigRow{Head: []view.BigWord{
			{Text: "S" + strconv.Itoa(i+1)}, {Text: []string{"LEADER", "FOLLOW", "CAND", "DOWN"}[i%4], Short: "L"}, {Text: "T12"},
		}}
		for e := range entries {
			row.Tail = append(row.Tail, view.BigWord{Text: strconv.Itoa(1 + e/3), Bar: e < entries/2})
		}
		big.Rows = append(big.Rows, row)
	}
	return big
}

// The letters, the bars, and which entries are left out, to the letter.
func TestBig(t *testing.T) {
	row := func(tail ...view.BigWord) view.Big {
		return view.Big{Rows: []view.BigRow{{
			Head: []view.BigWord{{Text: "S1"}, {Text: "LEADER", Short: "L"}, {Text: "T4"}},
			Tail: tail,
		}}}
	}
	one, two, four := view.BigWord{Text: "1", Bar: true}, view.BigWord{Text: "2", Bar: true}, view.BigWord{Text: "4"}
	for _, c := range []struct {
		name  string
		width int
		big   view.Big
		want  string
	}{
		{"all of it", 80, row(one, two, four), `
█▀▀ ▄█    █   █▀▀ █▀█ █▀▄ █▀▀ █▀█   ▀█▀ █ █   ▄█   ▀▀█  █ █
▀▀█  █    █   █▀▀ █▀█ █ █ █▀▀ █▀▄    █  ▀▀█    █   █▀▀  ▀▀█
▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀ ▀ ▀ ▀▀  ▀▀▀ ▀ ▀    ▀    ▀   ▀▀▀  ▀▀▀    ▀
                                              ▀▀▀▀▀▀▀▀
`},
		{"short words", 40, row(one, two, four), `
█▀▀ ▄█    █     ▀█▀ █ █   ▄█   ▀▀█  █ █
▀▀█  █    █      █  ▀▀█    █   █▀▀  ▀▀█
▀▀▀ ▀▀▀   ▀▀▀    ▀    ▀   ▀▀▀  ▀▀▀    ▀
                          ▀▀▀▀▀▀▀▀
`},
		{"the last entries only", 40, row(one, two, four, four), `
█▀▀ ▄█    █     ▀█▀ █ █          █ █
▀▀█  █    █      █  ▀▀█          ▀▀█
▀▀▀ ▀▀▀   ▀▀▀    ▀    ▀   ▀ ▀ ▀    ▀

`},
		{"ordinary letters", 24, row(one, two, four), `
S1  LEADER  T4  [1][2] 4
`},
		{"no block characters", 80, view.Big{Rows: row(one, four).Rows, Glyphs: view.ASCIIGlyphs}, `
S1  LEADER  T4  [1] 4
`},
		{"nothing in the log", 80, row(), `
█▀▀ ▄█    █   █▀▀ █▀█ █▀▄ █▀▀ █▀█   ▀█▀ █ █
▀▀█  █    █   █▀▀ █▀█ █ █ █▀▀ █▀▄    █  ▀▀█
▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀ ▀ ▀ ▀▀  ▀▀▀ ▀ ▀    ▀    ▀

`},
	} {
		if got := at(c.width, c.big); got != c.want[1:] {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// Five servers fit 80 by 24 with a line of words and a prompt; no line is ever
// wider than the screen; and the logs begin below each other.
func TestBigFits(t *testing.T) {
	for entries := 0; entries < 30; entries += 5 {
		got := at(80, fiveServers(5, entries))
		if n := strings.Count(got, "\n"); n > 22 {
			t.Errorf("%d entries: %d lines", entries, n)
		}
		for width := MinWidth; width <= 130; width += 7 {
			for _, n := range []int{1, 5, 9} {
				for _, line := range strings.Split(at(width, fiveServers(n, entries)), "\n") {
					if utf8.RuneCountInString(line) > width {
						t.Fatalf("%d entries, %d columns: %q", entries, width, line)
					}
				}
			}
		}
	}
}

// Every letter is five rows of one width.
func TestLetters(t *testing.T) {
	for c, rows := range letters {
		for _, row := range rows {
			if len(row) != len(rows[0]) || strings.Trim(row, "# ") != "" {
				t.Errorf("%c: %q", c, row)
			}
		}
	}
	if letter('日') != letter('?') {
		t.Error("a character that nobody has drawn is no block")
	}
}

// A high screen has room for more servers.
func TestBigOnAHighScreen(t *testing.T) {
	seven := []view.Block{fiveServers(7, 3)}
	if got := (Renderer{Width: 120, Height: 24}).Blocks(seven); strings.Contains(got, "█") || !strings.Contains(got, "LEADER") {
		t.Errorf("24 lines:\n%s", got)
	}
	if got := (Renderer{Width: 120, Height: 32}).Blocks(seven); !strings.Contains(got, "█") {
		t.Errorf("32 lines:\n%s", got)
	}
}
