package lang

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/commands/each"
)

// Topic is the family that help lists a command under.
type Topic string

// Domain is what a language says of the matter that its commands are about.
type Domain struct {
	Topics     []Heading                // in the order in which help lists them
	OtherWords map[string]string        // words that people know from elsewhere, each with the command to type instead
	Shell      []string                 // first words of the program's command line that are no commands
	InShell    func(word string) string // what to do with such a word, as a hint
	Listed     []string                 // sorts of things, such as "bug", that a command with an s lists: `bugs`

	// Alone, when set, says whether a word that stands alone at the prompt names a
	// thing, and which command it then stands for: "" where there is no such thing.
	Alone func(w World, word string) (command string, names bool)

	// Instead, when set, is the line that does here what a word that is no command, with
	// the one after it, asks for; or "".
	Instead func(t *Table, w World, word, next string) string

	// Shows, when set, is the command that shows the value of an expression which begins with
	// this word, when somebody types it at the prompt; "" where the word begins none.
	Shows func(w World, word string) (command string)

	// Fault is the error for a command that panicked with what, and was taken back.
	Fault func(c *Call, what string) *Error
}

// Heading is a topic, and what it is about.
type Heading struct {
	Topic Topic
	Title string
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

	// Leaves says that its error is no failure, but ends what is being read, as that of quit does.
	Leaves bool

	// Lasting says that it does what nobody can take back: it writes a file,
	// keeps a student's progress, or ends the session. It cannot be tried.
	Lasting bool

	// Needs are what the world must have for it. A session whose world lacks one of
	// them does not have the command, and says what to do instead.
	Needs []Need

	// Results are what Result.Value may be, a zero value of each type. A command
	// without has nothing to say as JSON.
	Results []any

	Run func(*Call) (*Result, error)
}

// Need is something that not every world has.
type Need struct {
	What    string // its name
	Instead string // what to do where a world lacks it, a sentence without a full stop; "": what the world says
}

func (c *Command) forms() []Params {
	if c.Forms != nil {
		return c.Forms
	}
	return []Params{c.Args}
}

// Usage is the command's usage lines.
func (c *Command) Usage() []string {
	return each.As(c.forms(), func(f Params) string { return f.usage(c.Name) })
}

// usageHint is the usage lines, or where one is too long to be read at a glance, where they are explained.
func (c *Command) usageHint() string {
	const longest = 120
	lines := c.Usage()
	if slices.ContainsFunc(lines, func(line string) bool { return len(line) > longest }) {
		return "help " + c.Name + " explains what you can write"
	}
	return "usage: " + strings.Join(lines, "\n       ")
}

// declares says whether a is a parameter of the command's.
func (c *Command) declares(a *param) bool { return slices.Contains(c.params(), a) }

// params is the parameters of all forms.
func (c *Command) params() []*param { return each.As(slices.Concat(c.forms()...), Param.half) }

// raw is how the command takes a raw tail; notRaw if it takes none.
func (c *Command) raw() (kind rawKind) {
	for _, a := range c.params() {
		kind = max(kind, a.raw)
	}
	return kind
}

// Table holds commands by name.
type Table struct {
	domain Domain
	byName map[string]*Command
	all    []*Command

	// refuse, when set, is asked about a word that is no command here. Where it is
	// one elsewhere it says why not here, and what to do instead.
	Refuse func(name string) (what, instead string)
}

// Set is commands that a room has for the table of whoever puts rooms together.
type Set []*Command

// Register adds a command. It is meant for `var _ =`, so that a command is one value in
// one file.
func (s *Set) Register(c *Command) *Command {
	*s = append(*s, c)
	return c
}

// NewTable is the commands of some rooms. It panics on a mistake in one.
func NewTable(d Domain, rooms ...Set) *Table {
	t := &Table{domain: d, byName: map[string]*Command{}}
	for _, c := range slices.Concat(rooms...) {
		t.Register(c)
	}
	return t
}

// With is the language with some commands more, or in the place of those of their names.
func (t *Table) With(more ...*Command) *Table {
	all := NewTable(t.domain, each.Only(t.all, func(c *Command) bool {
		return !slices.ContainsFunc(more, func(m *Command) bool { return m.Name == c.Name })
	}), more)
	all.Refuse = t.Refuse
	return all
}

// Without is the language of a session whose world lacks something. lacks says so of
// what a command needs: what is wrong, and what to do instead; "" where it has it. An
// example that needs a command which is not there is left out.
func (t *Table) Without(lacks func(c *Command, n Need) (what, instead string)) *Table {
	return t.Less(func(c *Command) (what, instead string) {
		for i := 0; what == "" && i < len(c.Needs); i++ {
			what, instead = lacks(c, c.Needs[i])
		}
		return what, instead
	})
}

// refuses says whether a name is that of a command which is not in the language here.
func (t *Table) refuses(name string) bool {
	if t.Refuse == nil {
		return false
	}
	what, _ := t.Refuse(name)
	return what != ""
}

// Less is the language without the commands that are refused: what is wrong with them,
// and what to do instead; "" for one that is not.
func (t *Table) Less(refuse func(c *Command) (what, instead string)) *Table {
	refused := func(c *Command) (what, instead string) {
		if c == nil {
			return "", ""
		}
		return refuse(c)
	}
	kept := NewTable(t.domain)
	kept.Refuse = func(name string) (what, instead string) { return refused(t.byName[name]) }
	for _, c := range t.all {
		if what, _ := refused(c); what == "" {
			here := *c
			here.Examples = slices.DeleteFunc(slices.Clone(c.Examples), func(line string) bool {
				return slices.ContainsFunc(strings.Split(line, ";"), func(part string) bool {
					name, _, _ := strings.Cut(strings.TrimLeft(part, " !"), " ")
					what, _ := refused(t.byName[name])
					return what != ""
				})
			})
			kept.Register(&here)
		}
	}
	return kept
}

// Register adds a command.
func (t *Table) Register(c *Command) *Command {
	if err := t.check(c); err != nil {
		panic(fmt.Sprintf("commands: %s: %v", c.Name, err))
	}
	for _, name := range append([]string{c.Name}, c.Aliases...) {
		if t.byName[name] != nil {
			panic("commands: two commands are called " + name)
		}
		t.byName[name] = c
	}
	at, _ := slices.BinarySearchFunc(t.all, c, func(a, b *Command) int {
		return cmp.Or(t.rank(a.Topic)-t.rank(b.Topic), strings.Compare(a.Name, b.Name))
	})
	t.all = slices.Insert(t.all, at, c)
	return c
}

// rank is the place of a topic in help; -1 when there is none of that name.
func (t *Table) rank(topic Topic) int {
	return slices.IndexFunc(t.domain.Topics, func(h Heading) bool { return h.Topic == topic })
}

// check finds what cannot be meant in a command's declaration.
func (t *Table) check(c *Command) error {
	switch {
	case c.Name == "" || strings.ContainsAny(c.Name, " ;#!\"'"):
		return fmt.Errorf("no name for a command")
	case t.rank(c.Topic) < 0:
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
			return fmt.Errorf("%s after %s, which takes the rest of the line", a.Name, raw)
		}
		if optional != "" && !a.optional {
			return fmt.Errorf("%s must be given, %s before it need not", a.Name, optional)
		}
		if a.raw != notRaw || a.isNested {
			raw = a.Name
		}
		if a.optional {
			optional = a.Name
		}
	}
	return nil
}

// Lookup finds a command by its name or an alias.
func (t *Table) Lookup(name string) *Command { return t.byName[name] }

// Names are all names and aliases, sorted.
func (t *Table) Names() []string { return slices.Sorted(maps.Keys(t.byName)) }

// Commands are all commands, by topic and name.
func (t *Table) Commands() []*Command { return t.all }

// Of are the commands of a topic.
func (t *Table) Of(topic Topic) []*Command {
	return each.Only(t.all, func(c *Command) bool { return c.Topic == topic })
}

// Params is the placeholders of usage lines, such as NODE, each name once, sorted.
func (t *Table) Params() []*param {
	byName := map[string]*param{}
	for _, c := range t.all {
		for _, a := range c.params() { // not a word of one command's own, nor of several meanings
			if isPlaceholder(a) && (byName[a.Name] == nil || byName[a.Name].Doc == a.Doc) {
				byName[a.Name] = a
			}
		}
	}
	return each.As(slices.Sorted(maps.Keys(byName)), func(name string) *param { return byName[name] })
}

// isPlaceholder says that a usage line's word stands for something that has
// one meaning in the whole language.
func isPlaceholder(a *param) bool {
	return !a.isWord && !strings.ContainsAny(a.Name, " |…") && !strings.Contains(a.Doc, "number from") &&
		a.Name == strings.ToUpper(a.Name) && a.Name != "NAME" && a.Name != "VALUE"
}

// Param is the placeholder of that name, or nil.
func (t *Table) Param(name string) *param {
	for _, a := range t.Params() {
		if strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}

// Argument is a word of the usage lines that stands for something, and what may stand there.
type Argument struct{ Name, Doc string }

// Arguments are those of the command, each meaning once. A word that has several meanings
// has its keyword before it, as in `depth COUNT`, where that tells which is meant.
func (c *Command) Arguments() (all []Argument) {
	meant := map[Argument][]*param{}
	for _, a := range c.params() {
		if a.isWord || len(a.only) == 1 {
			continue
		}
		m := Argument{a.Name, a.Doc}
		if a.without != "" {
			m.Doc += " (default " + a.without + ")"
		}
		if meant[m] == nil {
			all = append(all, m)
		}
		meant[m] = append(meant[m], a)
	}
	same := slices.Clone(all)
	for i, m := range same {
		others := slices.ContainsFunc(same, func(o Argument) bool { return o.Name == m.Name && o.Doc != m.Doc })
		word := meant[m][0].keyword
		if others && word != "" && !slices.ContainsFunc(meant[m], func(a *param) bool { return a.keyword != word }) {
			all[i].Name = word + " " + m.Name
		}
	}
	return all
}

// OtherWord is a hint for a word of Domain.Shell, or one of Domain.OtherWords whose command exists
// here; "" for any other.
func (t *Table) OtherWord(word string) string {
	if slices.Contains(t.domain.Shell, word) {
		return t.domain.InShell(word)
	}
	line := t.domain.OtherWords[word]
	if name, _, _ := strings.Cut(line, " "); t.Lookup(name) != nil {
		return "did you mean " + line + "?"
	}
	return ""
}
