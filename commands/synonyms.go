package commands

// otherWords are what people call things who come from elsewhere: RaftScope,
// the paper, a shell. They are no commands, but the answer says which is meant.
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
	"reset": "new", "cls": "clear", "load": "source", "open": "source", "rewind": "back", "forwards": "forward",
	"assert": "expect", "check-invariants": "invariants", "man": "help", "manual": "help", "info": "help",
	"examples": "scenarios", "demos": "scenarios",
	"course": "lessons", "exercises": "lessons", "dictionary": "glossary", "bye": "quit", "q": "quit",
}
