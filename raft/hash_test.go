package raft_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"raftlab/raft"
)

// notHashed is the fields of a Node that its hash leaves out, and why.
var notHashed = map[string]string{
	"opts":               "settings, which the driver has",
	"Log.entries":        "the driver's hash of the log stands for them",
	"Snapshot":           "the log begins where it ends; the driver has its data",
	"config.inLog":       "they are entries of the log",
	"Configuration":      "the log says it, and config.initial",
	"ConfigurationIndex": "the log says it",
	"Committed":          "the log says it, and config.initial",
	"waiting.reads.asks": "its number is the read's",
	"ownFirst":           "the log and the term say it",
	"Peers":              "one more that is no member; those that are make a difference",

	"sending.from": sent, "sending.run.items": sent, "sending.run.used": sent,
}

const sent = "a copy of entries of the log, so that appends can share it"

// somewhere is the fields that count in some states only, and in which.
var somewhere = map[string]string{
	"Votes.low":   "candidate precandidate",
	"Votes.high":  "candidate precandidate",
	"grants":      "candidate",
	"heard.low":   "leader",
	"heard.high":  "leader",
	"HeardLeader": "asked follower leader precandidate sticky",
}

// states is servers in states in which every field counts somewhere.
func states(t *testing.T) map[string]*raft.Node {
	follower := start(t, 3, raft.Options{PreVote: true}, stable(5, 3, 2, 1, 3))
	follower.appended(2, 3, 2, 3, 0)
	follower.must(raft.Read(7, false))
	candidate := start(t, 1, raft.Options{Mutants: raft.RepliesNotVoters}, stable(5, 1, 0))
	candidate.timeout()
	precandidate := start(t, 1, raft.Options{PreVote: true}, stable(5, 1, 0))
	precandidate.timeout()
	asked := start(t, 1, raft.Options{AskedFirst: true}, stable(5, 1, 0))
	sticky := start(t, 1, raft.Options{StickyFollower: true}, stable(5, 1, 0))
	l := start(t, 1, raft.Options{NoOp: true, CheckQuorum: true, Pipeline: true, Lease: true, StickyFollower: true}, stable(5, 1, 0))
	l.lead()
	l.ack(2, 1)
	l.propose("a")
	l.must(raft.Read(9, false))
	return map[string]*raft.Node{
		"follower": follower.Node, "candidate": candidate.Node, "precandidate": precandidate.Node,
		"asked": asked.Node, "sticky": sticky.Node, "leader": l.Node,
	}
}

// Every field of a server makes a difference to its hash in some state, but for
// those that are named: a field that is added must be hashed, or named with why
// it need not be.
func TestHashCoversEveryField(t *testing.T) {
	seen, shows := map[string][]string{}, map[string][]string{}
	for state, n := range states(t) {
		before := n.Hash(5, nil, true)
		alter(reflect.ValueOf(n).Elem(), "", func(path string) {
			seen[path] = append(seen[path], state)
			if n.Hash(5, nil, true) != before {
				shows[path] = append(shows[path], state)
			}
		})
		if n.Hash(5, nil, true) != before {
			t.Fatal("the fields are not as they were")
		}
		if n.Hash(6, nil, true) == before {
			t.Error("the log makes no difference")
		}
	}
	for path, where := range seen {
		slices.Sort(where)
		slices.Sort(shows[path])
		expect := where
		if _, out := notHashed[path]; out {
			expect = nil
		} else if some, ok := somewhere[path]; ok {
			expect = strings.Fields(some)
		}
		if !slices.Equal(shows[path], expect) {
			t.Errorf("%s makes a difference in the states %v, want %v", path, shows[path], expect)
		}
	}
	t.Logf("%d fields", len(seen))
	for path := range notHashed {
		if _, there := seen[path]; !there {
			t.Errorf("there is no field %s", path)
		}
	}
}

// Without hints, the leader that a server knows makes no difference (§8: it
// concerns clients alone); with them it does.
func TestHashWithoutHints(t *testing.T) {
	one, two := follower(t, 3, 2), start(t, 1, raft.Options{}, stable(3, 2, 0))
	two.appended(3, 2, 0, 0, 0)
	want(t, "the hashes with hints are the same", one.Hash(1, nil, true) == two.Hash(1, nil, true), false)
	want(t, "the hashes without hints", one.Hash(1, nil, false), two.Hash(1, nil, false))
}

// Under a renaming, a state has the hash of the state in which the servers had
// changed places.
func TestHashRenamed(t *testing.T) {
	r := raft.Renaming{0, 3, 1, 2}
	for id, name := range []raft.ID{0, 3, 1, 2, 4, 5} {
		want(t, "the name", r.Of(raft.ID(id)), name)
	}
	want(t, "the set", r.Set(raft.SetOf(1, 2, 5)), raft.SetOf(3, 1, 5))
	want(t, "the set without names", raft.Renaming(nil).Set(raft.SetOf(1, 2, 5)), raft.SetOf(1, 2, 5))
	text := func(s string) uint64 { return uint64(len(s)) }
	story := func(as func(raft.ID) raft.ID) *server {
		s := start(t, as(1), raft.Options{NoOp: true, CheckQuorum: true}, stable(3, 4, 0, 1))
		s.timeout()
		s.receive(as(2), &raft.RequestVoteReply{Term: 5, VoteGranted: true})
		s.ack(as(3), 2)
		s.must(raft.TransferLeadership(as(2)))
		return s
	}
	as, other := story(func(id raft.ID) raft.ID { return id }), story(r.Of)
	want(t, "the hash, renamed", as.Hash(1, r, true), other.Hash(1, nil, true))
	want(t, "the hash, not renamed, is another", as.Hash(1, nil, true) == other.Hash(1, nil, true), false)
	want(t, "the disk's hash, renamed", as.disk.Hash(text, r), other.disk.Hash(text, nil))
}

// alter changes one field of a struct after the other, those of structs and
// elements inside included, calls look, and puts it back. What a pointer leads to
// is one field, and the first configuration is looked into.
func alter(v reflect.Value, path string, look func(path string)) {
	for i := range v.NumField() {
		f := v.Field(i)
		f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		name := v.Type().Field(i).Name
		switch {
		case name == "figure2": // its fields are the Node's own
			name = ""
		case path != "":
			name = path + "." + name
		}
		alterValue(f, name, look)
	}
}

func alterValue(f reflect.Value, name string, look func(path string)) {
	was := reflect.New(f.Type()).Elem()
	was.Set(f)
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(!f.Bool())
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		f.SetUint(f.Uint() + 1)
	case reflect.Int:
		f.SetInt(f.Int() + 1)
	case reflect.String:
		f.SetString(f.String() + "!")
	case reflect.Pointer:
		if name == "config.initial" || name == "waiting" { // what it leads to counts
			f.Set(reflect.New(f.Type().Elem()))
			if !was.IsNil() {
				f.Elem().Set(was.Elem())
			}
			alter(f.Elem(), name, look)
			f.Set(was)
			return
		}
		if f.Type() == reflect.TypeFor[*string]() {
			f.Set(reflect.ValueOf(new("!")))
		}
	case reflect.Array: // a Set
		f.Index(0).SetUint(f.Index(0).Uint() ^ 2)
	case reflect.Struct:
		if f.NumField() > 0 && !strings.HasSuffix(name, "og.entries") {
			alter(f, name, look)
			return
		}
	case reflect.Slice:
		if f.Len() > 0 && f.Type().Elem().Kind() == reflect.Struct && name != "config.inLog" {
			f.Set(reflect.AppendSlice(reflect.MakeSlice(f.Type(), 0, f.Len()), f)) // its own
			alter(f.Index(f.Len()-1), name, look)
			f.Set(was)
			return
		}
		f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
	}
	look(name)
	f.Set(was)
}

// Every field of every message makes a difference to the message's hash, and so
// does its type; so does every field of what is stored.
func TestHashCoversEveryMessage(t *testing.T) {
	entry := raft.Entry{Term: 1, Kind: raft.Noop, Data: "x"}
	snapshot := &raft.Snapshot{Index: 1, Term: 1, Configuration: conf(1), Data: "x"}
	text := func(s string) uint64 { return uint64(len(s)) }
	types := map[uint64]string{}
	for _, m := range []raft.Message{
		&raft.RequestVote{}, &raft.RequestVoteReply{}, &raft.AppendEntries{Entries: []raft.Entry{entry}}, &raft.AppendEntriesReply{},
		&raft.InstallSnapshot{Snapshot: snapshot}, &raft.InstallSnapshotReply{}, &raft.PreVote{}, &raft.PreVoteReply{}, &raft.TimeoutNow{},
		&raft.ReadIndex{}, &raft.ReadIndexReply{},
	} {
		hash := func() uint64 { return raft.HashMessage(m, text, nil) }
		before := hash()
		if other, taken := types[before]; taken {
			t.Errorf("%s and %s have one hash", m.Type(), other)
		}
		types[before] = m.Type()
		alter(reflect.ValueOf(m).Elem(), m.Type(), func(path string) {
			if hash() == before && path != "InstallSnapshot.Snapshot" && !strings.HasSuffix(path, ".request") { // the driver hashes the request where it counts
				t.Errorf("%s makes no difference", path)
			}
		})
		if in, ok := m.(*raft.InstallSnapshot); ok {
			alter(reflect.ValueOf(in.Snapshot).Elem(), "Snapshot", func(path string) {
				if hash() == before {
					t.Errorf("%s makes no difference", path)
				}
			})
		}
	}
	disk := stable(3, 2, 1, 1, 2)
	disk.Snapshot = snapshot
	before := disk.Hash(text, nil)
	alter(reflect.ValueOf(&disk).Elem(), "", func(path string) {
		if disk.Hash(text, nil) == before && path != "Log.entries" && path != "Snapshot" {
			t.Errorf("stored: %s makes no difference", path)
		}
	})
	alter(reflect.ValueOf(snapshot).Elem(), "Snapshot", func(path string) {
		if disk.Hash(text, nil) == before && path != "Snapshot.Index" { // the log begins there
			t.Errorf("stored: %s makes no difference", path)
		}
	})
	for i := range uint64(2) {
		for _, change := range []func(*raft.Entry){func(e *raft.Entry) { e.Term++ }, func(e *raft.Entry) { e.Kind++ }, func(e *raft.Entry) { e.Data += "!" },
			func(e *raft.Entry) { e.Tag++ }} {
			other := stable(3, 2, 1, 1, 2)
			other.Snapshot = snapshot
			list := entries(0, 1, 2)
			change(&list[i])
			other.Log.TruncateAfter(0)
			for _, e := range list {
				other.Log.Append(e)
			}
			if other.Hash(text, nil) == before {
				t.Errorf("stored: %+v makes no difference as entry %d", list[i], i+1)
			}
		}
	}
}
