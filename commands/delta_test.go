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
	for _, d := range setting.All() {
		out = append(out, picture.Thing{Aspect: picture.SettingIs, Of: d.Name})
	}
	return out
}

// Two pictures differ in what is told of them differently, and in nothing else.
func TestADeltaIsWhatIsToldDifferently(t *testing.T) {
	met := map[picture.Aspect]int{}
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
			if tell.AspectNames[thing.Aspect] == "" && thing.Aspect != picture.SettingIs && thing.Aspect != picture.RequestIs {
				t.Errorf("aspect %d has no name", thing.Aspect)
			}
		}
	}
	lines := map[string]string{
		"all sorts": "timeout S1; isolate S2; cut S3->S4; freeze S5; settle; put x 1; settle; set fsync off; put y 2; tick 3; set prevote on; " +
			"add S6; settle; snapshot S1; reconfigure S1 S6; timeout S3; settle; isolate S2; transfer S2; heal; kill S1; restart S1; heal; retry; delay AE 9; incr x; get x reads lease; " +
			"new 2; bug no-log-check on; timeout S2; settle",
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
	for aspect := picture.ClockIs; aspect < picture.DueIs; aspect++ {
		if met[aspect] == 0 {
			t.Errorf("no two pictures differed in %q: the test does not try it", tell.AspectNames[aspect])
		}
	}
}
