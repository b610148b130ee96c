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
	doors = []string{"live", "explore", "fuzz", "mark", "guest", "grade", "viva", "judge", "completion", "version",
		"help"}
	unbuilt = []string{"web"} // kept free for what is to come
	shells  = []string{"bash", "zsh", "fish"}
)

// notBuilt is the mistake of a first word that means nothing yet.
type notBuilt string

func (w notBuilt) Error() string {
	return fmt.Sprintf("%s is not built yet, and the word is kept for it; to run a file of that name, write ./%s",
		string(w), string(w))
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
		case slices.Contains(doors, arg) || slices.Contains(unbuilt, arg):
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
	if slices.Contains(searches, word) {
		s.search.command = word
	}
	return s
}

// checkWord refuses what a first word does not take.
func (s *settings) checkWord() error {
	switch {
	case slices.Contains(unbuilt, s.word):
		return notBuilt(s.word)
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
	if near := prose.Nearest(name, slices.Concat(doors, unbuilt)); len(near) > 0 {
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
		return "raftlab version tells the version, as --version does.\n"
	case slices.Contains(unbuilt, word):
		return notBuilt(word).Error() + "\n"
	}
	return ""
}

// helpWork is `raftlab help WORDS`: what the shell's word is for, and what the
// console has to say.
func (a *app) helpWork() int {
	code := 0
	interrupted, err := a.attend(true, true, func() error {
		code = a.doHelp(strings.Join(a.files, " "))
		return nil
	}, "help")
	switch {
	case err != nil:
		return exitFailed
	case interrupted:
		return exitInterrupted
	}
	return code
}

func (a *app) doHelp(about string) int {
	text := "help"
	for _, w := range a.files {
		text += " " + word(w)
	}
	shell := shellHelp(about)
	err := a.unseenLine(text)
	if err != nil && (shell == "" || a.json) {
		a.complain(err.Error() + "\nraftlab --help tells how to start it.")
		return exitUsage
	}
	if shell != "" && !a.json {
		a.front.out.print(shell)
		if err == nil {
			a.front.out.print("\n")
		}
	}
	if err == nil && a.session.Run(a.front.ctx, text, a.front) != nil {
		return exitFailed
	}
	return 0
}
