package raft

import "fmt"

// Outcome is what the decision means, as a clause.
func (d *Decision) Outcome() string {
	if d.Holds {
		return d.Rule.Held
	}
	return d.Rule.Not
}

// TurnsDown tells whether the decision refuses or ignores what the server was given.
func (d *Decision) TurnsDown() bool { return d.Holds == d.Rule.Refuses }

// Verdict is the comparison that made the decision come out so: 3 > 2. It is "" where
// nothing was compared. A decision of two majorities is told by its Halves instead.
func (d *Decision) Verdict() string {
	if text := d.Instead(); text != "" {
		return text
	}
	if p := d.Rule.Pair; p[0] != p[1] {
		return exceeds(d.Args[p[0]], d.Args[p[1]], d.Holds)
	}
	return ""
}

// Instead is what made the decision come out so where it was not the rule's Pair; else "".
func (d *Decision) Instead() string {
	if d.Rule.Instead == nil {
		return ""
	}
	return d.Rule.Instead(d)
}

// Relation is how two numbers compare: 3 > 2.
func Relation(a, b uint64) string {
	switch {
	case a < b:
		return fmt.Sprintf("%d < %d", a, b)
	case a > b:
		return fmt.Sprintf("%d > %d", a, b)
	}
	return fmt.Sprintf("%d = %d", a, b)
}

// exceeds is how two numbers compare of which the first had to be greater. Some rules
// also hold where they are equal.
func exceeds(a, b uint64, holds bool) string {
	if a == b && !holds {
		return fmt.Sprintf("%d is not above %d", a, b)
	}
	return Relation(a, b)
}

// Figure is one of a decision's numbers. Value is the number, or what it stands for in words.
type Figure struct {
	Number
	Value any
}

// Figures is the numbers that had a part in how the decision came out.
func (d *Decision) Figures() []Figure {
	var out []Figure
	for i, n := range d.Rule.Args {
		if n.Name == "" || d.Rule.Aside != nil && d.Rule.Aside(d, i) {
			continue
		}
		f := Figure{n, d.Args[i]}
		if n.Sense != Plain || d.Args[i] == 0 && n.Zero != "" {
			f.Value = n.Text(d.Args[i])
		}
		out = append(out, f)
	}
	return out
}

// Named is the figure's name with the server that it is of: S1's currentTerm.
func (f Figure) Named(d *Decision) string {
	switch {
	case f.Whose == "":
		return f.Name
	case !f.Other:
		return d.Node.String() + "'s " + f.Name
	case d.Peer == 0:
		return "the other's " + f.Name
	}
	return d.Peer.String() + "'s " + f.Name
}

// The rest is what rules say with Instead and Aside.

// bothHalves sets all numbers aside in a joint configuration: its two halves tell them.
func bothHalves(d *Decision, _ int) bool { return d.Halves.Joint() }

// staleSender compares the term of the server that sent a PreVote, which asks about a later one.
func staleSender(d *Decision) string {
	if d.Args[3] == 1 {
		return Relation(d.Args[2], d.Args[1])
	}
	return ""
}

func staleAside(d *Decision, i int) bool { return i == 3 || i == 2 && d.Args[3] == 0 }

// newerLog compares the last terms, and the last indexes where the terms are the same.
func newerLog(d *Decision) string {
	if a := d.Args; a[0] != a[2] {
		return Relation(a[2], a[0])
	}
	return Relation(d.Args[3], d.Args[1])
}

// nothingThere compares the place with where the log ends, or else the terms at that place.
func nothingThere(d *Decision) string {
	if a := d.Args; !d.Holds && a[0] > a[3] {
		return Relation(a[0], a[3])
	}
	return Relation(d.Args[2], d.Args[1])
}

func commitBefore(d *Decision) string {
	return exceeds(min(d.Args[0], d.Args[1]), d.Args[2], d.Holds)
}

func oldReply(d *Decision) string {
	switch a, role := d.Args, Role(d.Args[2]); {
	case d.Holds:
	case a[0] == a[1] && role != Leader:
		return fmt.Sprintf("%s does not lead: it is a %s", d.Node, role)
	case a[3] == 0:
		return fmt.Sprintf("%s is not a member", d.Peer)
	}
	return ""
}

func oldReplyAside(d *Decision, i int) bool {
	return i == 2 && Role(d.Args[2]) == Leader || i == 3 && d.Args[3] == 1
}

func oldVote(d *Decision) string {
	switch a, role := d.Args, Role(d.Args[2]); {
	case d.Holds:
	case role == Leader:
		return fmt.Sprintf("%s leads already", d.Node)
	case role == Follower:
		return fmt.Sprintf("%s is a follower", d.Node)
	case role == PreCandidate && a[3] == 1:
		return fmt.Sprintf("%s asks about term %d now", d.Node, a[1]+1)
	case a[0] == a[1] || a[3] == 1:
		return fmt.Sprintf("%s is a %s", d.Node, role)
	}
	return ""
}

func oldVoteAside(d *Decision, i int) bool { return i == 3 || i == 2 && d.Holds }

func oldRefusal(d *Decision) string {
	switch a := d.Args; {
	case d.Holds:
		return ""
	case a[0] == 0:
		return "nothing is before entry 1"
	case a[0] >= a[1]:
		return fmt.Sprintf("the refused append began at %d, beyond nextIndex %d", a[0]+1, a[1])
	default:
		return fmt.Sprintf("%s is known to hold entry %d: matchIndex is %d", d.Peer, a[0], a[2])
	}
}

func mayNotCampaign(d *Decision) string {
	switch {
	case d.Holds:
		return ""
	case Role(d.Args[2]) == Leader:
		return fmt.Sprintf("%s leads", d.Node)
	}
	return fmt.Sprintf("%s has no vote", d.Node)
}

func jointInForce(d *Decision) string {
	if !d.Holds && d.Args[0] <= d.Args[1] {
		return "the joint configuration is still in force"
	}
	return ""
}
