//go:build !js

package term

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/chzyer/readline"

	"raftlab/commands/view"
	"raftlab/console/paint"
)

const (
	minScreen = 8  // narrower ones are edited as if they were this wide
	menuRows  = 20 // candidates shown on Tab
	leastHint = 8  // columns for a hint
	tooLong   = "(too long)"
)

// editor adapts chzyer/readline. What that library must never see (terminal
// widths, menus, history files, some keys) is kept from it here, in decoder
// and in keyboard.
type editor struct {
	rl      *readline.Instance
	term    *Terminal
	keys    *Keyboard
	history *History
	paints  *paint.Paints
	out     io.Writer
	asks    Asks
	asked   bool // the terminal, for its ground

	resized func() // tells the library to ask for the width again
	cols    int    // the width that it knows

	mu     sync.Mutex // the library calls from its own goroutine
	prompt view.Line
	shown  string // the prompt as it stands on the screen
	wide   int    // its columns
	length int    // of the line being edited, in bytes
	insert string // text to put in at the cursor
	over   bool   // the line grew over maxLine
	again  bool   // the line is shown again, since the screen was wiped
	extra  rune   // the key of ours that was pressed: keySuspend, keyHanded or keyBack
	kept   *aside // what was being edited when a line came from elsewhere, nil: nothing
}

// NewEditor makes an editor of the lines that keys gives.
func NewEditor(term *Terminal, keys *Keyboard, h *History, paints *paint.Paints, out io.Writer, asks Asks) (Reader,
	error) {
	e := &editor{term: term, keys: keys, history: h, paints: paints, out: out, asks: asks}
	rl, err := readline.NewEx(&readline.Config{
		DisableAutoSaveHistory: true,
		HistoryLimit:           historyKept + 1,
		AutoComplete:           noMenu{},
		Listener:               e,
		Painter:                e,
		EOFPrompt:              "\n", // none
		FuncGetWidth:           e.width,
		Stdin:                  keys,
		Stdout:                 out,
		Stderr:                 out,
		FuncFilterInputRune:    e.filter,
		FuncIsTerminal:         func() bool { return true },
		FuncMakeRaw:            term.MakeRaw,
		FuncExitRaw:            term.ExitRaw,
		FuncOnWidthChanged:     func(f func()) { e.resized = f },
	})
	e.rl = rl
	return e, err
}

// noMenu keeps the library from ever opening its completion menu, which
// divides by zero when a candidate is wider than the screen.
type noMenu struct{}

func (noMenu) Do([]rune, int) ([][]rune, int) { return nil, 0 }

func (e *editor) ReadLine(prompt view.Line) (string, error) {
	e.mu.Lock()
	e.prompt, e.length, e.insert, e.over = prompt, 0, "", false
	if e.kept != nil {
		e.keys.bringBack()
	}
	e.mu.Unlock()
	e.loadHistory()
	e.fitPrompt()
	_, _ = io.WriteString(e.out, pasteOn)
	if e.asks.Ground && !e.asked {
		e.asked = true
		e.keys.Asked()
		_ = e.term.MakeRaw() // or the answer would be shown
		_, _ = io.WriteString(e.out, askGround)
	}
	e.keys.open()
	line, err := e.rl.Readline()
	e.keys.shut()
	e.keys.awaitAnswer(e.term)
	_, _ = io.WriteString(e.out, pasteOff)
	e.mu.Lock()
	over := e.over
	e.mu.Unlock()
	switch {
	case err == readline.ErrInterrupt:
		return line, ErrInterrupted
	case err == nil && over:
		return "", fmt.Errorf("a line at the prompt may have at most %d characters, so nothing of it was run; put "+
			"it into a file and `source` that", maxLine)
	}
	return line, err
}

// loadHistory gives the library the lines afresh: its own bookkeeping records
// the wrong line after a search, and it needs at least an empty one, or
// Ctrl-R and then Ctrl-C makes it panic.
func (e *editor) loadHistory() {
	e.rl.ResetHistory()
	for _, l := range e.history.lines {
		_ = e.rl.SaveHistory(l)
	}
	if len(e.history.lines) == 0 {
		_ = e.rl.SaveHistory("")
	}
}

// width is the screen's width for the library, which loops forever on 0.
func (e *editor) width() int {
	e.cols = e.screen()
	return e.cols
}

func (e *editor) screen() int { return max(e.term.Width(), minScreen) }

// fitPrompt shows a short prompt where the long one leaves no room to type: the
// library loops forever when the prompt's width is a multiple of the screen's.
func (e *editor) fitPrompt() {
	cols := e.screen()
	e.mu.Lock()
	prompt := e.prompt
	e.mu.Unlock()
	prompt = paint.Shorter(prompt, cols-16)
	e.wide = paint.Columns(prompt.String())
	e.shown = paint.Renderer{Palette: e.paints.Now()}.Prompt(prompt)
	e.rl.SetPrompt(e.shown)
	if cols != e.cols && e.resized != nil {
		e.resized()
	}
}

// filter sees each key before the library does.
func (e *editor) filter(key rune) (rune, bool) {
	if e.screen() != e.cols {
		e.fitPrompt()
	}
	searching := e.rl.Operation.IsSearchMode()
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case key == keyInsert:
		if text := e.keys.nextText(); !e.over {
			e.insert += text
		}
		return readline.CharBell, true // does nothing but call OnChange
	case isExtra(key):
		e.extra = key
		return readline.CharBell, true // which also ends a search
	case key == keyDelete && (e.length == 0 || searching):
		return readline.CharBell, true
	case key == keyDelete:
		return readline.CharDelete, true
	case key == CtrlC && searching, key == CtrlD && (e.length > 0 || searching):
		e.keys.open() // the line goes on
	case key == readline.CharCtrlL && !searching && e.term.Top().Rows() > 0:
		_, _ = io.WriteString(e.out, e.term.Top().Clear())
		e.again = true
		return readline.CharBell, true
	case !searching && writes(key) && (e.over || e.length >= maxLine):
		e.over = true
		return readline.CharBell, true
	}
	return key, true
}

// writes tells whether a key adds to the line.
func writes(key rune) bool { return key >= ' ' && key != rubout }

// OnChange is called by the library after each key, with the line as it is
// now; it may return another.
func (e *editor) OnChange(line []rune, pos int, key rune) ([]rune, int, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	changed, extra := e.again || e.extra != 0, e.extra
	e.again, e.extra = false, 0
	switch {
	case extra == keyHanded:
		line, pos = e.putAside(line, pos)
	case extra == keyBack:
		line, pos = e.takeUp(line, pos)
	case extra == keySuspend:
		e.suspend(string(line))
	case key == readline.CharTab:
		line, pos, changed = e.complete(line, pos)
	case e.insert != "":
		line, pos = splice(line, pos, pos, []rune(e.insert))
		e.insert, changed = "", true
	}
	if len(line) == 0 && key != enter {
		e.over = false // all of it was deleted
	}
	e.over = e.over || len(string(line)) > maxLine
	if e.over && (changed || key == readline.CharBell) {
		line, pos, changed = []rune(tooLong), len(tooLong), true
	}
	e.length = len(string(line))
	return line, pos, changed
}

// Tell shows text above the line that is edited, from any goroutine.
func (e *editor) Tell(text string) { _, _ = io.WriteString(e.rl.Stdout(), text) }

// suspend leaves the line as it is, and stops the program; the line comes anew when it
// goes on.
func (e *editor) suspend(line string) {
	e.rl.Operation.Clean()
	_, _ = io.WriteString(e.out, e.shown+paint.Quote(line)+"\r\n"+pasteOff)
	e.asks.Suspend()
	_, _ = io.WriteString(e.out, pasteOn)
}

// Paint is what the library shows of a line: behind it stands dimmed what comes next,
// where the cursor is at its end and there is room and colour for it.
func (e *editor) Paint(line []rune, pos int) []rune {
	text := string(line)
	room := e.cols - e.wide - paint.Columns(text) - 1
	if pos < len(line) || len(line) == 0 || room < leastHint || strings.Contains(text, "\n") {
		return line
	}
	hint := e.asks.Hint(text)
	if paint.Columns(hint) > room {
		hint = paint.Clip(hint, room-1) // up to a whole word
		hint = strings.TrimRight(hint[:max(0, strings.LastIndex(hint, " "))], " ") + " …"
	}
	shown := e.paints.Now().Hint(hint)
	if hint == "" || shown == "" {
		return line
	}
	return append(slices.Clone(line), []rune(fmt.Sprintf("%s\x1b[%dD", shown, paint.Columns(hint)))...)
}

// splice replaces line[from:to]; the cursor is left behind what was put in.
func splice(line []rune, from, to int, text []rune) ([]rune, int) {
	out := append([]rune{}, line[:from]...)
	out = append(out, text...)
	return append(out, line[to:]...), from + len(text)
}

// Close ends the editor. The keyboard goes first: see Keyboard.Close.
func (e *editor) Close() {
	_ = e.keys.Close()
	_ = e.rl.Close()
	_ = e.term.ExitRaw()
}
