package commands

import (
	"context"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
)

// momentsOf is a session's worlds at the end of each of its commands.
func momentsOf(s *Session) []*cluster.World {
	h := s.world.(*lab.Lab).History
	var out []*cluster.World
	for _, b := range h.Branches() {
		for _, l := range b.Lines() {
			out = append(out, h.WorldAt(history.Place{Branch: b, Position: l.End}))
		}
	}
	return out
}

// allThings is what two pictures could differ in.
func allThings(a, b *picture.Picture) []picture.Thing {
	out := []picture.Thing{{Aspect: picture.ClockIs}, {Aspect: picture.InFlight}, {Aspect: picture.BugsAre}}
	for _, p := range []*picture.Picture{a, b} {
		for _, v := range p.Nodes {
			for aspect := picture.ClockIs; aspect <= picture.DueIs; aspect++ {
				if (picture.Thing{Aspect: aspect}).OfServer() {
					out = append(out, picture.Thing{Aspect: aspect, Of: v.ID})
				}
			}
		}
		for _, c := range p.World.Clients {
			out = append(out, picture.Thing{Aspect: picture.RequestIs, Of: c.Name}, picture.Thing{Aspect: picture.TriesAre, Of: c.Name})
		}
	}
	for _, f := range a.World.Flights {
		if b.Flight(f.Name()) != nil {
			out = append(out, picture.Thing{Aspect: picture.MessageIs, Of: f.Name()}, picture.Thing{Aspect: picture.DueIs, Of: f.Name()})
		}
	}
	for _, d := range setting.All() {
		out = append(out, picture.Thing{Aspect: picture.SettingIs, Of: d.Name})
	}
	return out
}

// Two pictures differ in what is told of them differently, and in nothing else.
func TestADeltaIsWhatIsToldDifferently(t *testing.T) {
	met := map[picture.Aspect]int{}
	nameless := []picture.Aspect{picture.SettingIs, picture.RequestIs, picture.MessageIs}
	compare := func(name string, v, w *cluster.World) {
		a, b := picture.OfWorld(v, picture.Compared), picture.OfWorld(w, picture.Compared)
		d := a.AllDelta(b)
		for _, thing := range d.Things {
			met[thing.Aspect]++
		}
		for _, thing := range allThings(a, b) {
			was, now := tell.ThingText(a, thing), tell.ThingText(b, thing)
			if differs := slices.Contains(d.Things, thing); differs != (prose.Dash(was) != prose.Dash(now)) {
				t.Errorf("%s, #%d and #%d: %s was %q and is %q; it differs: %v",
					name, v.Position(), w.Position(), tell.ThingName(thing), was, now, differs)
			}
			if tell.AspectNames[thing.Aspect] == "" && !slices.Contains(nameless, thing.Aspect) {
				t.Errorf("aspect %d has no name", thing.Aspect)
			}
		}
	}
	lines := map[string]string{
		"all sorts": "timeout S1; isolate S2; cut S3->S4; freeze S5; settle; put x 1; settle; set fsync off; put y 2; tick 3; set prevote on; " +
			"add S6; settle; snapshot S1; reconfigure S1 S6; timeout S3; settle; isolate S2; transfer S2; heal; kill S1; restart S1; heal; retry; delay AE 9; incr x; get x reads lease; " +
			"set sessions on; timeout S2; settle; put s 1; settle; heartbeat; settle; bug vote-any on on S1; bug vote-any off; bug vote-any on; new 2; bug no-log-check on; timeout S2; settle",
	}
	for _, name := range lab.ScenarioNames() {
		lines[name] = "scenario " + name
	}
	for name, line := range lines {
		s, err := NewSession(Options{Nodes: 5, Seed: 1, KeepGoing: true})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.RunScript(context.Background(), name, strings.NewReader(strings.ReplaceAll(line, "; ", "\n")), &screen{}) // some are meant to fail
		worlds := momentsOf(s)
		for i, w := range worlds {
			compare(name, worlds[max(0, i-1)], w)
			compare(name, w, worlds[i/2])
		}
	}
	for aspect := picture.ClockIs; aspect <= picture.DueIs; aspect++ {
		if met[aspect] == 0 {
			t.Errorf("no two pictures differed in %q: the test does not try it", tell.AspectNames[aspect])
		}
	}
}

// What is alike at first sight is not said to be the same.
func TestNothingDiffersWhereNothingDoes(t *testing.T) {
	for line, want := range map[string]string{
		"bug vote-any on on S1; checkpoint a; bug vote-any off; bug vote-any on; checkpoint b; diff a b":                                     "bugs vote-any in S1 vote-any",
		"timeout S1; checkpoint a; undo; timeout S3; checkpoint b; diff a b":                                                                 "m1 RequestVote S1->S2 term=1 last=0/0 RequestVote S3->S1 term=1 last=0/0",
		"timeout S1; settle; set fsync off; put x 1; put x 2; checkpoint a; undo 3; put x 1; set fsync off; put x 2; checkpoint b; diff a b": "S1 synced term 1, vote S1, log to 1 term 1, vote S1, log to 2",
		"timeout S1; settle; put x 1; checkpoint a; undo; put x 2; settle; checkpoint b; diff a b":                                           "S1 entries 1:noop 1:x=1 1:noop 1:x=2",
		"timeout S1; settle; put x 1; checkpoint a; undo; put x 2; put x 3; checkpoint b; changes since a":                                   "log 1 1 1 (was 1 1)",
		"set sessions on; timeout S1; settle; checkpoint a; put x 1; settle; checkpoint b; diff a b":                                         "S1 kv - x=1 S2 log 1 1 1 1 S2 commit 0 2 S3 log",
		"timeout S1; settle; checkpoint a; reconfigure S1 S2; settle; checkpoint b; diff a b":                                                "S1 voters S1 S2 S3 S1 S2",
	} {
		s, _ := NewSession(Options{Nodes: 3, Seed: 1, KeepGoing: true})
		f := &screen{}
		_ = s.Run(context.Background(), line, f)
		text := ""
		for _, b := range f.results[len(f.results)-1].View {
			text += blockText(b) + "\n"
		}
		if text = strings.Join(strings.Fields(text), " "); !strings.Contains(text, want) {
			t.Errorf("%s: want %q in %q", line, want, text)
		}
	}
}
