package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// Answer is what why says.
type Answer struct {
	Answer   string       `json:"answer"`
	Position uint64       `json:"position,omitempty"` // of the event that it explains
	Rule     string       `json:"rule"`
	Place    string       `json:"place"` // in the paper
	Says     string       `json:"says"`  // what the rule says
	Compared []Compared   `json:"compared"`
	Halves   []HalfOf     `json:"halves,omitempty"`  // who was counted, where a majority decides
	Verdict  string       `json:"verdict,omitempty"` // of the numbers: 3 > 2
	Bug      string       `json:"bug,omitempty"`     // the mistake that a server makes on purpose
	Nodes    []NodeReason `json:"nodes,omitempty"`   // one by one
	Because  []Because    `json:"because"`
	Chain    []Because    `json:"chain,omitempty"`

	// Redirected says that nothing refuses the command of why not: another server does it.
	Redirected bool `json:"redirected,omitempty"`

	Unruled bool `json:"-"` // no decision was recorded that explains it
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

	bare string // the text without the position, where that stands in it
	ends bool   // the chain of causes does not go on from here
}

// NodeReason is what is to be said of one server.
type NodeReason struct {
	Node     string `json:"node"`
	Text     string `json:"text"`
	Position uint64 `json:"position,omitempty"`

	brief, which string // the same in a word or two, and by which message or event
}

// by names the rule.
func (a *Answer) by(r *raft.Rule) { a.Rule, a.Place, a.Says = r.ID, r.Place, r.Says }

func (a *Answer) compare(name string, value any) {
	a.Compared = append(a.Compared, Compared{name, value})
}

// cause adds what made it so, each once.
func (a *Answer) cause(causes ...Because) {
	for _, b := range causes {
		if !slices.ContainsFunc(a.Because, func(o Because) bool { return o.Text == b.Text }) {
			a.Because = append(a.Because, b)
		}
	}
}

// blocks is the answer as text.
func (a *Answer) blocks() []view.Block {
	blocks := []view.Block{view.Text{Lines: []view.Line{view.LS(view.Strong, a.Answer)}, Indent: 2}}
	if a.Rule != "" {
		blocks = append(blocks, whyRow("rule",
			view.Line{view.S(view.Code, a.Rule), view.S(view.Plain, ", "+a.Place+": "+briefly(a.Says))}))
	}
	if len(a.Compared) > 0 {
		blocks = append(blocks, a.numberRows()...)
	}
	if a.Bug != "" {
		blocks = append(blocks, whyRow("bug", view.LS(view.Bad, a.Bug)))
	}
	for _, n := range a.nodeRows() {
		blocks = append(blocks, whyRow(n.Node, view.L(n.Text)))
	}
	for i, b := range a.Because {
		label := "because"
		if i > 0 {
			label = ""
		}
		blocks = append(blocks, whyRow(label, view.L(b.Text)))
	}
	if len(a.Chain) > 0 {
		lines := view.Text{Lines: []view.Line{view.LS(view.Strong, "  the whole chain, the latest first")}, Indent: 8}
		for _, b := range a.Chain {
			lines.Lines = append(lines.Lines, append(view.Line{view.S(view.Quiet,
				fmt.Sprintf("  %6s  ", chainMark(b)))}, view.S(view.Plain, b.Text)))
		}
		blocks = append(blocks, lines)
	}
	return blocks
}

func chainMark(b Because) string {
	if b.Position == 0 {
		return ""
	}
	return fmt.Sprintf("#%d", b.Position)
}

// whyRow is a labelled line; what does not fit goes below its text.
func whyRow(label string, text view.Line) view.Block {
	head := view.S(view.Quiet, fmt.Sprintf("  %-10s", label))
	return view.Text{Lines: []view.Line{append(view.Line{head}, text...)}, Indent: 10}
}

// nodeRows is the servers one by one, those of whom the same is said together.
func (a *Answer) nodeRows() []NodeReason {
	var rows []NodeReason
	for _, n := range a.Nodes {
		if k := len(rows); k > 0 && rows[k-1].Text == n.Text {
			rows[k-1].Node += " " + n.Node
		} else {
			rows = append(rows, n)
		}
	}
	for i := range rows {
		if len(rows[i].Node) > 9 {
			text := strings.NewReplacer("lacks it", "lack it", "holds it", "hold it").Replace(rows[i].Text)
			rows[i].Node, rows[i].Text = "", rows[i].Node+" "+text
		}
	}
	return rows
}

// numberRows is the numbers, as many on a line as 80 columns hold.
func (a *Answer) numberRows() []view.Block {
	const room = 67
	label, line, width := "compared", view.Line(nil), 0
	var rows []view.Block
	add := func(style view.Style, text string) {
		n := len([]rune(text))
		if width > 0 && width+3+n > room {
			rows = append(rows, whyRow(label, line))
			label, line, width = "", nil, 0
		}
		if width > 0 {
			text = "   " + text
		}
		line, width = append(line, view.S(style, text)), width+3+n
	}
	for _, n := range a.Compared {
		add(view.Plain, fmt.Sprintf("%s: %v", n.Name, n.Value))
	}
	if a.Verdict != "" {
		add(view.Strong, a.Verdict)
	}
	return append(rows, whyRow(label, line))
}

// briefly is the first clause of what a rule says; rule NAME has the rest.
func briefly(says string) string {
	for _, mark := range []string{": ", "; ", " ("} {
		says, _, _ = strings.Cut(says, mark)
	}
	return says
}

// Inquiry looks for reasons.
type Inquiry struct {
	Ctx    context.Context
	Lab    *lab.Lab
	W      *cluster.World // the present
	Record *cluster.Record
}

func NewInquiry(c *lang.Call, l *lab.Lab) *Inquiry {
	q := &Inquiry{Ctx: c.Ctx, Lab: l, W: l.World(), Record: l.History.Record(c.Ctx)}
	end := q.Record.End()
	q.Record.Progress = func(position uint64) { // the first windows are no news
		if c.Front != nil && (position+1<<17 < end || c.Told != (time.Time{})) {
			c.Progress("looking at #%d of #%d (Ctrl-C ends it)", position, end)
		}
	}
	return q
}

// last is the last event before a position that is wanted.
func (q *Inquiry) last(before uint64, wanted func(*cluster.Event) bool) *cluster.Event {
	return q.Record.Last(before, wanted)
}

// because is an event as a cause; nil is none.
func (q *Inquiry) because(events ...*cluster.Event) []Because {
	var out []Because
	for _, e := range events {
		if e != nil {
			out = append(out, Because{Position: e.Position, Text: q.Past(e), bare: q.bare(e)})
		}
	}
	return out
}

// becauseThat is an event as a cause, with words before.
func (q *Inquiry) becauseThat(words string, e *cluster.Event) []Because {
	if e == nil {
		return nil
	}
	return []Because{{Position: e.Position, Text: words + q.Past(e), bare: words + q.bare(e)}}
}

// deed is the command that an event came of.
func (q *Inquiry) deed(e *cluster.Event) Because {
	line := q.Record.Line(e.Position)
	if line == nil {
		return Because{Text: "the world began like this"}
	}
	how := "your command"
	if q.Lab.Replay {
		how = "as recorded"
	}
	switch e.Action.(type) {
	case cluster.Advance, cluster.Tick, cluster.ClockTick:
		how = "you let time pass"
	}
	return Because{Position: line.Start + 1,
		Text: fmt.Sprintf("%s: %s (#%d)", how, prose.Shorten(prose.Visible(line.Text), 60), line.Start+1), ends: true}
}

// byTime tells whether it was time that brought an event about, not a command
// for this very thing.
func byTime(e *cluster.Event) bool {
	switch e.Action.(type) {
	case cluster.Advance, cluster.Tick:
		return true
	}
	return false
}

// longChain is how many causes are shown.
const longChain = 30

// chain follows the causes of an answer back, the latest first, each once.
func (q *Inquiry) chain(a *Answer) {
	todo, seen := slices.Clone(a.Because), map[string]bool{}
	for len(todo) > 0 && q.Ctx.Err() == nil {
		at := latest(todo)
		b := todo[at]
		todo = slices.Delete(todo, at, at+1)
		if b.Position == 0 || seen[b.Text] {
			continue
		}
		seen[b.Text] = true
		if len(a.Chain) == longChain {
			a.Chain = append(a.Chain, Because{Text: fmt.Sprintf("… type why #%d more for the rest", b.Position)})
			return
		}
		b.Text = cmp.Or(b.bare, b.Text)
		if e := q.Record.At(b.Position); e != nil && !b.ends {
			x := q.Explain(e)
			b.Text += "  (" + x.Rule + ")"
			todo = append(todo, x.Because...)
		}
		a.Chain = append(a.Chain, b)
	}
}

// latest is the place of the latest cause, an event before the command that it
// came of.
func latest(causes []Because) int {
	best := 0
	for i, b := range causes {
		if o := causes[best]; b.Position > o.Position || b.Position == o.Position && o.ends && !b.ends {
			best = i
		}
	}
	return best
}
