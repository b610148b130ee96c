package why

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/machine"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Where logs differ, an index names several entries. What follows tells them
// apart: by their terms, which with the index say which entry it is (§5.3), by
// the servers that hold them, and by what they say.

// entryKind is an entry by what it says.
var entryKind = &lang.Kind[string]{
	Name: "TEXT", Doc: "an entry, by the text that `log` shows: `y=2`, or in quotes `\"incr n\"`",
	Starts: looksLikeEntry,
	Parse: func(p *lang.Parser) (string, error) {
		w, err := p.Next()
		if err == nil && !looksLikeEntry(w) {
			err = p.Fail(w, "%s is not the text of an entry: y=2 is one, put any other in quotes", prose.Cite(w.Text))
		}
		return w.Text, err
	},
}

func looksLikeEntry(w lang.Word) bool { return w.Quoted || strings.Contains(w.Text, "=") }

// variant is one of the entries that stand at an index.
type variant struct {
	lab.Entry
	Says    string // "" where no log holds it any more
	holders []string
}

func (v *variant) String() string {
	text := fmt.Sprintf("entry %d of term %d", v.Index, v.Term)
	if v.Says != "" {
		text += " (" + prose.Visible(v.Says) + ")"
	}
	return text + ", on " + strings.Join(v.holders, " ")
}

// Variants is the entries that the servers' logs hold at an index, the one that
// is committed first.
func (q *Inquiry) Variants(index uint64) []*variant {
	var all []*variant
	for _, id := range q.W.IDs() {
		l := &q.W.Stored(id).Log
		if index < l.FirstIndex() || index > l.LastIndex() {
			continue
		}
		e := l.Entry(index)
		i := slices.IndexFunc(all, func(v *variant) bool { return v.Term == e.Term })
		if i < 0 {
			i = len(all)
			all = append(all, &variant{Entry: lab.Entry{Index: index, Term: e.Term}, Says: saysOf(e)})
		}
		all[i].holders = append(all[i].holders, id.String())
	}
	slices.SortStableFunc(all, func(a, b *variant) int {
		if x, y := q.IsCommitted(a.Entry), q.IsCommitted(b.Entry); x != y {
			if x {
				return -1
			}
			return 1
		}
		return int(a.Term) - int(b.Term)
	})
	return all
}

func saysOf(e raft.Entry) string {
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

// sayingSo is the entries of the logs that say a text.
func (q *Inquiry) sayingSo(text string) []*variant {
	var found []*variant
	last := uint64(0)
	for _, id := range q.W.IDs() {
		last = max(last, q.W.Stored(id).Log.LastIndex())
	}
	for i := uint64(1); i <= last && q.Ctx.Err() == nil; i++ {
		for _, v := range q.Variants(i) {
			inner := v.Says
			if _, _, command, ok := machine.CutSession(v.Says); ok { // of a client's session
				inner = command
			}
			if text == v.Says || text == inner || text == strings.NewReplacer(`"`, "", `\"`, `"`).Replace(inner) {
				found = append(found, v)
			}
		}
	}
	return found
}

// entrySaying answers for the entries that say a text.
func (q *Inquiry) entrySaying(text string, not, committed bool) (*Answer, error) {
	all := q.sayingSo(text)
	if len(all) == 0 {
		if v := q.goneSaying(text); v != nil && (not || !committed) {
			return q.gone(v), nil
		}
		return nil, lang.Errorf("no log holds an entry that says %s", prose.Cite(text)).
			WithHint("log shows what they hold; what was deleted or is in a snapshot is in no log, and why C1 says " +
				"what became of a request")
	}
	matching := slices.DeleteFunc(slices.Clone(all), func(v *variant) bool {
		return not && q.IsCommitted(v.Entry) || committed && !not && !q.IsCommitted(v.Entry)
	})
	if len(matching) == 0 {
		return nil, lang.Errorf("%s is %s", all[0], map[bool]string{true: "committed", false: "not committed"}[not]).
			WithHint("ask why %s", prose.Cite(text))
	}
	if len(matching) == 1 {
		return q.ofVariant(matching[0])
	}
	a := &Answer{Answer: fmt.Sprintf("%d entries say %s.", len(matching), prose.Cite(text))}
	a.by(raft.MajorityHolds)
	q.eachVariant(a, matching)
	return a, nil
}

// eachVariant says of each entry where it is and what is to become of it.
func (q *Inquiry) eachVariant(a *Answer, all []*variant) {
	for _, v := range all {
		r := NodeReason{Node: strings.Join(v.holders, " "),
			Text: fmt.Sprintf("%s: %s", strings.TrimSuffix(v.String(), ", on "+strings.Join(v.holders, " ")),
				q.FateOf(v))}
		if e := q.CommittedFirst(v.Index); e != nil && q.IsCommitted(v.Entry) {
			r.Position = e.Position
		}
		a.Nodes = append(a.Nodes, r)
	}
}

// FateOf is how an entry stands, in a few words.
func (q *Inquiry) FateOf(v *variant) string {
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
		return fmt.Sprintf("not committed; it conflicts with the log of %s, which leads term %d",
			leader, q.W.State(leader).CurrentTerm)
	}
	return "not committed yet"
}

// ofVariant answers for one entry: why it is committed, or why not.
func (q *Inquiry) ofVariant(v *variant) (*Answer, error) {
	_, _, term, known := q.W.Memory().CommittedAt(v.Index)
	switch {
	case known && term == v.Term:
		return q.committedEntry(v.Index)
	case known:
		a := &Answer{Answer: fmt.Sprintf("%s, is not committed and never will be: it conflicts with entry %d of "+
			"term %d, which is committed.", prose.Capital(v.String()), v.Index, term)}
		a.by(raft.DeleteConflict)
		a.compare("its term", v.Term)
		a.compare("committed there", term)
		a.Verdict = differ(v.Term, term)
		a.cause(q.because(q.CommittedFirst(v.Index))...)
		a.cause(Because{Text: "an append of a later leader deletes it from the logs that hold it"})
		q.eachVariant(a, q.Variants(v.Index))
		return a, nil
	}
	leader := q.W.Leader()
	if leader == 0 {
		a, err := q.noLeader()
		if err == nil {
			a.Answer = fmt.Sprintf("%s, is not committed so far as is known, and no server leads, so none counts.",
				prose.Capital(v.String()))
		}
		return a, err
	}
	n := q.W.State(leader)
	if t, there := n.Log.Term(v.Index); !there || t != v.Term {
		a := &Answer{Answer: fmt.Sprintf("%s, is not committed: it conflicts with the log of %s, which leads term %d.",
			prose.Capital(v.String()), leader, n.CurrentTerm)}
		a.by(raft.DeleteConflict)
		a.compare("its term", v.Term)
		if there {
			a.compare("the leader's there", t)
			a.Verdict = differ(v.Term, t)
		} else {
			a.compare("the leader's last index", n.Log.LastIndex())
		}
		a.cause(q.because(q.elected(leader, q.Record.End()+1))...)
		q.eachVariant(a, q.Variants(v.Index))
		return a, nil
	}
	return q.notCounted(leader, v.Index), nil
}

func differ(a, b uint64) string { return fmt.Sprintf("%d ≠ %d", a, b) }

// aboutIndex is why an entry is committed, or is not; on a server where one is
// named, else whichever is meant by the question.
func (q *Inquiry) aboutIndex(index uint64, on raft.ID, not bool) (*Answer, error) {
	all := q.Variants(index)
	if on != 0 {
		l := &q.W.Stored(on).Log
		if index < l.FirstIndex() && l.FirstIndex() > 1 && index > 0 {
			if not {
				return nil, lang.Errorf("entry %d on %s is covered by its snapshot to index %d, so it is committed",
					index, on, l.FirstIndex()-1)
			}
			return q.committed(index)
		}
		i := slices.IndexFunc(all, func(v *variant) bool { return slices.Contains(v.holders, on.String()) })
		if i < 0 {
			if v := q.goneAt(index); v != nil && not {
				return q.gone(v), nil
			}
			return nil, lang.Errorf("%s's log holds no entry %d; it ends at %d", on, index, l.LastIndex())
		}
		switch v := all[i]; {
		case not && !q.IsCommitted(v.Entry):
			return q.ofVariant(v)
		case not:
			return q.notLearned(v, on)
		case q.IsCommitted(v.Entry):
			return q.ofVariant(v)
		default:
			return nil, lang.Errorf("%s, is not committed", v).WithHint("ask why %d not committed on %s", index, on)
		}
	}
	if !not {
		return q.committedOfMany(index, all)
	}
	open := slices.DeleteFunc(slices.Clone(all), func(v *variant) bool { return q.IsCommitted(v.Entry) })
	switch {
	case len(open) == 0 || len(all) == 1:
		a, err := q.notCommitted(index)
		if v := q.goneAt(index); err != nil && v != nil {
			return q.gone(v), nil
		}
		return a, err
	case len(open) == 1:
		return q.ofVariant(open[0])
	}
	a := &Answer{Answer: fmt.Sprintf("The logs hold %d different entries %d.", len(all), index)}
	a.by(raft.DeleteConflict)
	q.eachVariant(a, all)
	a.cause(Because{Text: fmt.Sprintf("why %d not committed on %s asks for one of them", index, open[0].holders[0])})
	return a, nil
}

// notLearned is for an entry that is committed, on a server that may not know.
func (q *Inquiry) notLearned(v *variant, on raft.ID) (*Answer, error) {
	n := q.W.State(on)
	if n == nil || n.CommitIndex >= v.Index {
		return nil, lang.Errorf("%s, is committed", v).WithHint("ask why %d committed", v.Index)
	}
	return q.notCommitted(v.Index)
}

// committedOfMany is why an entry is committed, with the others at its index.
func (q *Inquiry) committedOfMany(index uint64, all []*variant) (*Answer, error) {
	a, err := q.committed(index)
	if err != nil || len(all) < 2 {
		return a, err
	}
	for _, v := range all {
		if !q.IsCommitted(v.Entry) {
			a.cause(Because{Text: fmt.Sprintf("%s, is another one and %s", v, q.FateOf(v))})
		}
	}
	return a, nil
}

// committedEntry is the event by which an entry came to be committed, told for
// that entry.
func (q *Inquiry) committedEntry(index uint64) (*Answer, error) {
	return q.committedOfMany(index, q.Variants(index))
}

// CommittedFirst is the first event that tells that an entry is committed; nil
// where none is, or where a state by hand says so.
func (q *Inquiry) CommittedFirst(index uint64) *cluster.Event {
	at, _, _, ok := q.W.Memory().CommittedAt(index)
	if !ok {
		return nil
	}
	tells := func(e *cluster.Event) bool {
		return cluster.As[cluster.Committed](e).Has(index)
	}
	return q.last(at+1, tells) // the memory notes the end of the action
}

// eitherWay is for a question that does not say whether the entry is committed.
func (q *Inquiry) eitherWay(index uint64, on raft.ID) (*Answer, error) {
	all := q.Variants(index)
	if on == 0 && len(all) > 1 {
		a := &Answer{Answer: fmt.Sprintf("The logs hold %d different entries %d.", len(all), index)}
		a.by(raft.DeleteConflict)
		q.eachVariant(a, all)
		a.cause(Because{Text: fmt.Sprintf("why %d on %s asks for one of them", index, all[len(all)-1].holders[0])})
		return a, nil
	}
	if v := q.goneAt(index); len(all) == 0 && v != nil {
		return q.gone(v), nil
	}
	if a, err := q.aboutIndex(index, on, false); err == nil {
		return a, nil
	}
	return q.aboutIndex(index, on, true)
}
