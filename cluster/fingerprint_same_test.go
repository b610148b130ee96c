package cluster

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// Equal fingerprints mean equal successors: random walks from one state meet, and
// where two that came on different ways have one fingerprint, the same can happen
// in both, to the same effect. RAFTLAB_LONG=1 walks for an hour.
func TestFingerprintMeansSameSuccessors(t *testing.T) {
	met, seeds := 0, 40*long(700)
	for seed := range uint64(seeds) {
		met += walksMeet(t, seed)
	}
	t.Logf("%d pairs of worlds with one fingerprint were compared", met)
	if met < 10*seeds {
		t.Errorf("%d worlds met, hardly a test", met)
	}
}

// walksMeet walks from a state of random settings, and compares where walks meet.
func walksMeet(t *testing.T, seed uint64) (met int) {
	r := rand.New(rand.NewPCG(seed, 9))
	start := newWorld(t, 3, 1)
	for _, s := range [][2]string{{"prevote", "on"}, {"check-quorum", "on"}, {"reads", "lease"}, {"stickiness", "on"}, {"pipeline", "on"}, {"fsync", "off"}, {"noop", "off"}} {
		if r.IntN(3) == 0 {
			set(t, start, s[0], s[1])
		}
	}
	elect(t, start, 1)
	do(t, start, Request{Client: "C1", Data: "x=1"})
	settle(t, start)
	do(t, start, Kill{3})
	do(t, start, Request{Client: "C1", Data: "x=2"})
	settle(t, start)
	do(t, start, Snapshot{1}, Restart{3})
	seen := map[uint64]*World{}
	for range 40 {
		w := start.Clone()
		for range 14 {
			if all := walkActions(w); w.Apply(all[r.IntN(len(all))]) != nil || w.flights.Len() > 8 {
				break
			}
			f := w.Fingerprint()
			other, known := seen[f]
			if !known {
				seen[f] = w.Clone()
			} else if other.position != w.position || r.IntN(4) == 0 {
				met++
				compareSuccessors(t, seed, other, w)
			}
		}
	}
	return met
}

// walkActions is what can happen, the things that people do included.
func walkActions(w *World) []Action {
	all := w.Possible(nil)
	for _, s := range w.servers {
		if s.running() && s.state.Role == raft.Leader {
			all = append(all, Transfer{Node: 2, At: s.id}, Request{Client: "C1", Data: "x=3", Via: s.id}, Snapshot{s.id})
			if s.state.Transferee != 0 {
				all = append(all, Fire{"transfer", s.id})
			}
		}
	}
	return all
}

// compareSuccessors does in both worlds whatever can happen in one of them.
func compareSuccessors(t *testing.T, seed uint64, a, b *World) {
	t.Helper()
	after := func(w *World) map[string]string {
		out := map[string]string{}
		for _, act := range append(walkActions(w), leaseActions(w)...) {
			c, name := w.Clone(), nameless(w, act)
			l := listen(c)
			err := c.Apply(act)
			events, _ := l.Take()
			out[name] = fmt.Sprintf("%v %x", err, c.Fingerprint())
			for i := range events {
				e := events[i].View()
				if !strings.Contains(string(e.Kind), "tick") {
					out[name] += fmt.Sprintf(" %s@%s%s%s", e.Kind, e.Node, e.Peer, e.Type)
				}
			}
		}
		return out
	}
	x, y := after(a), after(b)
	for name := range x {
		if x[name] != y[name] {
			t.Fatalf("seed %d: two worlds with fingerprint %x: %s comes to\n%s\nin the one, and to\n%s\nin the other\n%s\n%s", seed, a.Fingerprint(), name, x[name], y[name], picture(a), picture(b))
		}
	}
	for name := range y {
		if _, both := x[name]; !both {
			t.Fatalf("seed %d: two worlds with fingerprint %x: %s can happen in one only\n%s\n%s", seed, a.Fingerprint(), name, picture(a), picture(b))
		}
	}
}

// grantLease is the driver's clock saying that a lease holds.
type grantLease struct{ raft.ID }

func (a grantLease) String() string { return "lease " + a.ID.String() }
func (a grantLease) apply(w *World) error {
	w.quietly(w.mutable(a.ID), raft.LeaseGranted())
	w.touch(a.ID)
	return nil
}

// leaseActions is that clock, which no action asks by itself.
func leaseActions(w *World) (all []Action) {
	for _, id := range w.Leaders() {
		all = append(all, grantLease{id})
	}
	return all
}

// nameless is an action with a message's content in the place of its number.
func nameless(w *World, a Action) string {
	id := uint64(0)
	switch a := a.(type) {
	case Deliver:
		id = a.ID
	case Drop:
		id = a.ID
	default:
		return a.String()
	}
	m := w.Flight(id)
	return fmt.Sprintf("%T %s->%s %s %s", a, m.From, m.To, m.Message.Type(), event.FieldsText(m.Message))
}

// notPrinted is the fields that a fingerprint leaves out, and why. A field that
// is new must be hashed, or named here with the reason.
var notPrinted = map[string]string{
	"setup.seed": "chance", "World.rng": "chance", "setup.kind": "a setting", "setup.settings": "settings", "setup.options": "settings", "setup.programs": "a setting",
	"work.follow": "of the present action", "World.alone": "a bound of a search",
	"World.clock": "time", "World.turn": "time", "World.position": "a name", "World.sent": "a name", "World.reads": "a name",
	"setup.riddle": "what is told of the bugs", "World.operations": "told already", "World.setup": "see there", "World.work": "see there", "server.waits": "see there", "World.breaches": "told already",
	"World.began": "of the present action", "World.touched": "of the present action", "work.handed": "of the present action", "World.matched": "of the present action", "work.executed": "what need not be computed again",
	"World.notable": "a count", "World.failure": "told already", "World.careful": "a setting", "World.judges": "a setting", "World.recorded": "a setting", "World.happened": "a count", "World.epoch": "who shares what", "World.listener": "who listens", "setup.harmful": "what is looked for", "work.out": "of the present input", "work.few": "room for it",
	"server.epoch": "who shares what", "waits.asked": "for messages made by hand", "server.state": "the node's", "server.timers": "time", "server.timed": "time", "server.ticks": "time", "waits.rounds": "time",
	"Client.Command": "Data is the same as it stands in the log", "Client.Why": "told already",
}

// Every field of a world, a server and a client is hashed, or named with the
// reason why it is not.
func TestFingerprintKnowsEveryField(t *testing.T) {
	hashed := map[string]string{
		"World.servers": "", "World.flights": "", "setup.bugs": "", "World.cuts": "", "World.clients": "", "World.memory": "",
		"server.id": "", "server.node": "", "server.frozen": "", "server.disk": "", "server.machine": "", "waits.reads": "", "waits.ready": "", "server.seen": "", "server.first": "",
	}
	for _, f := range []string{"Name", "Data", "Status", "Result", "Leader", "Node", "Index", "Term", "Session", "Serial", "Read", "Mode", "Tries", "Again", "Opened", "Opens", "OpensIn", "InOrder", "Began"} {
		hashed["Client."+f] = ""
	}
	for _, v := range []any{World{}, setup{}, work{}, server{}, waits{}, clients.Client{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			name := typ.Name() + "." + typ.Field(i).Name
			_, in := hashed[name]
			if _, out := notPrinted[name]; in == out {
				t.Errorf("%s: is it hashed, or why not?", name)
			}
			if c, ok := v.(clients.Client); ok && in {
				other := c
				f := reflect.ValueOf(&other).Elem().Field(i)
				switch f.Kind() {
				case reflect.String:
					f.SetString("x")
				case reflect.Bool:
					f.SetBool(true)
				case reflect.Int:
					f.SetInt(3)
				default:
					f.SetUint(3)
				}
				if other.Hash(nil) == c.Hash(nil) {
					t.Errorf("%s makes no difference", name)
				}
			}
		}
	}
}

// Each part of a server shows in its share.
func TestFingerprintShowsEveryPart(t *testing.T) {
	w := newWorld(t, 3, 1, "fsync", "off")
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	before := w.Fingerprint()
	for name, change := range map[string]func(w *World, s *server){
		"frozen":            func(_ *World, s *server) { s.frozen = true },
		"what a disk holds": func(_ *World, s *server) { s.disk.Sync() },
		"the state machine": func(_ *World, s *server) { s.machine, _ = s.machine.Apply("y=1") },
		"a read that waits": func(_ *World, s *server) { s.waiting().reads = []read{{number: 1}} },
		"a loss":            func(w *World, s *server) { watch := w.watch(); watch.Lost(s.id, 1, false) },
		"a link":            func(w *World, s *server) { w.cuts = w.cuts.Set(1, 2, true, len(w.servers)) },
		"a mistake":         func(w *World, s *server) { w.another().bugs = rules.Mistakes{1} },
		"a client": func(w *World, s *server) {
			c := *w.clients[0]
			c.Result = "?"
			w.clients = slices.Clone(w.clients)
			w.clients[0] = &c
		},
		"what was acknowledged": func(w *World, _ *server) { watch := w.watch(); watch.Acknowledged(9, 1) },
	} {
		c := w.Clone()
		if change(c, c.mutable(1)); c.Fingerprint() == before {
			t.Errorf("%s does not show", name)
		}
	}
}
