package why

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// HalfOf is one of the majorities that a decision needs: of the voters, and in
// a joint configuration also of the old ones (section 6).
type HalfOf struct {
	Of     []string `json:"of"`   // the voters
	Have   []string `json:"have"` // those of them that voted, answered, or hold the entry
	Needed int      `json:"needed"`
}

// countedAs is what is counted of each half, by rule.
var countedAs = map[*raft.Rule]string{
	raft.Majority: "votes", raft.CheckQuorumRule: "servers heard", raft.MajorityHolds: "holders",
	raft.ReadConfirmed: "answers", raft.RoundAnswered: "answers",
}

// compareHalves adds the numbers of both halves, where there are two.
func (a *Answer) compareHalves(d *raft.Decision) {
	if !tell.Joint(d.Halves) {
		return
	}
	for _, h := range d.Halves {
		a.compare(fmt.Sprintf("%s of %s", countedAs[d.Rule], h.Of), h.Have.Len())
		a.compare("needed", h.Needed())
	}
}

// jointVerdict compares both halves, and says which of them failed.
func jointVerdict(d *raft.Decision) string {
	var out []string
	for _, h := range d.Halves {
		have, needed := uint64(h.Have.Len()), uint64(h.Needed())
		switch {
		case d.Holds == h.Holds() && d.Holds:
			out = append(out, relation(have, needed))
		case d.Holds != h.Holds():
		default:
			out = append(out, relation(have, needed)+": "+halfText(h))
		}
	}
	return strings.Join(out, map[bool]string{true: " and ", false: "; "}[d.Holds])
}

func halvesOf(halves [2]raft.Half) []HalfOf {
	var out []HalfOf
	for _, h := range halves {
		if !h.Of.Empty() {
			out = append(out, HalfOf{cluster.Names(h.Of), cluster.Names(h.Have), h.Needed()})
		}
	}
	return out
}

// HalvesText is who was counted: "2 of 5 (S1 S2), 3 needed"; in a joint
// configuration both halves with their names: "S4 S5 of S1 S4 S5, 2 needed, and
// none of S1 S2 S3, 2 needed".
func HalvesText(halves [2]raft.Half) string {
	h := halves[0]
	if !tell.Joint(halves) {
		return fmt.Sprintf("%d of %d (%s), %d needed", h.Have.Len(), h.Of.Len(), orNone(h.Have), h.Needed())
	}
	return halfText(h) + ", and " + halfText(halves[1])
}

// votesText is how many votes a candidate has of those that it needs; when is
// in or for which term.
func votesText(halves [2]raft.Half, votes, when string) string {
	h := halves[0]
	if !tell.Joint(halves) {
		return fmt.Sprintf("it has %d of the %d %s that it needs %s (%s)", h.Have.Len(), h.Needed(), votes, when,
			orNone(h.Have))
	}
	return fmt.Sprintf("%s it has the %s of %s. It lacks a majority of %s", when, votes, HalvesText(halves),
		lackingText(halves))
}

func lackingText(halves [2]raft.Half) string {
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
	if s.Empty() {
		return "none"
	}
	return s.String()
}
