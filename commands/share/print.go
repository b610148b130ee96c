package share

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
)

// printOf is a print of what a person can see of a cluster: two states that differ there have
// different prints. Event positions and message numbers are left out, so that a text of
// another version of raftlab opens as long as the same commands lead to the same state there.
func printOf(w *cluster.World) (p printed) {
	h := sha256.New()
	state := picture.OfWorld(w, picture.Everything)
	fmt.Fprintln(h, "clock", state.Clock)
	for _, n := range state.Nodes {
		printNode(h, n)
	}
	for _, m := range state.Messages {
		fmt.Fprintf(h, "message %q %s %s %d due %d last %v %t prev %v entries %s %d reply %t %d %v\n",
			m.Type, m.From, m.To, m.Term, m.Due, m.Last, m.Granted, m.Prev, entries(m.Entries), m.Commit, m.Success,
			m.Match, m.Snapshot)
	}
	for _, name := range slices.Sorted(maps.Keys(state.Clients)) {
		c := state.Clients[name]
		fmt.Fprintf(h, "client %s %q %q %q %d %d\n", name, c.Status, c.Command, c.Result, c.Index, c.Tries)
	}
	for _, v := range state.Violations {
		fmt.Fprintf(h, "broken %q\n", v.Property)
	}
	for _, b := range state.World.Bugs {
		fmt.Fprintf(h, "bug %q %s\n", b.Name, b.In)
	}
	defaults := setting.Defaults()
	for _, d := range setting.All() {
		if v := d.Get(&state.World.Settings); v != d.Get(&defaults) {
			fmt.Fprintf(h, "set %s %q\n", d.Name, v)
		}
	}
	copy(p[:], h.Sum(nil))
	return p
}

func printNode(h io.Writer, n *picture.NodeView) {
	fmt.Fprintf(h, "node %s up %t frozen %t %s term %d vote %s leader %s commit %d applied %d timer %d of %d\n",
		n.ID, n.Up, n.Frozen, n.Role, n.Term, n.Vote, n.Leader, n.Commit, n.Applied, n.Timer, n.State.TimerOf)
	fmt.Fprintf(h, "snapshot %v log %s voters %s %s %s\n",
		n.Snapshot, entries(n.Entries), n.Voters, n.OldVoters, n.Learners)
	fmt.Fprintf(h, "next %v match %v votes %s kv %q cut %s unsynced %t\n",
		n.Next, n.Match, n.State.Votes, n.KV, n.State.CutTo, n.State.Unsynced)
}

func entries(list []picture.EntryView) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%d %d %s %q;", e.Index, e.Term, e.Kind, e.Data)
	}
	return b.String()
}
