// Package diagrams has the commands that draw what happened, and write it as a picture or a page.
package diagrams

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/trace"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Commands are those of this room.
var Commands lang.Set

const (
	fewRows  = 40      // what is shown when nothing is said
	mostRows = 1000    // what may be asked for
	farBack  = 1 << 18 // how many events back rows are looked for, at most
)

var (
	diagramText  = lang.Literal("text").Optional().Explained("a sentence for each row instead of the picture")
	diagramNodes = words.Nodes().Optional()
	diagramTypes = typesKind.New().Optional()
	diagramLast  = lang.Count(1, mostRows).Keyword("last")
	diagramFrom  = words.Position().Keyword("from").Named("POSITION")
	diagramTo    = words.Position().Keyword("to").Named("POSITION")
	diagramWhat  = lang.Params{diagramNodes, diagramTypes, diagramLast, diagramFrom, diagramTo}
)

var typesKind = &lang.Kind[[]words.MessageType]{
	Name: "type=TYPE…", Doc: "types of message: `type=RequestVote`, or several, `type=AE,AER`",
	Starts: func(w lang.Word) bool { return strings.HasPrefix(w.Text, "type=") },
	Parse:  parseTypes,
	Complete: func(c *lang.Completion) {
		for _, name := range words.TypeNames() {
			c.Offer("type=" + name)
		}
	},
}

func parseTypes(p *lang.Parser) ([]words.MessageType, error) {
	var types []words.MessageType
	for w, ok := p.Peek(); ok; w, ok = p.Peek() {
		list, is := strings.CutPrefix(w.Text, "type=")
		if !is {
			return nil, p.Fail(w, "%s is neither a server nor type=TYPE", prose.Cite(w.Text))
		}
		for name := range strings.SplitSeq(list, ",") {
			t, known := words.FindType(name)
			if !known {
				w.Text = name
				return nil, words.NoType(p, w)
			}
			types = append(types, t)
		}
		p.Skip()
	}
	return types, p.Broken()
}

var _ = Commands.Register(&lang.Command{
	Name: "diagram", Topic: lab.TopicLooking,
	Summary: "draws what happened: a line for each server, time running downward, messages as arrows",
	Args:    append(lang.Params{diagramText}, diagramWhat...),
	Details: "Each row shows one event and everything that it caused. It starts with its position, which you can " +
		"pass to `goto`. A row can be a message that arrived, was lost, was dropped or is still in flight, or a " +
		"crash, or a cut. The arrow carries the message's type and term; its number and what the receiver did " +
		"are beside it. The style of a server's line shows its role.\n\n" +
		"By default you see the last 40 rows. `from` and `to` take the same positions as `goto`: `112`, " +
		"`found:30`, a checkpoint. With several NODES, it shows what happens on them and the messages between " +
		"them. With one, it also shows that server's messages with the others. `type=` keeps only messages of " +
		"these types.\n\n" +
		"`diagram text` tells each row in a sentence instead; a screen that is too narrow gets the same. `set " +
		"glyphs ascii` draws without box-drawing characters. `export FILE.svg` and `export FILE.html` write the " +
		"diagram to a file.",
	Examples: []string{
		"timeout S1; settle; diagram", "timeout S1; settle; diagram S1 S3 type=RequestVote last 10",
		"timeout S1; settle; put x 1; settle; diagram from 12 to 20", "timeout S1; settle; diagram text",
	},
	Results: []any{diagramResult{}},
	Needs:   lab.Needs(lab.Record),
	Run:     runDiagram,
})

func runDiagram(c *lang.Call) (*lang.Result, error) {
	p, err := StretchOf(c, fewRows, nil)
	if err != nil {
		return nil, err
	}
	r := lang.OK().With(p.value())
	if len(p.Rows) == 0 {
		return r.Line(p.empty()), nil
	}
	d := p.diagram()
	if d.Glyphs = look.Of(c).Glyphs; diagramText.Given(c) {
		return r.Block(view.Text{Lines: d.Title}, view.Text{Lines: d.Text, Indent: 6}), nil
	}
	return r.Block(d), nil
}

// Stretch is a stretch of history to be drawn.
type Stretch struct {
	*trace.Trace
	branch   *history.Branch
	from, to uint64         // the positions that were asked for
	start    uint64         // from where on rows were looked for; beyond from when enough were found
	whole    bool           // start is from
	more     bool           // the range goes on after the last row
	filtered bool           // not all rows of the range are meant
	nodes    []raft.ID      // the lanes
	world    *cluster.World // at the end
}

// StretchOf is the stretch of history that a call is about: the last rows, so
// many when it does not say otherwise. look sees the world after each row.
func StretchOf(c *lang.Call, count int, look func(*cluster.World) any) (*Stretch, error) {
	p, err := rangeOf(c)
	if err == nil {
		err = p.fill(c, count, look)
	}
	return p, err
}

// fill looks for the rows of a stretch.
func (p *Stretch) fill(c *lang.Call, count int, look func(*cluster.World) any) (err error) {
	b := trace.Builder{Keep: p.filter(diagramNodes.Of(c), diagramTypes.Of(c)), Look: look}
	switch {
	case diagramLast.Given(c):
		err = p.search(c, b, diagramLast.Of(c))
	case diagramFrom.Given(c):
		b.Oldest = mostRows
		err = p.build(c, b, p.from)
	default:
		err = p.search(c, b, count)
	}
	if err == nil && p.nodes == nil {
		p.nodes = p.world.IDs()
	}
	return err
}

// search looks for the last so many rows, ever farther back.
func (p *Stretch) search(c *lang.Call, b trace.Builder, count int) error {
	b.Newest = count
	for back := uint64(count) * 8; ; back *= 4 {
		from := p.from
		if p.to > back && p.to-back > from {
			from = p.to - back
		}
		if err := p.build(c, b, from); err != nil {
			return err
		}
		if n := len(p.Rows) + p.Left; n > count || from == p.from || back >= farBack {
			return nil
		}
	}
}

// build makes the rows from a position on.
func (p *Stretch) build(c *lang.Call, b trace.Builder, from uint64) error {
	lab.Of(c).History.Walk(p.branch, from, p.to, func(w *cluster.World, events []event.Event) bool {
		p.world = w
		return b.Visit(w, events) && c.Ctx.Err() == nil
	})
	if c.Ctx.Err() != nil {
		return lang.Interrupted(fmt.Sprintf("at #%d; say a shorter range", p.world.Position()))
	}
	p.Trace = b.Trace()
	p.start, p.whole = from, from == p.from
	p.more = p.world.Position() < p.to
	return nil
}

// rangeOf is the range that a call names: its branch and its positions.
func rangeOf(c *lang.Call) (*Stretch, error) {
	h := lab.Of(c).History
	find := func(a *lang.Arg[words.Place], unsaid history.Place, on *history.Branch) (history.Place, error) {
		name := a.Of(c).String()
		if !a.Given(c) {
			return unsaid, nil
		}
		if place := a.Of(c); place.HasAt && place.Name == "" { // a number counts along the branch that is drawn
			name = on.Name + ":" + name
		}
		return h.Find(name)
	}
	to, err := find(diagramTo, h.Place(), h.Place().Branch)
	if err != nil {
		return nil, err
	}
	from, err := find(diagramFrom, to, to.Branch)
	if err != nil {
		return nil, err
	}
	if !diagramFrom.Given(c) {
		return &Stretch{branch: to.Branch, from: 1, to: to.Position}, nil
	}
	if !diagramTo.Given(c) && (!from.HasIn(to.Branch) || from.Position > to.Position) {
		to = history.Place{Branch: from.Branch, Position: from.Branch.End()} // the rest of its branch
	}
	switch {
	case !from.HasIn(to.Branch):
		return nil, lang.Errorf("%s is not on the way to %s", from, to).WithHint("history shows the branches")
	case from.Position > to.Position:
		return nil, lang.Errorf("#%d comes after #%d", from.Position, to.Position).
			WithHint("from %d to %d", to.Position, from.Position)
	}
	return &Stretch{branch: to.Branch, from: max(from.Position, 1), to: to.Position}, nil
}

// filter says which rows are meant, and whose lanes are drawn.
func (p *Stretch) filter(nodes words.NodeSet, types []words.MessageType) func(*trace.Row) bool {
	if len(nodes.IDs) == 0 && len(types) == 0 {
		return nil
	}
	p.filtered = true
	if len(nodes.IDs) > 1 {
		p.nodes = nodes.IDs
	}
	return func(r *trace.Row) bool { return (len(types) == 0 || hasType(r, types)) && touches(r, nodes) }
}

func hasType(r *trace.Row, types []words.MessageType) bool {
	is := func(m *trace.Message) bool { return slices.Contains(types, words.MessageType(m.Type)) }
	return r.Message != nil && is(r.Message) || r.Message == nil && slices.ContainsFunc(r.Sent, is)
}

// touches says whether a row belongs to a picture of these nodes. Between
// several it takes both ends of a message.
func touches(r *trace.Row, nodes words.NodeSet) bool {
	m := r.Message
	switch {
	case len(nodes.IDs) == 0 || r.Kind == trace.Whole:
		return true
	case m == nil:
		return nodes.Has(r.Node)
	case len(nodes.IDs) == 1:
		return nodes.Has(m.From) || nodes.Has(m.To)
	}
	return nodes.Has(m.From) && nodes.Has(m.To)
}
