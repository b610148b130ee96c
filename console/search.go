package console

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"raftlab/commands/each"
	"raftlab/commands/lang"
)

// searchFlags is the command line of a search from the shell: raftlab explore,
// raftlab fuzz. What follows the flags is as it would be typed at the prompt.
type searchFlags struct {
	command string   // "" for none
	bugs    []string // --bug
	sets    []string // --set
	start   string   // --start
	save    string   // --save
}

// searches is the commands that the shell can give by themselves.
var searches = []string{"explore", "fuzz"}

// add adds the flags to those that every start of the program has.
func (s *searchFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&s.bugs, "bug", nil, "break the rule `NAME` in every node, with the settings that it needs; "+
		"may be repeated")
	f.StringArrayVar(&s.sets, "set", nil, "change a setting, `NAME=VALUE`; may be repeated")
	f.StringVar(&s.start, "start", "", "begin from where the script `FILE` ends")
	f.StringVar(&s.save, "save", "", "write what is found into `FILE`, a script that leads there")
}

// setup is the commands before the search.
func (s *searchFlags) setup() (lines []string, err error) {
	if s.start != "" {
		lines = append(lines, "source "+word(s.start))
	}
	for _, set := range s.sets {
		name, value, ok := strings.Cut(set, "=")
		if !ok {
			return nil, fmt.Errorf("--set takes NAME=VALUE, as in --set max-entries=1, not %q", set)
		}
		lines = append(lines, "set "+word(name)+" "+word(value))
	}
	lines = append(lines, each.As(s.bugs, func(name string) string { return "bug " + word(name) + " on" })...)
	return lines, nil
}

// word is a text as one word of the language.
func word(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// unseen shows nothing of what a command came to, and keeps what was wrong.
type unseen struct {
	*frontend
	err error
}

func (u *unseen) Show(r *lang.Result) {
	if r.Err != nil && u.err == nil {
		u.err = r.Err
	}
}
func (u *unseen) Echo(string) {}

// unseenLine runs a command line that is not shown.
func (a *app) unseenLine(text string) error {
	u := &unseen{frontend: a.front}
	err := a.session.Run(a.front.ctx, text, u)
	if u.err != nil {
		return u.err
	}
	return err
}

// searchWork is a search from the shell. Its exit code says what it came to: 0
// nothing was found, 1 something was, 2 it was not understood.
func (a *app) searchWork() int {
	code := 0
	interrupted, err := a.attend(true, true, func() error {
		code = a.doSearch()
		return nil
	}, a.search.command)
	switch {
	case err != nil:
		return exitFailed
	case interrupted && code == 0:
		return exitInterrupted
	}
	return code
}

func (a *app) doSearch() int {
	lines, err := a.search.setup()
	for _, text := range lines {
		if err == nil {
			err = a.unseenLine(text)
		}
	}
	if err != nil {
		a.complain(err.Error() + "\nraftlab --help tells how to start it.")
		return exitUsage
	}
	text := strings.Join(append([]string{a.search.command}, a.files...), " ")
	if err := a.session.Run(a.front.ctx, text, a.front); err != nil {
		if a.session.SearchOutcome() == "" && a.front.ctx.Err() == nil {
			return exitUsage
		}
		return exitFailed
	}
	switch a.session.SearchOutcome() {
	case "breach", "reached":
		return a.saved(exitFailed)
	}
	return 0
}

// saved writes what was found, where that is asked for.
func (a *app) saved(code int) int {
	if a.search.save == "" {
		return code
	}
	for _, text := range []string{"goto found", "save " + word(a.search.save)} {
		if err := a.unseenLine(text); err != nil {
			a.complain(err.Error())
			return code
		}
	}
	return code
}
