package inquiry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Variant is one of the different entries that servers' logs have at an index.
type Variant struct {
	lab.Entry
	Says    string // "" where no log holds it any more
	Holders []string
}

// Name is the entry with what it says.
func (v *Variant) Name() string {
	if v.Says == "" {
		return v.Entry.String()
	}
	return v.Entry.String() + " (" + prose.Visible(v.Says) + ")"
}

// String is the same with the servers whose logs hold it.
func (v *Variant) String() string { return v.Name() + ", on " + strings.Join(v.Holders, " ") }

// Variants is the entries that the servers' logs hold at an index, the one that
// is committed first.
func (q *Inquiry) Variants(index uint64) []*Variant {
	var all []*Variant
	for _, id := range q.W.IDs() {
		l := &q.W.Stored(id).Log
		if index < l.FirstIndex() || index > l.LastIndex() {
			continue
		}
		e := l.Entry(index)
		i := slices.IndexFunc(all, func(v *Variant) bool { return v.Term == e.Term })
		if i < 0 {
			i = len(all)
			all = append(all, &Variant{Entry: lab.Entry{Index: index, Term: e.Term}, Says: SaysOf(e)})
		}
		all[i].Holders = append(all[i].Holders, id.String())
	}
	order := func(v *Variant) uint64 {
		if q.IsCommitted(v.Entry) {
			return 0
		}
		return v.Term
	}
	slices.SortStableFunc(all, func(a, b *Variant) int { return cmp.Compare(order(a), order(b)) })
	return all
}

// SaysOf is an entry in words: its command, or what else it is.
func SaysOf(e raft.Entry) string {
	if e.Kind == raft.Command {
		return e.Data
	}
	return e.Kind.String()
}

// IsCommitted tells whether this very entry was committed, since the world
// began or was last made by hand.
func (q *Inquiry) IsCommitted(e lab.Entry) bool {
	_, _, term, ok := q.W.Memory().CommittedAt(e.Index)
	return ok && term == e.Term
}

// CommittedFirst is the first event that tells that an entry is committed; nil
// where none is, or where a state by hand says so.
func (q *Inquiry) CommittedFirst(index uint64) *event.Event {
	at, _, _, ok := q.W.Memory().CommittedAt(index)
	if !ok {
		return nil
	}
	return q.Last(at+1, func(e *event.Event) bool { // the memory notes the end of the action
		return event.As[event.Committed](e).Has(index)
	})
}

// FateOf is how an entry stands, in a few words.
func (q *Inquiry) FateOf(v *Variant) string {
	_, _, term, ok := q.W.Memory().CommittedAt(v.Index)
	switch {
	case ok && term == v.Term:
		if e := q.CommittedFirst(v.Index); e != nil {
			return fmt.Sprintf("committed (%s, #%d)", e.Node, e.Position)
		}
		return "committed"
	case ok:
		return fmt.Sprintf("not committed, and never will be: it conflicts with the committed entry %d of term %d",
			v.Index, term)
	}
	leader := q.W.Leader()
	if leader == 0 {
		return "not committed, and no server leads"
	}
	if t, there := q.W.State(leader).Log.Term(v.Index); !there || t != v.Term {
		return fmt.Sprintf("not committed; it conflicts with the log of %s, which leads term %d", leader,
			q.W.State(leader).CurrentTerm)
	}
	return "not committed yet"
}
