package inquiry

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// Answer is what why says.
type Answer struct {
	Answer   string       `json:"answer"`             // what happened, or why it did not, in a sentence or two
	Position uint64       `json:"position,omitempty"` // of the event that it explains; 0: of none
	Rule     string       `json:"rule"`               // its name; "": no rule
	Place    string       `json:"place"`              // of the rule in the paper
	Says     string       `json:"says"`               // what the rule says
	Brief    string       `json:"-"`                  // its first sentence
	Compared []Compared   `json:"compared"`           // the numbers that the rule looked at
	Halves   []HalfOf     `json:"halves,omitempty"`   // who was counted, where a majority decides
	Verdict  string       `json:"verdict,omitempty"`  // of the numbers: 3 > 2
	Also     []string     `json:"also,omitempty"`     // what else departs from the paper in the same step
	Bug      string       `json:"bug,omitempty"`      // the mistake that a server makes on purpose
	Nodes    []NodeReason `json:"nodes,omitempty"`    // the reasons of single servers
	Because  []Because    `json:"because"`            // what made it so
	Chain    []Because    `json:"chain,omitempty"`    // the causes of that, see Inquiry.Chain

	// Redirected says that nothing refuses the command of why not: another server does it.
	Redirected bool `json:"redirected,omitempty"`

	Unruled bool `json:"-"` // no decision was recorded that explains it

	q *Inquiry
}

// Compared is a number that a rule looked at.
type Compared struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Because is what made it so: an event, or a fact.
type Because struct {
	Position uint64 `json:"position,omitempty"`
	Text     string `json:"text"`

	Bare string `json:"-"` // the text without the position, where that stands in it
	ends bool   // the chain of causes does not go on from here
}

// NodeReason is what one server contributes to the answer.
type NodeReason struct {
	Node     string `json:"node"`
	Text     string `json:"text"`
	Position uint64 `json:"position,omitempty"`

	Many string `json:"-"` // the text where the same is said of several, if it is another

	// Own is the text without a clause that may hold of several servers, and Shared that clause, with %s
	// for which servers.
	Own, Shared string `json:"-"`
}

// By makes it an answer by a rule.
func (a *Answer) By(r *raft.Rule) {
	a.Rule, a.Place, a.Says, a.Brief = r.ID, r.Place, r.InFull(), r.Says
}

// Say is an answer by a rule, which may be nil, of one sentence so far.
func (q *Inquiry) Say(r *raft.Rule, format string, args ...any) *Answer {
	a := &Answer{q: q, Answer: fmt.Sprintf(format, args...)}
	if r != nil {
		a.By(r)
	}
	return a
}

// Explain is the answer that an event happened, so far.
func (q *Inquiry) Explain(e *event.Event) *Answer {
	return &Answer{q: q, Answer: q.Past(e) + ".", Position: e.Position}
}

// Say replaces the sentence of the answer.
func (a *Answer) Say(format string, args ...any) { a.Answer = fmt.Sprintf(format, args...) }

// Add appends text to the sentence.
func (a *Answer) Add(format string, args ...any) {
	a.Answer = strings.TrimSuffix(a.Answer, ".") + fmt.Sprintf(format, args...) + "."
}

// Fact adds a cause that is no event.
func (a *Answer) Fact(format string, args ...any) {
	a.Cause(Because{Text: fmt.Sprintf(format, args...)})
}

// Compare adds a number that the rule looked at.
func (a *Answer) Compare(name string, value any) {
	a.Compared = append(a.Compared, Compared{name, value})
}

// Cause adds causes, each once.
func (a *Answer) Cause(causes ...Because) {
	for _, b := range causes {
		if !slices.ContainsFunc(a.Because, func(o Because) bool { return o.Text == b.Text }) {
			a.Because = append(a.Because, b)
		}
	}
}

// Since adds events as causes; nil events are skipped.
func (a *Answer) Since(events ...*event.Event) { a.Cause(a.q.Because(events...)...) }

// HalfOf is one of the majorities that a decision needs: of the voters, and in
// a joint configuration also of the old ones (section 6).
type HalfOf struct {
	Of     []string `json:"of"`   // the voters
	Have   []string `json:"have"` // those of them that voted, answered, or hold the entry
	Needed int      `json:"needed"`
}

// Counted notes who was counted for a rule, and adds the numbers of both halves, where there are two.
func (a *Answer) Counted(r *raft.Rule, halves raft.Halves) {
	a.Halves = HalvesOf(halves)
	if !halves.Joint() {
		return
	}
	for _, h := range halves {
		a.Compare(fmt.Sprintf("%s of %s", r.Counts, h.Of), h.Have.Len())
		a.Compare("needed", h.Needed())
	}
}

// HalvesOf is who was counted, as values.
func HalvesOf(halves raft.Halves) []HalfOf {
	var out []HalfOf
	for _, h := range halves {
		if !h.Of.Empty() {
			out = append(out, HalfOf{h.Of.Names(), h.Have.Names(), h.Needed()})
		}
	}
	return out
}

// NoteBugs says that a server breaks some rules on purpose.
func (a *Answer) NoteBugs(w *cluster.World, id raft.ID, rules ...*raft.Rule) {
	a.NoteSome(w, id, ^raft.Mutants(0), rules...)
}

// NoteSome says the same of those that are among some bugs, of each once.
func (a *Answer) NoteSome(w *cluster.World, id raft.ID, which raft.Mutants, rules ...*raft.Rule) {
	for _, r := range rules {
		for _, m := range w.BugsAgainst(r, id) {
			text := fmt.Sprintf("%s is on in %s: %s", m.Name, id, m.Says)
			if m.Bit&which != 0 && !strings.Contains(a.Bug, text) {
				a.Bug = strings.TrimPrefix(a.Bug+"; "+text, "; ")
			}
		}
	}
}

// Numbers is what was compared, with names.
func (a *Answer) Numbers(d *raft.Decision) {
	a.Verdict = tell.Verdict(d)
	if d.Rule == raft.CandidateUpToDate {
		a.Compare(d.Peer.String()+"'s last entry", tell.EntryPlace(d.Args[1], d.Args[0]))
		a.Compare(d.Node.String()+"'s last entry", tell.EntryPlace(d.Args[3], d.Args[2]))
		return
	}
	for _, f := range d.Figures() {
		a.Compare(f.Named(d), f.Value)
	}
	a.Counted(d.Rule, d.Halves)
}
