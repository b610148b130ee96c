package diagrams

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/page"
	"raftlab/commands/prose"
	"raftlab/commands/stream"
	"raftlab/commands/words"
	"raftlab/raft"
)

// stored is what the page in a file shows: page/source.js reads it.
type stored struct {
	Version int         `json:"version"`
	Lean    bool        `json:"lean"` // of a server a step has only what changed
	Ways    []storedWay `json:"ways"`
}

// storedWay is one way that things went.
type storedWay struct {
	Name   string `json:"name"`
	Stream []any  `json:"stream"`
}

// exportHTML is the page over what happened, with the other ways that have a name.
func exportHTML(c *lang.Call) (text, told string, err error) {
	p, err := drawn(c, htmlRows)
	if err != nil {
		return "", "", err
	}
	file := &stored{Version: stream.Version, Lean: true}
	steps := file.add(c, p, exportTitle.Of(c))
	more, err := eachWay(c, htmlRows, func(other *Stretch) { file.add(c, other, "") })
	if err != nil {
		return "", "", err
	}
	if c.Ctx.Err() != nil {
		return "", "", lang.Interrupted("while writing the page")
	}
	data, err := json.Marshal(file)
	if err != nil {
		return "", "", err
	}
	title := cmp.Or(exportTitle.Of(c), "raftlab: "+p.title()[0].String())
	return page.Single(prose.Visible(title), exportTheme.Of(c), data),
		p.told("a page with "+prose.Plural(steps, "step")) + more, nil
}

// add adds a stretch, and says how many steps it has.
func (f *stored) add(c *lang.Call, p *Stretch, title string) (steps int) {
	items := stream.Replay(c.Ctx, lab.Of(c).History, p.branch, p.Rows[0].Position, p.world.Position())
	title = cmp.Or(title, p.title()[0].String())
	if left := p.leftOut(); left != "" {
		title += " " + left
	}
	l := leaner{keep: p.keeper(c), was: map[string]fields{}}
	way := storedWay{Name: prose.Visible(p.branch.Name)}
	for _, item := range items {
		switch x := item.(type) {
		case *stream.SnapshotItem:
			x.Title = prose.Visible(title)
			way.Stream = append(way.Stream, l.snapshot(x))
		case *stream.CommandItem:
			steps += len(x.Steps)
			way.Stream = append(way.Stream, l.command(x))
		}
	}
	f.Ways = append(f.Ways, way)
	return steps
}

// keeper says which servers and which messages a page shows: all, where a call does not say.
func (p *Stretch) keeper(c *lang.Call) keeper {
	nodes, types := diagramNodes.Of(c), diagramTypes.Of(c)
	k := keeper{some: p.filtered}
	if len(nodes.IDs) > 1 {
		k.nodes = func(id string) bool {
			return slices.Contains(each.As(nodes.IDs, raft.ID.String), id)
		}
	}
	k.mail = func(m *stream.Message) bool {
		if len(nodes.IDs) == 1 && m.From != nodes.IDs[0].String() && m.To != nodes.IDs[0].String() {
			return false
		}
		if k.nodes != nil && !(k.nodes(m.From) && k.nodes(m.To)) {
			return false
		}
		return len(types) == 0 || slices.Contains(types, words.MessageType(m.Type))
	}
	return k
}

// keeper is what is shown; nodes is nil where all are.
type keeper struct {
	some  bool // not everything is
	nodes func(id string) bool
	mail  func(m *stream.Message) bool
}

// fields are those of a server, as JSON.
type fields map[string]json.RawMessage

// leaner makes items short: of a server it writes what changed since it was written last, so that
// hundreds of steps do not repeat its log.
type leaner struct {
	keep    keeper
	was     map[string]fields
	entries map[string][]stream.Entry
}

type leanSnapshot struct {
	*stream.SnapshotItem
	Nodes    []fields          `json:"nodes"`
	Messages []*stream.Message `json:"messages"`
}

type leanCommand struct {
	*stream.CommandItem
	Steps []leanStep `json:"steps"`
}

type leanStep struct {
	*stream.Step
	Nodes    []fields          `json:"nodes,omitempty"`
	Messages []*stream.Message `json:"messages,omitempty"`
}

func (l *leaner) snapshot(x *stream.SnapshotItem) leanSnapshot {
	l.was, l.entries = map[string]fields{}, map[string][]stream.Entry{}
	out := leanSnapshot{x, l.nodes(x.Nodes), l.messages(x.Messages)}
	x.InFlight -= len(x.Messages) - len(out.Messages)
	return out
}

func (l *leaner) command(x *stream.CommandItem) leanCommand {
	out := leanCommand{x, []leanStep{}}
	for _, s := range x.Steps {
		if l.keep.some {
			s.InFlight = nil // those that are not shown are not counted
		}
		out.Steps = append(out.Steps, leanStep{s, l.nodes(s.Nodes), l.messages(s.Messages)})
	}
	return out
}

func (l *leaner) messages(all []*stream.Message) []*stream.Message {
	return append([]*stream.Message{}, each.Only(all, func(m *stream.Message) bool { return l.keep.mail(m) })...)
}

func (l *leaner) nodes(all []*stream.Node) []fields {
	out := []fields{}
	for _, n := range all {
		if l.keep.nodes == nil || l.keep.nodes(n.ID) {
			out = append(out, l.node(n))
		}
	}
	return out
}

// node is what of a server differs from what was written of it before: its name, what changed, null
// for a field that is gone, and in place of its entries those that were appended, as more.
func (l *leaner) node(n *stream.Node) fields {
	now, was := fieldsOf(n), l.was[n.ID]
	old, known := l.entries[n.ID]
	l.was[n.ID], l.entries[n.ID] = now, n.Entries
	if was == nil {
		return now
	}
	out := fields{"id": now["id"]}
	for k, v := range now {
		if !bytes.Equal(v, was[k]) {
			out[k] = v
		}
	}
	for k := range was {
		if now[k] == nil {
			out[k] = json.RawMessage("null")
		}
	}
	if k := len(old); known && out["entries"] != nil && len(n.Entries) > k && slices.Equal(n.Entries[:k], old) {
		delete(out, "entries")
		out["more"] = asJSON(n.Entries[k:])
	}
	return out
}

func fieldsOf(n *stream.Node) fields {
	f := fields{}
	if err := json.Unmarshal(asJSON(n), &f); err != nil {
		panic(err) // it was made a line before
	}
	return f
}

// asJSON is a value of the stream as JSON; there is none that has no form.
func asJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
