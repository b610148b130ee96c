package words

import (
	"cmp"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Link is one direction between two nodes; a zero stands for any node.
type Link struct{ From, To raft.ID }

// Matches says whether a message between these nodes travels on the link.
func (l Link) Matches(from, to raft.ID) bool {
	return (l.From == 0 || l.From == from) && (l.To == 0 || l.To == to)
}

func (l Link) String() string {
	return cmp.Or(l.From.String(), "*") + "->" + cmp.Or(l.To.String(), "*")
}

// LinkSet is what a LINK names. Each of its Links is one direction; `S1` is all links from S1 and to it.
type LinkSet []Link

// Matches says whether a message between these nodes travels on one of the links.
func (s LinkSet) Matches(from, to raft.ID) bool {
	return slices.ContainsFunc(s, func(l Link) bool { return l.Matches(from, to) })
}

// Among are the links, one by one, that the set names among these nodes.
func (s LinkSet) Among(ids []raft.ID) []Link {
	var out []Link
	for _, from := range ids {
		for _, to := range ids {
			if from != to && s.Matches(from, to) {
				out = append(out, Link{from, to})
			}
		}
	}
	return out
}

var linksKind = &lang.Kind[LinkSet]{
	Name: "LINK", Doc: "a link: `S1->S2` is one direction, `S1<->S2` is both, `S1->*` and `*->S3` are several links, " +
		"and `S1` is all links of S1",
	Starts:   looksLikeLink,
	Parse:    parseLink,
	Complete: completeLink,
}

var oneLinkKind = &lang.Kind[Link]{
	Name: "LINK", Doc: "one direction between two servers: `S1->S2`",
	Starts: looksLikeLink,
	Parse: func(p *lang.Parser) (Link, error) {
		w, _ := p.Look()
		set, err := parseLink(p)
		if err != nil {
			return Link{}, err
		}
		if len(set) != 1 || set[0].From == 0 || set[0].To == 0 {
			return Link{}, p.Fail(w, "one sender and one receiver are needed: S1->S2")
		}
		return set[0], nil
	},
	Complete: completeLink,
}

// Links is a LINK: one or several directed links.
func Links() *lang.Arg[LinkSet] { return linksKind.New() }

// OneLink is a link of one sender and one receiver.
func OneLink() *lang.Arg[Link] { return oneLinkKind.New() }

func looksLikeLink(w lang.Word) bool {
	return strings.Contains(w.Text, "->") || w.Text == "*" || LooksLikeNode(w)
}

// parseLink reads a link, with or without blanks around its arrow.
func parseLink(p *lang.Parser) (LinkSet, error) {
	w, err := p.Next()
	if err != nil {
		return nil, err
	}
	text := w.Text
	if !strings.Contains(text, "->") {
		if next, ok := p.Peek(); ok && (strings.HasPrefix(next.Text, "->") || strings.HasPrefix(next.Text, "<->")) {
			p.Skip()
			text += next.Text
		}
	}
	if strings.HasSuffix(text, "->") {
		next, ok := p.Peek()
		if !ok {
			return nil, p.Fail(w, "the link %s has no end", prose.Cite(text)).WithHint("write it S1->S2")
		}
		p.Skip()
		text += next.Text
	}
	return linkOf(p, w, text)
}

// linkOf is the link that text writes.
func linkOf(p *lang.Parser, w lang.Word, text string) (LinkSet, error) {
	left, right, arrow := strings.Cut(text, "->")
	if !arrow {
		if strings.ContainsAny(text, "<>-*") {
			return nil, p.Fail(w, "%s is not a link", prose.Cite(text)).
				WithHint("write it S1->S2, S1<->S2, S1->* or *->S2")
		}
		id, err := existingNode(p, w, text, false)
		return LinkSet{{From: id}, {To: id}}, err
	}
	left, both := strings.CutSuffix(left, "<")
	from, err := linkEnd(p, w, left)
	if err != nil {
		return nil, err
	}
	to, err := linkEnd(p, w, right)
	if err != nil {
		return nil, err
	}
	if from == to && from != 0 {
		return nil, p.Fail(w, "%s has no link to itself", from)
	}
	if both && from != to {
		return LinkSet{{from, to}, {to, from}}, nil
	}
	return LinkSet{{from, to}}, nil
}

func linkEnd(p *lang.Parser, w lang.Word, text string) (raft.ID, error) {
	switch text {
	case "*":
		return 0, nil
	case "":
		return 0, p.Fail(w, "a link has a server on both sides of its arrow").WithHint("write it S1->S2")
	}
	return existingNode(p, w, text, false)
}

// completeLink offers nodes, and links that begin with what stands there.
func completeLink(c *lang.Completion) {
	ids := worldOf(c.World).NodeIDs()
	left, _, arrow := strings.Cut(c.Prefix, "->")
	if !arrow {
		for _, id := range ids {
			c.Offer(id.String())
		}
		if n, ok := Number(c.Prefix); !ok || !slices.Contains(ids, n) {
			return
		}
		left = strings.ToUpper(c.Prefix)
	}
	for _, to := range ids {
		if !strings.EqualFold(strings.TrimSuffix(left, "<"), to.String()) {
			c.Offer(left + "->" + to.String())
		}
	}
	c.Offer(left + "->*")
}
