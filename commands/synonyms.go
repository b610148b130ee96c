package commands

import (
	"slices"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/words"
)

// otherWords are what people who come from elsewhere call things: from RaftScope, the
// paper, a shell, a debugger. They are no commands, but the answer says which is meant.
var otherWords = map[string]string{
	"stop": "kill", "shutdown": "kill", "fail": "kill", "down": "kill",
	"start": "restart", "boot": "restart", "reboot": "restart", "recover": "restart", "up": "restart", "resume": "thaw",
	"unfreeze": "thaw",
	"elect":    "timeout", "election": "timeout", "campaign": "timeout", "timeouts": "timers",
	"write": "put", "store": "put", "read": "get", "request": "submit", "propose": "submit", "append": "submit",
	"send": "deliver", "lose": "drop", "disconnect": "isolate", "split": "partition", "mend": "heal", "connect": "heal",
	"repair": "heal",
	"show":   "status", "ls": "status", "list": "status", "state": "status", "servers": "status", "nodes": "status",
	"logs":  "log",
	"reset": "new", "cls": "clear", "load": "source", "rewind": "back", "forwards": "forward",
	"assert": "expect", "check-invariants": "invariants", "man": "help", "manual": "help", "info": "help",
	"examples": "scenarios", "demos": "scenarios",
	"ps": "status", "top": "pin cluster", "view": "status", "bt": "events", "backtrace": "events", "trace": "events",
	"continue": "run", "cont": "run", "go": "run", "wait": "run", "sleep": "run", "advance": "tick", "stepi": "step",
	"explain": "why", "reason": "why", "peers": "config", "members": "config", "configuration": "config",
	"leader": "print leader.id", "vote": "timeout", "breakpoint": "run until CONDITION", "break": "run until CONDITION",
	"save-as": "save", "color": "set theme light", "colors": "set theme light",
	"course": "lessons", "exercises": "lessons", "dictionary": "glossary", "bye": "quit", "q": "quit",
}

// instead is the line that a word of another program and the one after it stand for:
// `show log`, or a setting that is named without set.
func instead(t *lang.Table, w lang.World, word, next string) string {
	switch {
	case slices.Contains([]string{"show", "list", "view", "get", "print", "display"}, word) && t.Lookup(next) != nil:
		return t.Lookup(next).Name
	case slices.Contains(prose.Names(lab.WorldOf(w).Names(words.SortSetting), look.ConsoleSettings()), word):
		setting := cluster.FindSetting(word)
		unlike := setting != nil && len(setting.Choices) > 0 && next != "except" &&
			!slices.Contains(setting.Choices, next)
		switch {
		case unlike && t.OtherWord(word) != "": // judge run.jsonl, which is the shell's
			return ""
		case next == "", unlike:
			next = "VALUE"
		}
		return "set " + word + " " + next
	}
	return ""
}
