package console

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"raftlab/commands"
	"raftlab/commands/guests"
	"raftlab/commands/view"
	"raftlab/console/beside"
	"raftlab/console/paint"
	"raftlab/console/site"
	"raftlab/console/term"
)

// Main runs the program and returns its exit code.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	return run(args, term.New(stdin, stdout, stderr), openSession)
}

func run(args []string, t *term.Terminal, open opener) int {
	a := &app{term: t}
	defer t.Restore()
	a.interrupts.sleep = func() { a.front.suspend() }
	a.interrupts.die = func(code int) {
		t.Restore()
		commands.EndPrograms()
		os.Exit(code)
	}
	plain := paint.NewPaints(false, a.theme)
	a.front = &frontend{
		term:      t,
		outPaints: plain,
		errPaints: plain,
		out:       &output{w: t.Out, failed: a.interrupts.stop},
		errs:      &output{w: t.Err},
		interrupt: a.interrupts.interrupt,
		inJSON:    func() bool { return false },
	}
	a.page = beside.New(a.host())
	defer t.WatchSignals(a.interrupts.interrupt, a.interrupts.suspend, a.interrupts.die)()
	do := func() int { return a.main(args, open) }
	if site.Asked(args) {
		do = func() int { return a.buildSite(args) }
	}
	code := do()
	if failed, why := a.front.out.code(); failed != 0 {
		if why != "" {
			a.complain(why)
		}
		return failed
	}
	return code
}

func (a *app) main(args []string, open opener) int {
	if words, ok := asksCompletion(args); ok {
		for _, c := range completeWords(words, open) {
			a.front.out.print(c + "\n")
		}
		return 0
	}
	var err error
	if a.settings, err = parseFlags(args); err != nil {
		return a.misused(wordOf(args), err)
	}
	switch {
	case a.help && shellHelp(a.word) != "":
		a.front.out.print(shellHelp(a.word))
		return 0
	case a.help || a.word == "help" && len(a.files) == 0:
		a.front.out.print(usage())
		return 0
	case a.word == "completion":
		a.front.out.print(completionScript(a.files[0]))
		return 0
	case a.version || a.word == "version":
		a.front.out.print(versionText())
		return 0
	}
	a.front.outPaints = paint.NewPaints(term.WantsColour(a.color.value, a.term.OutTTY), a.theme)
	a.front.errPaints = paint.NewPaints(term.WantsColour(a.color.value, a.term.ErrTTY), a.theme)
	if err := a.start(open); err != nil {
		a.complain(err.Error())
		if errors.As(err, new(*guests.Unreadable)) {
			return exitUsage
		}
		return exitFailed
	}
	if err := a.openPage(); err != nil {
		a.complain(err.Error())
		return max(exitFailed, a.closed())
	}
	code := 0
	switch {
	case a.word == "help":
		code = a.helpWork()
	case a.search.command != "":
		code = a.searchWork()
	default:
		doors := map[string]func() (int, error){"mark": a.markAll, "guest": a.doGuest, "grade": a.doGrade,
			"viva": a.doViva, "judge": a.doJudge}
		if do := doors[a.word]; do != nil {
			code = a.door(do)
		} else {
			code = a.work()
		}
	}
	a.page.End()
	return max(code, a.closed())
}

// closed ends the session, and returns the exit code that this calls for.
func (a *app) closed() (code int) {
	if err := a.session.Close(); err != nil {
		a.complain(err.Error())
		return exitFailed
	}
	return 0
}

// buildSite does `raftlab web build`, and returns the exit code.
func (a *app) buildSite(args []string) int {
	interrupted, err := a.attend(true, true, func() error {
		a.front.Progress("building the program for the browser")
		says, err := site.Main(a.front.ctx, args)
		a.front.Progress("")
		a.front.out.print(says)
		return err
	}, "web build")
	switch {
	case interrupted:
		return exitInterrupted
	case errors.Is(err, site.ErrUsage):
		a.complain(err.Error())
		return exitUsage
	case err != nil:
		a.complain(err.Error())
		return exitFailed
	}
	return 0
}

// door does what a first word asks for, and takes care of Ctrl-C and of failures. It returns the exit code.
func (a *app) door(do func() (code int, err error)) (code int) {
	interrupted, err := a.attend(true, true, func() (err error) {
		code, err = do()
		return err
	}, a.word)
	switch {
	case interrupted:
		return exitInterrupted
	case err != nil:
		a.complain(err.Error())
		return exitFailed
	}
	return code
}

// host is the console, for the page beside it.
func (a *app) host() beside.Host {
	return beside.Host{
		Session: func() beside.Session { return a.session },
		Keys:    func() *term.Keyboard { return a.front.keys },
		Typed: func(most int) []string {
			if a.history == nil {
				return nil
			}
			return a.history.Last(most)
		},
		Stop:    a.interrupts.interruptCommand,
		Trusted: func() bool { return a.guest.Trust },
		Tell:    func(style view.Style, text string) { a.front.tellText(style, text) },
		Render:  func(blocks []view.Block) string { return a.front.onOut().Blocks(blocks) },
	}
}

// openPage opens the page that the command line asks for.
func (a *app) openPage() error {
	if !a.web.asked {
		return nil
	}
	if err := a.unreadable(); err != nil { // no page for what cannot run
		return err
	}
	if err := a.page.Open(a.web.address, true); err != nil {
		return err
	}
	if now, ok := a.page.Now(); ok && (!a.term.Interactive() || a.json) {
		a.front.tellText(view.Plain, "raftlab: the page is at "+now.Address)
	}
	return nil
}

// start makes the session and, at a terminal, the keyboard.
func (a *app) start(open opener) (err error) {
	if err := a.unwritable(); err != nil {
		return err
	}
	o := a.options()
	o.Page = a.page.Page()
	if a.resume {
		if o.Resume, a.keeper.name, err = lastSession(); err != nil {
			return err
		}
	}
	err = guard("starting", func() (err error) {
		a.session, err = open(o)
		return err
	})
	if err != nil {
		return err
	}
	a.session.SetOutputJSON(a.json)
	a.front.inJSON, a.front.pager = a.session.OutputJSON, a.session.Pages
	for _, line := range a.session.Notices() {
		a.front.tellText(view.Warn, "raftlab: "+line)
	}
	if a.term.InTTY {
		if a.front.keys, err = term.NewKeyboard(a.term.In); err != nil {
			return err
		}
		a.front.keys.Echo = func(line string) { a.front.out.print(paint.Quote(line) + "\n") }
		a.interrupts.use(a.front.keys)
	}
	return nil
}

// work runs what the command line names, in order, and then the prompt.
func (a *app) work() int {
	prompt := a.stay || len(a.first) > 0 || len(a.texts)+len(a.files) == 0
	a.page.Reads(prompt && a.term.InTTY)
	for _, s := range a.scripts(prompt) {
		code, goOn := a.script(s)
		if code != 0 {
			return code
		}
		if !goOn {
			prompt = false
			break
		}
	}
	if prompt && a.term.InTTY {
		a.prompts(false)
	}
	if !(prompt && a.term.InTTY) {
		a.unexpected("an invariant broke", "invariants broke", a.session.UnexpectedBreaches())
		a.unexpected("a guest departed from the paper", "departures from the paper", a.session.UnexpectedDepartures())
	}
	if a.failed {
		return exitFailed
	}
	return 0
}

// unexpected fails the run if anything is broken, and says what it is, because after `new` no command
// can tell it any more. one and several are what to call it.
func (a *app) unexpected(one, several string, broken []string) {
	const most = 5
	if len(broken) == 0 {
		return
	}
	a.failed = true
	text := one + " that no expectation named: " + broken[0]
	if len(broken) > 1 {
		text = strconv.Itoa(len(broken)) + " " + several + " that no expectation named:"
		for _, b := range broken[:min(len(broken), most)] {
			text += "\n" + b
		}
	}
	if len(broken) > most {
		text += fmt.Sprintf("\nand %d more", len(broken)-most)
	}
	a.complain(text)
}
