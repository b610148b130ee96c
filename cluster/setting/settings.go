// Package setting is what can be set about a cluster: the values, and each setting as the console sees it.
package setting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster/judge"
	"raftlab/raft"
)

// Settings is what can be set about the world. It is a value. What each one does, and the
// section that it is from, is in its Setting.
type Settings struct {
	ElectionTimeout   Span    // ticks, both ends included (§5.2)
	HeartbeatInterval int     // ticks
	Latency           Span    // ticks between sending and arrival
	Loss              float64 // the share of messages, 0 to 1
	Duplication       float64 // the share of messages, 0 to 1
	MaxEntries        int     // per AppendEntries; 0: no limit
	MaxBytes          int     // per AppendEntries; 0: no limit
	NoOp              bool
	PreVote           bool
	CheckQuorum       bool
	Stickiness        bool
	Fsync             bool
	Pipeline          bool
	ConflictTerm      bool // the setting back-off: conflict-term, else linear
	SnapshotEvery     int  // applied entries between snapshots; 0: none by themselves
	Sessions          bool
	Reads             string // how gets are answered: one of ReadModes
	ClockBound        int    // ticks by which a lease ends early, for clocks that run apart
	OwnTermFirst      bool
	Judge             string // what becomes of departures from the paper: one of judgeModes
	JudgeExcept       string // the rules that are not looked at, with blanks between
}

// ReadModes is how a read can be answered (§8, thesis 6.4).
var ReadModes = []string{"log", "read-index", "lease", "local"}

// Span is a range of ticks, both ends included.
type Span struct{ Min, Max int }

func (s Span) String() string {
	if s.Min == s.Max {
		return strconv.Itoa(s.Min)
	}
	return fmt.Sprintf("%d..%d", s.Min, s.Max)
}

// Defaults is what a new world begins with.
func Defaults() Settings {
	return Settings{
		ElectionTimeout: Span{20, 40}, HeartbeatInterval: 5, Latency: Span{1, 1},
		NoOp: true, Fsync: true, Reads: "log", ClockBound: 2, OwnTermFirst: true, Judge: JudgeStop,
	}
}

// RaftOptions is the part of the settings that the core must know.
func (s *Settings) RaftOptions() *raft.Options {
	return &raft.Options{
		NoOp: s.NoOp, ConflictTerm: s.ConflictTerm, Pipeline: s.Pipeline,
		MaxEntries: s.MaxEntries, MaxBytes: s.MaxBytes,
		CheckQuorum: s.CheckQuorum, PreVote: s.PreVote, AskedFirst: s.PreVote,
		StickyFollower: s.KeepsLease(), Lease: s.KeepsLease(),
		AnyTermChange: !s.OwnTermFirst,
	}
}

// KeepsLease tells whether leaders keep a lease. A lease is safe only if voters are sticky
// (thesis 6.4.1).
func (s *Settings) KeepsLease() bool { return s.Stickiness || s.Reads == "lease" }

// Lease is what a lease depends on: whether voters are sticky and for how long, and how
// much earlier it ends.
func (s *Settings) Lease() [3]int {
	kept := 0
	if s.KeepsLease() {
		kept = 1
	}
	return [3]int{kept, s.ElectionTimeout.Min, s.ClockBound}
}

// Timers is which timers a setting concerns.
type Timers struct{ Election, Heartbeat, Quorum bool }

// Setting is one setting as the console sees it.
type Setting struct {
	Name    string
	Values  string   // what it takes, for help and errors
	Choices []string // the words that it takes, if these are a few; else nil
	Says    string   // what it does, for help
	Timers  Timers   // a change restarts these
	get     func(*Settings) string
	set     func(*Settings, string) error
}

// Get is the setting's value in s as text.
func (d *Setting) Get(s *Settings) string { return d.get(s) }

// Set changes the setting in s to what the text says. If the setting cannot have that value,
// it returns an error and leaves s as it was.
func (d *Setting) Set(s *Settings, text string) error { return d.set(s, text) }

// Unusual is the settings that are not the defaults.
func (s *Settings) Unusual() []*Setting {
	defaults := Defaults()
	return slices.DeleteFunc(slices.Clone(settingsTable), func(d *Setting) bool { return d.Get(s) == d.Get(&defaults) })
}

// All is every setting, in the order in which they are shown.
func All() []*Setting { return settingsTable }

// Find is the setting of that name, or nil.
func Find(name string) *Setting {
	for _, d := range settingsTable {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// MaxTicks is the most ticks that a setting or a timer takes.
const MaxTicks = 1_000_000

var settingsTable = []*Setting{
	span("election-timeout", 1, "ticks that a follower waits without hearing from a leader before it starts an "+
		"election; each timeout is drawn at random from the range (§5.2)", Timers{Election: true, Quorum: true},
		func(s *Settings) *Span { return &s.ElectionTimeout }),
	number("heartbeat-interval", 1, MaxTicks, false, "ticks between a leader's heartbeats", Timers{Heartbeat: true},
		func(s *Settings) *int { return &s.HeartbeatInterval }),
	span("latency", 1, "ticks from when a message is sent until it arrives, in run, play and step", Timers{},
		func(s *Settings) *Span { return &s.Latency }),
	chance("loss", "the share of messages that are lost on arrival, in run, play and step",
		func(s *Settings) *float64 { return &s.Loss }),
	chance("duplication", "the share of messages that arrive twice, in run, play and step",
		func(s *Settings) *float64 { return &s.Duplication }),
	number("max-entries", 1, 1_000_000, true, "the most entries in one AppendEntries", Timers{},
		func(s *Settings) *int { return &s.MaxEntries }),
	number("max-bytes", 1, 1_000_000_000, true,
		"the most bytes of commands in one AppendEntries; a larger entry is sent alone", Timers{},
		func(s *Settings) *int { return &s.MaxBytes }),
	choice("noop", "on", "off", "a new leader appends an entry of its own term (§8)", Timers{},
		func(s *Settings) *bool { return &s.NoOp }),
	choice("prevote", "on", "off", "a server asks whether it could win before it starts a new term (thesis 9.6)",
		Timers{}, func(s *Settings) *bool { return &s.PreVote }),
	choice("check-quorum", "on", "off", "a leader steps down if it does not hear from a majority for an election "+
		"timeout (thesis 6.2)", Timers{Quorum: true}, func(s *Settings) *bool { return &s.CheckQuorum }),
	choice("stickiness", "on", "off", "a server does not vote within a minimum election timeout of hearing from a "+
		"leader (thesis 4.2.3)", Timers{}, func(s *Settings) *bool { return &s.Stickiness }),
	choice("fsync", "on", "off", "each write to disk is synced before anything else happens (Figure 2, persistent "+
		"state)", Timers{}, func(s *Settings) *bool { return &s.Fsync }),
	choice("pipeline", "on", "off", "the leader advances nextIndex when it sends entries, without waiting for the "+
		"reply", Timers{}, func(s *Settings) *bool { return &s.Pipeline }),
	number("snapshot-every", 1, 1_000_000, true,
		"number of applied entries after which a server takes a snapshot by itself (§7)", Timers{},
		func(s *Settings) *int { return &s.SnapshotEvery }),
	choice("sessions", "on", "off", "clients number their commands, and a command that is sent twice is applied "+
		"only once (§8, thesis 6.3)", Timers{}, func(s *Settings) *bool { return &s.Sessions }),
	word("reads", ReadModes, "how a server answers a get: through the log, after a round of heartbeats, under a "+
		"lease, or from its own state (§8, thesis 6.4)", func(s *Settings) *string { return &s.Reads }),
	number("clock-bound", 0, MaxTicks, false,
		"ticks by which a leader's lease ends early, because clocks may drift apart (thesis 6.4.1)", Timers{},
		func(s *Settings) *int { return &s.ClockBound }),
	choice("own-term-first", "on", "off", "a membership change waits until the leader has committed an entry of its "+
		"own term (the correction of 2015)", Timers{}, func(s *Settings) *bool { return &s.OwnTermFirst }),
	{Name: "judge", Values: "one of stop, say and off, or `except RULE…` to leave rules out",
		Choices: judgeModes,
		Says: "what happens when a guest departs from the paper: a script fails, it is only reported, or the judge " +
			"is off",
		get: (*Settings).judging, set: (*Settings).setJudge},
	choice("back-off", "conflict-term", "linear",
		"how the leader moves nextIndex back after a follower refuses AppendEntries (§5.3)", Timers{},
		func(s *Settings) *bool { return &s.ConflictTerm }),
}

func span(name string, least int, says string, timers Timers, of func(*Settings) *Span) *Setting {
	values := fmt.Sprintf("ticks from %d to %d, one number or a range such as 20..40", least, MaxTicks)
	return &Setting{Name: name, Values: values, Says: says, Timers: timers,
		get: func(s *Settings) string { return of(s).String() },
		set: func(s *Settings, text string) error {
			low, high, isRange := strings.Cut(text, "..")
			if !isRange {
				high = low
			}
			a, err1 := ParseNumber(low, least, MaxTicks)
			b, err2 := ParseNumber(high, least, MaxTicks)
			switch {
			case err1 != nil || err2 != nil:
				return fmt.Errorf("%s takes %s, not %q", name, values, text)
			case a > b:
				return fmt.Errorf("the range %s of %s ends before it begins; write %d..%d", text, name, b, a)
			}
			*of(s) = Span{a, b}
			return nil
		}}
}

func number(name string, least, most int, off bool, says string, timers Timers, of func(*Settings) *int) *Setting {
	values := fmt.Sprintf("a number from %d to %d", least, most)
	if off {
		values += ", or off"
	}
	return &Setting{Name: name, Values: values, Says: says, Timers: timers,
		get: func(s *Settings) string {
			if off && *of(s) == 0 {
				return "off"
			}
			return strconv.Itoa(*of(s))
		},
		set: func(s *Settings, text string) error {
			if off && text == "off" {
				*of(s) = 0
				return nil
			}
			v, err := ParseNumber(text, least, most)
			if err != nil {
				return fmt.Errorf("%s takes %s, not %q", name, values, text)
			}
			*of(s) = v
			return nil
		}}
}

func chance(name, says string, of func(*Settings) *float64) *Setting {
	const values = "a share from 0 to 1, such as 0.1"
	return &Setting{Name: name, Values: values, Says: says,
		get: func(s *Settings) string { return strconv.FormatFloat(*of(s), 'g', -1, 64) },
		set: func(s *Settings, text string) error {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || strings.Trim(text, "0123456789.") != "" || !(v >= 0 && v <= 1) {
				return fmt.Errorf("%s takes %s, not %q", name, values, text)
			}
			*of(s) = v
			return nil
		}}
}

// choice is a setting of two words; yes is the one for true.
func choice(name, yes, no, says string, timers Timers, of func(*Settings) *bool) *Setting {
	return &Setting{Name: name, Values: yes + " or " + no, Choices: []string{yes, no}, Says: says, Timers: timers,
		get: func(s *Settings) string {
			if *of(s) {
				return yes
			}
			return no
		},
		set: func(s *Settings, text string) error {
			if text != yes && text != no {
				return fmt.Errorf("%s is %s or %s, not %q", name, yes, no, text)
			}
			*of(s) = text == yes
			return nil
		}}
}

// word is a setting of one of several words.
func word(name string, choices []string, says string, of func(*Settings) *string) *Setting {
	values := strings.Join(choices, ", ")
	return &Setting{Name: name, Values: "one of " + values, Choices: choices, Says: says,
		get: func(s *Settings) string { return *of(s) },
		set: func(s *Settings, text string) error {
			if !slices.Contains(choices, text) {
				return fmt.Errorf("%s is one of %s, not %q", name, values, text)
			}
			*of(s) = text
			return nil
		}}
}

// judging is what happens to departures, and the rules whose departures are ignored.
func (s *Settings) judging() string {
	if s.JudgeExcept == "" {
		return s.Judge
	}
	return s.Judge + " except " + s.JudgeExcept
}

// setJudge takes what judging gives; without a mode, that stays as it is.
func (s *Settings) setJudge(text string) error {
	mode, rules, _ := strings.Cut(" "+text, " except")
	if mode = strings.TrimSpace(mode); mode != "" && !slices.Contains(judgeModes, mode) {
		return fmt.Errorf("judge takes %s, or except RULE…, not %q", strings.Join(judgeModes, ", "), text)
	}
	for _, name := range strings.Fields(rules) {
		if judge.RuleNamed(name) == nil {
			return fmt.Errorf("the judge has no rule %q; docs/guest.md lists its rules", name)
		}
	}
	if mode != "" {
		s.Judge = mode
	}
	s.JudgeExcept = strings.Join(strings.Fields(rules), " ")
	return nil
}

// ParseNumber reads a decimal integer from least to most, digits only.
func ParseNumber(text string, least, most int) (int, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, least, most)
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < least || v > most {
		return 0, fmt.Errorf("%s is not from %d to %d", text, least, most)
	}
	return v, nil
}

// What can happen to a departure: it fails a script, it is only told, or it is ignored.
const (
	JudgeStop = "stop"
	JudgeSay  = "say"
	JudgeOff  = "off"
)

// judgeModes is all of them.
var judgeModes = []string{JudgeStop, JudgeSay, JudgeOff}
