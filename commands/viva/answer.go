package viva

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"raftlab/commands/prose"
	"raftlab/commands/words"
	"raftlab/raft"
)

// form is a form of answers.
type form struct {
	name  string
	wants string // what to give, as the end of a sentence
	read  func(string) (text string, ok bool)
}

var yesNo = &form{"yes or no", "yes or no", func(line string) (string, bool) {
	return oneOf(line, "yes", "no")
}}

var role = &form{"role", "follower, candidate or leader", func(line string) (string, bool) {
	return oneOf(line, "follower", "candidate", "leader")
}}

// oneOf reads one of a few words, or the beginning of one.
func oneOf(line string, of ...string) (string, bool) {
	line = strings.ToLower(strings.Trim(line, " .!?\"'"))
	for _, word := range of {
		if line != "" && strings.HasPrefix(word, line) {
			return word, true
		}
	}
	return "", false
}

var number = &form{"number", "a number", func(line string) (string, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
	return strconv.FormatUint(n, 10), err == nil
}}

var server = &form{"server", "a server, such as S2, or none", func(line string) (string, bool) {
	text, ok := readServers(line)
	return text, ok && !strings.Contains(text, " ")
}}

var servers = &form{"servers", "servers, such as S1 S3, or none", readServers}

// isNothing is what people write for none.
var isNothing = []string{"none", "null", "nil", "nobody", "no one", "no server", "-", "empty", "[]"}

func readServers(line string) (string, bool) {
	line = strings.ToLower(strings.TrimSpace(line))
	if slices.Contains(isNothing, line) {
		return "none", true
	}
	var all raft.Set
	for _, word := range fields(line) {
		if word == "and" {
			continue
		}
		id, ok := words.Number(word)
		if !ok || id > raft.MaxID {
			return "", false
		}
		all = all.With(id)
	}
	return all.String(), !all.Empty()
}

var logTerms = &form{"log", "the terms of its entries, such as 1 1 2, or empty", func(line string) (string, bool) {
	line = strings.ToLower(strings.TrimSpace(line))
	if slices.Contains(isNothing, line) {
		return emptyLog, true
	}
	var all []string
	for _, word := range fields(strings.Trim(line, `[]"`)) {
		term, _, _ := strings.Cut(word, ":") // 1:x=1, as logs are written
		n, err := strconv.ParseUint(term, 10, 64)
		if err != nil {
			return "", false
		}
		all = append(all, strconv.FormatUint(n, 10))
	}
	return strings.Join(all, " "), len(all) > 0
}}

// emptyLog is the answer that a log has no entries.
const emptyLog = "empty"

func fields(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

// passes says whether a line passes the question over.
func passes(line string) bool {
	return slices.Contains([]string{"pass", "skip", "?"}, strings.ToLower(strings.TrimSpace(line)))
}

// field is a field of a message in the console's words.
var field = prose.Pattern(`(\w+)=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+)`)
