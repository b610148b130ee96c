package term

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// paper is as much of a terminal as Top uses: its rows, the cursor, a region that scrolls.
type paper struct {
	rows        []string
	y, x, kept  int
	top, bottom int
}

func newPaper(high int) *paper { return &paper{rows: make([]string, high), bottom: high - 1} }

var sequence = regexp.MustCompile(`\x1b[78]|\x1b\[\??([\d;]*)([A-Za-z])|\n|[^\x1b\n]+`)

func (p *paper) write(t *testing.T, text string) {
	for _, m := range sequence.FindAllStringSubmatch(text, -1) {
		n := []int{}
		for a := range strings.SplitSeq(m[1], ";") {
			v, _ := strconv.Atoi(a)
			n = append(n, v)
		}
		switch {
		case m[0] == "\x1b7":
			p.kept = p.y
		case m[0] == "\x1b8":
			p.y = p.kept
		case m[2] == "K":
			p.rows[p.y] = p.rows[p.y][:min(p.x, len(p.rows[p.y]))]
		case m[0] == "\n" && p.y == p.bottom:
			p.shift(p.top, -1)
		case m[0] == "\n":
			p.y++
		case m[2] == "":
			p.rows[p.y], p.x = m[0], len(m[0])
		case m[2] == "H":
			p.y, p.x = n[0]-1, 0
		case m[2] == "A":
			p.y = max(p.y-n[0], p.top)
		case m[2] == "B":
			p.y = min(p.y+n[0], p.bottom)
		case m[2] == "L":
			p.shift(p.y, n[0])
		case m[2] == "M":
			p.shift(p.y, -n[0])
		case m[2] == "r":
			p.top, p.bottom, p.y = 0, len(p.rows)-1, 0
			if len(n) == 2 {
				p.top, p.bottom = n[0]-1, n[1]-1
			}
		case m[2] != "l" && m[2] != "h":
			t.Fatalf("%q is new", m[0])
		}
	}
}

// shift moves the rows from one on down, or up where by is negative.
func (p *paper) shift(from, by int) {
	region := slices.Clone(p.rows[from : p.bottom+1])
	for i := range region {
		p.rows[from+i] = ""
		if j := i - by; j >= 0 && j < len(region) {
			p.rows[from+i] = region[j]
		}
	}
}

// Whatever is pinned, in whatever order, the picture stands on the top rows, and below it
// the last of what was printed, in order and without a blank row, with the cursor behind
// it. When the picture goes, its rows go.
func TestTopLosesNothing(t *testing.T) {
	t.Setenv("COLUMNS", "40")
	term := New(os.Stdin, os.Stdout, os.Stderr)
	term.OutTTY = false
	const high = 24
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		p, top, n := newPaper(high), &Top{term: term}, 0
		for range 30 {
			for range rng.IntN(12) {
				n++
				p.write(t, fmt.Sprintf("line %d\n", n))
			}
			picture := make([]string, rng.IntN(15))
			for i := range picture {
				picture[i] = fmt.Sprintf("picture %d", i)
			}
			how := Change(rng.IntN(3))
			before := top.Rows()
			p.write(t, top.Draw(picture, how))
			rows := top.Rows()
			switch {
			case len(picture) == 0 && rows > 0, how == Fixed && len(picture) > 0 && rows != before,
				how == Grows && len(picture) > 0 && rows < before, how == Free && len(picture) > 0 && rows != len(picture)+1:
				t.Fatalf("seed %d: %d rows for %d lines, %d before", seed, rows, len(picture), before)
			}
			for i := range rows - 1 {
				if want := slices.Concat(picture, make([]string, high))[i]; p.rows[i] != want {
					t.Fatalf("seed %d: row %d of the picture is %q:\n%q", seed, i, p.rows[i], p.rows)
				}
			}
			if p.y < rows || p.rows[p.y] != "" {
				t.Fatalf("seed %d: the cursor is in row %d, with %d rows at the top:\n%q", seed, p.y, rows, p.rows)
			}
			for y, want := p.y-1, n; y >= rows && want > 0; y, want = y-1, want-1 {
				if p.rows[y] != fmt.Sprintf("line %d", want) {
					t.Fatalf("seed %d: row %d is not line %d:\n%q", seed, y, want, p.rows)
				}
			}
		}
	}
}
