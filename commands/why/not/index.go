package not

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// many is for an index with several entries; ask is the question about one of them.
func many(q *inquiry.Inquiry, index uint64, all []*inquiry.Variant, ask string) *inquiry.Answer {
	a := q.Say(raft.DeleteConflict, "The logs hold %d different entries at index %d; %s asks for one of them.",
		len(all), index, ask)
	eachVariant(q, a, all)
	return a
}

// eachVariant says of each entry where it is and what is to become of it.
func eachVariant(q *inquiry.Inquiry, a *inquiry.Answer, all []*inquiry.Variant) {
	for _, v := range all {
		r := inquiry.NodeReason{Node: strings.Join(v.Holders, " "),
			Text: fmt.Sprintf("%s: %s", v.Name(), q.FateOf(v))}
		if e := q.CommittedFirst(v.Index); e != nil && q.IsCommitted(v.Entry) {
			r.Position = e.Position
		}
		a.Nodes = append(a.Nodes, r)
	}
}

// Index is why an entry is committed, or is not; on a server where one is
// named, else whichever is meant by the question.
func Index(q *inquiry.Inquiry, index uint64, on raft.ID, not bool) (*inquiry.Answer, error) {
	all := q.Variants(index)
	if on != 0 {
		l := &q.W.Stored(on).Log
		if index < l.FirstIndex() && l.FirstIndex() > 1 && index > 0 {
			if not {
				return nil, lang.Errorf("entry %d on %s is covered by its snapshot to index %d, so it is committed",
					index, on, l.FirstIndex()-1)
			}
			return committed(q, index)
		}
		i := slices.IndexFunc(all, func(v *inquiry.Variant) bool { return slices.Contains(v.Holders, on.String()) })
		if i < 0 {
			if v := goneAt(q, index); v != nil && not {
				return gone(q, v), nil
			}
			return nil, lang.Errorf("%s's log holds no entry %d; it ends at %d", on, index, l.LastIndex())
		}
		switch v := all[i]; {
		case not && !q.IsCommitted(v.Entry):
			return ofVariant(q, v)
		case not:
			return notLearned(q, v, on)
		case q.IsCommitted(v.Entry):
			return ofVariant(q, v)
		default:
			return nil, lang.Errorf("%s, is not committed", v).WithHint("ask why %d not committed on %s", index, on)
		}
	}
	if !not {
		return committedOfMany(q, index, all)
	}
	open := slices.DeleteFunc(slices.Clone(all), func(v *inquiry.Variant) bool { return q.IsCommitted(v.Entry) })
	switch {
	case len(open) == 0 || len(all) == 1:
		a, err := notCommitted(q, index)
		if v := goneAt(q, index); err != nil && v != nil {
			return gone(q, v), nil
		}
		return a, err
	case len(open) == 1:
		return ofVariant(q, open[0])
	}
	return many(q, index, all, fmt.Sprintf("why %d not committed on %s", index, open[0].Holders[0])), nil
}

// notLearned is for an entry that is committed, on a server that may not know.
func notLearned(q *inquiry.Inquiry, v *inquiry.Variant, on raft.ID) (*inquiry.Answer, error) {
	n := q.W.State(on)
	if n == nil || n.CommitIndex >= v.Index {
		return nil, lang.Errorf("%s, is committed", v).WithHint("ask why %d committed", v.Index)
	}
	return notCommitted(q, v.Index)
}

// committedOfMany is why an entry is committed, with the others at its index.
func committedOfMany(q *inquiry.Inquiry, index uint64, all []*inquiry.Variant) (*inquiry.Answer, error) {
	a, err := committed(q, index)
	if err != nil || len(all) < 2 {
		return a, err
	}
	for _, v := range all {
		if !q.IsCommitted(v.Entry) {
			a.Fact("%s, is another one and %s", v, q.FateOf(v))
		}
	}
	return a, nil
}

// EitherWay is for a question that does not say whether the entry is committed.
func EitherWay(q *inquiry.Inquiry, index uint64, on raft.ID) (*inquiry.Answer, error) {
	all := q.Variants(index)
	if on == 0 && len(all) > 1 {
		return many(q, index, all, fmt.Sprintf("why %d on %s", index, all[len(all)-1].Holders[0])), nil
	}
	if v := goneAt(q, index); len(all) == 0 && v != nil {
		return gone(q, v), nil
	}
	if a, err := Index(q, index, on, false); err == nil {
		return a, nil
	}
	return Index(q, index, on, true)
}
