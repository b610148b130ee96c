package network

import (
	"strings"

	"raftlab/raft"
)

// Link is one direction between two servers.
type Link struct{ From, To raft.ID }

func (l Link) String() string { return l.From.String() + "->" + l.To.String() }

// LinksText is links as the console writes them.
func LinksText(links []Link) string {
	words := make([]string, len(links))
	for i, l := range links {
		words[i] = l.String()
	}
	return strings.Join(words, " ")
}

// GroupsText is the command that makes the groups the only ones whose members reach each other.
func GroupsText(groups []raft.Set) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = g.String()
	}
	return strings.TrimSpace("partition " + strings.Join(words, " | "))
}

// Links is which links are cut: for each sender, S1 first, the receivers that its
// messages do not reach. nil: none is cut. It is never changed in place.
type Links []raft.Set

// CutFrom is the servers that the messages of from do not reach.
func (l Links) CutFrom(from raft.ID) raft.Set {
	if int(from) <= len(l) {
		return l[from-1]
	}
	return raft.Set{}
}

// IsCut tells whether messages from one server to another are lost.
func (l Links) IsCut(from, to raft.ID) bool { return int(from) <= len(l) && l[from-1].Has(to) }

// Set is a copy of the links in which the one direction is cut, or mended. servers is how many
// there are.
func (l Links) Set(from, to raft.ID, cut bool, servers int) Links {
	if l.IsCut(from, to) == cut || from == to {
		return l
	}
	next := make(Links, servers)
	copy(next, l)
	if cut {
		next[from-1] = next[from-1].With(to)
	} else {
		next[from-1] = next[from-1].Without(to)
	}
	return next
}
