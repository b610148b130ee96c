package commands

import (
	"fmt"
	"slices"
	"strings"
)

// Topic is the family that help lists a command under.
type Topic string

// The topics, in the order in which help lists them.
const (
	TopicTime    Topic = "time"
	TopicNetwork Topic = "network"
	TopicFaults  Topic = "faults"
	TopicClients Topic = "clients"
	TopicLooking Topic = "looking"
	TopicRaft    Topic = "raft"
	TopicBuild   Topic = "building"
	TopicTravel  Topic = "travel"
	TopicLessons Topic = "lessons"
	TopicLab     Topic = "lab"
	TopicScripts Topic = "scripts"
)

// topics says what each topic is about.
var topics = []struct {
	Topic Topic
	Title string
}{
	{TopicTime, "Time: nothing moves unless a command moves it"},
	{TopicNetwork, "The network and its messages"},
	{TopicFaults, "Crashes, disks and stalled processes"},
	{TopicClients, "Clients"},
	{TopicLooking, "Looking"},
	{TopicRaft, "All of Raft: snapshots, membership, leadership, reads"},
	{TopicBuild, "Building a situation"},
	{TopicTravel, "Time travel"},
	{TopicLessons, "Lessons"},
	{TopicLab, "The lab: bugs, and searches for what can go wrong"},
	{TopicScripts, "Scripts and the console"},
}

// Command is one command of the language. Everything that is known about it
// stands here: parsing, help, completion and the manual follow from it.
type Command struct {
	Name    string
	Aliases []string
	Topic   Topic
	Summary string // one line, in the imperative or third person, no full stop

	// Args are its parameters. A command that can be said in several ways has
	// Forms instead; the first that fits is taken.
	Args  Params
	Forms []Params

	Hint     string   // what to say instead, where words fit no form; "": the usage lines
	Details  string   // paragraphs, an empty line between them
	Examples []string // each a line that runs in a fresh cluster of five nodes

	// Positions says that #112 is an argument of the command, not a comment.
	Positions bool

	// Changes says that the command changes the world, so that it is a step
	// of undo and is taken back when it fails.
	Changes bool

	// Lasting says that it does what nobody can take back: it writes a file,
	// keeps a student's progress, or ends the session. It cannot be tried.
	Lasting bool

	Run func(*Call) (*Result, error)
}

func (c *Command) forms() []Params {
	if c.Forms != nil {
		return c.Forms
	}
	return []Params{c.Args}
}

// usage is the command's usage lines.
func (c *Command) usage() []string {
	var lines []string
	for _, f := range c.forms() {
		lines = append(lines, f.usage(c.Name))
	}
	return lines
}

// declares says whether a is a parameter of the command's.
func (c *Command) declares(a *param) bool {
	for _, f := range c.forms() {
		if slices.ContainsFunc(f, func(p Param) bool { return p.half() == a }) {
			return true
		}
	}
	return false
}

// rawKind is how the command takes a raw tail, if it does.
func (c *Command) rawKind() (rawKind, bool) {
	for _, f := range c.forms() {
		for _, p := range f {
			if a := p.half(); a.raw {
				return a.rawAs, true
			}
		}
	}
	return 0, false
}

// Table holds commands by name.
type Table struct {
	byName map[string]*Command
	all    []*Command

	// refuse, when set, is asked about a word that is no command here. Where it is
	// one elsewhere it says why not here, and what to do instead.
	refuse func(name string) (what, instead string)
}

// table is the language: every file of commands registers its own here.
var table = NewTable()

// NewTable makes an empty one.
func NewTable() *Table { return &Table{byName: map[string]*Command{}} }

// Register adds a command to the language. It is meant for `var _ =`, so that
// a command is one value in one file, and panics on a mistake in it.
func Register(c *Command) *Command { return table.Register(c) }

// Register adds a command.
func (t *Table) Register(c *Command) *Command {
	if err := c.check(); err != nil {
		panic(fmt.Sprintf("commands: %s: %v", c.Name, err))
	}
	for _, name := range append([]string{c.Name}, c.Aliases...) {
		if t.byName[name] != nil {
			panic("commands: two commands are called " + name)
		}
		t.byName[name] = c
	}
	t.all = append(t.all, c)
	slices.SortFunc(t.all, func(a, b *Command) int {
		if a.Topic != b.Topic {
			return topicIndex(a.Topic) - topicIndex(b.Topic)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return c
}

func topicIndex(t Topic) int {
	for i := range topics {
		if topics[i].Topic == t {
			return i
		}
	}
	return -1
}

// check finds what cannot be meant in a command's declaration.
func (c *Command) check() error {
	switch {
	case c.Name == "" || strings.ContainsAny(c.Name, " ;#!\"'"):
		return fmt.Errorf("no name for a command")
	case topicIndex(c.Topic) < 0:
		return fmt.Errorf("no topic %q", c.Topic)
	case c.Summary == "" || c.Run == nil:
		return fmt.Errorf("it has no Summary or no Run")
	case c.Args != nil && c.Forms != nil:
		return fmt.Errorf("it has both Args and Forms")
	}
	for _, f := range c.forms() {
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}

func (ps Params) check() error {
	seen := map[string]bool{}
	var raw, optional string
	for _, x := range ps {
		a := x.half()
		if a.keyword != "" {
			if seen[a.keyword] {
				return fmt.Errorf("two options %s", a.keyword)
			}
			seen[a.keyword] = true
			continue
		}
		if raw != "" {
			return fmt.Errorf("%s after %s, which takes the rest of the line", a.name, raw)
		}
		if optional != "" && !a.optional {
			return fmt.Errorf("%s must be given, %s before it need not", a.name, optional)
		}
		if a.raw || a.isNested {
			raw = a.name
		}
		if a.optional {
			optional = a.name
		}
	}
	return nil
}

// Lookup finds a command by its name or an alias.
func (t *Table) Lookup(name string) *Command { return t.byName[name] }

// Names are all names and aliases, sorted.
func (t *Table) Names() []string {
	var names []string
	for name := range t.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Commands are all commands, by topic and name.
func (t *Table) Commands() []*Command { return t.all }

// IsCommand tells whether the console has a command of that name.
func IsCommand(name string) bool { return table.Lookup(name) != nil }
