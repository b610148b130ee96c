package words

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// Ticks is a number of ticks from low to high.
func Ticks(low, high int) *lang.Arg[int] { return lang.Int("TICKS", low, high) }

// Seed is a seed: any unsigned number.
func Seed() *lang.Arg[uint64] { return lang.Whole("N", 0, math.MaxUint64) }

// SeedRange is the seeds from First to Last.
type SeedRange struct{ First, Last uint64 }

func (r SeedRange) String() string { return fmt.Sprintf("%d..%d", r.First, r.Last) }

// Seeds is a range of seeds, A..B.
func Seeds() *lang.Arg[SeedRange] {
	return (&lang.Kind[SeedRange]{
		Name: "A..B", Doc: "a range of seeds, including both ends: `1..100000`",
		Starts: lang.LooksLikeNumber,
		Word: func(p *lang.Parser, w lang.Word) (SeedRange, error) {
			low, high, _ := strings.Cut(w.Text, "..")
			a, ok1 := lang.Digits(low)
			b, ok2 := lang.Digits(high)
			if !ok1 || !ok2 || a > b || b > math.MaxUint64-1 {
				return SeedRange{}, p.Fail(w, "a range of seeds is two numbers, the lower first: 1..100000, not %s",
					prose.Cite(w.Text))
			}
			return SeedRange{a, b}, nil
		},
	}).New()
}

// Scenario is a built-in scenario.
func Scenario() *lang.Arg[string] { return lang.Existing("NAME", SortScenario) }

// Key is a key of the key-value store.
func Key() *lang.Arg[string] {
	a := lang.Filled("KEY")
	return a.Explained("a key of the key-value store, in quotes if it has blanks or punctuation").
		CompletedBy(func(c *lang.Completion) { c.Offer(c.World.Names(SortKey)...) })
}

// Client is a client's name; a client that is not known yet is made.
func Client() *lang.Arg[string] {
	return (&lang.Kind[string]{
		Name: "CLIENT", Doc: "a client, such as `C1`; a new name creates a client",
		Word: func(p *lang.Parser, w lang.Word) (string, error) {
			if !lang.IsName(w.Text) {
				return "", p.Fail(w, "%s is not a client's name", prose.Cite(w.Text)).WithHint("use C1, C2 and so on")
			}
			return w.Text, nil
		},
		Complete: func(c *lang.Completion) { c.Offer(c.World.Names(SortClient)...) },
	}).New()
}

// Place is where `goto` goes: a position of this branch or another, a
// checkpoint or the end of a branch, or the place before the last `goto`.
type Place struct {
	Name  string // a checkpoint or a branch, or "" for the present branch
	At    uint64 // the position, when HasAt
	HasAt bool
	Back  bool // `-`
}

func (p Place) String() string {
	switch {
	case p.Back:
		return "-"
	case !p.HasAt:
		return p.Name
	case p.Name == "":
		return strconv.FormatUint(p.At, 10)
	}
	return p.Name + ":" + strconv.FormatUint(p.At, 10)
}

var placeKind = &lang.Kind[Place]{
	Name: "POSITION|NAME", Doc: "a position: `112`, `NAME:112` on another branch, the NAME of a checkpoint or " +
		"branch, or `-` for where you were before",
	Word: parsePosition,
	Complete: func(c *lang.Completion) {
		c.Offer(c.World.Names(SortCheckpoint)...)
		c.Offer(c.World.Names(SortBranch)...)
		c.Offer("-")
	},
}

// Position is a place in the history. Whether the number exists is for the
// command to say.
func Position() *lang.Arg[Place] { return placeKind.New() }

func parsePosition(p *lang.Parser, w lang.Word) (Place, error) {
	if w.Text == "-" {
		return Place{Back: true}, nil
	}
	if n, ok := lang.Digits(w.Text); ok {
		return Place{At: n, HasAt: true}, nil
	}
	if lang.LooksLikeNumber(w) {
		return Place{}, p.Fail(w, "a position is a whole number or a name, not %s", prose.Cite(w.Text))
	}
	place := Place{Name: w.Text}
	if name, at, ok := strings.Cut(w.Text, ":"); ok {
		place.Name, place.HasAt = name, true
		if place.At, ok = lang.Digits(at); !ok {
			return Place{}, p.Fail(w, "a position on another branch is written NAME:112, not %s", prose.Cite(w.Text))
		}
	}
	branches := p.World.Names(SortBranch)
	if slices.Contains(branches, place.Name) {
		return place, nil
	}
	checkpoints := p.World.Names(SortCheckpoint)
	if !place.HasAt && slices.Contains(checkpoints, place.Name) {
		return place, nil
	}
	w.Text = place.Name
	if place.HasAt {
		return place, p.NoChoice(w, "branch", branches)
	}
	return place, p.NoChoice(w, "checkpoint or branch", append(slices.Clone(checkpoints), branches...))
}
