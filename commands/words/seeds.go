package words

import (
	"fmt"
	"math"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

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
