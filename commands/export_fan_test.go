package commands

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// point is a place in a drawing, in pixels.
type point struct{ x, y float64 }

// drawnArrows is the arrows of a drawing as its file has them: a line is a curve
// whose middle point is on it.
func drawnArrows(t *testing.T, svg string) (arrows [][3]point) {
	t.Helper()
	for _, e := range wellFormed(t, svg) {
		if e.name != "path" || e.attrs["class"] != "arrow" {
			continue
		}
		var n []float64
		for _, word := range numbers.FindAllString(e.attrs["d"], -1) {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, v)
		}
		from, to := point{n[0], n[1]}, point{n[len(n)-2], n[len(n)-1]}
		control := point{(from.x + to.x) / 2, (from.y + to.y) / 2}
		if strings.Contains(e.attrs["d"], "Q") {
			control = point{n[2], n[3]}
		}
		arrows = append(arrows, [3]point{from, control, to})
	}
	return arrows
}

// along is the point of a curve at u of its way.
func along(a [3]point, u float64) point {
	v := 1 - u
	return point{v*v*a[0].x + 2*u*v*a[1].x + u*u*a[2].x, v*v*a[0].y + 2*u*v*a[1].y + u*u*a[2].y}
}

// apartOf is the least distance between points of two curves, the first hundredths
// of whose ways are left out.
func apartOf(a, b [3]point) float64 {
	const parts, first = 60, 12
	least := math.Inf(1)
	for i := first; i <= parts; i++ {
		p := along(a, float64(i)/parts)
		for j := first; j <= parts; j++ {
			q := along(b, float64(j)/parts)
			least = min(least, math.Hypot(p.x-q.x, p.y-q.y))
		}
	}
	return least
}

// No two arrows of one broadcast share a stretch of the drawing, none rises, and
// none passes where another begins or ends: a broadcast is not a relay. No label
// lies on another.
func TestBroadcastsAreNoRelays(t *testing.T) {
	for n := 3; n <= 9; n++ {
		for by := 1; by <= n; by++ {
			for _, more := range []string{
				"settle; put x 1; settle; heartbeat BY; settle",
				"settle; put x 1; drop AE; heartbeat BY; settle",
				"settle; set latency 1..4; put x 1; kill DOWN; run 9",
				"settle; put x 1; heartbeat BY",
			} {
				more = strings.NewReplacer("BY", fmt.Sprintf("S%d", by), "DOWN", fmt.Sprintf("S%d", by%n+1)).Replace(more)
				s, _ := labWith(t, Options{Nodes: n, Seed: 1}, fmt.Sprintf("timeout S%d", by), more)
				svg, what := exported(t, s, "export FILE", "a.svg"), fmt.Sprintf("%d servers, timeout S%d; %s", n, by, more)
				arrows := drawnArrows(t, svg)
				for i, a := range arrows {
					checkArrow(t, what, a, arrows[:i], arrows)
				}
				checkLabels(t, what, svg, len(arrows))
			}
		}
	}
}

func checkArrow(t *testing.T, what string, a [3]point, before, all [][3]point) {
	t.Helper()
	if a[1].y < a[0].y-0.1 || a[1].y > a[2].y+0.1 {
		t.Errorf("%s: an arrow rises: %v", what, a)
	}
	for _, b := range before {
		if a[0] == b[0] && apartOf(a, b) < 0.8 {
			t.Errorf("%s: two arrows of one broadcast lie on each other: %v %v", what, a, b)
		}
	}
	for _, b := range all {
		for _, p := range []point{b[0], b[2]} {
			for i := range 101 {
				q := along(a, float64(i)/100)
				inside := math.Abs(q.x-a[0].x) > 15 && math.Abs(q.x-a[2].x) > 15
				if inside && math.Hypot(q.x-p.x, q.y-p.y) < 3 {
					t.Errorf("%s: an arrow passes where another begins or ends: %v %v", what, a, b)
					return
				}
			}
		}
	}
}
