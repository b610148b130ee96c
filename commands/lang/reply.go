package lang

import (
	"slices"
	"strings"
)

// Words that people type where a prompt waits for Enter or for a command, as if it had asked them something.
var (
	yesWords = []string{"y", "yes", "yep", "ok", "okay", "sure", "go", "go on", "continue", "cont", "c", "enter"}
	noWords  = []string{"n", "no", "nope", "cancel"}
	endWords = []string{"q", ":q", ":q!", "stop", "end", "leave", "abort"}
)

// SaysYes tells whether somebody wants it to go on.
func SaysYes(line string) bool { return says(line, yesWords) }

// SaysNo tells whether somebody does not.
func SaysNo(line string) bool { return says(line, noWords) }

// SaysStop tells whether somebody has had enough.
func SaysStop(line string) bool { return says(line, endWords) }

// IsReply tells whether a line can only be meant for an answer: one of these words, or a number.
func IsReply(line string) bool {
	return says(line, yesWords, noWords, endWords) ||
		strings.TrimSpace(line) != "" && strings.Trim(line, " 0123456789") == ""
}

func says(line string, words ...[]string) bool {
	line = strings.ToLower(strings.Trim(line, " \t.!"))
	return slices.ContainsFunc(words, func(w []string) bool { return slices.Contains(w, line) })
}
