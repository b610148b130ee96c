package console

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"raftlab/commands/each"
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
	f.StringArrayVar(&s.bugs, "bug", nil, "break the rule `NAME` in every server, with the settings that it needs; "+
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
