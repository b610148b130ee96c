//go:build unix

package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"raftlab/commands"
	"raftlab/commands/class"
	"raftlab/commands/lang"
	"raftlab/commands/stream"
	"raftlab/commands/view"
	"raftlab/console/term"
)

// TestMain lets the test binary be the program itself, with a fake session
// or the real one, so that tests can drive it through a real terminal.
func TestMain(m *testing.M) {
	switch os.Getenv("RAFTLAB_TEST_PROGRAM") {
	case "1":
		os.Exit(run(os.Args[1:], term.New(os.Stdin, os.Stdout, os.Stderr), openFake))
	case "real":
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// fake is a session without Raft. It answers each line with what it got,
// except the few that it knows.
type fake struct {
	commands.Options
	json     bool
	breaches []string
	asked    int // number of prompts
	unkept   bool
}

func (k *fake) Close() error          { return nil }
func (k *fake) SearchOutcome() string { return "" }

func (k *fake) Stream() *stream.Stream { return nil }
func (k *fake) Class() *class.Room     { return nil }

func openFake(o commands.Options) (session, error) { return &fake{Options: o}, nil }

var errFake = errors.New("it cannot be done\n  the second line")

func (k *fake) Run(ctx context.Context, line string, f lang.Frontend) error {
	return k.line(ctx, line, f, func(err error) error { return err })
}

// line runs one line; at says where in a script it failed.
func (k *fake) line(ctx context.Context, line string, f lang.Frontend, at func(error) error) error {
	r := &lang.Result{Command: line}
	r.Block(view.Text{Lines: []view.Line{view.LS(view.Good, fmt.Sprintf("ran %q", line))}})
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if _, value, ok := strings.Cut(strings.Join(strings.Fields(line), " "), "set history "); ok {
		k.unkept = value == "off"
	}
	switch word {
	case "quit":
		return lang.ErrQuit
	case "fail":
		r.Err = at(errFake)
	case "told":
		r.Err, r.Told = at(errFake), true
	case "panic":
		panic("on purpose")
	case "breach":
		k.breaches = append(k.breaches, "Broken: on purpose")
	case "echo":
		f.Echo(rest)
	case "pause":
		f.Ask(nil, "Press Enter")
	case "slow":
		f.Echo("slow begins")
		f.Progress("working")
		<-ctx.Done()
		r.Err = at(lang.Interrupted("after 3 of 7"))
	case "deaf":
		f.Echo("deaf begins")
		select {}
	case "busy":
		f.Progress("half")
		f.Progress("")
	case "play":
		r.View, r.Err = play(ctx, f)
	case "evil":
		r.View = []view.Block{view.Lines("evil \x1b[2J\a\u202e end")}
	case "args":
		r.View = []view.Block{view.Lines(fmt.Sprintf("nodes %d seed %d keep going %v", k.Nodes, k.Seed, k.KeepGoing))}
	case "much":
		for range 10000 {
			f.Show(r)
		}
	}
	f.Show(r)
	return r.Err
}

func play(ctx context.Context, f lang.Frontend) ([]view.Block, error) {
	for i := 0; ; i++ {
		if f.Frame([]view.Block{view.Lines(fmt.Sprintf("frame %d", i), "second")}) != lang.NoKey {
			return []view.Block{view.Lines("stopped by a key")}, nil
		}
		if i == 2 && os.Getenv("FAKE_PLAY_PANIC") != "" {
			panic("in a frame")
		}
		select {
		case <-ctx.Done():
			return nil, lang.Interrupted("while playing")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (k *fake) RunScript(ctx context.Context, name string, r io.Reader, f lang.Frontend) error {
	lines := bufio.NewScanner(r)
	var first error
	for n := 1; lines.Scan(); n++ {
		if ctx.Err() != nil {
			return errors.Join(first, lang.ErrInterrupted)
		}
		err := k.line(ctx, lines.Text(), f, func(err error) error {
			return &lang.ScriptError{Chain: []string{fmt.Sprintf("%s:%d", name, n)}, Command: lines.Text(), Err: err}
		})
		if first == nil {
			first = err
		}
		switch {
		case errors.Is(err, lang.ErrQuit):
			return errors.Join(first, err)
		case err != nil && !k.KeepGoing:
			return first
		}
	}
	return errors.Join(first, lines.Err())
}

func (k *fake) Wanted(string, int) []string { return nil }
func (k *fake) Hint(string) string          { return "" }

func (k *fake) Complete(line string, pos int) (int, []string) {
	from := strings.LastIndexByte(line[:pos], ' ') + 1
	word := strings.ToLower(line[from:pos])
	if word == "boom" {
		panic("completing")
	}
	words := []string{"alphabet", "alphabeta", "S1", "S2", "timeout", "directory/", "wide-" + strings.Repeat("w", 120) + "1", "wide-" + strings.Repeat("w", 120) + "2", "日本1", "日本2", "evil\x1b[2J"}
	for i := range 300 {
		words = append(words, fmt.Sprintf("many%03d", i))
	}
	var found []string
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(w), word) {
			found = append(found, w)
		}
	}
	return from, found
}

func (k *fake) Prompt() view.Line {
	k.asked++
	return view.Line{view.S(view.Leader, fmt.Sprintf("fake#%d", k.asked)), view.S(view.Plain, "> ")}
}

func (k *fake) Leads(string) bool              { return false }
func (k *fake) LeadsText(string) string        { return "" }
func (k *fake) InShell() func()                { return func() {} }
func (k *fake) Resumes() string                { return "" }
func (k *fake) Led() bool                      { return false }
func (k *fake) EmptyLine() string              { return "" }
func (k *fake) Paused() string                 { return "" }
func (k *fake) Asking() []view.Block           { return nil }
func (k *fake) Leave() []view.Block            { return nil }
func (k *fake) EndPlay()                       {}
func (k *fake) Kept() ([]byte, int)            { return nil, 0 }
func (k *fake) Pages() bool                    { return true }
func (k *fake) Pinned() func() []view.Block    { return nil }
func (k *fake) Moves() bool                    { return false }
func (k *fake) AtPrompt(line string) string    { return line }
func (k *fake) Theme() string                  { return "auto" }
func (k *fake) KeepsHistory() bool             { return !k.unkept }
func (k *fake) Banner() []view.Block           { return []view.Block{view.Lines("welcome", "two", "three")} }
func (k *fake) OutputJSON() bool               { return k.json }
func (k *fake) SetOutputJSON(on bool)          { k.json = on }
func (k *fake) UnexpectedBreaches() []string   { return k.breaches }
func (k *fake) Notices() []string              { return nil }
func (k *fake) UnexpectedDepartures() []string { return nil }
