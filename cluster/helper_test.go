package cluster

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// What the tests of this package share: doing things to a world, and looking
// at all of it.

// fataler is what a helper needs of a *testing.T, *testing.B or *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func do(t fataler, w *World, actions ...Action) {
	t.Helper()
	for _, a := range actions {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		// What an action leaves to be compared, the next one would note on servers
		// that it may share with other worlds.
		if !w.memory.Quiet() {
			t.Fatalf("%s: leaders' books were left to be compared by the next action", a)
		}
	}
}

func set(t fataler, w *World, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		do(t, w, Set{pairs[i], pairs[i+1]})
	}
}

// newWorld is a world with settings that differ from the defaults.
func newWorld(t fataler, n int, seed uint64, pairs ...string) *World {
	t.Helper()
	w := New(n, seed, setting.Defaults())
	set(t, w, pairs...)
	return w
}

// listen attaches a listener that keeps everything.
func listen(w *World) *Listener {
	l := &Listener{Decide: true}
	w.Listen(l)
	return l
}

// settle delivers until nothing is deliverable.
func settle(t fataler, w *World) {
	t.Helper()
	for n := 0; w.Apply(DeliverNext{}) == nil; n++ {
		if n > 100_000 {
			t.Fatalf("it does not settle")
		}
	}
}

// elect makes a server leader, and lets all know what is committed.
func elect(t fataler, w *World, id raft.ID) {
	t.Helper()
	do(t, w, Timeout{id})
	settle(t, w)
	if w.State(id).Role != raft.Leader {
		t.Fatalf("%s is a %s", id, w.State(id).Role)
	}
	beat(t, w, id)
}

// beat lets a leader's heartbeat go round.
func beat(t fataler, w *World, id raft.ID) {
	t.Helper()
	do(t, w, Heartbeat{id})
	settle(t, w)
}

// ticks lets time pass, whole ticks of the cluster.
func ticks(t fataler, w *World, n int) {
	t.Helper()
	for end := w.clock + uint64(n); w.clock < end || w.MidTick(); {
		do(t, w, Advance{})
	}
}

// flying is the message of a type from one server to another that is in flight.
func flying(t fataler, w *World, kind string, from, to raft.ID) Flight {
	t.Helper()
	for _, m := range w.Flights() {
		if m.Message.Type() == kind && m.From == from && m.To == to {
			return m
		}
	}
	t.Fatalf("no %s %s->%s in flight", kind, from, to)
	return Flight{}
}

// refused wants an action to fail with an error that has this text in it, and
// to change nothing that anybody could see.
func refused(t fataler, w *World, a Action, text string) {
	t.Helper()
	was := picture(w)
	err := w.Apply(a)
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("%s: error %v, want one with %q", a, err, text)
	}
	if got := picture(w); got != was {
		t.Fatalf("%s failed and changed\n%s\nto\n%s", a, was, got)
	}
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// terms is the terms of a server's log, as the paper's figures have them.
func terms(w *World, id raft.ID) string {
	words := []string{}
	for _, e := range entriesOf(w.servers[id-1].disk.Written.Log) {
		words = append(words, fmt.Sprint(e.Term))
	}
	return strings.Join(words, " ")
}

func entriesOf(l raft.Log) []raft.Entry { return l.Slice(l.FirstIndex(), l.LastIndex()) }

// kinds is the kinds of events, those of what.
func kinds(events []event.Event, wanted ...event.What) []event.Kind {
	var out []event.Kind
	for _, e := range events {
		if slices.ContainsFunc(wanted, func(w event.What) bool { return w.Kind() == e.Kind() }) {
			out = append(out, e.Kind())
		}
	}
	return out
}

// shown is an event as JSON has it, with what the rules decided.
type shown struct {
	event.View
	Decisions []raft.Decision
}

// lastEvent is the last event of a kind.
func lastEvent(t fataler, events []event.Event, kind event.What) shown {
	t.Helper()
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind() == kind.Kind() {
			return shown{events[i].View(), events[i].Decisions}
		}
	}
	t.Fatalf("no %s among %d events", kind.Kind(), len(events))
	return shown{}
}

// eventsText is events as text, what they carry included.
func eventsText(events []event.Event) string {
	var text strings.Builder
	for _, e := range events {
		v, body := e.View(), ""
		if m := e.Body(); m != nil {
			body = event.FieldsText(m)
		}
		fmt.Fprintf(&text, "%v %s %v %v %d\n", v, body, e.Decisions, e.Action, e.Began)
	}
	return text.String()
}

// picture is everything about a world that a person could see, as text.
func picture(w *World) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %d %d %d %d %v %+v %v\n", w.clock, w.position, w.sent, w.reads, w.rng, w.turn, w.settings, w.cuts)
	for _, s := range w.servers {
		waits := cmp.Or(s.waits, &waits{})
		fmt.Fprintf(&text, "%s frozen=%t timers=%+v ticks=%d rounds=%v reads=%v kv=%s disk=%s / %s\n", s.id, s.frozen, s.timers, s.ticks, waits.rounds, waits.reads, s.machine.Snapshot(),
			stableText(&s.disk.Written), stableText(s.disk.Synced()))
		if n := s.state; n != nil {
			fmt.Fprintf(&text, "  %d %s %s %s %d/%d votes %s heard %t %s", n.CurrentTerm, n.Role, n.VotedFor, n.Leader,
				n.CommitIndex, n.LastApplied, n.Votes, n.HeardLeader, stableText(&s.disk.Written))
			for to := range w.servers {
				fmt.Fprintf(&text, " %d/%d", n.NextIndex(raft.ID(to+1)), n.MatchIndex(raft.ID(to+1)))
			}
			text.WriteString("\n")
		}
	}
	for _, m := range w.Flights() {
		fmt.Fprintf(&text, "  m%d %s due %d %s\n", m.ID, network.Link{From: m.From, To: m.To}, m.Due, event.FieldsText(m.Message))
	}
	for _, c := range w.clients {
		fmt.Fprintf(&text, "  %+v\n", *c)
	}
	for _, b := range w.breaches {
		fmt.Fprintf(&text, "  %+v\n", b)
	}
	return text.String()
}

func stableText(s *raft.Stable) string {
	text := fmt.Sprintf("term %d vote %s log after %d: %v", s.CurrentTerm, s.VotedFor, s.Log.FirstIndex()-1, entriesOf(s.Log))
	if s.Snapshot != nil {
		text += fmt.Sprintf(" snapshot %+v", *s.Snapshot)
	}
	return text
}

// randomAction picks an action with the help of pick, which is a number below
// n. It may be one that cannot be done now. Fsync stays on, and nothing is
// wiped, given or forged.
func randomAction(w *World, pick func(n int) int) Action {
	id := func() raft.ID { return raft.ID(1 + pick(w.Size())) }
	message := func() uint64 {
		if f := inOrder(w); len(f) > 0 {
			return f[pick(len(f))].ID
		}
		return 0
	}
	client := func() string { return fmt.Sprintf("C%d", 1+pick(4)) }
	switch k := pick(107); {
	case k >= 106:
		return SetTimer{id(), 1 + pick(40)}
	case k >= 100:
		return randomMembers(w, pick)
	case k < 40:
		return Advance{}
	case k < 48:
		return Deliver{message()}
	case k < 50:
		return Arrive{message()}
	case k < 53:
		return DeliverNext{}
	case k < 55:
		return DeliverNext{Among: raft.SetOf(id(), id(), id())}
	case k < 65:
		return Request{Client: client(), Data: randomCommandText(pick), Via: raft.ID(pick(w.Size()+1) * pick(2))}
	case k < 67:
		return Retry{client()}
	case k < 69:
		return Drop{message()}
	case k < 71:
		return Duplicate{message()}
	case k < 73:
		return Delay{message(), 1 + pick(50)}
	case k < 75:
		return Timeout{id()}
	case k < 77:
		return Heartbeat{id()}
	case k < 78:
		return Kill{id()}
	case k < 81:
		return Restart{id()}
	case k < 82:
		return Freeze{id()}
	case k < 85:
		return Thaw{id()}
	case k < 87:
		return SetLinks{Cut: pick(2) == 0, Links: []network.Link{{From: id(), To: id()}}}
	case k < 88:
		return Partition{[]raft.Set{raft.SetOf(id(), id())}}
	case k < 91:
		return Partition{}
	case k < 93:
		return Snapshot{id()}
	case k < 95:
		return Tick{id()}
	case k < 96:
		return ClockTick{}
	case k < 97:
		return Sync{id()}
	default:
		return randomSettings[pick(len(randomSettings))]
	}
}

// randomMembers is what has to do with who takes part and who leads, and reads
// that do not go through the log. The cluster has seven servers at most.
func randomMembers(w *World, pick func(n int) int) Action {
	id, at := raft.ID(1+pick(w.Size())), raft.ID(pick(w.Size()+1)*pick(2))
	switch pick(9) {
	case 0:
		return AddServer{raft.ID(1 + pick(min(w.Size()+1, 7))), pick(2) == 0, at}
	case 1:
		return Promote{id, at}
	case 2:
		return RemoveServer{id, at}
	case 3:
		return Reconfigure{raft.SetOf(id, raft.ID(1+pick(w.Size())), raft.ID(1+pick(w.Size()))), at}
	case 4, 5:
		return Transfer{id, at}
	case 6:
		return Fire{FireTimers[pick(len(FireTimers))].Name, id}
	default:
		return Read{Client: fmt.Sprintf("C%d", 1+pick(4)), Key: "x", Mode: setting.ReadModes[1+pick(3)], Via: at}
	}
}

func randomCommandText(pick func(n int) int) string {
	key := string(rune('x' + pick(3)))
	switch pick(6) {
	case 0:
		return "incr " + key
	case 1:
		return "delete " + key
	case 2:
		return fmt.Sprintf("cas %s %d %d", key, pick(3), pick(3))
	case 3:
		return "get " + key
	}
	return fmt.Sprintf("%s=%d", key, pick(10))
}

// randomSettings is what a random world may be set to; each of the disturbing
// ones is undone by another.
var randomSettings = []Set{
	{"noop", "on"}, {"noop", "off"}, {"pipeline", "on"}, {"pipeline", "off"},
	{"back-off", "linear"}, {"back-off", "conflict-term"}, {"max-entries", "1"}, {"max-entries", "3"}, {"max-entries", "off"},
	{"max-bytes", "4"}, {"max-bytes", "off"}, {"prevote", "on"}, {"prevote", "off"}, {"prevote", "off"},
	{"check-quorum", "on"}, {"check-quorum", "off"}, {"stickiness", "on"}, {"stickiness", "off"}, {"stickiness", "off"},
	{"latency", "1"}, {"latency", "1..3"}, {"latency", "2..30"}, {"loss", "0"}, {"loss", "0"}, {"loss", "0.1"}, {"loss", "0.4"},
	{"duplication", "0"}, {"duplication", "0.2"}, {"election-timeout", "20..40"}, {"election-timeout", "8..9"},
	{"heartbeat-interval", "5"}, {"heartbeat-interval", "2"}, {"sessions", "on"}, {"sessions", "off"},
	{"snapshot-every", "off"}, {"snapshot-every", "3"}, {"snapshot-every", "20"}, {"reads", "log"}, {"reads", "lease"}, {"clock-bound", "0"},
}

// long is how many times as much a property test tries: once, or times where
// RAFTLAB_LONG is set.
func long(times int) int {
	if os.Getenv("RAFTLAB_LONG") == "" {
		return 1
	}
	return times
}

// inOrder is what is in flight and does not wait, the message due first in front.
func inOrder(w *World) (list []Flight) {
	for _, m := range w.flights.All() {
		list = append(list, *m)
	}
	return list
}

// input is a step of a server by itself.
func (w *World) input(id raft.ID, in raft.Input) error {
	was, err := w.step(id, in)
	if err == nil {
		w.act(w.servers[id-1], &was)
	}
	return err
}
