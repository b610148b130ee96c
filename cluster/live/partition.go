package live

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// Cut cuts one direction of a link. A message that arrives over a cut link is
// lost.
func (c *Cluster) Cut(from, to raft.ID) error {
	return c.CutAll(network.Link{From: from, To: to})
}

// CutAll cuts links, one direction each, at the same moment.
func (c *Cluster) CutAll(which ...network.Link) error { return c.setLinks(true, which...) }

// Heal restores links, one direction each. Without arguments it restores all.
func (c *Cluster) Heal(which ...network.Link) error {
	if len(which) == 0 {
		for _, from := range c.IDs() {
			for _, to := range c.IDs() {
				which = append(which, network.Link{From: from, To: to})
			}
		}
	}
	return c.setLinks(false, which...)
}

func (c *Cluster) setLinks(cut bool, which ...network.Link) error {
	for _, l := range which {
		if c.server(l.From) == nil {
			return c.noServer(l.From)
		}
		if c.server(l.To) == nil {
			return c.noServer(l.To)
		}
	}
	c.changeCuts(func(cuts []raft.Set) {
		for _, l := range which {
			if cut && l.From != l.To {
				cuts[l.From] = cuts[l.From].With(l.To)
			} else {
				cuts[l.From] = cuts[l.From].Without(l.To)
			}
		}
	})
	return nil
}

// Partition cuts all links between the groups and restores those within them. Servers that
// are in no group form another one.
func (c *Cluster) Partition(groups ...raft.Set) error {
	group := make([]int, len(c.servers)+1)
	for g, members := range groups {
		for id := range members.All() {
			if c.server(id) == nil {
				return c.noServer(id)
			}
			if group[id] != 0 {
				return fmt.Errorf("%s is in two groups; name each server once", id)
			}
			group[id] = g + 1
		}
	}
	c.changeCuts(func(cuts []raft.Set) {
		for _, from := range c.IDs() {
			cuts[from] = raft.Set{}
			for _, to := range c.IDs() {
				if group[from] != group[to] {
					cuts[from] = cuts[from].With(to)
				}
			}
		}
	})
	return nil
}

// changeCuts replaces the links by a changed copy.
func (c *Cluster) changeCuts(change func([]raft.Set)) {
	c.links.mu.Lock()
	defer c.links.mu.Unlock()
	cuts, either := make([]raft.Set, len(c.servers)+1), make([]raft.Set, len(c.servers)+1)
	if old := c.links.cuts.Load(); old != nil {
		copy(cuts, *old)
		copy(either, *old)
	}
	change(cuts)
	for from := range either {
		either[from] = either[from].Or(cuts[from])
	}
	// During the change, servers may see the old links or the new ones. So the record first
	// cuts the links of both, and a message that is lost meanwhile is lost on a cut link.
	c.recorder.cuts(network.LinksText(cutLinks(either)))
	all := cutLinks(cuts)
	if len(all) == 0 {
		c.links.cuts.Store(nil)
		c.events.tell(event.Event{What: event.LinksHealed{}})
	} else {
		c.links.cuts.Store(&cuts)
		c.events.tell(event.Event{What: event.LinksCut{Links: all}})
	}
	c.recorder.cuts(network.LinksText(all))
}

func cutLinks(cuts []raft.Set) []network.Link {
	var all []network.Link
	for from, to := range cuts {
		for id := range to.All() {
			all = append(all, network.Link{From: raft.ID(from), To: id})
		}
	}
	return all
}
