package words

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// NodeSet is several nodes, in the order in which they were given, each once.
// A command does all that it says, or nothing. So it is an error if a node that was named is
// already as the command would make it. One that came with a group word is skipped then.
type NodeSet struct {
	IDs    []raft.ID
	named  []raft.ID // those of IDs that were given by name
	groups []string  // the words like `all` among those that were given
}

// NeverThat is a state, up or down, of all servers that were asked for, where no server in it fits; else "".
func (s NodeSet) NeverThat(fits func(NodeFacts) bool) (group string) {
	if len(s.groups) != 1 || len(s.named) > 0 || s.groups[0] == "all" {
		return ""
	}
	switch down := s.groups[0] == "down"; {
	case down && !fits(NodeFacts{}):
		return "down"
	case !down && fits(NodeFacts{}):
		return "up"
	}
	return ""
}

// Named says that the node was given by its name, not by a word like `all`.
func (s NodeSet) Named(id raft.ID) bool { return slices.Contains(s.named, id) }

// Has says whether the node is one of them.
func (s NodeSet) Has(id raft.ID) bool { return slices.Contains(s.IDs, id) }

func (s *NodeSet) add(id raft.ID, named bool) {
	if !s.Has(id) {
		s.IDs = append(s.IDs, id)
	}
	if named && !s.Named(id) {
		s.named = append(s.named, id)
	}
}

func (s NodeSet) String() string {
	words := each.As(s.IDs, raft.ID.String)
	return strings.Join(words, " ")
}

var nodeGroups = []string{"all", "up", "down", "followers"}

// nodeKind is one node. With fresh it need not exist.
func nodeKind(doc string, fresh bool) *lang.Kind[raft.ID] {
	return &lang.Kind[raft.ID]{
		Name: "NODE", Doc: doc, Starts: LooksLikeNode, Complete: completeNode,
		Word: func(p *lang.Parser, w lang.Word) (raft.ID, error) { return existingNode(p, w, w.Text, fresh) },
	}
}

// nodesKind is several, likewise.
func nodesKind(doc string, fresh bool) *lang.Kind[NodeSet] {
	return &lang.Kind[NodeSet]{
		Name: "NODES", Doc: doc, Starts: looksLikeNodes, Complete: completeNodes,
		Parse: func(p *lang.Parser) (NodeSet, error) { return parseNodes(p, fresh) },
	}
}

var groupsKind = &lang.Kind[[]NodeSet]{
	Name: "NODES | NODES…", Doc: "groups of servers, separated by `|`",
	Parse:    parseGroups,
	Complete: completeNodes,
}

// Node is one node that exists.
func Node() *lang.Arg[raft.ID] {
	return nodeKind("a server: `S3`, or `leader` for the leader with the highest term", false).New()
}

// NewNode is a node that may not exist yet.
func NewNode() *lang.Arg[raft.ID] {
	return nodeKind("a server, even one that does not exist yet: `S6`", true).New()
}

// Nodes is one or more nodes, or a group word, which may stand for none.
func Nodes() *lang.Arg[NodeSet] {
	return nodesKind("servers, separated by blanks or commas, or `all`, `up`, `down`, `followers`", false).New()
}

// NewNodes is one or more nodes that may not exist yet.
func NewNodes() *lang.Arg[NodeSet] {
	return nodesKind("servers, even ones that do not exist yet, separated by blanks or commas", true).New()
}

// Groups is groups of nodes, as for `partition`: none empty, no node twice.
func Groups() *lang.Arg[[]NodeSet] { return groupsKind.New() }

// Number is the number in a word like S3 or s3, and whether it is such a word. A number that no
// node can have comes as one above raft.MaxID.
func Number(text string) (raft.ID, bool) {
	if len(text) < 2 || len(text) > 9 || text[0] != 'S' && text[0] != 's' || text[1] == '0' {
		return 0, false
	}
	n, ok := lang.Digits(text[1:])
	return raft.ID(min(n, uint64(raft.MaxID)+1)), ok
}

// LooksLikeNode says whether a word names a node, which need not exist.
func LooksLikeNode(w lang.Word) bool {
	_, ok := Number(w.Text)
	return ok || w.Text == "leader"
}

func looksLikeNodes(w lang.Word) bool {
	first, _, _ := strings.Cut(w.Text, ",")
	return LooksLikeNode(lang.Word{Text: first}) || slices.Contains(nodeGroups, first) || first == "" && w.Text != ""
}

// existingNode is the node that text names; w is to blame when there is none. With
// fresh it need not exist.
func existingNode(p *lang.Parser, w lang.Word, text string, fresh bool) (raft.ID, error) {
	n, ok := Number(text)
	switch {
	case text == "leader":
		if id := worldOf(p.World).Leader(); id != 0 {
			return id, nil
		}
		return 0, p.Fail(w, "no server leads").WithHint("timeout NODE; settle elects a leader")
	case !ok:
		return 0, NoNode(p, w, text).Or("leader")
	}
	if _, exists := worldOf(p.World).Node(n); exists {
		return n, nil
	}
	if !fresh {
		return 0, p.Fail(w, "there is no %s; the servers are %s", strings.ToUpper(text),
			Range(worldOf(p.World).NodeIDs()))
	}
	if int(n) > worldOf(p.World).MaxNodes() {
		return 0, p.Fail(w, "there is no room for %s: the last possible server is %s", strings.ToUpper(text),
			raft.ID(worldOf(p.World).MaxNodes()))
	}
	return n, nil
}

// NoNode says why a word is no node.
func NoNode(p *lang.Parser, w lang.Word, text string) *lang.Error {
	err := p.Fail(w, "%s is not a server; the servers are %s", prose.Cite(text), Range(worldOf(p.World).NodeIDs()))
	if n, e := strconv.Atoi(text); e == nil && n > 0 {
		return err.WithHint("did you mean S%d?", n)
	}
	if len(text) > 2 {
		err.Suggest(text, append([]string{"leader"}, nodeGroups...), "")
	}
	return err
}

// Range is the nodes that exist, in words: S1 to S5.
func Range(ids []raft.ID) string {
	n := len(ids)
	if n > 2 && int(ids[n-1]-ids[0]) == n-1 {
		return fmt.Sprintf("%s to %s", ids[0], ids[n-1])
	}
	words := each.As(ids, raft.ID.String)
	return prose.And(words)
}

// parseNodes reads nodes up to the end, a keyword, or what belongs to a later
// argument.
func parseNodes(p *lang.Parser, fresh bool) (NodeSet, error) {
	var set NodeSet
	w, err := p.Next()
	if err != nil {
		return set, err
	}
	list := commaList{p: p}
	for {
		if err := list.word(w, func(text string) error { return addNodes(p, &set, w, text, fresh) }); err != nil {
			return set, err
		}
		next, ok := p.Peek()
		if !ok || p.More() && !looksLikeNodes(next) {
			return set, list.end(w)
		}
		w, _ = p.Next()
	}
}

// addNodes adds the node or group that text names.
func addNodes(p *lang.Parser, set *NodeSet, w lang.Word, text string, fresh bool) error {
	if !slices.Contains(nodeGroups, text) {
		id, err := existingNode(p, w, text, fresh)
		if err == nil {
			set.add(id, true)
		} else if e := (*lang.Error)(nil); !fresh && errors.As(err, &e) && len(e.Also) > 0 {
			e.Or(nodeGroups...)
		}
		return err
	}
	set.groups = append(set.groups, text)
	for _, id := range worldOf(p.World).NodeIDs() {
		facts, _ := worldOf(p.World).Node(id)
		if text == "all" || text == "up" && facts.Up || text == "down" && !facts.Up ||
			text == "followers" && facts.Follower {
			set.add(id, false)
		}
	}
	return nil
}

// commaList reads a list whose parts are separated by blanks, by commas, or
// by both.
type commaList struct {
	p     *lang.Parser
	items int
	comma bool // the last thing read was a comma
}

// word hands the parts of w to item.
func (l *commaList) word(w lang.Word, item func(text string) error) error {
	for n, part := range strings.Split(w.Text, ",") {
		if n > 0 {
			if l.comma || l.items == 0 {
				return l.p.Fail(w, "there is nothing before a comma in %s", prose.Cite(w.Text))
			}
			l.comma = true
		}
		if part == "" && len(w.Text) > 0 {
			continue
		}
		if err := item(part); err != nil {
			return err
		}
		l.comma = false
		l.items++
	}
	return nil
}

// end refuses a comma that nothing follows.
func (l *commaList) end(last lang.Word) error {
	if l.comma {
		return l.p.Fail(last, "there is nothing after the last comma")
	}
	return nil
}

// parseGroups reads `S1 S2 | S3`; blanks around the bar are not needed.
func parseGroups(p *lang.Parser) ([]NodeSet, error) {
	groups := []NodeSet{{}}
	var last lang.Word
	for {
		w, ok := p.Peek()
		if !ok {
			break
		}
		p.Skip()
		last = w
		for n, part := range strings.Split(w.Text, "|") {
			if n > 0 {
				if len(groups[len(groups)-1].IDs) == 0 {
					return nil, p.Fail(w, "a group before | is empty")
				}
				groups = append(groups, NodeSet{})
			}
			if err := addGroup(p, groups, w, part); err != nil {
				return nil, err
			}
		}
	}
	if p.Broken() != nil {
		return nil, p.Broken()
	}
	if len(groups[len(groups)-1].IDs) == 0 {
		return nil, p.Fail(last, "the group after the last | is empty")
	}
	return groups, nil
}

// addGroup adds what part of a word names to the last group.
func addGroup(p *lang.Parser, groups []NodeSet, w lang.Word, part string) error {
	for _, text := range strings.FieldsFunc(part, func(r rune) bool { return r == ',' }) {
		var found NodeSet
		if err := addNodes(p, &found, w, text, false); err != nil {
			return err
		}
		for _, id := range found.IDs {
			for _, g := range groups {
				if g.Has(id) {
					return p.Fail(w, "%s is in two groups", id).WithHint("name each server once")
				}
			}
			groups[len(groups)-1].add(id, found.Named(id))
		}
	}
	return nil
}

// Tests of what a node is like, for NodeThat and NodesThat: what a command can do something to.
func Up(f NodeFacts) bool        { return f.Up }
func Down(f NodeFacts) bool      { return !f.Up }
func Running(f NodeFacts) bool   { return f.Up && !f.Frozen }
func Stalled(f NodeFacts) bool   { return f.Frozen }
func Leading(f NodeFacts) bool   { return f.Leader }
func Following(f NodeFacts) bool { return Running(f) && !f.Leader }

// NodeThat is a node; those that fit are offered first.
func NodeThat(fits func(NodeFacts) bool) *lang.Arg[raft.ID] {
	return Node().CompletedBy(func(c *lang.Completion) { completeNodeThat(c, fits) })
}

// NodesThat is one or more nodes; those that fit are offered first.
func NodesThat(fits func(NodeFacts) bool) *lang.Arg[NodeSet] {
	return Nodes().CompletedBy(func(c *lang.Completion) { completeNodesThat(c, fits) })
}

func completeNode(c *lang.Completion)  { completeNodeThat(c, nil) }
func completeNodes(c *lang.Completion) { completeNodesThat(c, nil) }

func completeNodeThat(c *lang.Completion, fits func(NodeFacts) bool) {
	fit, others := nodesBy(c, fits)
	c.Offer(fit...)
	if worldOf(c.World).Leader() != 0 {
		c.Offer("leader")
	}
	c.Offer(others...)
}

// nodesBy is the nodes that fit, and the others; nil: all do.
func nodesBy(c *lang.Completion, fits func(NodeFacts) bool) (fit, others []string) {
	for _, id := range worldOf(c.World).NodeIDs() {
		if f, _ := worldOf(c.World).Node(id); fits == nil || fits(f) {
			fit = append(fit, id.String())
		} else {
			others = append(others, id.String())
		}
	}
	return fit, others
}

// completeNodesThat completes the last part of a list, and does not offer again
// what is there already.
func completeNodesThat(c *lang.Completion, fits func(NodeFacts) bool) {
	at := strings.LastIndexAny(c.Prefix, ",|") + 1
	given := strings.FieldsFunc(c.Text[:len(c.Text)-len(c.Prefix)+at], func(r rune) bool {
		return r == ',' || r == '|' || r == ' ' || r == '\t'
	})
	fit, others := nodesBy(c, fits)
	for _, word := range slices.Concat(fit, []string{"leader"}, nodeGroups, others) {
		if !slices.Contains(given, word) {
			c.OfferAt(at, word)
		}
	}
}

// Set is the nodes as a set.
func (s NodeSet) Set() raft.Set {
	return raft.SetOf(s.IDs...)
}
