package commands

import (
	"runtime"
	"slices"
	"strings"

	"raftlab/commands/acts"
	"raftlab/commands/ask"
	"raftlab/commands/class"
	"raftlab/commands/cond"
	"raftlab/commands/diagrams"
	"raftlab/commands/guests"
	"raftlab/commands/help"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/share"
	"raftlab/commands/tell"
	"raftlab/commands/why"
	"raftlab/commands/words"
)

// raftsDomain is what the language is about here.
var raftsDomain = lang.Domain{Topics: lab.Topics, OtherWords: otherWords,
	Shell: []string{"completion", "grade", "judge", "live", "mark", "version", "viva"}, InShell: inShell,
	Listed: []string{"setting", "scenario", "bug"}, Alone: nodeAlone, Shows: showsExpression, Instead: instead,
	Fault: fault}

func inShell(word string) string {
	if runtime.GOOS == "js" {
		return "a tab of a browser has no shell; raftlab on a machine of your own has " + word
	}
	return word + " is typed in the shell: raftlab " + word + " --help explains how"
}

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
	if isNode || slices.ContainsFunc(lab.Conditions.Words(), func(w cond.Word) bool { return w.Name == name }) {
		return "print"
	}
	return ""
}

// inWords is what happened, in words.
var inWords = lab.Teller{Story: tell.WholeStory, Sum: tell.Verdicts}

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
	acts.Commands, class.Commands(lab.TopicLessons), guests.Commands, help.Commands, why.Commands, ask.Commands,
	share.Commands)

// IsCommand tells whether the console has a command of that name.
func IsCommand(name string) bool { return table.Lookup(name) != nil }

// fault is the error for a command that panicked: it says that this is a mistake in raftlab, and what
// to do about it.
func fault(c *lang.Call, what string) *lang.Error {
	return lang.Errorf("a fault of raftlab's own: %s", what).
		WithHint("The cluster is as it was before the command. To report it:\nsave fault.raft, and write %s below "+
			"the last line of that file.", prose.Visible(c.Text))
}
