package commands

import (
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/acts"
	"raftlab/commands/ask"
	"raftlab/commands/cond"
	"raftlab/commands/diagrams"
	"raftlab/commands/help"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/why"
	"raftlab/commands/words"
)

// raftsDomain is what the language is about here.
var raftsDomain = lang.Domain{Topics: lab.Topics, OtherWords: otherWords, Listed: []string{"setting", "scenario", "bug"},
	Alone: nodeAlone, Shows: showsExpression, Instead: instead, Fault: fault}

// showsExpression takes S1.log or leader.term for an expression to print.
func showsExpression(w lang.World, line string) string {
	name := line[:len(line)-len(strings.TrimLeft(line, letters))]
	rest := line[len(name):]
	if len(rest) < 2 || rest[0] != '[' && (rest[0] != '.' || !strings.Contains(letters, rest[1:2])) {
		return ""
	}
	id, isNode := words.Number(name)
	if isNode {
		_, isNode = lab.WorldOf(w).Node(id)
	}
	if isNode || slices.ContainsFunc(lab.Conditions.Words, func(w cond.Word) bool { return w.Name == name }) {
		return "print"
	}
	return ""
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// nodeAlone takes S1 for node S1.
func nodeAlone(w lang.World, word string) (command string, names bool) {
	id, ok := words.Number(word)
	if !ok {
		return "", false
	}
	if _, exists := lab.WorldOf(w).Node(id); !exists {
		return "", true
	}
	return "node " + word, true
}

// table is the language: the commands of the rooms, and of the files here.
var table = lang.NewTable(raftsDomain, look.Commands, search.Commands, diagrams.Commands,
	acts.Commands, help.Commands, why.Commands, ask.Commands)

// Register adds a command to the language. It is meant for `var _ =`, so that
// a command is one value in one file, and panics on a mistake in it.
func Register(c *Command) *Command { return table.Register(c) }

// IsCommand tells whether the console has a command of that name.
func IsCommand(name string) bool { return table.Lookup(name) != nil }

// What every command says is written here without the name of the language before
// it, so that a command reads as a sentence.
type (
	Call       = lang.Call
	Command    = lang.Command
	Completion = lang.Completion
	Error      = lang.Error
	Frontend   = lang.Frontend
	Params     = lang.Params
	Parser     = lang.Parser
	Result     = lang.Result
	Word       = lang.Word

	Arg[T any]  = lang.Arg[T]
	Kind[T any] = lang.Kind[T]
)

// What a cluster's picture is made of is written here without the name of its room.
type (
	NodeView    = cluster.NodeView
	EntryView   = cluster.EntryView
	PlaceView   = cluster.PlaceView
	MessageView = cluster.MessageView
	BreachView  = cluster.BreachView
	ClientView  = cluster.ClientView
)

// ErrInterrupted is behind every error of a command that Ctrl-C ended.
var ErrInterrupted = lang.ErrInterrupted

// Errorf makes an error without a column.
func Errorf(format string, args ...any) *Error { return lang.Errorf(format, args...) }

// OK is a result that says nothing, and Tell one of plain lines.
func OK() *Result                  { return lang.OK() }
func Tell(lines ...string) *Result { return lang.Tell(lines...) }

// Kept says of a failed command that what it did until then stays, and
// Interrupted that Ctrl-C ended it.
func Kept(err error) error              { return lang.Kept(err) }
func Interrupted(progress string) error { return lang.Interrupted(progress) }

// fault says that a mistake is ours, and what to do about it.
func fault(c *Call, what string) *Error {
	return Errorf("a fault of raftlab's own: %s", what).
		WithHint("The cluster is as it was before the command. To report it:\nsave fault.raft, and write %s below the last "+
			"line of that file.", prose.Visible(c.Text))
}
