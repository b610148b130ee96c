package page_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"raftlab/commands/page/chromium"
)

// some is some servers in a row.
func some(from, to int) string {
	var names []string
	for i := from; i <= to; i++ {
		names = append(names, fmt.Sprintf("S%d", i))
	}
	return strings.Join(names, " ")
}

// crowded are states in which much is to be shown, of so many servers.
func crowded(n int) map[string]string {
	side := (n - 1) / 2
	other := fmt.Sprintf("S%d", side+1)
	all := map[string]string{
		"two leaders": "timeout S1; settle; put x 1; settle; partition " + some(1, side) + " | " + some(side+1, n) +
			"; put x old via S1; settle; timeout " + other + "; settle; put y 2 via " + other,
		"a side of servers that are no neighbors": fmt.Sprintf("timeout S%d; settle; partition S1 S%[1]d | %s; "+
			"put x 2 via S%[1]d; heartbeat", n, some(2, n-1)),
		"joint consensus": fmt.Sprintf("timeout S1; settle; add S%d as learner; settle; reconfigure %s S%d", n+1, some(2, n), n+2),
		"candidates": fmt.Sprintf("timeout S1; settle; put x 1; settle; kill S1; timeout S2; deliver S2->S3; "+
			"freeze S%d; timeout S2", n),
		"held and cut": "timeout S1; settle; put x 1; delay S1->S2 50; cut S1<->S3; heartbeat; put y 2; deliver S1->S2",
		"one way":      "timeout S1; settle; put x 1; cut S1->S2; cut S3->S1; heartbeat; deliver S1->S3",
		"broken":       "bug vote-any on; timeout S1; timeout S2; settle; put x 1 via S1; put y 1 via S2; settle",
	}
	if n >= 16 {
		delete(all, "joint consensus") // it would have more servers than are drawn with care
	}
	return all
}

// measured is an expression for what hides something on a page, and for what is smaller than it is to be.
//
//go:embed testdata/measured.js
var measured string

// drawnToSize is true when the ring is drawn in the size that it has.
const drawnToSize = `((ring) => ['width', 'height'].every((k) =>
  Math.abs(ring.viewBox.baseVal[k] - ring.getBoundingClientRect()[k]) < .1))(document.querySelector('#ring'))`

// Whatever there is to show, at every size of the window: no server's words lie on another server or on its
// words, no message hides a word, a name or a term, every server has a word for what it is, and names,
// terms and entries have their size.
func TestNothingHidesWords(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Wall, true)
	for _, n := range []int{3, 5, 7, 9, 16} {
		hides := "0.3" // how much of a ball may touch words: where there are many, they have less room
		if n > 5 {
			hides = "0.6"
		}
		for name, line := range crowded(n) {
			v.run(fmt.Sprintf("new %d", n))
			v.run(line)
			v.shows(w)
			for _, s := range []chromium.Size{chromium.Wall, chromium.Large, chromium.Old, chromium.Phone} {
				w.Resize(s)
				w.Until(fmt.Sprintf("innerWidth === %d", s.W))
				w.Until(drawnToSize)
				if got := w.JSON(strings.ReplaceAll(measured, "HIDES", hides)); got != "[]" {
					t.Errorf("%d servers, %s, %v: %s", n, name, s, got)
				}
			}
		}
	}
	w.Quiet()
}
