package console

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"raftlab/commands"
	"raftlab/commands/prose"
)

// The first word of the command line may be one of these, and is then no file.
var (
	doors = []string{"live", "explore", "fuzz", "mark", "guest", "grade", "viva", "judge", "web", "completion",
		"version", "help"}
	shells = []string{"bash", "zsh", "fish"}
)

// joinWeb makes one argument of --web and the address behind it, which holds a colon.
func joinWeb(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return append(out, args[i:]...)
		case arg == "--web" && i+1 < len(args) && isAddress(args[i+1]):
			i++
			arg += "=" + args[i]
		case len(arg) > 1 && arg[0] == '-' && flagWaiting(arg) != nil && i+1 < len(args):
			out = append(out, arg)
			i++
			arg = args[i]
		}
		out = append(out, arg)
	}
	return out
}

// takeAddress takes the address of raftlab web from its words.
func (s *settings) takeAddress() {
	if len(s.files) > 0 && isAddress(s.files[0]) {
		s.web.address, s.files = s.files[0], s.files[1:]
	}
}

// firstWord takes the word that is no file out of the command line. What comes
// before it may only be flags.
func firstWord(args []string) (word string, rest []string) {
	skip := false
	for i, arg := range args {
		switch {
		case skip:
			skip = false
		case arg == "--":
			return "", args
		case len(arg) > 1 && arg[0] == '-':
			skip = flagWaiting(arg) != nil
		case slices.Contains(doors, arg):
			return arg, slices.Concat(args[:i], args[i+1:])
		default:
			return "", args
		}
	}
	return "", args
}

// flagWaiting is the flag in an argument that takes the next argument as its
// value, of all the flags that any first word has; nil when none does.
func flagWaiting(arg string) *pflag.Flag {
	if name, long := strings.CutPrefix(arg, "--"); long {
		return valued(func(f *pflag.FlagSet) *pflag.Flag { return f.Lookup(name) })
	}
	for i := 1; i < len(arg) && arg[0] == '-'; i++ {
		if f := valued(func(f *pflag.FlagSet) *pflag.Flag { return shorthand(f, arg[i:i+1]) }); f != nil {
			if i == len(arg)-1 {
				return f
			}
			return nil // the rest of the argument is its value
		}
	}
	return nil
}

// shorthand is pflag's lookup for letters that may be none of ASCII's.
func shorthand(f *pflag.FlagSet, letter string) *pflag.Flag {
	if letter[0] >= 0x80 {
		return nil
	}
	return f.ShorthandLookup(letter)
}

// valued finds a flag that needs a value.
func valued(find func(*pflag.FlagSet) *pflag.Flag) *pflag.Flag {
	for _, word := range []string{"", "live", "explore", "mark", "guest", "grade", "viva", "judge"} {
		if f := find(newFlags(settingsFor(word))); f != nil && f.NoOptDefVal == "" {
			return f
		}
	}
	return nil
}

// settingsFor is the settings as a first word begins with them.
func settingsFor(word string) *settings {
	s := &settings{word: word, live: word == "live"}
	s.web.asked = word == "web"
	if slices.Contains(searches, word) {
		s.search.command = word
	}
	return s
}

// checkWord refuses what a first word does not take.
func (s *settings) checkWord(f *pflag.FlagSet) error {
	switch {
	case s.word == "mark":
		return s.checkMark()
	case s.word == "guest":
		return s.checkGuest()
	case s.word == "grade":
		return s.checkGrade()
	case s.word == "viva":
		return s.checkViva()
	case s.word == "judge":
		return s.checkJudge()
	case s.word == "web" && f.Changed("web"):
		return errors.New("web and --web are the same; give one of them: there is only one page")
	case s.word == "web" && len(s.files) > 0 && s.files[0] == "build":
		return errors.New("web build takes no flag before it: raftlab web build DIR; to run a file of that name, " +
			"write ./build")
	case s.word == "web" && len(s.files) == 1 && (s.files[0] == "off" || s.files[0] == "present"):
		return fmt.Errorf("web %[1]s is typed at the prompt; to run a file of that name, write ./%[1]s", s.files[0])
	case s.word == "version" && len(s.files) > 0:
		return fmt.Errorf("version takes no word after it, as %q is", s.files[0])
	case s.word == "completion" && (len(s.files) != 1 || !slices.Contains(shells, s.files[0])):
		return errors.New("completion takes the name of a shell: bash, zsh or fish")
	}
	return nil
}

// nearFlag suggests the flag that was probably meant.
func nearFlag(f *pflag.FlagSet, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	if group := unknown.GetSpecifiedShortnames(); len(group) > 1 { // -json
		name, _, _ = strings.Cut(group, "=")
	}
	var names []string
	f.VisitAll(func(known *pflag.Flag) { names = append(names, known.Name) })
	near := prose.Nearest(name, names)
	if slices.Contains(names, name) { // with a dash too few
		near = []string{name}
	}
	if len(near) > 0 {
		return "; did you mean --" + strings.Join(near, " or --") + "?"
	}
	for _, word := range []string{"live", "explore"} {
		if s := settingsFor(word); newFlags(s).Lookup(name) != nil {
			return "; it is a flag of raftlab " + word
		}
	}
	return ""
}

// nearFile suggests what was meant by the name of a file that is not there.
func nearFile(name string) string {
	if _, err := os.Stat(name + ".raft"); err == nil {
		return "\n  did you mean " + name + ".raft?"
	}
	if strings.ContainsAny(name, `/\`) {
		return ""
	}
	if commands.IsCommand(name) {
		return "\n  " + name + " is a command of the console: raftlab -c '" + name + " …'"
	}
	if near := prose.Nearest(name, doors); len(near) > 0 {
		return "\n  did you mean raftlab " + strings.Join(near, " or raftlab ") + "?"
	}
	return ""
}

// shellHelp is the help of a first word, or "".
func shellHelp(word string) string {
	switch {
	case slices.Contains(searches, word):
		return searchUsage(word)
	case word == "live":
		return liveUsage()
	case word == "web":
		return webUsage()
	case word == "mark":
		return markUsage()
	case word == "guest":
		return guestUsage()
	case word == "grade":
		return gradeUsage()
	case word == "viva":
		return vivaUsage()
	case word == "judge":
		return judgeUsage()
	case word == "completion":
		return completionUsage
	case word == "version":
		return "raftlab version prints the version, as --version does.\n"
	}
	return ""
}

// wordOf is the first word of a command line that is no file, or "".
func wordOf(args []string) string {
	args, _ = besideJudge(joinWeb(args))
	word, _ := firstWord(args)
	return word
}

// misused tells what is wrong with a command line, and where to read what it takes.
func (a *app) misused(word string, err error) int {
	if shellHelp(word) == "" {
		a.complain(err.Error() + "\nraftlab --help tells how to start it.")
	} else {
		a.complain(err.Error() + "\nraftlab " + word + " --help tells what it takes.")
	}
	return exitUsage
}

const completionUsage = `raftlab completion bash|zsh|fish

Prints a script that completes raftlab's command line: flags, first words, the
names of bugs, settings, scenarios and lessons, commands in -c, and script
files. To have it in every shell:

  bash   echo 'source <(raftlab completion bash)' >> ~/.bashrc
  zsh    echo 'source <(raftlab completion zsh)' >> ~/.zshrc
  fish   raftlab completion fish > ~/.config/fish/completions/raftlab.fish
`
