package console

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/console/paint"
	"raftlab/console/term"
)

// frontend is the screen as a session sees it: a lang.Frontend.
type frontend struct {
	term      *term.Terminal
	keys      *term.Keyboard // nil when standard input is no terminal
	out, errs *output
	outPaints *paint.Paints // of standard output
	errPaints *paint.Paints // of standard error
	inJSON    func() bool   // results are printed as JSON
	interrupt func()        // what Ctrl-C does

	mu       sync.Mutex
	ctx      context.Context // of the command that runs
	script   bool            // what runs is a script of the command line
	progress *output         // where a progress line stands, nil when none does
	frame    int             // lines of the frame on the screen
	watch    *keyWatch       // in frames: what waits for a key
	pin      pin
	pager    func() bool // nil: nothing is paged
	lines    int         // printed since a person last had the time to read
	outside  atomic.Bool // $PAGER runs, and mu is locked until it ends
}

// begin and end surround each line or script that runs.
func (f *frontend) begin(ctx context.Context, script bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctx, f.script, f.lines = ctx, script, 0
}

func (f *frontend) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settleLocked()
}

// settleLocked leaves what is temporary on the screen: the progress line is
// wiped, the last frame stays.
func (f *frontend) settleLocked() {
	if f.progress != nil {
		f.progress.print(term.WipeLine)
		f.progress = nil
	}
	if f.watch != nil {
		f.watch.stop()
		f.watch = nil
	}
	f.frame = 0
}

// Show prints what a command came to; failures go to standard error. At the
// prompt JSON tells them itself; a script's tell there where it failed.
func (f *frontend) Show(r *lang.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settleLocked()
	if f.inJSON() {
		f.out.print(string(r.JSON()) + "\n")
	} else {
		if r.Clear && f.term.OutTTY && !term.Dumb() {
			f.out.print(f.term.Top().Clear())
		}
		f.page(f.onOut().Blocks(r.View))
	}
	if r.Err != nil && !r.Told && (f.script || !f.inJSON()) && f.out.failure() == nil {
		f.tell(r.Err)
	}
}

func (f *frontend) onOut() paint.Renderer {
	return paint.Renderer{Width: f.term.Width(), Height: f.term.Height() - f.term.Top().Rows(),
		Palette: f.outPaints.Now(), ASCII: term.OnlyASCII(f.term.OutTTY)}
}

// tell prints an error, whose text may have several lines.
func (f *frontend) tell(err error) {
	f.tellText(view.Bad, err.Error())
}

// tellText prints to standard error, the first line in a style.
func (f *frontend) tellText(style view.Style, text string) {
	t := view.Text{}
	for i, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if i > 0 {
			style = view.Plain
		}
		t.Lines = append(t.Lines, view.LS(style, l))
	}
	width := 1 << 20 // a log is searched by line
	if f.term.ErrTTY {
		width = f.term.Width()
	}
	f.errs.print(paint.Renderer{Width: width, Palette: f.errPaints.Now()}.Blocks([]view.Block{t}))
}

// Echo shows a line of a script before it runs.
func (f *frontend) Echo(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settleLocked()
	if !f.inJSON() {
		l := view.Line{view.S(view.Quiet, "> "), view.S(view.Code, line)}
		f.page(f.onOut().Blocks([]view.Block{view.Text{Lines: []view.Line{l}, Indent: 2}}))
	}
}

// Progress puts one line below everything, "" wipes it. It goes to
// standard error, so that standard output holds results only.
func (f *frontend) Progress(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if text == "" {
		f.settleLocked()
		return
	}
	to := f.progressTo()
	if to == nil || f.watch != nil {
		return
	}
	f.progress = to
	to.print(term.WipeLine + paint.Clip(paint.Quote(text), f.term.Width()-1))
}

func (f *frontend) progressTo() *output {
	switch {
	case term.Dumb():
		return nil
	case f.term.ErrTTY:
		return f.errs
	case f.term.OutTTY && !f.inJSON():
		return f.out
	}
	return nil
}

// Interactive tells that a person reads and answers.
func (f *frontend) Interactive() bool { return f.term.Interactive() }

// Ask shows a question and reads the answer, edited by the terminal.
func (f *frontend) Ask(question []view.Block, prompt string) (string, bool) {
	f.mu.Lock()
	f.settleLocked()
	f.drawPinLocked()
	f.lines = 0
	ctx := f.ctx
	f.mu.Unlock()
	if !f.Interactive() || f.keys == nil || ctx.Err() != nil {
		return "", false
	}
	to := f.out
	if f.inJSON() {
		to = f.errs
	}
	to.print(f.onOut().Blocks(question) + paint.Clip(paint.Quote(prompt), f.term.Width()-2) + " ")
	answer, err := f.keys.ReadLine(ctx)
	if err != nil {
		to.print("\n")
	}
	return strings.TrimSpace(answer), err == nil
}

// Frame redraws blocks where the last frame stands, and tells whether a key
// was pressed, or that this screen redraws none.
func (f *frontend) Frame(blocks []view.Block) lang.Pressed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.Interactive() || f.keys == nil || term.Dumb() || f.inJSON() {
		return lang.Unseen
	}
	if f.watch == nil {
		f.lines = 0
		f.settleLocked()
		f.watch = watchKeys(f.ctx, f.term, f.keys, f.interrupt)
	}
	if f.drawPinLocked(); f.term.Top().Rows() > 0 {
		return f.watch.pressed() // the picture at the top moves
	}
	lines := strings.SplitAfter(strings.TrimSuffix(f.onOut().Blocks(blocks), "\n"), "\n")
	if most := max(1, f.term.Height()-1); len(lines) > most {
		lines = lines[:most] // the top of a frame that scrolls away cannot be redrawn
	}
	var b strings.Builder
	if f.frame > 0 {
		b.WriteString("\x1b[" + itoa(f.frame) + "A")
	}
	b.WriteString("\r")
	for _, l := range lines {
		b.WriteString(strings.TrimSuffix(l, "\n") + "\x1b[K\r\n")
	}
	b.WriteString("\x1b[J")
	f.out.print(b.String())
	f.frame = len(lines)
	return f.watch.pressed()
}

// suspend stops the program until the shell lets it go on; then what is pinned is there again.
// A program of theirs that shows a long text has the screen: it is for that to draw it anew.
func (f *frontend) suspend() {
	for !f.mu.TryLock() {
		switch {
		case f.outside.Load():
			f.term.Suspend()
			return
		case f.keys != nil && f.keys.Suspend(): // somebody waits for a key by now
			return
		}
		time.Sleep(time.Millisecond)
	}
	defer f.mu.Unlock()
	f.suspendLocked()
}

func (f *frontend) suspendLocked() {
	f.term.Suspend()
	if len(f.pin.shown) > 0 { // as it was: a command may be changing the cluster
		typing := f.pin.typing
		f.pin.typing = false // the line comes after it
		f.layPinLocked()
		f.pin.typing = typing
	}
}

// keyWatch waits for a key while frames are shown. In raw mode Ctrl-C is a key
// too, and acts at once, not only at the next frame.
type keyWatch struct {
	cancel context.CancelFunc
	term   *term.Terminal
	done   chan struct{} // closed when a key was pressed, or nothing waits any more
	key    lang.Pressed  // after done
}

func watchKeys(ctx context.Context, t *term.Terminal, keys *term.Keyboard, interrupt func()) *keyWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &keyWatch{cancel: cancel, term: t, done: make(chan struct{})}
	_ = t.MakeRaw()
	go func() {
		defer close(w.done)
		typed := keys.AnyKey(ctx)
		switch string(typed) {
		case "":
		case string(rune(term.CtrlC)):
			w.key = lang.EndKey
			interrupt()
		case string(rune(term.CtrlD)), string(rune(term.Escape)):
			w.key = lang.EndKey
		case " ": // it only stops the clock
			w.key = lang.TypeKey
		default:
			w.key = lang.TypeKey
			keys.Unread(typed)
		}
	}()
	return w
}

func (w *keyWatch) pressed() lang.Pressed {
	select {
	case <-w.done:
		return w.key
	default:
		return lang.NoKey
	}
}

// stop gives the keys back and leaves raw mode.
func (w *keyWatch) stop() {
	w.cancel()
	<-w.done
	_ = w.term.ExitRaw()
}
