package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/disk"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// What events say of ranges, commits and crashes is what the servers' logs and
// disks, and the rules that were consulted, say.
func TestWhatIsToldIsSo(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 11))
		w := newWorld(t, []int{1, 3, 5}[seed%3], seed, "fsync", []string{"on", "off"}[seed%2], "snapshot-every", []string{"off", "4"}[seed/2%2])
		l := listen(w)
		for range 3000 {
			a := randomAction(w, r.IntN)
			was := w.Clone()
			if w.Apply(a) == nil {
				events, _ := l.Take()
				for i := range events {
					told(t, was, w, &events[i], events, seen)
				}
			}
			l.Take()
		}
	}
	t.Log(seen)
	for _, what := range []string{"appended terms", "committed terms", "truncated terms", "commits", "learns", "a crash", "with a snapshot", "unsynced"} {
		if seen[what] == 0 {
			t.Errorf("never: %s", what)
		}
	}
}

func told(t *testing.T, was, now *World, e *event.Event, all []event.Event, seen map[string]int) {
	t.Helper()
	id, v := e.Node, e.View()
	switch e.What.(type) {
	case event.Appended, event.Committed, event.Truncated:
		log := &now.Stored(id).Log
		if event.Is[event.Truncated](e) {
			log = &was.Stored(id).Log
		}
		if want := naiveTerms(log, v.First, v.Last); want != "?" && want != v.Terms {
			t.Fatalf("%s %s %d to %d: terms %q, the log has %q", e.Node, v.Kind, v.First, v.Last, v.Terms, want)
		}
		if v.Terms != "" {
			seen[string(v.Kind)+" terms"]++
		}
	case event.Crashed:
		crashTold(t, was, id, v.Text, seen)
	}
	if !event.Is[event.Committed](e) {
		return
	}
	ruled := func(rule *raft.Rule) bool {
		return slices.ContainsFunc(all, func(o event.Event) bool {
			return o.Position <= e.Position && slices.ContainsFunc(o.Decisions, func(d raft.Decision) bool {
				return d.Rule == rule && d.Holds && d.Node == id
			})
		})
	}
	leads := event.As[event.Committed](e).Leader
	if leads && !ruled(raft.MajorityHolds) || !leads && ruled(raft.MajorityHolds) && !ruled(raft.FollowerCommit) {
		t.Fatalf("#%d: %s is told to have got commitIndex %d as a %s", e.Position, e.Node, v.Last, v.From)
	}
	seen[map[bool]string{true: "commits", false: "learns"}[leads]]++
}

// naiveTerms is what Event.Terms should be, "?" where it cannot be known.
func naiveTerms(l *raft.Log, first, last uint64) string {
	var all []string
	for i := first; i <= last; i++ {
		if i < l.FirstIndex() || i > l.LastIndex() || last-first >= 24 {
			return "?"
		}
		all = append(all, fmt.Sprint(l.Entry(i).Term))
	}
	if len(slices.Compact(slices.Clone(all))) == 1 {
		return ""
	}
	return strings.Join(all, " ")
}

func crashTold(t *testing.T, was *World, id raft.ID, text string, seen map[string]int) {
	t.Helper()
	d := was.servers[id-1].disk
	kept, _, _ := strings.Cut(text, "; lost")
	want := "an empty log"
	if n := len(d.Synced().Log.Slice(d.Synced().Log.FirstIndex(), d.Synced().Log.LastIndex())); n == 1 {
		want = "1 entry"
	} else if n > 1 {
		want = fmt.Sprintf("%d entries", n)
	}
	if s := d.Synced().Snapshot; s != nil {
		want = fmt.Sprintf("a snapshot to index %d, %s", s.Index, want)
		seen["with a snapshot"]++
	}
	if !strings.HasSuffix(kept, ", "+want) {
		t.Fatalf("%s crashed, and %q has not %q", id, text, want)
	}
	if d.Unsynced() {
		seen["unsynced"]++
		same := disk.SameLog(&d.Written.Log, &d.Synced().Log) || d.Written.Log.FirstIndex() > d.Synced().Log.FirstIndex()
		if !same && !strings.Contains(text, "entr") {
			t.Fatalf("%s crashed with another log, and %q tells of no entry", id, text)
		}
	}
	seen["a crash"]++
}

// What a crash loses is told by what is gone: entries, snapshots, deletions.
func TestCrashTellsWhatIsGone(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off")
	l := listen(w)
	elect(t, w, 1)
	do(t, w, Sync{1}, Request{Client: "C1", Data: "x=1", Via: 1}, Request{Client: "C1", Data: "x=2", Via: 1})
	settle(t, w)
	do(t, w, Snapshot{1}, Request{Client: "C1", Data: "x=3", Via: 1}, Kill{1})
	want := "kept: term 1, vote for S1, 1 entry; lost, not synced: a snapshot to index 3, entry 4"
	if text := lastEvent(t, l.Events, event.Crashed{}).Text; text != want {
		t.Errorf("%q, want %q", text, want)
	}
	do(t, w, Restart{1}, Snapshot{2}, Sync{2}, Kill{2})
	want = "kept: term 1, vote for S1, a snapshot to index 2, 1 entry; lost: only volatile state"
	if text := lastEvent(t, l.Events, event.Crashed{}).Text; text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

// Fields that a program has added to a message are shown, and are no fields that inject takes.
func TestAddedFieldsAreShown(t *testing.T) {
	m := &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 2}
	plain := event.FieldsText(m)
	raft.SetOwn(m, `{"last":2}`)
	same(t, "shown", event.FieldsText(m), plain+` own={"last":2}`)
	inject := Inject{raft.Envelope{From: 1, To: 2, Message: m}}
	same(t, "injected", inject.String(), "inject AppendEntriesReply S1->S2 "+plain)
	raft.SetOwn(m, strings.Repeat("x", 1000))
	if n := len(event.FieldsText(m)); n > 100 {
		t.Errorf("%d bytes", n)
	}
}
