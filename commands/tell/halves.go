package tell

import (
	"cmp"
	"fmt"
	"strings"

	"raftlab/commands/prose"
	"raftlab/raft"
)

// Verdict is the comparison on which a decision rests, in words. In a joint configuration it
// compares both halves, and says which of them failed.
func Verdict(d *raft.Decision) string {
	if d.Halves.Joint() {
		return jointVerdict(d)
	}
	return d.Verdict()
}

func jointVerdict(d *raft.Decision) string {
	var out []string
	for _, h := range d.Halves {
		have, needed := uint64(h.Have.Len()), uint64(h.Needed())
		switch {
		case d.Holds == h.Holds() && d.Holds:
			out = append(out, raft.Relation(have, needed))
		case d.Holds != h.Holds():
		default:
			out = append(out, raft.Relation(have, needed)+": "+halfText(h))
		}
	}
	return strings.Join(out, prose.Either(d.Holds, " and ", "; "))
}

// Halves says which voters were counted: "2 of 5 (S1 S2), 3 needed". In a joint
// configuration it names both halves: "S4 S5 of S1 S4 S5, 2 needed, and
// none of S1 S2 S3, 2 needed".
func Halves(halves raft.Halves) string {
	h := halves[0]
	if !halves.Joint() {
		return fmt.Sprintf("%d of %d (%s), %d needed", h.Have.Len(), h.Of.Len(), orNone(h.Have), h.Needed())
	}
	return halfText(h) + ", and " + halfText(halves[1])
}

// VotesText is how many votes a candidate has of those that it needs. votes is what to call
// them, and when says for which term they are.
func VotesText(halves raft.Halves, votes, when string) string {
	h := halves[0]
	if !halves.Joint() {
		return fmt.Sprintf("it has %d of the %d %s that it needs %s (%s)", h.Have.Len(), h.Needed(), votes, when,
			orNone(h.Have))
	}
	return fmt.Sprintf("%s it has the %s of %s. It lacks a majority of %s", when, votes, Halves(halves),
		LackingText(halves))
}

// LackingText is the halves that lack a majority.
func LackingText(halves raft.Halves) string {
	var of []string
	for _, h := range halves {
		if !h.Holds() {
			of = append(of, h.Of.String())
		}
	}
	return strings.Join(of, ", and of ")
}

func halfText(h raft.Half) string {
	return fmt.Sprintf("%s of %s, %d needed", orNone(h.Have), h.Of, h.Needed())
}

func orNone(s raft.Set) string {
	return cmp.Or(s.String(), "none")
}
