package commands

import (
	"slices"
	"strings"

	"raftlab/cluster/setting"
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
	"progress": "lessons", "score": "lessons", "quiz": "lessons",
	"course": "lessons", "exercises": "lessons", "dictionary": "glossary", "bye": "quit", "q": "quit",
	// a debugger's and an editor's
	"n": "step", "c": "run", "p": "print", "b": "run until CONDITION", "finish": "settle",
	"until": "run until CONDITION", "run-until": "run until CONDITION", "where": "history",
	"unpin": "pin off", "unwatch": "watch off",
	"whereami": "history", "frame": "node", "inspect": "node", "describe": "node", "dump": "node",
	"watchpoint": "watch", "jump": "goto", "prev": "back", "previous": "back", "u": "undo", ":u": "undo",
	":undo": "undo", ":redo": "redo", ":w": "save", ":q": "quit", ":q!": "quit", ":wq": "quit", ":x": "quit",
	"-h": "help", "h": "help", "tutorial": "tour", "jobs": "status", "tail": "events", "monitor": "watch",
	// a store's and a cluster's
	"del": "delete", "rm": "delete", "unset": "delete", "keys": "kv", "scan": "kv", "mget": "get",
	"exists": "get", "dbsize": "kv", "cat": "kv", "flushall": "new", "flushdb": "new", "failover": "transfer",
	"move-leader": "transfer", "scale": "reconfigure", "compact": "snapshot", "bgsave": "snapshot",
	"replicaof": "add", "add-server": "add", "remove-server": "remove", "join": "add", "leave": "remove",
	"drain": "transfer", "cordon": "isolate", "uncordon": "heal", "poweroff": "kill", "poweron": "restart",
	"suspend": "freeze", "unpause": "thaw", "fg": "thaw", "block": "cut", "unblock": "heal",
	"unpartition": "heal", "reconnect": "heal", "fix": "heal", "netsplit": "partition", "slow": "delay",
	"lag": "delay", "drop-all": "drop all", "dup": "duplicate", "ping": "heartbeat", "endpoint": "status",
	"member": "config", "alarm": "invariants",
	// of a model checker, and of a drawing
	"search": "explore", "model-check": "explore", "verify": "explore", "test": "check linearizable",
	"inject-bug": "bug", "graph": "diagram", "draw": "diagram", "picture": "diagram", "plot": "diagram",
	"clock": "print clock", "term": "print leader.term", "commit": "print leader.commit",
}

// otherPrograms are those whose lines begin with their name.
var otherPrograms = []string{"kubectl", "etcdctl", "redis-cli", "raftlab", "sudo", "gdb", "docker", "systemctl",
	"member"}

// instead is the line that a word of another program and the one after it stand for:
// `show log`, or a setting that is named without set.
func instead(t *lang.Table, w lang.World, word, next string) string {
	alone, isNode := nodeAlone(w, word)
	switch {
	case isNode && slices.Contains([]string{"leads", "leader", "lead", "wins"}, next):
		leads := slices.Contains([]string{alone, word}, "node "+lab.WorldOf(w).Leader().String())
		return "why " + strings.TrimPrefix(alone, "node ") + prose.Either(leads, " leader", " not leader")
	case isNode:
		return alone
	case showsExpression(w, word) != "":
		return showsExpression(w, word) + " " + word
	case slices.Contains(otherPrograms, word) && t.Lookup(next) != nil:
		return t.Lookup(next).Name
	case slices.Contains(otherPrograms, word) && otherWords[next] != "":
		return otherWords[next]
	case slices.Contains([]string{"show", "list", "view", "get", "print", "display"}, word) && t.Lookup(next) != nil:
		return t.Lookup(next).Name
	case slices.Contains(prose.Names(lab.WorldOf(w).Names(words.SortSetting), look.ConsoleSettings()), word):
		setting := setting.Find(word)
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
