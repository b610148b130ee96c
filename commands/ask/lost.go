package ask

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/history"
	"raftlab/cluster/invariants"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

func runCan(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	w := l.World()
	e, err := entryMeant(c, w)
	if err != nil {
		return nil, err
	}
	if e.Lost(w) {
		if _, _, term, ok := w.Memory().CommittedAt(e.Index); ok && term != e.Term {
			return nil, lang.Errorf("%s is lost already: another one is committed in its place, that of term %d", e,
				term)
		}
		return nil, lang.Errorf("%s is lost already: no server's log holds it any more", e)
	}
	name, others := amongOthers(inquiry.New(c, l), e)
	who := fmt.Sprintf("%s, which %s", name, verb(e.Holders(w), "holds", "hold"))
	if reason := shielded(w, e); reason != "" {
		a := no(reason)
		q := inquiry.New(c, l)
		if first := q.CommittedFirst(e.Index); first != nil && q.IsCommitted(e) {
			a.Reason = fmt.Sprintf("It is committed: %s. %s", q.Past(first), a.Reason)
		} else if q.IsCommitted(e) {
			a.Reason = "It is committed: a state by hand says so. " + a.Reason
		} else {
			a.Reason += " That holds although no server knows yet that it is committed."
		}
		a.Reason += others
		return a.show(c, who+", cannot be lost.")
	}
	if why := committedByRaft(inquiry.New(c, l), e); why != "" {
		return no(why+others).show(c, who+", cannot be lost.")
	}
	a := lossOf(e).Ask(c, w)
	about := map[string]string{"yes": ", can be lost.", "no": ", is not lost within these bounds.",
		"unknown": ", was not seen to be lost."}[a.Answer]
	a.Reason += others
	return a.show(c, who+about)
}

// amongOthers is the entry's name, and where logs hold others at its index what
// it says and, as a sentence, how those stand: as why INDEX has them.
func amongOthers(q *inquiry.Inquiry, e lab.Entry) (name, others string) {
	name = e.String()
	all := q.Variants(e.Index)
	if len(all) < 2 && (len(all) == 0 || all[0].Entry == e) {
		return name, ""
	}
	for _, v := range all {
		switch {
		case v.Entry != e:
			others += fmt.Sprintf(" Not to be confused with %s: %s.", v, q.FateOf(v))
		case v.Says != "":
			name += " (" + prose.Visible(v.Says) + ")"
		}
	}
	return name, others
}

func verb(ids []raft.ID, one, many string) string {
	names := each.As(ids, raft.ID.String)
	if len(ids) == 1 {
		return "only " + names[0] + " " + one
	}
	return prose.And(names) + " " + many
}

// entryMeant is the entry that a question about an index is about.
func entryMeant(c *lang.Call, w *cluster.World) (lab.Entry, error) {
	index := canIndex.Of(c)
	if canOn.Given(c) {
		t, ok := w.Stored(canOn.Of(c)).Log.Term(index)
		if !ok || index == 0 {
			return lab.Entry{}, lang.Errorf("%s's log holds no entry %d; it ends at %d", canOn.Of(c), index,
				w.Stored(canOn.Of(c)).Log.LastIndex())
		}
		return lab.Entry{Index: index, Term: t}, nil
	}
	if _, _, term, ok := w.Memory().CommittedAt(index); ok {
		return lab.Entry{Index: index, Term: term}, nil
	}
	if id := w.Leader(); id != 0 {
		if t, ok := w.State(id).Log.Term(index); ok {
			return lab.Entry{Index: index, Term: t}, nil
		}
	}
	var terms []string
	var e lab.Entry
	longest := uint64(0)
	for _, id := range w.IDs() {
		l := &w.Stored(id).Log
		longest = max(longest, l.LastIndex())
		if t, ok := l.Term(index); ok {
			e = lab.Entry{Index: index, Term: t}
			if text := fmt.Sprintf("of term %d", t); !slices.Contains(terms, text) {
				terms = append(terms, text)
			}
		}
	}
	switch {
	case len(terms) == 0:
		return e, lang.Errorf("no log holds an entry %d; the longest ends at %d", index, longest)
	case len(terms) > 1:
		return e, lang.Errorf("the logs hold different entries at %d: %s", index, prose.And(terms)).
			WithHint("can %d be lost on NODE says whose is meant", index)
	}
	return e, nil
}

// supporters is the voters whose logs are not more up to date than the
// server's, itself among them (§5.4.1).
func supporters(w *cluster.World, conf raft.Configuration, id raft.ID) []raft.ID {
	mine := &w.Stored(id).Log
	var out []raft.ID
	for v := range conf.AllVoters().All() {
		if !w.Has(v) {
			continue
		}
		theirs := &w.Stored(v).Log
		if v == id || mine.LastTerm() > theirs.LastTerm() ||
			mine.LastTerm() == theirs.LastTerm() && mine.LastIndex() >= theirs.LastIndex() {
			out = append(out, v)
		}
	}
	return out
}

// shielded is why the entry cannot be lost, by the logs as they are: whoever
// lacks it cannot be elected, and whoever has it hands it on. It is nothing
// where that does not follow. Leaders and candidates without the entry, and
// their appends in flight, are beyond this argument, and so are broken rules.
func shielded(w *cluster.World, e lab.Entry) string {
	conf := configurationOf(w)
	if len(w.Bugs()) > 0 || !w.Settings().Fsync || len(conf.Old.Slice()) > 0 || len(w.Breaches()) > 0 {
		return ""
	}
	holders := raft.SetOf(e.Holders(w)...).And(conf.AllVoters())
	if !conf.Majority(holders) || staleAppends(w, e) {
		return ""
	}
	var without []string
	for v := range conf.AllVoters().All() {
		if !w.Has(v) {
			return ""
		}
		n := w.State(v)
		switch {
		case n != nil && (w.Unsynced(v) || *n.Configuration != conf):
			return ""
		case holders.Has(v):
			continue
		case n != nil && n.Role != raft.Follower:
			return ""
		}
		votes := raft.SetOf(supporters(w, conf, v)...)
		if conf.Majority(votes) {
			return ""
		}
		without = append(without, fmt.Sprintf("%s would get %s of %d", v, prose.Plural(votes.Len(), "vote"),
			conf.Voters.Len()))
	}
	why := fmt.Sprintf("%s of %s %s it, and a candidate needs the vote of one of these, which refuses a log that is "+
		"less up to date than its own (section 5.4.1)",
		number(holders.Len()), prose.Plural(conf.Voters.Len(), "server"),
		prose.Either(holders.Len() == 1, "holds", "hold"))
	if len(without) > 0 {
		why += ": " + strings.Join(without, ", ")
	}
	return why + ". So every later leader holds it, and never overwrites its own log (Leader Completeness, section " +
		"5.4.3)."
}

func number(n int) string {
	if words := []string{"None", "One", "Two", "Three", "Four", "Five", "Six", "Seven"}; n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// staleAppends tells whether an append is in flight that does not agree with
// the logs that hold the entry.
func staleAppends(w *cluster.World, e lab.Entry) bool {
	holder := e.Holders(w)[0]
	l := &w.Stored(holder).Log
	agrees := func(index, term uint64) bool {
		t, ok := l.Term(index)
		return index > e.Index || index == 0 || !ok || t == term
	}
	for _, f := range w.Flights() {
		switch m := f.Message.(type) {
		case *raft.AppendEntries:
			if !agrees(m.PrevLogIndex, m.PrevLogTerm) {
				return true
			}
			for i := range m.Entries {
				if !agrees(m.PrevLogIndex+1+uint64(i), m.Entries[i].Term) {
					return true
				}
			}
		case *raft.InstallSnapshot:
			return true
		}
	}
	return false
}

// committedByRaft is why an entry that Raft itself has committed cannot be
// lost, or nothing where its history left Raft's rules.
func committedByRaft(q *inquiry.Inquiry, e lab.Entry) string {
	if !q.IsCommitted(e) || len(Unnatural(q.Lab.History)) > 0 || len(q.W.Breaches()) > 0 {
		return ""
	}
	first := q.CommittedFirst(e.Index)
	if first == nil {
		return ""
	}
	return fmt.Sprintf("It is committed: %s. Nothing in this history was made by hand and no rule is broken, so every "+
		"later leader holds it, "+
		"and never overwrites its own log (Leader Completeness, section 5.4.3).", q.Past(first))
}

// Unnatural is what has been done on this branch that Raft does not do by
// itself, or that breaks what it stands on; each once.
func Unnatural(h *history.History) []string {
	var out []string
	h.Did(func(a cluster.Action) {
		if what := leavesRaft(a); what != "" && !slices.Contains(out, what) {
			out = append(out, what)
		}
	})
	if now := h.World().Settings(); !now.Fsync || !now.OwnTermFirst { // perhaps from the beginning
		out = append(out, "settings")
	}
	return out
}

// leavesRaft is what an action does that Raft does not do by itself, or that
// breaks what it stands on; or nothing.
func leavesRaft(a cluster.Action) string {
	switch a := a.(type) {
	case cluster.Give:
		return "given"
	case cluster.Inject:
		return "inject"
	case cluster.Wipe:
		return "wipe"
	case cluster.SetBug, cluster.RandomBug:
		return "bug"
	case cluster.Set:
		if a.Name == "fsync" || a.Name == "own-term-first" {
			return "set " + a.Name
		}
	}
	return ""
}

// lossOf asks for a schedule that loses the entry.
func lossOf(e lab.Entry) *Question {
	// a leader that lacks what was committed overwrites it
	return &Question{Goal: e.Lost, counts: func(b *invariants.Breach) bool {
		return b.Property == invariants.LeaderCompleteness && b.Index <= e.Index ||
			b.Index == e.Index && (b.Property == invariants.StateMachineSafety || b.Property == invariants.Durability)
	}, Serves: func(w *cluster.World, leader, _ raft.ID) bool { return !e.HeldBy(w, leader) }}
}
