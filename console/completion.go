package console

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"raftlab/commands"
	"raftlab/commands/each"
)

// The scripts ask the program itself: `raftlab completion words WORD…` prints
// what the last word may become, one candidate a line.

//go:embed completion.bash
var completionBash string

//go:embed completion.zsh
var completionZsh string

//go:embed completion.fish
var completionFish string

// completionScript is the script for a shell.
func completionScript(shell string) string {
	return map[string]string{"bash": completionBash, "zsh": completionZsh, "fish": completionFish}[shell]
}

// asksCompletion tells whether a completion script asks, and about which words.
func asksCompletion(args []string) (words []string, ok bool) {
	if len(args) < 2 || args[0] != "completion" || args[1] != "words" {
		return nil, false
	}
	return args[2:], true
}

// completeWords is what the last of the words may become. bash hands over
// --color=always in three pieces, of which it completes the last.
func completeWords(words []string, open opener) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	cut := len(words) > 1 && (words[len(words)-1] == "=" || words[len(words)-2] == "=")
	words = joinEquals(words)
	last := words[len(words)-1]
	found := candidatesFor(words[:len(words)-1], last, open)
	for i, c := range found {
		if cut {
			_, found[i], _ = strings.Cut(c, "=")
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// joinEquals undoes what bash does to words with an equals sign.
func joinEquals(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		if words[i] == "=" && len(out) > 0 {
			out[len(out)-1] += "="
			if i++; i < len(words) {
				out[len(out)-1] += words[i]
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}

func candidatesFor(before []string, last string, open opener) []string {
	door, rest := firstWord(before)
	if n := len(before); n > 0 {
		if f := flagWaiting(before[n-1]); f != nil {
			return flagValues(f.Name, last, open)
		}
	}
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(name, "--") {
		return each.As(flagValues(name[2:], value, open), func(v string) string { return name + "=" + v })
	}
	flags := newFlags(settingsFor(door))
	if strings.HasPrefix(last, "-") {
		return flagNames(flags, last)
	}
	_ = flags.Parse(rest)
	switch door {
	case "":
		if flags.NArg() == 0 {
			return append(beginning(last, doors), pathsAt(last, ".raft")...)
		}
		return pathsAt(last, ".raft")
	case "completion":
		return beginning(last, shells)
	case "help":
		return append(lineCandidates("help "+strings.Join(append(flags.Args(), last), " "), last, open),
			beginning(last, doors)...)
	case "explore", "fuzz":
		return lineCandidates(strings.Join(append(append([]string{door}, flags.Args()...), last), " "), last, open)
	}
	return nil
}

func flagNames(f *pflag.FlagSet, last string) []string {
	var names []string
	f.VisitAll(func(known *pflag.Flag) {
		names = append(names, "--"+known.Name)
		if known.Shorthand != "" && len(last) < 2 {
			names = append(names, "-"+known.Shorthand)
		}
	})
	return beginning(last, names)
}

// flagValues is what a flag may be set to, as far as that can be listed.
func flagValues(name, last string, open opener) []string {
	switch name {
	case "color":
		return beginning(last, newFlags(&settings{}).Lookup("color").Value.(*choice).of)
	case "interactive", "start":
		return pathsAt(last, ".raft")
	case "save":
		return pathsAt(last, "")
	case "data":
		return slices.DeleteFunc(pathsAt(last, ""), func(path string) bool { return !strings.HasSuffix(path, "/") })
	case "bug":
		return lineCandidates("bug "+last, last, open)
	case "set":
		if setting, value, ok := strings.Cut(last, "="); ok {
			return lineCandidates("set "+setting+" "+value, value, open, setting+"=")
		}
		return each.As(lineCandidates("set "+last, last, open), func(setting string) string { return setting + "=" })
	case "command":
		return lineCandidates(last, last, open)
	}
	return nil
}

// lineCandidates is what the console would complete at the end of a line of
// which word is the end, each as that word, behind a start.
func lineCandidates(line, word string, open opener, start ...string) (out []string) {
	defer func() {
		if recover() != nil { // the shell's line must not show a fault
			out = nil
		}
	}()
	s, err := open(commands.Options{Nodes: 5, Seed: 1})
	if err != nil {
		return nil
	}
	from, found := s.Complete(line, len(line))
	begins := len(line) - len(word)
	for _, c := range found {
		if from >= begins && strings.IndexFunc(c, unseenRune) < 0 {
			out = append(out, strings.Join(start, "")+line[begins:from]+c)
		}
	}
	return out
}

func beginning(with string, words []string) []string {
	return each.Only(words, func(w string) bool { return strings.HasPrefix(w, with) })
}

// pathsAt is the directories, and the files with an ending, that a path begins.
func pathsAt(path, ending string) []string {
	dir, start := filepath.Split(path)
	in := dir
	if in == "" {
		in = "."
	}
	entries, err := os.ReadDir(in)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, start) || start == "" && name[0] == '.' ||
			strings.IndexFunc(name, unseenRune) >= 0 {
			continue
		}
		info, err := os.Stat(filepath.Join(in, name)) // a link to a directory is one
		switch {
		case err == nil && info.IsDir():
			out = append(out, dir+name+"/")
		case strings.HasSuffix(name, ending):
			out = append(out, dir+name)
		}
	}
	return out
}

func unseenRune(c rune) bool { return !unicode.IsPrint(c) }
