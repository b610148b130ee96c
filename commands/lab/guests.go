package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/guest"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// GuestOptions is what the command line says of other programs.
type GuestOptions struct {
	Command string // of --guest: what every new cluster runs; "": raftlab's own servers
	Nodes   string // of --guests: on these servers only, as "S2 S3" or "S2,S3"; "": on all
	Trust   bool   // of --trust: scripts may name programs
	Except  string // rules that the judges of new clusters ignore, with blanks between
}

// Guests is the other programs of a session, each of which is started once.
type Guests struct {
	lang.Unmoved
	GuestOptions
	// Ctx ends the wait for programs while a session begins, which no call does yet; nil: nothing ends it.
	Ctx context.Context
	// Harmful says which breaches count in new clusters (see cluster.World.Seek); nil: all.
	Harmful func(*invariants.Breach) bool
	// Aside says that new clusters have raftlab's own servers for now, whatever --guest names.
	Aside    bool
	limit    time.Duration    // how long an answer may take
	programs []*guest.Program // in the order in which they were started
	collects bool             // see Collect
}

// Program is the program of a command, started where it was not yet; "" is
// raftlab's own core behind the protocol, in this very process.
func (g *Guests) Program(ctx context.Context, command string) (*guest.Program, error) {
	for _, p := range g.programs {
		if p.Command == command && !p.Replaced() && !p.Recorded() {
			p.Use(ctx)
			return p, nil
		}
	}
	return g.Start(ctx, command)
}

// mostReplaced is how many old versions of an edited program go on running, for the branches that they made. What they
// have answered is known in any case.
const mostReplaced = 3

// Start starts a program even if one of that command runs already, because the file may
// have changed.
func (g *Guests) Start(ctx context.Context, command string) (*guest.Program, error) {
	p, err := open(ctx, command, g.Limit())
	if err != nil {
		return nil, lang.Errorf("the guest does not start: %v", err)
	}
	if g.limit > 0 {
		p.SetLimit(g.limit)
	}
	replaced := 0
	for _, old := range slices.Backward(g.programs) {
		if old.Command == command {
			if old.Replace(); replaced >= mostReplaced {
				old.Close()
			}
			replaced++
		}
	}
	g.programs = append(g.programs, p)
	return p, nil
}

func open(ctx context.Context, command string, start time.Duration) (*guest.Program, error) {
	if command != "" && runtime.GOOS == "js" {
		return nil, errors.New("a tab of a browser starts no program")
	}
	if command == "" {
		return guest.OpenFunc(func() func([]byte) []byte { return guest.Reference(&raft.Options{}) })
	}
	return guest.OpenWithin(ctx, command, start)
}

// Add adds a program that runs already.
func (g *Guests) Add(p *guest.Program) { g.programs = append(g.programs, p) }

// Programs is every program that was started, in order, also those that were replaced.
func (g *Guests) Programs() []*guest.Program { return g.programs }

// Asked is how many calls all programs had so far, and how many more were saved because the
// answer was known.
func (g *Guests) Asked() (calls, saved uint64) {
	for _, p := range g.programs {
		calls, saved = calls+p.Calls.Load(), saved+p.Spared.Load()
	}
	return calls, saved
}

// Limit is how long an answer may take, and SetLimit changes it.
func (g *Guests) Limit() time.Duration {
	if g.limit == 0 {
		return guest.DefaultLimit
	}
	return g.limit
}

func (g *Guests) SetLimit(d time.Duration) {
	g.limit = d
	for _, p := range g.programs {
		p.SetLimit(d)
	}
}

// Close ends all programs.
func (g *Guests) Close() error {
	for _, p := range g.programs {
		p.Close()
	}
	return nil
}

// Around has what a call asks of programs end with the call.
func (g *Guests) Around(c *lang.Call) (after func(*lang.Result) error) {
	for _, p := range g.programs {
		p.Use(c.Ctx)
	}
	return nil
}

// Until ends what a part of a call asks of programs with ctx. The rest of the call asks again after end.
func (g *Guests) Until(c *lang.Call, ctx context.Context) (end func()) {
	set := func(ctx context.Context) {
		for _, p := range g.programs {
			p.Until(ctx)
		}
	}
	set(ctx)
	return func() { set(c.Ctx) }
}

// Collect keeps what programs say on standard error out of results until end is called. The next
// result after that tells it.
func (g *Guests) Collect() (end func()) {
	g.collects = true
	return func() { g.collects = false }
}

// Finish adds what the programs have said on standard error.
func (g *Guests) Finish(r *lang.Result) {
	if g.collects {
		return
	}
	for _, p := range g.programs {
		lines, omitted := p.Said()
		if len(lines) == 0 {
			continue
		}
		var t view.Text
		for _, line := range lines {
			t.Lines = append(t.Lines, view.LS(view.Quiet, p.Title()+": "+line))
		}
		if omitted > 0 {
			t.Lines = append(t.Lines, view.LS(view.Quiet, fmt.Sprintf("%s: and %d lines more", p.Title(), omitted)))
		}
		r.View = append([]view.Block{t}, r.View...)
	}
}

// Who is what the servers of a new cluster run.
type Who struct {
	Program *guest.Program // nil: raftlab's own servers
	On      raft.Set       // where it runs; empty: everywhere
}

// Last is the highest server of On; 0 if On is empty.
func (w Who) Last() (last raft.ID) {
	for id := range w.On.All() {
		last = id
	}
	return last
}

// Absent says which of the servers that --guests names a cluster of so many lacks, and
// what that leaves; "": none.
func (w Who) Absent(n int) string {
	var absent, there raft.Set
	for id := range w.On.All() {
		if int(id) > n {
			absent = absent.With(id)
		} else {
			there = there.With(id)
		}
	}
	if absent.Empty() {
		return ""
	}
	left := "no server runs the guest here"
	if !there.Empty() {
		left = fmt.Sprintf("only %s %s the guest here", prose.And(there.Names()),
			prose.Either(there.Len() == 1, "runs", "run"))
	}
	return fmt.Sprintf("There is no %s among %s, though --guests names %s, so %s.", prose.Or(absent.Names()),
		prose.Plural(n, "server"), prose.Either(absent.Len() == 1, "it", "them"), left)
}

// Programs is Who in the form that a new cluster takes.
func (w Who) Programs() program.Programs {
	if w.Program == nil {
		return program.Own
	}
	return func(id raft.ID) program.Program {
		if w.On.Empty() || w.On.Has(id) {
			return w.Program
		}
		return program.Own(id)
	}
}

// Usual is what a new cluster runs if its command does not say: what --guest and --guests say.
func (g *Guests) Usual(ctx context.Context) (Who, error) {
	if g.Command == "" || g.Aside {
		return Who{}, nil
	}
	return g.who(ctx, g.Command, g.Nodes)
}

// WayOn is what to do where a script of raftlab's own fails on the servers of --guest: it may set what a
// program has no input for, or count on what Figure 2 leaves free. again is the command that runs the
// script; "" is nothing.
func (g *Guests) WayOn(w *cluster.World, script []string, again string) string {
	on, _ := w.Guests()
	forGuests := func(line string) bool { return strings.HasPrefix(line, "new ") && strings.Contains(line, " guest") }
	if on.Empty() || g.Command == "" || g.Aside || slices.ContainsFunc(script, forGuests) {
		return ""
	}
	return fmt.Sprintf("guest off, then %s, shows this on raftlab's own servers; guest on puts your program back.",
		again)
}

// runs is what the servers of new clusters run, a sentence; "" where they are raftlab's own.
func (g *Guests) runs() string {
	on, _ := nodesNamed(g.Nodes)
	switch {
	case g.Command == "" || g.Aside:
		return ""
	case on.Empty():
		return "The servers run " + prose.Cite(g.Command) + "."
	}
	return fmt.Sprintf("%s %s %s; the others are raftlab's own.", on, prose.Either(on.Len() == 1, "runs", "run"),
		prose.Cite(g.Command))
}

// who is the program of a command, on the servers that a text such as "S2 S3" names; "" names all.
func (g *Guests) who(ctx context.Context, command, nodes string) (Who, error) {
	on, err := nodesNamed(nodes)
	if err != nil {
		return Who{}, err
	}
	p, err := g.Program(ctx, command)
	return Who{p, on}, err
}

// nodesNamed is the servers of a text.
func nodesNamed(text string) (on raft.Set, err error) {
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		id, ok := words.Number(name)
		if !ok || id > raft.MaxID {
			return on, lang.Errorf("%s is not a server; write S2,S3", prose.Cite(name))
		}
		on = on.With(id)
	}
	return on, nil
}

// Settings is what a new cluster begins with.
func (g *Guests) Settings() setting.Settings {
	s := setting.Defaults()
	s.JudgeExcept = g.Except
	return s
}

// World is a new cluster of n such servers, which begins with these settings.
func (w Who) World(n int, seed uint64, settings setting.Settings, machine string) (*cluster.World, error) {
	return cluster.NewOf(w.Programs(), n, seed, settings, machine)
}

// Kept is the programs of a session that was kept, as history.KeptRoot names them.
func (g *Guests) Kept(command, on string) (program.Programs, error) {
	who, err := g.who(context.Background(), command, on)
	return who.Programs(), err
}

// newer is the file of a program that runs and was edited since it was started, or "".
func (g *Guests) newer() string {
	for _, p := range g.programs {
		if p.Replaced() || p.Recorded() {
			continue
		}
		for _, word := range strings.Fields(p.Command) {
			info, err := os.Stat(word)
			if err == nil && info.Mode().IsRegular() && info.ModTime().After(p.Began()) {
				return word
			}
		}
	}
	return ""
}
