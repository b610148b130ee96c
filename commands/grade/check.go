package grade

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster/judge"
	"raftlab/commands/files"
	"raftlab/commands/prose"
	"raftlab/docs"
	"raftlab/raft"
)

// Check is one situation, and what became of it.
type Check struct {
	Number   string   `json:"number"` // 2.1 is the first one of stage 2
	File     string   `json:"file"`   // the script
	Title    string   `json:"title"`
	Rule     string   `json:"rule"`  // that it is about
	Place    string   `json:"place"` // of the rule in the paper
	Verdict  Verdict  `json:"verdict"`
	Finding  *Finding `json:"finding,omitempty"` // why it does not hold
	script   string
	excepted []string // the rules whose departures do not count in it
	also     []string // the numbers of other checks that fail at the same step
}

// Finding is why a check does not hold.
type Finding struct {
	Kind     string   `json:"kind"`               // departure, breach, error or expectation
	Rule     string   `json:"rule,omitempty"`     // the rule that is broken; of a breach the invariant
	Server   string   `json:"server,omitempty"`   // where
	Says     []string `json:"says"`               // in at most three lines: what was done, the rule, what was compared
	Steps    int      `json:"steps"`              // length of the schedule
	Schedule []string `json:"schedule,omitempty"` // the commands that show it
	Share    string   `json:"share,omitempty"`    // the same as a text for the command open, with --guest
	File     string   `json:"file,omitempty"`     // the file to which they were written; "": to none

	error        string // of the program, without the step
	paper, yours string // of a departure: what the paper says, and what the server says
	entry        string // the index of the entry that it is about, where it is about one
}

// The kinds of findings.
const (
	Departure   = "departure"
	Breach      = "breach"
	Fault       = "error"
	Expectation = "expectation"
)

// exercise is the stages that are asked for, with their checks.
func exercise(o *Order) ([]*Stage, error) {
	all := stages()
	more, err := checksIn(o.Checks)
	if err != nil {
		return nil, err
	}
	for _, file := range append(docs.Checks(), more...) {
		if err := add(all, file); err != nil {
			return nil, err
		}
	}
	for _, name := range o.Except {
		if judge.RuleNamed(name) == nil {
			return nil, fmt.Errorf("there is no rule %s", prose.Cite(name))
		}
	}
	later := slices.Clone(o.Except)
	for _, s := range slices.Backward(all) {
		for _, c := range s.Checks {
			c.excepted = append(c.excepted, later...)
		}
		later = append(later, s.rules...)
	}
	return slices.DeleteFunc(all, func(s *Stage) bool { return o.Stage != 0 && s.Number != o.Stage }), nil
}

// Wrong is what is wrong with an order or its checks; nil: nothing is.
func (o *Order) Wrong() error {
	_, err := exercise(o)
	return err
}

// checksIn is the scripts of a directory, in the order of their names; none where no directory is named.
func checksIn(dir string) (all []docs.Check, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.raft"))
	switch {
	case dir == "":
		return nil, nil
	case err != nil:
		return nil, err
	case !isDirectory(dir):
		return nil, fmt.Errorf("%s is no directory", prose.Visible(dir))
	case len(paths) == 0:
		return nil, fmt.Errorf("%s has no check: a check is a file such as 2-mine.raft, of stage 2", prose.Visible(dir))
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %s", prose.Visible(path), files.Reason(err))
		}
		all = append(all, docs.Check{File: path, Text: string(text)})
	}
	return all, nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// header is the first two lines of a check, and perhaps a third.
var header = prose.Pattern(`^# (.+)\n# rule: (\w+)\n(?:# except: ([\w ]+)\n)?`)

// add puts a check into its stage, which its file's name begins with.
func add(all []*Stage, file docs.Check) error {
	base := strings.TrimSuffix(filepath.Base(file.File), ".raft")
	n, _ := strconv.Atoi(base[:min(1, len(base))])
	if n < 1 || n > len(all) || len(base) < 2 || base[1] != '-' {
		return fmt.Errorf("%s says no stage: the name of a check begins with 1- to %d-",
			prose.Visible(file.File), len(all))
	}
	s := all[n-1]
	says := header().FindStringSubmatch(strings.ReplaceAll(file.Text, "\r\n", "\n"))
	if says == nil {
		lacks := prose.Either(strings.HasPrefix(file.Text, "# ") && !strings.HasPrefix(file.Text, "# rule:"),
			"names no rule in its second line", "has no title")
		return fmt.Errorf("%s %s: a check begins with the lines \"# TITLE\" and \"# rule: NAME\"",
			prose.Visible(file.File), lacks)
	}
	rule := judge.RuleNamed(says[2])
	if rule == nil {
		return fmt.Errorf("%s: there is no rule %s", prose.Visible(file.File), prose.Cite(says[2]))
	}
	c := &Check{Number: fmt.Sprintf("%d.%d", n, len(s.Checks)+1), File: file.File, Title: prose.Visible(says[1]),
		Rule: rule.ID, Place: rule.Place, script: file.Text, excepted: strings.Fields(says[3])}
	for _, name := range c.excepted {
		if judge.RuleNamed(name) == nil {
			return fmt.Errorf("%s: there is no rule %s", prose.Visible(file.File), prose.Cite(name))
		}
	}
	s.Checks = append(s.Checks, c)
	return nil
}

// ruleLine is a rule in a line: its name, its place, its sentence.
func ruleLine(r *raft.Rule) string { return fmt.Sprintf("%s, %s: %s", r.ID, r.Place, r.Says) }
