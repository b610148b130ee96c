package commands

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A long run: go test ./commands -run TestFormsAgree -forms.worlds 5000 -timeout 1h
var (
	formWorlds = flag.Int("forms.worlds", 25, "in how many random worlds TestFormsAgree compares")
	formSeed   = flag.Uint64("forms.seed", 1, "the seed of the first of them")
)

// forms is what the commands that look say of one moment, as text and in JSON, without its position.
type forms map[string]string

var positionOf = regexp.MustCompile(`event #\d+`)

// told is what a command says, in both forms.
func (c *court) told(line string) (text string, value any) {
	r, err := c.run(line)
	for _, b := range r.View {
		text += blockText(b) + "\n"
	}
	var v struct{ Result any }
	if json.Unmarshal(r.JSON(), &v) != nil || err != nil {
		return fmt.Sprintf("%s: %v", line, err), nil
	}
	return positionOf.ReplaceAllString(text, "event"), v.Result
}

func (c *court) forms() forms {
	lines := []string{"status", "log", "messages", "clients", "timers", "links", "config", "kv", "digest", "invariants", "settings", "bugs"}
	for _, id := range c.world().IDs() {
		lines = append(lines, "node "+id.String(), "disk "+id.String())
	}
	f := forms{}
	for _, line := range lines {
		text, value := c.told(line)
		f[line] = text + "\n" + inJSON(value)
	}
	return f
}

// value is what a command says in JSON.
func (f forms) value(line string) map[string]any {
	var v map[string]any
	_ = json.Unmarshal([]byte(f[line][strings.LastIndex(f[line], "\n")+1:]), &v)
	return v
}

// unlike is what is not the same, "" where all is.
func (f forms) unlike(g forms) string {
	for _, line := range slices.Sorted(maps.Keys(f)) {
		if f[line] != g[line] {
			return fmt.Sprintf("%s:\n%s\nand\n%s", line, f[line], g[line])
		}
	}
	return ""
}

// things is a list in JSON by a name that each has, without what is no difference to diff.
func (f forms) things(line, list, name string) map[string]map[string]any {
	out := map[string]map[string]any{}
	of, _ := f.value(line)[list].([]any)
	for _, x := range of {
		x := x.(map[string]any)
		for _, k := range []string{"age", "due", "arrives"} {
			delete(x, k)
		}
		if x["on"] != false {
			out[fmt.Sprint(x[name])] = x
		}
	}
	return out
}

// moments goes to several places of the history, and back to each; the last one is the present.
func (c *court) moments() (names []string, all map[string]forms) {
	all = map[string]forms{}
	_, _ = c.run("checkpoint present")
	_, h := c.told("history")
	for _, b := range h.(map[string]any)["branches"].([]any) {
		b := b.(map[string]any)
		for _, at := range []uint64{uint64(b["end"].(float64)), c.r.Uint64N(1 + uint64(b["end"].(float64)))} {
			names = append(names, fmt.Sprintf("%v:%d", b["name"], at))
		}
	}
	names = append(names, "present")
	for _, name := range names {
		if _, err := c.run("goto " + name); c.holds("a place of the history can be gone to", err == nil, "%s: %v", name, err) {
			all[name] = c.forms()
		}
	}
	for _, name := range names {
		_, _ = c.run("goto " + name)
		unlike := all[name].unlike(c.forms())
		c.holds("a place is the same whenever one comes to it", unlike == "", "%s: %s", name, unlike)
	}
	return names, all
}

// aboutDiff compares what differs between two moments with what is told of each.
func (c *court) aboutDiff(names []string, all map[string]forms) {
	for _, a := range names {
		_, _ = c.run("goto " + a)
		for _, b := range names {
			text, v := c.told("diff " + b + " " + a)
			if !c.holds("two moments can be compared", v != nil, "%s", text) {
				continue
			}
			rows := map[string]bool{}
			list := v.(map[string]any)["differences"].([]any)
			for _, d := range list {
				rows[d.(map[string]any)["what"].(string)] = true
			}
			f, g := all[b], all[a]
			unlike := f.unlike(g)
			more := len(f) != len(g)
			c.holds("diff shows nothing where nothing differs, and only there", (unlike == "" && !more) == (len(rows) == 0),
				"diff %s %s: %v, but %s", b, a, list, unlike)
			c.rows(fmt.Sprintf("diff %s %s", b, a), f, g, rows)
			_, since := c.told("changes since " + b)
			c.holds("changes are what diff shows", reflect.DeepEqual(since.(map[string]any)["differences"], any(list)),
				"diff %s %s: %v and %v", b, a, list, since)
		}
	}
}

// rows compares the rows of diff with what differs in JSON.
func (c *court) rows(asked string, f, g forms, rows map[string]bool) {
	holds := func(what string, differs, told bool) {
		c.holds("diff shows what differs in JSON, and nothing else", differs == told, "%s: %s differs: %v; it is shown: %v",
			asked, what, differs, told)
	}
	servers, then := f.things("status", "nodes", "id"), g.things("status", "nodes", "id")
	for id, v := range servers {
		w := then[id]
		if w == nil {
			holds(id, true, rows[id+" role"])
			continue
		}
		for _, k := range []string{"role", "term", "vote", "leader", "log", "commit", "snapshot"} {
			holds(id+" "+k, !reflect.DeepEqual(v[k], w[k]), rows[id+" "+k])
		}
		if v["up"] == w["up"] {
			holds(id+" kv", !reflect.DeepEqual(v["kv"], w["kv"]), rows[id+" kv"])
		}
		if v["log"] == w["log"] {
			holds(id+" entries", inJSON(unplaced(v)) != inJSON(unplaced(w)), rows[id+" entries"])
		}
		members := func(v map[string]any) string { return inJSON([]any{v["voters"], v["oldVoters"], v["learners"]}) }
		holds(id+" voters", members(v) != members(w), rows[id+" voters"])
	}
	mail, later := f.things("messages", "messages", "id"), g.things("messages", "messages", "id")
	differs := false
	for id, m := range mail {
		differs = differs || later[id] == nil
		if later[id] != nil {
			holds(id, !reflect.DeepEqual(m, later[id]), rows[id])
		}
	}
	holds("in flight", differs || len(mail) != len(later), rows["in flight"])
	bugs := func(f forms, all int) (out []string) {
		for name, b := range f.things("bugs", "bugs", "name") {
			in := b["in"].([]any)
			if len(in) == all {
				in = nil
			}
			out = append(out, fmt.Sprint(name, in))
		}
		slices.Sort(out)
		return out
	}
	holds("bugs", !slices.Equal(bugs(f, len(servers)), bugs(g, len(then))), rows["bugs"])
	set, reset := f.value("settings")["settings"].(map[string]any), g.value("settings")["settings"].(map[string]any)
	for name := range set {
		holds(name, set[name] != reset[name], rows[name])
	}
}

// unplaced is the entries of a log without their places, which its snapshot tells.
func unplaced(v map[string]any) (out []any) {
	for _, e := range v["entries"].([]any) {
		e := maps.Clone(e.(map[string]any))
		delete(e, "index")
		out = append(out, e)
	}
	return out
}

// aboutSaving runs again what save writes.
func (c *court) aboutSaving(t *testing.T) {
	file := filepath.Join(t.TempDir(), "saved.raft")
	before := c.forms()
	_, err := c.run("save " + file)
	text, _ := os.ReadFile(file)
	s, _ := NewSession(Options{Nodes: 5, Seed: 77})
	again := &court{s: s, put: c.put}
	if err == nil {
		_, err = again.run("source " + file)
	}
	if c.holds("what is saved can be run", err == nil, "%v:\n%s", err, text) {
		unlike := before.unlike(again.forms())
		c.holds("what is saved leads to the same", unlike == "", "%s\nby\n%s", unlike, text)
	}
}

// aboutUndoing undoes and does again.
func (c *court) aboutUndoing() {
	now, n := c.forms(), 1+c.r.IntN(4)
	if _, err := c.run(fmt.Sprintf("undo %d", n)); err == nil {
		_, err = c.run(fmt.Sprintf("redo %d", n))
		unlike := now.unlike(c.forms())
		c.holds("redo does again what undo took back", err == nil && unlike == "", "%d commands: %v %s", n, err, unlike)
	}
}

// aboutAgain does some commands, undoes them, and does the same again.
func (c *court) aboutAgain() {
	before := c.forms()
	var lines []string
	for range 4 {
		at, line := c.world().Position(), c.command()
		if _, err := c.run(line); err == nil && c.world().Position() > at {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return
	}
	then := c.forms()
	_, err := c.run(fmt.Sprintf("undo %d", len(lines)))
	unlike := before.unlike(c.forms())
	c.holds("undo takes back what was done", err == nil && unlike == "", "%v: %v %s", lines, err, unlike)
	for _, line := range lines {
		_, err := c.run(line)
		c.holds("what was done can be done again", err == nil, "%v: %s: %v", lines, line, err)
	}
	unlike = then.unlike(c.forms())
	c.holds("what is done again leads to the same", unlike == "", "%v: %s", lines, unlike)
}

// wayward has a world come about in which one also goes back, has rules broken for some servers, and
// stores odd keys.
func wayward(seed uint64) *court {
	c := newCourt(seed)
	do := func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		c.script = append(c.script, line)
		_, _ = c.run(line)
	}
	for _, line := range c.settings(c.r.IntN(7)) {
		do("%s", line)
	}
	if c.r.IntN(3) > 0 {
		do("timeout %s", c.server())
		do("settle")
	}
	pick := func(of ...string) string { return of[c.r.IntN(len(of))] }
	for range 3 + c.r.IntN(22) {
		switch c.r.IntN(14) {
		case 0:
			do("goto %d", c.r.Uint64N(c.world().Position()+1))
		case 1:
			do("undo %d", 1+c.r.IntN(3))
		case 2:
			do("bug %s on on %s", pick("vote-any", "count-old-term", "stale-vote-reply", "vote-not-stored"), c.server())
		case 3:
			do("put %s %s", pick("1", "S1", `"a b"`, "ключ", "commit", "all", "x=y", "-", "''", "C1"),
				pick("1", "S1", `"a b"`, "Ü", "leader", "''", `"#x"`, `"a;b"`, strings.Repeat("long", 30)))
		case 4:
			do("back %d", 1+c.r.IntN(5))
		default:
			do("%s", c.command())
		}
	}
	return c
}

// The forms in which one thing is told do not contradict each other, in worlds that come about at random.
func TestFormsAgree(t *testing.T) {
	put, shown := map[string]int{}, map[string]bool{}
	for seed := *formSeed; seed < *formSeed+uint64(*formWorlds); seed++ {
		c := wayward(seed)
		c.aboutUndoing()
		c.aboutAgain()
		c.aboutSaving(t)
		c.aboutDiff(c.moments())
		for claim, n := range c.put {
			put[claim] += n
		}
		for _, w := range c.wrong {
			if !shown[w.claim] {
				shown[w.claim] = true
				t.Errorf("%s:\n%s\nseed %d: raftlab --nodes %d --seed %d -c '%s'", w.claim, w.text, seed, c.nodes, seed, strings.Join(c.script, "; "))
			}
		}
	}
	t.Log(put)
}
