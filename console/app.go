package console

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"raftlab/commands/view"
	"raftlab/console/beside"
	"raftlab/console/term"
)

// app is one run of the program.
type app struct {
	*settings
	session
	term       *term.Terminal
	front      *frontend
	interrupts interrupts
	failed     bool // something in a script failed
	keeper     keeper
	page       *beside.Beside
	history    *term.History // of the prompt; nil: there is none
}

// theme is the name of the session's theme. If that is auto, it is the one for the background of
// the screen, as far as that is known.
func (a *app) theme() string {
	name := "auto"
	if a.session != nil {
		name = a.session.Theme()
	}
	if name != "auto" || !a.term.OutTTY {
		return name
	}
	if a.front.keys != nil {
		if ground := a.front.keys.Ground(); ground != "" {
			return ground
		}
	}
	return cmp.Or(term.GroundSaid(), name)
}

// complain prints an error of the program itself, not of a script, to standard error.
func (a *app) complain(text string) {
	a.front.tellText(view.Bad, "raftlab: "+text)
}

// guard turns a panic into an error that says where it came from.
func guard(what string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: internal error: %v%s\nThis is a mistake in raftlab: what you see may be wrong "+
				"from here on", what, p, origin())
		}
	}()
	return do()
}

// origin is the place of the panic that is being recovered.
func origin() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	inPanic := false
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			inPanic = true
		} else if inPanic && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf(" (%s:%d)", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
		if !more {
			return ""
		}
	}
}

// keeper writes the session as it goes, so that --resume can take it up whatever ends
// the program.
type keeper struct {
	name string // of its file
	last []byte // what was written last
	dead bool   // it cannot be written, which was told
}
