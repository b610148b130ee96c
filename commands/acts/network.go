package acts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var (
	which        = words.Which()
	delayTicks   = words.Ticks(1, 1_000_000)
	injectType   = words.Type()
	injectLink   = words.OneLink()
	injectFields = lang.Fields("term", "prev", "last", "entries", "commit", "granted", "success", "match").Optional().
			CompletedBy(completeFields)
	partitionInto = words.Groups()
	isolateNodes  = words.Nodes()
	cutLinks      = words.Links()
	healLinks     = words.Links().Optional()
)

type liveMessagesResult struct {
	Counts   map[string]map[string]lab.Count `json:"counts" doc:"messages so far, by server and type"`
	Messages []*picture.MessageView          `json:"messages" doc:"always empty: in live mode they arrive at once"`
}

type messagesResult struct {
	Messages []*picture.MessageView `json:"messages" doc:"what is in flight"`
}

// holdsMail is the need of what does something to a message in flight.
var holdsMail = lab.Needs(lab.Stepping, "messages arrive by themselves here; cut LINK loses those that come over it")

var _ = Commands.Register(&lang.Command{
	Name: "messages", Aliases: []string{"net"}, Topic: lab.TopicNetwork,
	Summary: "shows which messages are in flight, and whether each can arrive",
	Examples: []string{
		"timeout S1; messages",
	},
	Results: []any{messagesResult{}, liveMessagesResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		if w, live := lab.InRealTime(c); live {
			return countedMessages(w), nil
		}
		w := lab.Of(c).World()
		r := lang.OK().With(messagesResult{picture.OfWorld(w, lab.Only("messages")).Messages})
		flights := w.Flights()
		if len(flights) == 0 {
			return r.Line("Nothing is in flight."), nil
		}
		return r.Block(messageTable(w, flights)), nil
	},
})

// countedMessages is how many there were, where what is in flight is gone before it could
// be shown.
func countedMessages(w lab.RealTime) *lang.Result {
	t := view.Table{Head: []string{"node", "type", "sent", "delivered"}, Fixed: 1,
		Right: []bool{false, false, true, true}}
	counts := map[string]map[string]lab.Count{}
	for _, id := range w.NodeIDs() {
		of := w.Counts(id)
		counts[id.String()] = of
		for _, m := range words.Types {
			if n, ok := of[string(m.Type)]; ok {
				t.Add(view.LS(view.Strong, id.String()),
					view.LS(view.Message, string(m.Type)), view.L(fmt.Sprint(n.Sent)), view.L(fmt.Sprint(n.Delivered)))
			}
		}
	}
	return lang.OK().With(liveMessagesResult{Messages: []*picture.MessageView{}, Counts: counts}).Block(t)
}

func messageTable(w *cluster.World, flights []cluster.Flight) view.Table {
	t := view.Table{Head: []string{"id", "link", "type", "age", "arrives", "fields"}, Fixed: 1}
	for f := range each.Of(flights) {
		t.Add(view.LS(view.Strong, words.MessageID(f.ID).String()), view.L(fmt.Sprintf("%s->%s", f.From, f.To)),
			view.LS(view.Message, f.Message.Type()),
			view.L(strconv.FormatUint(w.Clock()-f.Sent, 10)),
			arrival(w, f),
			view.L(event.FieldsText(f.Message)))
	}
	return t
}

// arrival says whether a message can arrive, and when it would by itself.
func arrival(w *cluster.World, f *cluster.Flight) view.Line {
	if why := w.Fate(f); why != "" {
		return view.LS(view.Bad, "no: "+why)
	}
	switch {
	case w.Waits(f):
		return view.LS(view.Warn, "waits: "+w.Obstacle(f))
	case f.Due <= w.Clock():
		return view.LS(view.Good, "now")
	case f.Held:
		return view.LS(view.Warn, fmt.Sprintf("held to tick %d", f.Due))
	}
	return view.LS(view.Good, fmt.Sprintf("tick %d", f.Due))
}

// chosen is the messages that a WHICH names, in the order in which they were
// named, or else the older first.
func chosen(c *lang.Call, s words.Selection) ([]cluster.Flight, error) {
	flights := lab.Of(c).World().Flights()
	var out []cluster.Flight
	for _, f := range flights {
		if s.Matches(words.MessageFacts{ID: words.MessageID(f.ID), Type: words.MessageType(f.Message.Type()),
			From: f.From, To: f.To}) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		if len(flights) == 0 {
			return nil, lang.Errorf("nothing is in flight").WithHint("timeout, heartbeat or put make messages")
		}
		return nil, lang.Errorf("nothing in flight matches").WithHint("messages lists what is in flight")
	}
	if len(s.IDs) > 1 {
		slices.SortStableFunc(out, func(a, b cluster.Flight) int {
			return slices.Index(s.IDs, words.MessageID(a.ID)) - slices.Index(s.IDs, words.MessageID(b.ID))
		})
	}
	return out, nil
}

var _ = Commands.Register(&lang.Command{
	Name: "deliver", Topic: lab.TopicNetwork, Changes: true,
	Summary: "delivers messages that are in flight now",
	Args:    lang.Params{which},
	Details: "Messages that are sent in response stay in flight. A message on a cut link or to a dead server is " +
		"lost. A message to a frozen server waits.",
	Examples: []string{
		"timeout S1; deliver m1", "timeout S1; deliver S1->S2; deliver S2->S1", "timeout S1; deliver RV",
		"timeout S1; deliver all",
	},
	Needs: holdsMail,
	Run: func(c *lang.Call) (*lang.Result, error) {
		l := lab.Of(c)
		flights, err := chosen(c, which.Of(c))
		if err != nil {
			return nil, err
		}
		done, voting := 0, votesUnderWay(l.World())
		for i := range flights {
			if f := &flights[i]; l.World().Waits(f) && !slices.Contains(which.Of(c).IDs, words.MessageID(f.ID)) {
				continue
			}
			if err := l.Do(cluster.Deliver{ID: flights[i].ID}); err != nil {
				return nil, err
			}
			done++
		}
		if done == 0 {
			return nil, lang.Errorf("all of it waits: it is for frozen servers").WithHint("thaw NODE lets its mail in")
		}
		return lang.OK().Verdict(lostSince(voting, l.World())), nil
	},
})

// eachMessage does an action to each of the messages chosen.
func eachMessage(action func(c *lang.Call, id uint64) cluster.Action) func(*lang.Call) (*lang.Result, error) {
	return func(c *lang.Call) (*lang.Result, error) {
		flights, err := chosen(c, which.Of(c))
		if err != nil {
			return nil, err
		}
		return lang.OK(), lab.Of(c).DoAll(each.As(flights,
			func(f cluster.Flight) cluster.Action { return action(c, f.ID) })...)
	}
}

var _ = Commands.Register(&lang.Command{
	Name: "drop", Topic: lab.TopicNetwork, Changes: true,
	Summary:  "drops messages that are in flight now",
	Args:     lang.Params{which},
	Examples: []string{"timeout S1; drop m1", "timeout S1; drop RV S1->S3"},
	Needs:    lab.Needs(lab.Stepping, "cut LINK loses what comes over it, until heal"),
	Run:      eachMessage(func(_ *lang.Call, id uint64) cluster.Action { return cluster.Drop{ID: id} }),
})

var _ = Commands.Register(&lang.Command{
	Name: "duplicate", Topic: lab.TopicNetwork, Changes: true,
	Summary:  "puts a second copy of messages in flight",
	Args:     lang.Params{which},
	Examples: []string{"timeout S1; duplicate m1"},
	Needs:    holdsMail,
	Run:      eachMessage(func(_ *lang.Call, id uint64) cluster.Action { return cluster.Duplicate{ID: id} }),
})

var _ = Commands.Register(&lang.Command{
	Name: "delay", Topic: lab.TopicNetwork, Changes: true,
	Summary: "makes messages due TICKS later",
	Args:    lang.Params{which, delayTicks},
	Details: "`run` and `step` wait for a delayed message. `deliver` can still take it first, and `settle` does " +
		"not wait, so you can make messages arrive in any order.",
	Examples: []string{"timeout S1; delay S1->S2 20; run 5"},
	Needs:    holdsMail,
	Run: eachMessage(func(c *lang.Call, id uint64) cluster.Action {
		return cluster.Delay{ID: id, Ticks: delayTicks.Of(c)}
	}),
})

var _ = Commands.Register(&lang.Command{
	Name: "inject", Topic: lab.TopicNetwork, Changes: true,
	Summary: "puts a hand-made RPC in flight",
	Args:    lang.Params{injectType, injectLink, injectFields},
	Details: "`prev` and `last` are INDEX/TERM. `entries` is a list of TERM or TERM:DATA, in quotes. Replies " +
		"take `granted`, `success` and `match`; a refusal takes `prev`. By default, the term and last entry are " +
		"the sender's, there are no entries, commit is 0, and a reply says yes.",
	Examples: []string{
		`inject AppendEntries S1->S2 term=3 prev=0/0 entries="3:x=1" commit=0; settle`,
		"inject RequestVote S1->S2 term=9 last=5/3; settle",
		"inject RVR S2->S1 granted=true; settle",
	},
	Needs: holdsMail,
	Run:   runInject,
})

func runInject(c *lang.Call) (*lang.Result, error) {
	link := injectLink.Of(c)
	from, to := link.From, link.To
	m, err := handMade(lab.Of(c).World(), injectType.Of(c), from, to, injectFields.Of(c))
	if err != nil {
		return nil, err
	}
	return lang.OK(), lab.Of(c).Do(cluster.Inject{Envelope: raft.Envelope{From: from, To: to, Message: m}})
}

// fieldReader reads FIELD=VALUEs, each of which some type of message has.
type fieldReader struct {
	fields lang.FieldList
	used   []string
	err    error
}

func (r *fieldReader) take(name string) (string, bool) {
	r.used = append(r.used, name)
	return r.fields.Get(name)
}

func (r *fieldReader) fail(name, value, want string) {
	if r.err == nil {
		r.err = lang.Errorf("%s is %s, not %s", name, want, prose.Cite(value))
	}
}

func (r *fieldReader) number(name string, unsaid uint64) uint64 {
	text, ok := r.take(name)
	if !ok {
		return unsaid
	}
	n, ok := lang.Digits(text)
	if !ok || n > words.MaxFigure {
		r.fail(name, text, fmt.Sprintf("a whole number from 0 to %d", uint64(words.MaxFigure)))
	}
	return n
}

// truth is true where nothing else is said.
func (r *fieldReader) truth(name string) bool {
	text, ok := r.take(name)
	if ok && text != "true" && text != "false" {
		r.fail(name, text, "true or false")
	}
	return text != "false"
}

// place is INDEX/TERM.
func (r *fieldReader) place(name string, index, term uint64) (uint64, uint64) {
	text, ok := r.take(name)
	if !ok {
		return index, term
	}
	i, t, err := parsePlace(text)
	if err != nil {
		r.fail(name, text, "INDEX/TERM, such as 4/2")
	}
	return i, t
}

// parsePlace reads INDEX/TERM.
func parsePlace(text string) (index, term uint64, err error) {
	a, b, _ := strings.Cut(text, "/")
	index, ok1 := lang.Digits(a)
	term, ok2 := lang.Digits(b)
	if !ok1 || !ok2 || index > words.MaxFigure || term > words.MaxFigure {
		return 0, 0, lang.Errorf("%s is not INDEX/TERM, such as 5/3", prose.Cite(text))
	}
	return index, term, nil
}

func (r *fieldReader) entries(name string) []raft.Entry {
	text, _ := r.take(name)
	list, err := words.ParseEntries(text)
	if err != nil && r.err == nil {
		r.err = err
	}
	return list
}

// completeFields offers the fields of the message's type that are not given yet.
func completeFields(c *lang.Completion) {
	l, stepwise := c.World.(*lab.Lab)
	for _, word := range slices.Backward(c.Before()) {
		t, is := words.FindType(word)
		if !is || !stepwise {
			continue
		}
		r := &fieldReader{}
		r.message(l.World(), t, 1, 1, r.number("term", 0))
		for _, name := range r.used {
			if !strings.Contains(" "+c.Text, " "+name+"=") {
				c.Offer(name + "=")
			}
		}
		return
	}
}

// handMade is an RPC from what was said of its fields.
func handMade(w *cluster.World, t words.MessageType, from, to raft.ID, fields lang.FieldList) (raft.Message, error) {
	r := &fieldReader{fields: fields}
	disk, _ := w.Disk(from)
	term := r.number("term", disk.CurrentTerm)
	m := r.message(w, t, from, to, term)
	if r.err != nil {
		return nil, r.err
	}
	for _, f := range fields {
		if !slices.Contains(r.used, f.Name) {
			return nil, lang.Errorf("%s has no field %s here; it takes %s", t, f.Name, prose.And(r.used))
		}
	}
	return m, nil
}

func (r *fieldReader) message(w *cluster.World, t words.MessageType, from, to raft.ID, term uint64) raft.Message {
	disk, _ := w.Disk(from)
	lastIndex, lastTerm := disk.Log.LastIndex(), disk.Log.LastTerm()
	switch t {
	case words.RequestVote:
		i, lt := r.place("last", lastIndex, lastTerm)
		return &raft.RequestVote{Term: term, CandidateID: from, LastLogIndex: i, LastLogTerm: lt}
	case words.PreVote:
		i, lt := r.place("last", lastIndex, lastTerm)
		return &raft.PreVote{Term: term, CandidateID: from, LastLogIndex: i, LastLogTerm: lt}
	case words.RequestVoteReply:
		return &raft.RequestVoteReply{Term: term, VoteGranted: r.truth("granted")}
	case words.PreVoteReply:
		return &raft.PreVoteReply{Term: term, VoteGranted: r.truth("granted")}
	case words.AppendEntries:
		return r.appendEntries(from, term)
	case words.AppendEntriesReply:
		return r.appendEntriesReply(w, from, to, term)
	case words.InstallSnapshotReply:
		return &raft.InstallSnapshotReply{Term: term, MatchIndex: r.number("match", 0)}
	case words.TimeoutNow:
		return &raft.TimeoutNow{Term: term, LeaderID: from}
	case words.ReadIndex:
		return &raft.ReadIndex{Term: term}
	case words.ReadIndexReply:
		return &raft.ReadIndexReply{Term: term, Success: r.truth("success"), Index: r.number("commit", 0)}
	}
	return r.installSnapshot(disk, from, term)
}

func (r *fieldReader) appendEntries(from raft.ID, term uint64) raft.Message {
	m := &raft.AppendEntries{Term: term, LeaderID: from}
	m.PrevLogIndex, m.PrevLogTerm = r.place("prev", 0, 0)
	m.Entries, m.LeaderCommit = r.entries("entries"), r.number("commit", 0)
	last := m.PrevLogTerm
	for _, e := range m.Entries {
		if (e.Term < last || e.Term > term) && r.err == nil {
			r.err = lang.Errorf("no leader can send entries whose terms fall, or exceed the message's term %d", term)
		}
		last = e.Term
	}
	return m
}

// appendEntriesReply is a reply; a refusal that does not say which request it
// refuses is of the one that the receiver would send now.
func (r *fieldReader) appendEntriesReply(w *cluster.World, from, to raft.ID, term uint64) raft.Message {
	m := &raft.AppendEntriesReply{Term: term, Success: r.truth("success")}
	if m.Success {
		m.MatchIndex = r.number("match", 0)
		return m
	}
	unsaid := uint64(0)
	if n := w.State(to); n != nil && n.NextIndex(from) > 0 {
		unsaid = n.NextIndex(from) - 1
	}
	m.PrevLogIndex = r.number("prev", unsaid)
	if match := r.number("match", 0); match > 0 {
		r.fail("match", strconv.FormatUint(match, 10), "0 in a refusal")
	}
	return m
}

// installSnapshot is the sender's own snapshot, or one without data that ends
// where it is said to.
func (r *fieldReader) installSnapshot(disk *raft.Stable, from raft.ID, term uint64) raft.Message {
	snap := raft.Snapshot{Configuration: disk.Initial}
	if disk.Snapshot != nil {
		snap = *disk.Snapshot
	}
	snap.Index, snap.Term = r.place("last", snap.Index, snap.Term)
	if snap.Index == 0 && r.err == nil {
		r.err = lang.Errorf("%s has no snapshot; say last=INDEX/TERM", from)
	}
	return &raft.InstallSnapshot{Term: term, LeaderID: from, Snapshot: &snap}
}

var _ = Commands.Register(&lang.Command{
	Name: "partition", Topic: lab.TopicNetwork, Changes: true,
	Summary: "cuts every link between groups of servers",
	Args:    lang.Params{partitionInto},
	Details: "It replaces earlier cuts. Servers that you do not name form a group of their own. A message in " +
		"flight is lost if its link is cut when it comes due.",
	Examples: []string{"partition S1 S2 | S3 S4 S5", "partition S1"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		groups, r := partitionGroups(c)
		if _, live := lab.InRealTime(c); live { // no event tells it
			r.Line("Cut every link between " + strings.Join(each.As(groups, raft.Set.String), " | ") + ".")
		}
		return r, lab.WorldOf(c.World).DoAll(cluster.Partition{Groups: groups})
	},
})

// partitionGroups is the groups that were named, and one more of those that
// were not, which the result says.
func partitionGroups(c *lang.Call) (groups []raft.Set, r *lang.Result) {
	rest := raft.SetOf(lab.WorldOf(c.World).NodeIDs()...)
	for _, g := range partitionInto.Of(c) {
		groups = append(groups, g.Set())
		rest = rest.Minus(g.Set())
	}
	r = lang.OK()
	if !rest.Empty() {
		groups = append(groups, rest)
		r.Line(rest.String() + prose.Either(rest.Len() == 1, " was not named; it forms a group of its own.",
			" were not named; they form a group of their own."))
	}
	if len(groups) == 1 {
		r.Line("That puts every server in one group, so no link is cut.")
	}
	return groups, r
}

var _ = Commands.Register(&lang.Command{
	Name: "isolate", Topic: lab.TopicNetwork, Changes: true,
	Summary:  "cuts each of NODES off from every other server",
	Details:  "The servers that you name are cut off from each other, too.",
	Args:     lang.Params{isolateNodes},
	Examples: []string{"isolate S2", "isolate S2 S3"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		var links []network.Link
		for _, id := range isolateNodes.Of(c).IDs {
			links = append(links, linksAmong(c, words.LinkSet{{From: id}, {To: id}})...)
		}
		return setLinks(c, true, links)
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "cut", Topic: lab.TopicNetwork, Changes: true,
	Summary:  "cuts links: one direction, both directions, or all links of a server",
	Args:     lang.Params{cutLinks},
	Examples: []string{"cut S1->S2", "cut S1<->S2", "cut S1->*", "cut *->S3"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		return setLinks(c, true, linksAmong(c, cutLinks.Of(c)))
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "heal", Topic: lab.TopicNetwork, Changes: true,
	Summary:  "mends a link, or all of them",
	Args:     lang.Params{healLinks},
	Examples: []string{"partition S1 S2 | S3 S4 S5; heal", "cut S1<->S2; heal S1->S2"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		links := linksAmong(c, healLinks.Of(c))
		if !healLinks.Given(c) {
			links = linksAmong(c, words.LinkSet{{}})
		}
		return setLinks(c, false, links)
	},
})

func linksAmong(c *lang.Call, s words.LinkSet) []network.Link {
	return each.As(s.Among(lab.WorldOf(c.World).NodeIDs()), func(l words.Link) network.Link { return network.Link(l) })
}

// setLinks cuts or mends those of the links that are not so already.
func setLinks(c *lang.Call, cut bool, links []network.Link) (*lang.Result, error) {
	now := lab.PictureOf(c, lab.Only())
	var changed []network.Link
	for _, l := range links {
		if now.Nodes[l.From-1].State.CutTo.Has(l.To) != cut && !slices.Contains(changed, l) {
			changed = append(changed, l)
		}
	}
	if len(changed) == 0 {
		return lang.Tell(prose.Either(cut, "Nothing to cut: it is so already.",
			"Nothing to mend: no such link is cut.")), nil
	}
	r, verb := lang.OK(), prose.Either(cut, "Cut", "Mended")
	r.Quiet = len(changed) > 6
	switch _, live := lab.InRealTime(c); {
	case r.Quiet && !cut && len(changed) == cutLinksOf(now):
		r.Line(fmt.Sprintf("Mended all %d one-way links that were cut.", len(changed)))
	case r.Quiet:
		r.Line(fmt.Sprintf("%s %s; type links to see %s.", verb, prose.Plural(len(changed), "one-way link"),
			prose.Either(cut, "them", "which are still cut")))
	case live: // no event tells it
		r.Line(verb + " " + network.LinksText(changed) + ".")
	}
	return r, lab.WorldOf(c.World).DoAll(cluster.SetLinks{Cut: cut, Links: changed})
}

// cutLinksOf is how many links are cut.
func cutLinksOf(p *picture.Picture) (n int) {
	for _, v := range p.Nodes {
		n += v.State.CutTo.Len()
	}
	return n
}

type linksView struct {
	Cut []string `json:"cut" doc:"the links that are cut, as S1->S2"`
}

var _ = Commands.Register(&lang.Command{
	Name: "links", Topic: lab.TopicLooking,
	Summary:  "shows which links are cut, and in which direction",
	Examples: []string{"cut S1->S2; links"},
	Results:  []any{linksView{}},
	Run:      runLinks,
})

func runLinks(c *lang.Call) (*lang.Result, error) {
	p := lab.PictureOf(c, lab.Only())
	t := view.Table{Head: []string{"from \\ to"}, Fixed: 1, Split: true}
	cuts := []string{}
	t.Head = append(t.Head, each.As(p.Nodes, func(to *picture.NodeView) string { return to.ID })...)
	for _, from := range p.Nodes {
		row := []view.Line{view.LS(view.Strong, from.ID)}
		for _, to := range p.Nodes {
			cell := view.LS(view.Good, "ok")
			switch {
			case from == to:
				cell = view.L(".")
			case from.State.CutTo.Has(to.Number):
				cell = view.LS(view.Bad, "CUT")
				cuts = append(cuts, network.Link{From: from.Number, To: to.Number}.String())
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	says := prose.Either(len(cuts) == 0, "No link is cut.", "Cut: "+strings.Join(cuts, " "))
	return lang.OK().With(linksView{cuts}).Block(t).Line(says), nil
}
