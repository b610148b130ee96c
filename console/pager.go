package console

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"unicode"

	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/console/paint"
	"raftlab/console/term"
)

// page prints text that may be longer than the screen: then one screen at a time, or
// through $PAGER. Only at the prompt, where a person reads. What the same line has printed
// before counts: several commands, or a file, scroll nothing away either.
func (f *frontend) page(text string) {
	room := f.room()
	n := strings.Count(text, "\n")
	if f.lines+n <= room || room < 1 || !f.pages() {
		f.lines += n
		f.out.print(text)
		return
	}
	if n > room && f.pageOutside(text) {
		f.lines = room
		return
	}
	lines, cols := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n"), f.term.Width()
	at, of := 0, len(lines)
	if f.lines > 0 { // what is counted is not all that the line prints
		of = 0
	}
	for more := max(0, room-f.lines); ; {
		end := min(at+more, len(lines))
		f.out.print(strings.Join(lines[at:end], ""))
		if f.lines, at = min(end-at, room), end; at == len(lines) {
			f.out.print("\n")
			return
		}
		if more = f.askForMore(at, of, cols); more == 0 {
			f.lines = 1
			f.out.print(f.onOut().Blocks([]view.Block{view.Says(view.Quiet,
				fmt.Sprintf("%d of %s left out; set pager off prints everything at once", len(lines)-at,
					prose.Plural(len(lines), "line")))}))
			return
		}
	}
}

// room is how many lines stand above the prompt.
func (f *frontend) room() int { return f.term.Height() - f.term.Top().Rows() - 1 }

// Fits says whether all blocks stand there at once.
func (f *frontend) Fits(blocks []view.Block) bool {
	return strings.Count(f.onOut().Blocks(blocks), "\n") <= f.room()
}

// pages says whether what is long is shown a screen at a time.
func (f *frontend) pages() bool {
	return f.pager != nil && f.pager() && !f.script && f.Interactive() && f.keys != nil && !term.Dumb() &&
		term.CanEdit && !f.keys.WasHanded() && // nobody at the keyboard has asked for it
		f.ctx != nil && f.ctx.Err() == nil
}

// askForMore waits for a key, and says how many more lines it asks for; 0: no more. of is how many lines there are, if
// that is known. To a screen that gets another
// size meanwhile it is put again, and a screenful is one of the new size, where lines made for cols may be broken.
func (f *frontend) askForMore(at, of, cols int) int {
	shown := "more below"
	if of > 0 {
		shown = fmt.Sprintf("%d of %s", at, prose.Plural(of, "line"))
	}
	ask := paint.Clip(fmt.Sprintf("-- %s. Space: more, Enter: one line, q: end --", shown), f.term.Width()-1)
	stop := term.WatchSize(f.keys.Resized)
	_ = f.term.MakeRaw() // before a key can follow what is asked
	f.out.print(f.onOut().Prompt(view.LS(view.Strong, ask)))
	key := string(f.keys.AnyKey(f.ctx))
	stop()
	_ = f.term.ExitRaw()
	f.out.print(term.WipeLine)
	switch key {
	case term.ResizedKey:
		if f.pin.session != nil {
			f.layPinLocked()
		}
		return f.askForMore(at, of, cols)
	case "\r", "\n", "j", "\x1b[B", "\x1bOB":
		return 1
	case "G", "\x1b[F", "\x1b[4~", term.HandedKey:
		return math.MaxInt32
	case string(rune(term.CtrlZ)):
		f.suspendLocked()
		return f.askForMore(at, of, cols)
	case "", "q", "Q", string(rune(term.CtrlD)), string(rune(term.Escape)):
		return 0
	case string(rune(term.CtrlC)):
		f.interrupt()
		return 0
	}
	if unicode.IsLetter(rune(key[0])) { // the next command
		f.keys.Unread([]byte(key))
		return 0
	}
	return max(1, f.room()*min(cols, f.term.Width())/cols)
}

// pageOutside shows text in the program that $PAGER names. It is the user's own choice,
// as in other programs that read it; nothing else starts a program here.
func (f *frontend) pageOutside(text string) bool {
	name := os.Getenv("PAGER")
	if name == "" || name == "cat" {
		return false
	}
	cmd := exec.CommandContext(context.WithoutCancel(f.ctx), "sh", "-c", name)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), f.term.Out, f.term.Err
	cmd.Env = os.Environ()
	if os.Getenv("LESS") == "" {
		cmd.Env = append(cmd.Env, "LESS=FRX") // with colours, and what it showed stays on the screen
	}
	f.outside.Store(true)
	err := cmd.Run()
	f.outside.Store(false)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == 127 {
		f.tell(fmt.Errorf("$PAGER, %q, cannot be started: %w", name, root(err)))
		return false
	}
	return true
}
