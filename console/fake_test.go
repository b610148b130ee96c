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

	"raftlab/commands/view"
)

// TestMain lets the test binary be the program itself, with a fake session,
// so that tests can drive it through a real terminal.
func TestMain(m *testing.M) {
	if os.Getenv("RAFTLAB_TEST_PROGRAM") != "" {
		os.Exit(run(os.Args[1:], newTerminal(os.Stdin, os.Stdout, os.Stderr), openFake))
	}
	os.Exit(m.Run())
}

// fake is a session without Raft. It answers each line with what it got,
// except the few that it knows.
type fake struct {
	settings *settings
	where    string // FILE:LINE of the script that is read
	breaches int
	asked    int // number of prompts
}

func openFake(s *settings, interactive bool) (session, error) {
	return &fake{settings: s}, nil
}

var errFake = errors.New("it cannot be done\n  the second line")

func (k *fake) run(ctx context.Context, line string, f *frontend) error {
	blocks := []view.Block{view.Text{Lines: []view.Line{view.LS(view.Good, fmt.Sprintf("ran %q", line))}}}
	var err error
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "quit":
		return errQuit
	case "fail":
		err = errFake
	case "panic":
		panic("on purpose")
	case "breach":
		k.breaches++
	case "echo":
		f.echo(rest)
	case "pause":
		f.pause("Press Enter")
	case "slow":
		f.echo("slow begins")
		f.showProgress("working")
		<-ctx.Done()
		err = errors.New("interrupted after 3 of 7")
	case "busy":
		f.showProgress("half")
		f.showProgress("")
	case "play":
		blocks, err = k.play(ctx, f)
	case "evil":
		blocks = []view.Block{view.Lines("evil \x1b[2J\a\u202e end")}
	case "args":
		blocks = []view.Block{view.Lines(fmt.Sprintf("nodes %d seed %d", k.settings.nodes.value, k.settings.seed.value))}
	case "much":
		for range 10000 {
			f.show(shown{view: blocks})
		}
	}
	if err != nil && k.where != "" {
		err = fmt.Errorf("%s: %s: %w", k.where, line, err)
	}
	f.show(shown{err: err, view: blocks, json: func() []byte {
		return fmt.Appendf(nil, `{"command":%q,"ok":%v}`, line, err == nil)
	}})
	return err
}

func (k *fake) play(ctx context.Context, f *frontend) ([]view.Block, error) {
	for i := 0; ; i++ {
		if f.showFrame([]view.Block{view.Lines(fmt.Sprintf("frame %d", i), "second")}) {
			return []view.Block{view.Lines("stopped by a key")}, nil
		}
		if i == 2 && os.Getenv("FAKE_PLAY_PANIC") != "" {
			panic("in a frame")
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("play interrupted")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (k *fake) runScript(ctx context.Context, name string, r io.Reader, f *frontend) error {
	lines := bufio.NewScanner(r)
	defer func() { k.where = "" }()
	for n := 1; lines.Scan(); n++ {
		k.where = fmt.Sprintf("%s:%d", name, n)
		if err := k.run(ctx, lines.Text(), f); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return lines.Err()
}

func (k *fake) complete(line string, pos int) (int, []string) {
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

func (k *fake) prompt() view.Line {
	k.asked++
	return view.Line{view.S(view.Leader, fmt.Sprintf("fake#%d", k.asked)), view.S(view.Plain, "> ")}
}

func (k *fake) banner() []view.Block    { return []view.Block{view.Lines("welcome", "two", "three")} }
func (k *fake) json() bool              { return k.settings.json }
func (k *fake) unexpectedBreaches() int { return k.breaches }
