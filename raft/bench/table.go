package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sample is what one benchmark printed, by unit.
type sample map[string]float64

// table gathers samples, by load in the order in which loads appeared.
type table struct {
	loads []string
	pairs map[pairKey][]pair
}

type pairKey struct{ load, version string }

// pair is our core and etcd's, measured one after the other.
type pair struct{ ours, theirs sample }

// add takes the output of one run beside a version: for each load our line,
// then theirs.
func (t *table) add(version, output string) error {
	if t.pairs == nil {
		t.pairs = map[pairKey][]pair{}
	}
	var ours sample
	for line := range strings.Lines(output) {
		load, core, s, ok := parseLine(line)
		switch {
		case !ok:
			continue
		case core == "raftlab":
			ours = s
			continue
		case ours == nil:
			return fmt.Errorf("%s: %s was measured without our core before it", version, load)
		}
		if !slices.Contains(t.loads, load) {
			t.loads = append(t.loads, load)
		}
		k := pairKey{load, version}
		t.pairs[k] = append(t.pairs[k], pair{ours, s})
		ours = nil
	}
	if len(t.pairs) == 0 {
		return fmt.Errorf("no load has such a name; the output was:\n%s", output)
	}
	return nil
}

// parseLine reads a line as go test prints it:
// BenchmarkLoad/3_nodes,_one_proposal_a_round/etcd-2  3380  49376 ns/op …
func parseLine(line string) (load, core string, s sample, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", "", nil, false
	}
	parts := strings.Split(fields[0], "/")
	if len(parts) != 3 {
		return "", "", nil, false
	}
	core, _, _ = strings.Cut(parts[2], "-")
	s = sample{}
	for i := 2; i+1 < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", "", nil, false
		}
		s[fields[i+1]] = v
	}
	return strings.ReplaceAll(parts[1], "_", " "), core, s, true
}

// units says what of a sample is shown, the first that it has, and whether
// more of it is better.
var units = []struct {
	name string
	more bool
}{{"proposals/s", true}, {"B/entry", false}, {"ns/op", false}}

func (t *table) markdown() string {
	var b strings.Builder
	b.WriteString("| load | raftlab |")
	for _, v := range versions {
		fmt.Fprintf(&b, " etcd %s | times better |", v.name)
	}
	b.WriteString("\n|---|--:|" + strings.Repeat("--:|--:|", len(versions)) + "\n")
	for _, load := range t.loads {
		var all []pair
		cells := ""
		for _, v := range versions {
			pairs := t.pairs[pairKey{load, v.name}]
			all = append(all, pairs...)
			cells += fmt.Sprintf(" %s | %.1f |", show(pairs, pair.their), ratio(pairs))
		}
		fmt.Fprintf(&b, "| %s | %s |%s\n", load, show(all, pair.our), cells)
	}
	return b.String()
}

func (p pair) our() sample   { return p.ours }
func (p pair) their() sample { return p.theirs }

// show is the median of one core's samples, with its unit.
func show(pairs []pair, of func(pair) sample) string {
	unit, _ := unitOf(pairs)
	value := medianOf(pairs, func(p pair) float64 { return of(p)[unit] })
	switch unit {
	case "proposals/s":
		return thousands(value) + "/s"
	case "B/entry":
		return fmt.Sprintf("%.0f B/entry", value)
	}
	allocs := medianOf(pairs, func(p pair) float64 { return of(p)["allocs/op"] })
	return fmt.Sprintf("%.0f ns, %.0f allocs", value, allocs)
}

// ratio is the median of how many times our core is better than the other.
func ratio(pairs []pair) float64 {
	unit, more := unitOf(pairs)
	return medianOf(pairs, func(p pair) float64 {
		if more {
			return p.ours[unit] / p.theirs[unit]
		}
		return p.theirs[unit] / p.ours[unit]
	})
}

func unitOf(pairs []pair) (name string, more bool) {
	for _, u := range units {
		if len(pairs) > 0 && pairs[0].ours[u.name] > 0 {
			return u.name, u.more
		}
	}
	return "", false
}

func medianOf(pairs []pair, value func(pair) float64) float64 {
	var v []float64
	for _, p := range pairs {
		v = append(v, value(p))
	}
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// thousands writes 1234567 as 1,230,000: no more figures than mean something.
func thousands(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	text := strconv.FormatFloat(rounded, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
