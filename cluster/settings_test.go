package cluster

import (
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster/setting"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes []string // each comes out as it went in
		not   []string
	}{
		{"election-timeout", []string{"1", "20..40", "1000000"}, []string{"", "0", "40..20", "..", "20..", "..40", "1..2..3", "-1", "1.5", "20-40", "1000001", "20 .. 40", "x"}},
		{"heartbeat-interval", []string{"1", "1000000"}, []string{"", "0", "off", "1..2", "-1", "+1", "1e3", "99999999999999999999"}},
		{"latency", []string{"1", "1..3"}, []string{"", "0", "0..3", "3..1", "off"}},
		{"loss", []string{"0", "0.1", "1", "0.333"}, []string{"", "-0.1", "1.1", "2", "NaN", "Inf", "1e-3", "0x1p-2", ".", "50%", "0.1.1"}},
		{"duplication", []string{"0", "0.05", "1"}, []string{"", "-1", "1.0001", "nan", "off"}},
		{"max-entries", []string{"1", "1000000", "off"}, []string{"", "0", "-1", "Off", "on", "1.0"}},
		{"max-bytes", []string{"1", "1000000000", "off"}, []string{"", "0", "1k"}},
		{"noop", []string{"on", "off"}, []string{"", "ON", "true", "1", "yes"}},
		{"prevote", []string{"on", "off"}, []string{"", "maybe"}},
		{"check-quorum", []string{"on", "off"}, []string{"", "1"}},
		{"stickiness", []string{"on", "off"}, []string{"", "1"}},
		{"fsync", []string{"on", "off"}, []string{"", "1"}},
		{"pipeline", []string{"on", "off"}, []string{"", "1"}},
		{"back-off", []string{"linear", "conflict-term"}, []string{"", "on", "conflict"}},
	} {
		w := New(3, 1, setting.Defaults())
		d := setting.Find(c.name)
		if d == nil {
			t.Errorf("no setting %s", c.name)
			continue
		}
		if d.Says == "" || d.Values == "" {
			t.Errorf("%s says nothing of itself", c.name)
		}
		for _, v := range c.takes {
			do(t, w, Set{c.name, v})
			same(t, c.name, d.Get(w.Settings()), v)
		}
		for _, v := range c.not {
			refused(t, w, Set{c.name, v}, c.name)
		}
		for _, v := range d.Choices {
			do(t, w, Set{c.name, v})
		}
	}
}

// The defaults are those of the manual, and every setting reads what it writes.
func TestSettings_Defaults(t *testing.T) {
	want := map[string]string{
		"election-timeout": "20..40", "heartbeat-interval": "5", "latency": "1", "loss": "0", "duplication": "0",
		"max-entries": "off", "max-bytes": "off", "noop": "on", "prevote": "off", "check-quorum": "off", "stickiness": "off",
		"fsync": "on", "pipeline": "off", "back-off": "linear",
	}
	defaults := setting.Defaults()
	for _, d := range setting.All() {
		v := d.Get(&defaults)
		if w, ok := want[d.Name]; ok {
			same(t, d.Name, v, w)
		}
		s := setting.Settings{}
		if err := d.Set(&s, v); err != nil || d.Get(&s) != v {
			t.Errorf("%s does not read %q, which it writes: %v", d.Name, v, err)
		}
	}
}

// No text makes a setting do anything but take it or say what it takes.
func TestSettings_AnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(setting.All()).Draw(t, "setting")
		text := rapid.OneOf(rapid.StringMatching(`[0-9.onf-]{0,12}`), rapid.String()).Draw(t, "text")
		s := setting.Defaults()
		if err := d.Set(&s, text); err != nil {
			if s != setting.Defaults() {
				t.Fatalf("%q was refused and changed something", text)
			}
			return
		}
		again := setting.Settings{}
		if err := d.Set(&again, d.Get(&s)); err != nil || d.Get(&again) != d.Get(&s) {
			t.Fatalf("%s %q comes out as %q: %v", d.Name, text, d.Get(&s), err)
		}
	})
}

// What is set reaches the servers that run and those that are started later.
func TestSettings_ReachTheServers(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	do(t, w, Kill{3}, Set{"noop", "off"}, Timeout{1})
	settle(t, w)
	same(t, "S1's log", terms(w, 1), "")
	do(t, w, Restart{3}, Kill{1}, Timeout{3})
	settle(t, w)
	same(t, "S3's log", terms(w, 3), "")
}
