package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/commands"
	"raftlab/commands/each"
	"raftlab/commands/files"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/share"
)

// player plays one check.
type player struct {
	lang.Unmoved
	order    *Order
	check    *Check
	programs *lab.Guests
	session  *commands.Session
	lab      *lab.Lab
	said     string // what the check said last, before what it expects
	harm     harm
}

// harm is what ended a check early.
type harm struct {
	kind   string // of the finding
	err    error  // of the command that failed
	failed string // that command
	ran    bool   // its schedule is the branch found already
}

// errHarm ends the script of a check that does not hold.
var errHarm = errors.New("the check does not hold")

// play plays the check. What goes wrong is the check's, never the caller's.
func (p *player) play(ctx context.Context) {
	if p.order.Progress != nil {
		p.order.Progress(fmt.Sprintf("%s %s", p.check.Number, p.check.Title))
	}
	if context.Cause(ctx) != nil {
		p.check.Verdict = Undecided
		return
	}
	p.programs.Except = strings.Join(p.check.excepted, " ")
	p.programs.Harmful = nil
	if p.check.Number < "5" { // a mistake that is for a later stage may break an invariant here
		p.programs.Harmful = func(b *invariants.Breach) bool { return b.Departure != nil }
	}
	s, err := commands.NewSession(commands.Options{Nodes: 3, Seed: 1, Programs: p.programs})
	if err != nil { // the program has ended
		p.fails(ctx, &Finding{Kind: Fault, Says: []string{lang.OneLine(err)}, Schedule: []string{"new 3 guest"}})
		return
	}
	p.session, p.lab = s, s.World().(*lab.Lab)
	s.Observe(p)
	err = s.RunScript(ctx, p.check.File, strings.NewReader(p.check.script), lang.Silent{})
	switch {
	case p.harm.kind != "":
		p.fails(ctx, p.finding(ctx))
	case context.Cause(ctx) != nil:
		p.check.Verdict = Undecided
	case err != nil && !errors.Is(err, lang.ErrQuit):
		p.fails(ctx, &Finding{Kind: Expectation, Says: []string{lang.OneLine(err)}})
	default:
		p.check.Verdict = Held
		p.forget()
	}
}

// Around looks at what a command came to.
func (p *player) Around(c *lang.Call) (after func(*lang.Result) error) {
	explored := p.lab.Explored
	if c.Command != nil && c.Command.Name == "say" {
		_, p.said, _ = strings.Cut(c.Text, " ")
	}
	return func(r *lang.Result) error {
		var failure *program.Failure
		switch {
		case p.harm.kind != "" || c.Ctx.Err() != nil:
			return nil
		case p.lab.World().Harm(0) != nil:
			p.harm = harm{kind: Departure}
		case p.lab.Explored != explored && p.lab.Explored != nil && p.lab.History.Branch("found") != nil:
			p.harm = harm{kind: Departure, ran: true}
		case errors.As(r.Err, &failure):
			p.harm = harm{kind: Fault, err: failure, failed: c.Text}
		case r.Err != nil:
			p.harm = harm{kind: Expectation, err: r.Err, failed: c.Text}
		default:
			return nil
		}
		return errHarm
	}
}

// finding is what is told of the harm, with the schedule that does it.
func (p *player) finding(ctx context.Context) *Finding {
	rule := judge.RuleNamed(p.check.Rule)
	f := &Finding{Kind: p.harm.kind}
	switch p.harm.kind {
	case Expectation:
		f.Rule = rule.ID
		f.Says = []string{p.said, ruleLine(rule), lang.OneLine(p.harm.err)}
		if p.said == "" {
			f.Says = f.Says[1:]
		}
	case Fault:
		f.failed(p.harm.err.(*program.Failure))
	default:
		p.found(ctx, f)
	}
	f.Schedule, _ = p.lab.Script()
	f.Schedule = slices.DeleteFunc(f.Schedule, func(line string) bool { return strings.HasPrefix(line, "# guest: ") })
	f.Schedule = p.plain(ctx, f.Schedule)
	if p.harm.failed != "" {
		f.Schedule = append(f.Schedule, p.harm.failed)
	}
	f.Steps = stepsOf(f.Schedule)
	f.Share = p.shared(ctx, f.Schedule)
	return f
}

// shared is a schedule as a text for open, "" where no text may hold it. What is refused at its end is in it
// where it is a step, and left out where it only looks.
func (p *player) shared(ctx context.Context, schedule []string) string {
	s, end, err := p.beside()
	if err != nil {
		return ""
	}
	defer end()
	p.programs.Harmful = nil // as at the prompt
	for _, line := range schedule {
		if s.Run(ctx, line, lang.Silent{}) != nil {
			break
		}
	}
	w := s.World().(*lab.Lab).World()
	text, err := share.Text(schedule, w)
	if err != nil {
		text, _ = share.Text(schedule[:len(schedule)-1], w)
	}
	return text
}

// beside is a session in which a schedule is played again, with every rule looked at.
func (p *player) beside() (s *commands.Session, end func(), err error) {
	except, harmful := p.programs.Except, p.programs.Harmful
	p.programs.Except = ""
	s, err = commands.NewSession(commands.Options{Nodes: 3, Seed: 1, Programs: p.programs, KeepGoing: true})
	return s, func() { p.programs.Except, p.programs.Harmful = except, harmful }, err
}

// plain is a schedule with only those rules left out from which the program departs in it:
// mostly none, and then it begins with new alone.
func (p *player) plain(ctx context.Context, schedule []string) []string {
	if len(schedule) < 3 || !strings.HasPrefix(schedule[1], "set judge ") || schedule[2] != schedule[0]+" keep" {
		return schedule
	}
	rest := schedule[3:]
	except := p.programs.Except
	s, end, err := p.beside()
	if err != nil {
		return schedule
	}
	defer end()
	lines := append([]string{schedule[0], "set judge say"}, rest...)
	_ = s.RunScript(ctx, p.check.File, strings.NewReader(strings.Join(lines, "\n")), lang.Silent{})
	needed := slices.DeleteFunc(strings.Fields(except), func(rule string) bool {
		return !slices.ContainsFunc(s.World().(*lab.Lab).World().Departures(), func(b invariants.Breach) bool {
			return b.Property == rule
		})
	})
	if len(needed) == 0 {
		return append([]string{schedule[0]}, rest...)
	}
	return append([]string{schedule[0], "set judge except " + strings.Join(needed, " "), schedule[2]}, rest...)
}

// found goes to the end of the shortest schedule that is known, and says what breaks there.
func (p *player) found(ctx context.Context, f *Finding) {
	lines := []string{"goto found"}
	if !p.harm.ran {
		lines = append([]string{"shrink"}, lines...)
	}
	for _, line := range lines {
		if err := p.session.Aside(ctx, line, lang.Silent{}); err != nil {
			break // then what is here is told as it is
		}
	}
	w := p.lab.World()
	b := w.Harm(0)
	switch {
	case b == nil && p.lab.Explored.Outcome == search.Failed:
		p.searched(f)
	case b == nil: // what the clients saw
		f.Kind = Breach
		f.Rule = p.lab.Explored.Property
		f.Says = []string{fmt.Sprintf("%s is broken: no single copy of the data gives what the clients saw", f.Rule)}
	case b.Departure == nil:
		f.Kind, f.Rule = Breach, b.Property
		f.Says = []string{fmt.Sprintf("%s is broken: %s", b.Property, b.Text)}
	default:
		departed(f, b)
	}
}

// searched is an error of the program that a search came to. The branch ends before the step
// that it is in, which cannot be taken: of a message that arrives, it is told.
func (p *player) searched(f *Finding) {
	failure := p.lab.Explored.Failure
	f.failed(failure)
	if message, ok := strings.CutPrefix(failure.Doing, "message "); ok {
		p.harm.failed = "deliver " + message
	}
}

// failed puts an error of the program into words.
func (f *Finding) failed(failure *program.Failure) {
	f.Kind, f.Server, f.Says = Fault, failure.Server.String(), []string{lastLines(failure.Error())}
	f.error = lastLines(failure.Err.Error())
}

// departed puts a departure into words.
func departed(f *Finding, b *invariants.Breach) {
	d := b.Departure
	f.Rule, f.Server, f.Says = d.Rule.ID, d.Server.String(), Departed(d, b.Position)
	f.paper, f.yours = d.Paper, d.Yours
	for _, c := range d.Compared {
		if c.What == "entry" {
			f.entry = c.Value
		}
	}
}

// Departed is a departure in two lines or three: what was done, in the step at a position,
// the rule, and what was compared.
func Departed(d *judge.Departure, position uint64) []string {
	compared := each.As(d.Compared, func(c judge.Compared) string { return c.What + ": " + c.Value })
	if d.Paper != "" {
		compared = append(compared, d.Verdict())
	}
	says := []string{d.Sentence(position), ruleLine(d.Rule)}
	if len(compared) > 0 {
		says = append(says, strings.Join(compared, "; "))
	}
	return each.As(says, prose.Visible)
}

// lastLines is an error of a program in a line: its first one, and what names it, the last
// line of its traceback.
func lastLines(text string) string {
	first, rest, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more {
		first += " … " + strings.TrimSpace(rest[strings.LastIndexByte(rest, '\n')+1:])
	}
	return prose.Shorten(prose.Visible(first), 300)
}

// stepsOf counts the commands of a schedule that do something to the cluster.
func stepsOf(schedule []string) (n int) {
	for _, line := range schedule {
		word, _, _ := strings.Cut(line, " ")
		switch word {
		case "#", "new", "set", "say", "expect", "machine":
		default:
			n++
		}
	}
	return n
}

// fails notes why the check does not hold, and writes the schedule.
func (p *player) fails(ctx context.Context, f *Finding) {
	if context.Cause(ctx) != nil && f.Kind != Departure {
		p.check.Verdict = Undecided
		return
	}
	p.check.Verdict, p.check.Finding = Failed, f
	if p.order.Keep == "" || len(f.Schedule) == 0 {
		return
	}
	text := []string{"# " + p.check.Number + " " + p.check.Title}
	text = append(text, each.As(f.Says, func(line string) string { return "# " + line })...)
	text = append(text, "# raftlab -i "+shellWord(filepath.Base(p.file()))+" --guest "+shellWord(p.order.Command), "")
	text = append(text, f.Schedule...)
	if err := os.MkdirAll(p.order.Keep, 0o777); err != nil {
		return
	}
	if files.Write(p.file(), []byte(strings.Join(text, "\n")+"\n"), 0o666) == nil {
		f.File = p.file()
	}
}

// file is where the schedule of the check goes.
func (p *player) file() string {
	return filepath.Join(p.order.Keep, "grade-"+strings.TrimSuffix(filepath.Base(p.check.File), ".raft")+".raft")
}

// forget removes the schedule of a grading before.
func (p *player) forget() {
	if p.order.Keep != "" {
		_ = os.Remove(p.file())
	}
}
