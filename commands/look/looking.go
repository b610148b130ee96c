package look

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var (
	nodeOf   = words.Node()
	logNodes = words.Nodes().Optional()
	kvOf     = words.Node().Optional()
)

var _ = Commands.Register(&lang.Command{
	Name: "status", Topic: lab.TopicLooking,
	Summary:  "shows one line for each server",
	Examples: []string{"status", "timeout S1; settle; status"},
	Results:  []any{statusView{}},
	Run:      runStatus,
})

func runStatus(c *lang.Call) (*lang.Result, error) {
	v := lab.VocabularyOf(lab.PictureOf(c, picture.Everything))
	return lang.OK().With(statusView{v.Clock, v.Nodes, v.Bugs}).Block(StatusBlocks(v.Picture)...), nil
}

// statusView is what status has for JSON.
type statusView struct {
	Clock int                 `json:"clock"`
	Nodes []*picture.NodeView `json:"nodes"`
	Bugs  []string            `json:"bugs"` // that are on
}

// StatusBlocks is a line about the cluster, and one for each server.
func StatusBlocks(p *picture.Picture) []view.Block {
	t := view.Table{
		Head:  []string{"node", "role", "term", "vote", "leader", "log", "commit", "applied", "timer", ""},
		Right: []bool{false, false, true, false, false, true, true, true, true}, Fixed: 1,
	}
	t.Rows = each.As(p.Nodes, statusRow)
	title := view.Line{view.S(view.Strong, statusTitle(p))}
	if names := tell.BugsOn(p); names != "" {
		title = append(title, view.S(view.Bad, ". BUG: "+names))
	}
	blocks := []view.Block{view.Text{Lines: []view.Line{title}}, t}
	bad := func(format string, args ...any) {
		blocks = append(blocks, view.Text{Lines: []view.Line{view.LS(view.Bad, fmt.Sprintf(format, args...))},
			Indent: 2})
	}
	for _, b := range lab.BreachesOf(p) {
		what := "BREACH"
		if b.Departure != nil {
			what = "DEPARTURE"
		}
		bad("%s #%d %s: %s", what, b.Position, b.Property, b.Text)
	}
	for _, v := range p.Nodes {
		if v.State.Fault != nil {
			bad("%s went down by itself: %s", v.ID, v.State.Fault)
		}
	}
	return blocks
}

func statusTitle(p *picture.Picture) string {
	who := "no leader"
	if p.Leader != nil {
		who = fmt.Sprintf("%s leads term %d", p.Leader.ID, p.Leader.Term)
		if n := len(p.Leaders); n > 1 {
			who += fmt.Sprintf(" (%d believe they lead)", n)
		}
	}
	return who + ". " + tell.Moment(p)
}

func statusRow(v *picture.NodeView) []view.Line {
	timer := "-"
	if v.Up {
		timer = strconv.Itoa(v.Timer)
	}
	return []view.Line{
		view.LS(view.Strong, v.ID), view.LS(tell.RoleStyle(v.Role), v.Role),
		view.LS(view.OfTerm(v.Term), strconv.Itoa(v.Term)),
		view.L(prose.Dash(v.Vote)), view.L(prose.Dash(v.Leader)), view.L(strconv.Itoa(v.Last)),
		view.L(strconv.Itoa(v.Commit)), view.L(strconv.Itoa(v.Applied)), view.L(timer),
		view.LS(view.Warn, tell.StatusNote(v)),
	}
}

var _ = Commands.Register(&lang.Command{
	Name: "node", Topic: lab.TopicLooking,
	Summary:  "shows all of one server's state from Figure 2",
	Args:     lang.Params{nodeOf},
	Examples: []string{"node S1"},
	Results:  []any{picture.NodeView{}},
	Run:      runNode,
})

func runNode(c *lang.Call) (*lang.Result, error) {
	v := lab.PictureOf(c, picture.Everything).Nodes[nodeOf.Of(c)-1]
	return lang.OK().With(v).Block(nodeTable(v)), nil
}

func nodeTable(v *picture.NodeView) view.Table {
	t := view.Table{Fixed: 1}
	add := func(name, value string, style view.Style) {
		t.Add(view.L(name), view.LS(style, prose.Dash(value)))
	}
	add("role", v.Role, tell.RoleStyle(v.Role))
	t.Add(view.L(prose.Either(v.State.Unsynced, "written, unsynced", "on stable storage")), nil)
	add("  currentTerm", strconv.Itoa(v.Term), view.Plain)
	add("  votedFor", v.Vote, view.Plain)
	add("  log[]", LogWords(v), view.Plain)
	if v.Snapshot.Index > 0 {
		add("  snapshot", fmt.Sprintf("up to index %d, term %d", v.Snapshot.Index, v.Snapshot.Term), view.Plain)
	}
	t.Add(view.L("volatile"), nil)
	add("  commitIndex", strconv.Itoa(v.Commit), view.Committed)
	add("  lastApplied", strconv.Itoa(v.Applied), view.Plain)
	add("  leader it knows", v.Leader, view.Plain)
	if v.Next != nil {
		add("  nextIndex[]", PeerNumbers(v.Next), view.Plain)
		add("  matchIndex[]", PeerNumbers(v.Match), view.Plain)
	}
	add("  configuration", tell.Members(v.State.Members), view.Plain)
	if v.Up {
		add("timer", fmt.Sprintf("%d of %d ticks left", v.Timer, v.State.TimerOf), view.Plain)
	}
	if note := tell.StatusNote(v); note != "" {
		add("", note, view.Warn)
	}
	return t
}

// LogWords is a log as given takes it: TERM:DATA.
func LogWords(v *picture.NodeView) string {
	words := make([]string, len(v.Entries))
	for i, e := range v.Entries {
		words[i] = strconv.Itoa(e.Term)
		if text := tell.EntryText(e); strings.ContainsAny(text, ` "'`) {
			words[i] += ":" + lang.Quote(text)
		} else if text != "" {
			words[i] += ":" + text
		}
	}
	return strings.Join(words, "  ")
}

// PeerNumbers is a leader's nextIndex or matchIndex, by server.
func PeerNumbers(m map[string]int) string {
	ids := slices.SortedFunc(maps.Keys(m), prose.ByNumber)
	return strings.Join(each.As(ids, func(id string) string { return fmt.Sprintf("%s:%d", id, m[id]) }), "  ")
}

type logsResult struct {
	Nodes []*picture.NodeView `json:"nodes" doc:"the logs"`
}

var _ = Commands.Register(&lang.Command{
	Name: "log", Topic: lab.TopicLooking,
	Summary: "shows the logs side by side, as in the paper's Figure 6",
	Args:    lang.Params{logNodes},
	Details: "Each entry shows its term and its command. Brackets mark the entries that the server knows to be " +
		"committed.",
	Examples: []string{"timeout S1; settle; put x 1; settle; log", "log S1 S3"},
	Results:  []any{logsResult{}},
	Run:      runLog,
})

func runLog(c *lang.Call) (*lang.Result, error) {
	views := lab.NodesOf(lab.PictureOf(c, picture.Everything), logNodes.Of(c).IDs)
	first, last := 0, 0
	for _, v := range views {
		if v.Last > 0 && (first == 0 || v.First < first) {
			first = v.First
		}
		last = max(last, v.Last)
	}
	r := lang.OK().With(logsResult{views})
	if last == 0 {
		if len(views) == 1 {
			return r.Line(fmt.Sprintf("%s's log is empty.", views[0].ID)), nil
		}
		return r.Line("These logs are empty."), nil
	}
	const most = 400 // entries that a person can look at
	first = max(first, 1, last-most+1)
	return r.Block(logTable(views, first, last)).
		Line("Each cell is TERM COMMAND; [brackets] mark what this server knows to be committed."), nil
}

// logTable is the entries from first to last of some logs, side by side.
func logTable(views []*picture.NodeView, first, last int) view.Table {
	t := view.Table{Head: []string{"index"}, Fixed: 1, Split: true,
		Rows: each.As(views, func(v *picture.NodeView) []view.Line { return logRow(v, first, last) })}
	for i := first; i <= last; i++ {
		t.Head = append(t.Head, strconv.Itoa(i))
	}
	return t
}

func logRow(v *picture.NodeView, first, last int) []view.Line {
	name := v.ID
	if v.Role == "leader" {
		name += " L"
	}
	row := []view.Line{view.LS(tell.RoleStyle(v.Role), name)}
	for i := first; i <= last; i++ {
		switch {
		case i < v.First:
			row = append(row, view.LS(view.Quiet, "(snap)"))
		case i > v.Last:
			row = append(row, nil)
		default:
			row = append(row, logCell(v.Entries[i-v.First], i <= v.Commit))
		}
	}
	return row
}

func logCell(e picture.EntryView, committed bool) view.Line {
	style, open, shut, what := view.Pending, " ", " ", tell.EntryText(e)
	if committed {
		style, open, shut = view.Committed, "[", "]"
	}
	if what != "" {
		shut = " " + prose.Shorten(what, 12) + shut
	}
	return view.Line{view.S(style, open), view.S(view.OfTerm(e.Term), strconv.Itoa(e.Term)), view.S(style, shut)}
}

type diskResult struct {
	Node    string   `json:"node" doc:"the server"`
	Synced  DiskView `json:"synced" doc:"what survives a crash"`
	Written DiskView `json:"written" doc:"all that was written"`
}

var _ = Commands.Register(&lang.Command{
	Name: "disk", Topic: lab.TopicLooking,
	Summary:  "shows what a server's stable storage holds, synced and unsynced",
	Args:     lang.Params{nodeOf},
	Examples: []string{"disk S1", "set fsync off; timeout S1; disk S1"},
	Results:  []any{diskResult{}},
	Needs: lab.Needs(lab.Stepping, "node NODE shows what a server stores, also one that is down; --data DIR "+
		"keeps it in files"),
	Run: func(c *lang.Call) (*lang.Result, error) {
		w, id := lab.Of(c).World(), nodeOf.Of(c)
		written, synced := w.Disk(id)
		unsynced := w.Unsynced(id)
		t := view.Table{Head: []string{"", "written and synced"}, Fixed: 1}
		if unsynced {
			t.Head = []string{"", "synced", "written"}
		}
		row := func(name string, of func(*raft.Stable) string) {
			a, b := of(synced), of(written)
			cells := []view.Line{view.L(name), view.L(a)}
			switch {
			case a != b:
				cells = append(cells, view.LS(view.Warn, b))
			case unsynced:
				cells = append(cells, view.L("the same"))
			}
			t.Rows = append(t.Rows, cells)
		}
		row("currentTerm", func(s *raft.Stable) string { return strconv.FormatUint(s.CurrentTerm, 10) })
		row("votedFor", func(s *raft.Stable) string { return prose.Dash(s.VotedFor.String()) })
		row("log", func(s *raft.Stable) string { return diskLog(&s.Log) })
		row("snapshot", func(s *raft.Stable) string {
			if s.Snapshot == nil {
				return "none"
			}
			return fmt.Sprintf("up to %d (t%d): %s", s.Snapshot.Index, s.Snapshot.Term, prose.Visible(s.Snapshot.Data))
		})
		r := lang.OK().With(diskResult{Node: id.String(), Synced: diskView(synced),
			Written: diskView(written)}).Block(t)
		switch {
		case unsynced:
			return r.Line("A crash now would lose what is written and not synced."), nil
		case w.Up(id):
			return r.Line("A crash now would lose nothing that is stored."), nil
		}
		return r, nil
	},
})

func diskLog(l *raft.Log) string {
	if l.LastIndex() < l.FirstIndex() {
		return "empty"
	}
	return LogWords(&picture.NodeView{Entries: picture.EntryViews(l, l.FirstIndex())})
}

// DiskView is a disk's content in JSON.
type DiskView struct {
	Term     int                 `json:"term"`
	Vote     string              `json:"vote"`
	Log      string              `json:"log"`
	Entries  []picture.EntryView `json:"entries"`
	Snapshot picture.PlaceView   `json:"snapshot"`
}

func diskView(s *raft.Stable) DiskView {
	v := DiskView{Term: int(s.CurrentTerm), Vote: s.VotedFor.String(), Log: picture.LogTerms(&s.Log),
		Entries: picture.EntryViews(&s.Log, s.Log.FirstIndex())}
	if s.Snapshot != nil {
		v.Snapshot = picture.PlaceView{Index: int(s.Snapshot.Index), Term: int(s.Snapshot.Term)}
	}
	return v
}

type kvResultView struct {
	KV map[string]map[string]string `json:"kv" doc:"the data of each server, by server and key"`
}

var _ = Commands.Register(&lang.Command{
	Name: "kv", Topic: lab.TopicLooking,
	Summary:  "shows the key-value data that the servers have applied",
	Args:     lang.Params{kvOf},
	Examples: []string{"timeout S1; settle; put x 1; settle; kv", "kv S1"},
	Results:  []any{kvResultView{}},
	Run:      runKV,
})

func runKV(c *lang.Call) (*lang.Result, error) {
	var ids []raft.ID
	if kvOf.Given(c) {
		ids = []raft.ID{kvOf.Of(c)}
	}
	nodes, data, keys := lab.NodesOf(lab.PictureOf(c, lab.Only("kv")), ids), map[string]map[string]string{}, []string{}
	t := view.Table{Head: []string{"key"}, Fixed: 1, Split: true}
	for _, v := range nodes {
		data[v.ID] = v.KV
		keys = slices.AppendSeq(keys, maps.Keys(v.KV))
		t.Head = append(t.Head, v.ID)
	}
	r := lang.OK().With(kvResultView{data})
	if len(keys) == 0 {
		if len(nodes) == 1 {
			return r.Line(fmt.Sprintf("%s holds no data: it has applied nothing that stores any.", nodes[0].ID)), nil
		}
		stores := "put x 1; settle"
		if _, live := lab.InRealTime(c); live {
			stores = "put x 1"
		}
		return r.Line("Nothing is stored yet: " + stores + " stores something."), nil
	}
	for _, key := range prose.Names(keys) {
		row := []view.Line{view.LS(view.Strong, prose.Visible(key))}
		for _, v := range nodes {
			cell := view.LS(view.Quiet, "-")
			if value, ok := v.KV[key]; ok {
				cell = view.L(prose.Visible(value))
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return r.Block(t), nil
}

type configView struct {
	Nodes []configNode `json:"nodes" doc:"the configuration, as each server has it"`
}

var _ = Commands.Register(&lang.Command{
	Name: "config", Topic: lab.TopicLooking,
	Summary:  "shows which servers vote, according to the latest configuration of each server",
	Examples: []string{"config"},
	Results:  []any{configView{}},
	Run:      runConfig,
})

type configNode struct {
	Learners  []string `json:"learners" doc:"servers that get the log but have no vote"`
	Node      string   `json:"node" doc:"the server that uses this configuration"`
	OldVoters []string `json:"oldVoters" doc:"during joint consensus, the old voters; otherwise null"`
	Voters    []string `json:"voters" doc:"the servers that vote"`
}

func runConfig(c *lang.Call) (*lang.Result, error) {
	t := view.Table{Head: []string{"node", "voters", "old voters", "learners"}, Fixed: 1}
	var views []configNode
	for _, v := range lab.PictureOf(c, picture.Everything).Nodes {
		views = append(views, configNode{Node: v.ID, Voters: v.Voters, OldVoters: v.OldVoters, Learners: v.Learners})
		t.Add(view.LS(view.Strong, v.ID), view.L(prose.Dash(strings.Join(v.Voters, " "))),
			view.L(prose.Dash(strings.Join(v.OldVoters, " "))), view.L(prose.Dash(strings.Join(v.Learners, " "))))
	}
	return lang.OK().With(configView{views}).Block(t), nil
}

type violationsResult struct {
	Violations []*picture.BreachView `json:"violations" doc:"broken invariants"`
}

var _ = Commands.Register(&lang.Command{
	Name: "invariants", Topic: lab.TopicLooking,
	Summary: "shows what must always hold, and whether it does",
	Details: "The first five are the properties of the paper's Figure 3. All are checked after every action.",
	Results: []any{violationsResult{}},
	Needs:   lab.Needs(lab.Record),
	Run: func(c *lang.Call) (*lang.Result, error) {
		w := lab.Of(c).World()
		t := view.Table{Head: []string{"property", "", "what it says"}, Fixed: 1}
		for _, p := range invariants.Properties {
			state := view.LS(view.Good, "holds")
			if slices.ContainsFunc(w.Violations(), func(b invariants.Breach) bool { return b.Property == p.Name }) {
				state = view.LS(view.Bad, "BROKEN")
			}
			t.Add(view.LS(view.Strong, p.Name), state, view.L(p.InFull()))
		}
		r := lang.OK().With(violationsResult{picture.OfWorld(w, lab.Only("violations")).Violations}).Block(t)
		for _, b := range w.Violations() {
			r.Block(breachBlock(b))
		}
		return r, nil
	},
})

func breachBlock(b invariants.Breach) view.Block {
	line := view.Line{view.S(view.Bad, fmt.Sprintf("#%d BREACH of %s: ", b.Position, b.Property)),
		view.S(view.Plain, b.Text)}
	if len(b.Causes) > 0 {
		text := "; it came from"
		for _, p := range b.Causes {
			text += fmt.Sprintf(" #%d", p)
		}
		line = append(line, view.S(view.Quiet, text))
	}
	return view.Text{Lines: []view.Line{line}, Indent: 2}
}

type digestView struct {
	Digest map[string]string `json:"digest" doc:"a hash of the applied data by server, in hexadecimal; empty when down"`
}

var _ = Commands.Register(&lang.Command{
	Name: "digest", Topic: lab.TopicLooking,
	Summary:  "shows one hash of all applied data for each server",
	Examples: []string{"digest"},
	Results:  []any{digestView{}},
	Run:      runDigest,
})

func runDigest(c *lang.Call) (*lang.Result, error) {
	t := view.Table{Head: []string{"node", "applied", "digest"}, Fixed: 1, Right: []bool{false, true}}
	digests := map[string]string{}
	for _, v := range lab.PictureOf(c, lab.Only()).Nodes {
		sum := digest(v.State.Machine)
		digests[v.ID] = sum
		t.Add(view.LS(view.Strong, v.ID), view.L(strconv.Itoa(v.Applied)), view.L(prose.Dash(sum)))
	}
	return lang.OK().With(digestView{digests}).Block(t), nil
}

// digest is a hash of what a server has applied; a dead one has none.
func digest(m machine.Machine) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%016x", xxhash.Sum64String(m.Snapshot()))
}
