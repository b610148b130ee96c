package draw

import (
	"math"
	"slices"

	"raftlab/commands/each"
)

// Labels are written along the arrows, near their ends and mostly above them, each
// where it touches no other label and is crossed by the fewest arrows: a broadcast to eight servers stays readable.

// tag is a label that is to be written along an arrow.
type tag struct {
	class, text string
	way         bend
}

// box is where a label is: the corners of a slanted rectangle, in order.
type box struct {
	corners [4]point
	center  point
	angle   float64 // of the text, in degrees
	spot    point   // on the arrow
	base    float64 // how far below it the text's base line is
}

const (
	tagLetter = 7.0  // a letter of a label is no wider
	tagRise   = 4.0  // a label is so far from its arrow
	tagHigh   = 10.0 // and its letters are so high
	tagStep   = 9.0  // from place to place along an arrow
)

// at is the label's box where it stands so far before the arrow's tip, above the
// arrow or below.
func (t *tag) at(back float64, below bool) box {
	b := t.way.before(back)
	x, y := b.to.x, b.to.y
	dx := t.way.to.x - t.way.from.x
	u := (x - t.way.from.x) / dx
	slope := (t.way.to.y - t.way.from.y - t.way.lift*(1-2*u)) / dx
	angle := math.Atan(slope) // reads from left to right, whichever way the arrow goes
	cos, sin := math.Cos(angle), math.Sin(angle)
	half := float64(len([]rune(t.text)))*tagLetter/2 + 1
	out := box{angle: angle * 180 / math.Pi, spot: point{x, y}, base: -tagRise}
	if below {
		out.base = tagRise + tagHigh - 1
	}
	top, bottom := out.base-tagHigh, out.base+2
	for i, c := range [4]point{{-half, top}, {half, top}, {half, bottom}, {-half, bottom}} {
		out.corners[i] = point{x + c.x*cos - c.y*sin, y + c.x*sin + c.y*cos}
		out.center.x, out.center.y = out.center.x+out.corners[i].x/4, out.center.y+out.corners[i].y/4
	}
	return out
}

// has tells whether a point is inside the box.
func (b *box) has(p point) bool {
	for i, a := range b.corners {
		c := b.corners[(i+1)%4]
		if (c.x-a.x)*(p.y-a.y)-(c.y-a.y)*(p.x-a.x) < 0 {
			return false
		}
	}
	return true
}

// touches tells whether two boxes overlap: no side of either parts them.
func (b *box) touches(o *box) bool { return !b.parts(o) && !o.parts(b) }

func (b *box) parts(o *box) bool {
	for i, a := range b.corners {
		c := b.corners[(i+1)%4]
		inside := func(p point) bool { return (c.x-a.x)*(p.y-a.y)-(c.y-a.y)*(p.x-a.x) > 0 }
		if !slices.ContainsFunc(o.corners[:], inside) {
			return true
		}
	}
	return false
}

// crossedBy tells whether an arrow passes through the box.
func (b *box) crossedBy(way bend) bool {
	const reach = 60.0
	low, high := max(min(way.from.x, way.to.x), b.center.x-reach), min(max(way.from.x, way.to.x), b.center.x+reach)
	for x := low; x <= high; x += 2 {
		if b.has(point{x, way.at(x)}) {
			return true
		}
	}
	return false
}

// writeLabels places all labels of the drawing and writes them.
func (s *sketch) writeLabels() {
	var placed []box
	s.printf("<g class=\"labels\">") // above all arrows
	for t := range each.Of(s.tags) {
		b := s.place(t, placed)
		placed = append(placed, b)
		s.printf(`<text class="%s" transform="translate(%.1f %.1f) rotate(%.1f)" dy="%g">%s</text>`, t.class, b.spot.x,
			b.spot.y, b.angle, b.base, Markup(t.text))
	}
	s.printf("</g>\n")
}

// place is the best place for a label beside those that are placed.
func (s *sketch) place(t *tag, placed []box) box {
	length := math.Hypot(t.way.to.x-t.way.from.x, t.way.to.y-t.way.from.y)
	first := math.Min(length/2, 38) // where arrows that end in different rows are apart
	var best box
	least := math.Inf(1)
	for k := 0; k == 0 || first+tagStep*float64(k) <= length-20; k++ {
		for side, below := range []bool{false, true} {
			b := t.at(first+tagStep*float64(k), below)
			if cost := 0.1*float64(k) + 0.35*float64(side) + s.clutter(t, &b, placed); cost < least {
				best, least = b, cost
			}
		}
		if least <= 0.1*float64(k+1) {
			break // no later one can be better
		}
	}
	return best
}

// clutter is how bad a place for a label is: it is out of the question on another
// label, and the worse the more arrows pass there.
func (s *sketch) clutter(t *tag, b *box, placed []box) float64 {
	cost := 0.0
	for i := range placed {
		if math.Abs(placed[i].center.y-b.center.y) < 80 && b.touches(&placed[i]) {
			cost += 1000
		}
	}
	for i := range s.tags {
		if way := s.tags[i].way; way != t.way && way.from.y-20 < b.center.y && b.center.y < way.to.y+20 &&
			b.crossedBy(way) {
			cost++
		}
	}
	return cost
}
