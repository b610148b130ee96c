package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster/history"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
)

// keptSession is what a session leaves behind for --resume: its history as commands, and
// what the console was set to.
type keptSession struct {
	Format   int               `json:"format"`   // keptFormat
	Commands int               `json:"commands"` // how many changed something
	History  *history.Kept     `json:"history"`
	Machine  string            `json:"machine"`
	Aside    bool              `json:"aside,omitempty"`    // after guest off
	Settings map[string]string `json:"settings,omitempty"` // the console's, see look.Screen.Chosen
	Watched  []string          `json:"watched,omitempty"`  // the expressions that are watched
	Shown    *keptShown        `json:"shown,omitempty"`
}

// keptShown is where somebody was in a lesson, or in whatever else was shown.
type keptShown struct {
	Command string                    `json:"command"` // leads back there
	Edition string                    `json:"edition"` // of the script
	Begins  map[int]history.KeptPlace `json:"begins"`  // the beats that were reached, by their first lines
}

const keptFormat = 1

// Kept is the session as --resume takes it up, and how many commands of it changed
// something: nothing where there are none, or where the cluster runs by itself.
func (s *Session) Kept() (data []byte, commands int) {
	l, stepwise := s.world.(*lab.Lab)
	if !stepwise || !s.Autosaves() || l.Replay || l.Recorded != "" {
		return nil, 0
	}
	k := keptSession{Format: keptFormat, History: l.History.Keep(), Machine: l.Machine, Aside: l.Guests.Aside}
	for _, b := range k.History.Branches {
		k.Commands += len(b.Units)
		if b.Begun != nil {
			k.Commands++
		}
	}
	if k.Commands == 0 {
		return nil, 0
	}
	k.Settings, k.Watched = s.Chosen(), s.Watched()
	if p := s.student().Place(); p.Command != "" {
		k.Shown = &keptShown{p.Command, p.Edition, map[int]history.KeptPlace{}}
		for line, m := range p.Begins {
			k.Shown.Begins[line] = lab.Kept(m)
		}
	}
	data, err := json.Marshal(k)
	if err != nil {
		return nil, 0
	}
	return data, k.Commands
}

// Resumes is the line that leads back to what was being shown when the session that is resumed
// ended; mostly "".
func (s *Session) Resumes() string { return s.resumes }

// KeptCommands is how many commands a session that was left behind has; 0 where there is
// none that can be taken up.
func KeptCommands(data []byte) int {
	k, err := readKept(data)
	if err != nil {
		return 0
	}
	return k.Commands
}

func readKept(data []byte) (*keptSession, error) {
	k := &keptSession{}
	if err := json.Unmarshal(data, k); err != nil {
		return nil, fmt.Errorf("the kept session is damaged: %w", err)
	}
	if k.Format != keptFormat {
		return nil, fmt.Errorf("the kept session has format %d, and this raftlab reads %d", k.Format, keptFormat)
	}
	if k.History == nil || len(k.History.Branches) == 0 || k.History.Branches[0].Root == nil {
		return nil, fmt.Errorf("the kept session is damaged: it has no beginning")
	}
	return k, nil
}

// resumed is a session that goes on where an earlier one ended. What cannot be done
// again is told by Notices, and everything before it is there.
func resumed(o Options) (*Session, error) {
	k, err := readKept(o.Resume)
	if err != nil {
		return nil, err
	}
	guests := &lab.Guests{GuestOptions: o.Guests}
	first, err := k.History.Branches[0].Root.Begin(guests.Kept)
	if err != nil {
		_ = guests.Close()
		return nil, err
	}
	l := lab.NewWith(first, guests, inWords)
	s := newSession(o, table, l)
	s.close = guests.Close
	defer s.Use(lang.Silent{})()
	if err := s.relive(l, k.History); err != nil {
		s.notices = append(s.notices, "the session is resumed up to here only: "+err.Error())
		return s, nil
	}
	l.Machine, guests.Aside = k.Machine, k.Aside
	if err := s.backTo(l, k.Shown); err != nil {
		s.notices = append(s.notices, "the session is resumed up to here only: "+err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(k.Settings)) {
		if ok, err := s.Choose(name, k.Settings[name]); err != nil || !ok {
			s.notices = append(s.notices, fmt.Sprintf("the setting %s is as at the start", name))
		}
	}
	for _, w := range k.Watched {
		_ = s.RunLine(context.Background(), "watch "+w)
	}
	return s, nil
}

// backTo has what was shown go on, where something was.
func (s *Session) backTo(l *lab.Lab, k *keptShown) error {
	if k == nil {
		return nil
	}
	here := l.Now()
	defer l.Goto(here)
	p := lesson.Place{Command: k.Command, Edition: k.Edition, Begins: map[int]lesson.Moment{}}
	for line, at := range k.Begins {
		if err := gotoKept(l, at); err != nil {
			return err
		}
		p.Begins[line] = l.Now()
	}
	s.student().Left(p)
	s.resumes = k.Command
	return nil
}

// relive does again what a history holds.
func (s *Session) relive(l *lab.Lab, k *history.Kept) error {
	var begun []func() error // of commands, perhaps on a branch that comes later
	for _, b := range k.Branches {
		if err := s.reliveBranch(l, &b, &begun); err != nil {
			return err
		}
	}
	for _, began := range begun {
		if err := began(); err != nil {
			return err
		}
	}
	l.History.UseUnit(k.Units)
	for _, m := range k.Marks {
		if err := gotoKept(l, m.KeptPlace); err != nil {
			return err
		}
		l.History.Checkpoint(m.Name)
	}
	if err := l.History.UseUndone(k.Undone); err != nil {
		return err
	}
	return gotoKept(l, k.Here)
}

func (s *Session) reliveBranch(l *lab.Lab, b *history.KeptBranch, begun *[]func() error) error {
	from := b.From
	if b.Begun != nil {
		from = &b.Begun.KeptPlace
	}
	if from != nil {
		if err := gotoKept(l, *from); err != nil {
			return err
		}
	}
	switch {
	case b.From != nil:
		l.History.Fork(b.Name)
	case b.Begun != nil || b.Tree != "":
		w, err := b.Root.Begin(l.Guests.Kept)
		if err != nil {
			return err
		}
		begun := cmp.Or(b.Begun, &history.KeptBegin{})
		l.Begin(begun.Command)
		l.History.UseUnit(begun.Unit)
		l.History.Root(w, b.Name, b.Tree)
		l.Commit("")
	}
	for _, u := range b.Units {
		if err := s.reliveUnit(l, u, begun); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) reliveUnit(l *lab.Lab, u history.KeptUnit, begun *[]func() error) error {
	command := ""
	if u.Begun != nil {
		command = u.Begun.Command
	}
	l.Begin(command)
	defer l.Commit("")
	l.History.UseUnit(u.Unit)
	if u.Begun != nil {
		*begun = append(*begun, l.History.BeganAt(u.Begun.KeptPlace))
	}
	for _, line := range u.Commands {
		if err := s.RunLine(context.Background(), line); err != nil {
			return fmt.Errorf("%s: %w", prose.Cite(strings.TrimSpace(line)), err)
		}
	}
	return nil
}

func gotoKept(l *lab.Lab, at history.KeptPlace) error {
	p, err := l.History.FindKept(at)
	if err == nil && p != l.History.Place() {
		l.History.Goto(p)
	}
	return err
}
