// replay.go is for a server that cannot be written down as JSON, because it has fields of another's library, say. Its
// state is the list of events since its start; a server that is not at hand lives through them again. It must be
// deterministic. Use RunReplayed in place of Run; raftlab.go must be beside this file. Record is for real networks.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// replayed is a server that lived through these events.
type replayed struct {
	events []string
	server Raft
	saved  any // what it saved last
}

// RunReplayed answers raftlab as Run does. make makes a server, whose fields may be anything.
func RunReplayed(make func() Raft, can ...string) {
	live := map[string]*replayed{}
	serve(reflect.TypeOf(make()).Elem().Name(), can, func(q question) map[string]any {
		var state struct{ Events []string }
		if q.State != nil && q.Input.Type != "start" {
			if err := json.Unmarshal(q.State, &state); err != nil {
				panic(err)
			}
		}
		had := live[q.Server]
		delete(live, q.Server) // until the step is done: a panic leaves a server half way
		if had == nil || q.Input.Type == "start" || !slices.Equal(had.events, state.Events) {
			had = &replayed{}
			for _, event := range state.Events {
				had.live(event, make, take)
			}
		}
		event, err := json.Marshal(question{Server: q.Server, Servers: q.Servers, Stable: q.Stable, Input: q.Input})
		if err != nil {
			panic(err)
		}
		var a map[string]any
		had.live(string(event), make, func(r Raft, in Input) { a = Step(r, in) })
		live[q.Server] = had
		a["state"] = map[string]any{"events": had.events}
		disk, _ := json.Marshal(had.saved)
		a["same"] = Same(had.server) + string(disk)
		return a
	})
}

// live has a server live through one event: do does it.
func (l *replayed) live(event string, make func() Raft, do func(Raft, Input)) {
	var q question
	if err := json.Unmarshal([]byte(event), &q); err != nil {
		panic(err)
	}
	if q.Input.Type == "start" {
		l.server, l.saved = boot(make, &q), q.Stable
	}
	l.server.kit().Servers = q.Servers
	l.events = append(l.events, event)
	do(l.server, q.Input)
	if s, ok := l.server.kit().out["save"]; ok {
		l.saved = s
	}
}

// Record writes a step of a real server on a real network, for raftlab judge FILE.
func Record(to io.Writer, r Raft, in Input, answer map[string]any) error {
	answer["server"], answer["input"] = r.kit().Name, in
	return json.NewEncoder(to).Encode(answer)
}

// Same is a text that is equal for servers with equal variables: of functions, channels and times nothing is told.
func Same(server any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(server), nil)
	return b.String()
}

func write(b *strings.Builder, v reflect.Value, above []uintptr) {
	switch v.Kind() {
	case reflect.Invalid, reflect.Func, reflect.Chan, reflect.UnsafePointer:
	case reflect.Interface:
		write(b, v.Elem(), above)
	case reflect.Pointer:
		if !v.IsNil() && !slices.Contains(above, v.Pointer()) {
			write(b, v.Elem(), append(above, v.Pointer()))
		}
	case reflect.Struct:
		kind := v.Type()
		if p := kind.PkgPath(); p == "time" || p == "sync" || p == "sync/atomic" && kind.Name() == "noCopy" {
			return
		}
		for i := range v.NumField() {
			if name := kind.Field(i).Name; kind != reflect.TypeFor[Server]() || kind.Field(i).IsExported() {
				fmt.Fprintf(b, "%s:", name)
				write(b, v.Field(i), above)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			write(b, v.Index(i), above)
			b.WriteByte(',')
		}
	case reflect.Map:
		parts := []string{}
		for it := v.MapRange(); it.Next(); {
			var part strings.Builder
			write(&part, it.Key(), above)
			part.WriteByte('=')
			write(&part, it.Value(), above)
			parts = append(parts, part.String())
		}
		slices.Sort(parts)
		b.WriteString(strings.Join(parts, ";"))
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprintf(b, "%v ", v)
	}
}
