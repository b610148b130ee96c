package cluster

import (
	"hash/maphash"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// What a copy shares with its world is changed in place by neither: whatever is
// done to one of them, nothing that can be reached from the other is another
// than before, down to the last field.
func TestClone_LeavesWhatItShares(t *testing.T) {
	settings := [][]string{{}, {"fsync", "off"}, {"reads", "lease"}, {"reads", "read-index", "sessions", "on"}, {"snapshot-every", "3"}, {"check-quorum", "on"}}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 12))
		w := newWorld(t, 3+r.IntN(3), seed, settings[seed%uint64(len(settings))]...)
		elect(t, w, 1)
		live(w, r, 100)
		if seed%2 == 0 { // mail waits for a frozen server
			_ = w.Apply(Freeze{2})
			_ = w.Apply(Heartbeat{1})
			timePasses(w)
		}
		c := w.Clone()
		for range 3 {
			for _, pair := range [][2]*World{{w, c}, {c, w}} {
				still, changes := pair[0], pair[1]
				before, fields := reached(still)
				if timePasses(changes); r.IntN(2) == 0 {
					live(changes, r, 40)
				}
				if after, now := reached(still); after != before {
					t.Fatalf("seed %d: a copy was changed, and with it %s", seed, others(fields, now))
				}
			}
		}
	}
}

// live has anything happen, by hand and by itself.
func live(w *World, r *rand.Rand, actions int) {
	more := []Action{RandomBug{Seed: uint64(r.IntN(9))}, RevealBug{}, SetBug{"ack-before-durable", true, 2}, SetBug{"ack-before-durable", false, 0}, Freeze{2}, Thaw{2}, Sync{1}, Wipe{3}}
	for range actions {
		var a Action
		switch r.IntN(6) {
		case 0:
			a = Request{Client: "C1", Data: randomCommandText(r.IntN)}
		case 1:
			a = more[r.IntN(len(more))]
		case 2:
			a = DeliverNext{}
		case 3:
			a = Advance{}
		default:
			a = anyAction(w, r.IntN)
		}
		_ = w.Apply(a)
	}
}

func timePasses(w *World) {
	for range 100 {
		_ = w.Apply(Advance{})
	}
}

// reached is a hash of all that can be reached from a world, and the hash of each
// of its fields and of its servers' fields.
func reached(w *World) (whole uint64, fields map[string]uint64) {
	fields = map[string]uint64{}
	one := func(name string, v reflect.Value) {
		m := memory{seen: map[memoryAt]bool{}}
		m.hash.SetSeed(memorySeed)
		m.walk(v)
		fields[name] = m.hash.Sum64()
		whole = whole*31 + fields[name]
	}
	v := reflect.ValueOf(w).Elem()
	for i := range v.NumField() {
		if name := "World." + v.Type().Field(i).Name; !ownAlone[name] {
			one(name, v.Field(i))
		}
	}
	for _, s := range w.servers {
		v := reflect.ValueOf(s).Elem()
		for i := range v.NumField() {
			one(s.id.String()+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
	return whole, fields
}

// ownAlone is what no two worlds share, and what is written without harm: who owns
// what.
var ownAlone = map[string]bool{
	"World.epoch": true, "World.work": true, "World.listener": true,
	"flights.epoch": true, "flights.owned": true,
}

var memorySeed = maphash.MakeSeed()

type memoryAt struct {
	at   uintptr
	what reflect.Type
}

// memory goes through all that can be reached from a value.
type memory struct {
	hash maphash.Hash
	seen map[memoryAt]bool
}

func (m *memory) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			m.hash.WriteByte(0)
			return
		}
		if at := (memoryAt{v.Pointer(), v.Type()}); !m.seen[at] {
			m.seen[at] = true
			m.walk(v.Elem())
		}
	case reflect.Interface:
		m.walk(v.Elem())
	case reflect.Struct:
		m.walkStruct(v)
	case reflect.Slice, reflect.Array:
		maphash.WriteComparable(&m.hash, v.Len())
		for i := range v.Len() {
			m.walk(v.Index(i))
		}
	case reflect.Bool:
		maphash.WriteComparable(&m.hash, v.Bool())
	case reflect.String:
		maphash.WriteComparable(&m.hash, v.String())
	case reflect.Float64:
		maphash.WriteComparable(&m.hash, v.Float())
	case reflect.Func, reflect.Invalid:
	case reflect.Map:
		panic("a map is shared: " + v.Type().String())
	default:
		if v.CanInt() {
			maphash.WriteComparable(&m.hash, v.Int())
		} else {
			maphash.WriteComparable(&m.hash, v.Uint())
		}
	}
}

// walkStruct leaves out what a sequence has room for: another copy may be the one
// that has it.
func (m *memory) walkStruct(v reflect.Value) {
	if t := v.Type(); t.PkgPath() == "raftlab/raft/seq" && strings.HasPrefix(t.Name(), "Seq[") {
		const chunk = 128
		n, start, lo := int(v.FieldByName("n").Uint()), int(v.FieldByName("start").Uint()), int(v.FieldByName("lo").Uint())
		maphash.WriteComparable(&m.hash, n)
		for i := start; i < start+n; i++ {
			c := v.FieldByName("spine").Elem().FieldByName("ptrs").Index(lo + i/chunk).Elem()
			m.walk(c.FieldByName("items").Index(i % chunk))
		}
		return
	}
	for i := range v.NumField() {
		if !ownAlone[v.Type().Name()+"."+v.Type().Field(i).Name] {
			m.walk(v.Field(i))
		}
	}
}

// others is the fields that differ.
func others(a, b map[string]uint64) (names []string) {
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	return names
}
