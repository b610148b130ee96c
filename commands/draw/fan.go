package draw

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"raftlab/commands/each"
	"raftlab/commands/view"
)

// A broadcast leaves in one row and arrives in the next ones, a lane further in
// each: drawn straight, its arrows lie on one line, and it reads as a relay from
// server to server. So arrows that would pass a point of another, or run along
// one that left with them, are bent away.

const (
	fanApart = 2.0 // pixels between arrows that left together, a lane from there
	fanEnds  = 12  // pixels from the ends of an arrow, where it meets others
	fanSteps = 30  // how finely bends are tried
)

// fanClear is how many pixels an arrow keeps from a point where another begins or
// ends, or from a dot. Where there are few lanes a label fits between.
func fanClear(lanes int) float64 {
	if lanes <= 5 {
		return 12
	}
	return 7
}

// point is a place in a drawing, in pixels from its upper left corner.
type point struct{ x, y float64 }

// bend is the way of a message: a parabola that lies, halfway, a quarter of lift
// above the straight line. It never rises while |lift| is at most its height,
// for time goes downwards.
type bend struct {
	from, to point
	lift     float64
}

// at is the y of the bend at x.
func (b bend) at(x float64) float64 {
	u := (x - b.from.x) / (b.to.x - b.from.x)
	return b.from.y + (b.to.y-b.from.y)*u - b.lift*u*(1-u)
}

// control is the middle point of the bend as a quadratic Bézier curve.
func (b bend) control() point {
	return point{(b.from.x + b.to.x) / 2, (b.from.y+b.to.y)/2 - b.lift/2}
}

// before is the bend without its last pixels.
func (b bend) before(pixels float64) bend {
	c := b.control()
	u := 1 - pixels/(2*math.Hypot(b.to.x-c.x, b.to.y-c.y))
	x := b.from.x + (b.to.x-b.from.x)*u
	return bend{b.from, point{x, b.at(x)}, b.lift * u * u}
}

// head is a point in the arrow's head, as the straight line has it.
func (b bend) head() point { return b.before(9).to }

// over says whether x is between the ends of the bend and at least fanEnds away from both, since
// arrows meet there.
func (b bend) over(x float64) bool {
	return (x-b.from.x)*(x-b.to.x) < 0 && min(math.Abs(x-b.from.x), math.Abs(x-b.to.x)) > fanEnds
}

// bends is the ways of all messages of the drawing, by their rows; short ones are
// laid first, for those that go further have more room to give way.
func (s *sketch) bends() map[int]bend {
	type way struct {
		row int
		bend
	}
	var ways []way
	var points []point
	for i, row := range s.Rows {
		if a := row.Arrow; a != nil && a.From >= 0 && a.To >= 0 {
			b := bend{from: point{s.lane(a.From), s.leaves(i)}, to: s.endOf(i)}
			ways = append(ways, way{i, b})
			points = append(points, b.from, b.to, b.head())
		} else if row.Arrow == nil && row.Dot != view.NoDot {
			points = append(points, point{s.lane(row.At), s.row(i)})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.y, b.y) })
	slices.SortStableFunc(ways, func(a, b way) int {
		return int(math.Abs(a.to.x-a.from.x)) - int(math.Abs(b.to.x-b.from.x))
	})
	bends := map[int]bend{}
	together := map[point][]bend{} // by where they left
	for _, w := range ways {
		b := w.bent(fanClear(len(s.Lanes)), points, together[w.from])
		bends[w.row] = b
		together[w.from] = append(together[w.from], b)
	}
	return bends
}

// leaves is the height at which the arrow of row i leaves its lane.
func (s *sketch) leaves(i int) float64 {
	if s.More[i].Left < 0 {
		return s.top - 4
	}
	return s.at(s.More[i].Left)
}

// endOf is where the arrow of row i ends: at the other lane, or before it.
func (s *sketch) endOf(i int) point {
	a := s.Rows[i].Arrow
	x := s.lane(a.To)
	dir := math.Copysign(1, x-s.lane(a.From))
	switch {
	case s.More[i].Halfway:
		x -= dir * svgLane / 2
	case a.End != view.Arrives:
		x -= dir * 16
	}
	return point{x, s.row(i)}
}

// bent is b with the least lift with which it keeps its distances, or comes
// nearest to it where there is no room. The points are sorted by height.
func (b bend) bent(clear float64, points []point, together []bend) bend {
	low := sort.Search(len(points), func(i int) bool { return points[i].y > b.from.y-clear })
	high := sort.Search(len(points), func(i int) bool { return points[i].y > b.to.y+clear })
	near := each.Only(points[low:high], func(p point) bool { return b.over(p.x) })
	best, room := b, b.room(clear, near, together)
	for _, sign := range []float64{1, -1} { // above, so that a broadcast opens to one side
		for i := 1; i <= fanSteps && room < 1; i++ {
			c := b
			c.lift = sign * (b.to.y - b.from.y) * float64(i) / fanSteps
			if r := c.room(clear, near, together); r > room {
				best, room = c, r
			}
		}
	}
	return best
}

// room is how much of the distances that it shall keep the bend has, 1 or more: all.
func (b bend) room(clear float64, points []point, together []bend) float64 {
	room := math.Inf(1)
	for _, p := range points {
		room = min(room, math.Abs(b.at(p.x)-p.y)/clear)
	}
	for _, o := range together {
		room = min(room, b.apart(o))
	}
	return room
}

// apart is how far two bends that left together are from each other, 1: far enough
// everywhere, 0: they touch.
func (b bend) apart(o bend) float64 {
	dir := math.Copysign(1, b.to.x-b.from.x)
	if (o.to.x-o.from.x)*dir < 0 {
		return math.Inf(1)
	}
	room, side := math.Inf(1), 0.0
	length := min(math.Abs(b.to.x-b.from.x), math.Abs(o.to.x-o.from.x))
	for d := min(svgLane/4, length/2); ; d = min(d+svgLane/4, length) {
		x := b.from.x + dir*d
		gap := b.at(x) - o.at(x)
		if gap*side < 0 {
			return 0
		}
		side = gap
		room = min(room, math.Abs(gap)/(fanApart*min(1, d/svgLane)))
		if d == length {
			return room
		}
	}
}
