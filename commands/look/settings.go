package look

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// glyphNames is what pictures are made of, in the order of view.Glyphs.
var glyphNames = []string{"auto", "unicode", "ascii"}

// consoleSetting is a setting that belongs to the session, not to the world:
// undo does not touch it.
type consoleSetting struct {
	name   string
	says   string            // what it does
	values []string          // the words that it takes, the default first; with takes only the default
	takes  string            // what it takes, in words, if that is not one of a few words; else ""
	fits   func(string) bool // whether a text is what takes says; nil if that is ""
	get    func(*Screen) string
	set    func(*Screen, string)
}

// consoleSettings are all of them, sorted.
var consoleSettings = []consoleSetting{
	twoWay("autosave", "keep the session as it goes, for raftlab --resume", "on", "off",
		func(s *Screen) *bool { return &s.unsaved }),
	onOffSetting("big", "show the status in big letters after each change", func(s *Screen) *bool { return &s.Big }),
	onOffSetting("demo", "Enter alone does a step at the prompt", func(s *Screen) *bool { return &s.demo }),
	onOffSetting("echo", "show a script's lines before they run", func(s *Screen) *bool { return &s.session.Echo }),
	{"glyphs", "the characters that pictures are drawn with", glyphNames, "", nil,
		func(s *Screen) string { return glyphNames[s.Glyphs] },
		func(s *Screen, value string) { s.Glyphs = view.Glyphs(slices.Index(glyphNames, value)) }},
	{name: "guest-timeout", says: "how long the answer of another program that servers run may take",
		values: []string{"5s"},
		takes:  "a time from 10ms to 1h, such as 5s",
		fits:   isWait,
		get:    func(s *Screen) string { return guestsOf(s).Limit().String() },
		set: func(s *Screen, value string) {
			if d, err := time.ParseDuration(value); err == nil {
				guestsOf(s).SetLimit(d)
			}
		}},
	twoWay("history", "keep what you type for the next session", "on", "off",
		func(s *Screen) *bool { return &s.unkept }),
	twoWay("output", "what commands print", "text", "json", func(s *Screen) *bool { return &s.json }),
	{name: "pace", says: "how many milliseconds a page plays one command at most, 0 for none",
		values: []string{strconv.Itoa(mostPace)},
		takes:  "a whole number from 0 to 2000",
		fits:   isPace,
		get:    func(s *Screen) string { return strconv.Itoa(mostPace - s.faster) },
		set: func(s *Screen, value string) {
			ms, _ := strconv.Atoi(value)
			if s.faster = mostPace - ms; s.Paced != nil {
				s.Paced(ms)
			}
		}},
	twoWay("pager", "show what is longer than the screen one screen at a time", "on", "off",
		func(s *Screen) *bool { return &s.unpaged }),
	{"theme", "the colors: for the terminal's own ground, for a dark or a light one, or only bold and underline",
		Themes, "", nil,
		func(s *Screen) string { return s.Theme() },
		func(s *Screen, value string) { s.theme = value }},
	onOffSetting("watch", "show the status after each change", func(s *Screen) *bool { return &s.status }),
}

// Pages says whether what is longer than the screen is shown one screen at a time.
func (s *Screen) Pages() bool { return !s.unpaged }

// Themes are the sets of colours, by name; the first is the default.
var Themes = []string{"auto", "dark", "light", "mono"}

// onOffSetting is off unless it is set. What is switched on shows at once.
func onOffSetting(name, says string, of func(*Screen) *bool) consoleSetting {
	d := twoWay(name, says, "off", "on", of)
	set := d.set
	d.set = func(s *Screen, value string) {
		set(s, value)
		s.shown = ""
	}
	return d
}

// twoWay has a usual value and another one, of which the bool tells.
func twoWay(name, says, usual, other string, is func(*Screen) *bool) consoleSetting {
	return consoleSetting{name, says, []string{usual, other}, "", nil,
		func(s *Screen) string { return prose.Either(*is(s), other, usual) },
		func(s *Screen, value string) { *is(s) = value == other }}
}

// findConsoleSetting is nil where no setting of the console has this name.
func findConsoleSetting(name string) *consoleSetting {
	if i := slices.Index(ConsoleSettings(), name); i >= 0 {
		return &consoleSettings[i]
	}
	return nil
}

// ConsoleSettings are the names of the settings of the console, sorted.
func ConsoleSettings() []string {
	return each.As(consoleSettings, func(d consoleSetting) string { return d.name })
}

// Chosen is the console's settings that are not the default, and what is pinned, by name.
func (s *Screen) Chosen() map[string]string {
	chosen := map[string]string{}
	for _, d := range consoleSettings {
		if v := d.get(s); v != d.values[0] {
			chosen[d.name] = v
		}
	}
	if s.pin != "" {
		chosen["pin"] = s.pin
	}
	return chosen
}

// Choose sets what Chosen has of an earlier session. ok is false when it is nothing that can be chosen.
func (s *Screen) Choose(name, value string) (ok bool, err error) {
	if name == "pin" {
		s.pin = value
		return true, nil
	}
	return s.SetConsole(name, value)
}

// wanted is what the setting takes, in words.
func (d *consoleSetting) wanted() string {
	return cmp.Or(d.takes, prose.Or(d.values))
}

// isWait says whether a text is a time that may be waited for an answer.
func isWait(text string) bool {
	d, err := time.ParseDuration(text)
	return err == nil && d >= 10*time.Millisecond && d <= time.Hour
}

// mostPace is the slowest that a page may play a command, in milliseconds.
const mostPace = 2000

// isPace says whether a text is a pace.
func isPace(text string) bool {
	ms, err := strconv.ParseUint(text, 10, 16)
	return err == nil && ms <= mostPace
}

// guestsOf is the other programs of the session; none where the cluster runs by itself.
func guestsOf(s *Screen) *lab.Guests {
	if l, ok := s.world.(*lab.Lab); ok {
		return l.Guests
	}
	return &lab.Guests{}
}

// Autosaves says whether the session is kept as it goes.
func (s *Screen) Autosaves() bool { return !s.unsaved }

// SetConsole changes a setting of the console. ok is false when it is not
// one of these.
func (s *Screen) SetConsole(name, value string) (ok bool, err error) {
	d := findConsoleSetting(name)
	if d == nil {
		return false, nil
	}
	if d.fits == nil && !slices.Contains(d.values, value) || d.fits != nil && !d.fits(value) {
		return true, lang.Errorf("%s is %s, not %s", name, d.wanted(), prose.Cite(value))
	}
	if _, steps := s.world.(*lab.Lab); name == "demo" && value == "on" && !steps {
		return true, lang.Errorf("the cluster moves by itself here, so there is no step for Enter to do")
	}
	d.set(s, value)
	return true, nil
}

// settingValues are what a setting may be set to, as far as that can be listed.
func (s *Screen) settingValues(name string) []string {
	if d := findConsoleSetting(name); d != nil {
		return d.values
	}
	return s.world.Values(name)
}

// fewValues are all that a setting may be set to, where these are a few words.
func (s *Screen) fewValues(name string) []string {
	if d := findConsoleSetting(name); d != nil && d.fits != nil {
		return nil
	}
	return s.settingValues(name)
}

// Theme is the name of the colours in use.
func (s *Screen) Theme() string {
	return cmp.Or(s.theme, Themes[0])
}

// Setting is the name of a setting, of the world or of the console.
func Setting() *lang.Arg[string] {
	return lang.NameIn("NAME", "a setting", "setting",
		func(s *lang.Session, _ lang.World) []string { return lang.Observing[*Screen](s).settingNames() })
}

// SettingValue is what a setting is set to, one word; completion goes by the
// setting named before it.
func SettingValue() *lang.Arg[string] {
	return (&lang.Kind[string]{
		Name: "VALUE", Doc: "a value that the setting can take: `on`, `5`, `20..40`, `off`",
		Few: func(p *lang.Parser) []string {
			few := lang.Observing[*Screen](p.Session).fewValues(p.Before())
			if p.Before() == "judge" {
				few = append(slices.Clone(few), "except RULE…")
			}
			return few
		},
		Says: func(p *lang.Parser) string { return lang.Observing[*Screen](p.Session).takes(p.Before()) },
		Word: func(p *lang.Parser, w lang.Word) (string, error) {
			text := w.Text
			for { // set judge stop except RULE RULE
				w, more := p.Peek()
				if !more || !strings.Contains(" "+text+" "+w.Text, " except") {
					return text, nil
				}
				if err := ruleFits(p, w, text); err != nil {
					return "", err
				}
				text += " " + w.Text
				p.Skip()
			}
		},
		Complete: func(c *lang.Completion) {
			s, name := lang.Observing[*Screen](c.Session), c.Last()
			c.Offer(s.settingValues(name)...)
			if says := s.takes(name); says != "" && len(s.settingValues(name)) == 0 {
				c.Say(name + ": " + says)
			}
		},
	}).New()
}

// takes is what a setting may be set to, and what it is now; "" where there is no such setting.
func (s *Screen) takes(name string) string {
	if d := findConsoleSetting(name); d != nil {
		return d.wanted() + "; now it is " + d.get(s)
	}
	if d := setting.Find(name); d != nil {
		return d.Values + "; now it is " + d.Get(s.world.Settings())
	}
	return ""
}

// ruleFits is an error where a word after `except`, in the value of judge, is no rule of the judge's.
func ruleFits(p *lang.Parser, w lang.Word, before string) error {
	if !strings.Contains(" "+before+" ", " except ") || judge.RuleNamed(w.Text) != nil {
		return nil
	}
	names := each.As(judge.Rules(), func(r *raft.Rule) string { return r.ID })
	return p.Fail(w, "the judge has no rule %s", prose.Cite(w.Text)).
		Suggest(w.Text, names, "there are "+prose.And(names)+"; write a blank between two of them")
}

var (
	setName  = Setting()
	setValue = SettingValue()
)

var _ = Commands.Register(&lang.Command{
	Name: "set", Topic: lab.TopicBuild, Changes: true,
	Summary: "changes a setting",
	Args:    lang.Params{setName, setValue},
	Details: "`settings` lists them. A change to a timer setting takes effect at once, because every timer that " +
		"it affects starts again.",
	Examples: []string{"set noop off", "set election-timeout 10..20", "set latency 1..3", "set loss 0.1"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		name, value := setName.Of(c), setValue.Of(c)
		if d := findConsoleSetting(name); d != nil {
			was := d.get(Of(c))
			if _, err := Of(c).SetConsole(name, value); err != nil {
				return nil, err
			}
			if c.Session.InScript() { // which says itself what it does
				return lang.OK(), nil
			}
			return lang.Tell(fmt.Sprintf("%s: %s (was %s)", name, d.get(Of(c)), was)), nil
		}
		if err := lab.WorldOf(c.World).DoAll(cluster.Set{Name: name, Value: value}); err != nil {
			refused := lang.Refused(err)
			if _, live := lab.InRealTime(c); live {
				refused = refused.WithHint("%s\nset changes the console's settings here: %s", refused.Hint,
					prose.And(ConsoleSettings()))
			}
			return nil, refused
		}
		return lang.OK(), nil
	},
})

type settingsView struct {
	Settings map[string]string `json:"settings" doc:"the value of each setting, by name"`
}

var _ = Commands.Register(&lang.Command{
	Name: "settings", Topic: lab.TopicBuild,
	Summary: "shows every setting, its value, and the values it can take",
	Results: []any{settingsView{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		return settingsResult(c, lab.WorldOf(c.World).Settings()), nil
	},
})

// settingsResult is the settings of a cluster, and the console's.
func settingsResult(c *lang.Call, s *setting.Settings) *lang.Result {
	t := view.Table{Head: []string{"setting", "value", "what it is; what it takes"}, Fixed: 1}
	values := map[string]string{}
	row := func(name, value, says string) {
		values[name] = value
		t.Add(view.LS(view.Code, name), view.LS(view.Strong, value), view.L(says))
	}
	for _, d := range setting.All() {
		row(d.Name, d.Get(s), d.Says+"; "+d.Values)
	}
	for _, d := range consoleSettings {
		row(d.name, d.get(Of(c)), "in the console: "+d.says+"; "+d.wanted())
	}
	return lang.OK().With(settingsView{values}).Block(t)
}
