package tell

import (
	"fmt"

	"raftlab/raft"
)

// Outcome is what a decision means, in words.
func Outcome(d *raft.Decision) string { return d.Rule.Outcome(d.Holds) }

// TurnsDown tells whether a decision turned something down.
func TurnsDown(d *raft.Decision) bool {
	if d.Rule == raft.StaleTerm || d.Rule == raft.Stickiness {
		return d.Holds
	}
	return !d.Holds
}

// beside tells whether a number of a decision had no part in how it came out,
// or is told better with the halves of a joint configuration.
func beside(d *raft.Decision, i int) bool {
	switch d.Rule {
	case raft.Majority, raft.CheckQuorumRule:
		return Joint(d.Halves)
	case raft.StaleTerm: // a PreVote asks about the term after the sender's own
		return i >= 2 && d.Args[3] == 0 || i == 3
	case raft.ReplyOfThisTerm:
		return i == 2 && raft.Role(d.Args[2]) == raft.Leader || i == 3 && d.Args[3] == 1
	case raft.VotesOfThisElection:
		return i == 2 && d.Holds || i == 3
	}
	return false
}

// Verdict is what the numbers say: those that made the decision come out so.
func Verdict(d *raft.Decision) string {
	a := d.Args
	if Joint(d.Halves) {
		return jointVerdict(d)
	}
	switch d.Rule {
	case raft.StaleTerm:
		if a[3] == 1 {
			return Relation(a[2], a[1])
		}
	case raft.CandidateUpToDate:
		if a[0] != a[2] {
			return Relation(a[2], a[0])
		}
		return Relation(a[3], a[1])
	case raft.FollowerCommit:
		return exceeds(min(a[0], a[1]), a[2], d.Holds)
	case raft.PrevLogMatches:
		if !d.Holds && a[0] > a[3] {
			return Relation(a[0], a[3])
		}
		return Relation(a[2], a[1])
	case raft.ReplyOfThisTerm, raft.VotesOfThisElection, raft.TransferElection, raft.RefusalIsCurrent:
		if text := NotCurrent(d); text != "" || d.Rule == raft.TransferElection || d.Rule == raft.RefusalIsCurrent {
			return text
		}
	case raft.OneChangeAtATime:
		if !d.Holds && a[0] <= a[1] {
			return "the joint configuration is still in force"
		}
	}
	if p := d.Rule.Pair; p[0] != p[1] {
		return exceeds(a[p[0]], a[p[1]], d.Holds)
	}
	return ""
}

// NotCurrent is why an answer, or what a server is told, comes too late, where
// it is not the terms that say so.
func NotCurrent(d *raft.Decision) string {
	a, role := d.Args, raft.Role(d.Args[2])
	switch {
	case d.Holds:
	case d.Rule == raft.RefusalIsCurrent:
		return oldRefusal(d)
	case d.Rule == raft.TransferElection && role == raft.Leader:
		return fmt.Sprintf("%s leads", d.Node)
	case d.Rule == raft.TransferElection:
		return fmt.Sprintf("%s has no vote", d.Node)
	case d.Rule == raft.ReplyOfThisTerm && a[0] == a[1] && role != raft.Leader:
		return fmt.Sprintf("%s does not lead: it is %s", d.Node, ARole(role.String()))
	case d.Rule == raft.ReplyOfThisTerm && a[3] == 0:
		return fmt.Sprintf("%s is not a member", d.Peer)
	case d.Rule == raft.VotesOfThisElection:
		return oldVote(d)
	}
	return ""
}

// oldVote is why a vote is for another election.
func oldVote(d *raft.Decision) string {
	switch a, role := d.Args, raft.Role(d.Args[2]); {
	case role == raft.Leader:
		return fmt.Sprintf("%s leads already", d.Node)
	case role == raft.Follower:
		return fmt.Sprintf("%s is a follower", d.Node)
	case role == raft.PreCandidate && a[3] == 1:
		return fmt.Sprintf("%s asks about term %d now", d.Node, a[1]+1)
	case a[0] == a[1] || a[3] == 1:
		return fmt.Sprintf("%s is %s", d.Node, ARole(role.String()))
	}
	return ""
}

// oldRefusal is why a refusal is of an append from before.
func oldRefusal(d *raft.Decision) string {
	switch a := d.Args; {
	case a[0] == 0:
		return "nothing is before entry 1"
	case a[0] >= a[1]:
		return fmt.Sprintf("the refused append began at %d, beyond nextIndex %d", a[0]+1, a[1])
	default:
		return fmt.Sprintf("%s is known to hold entry %d: matchIndex is %d", d.Peer, a[0], a[2])
	}
}

// exceeds is two numbers of which the first had to be greater, or, where they
// are equal and that was enough, at least the other.
func exceeds(a, b uint64, holds bool) string {
	if a == b && !holds {
		return fmt.Sprintf("%d is not above %d", a, b)
	}
	return Relation(a, b)
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

// Figure is one of a decision's numbers: what it is, and its value in words where it
// stands for a server, a role, or yes or no.
type Figure struct {
	raft.Number
	Value any
}

// Figures is the numbers that had a part in how a decision came out.
func Figures(d *raft.Decision) []Figure {
	var out []Figure
	for i, n := range d.Rule.Args {
		if n.Name != "" && !beside(d, i) {
			out = append(out, Figure{n, valueOf(n, d.Args[i])})
		}
	}
	return out
}

// valueOf is a number as it is told: itself, or what it stands for.
func valueOf(n raft.Number, v uint64) any {
	if n.Sense == raft.Plain && (v != 0 || n.Zero == "") {
		return v
	}
	return n.Text(v)
}

// Named is a number's name with the server's that it is of: S1's currentTerm.
func (f Figure) Named(d *raft.Decision) string {
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
