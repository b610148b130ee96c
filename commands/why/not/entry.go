package not

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/machine"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// sayingSo is the entries of the logs that say a text.
func sayingSo(q *inquiry.Inquiry, text string) []*inquiry.Variant {
	var found []*inquiry.Variant
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

// EntrySaying answers for the entries that say a text.
func EntrySaying(q *inquiry.Inquiry, text string, not, committed bool) (*inquiry.Answer, error) {
	all := sayingSo(q, text)
	if len(all) == 0 {
		if v := goneSaying(q, text); v != nil && (not || !committed) {
			return gone(q, v), nil
		}
		return nil, lang.Errorf("no log holds an entry that says %s", prose.Cite(text)).
			WithHint("log shows what they hold; what was deleted or is in a snapshot is in no log, and why C1 says " +
				"what became of a request")
	}
	matching := slices.DeleteFunc(slices.Clone(all), func(v *inquiry.Variant) bool {
		return not && q.IsCommitted(v.Entry) || committed && !not && !q.IsCommitted(v.Entry)
	})
	if len(matching) == 0 {
		return nil, lang.Errorf("%s is %s", all[0], prose.Either(not, "committed", "not committed")).
			WithHint("ask why %s", prose.Cite(text))
	}
	if len(matching) == 1 {
		return ofVariant(q, matching[0])
	}
	a := q.Say(raft.MajorityHolds, "%d entries say %s.", len(matching), prose.Cite(text))
	eachVariant(q, a, matching)
	return a, nil
}

// ofVariant answers for one entry: why it is committed, or why not.
func ofVariant(q *inquiry.Inquiry, v *inquiry.Variant) (*inquiry.Answer, error) {
	_, _, term, known := q.W.Memory().CommittedAt(v.Index)
	switch {
	case known && term == v.Term:
		return committedOfMany(q, v.Index, q.Variants(v.Index))
	case known:
		a := q.Say(raft.DeleteConflict, "%s, is not committed and never will be: it conflicts with entry %d of term "+
			"%d, which is committed.", prose.Capital(v.String()), v.Index, term)
		a.Compare("its term", v.Term)
		a.Compare("committed there", term)
		a.Verdict = differ(v.Term, term)
		a.Since(q.CommittedFirst(v.Index))
		a.Fact("an append of a later leader deletes it from the logs that hold it")
		eachVariant(q, a, q.Variants(v.Index))
		return a, nil
	}
	leader := q.W.Leader()
	if leader == 0 {
		a := noneLeads(q)
		a.Say("%s, is not committed so far as is known, and no server leads, so none counts.",
			prose.Capital(v.String()))
		return a, nil
	}
	n := q.W.State(leader)
	if t, there := n.Log.Term(v.Index); !there || t != v.Term {
		a := q.Say(raft.DeleteConflict, "%s, is not committed: it conflicts with the log of %s, which leads term %d.",
			prose.Capital(v.String()), leader, n.CurrentTerm)
		a.Compare("its term", v.Term)
		if there {
			a.Compare("the leader's there", t)
			a.Verdict = differ(v.Term, t)
		} else {
			a.Compare("the leader's last index", n.Log.LastIndex())
		}
		a.Since(q.Elected(leader, inquiry.Now))
		eachVariant(q, a, q.Variants(v.Index))
		return a, nil
	}
	return Counted(q, leader, v.Index), nil
}

func differ(a, b uint64) string { return fmt.Sprintf("%d ≠ %d", a, b) }
