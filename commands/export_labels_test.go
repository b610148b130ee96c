package commands

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// writtenLabel is a label as a file has it: where, at which angle, how far below its
// place, and how long.
type writtenLabel struct {
	x, y, cos, sin, base, half float64
	text                       string
}

var labelText = regexp.MustCompile(`<text class="label[^"]*" transform="translate\((\S+) (\S+)\) rotate\((\S+)\)" dy="(\S+)">([^<]*)</text>`)

func writtenLabels(t *testing.T, svg string) (all []writtenLabel) {
	t.Helper()
	for _, m := range labelText.FindAllStringSubmatch(svg, -1) {
		var n [4]float64
		for i := range n {
			v, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil {
				t.Fatal(err)
			}
			n[i] = v
		}
		const letter = 6.6 // of 12 pixels; in the picture RVR t1 takes 39
		angle := n[2] * math.Pi / 180
		all = append(all, writtenLabel{n[0], n[1], math.Cos(angle), math.Sin(angle), n[3], float64(len(m[5])) * letter / 2, m[5]})
	}
	return all
}

// has tells whether a point of the drawing is on the label's letters.
func (l writtenLabel) has(p point) bool {
	dx, dy := p.x-l.x, p.y-l.y
	along, down := dx*l.cos+dy*l.sin, dy*l.cos-dx*l.sin
	return math.Abs(along) <= l.half && l.base-9 <= down && down <= l.base+1
}

// covers tells whether some point of another label is on this one.
func (l writtenLabel) covers(o writtenLabel) bool {
	if math.Hypot(l.x-o.x, l.y-o.y) > 100 {
		return false
	}
	for along := -o.half; along <= o.half; along++ {
		for down := o.base - 9; down <= o.base+1; down++ {
			if l.has(point{o.x + along*o.cos - down*o.sin, o.y + along*o.sin + down*o.cos}) {
				return true
			}
		}
	}
	return false
}

// checkLabels says which labels of a drawing lie on each other.
func checkLabels(t *testing.T, what, svg string, arrows int) {
	t.Helper()
	all := writtenLabels(t, svg)
	if len(all) != arrows {
		t.Fatalf("%s: %d labels for %d arrows", what, len(all), arrows)
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.covers(b) || b.covers(a) {
				t.Errorf("%s: %s at %.0f,%.0f lies on %s at %.0f,%.0f", what, a.text, a.x, a.y, b.text, b.x, b.y)
			}
		}
	}
}

// Through the labels of one broadcast no arrow passes, with up to nine servers.
func TestNoArrowPassesThroughABroadcastsLabels(t *testing.T) {
	for n := 3; n <= 9; n++ {
		for by := 1; by <= n; by++ {
			s, _ := labWith(t, Options{Nodes: n, Seed: 1}, fmt.Sprintf("timeout S%d", by), "deliver RV")
			svg := exported(t, s, "export FILE", "a.svg")
			arrows := drawnArrows(t, svg)
			for _, l := range writtenLabels(t, svg) {
				if l.text != "RV t1" {
					continue
				}
				for _, a := range arrows {
					for i := range 1001 {
						if l.has(along(a, float64(i)/1000)) {
							t.Errorf("%d servers, timeout S%d: an arrow passes through the label at %.0f,%.0f", n, by, l.x, l.y)
							break
						}
					}
				}
			}
		}
	}
}
