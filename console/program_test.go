//go:build unix

package console

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/console/term"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	good, bad := write(t, "good.raft", "one\ntwo\n"), write(t, "bad.raft", "one\nfail\nthree\n")
	for _, c := range []struct {
		args           []string
		stdin          string
		code           int
		stdout, stderr string // what they contain
	}{
		{[]string{"-c", "one", "-c", "two"}, "", 0, "ran \"one\"\nran \"two\"\n", ""},
		{[]string{good}, "not this", 0, "ran \"one\"\nran \"two\"\n", ""},
		{[]string{"-c", "first", good}, "", 0, "ran \"first\"\nran \"one\"\n", ""},
		{[]string{good, "-"}, "piped\n", 0, "ran \"two\"\nran \"piped\"\n", ""},
		{nil, "one\r\n", 0, "ran \"one\"\n", ""},
		{nil, "", 0, "", ""},
		{[]string{"-i", good}, "piped\n", 0, "ran \"two\"\nran \"piped\"\n", ""},
		{[]string{"-c", "quit", good}, "", 0, "", ""},
		{[]string{bad}, "", 1, "ran \"one\"\nran \"fail\"\n", "bad.raft:2: fail: it cannot be done\n  the second line\n"},
		{[]string{"-c", "fail"}, "", 1, "ran", "-c:1: fail: it cannot"},
		{nil, "one\nfail\n", 1, "ran", "stdin:2: fail: it cannot"},
		{[]string{bad, good}, "", 1, "", "bad.raft:2"},
		{[]string{"--keep-going", bad, "-c", "fail", good}, "", 1, "ran \"three\"\nran \"one\"\nran \"two\"\n", "bad.raft:2"},
		{[]string{"--keep-going", "-c", "fail\nquit", good}, "", 1, "", "-c:1"},
		{[]string{"-c", "told"}, "", 1, "ran", ""},
		{[]string{"missing.raft"}, "", 1, "", "missing.raft: cannot be read: no such file"},
		{[]string{"."}, "", 1, "", ".: is a directory"},
		{[]string{""}, "", 1, "", "the name of a script file is empty"},
		{[]string{"-c", "panic"}, "", 1, "", "-c: internal error: on purpose (fake_test.go:"},
		{[]string{"-c", "breach"}, "", 1, "", "an invariant broke"},
		{[]string{"--no-such-flag"}, "", 2, "", "unknown flag: --no-such-flag"},
		{[]string{"-x"}, "", 2, "", "unknown shorthand"},
		{[]string{"--nodes", "0"}, "", 2, "", "from 1 to 99"},
		{[]string{"--nodes", "100"}, "", 2, "", "from 1 to 99"},
		{[]string{"--nodes", "0x5"}, "", 2, "", "decimal"},
		{[]string{"--nodes", "+5"}, "", 2, "", "decimal"},
		{[]string{"--nodes="}, "", 2, "", "decimal"},
		{[]string{"--nodes"}, "", 2, "", "needs an argument"},
		{[]string{"--seed", "-1"}, "", 2, "", "decimal"},
		{[]string{"--seed", "1e3"}, "", 2, "", "decimal"},
		{[]string{"--seed", "18446744073709551616"}, "", 2, "", "to 18446744073709551615"},
		{[]string{"--color", "blue"}, "", 2, "", "auto, always, never"},
		{[]string{"--json=perhaps"}, "", 2, "", "--json"},
		{[]string{"-i", "-"}, "", 2, "", "give a file"},
		{[]string{"--nodes", "7", "--seed", "18446744073709551615", "-c", "args"}, "", 0, "nodes 7 seed 18446744073709551615", ""},
		{[]string{"-c", "args"}, "", 0, "nodes 5 seed 1", ""},
		{[]string{"web", "off"}, "", 2, "", "web off is typed at the prompt"},
		{[]string{"web", "present"}, "", 2, "", "web present is typed at the prompt"},
		{[]string{"--guest", "", "-c", "one"}, "", 2, "", "--guest takes the command"},
		{[]string{"--help"}, "", 0, "--keep-going", ""},
		{[]string{"--version"}, "", 0, "raftlab ", ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			out, errs, code := batch(t, c.stdin, nil, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, not %d", code, c.code)
			}
			if !strings.Contains(out, c.stdout) || c.stdout == "" && out != "" && c.code == 2 {
				t.Errorf("standard output %q", out)
			}
			if !strings.Contains(errs, c.stderr) || c.stderr == "" && errs != "" {
				t.Errorf("standard error %q", errs)
			}
			if strings.ContainsAny(out+errs, "\x1b\r") {
				t.Errorf("not plain text: %q %q", out, errs)
			}
			if c.code == 2 && !strings.Contains(errs, "--help") {
				t.Errorf("no way on: %q", errs)
			}
		})
	}
}

func TestFirstFailureStops(t *testing.T) {
	bad := write(t, "bad.raft", "one\nfail\nthree\n")
	out, errs, _ := batch(t, "", nil, bad, bad)
	if strings.Contains(out, "three") || strings.Count(out, "one") != 1 || strings.Count(errs, "bad.raft:2") != 1 {
		t.Errorf("%q %q", out, errs)
	}
}

func TestJSON(t *testing.T) {
	out, errs, code := batch(t, "", nil, "--json", "-c", "one\nfail")
	if code != 1 || !strings.Contains(errs, "-c:2") {
		t.Errorf("exit code %d, %q", code, errs)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", out)
	}
	for _, l := range lines {
		var v map[string]any
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Errorf("%q: %v", l, err)
		}
	}
}

func TestColour(t *testing.T) {
	for _, c := range []struct {
		args, env []string
		want      bool
	}{
		{nil, []string{"NO_COLOR="}, false}, // no terminal
		{[]string{"--color", "always"}, []string{"NO_COLOR="}, true},
		{[]string{"--color", "always"}, []string{"NO_COLOR=1", "TERM=dumb"}, true},
		{[]string{"--color", "never"}, []string{"NO_COLOR="}, false},
		{nil, []string{"NO_COLOR=", "CLICOLOR_FORCE=1"}, true},
		{nil, []string{"NO_COLOR=", "CLICOLOR_FORCE=0"}, false},
		{nil, []string{"NO_COLOR=", "FORCE_COLOR=1"}, true},
		{nil, []string{"NO_COLOR=", "FORCE_COLOR=true", "TERM=dumb"}, true},
		{nil, []string{"NO_COLOR=", "FORCE_COLOR=0"}, false},
		{nil, []string{"NO_COLOR=", "FORCE_COLOR="}, false},
		{nil, []string{"NO_COLOR=1", "FORCE_COLOR=1", "CLICOLOR_FORCE=1"}, false},
		{[]string{"--color", "never"}, []string{"NO_COLOR=", "FORCE_COLOR=1"}, false},
	} {
		out, _, _ := batch(t, "", c.env, append(c.args, "-c", "one")...)
		if got := strings.Contains(out, "\x1b[32m"); got != c.want {
			t.Errorf("%v %v: %q", c.args, c.env, out)
		}
	}
	for _, c := range []struct {
		args, env []string
		want      bool
	}{
		{nil, []string{"NO_COLOR="}, true},
		{nil, []string{"NO_COLOR=1"}, false},
		{nil, []string{"NO_COLOR=", "TERM=dumb"}, false},
		{[]string{"--color", "never"}, []string{"NO_COLOR="}, false},
	} {
		s := start(t, spec{args: append(c.args, "-c", "one"), env: c.env})
		s.expect("ran")
		s.exit(0)
		if got := strings.Contains(s.text(), "\x1b[32m"); got != c.want {
			t.Errorf("%v %v: %q", c.args, c.env, s.text())
		}
	}
}

// Standard error goes by itself, and a pipe beside a terminal is no terminal.
func TestColourByStream(t *testing.T) {
	_, errs, _ := batch(t, "", []string{"NO_COLOR=", "FORCE_COLOR=1"}, "-c", "fail")
	if !strings.Contains(errs, "\x1b[31") {
		t.Errorf("forced: %q", errs)
	}
	to, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	s := start(t, spec{args: []string{"-c", "fail"}, env: []string{"NO_COLOR="}, stdout: to})
	s.expect("it cannot be done")
	s.exit(1)
	out, _ := os.ReadFile(to.Name())
	if !strings.Contains(s.text(), "\x1b[31") || strings.Contains(string(out), "\x1b") {
		t.Errorf("standard error %q, standard output %q", s.text(), out)
	}
}

// No text of a session can steer the terminal.
func TestControlCharacters(t *testing.T) {
	out, _, _ := batch(t, "", nil, "-c", "evil")
	if want := `evil \x1b[2J\x07\u202e end` + "\n"; out != want {
		t.Errorf("%q, not %q", out, want)
	}
}

func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	for _, args := range [][]string{{"-c", "much"}, {"--help"}, {"--version"}} {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = environment(t)
		cmd.Stdout = full
		var errs strings.Builder
		cmd.Stderr = &errs
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "no space is left") {
			t.Errorf("%v: exit code %d, %q", args, cmd.ProcessState.ExitCode(), errs.String())
		}
	}
}

func TestReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	for _, args := range [][]string{{"-c", "much"}, {"-c", "fail"}, {"--help"}} {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = environment(t)
		cmd.Stdout = w
		var errs strings.Builder
		cmd.Stderr = &errs
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != 141 || errs.Len() > 0 {
			t.Errorf("%v: exit code %d, %q", args, cmd.ProcessState.ExitCode(), errs.String())
		}
	}
}

// slowScript starts a script that runs until it is interrupted.
func slowScript(t *testing.T, args ...string) *screen {
	s := start(t, spec{args: append(args, "-c", "one", "-c", "slow")})
	s.expect("ran")
	s.expect("working")
	return s
}

func TestSignalsInScript(t *testing.T) {
	s := slowScript(t)
	s.send("\x03")
	s.exit(130)
	for sig, code := range map[os.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		if signal.Ignored(sig) { // by whoever runs the tests, as nohup does, and so by the program
			continue
		}
		s := slowScript(t)
		s.signal(sig)
		s.exit(code)
	}
}

func TestCtrlCWhileScriptIsTyped(t *testing.T) {
	s := start(t, spec{args: []string{"-"}})
	s.send("one\n")
	s.ran("one")
	s.send("\x03")
	s.exit(130)

	s = start(t, spec{args: []string{"-"}})
	s.send("one\n")
	s.ran("one")
	s.send("\x04")
	s.exit(0)
}

// A script that does not heed Ctrl-C is ended by the second.
func TestDeafScript(t *testing.T) {
	s := start(t, spec{args: []string{"-c", "deaf"}})
	s.expect("deaf begins")
	s.send("\x03")
	s.expect("^C")
	for again := time.NewTicker(5 * time.Millisecond); ; { // signals at the same time become one
		select {
		case <-s.exited:
			again.Stop()
			s.exit(130)
			return
		case <-again.C:
			_ = s.cmd.Process.Signal(syscall.SIGINT)
		}
	}
}

func TestSignalsAtPrompt(t *testing.T) {
	for sig, code := range map[os.Signal]int{syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131} {
		if signal.Ignored(sig) {
			continue
		}
		s := prompt(t, spec{})
		s.send("abc")
		s.expect("abc")
		s.signal(sig)
		s.exit(code)
	}
}

func TestInterruptedCommand(t *testing.T) {
	s := prompt(t, spec{})
	s.send("slow\rnot this\r")
	s.expect("working")
	s.send("\x03")
	s.expect(term.WipeLine)
	s.expect("interrupted after 3 of 7")
	s.expect("> ")
	s.leave()
	if strings.Contains(s.text(), `ran "not this"`) {
		t.Error("what was typed ahead ran all the same")
	}
}

func TestPanicAtPrompt(t *testing.T) {
	s := prompt(t, spec{})
	s.send("panic\r")
	s.expect("internal error: on purpose (fake_test.go:")
	s.expect("> ")
	s.leave()
}

func TestFailureAtPrompt(t *testing.T) {
	s := prompt(t, spec{})
	s.send("fail\r")
	s.expect("it cannot be done\r\n")
	s.expect("> ")
	s.leave()
}

func TestQuit(t *testing.T) {
	s := prompt(t, spec{})
	s.send("quit\r")
	s.exit(0)
}

func TestHangUp(t *testing.T) {
	s := prompt(t, spec{})
	s.theirs.Close()
	s.ours.Close()
	select { // by SIGHUP or by the end of the input
	case <-s.exited:
	case <-time.After(patience):
		t.Error("the program goes on without a terminal")
	}
}

func TestFileThenPrompt(t *testing.T) {
	good, bad := write(t, "good.raft", "one\n"), write(t, "bad.raft", "fail\n")
	s := start(t, spec{args: []string{"-i", good, "-i", bad, "-i", "missing"}})
	s.ran("one")
	s.expect("bad.raft:1: fail: it cannot")
	s.expect("missing: cannot be read")
	s.expect("> ")
	s.send("\x04")
	s.exit(1) // a script failed

	s = start(t, spec{args: []string{"-i", good, "-c", "slow"}})
	s.expect("working")
	s.send("\x03")
	s.expect("interrupted")
	s.expect("> ")
	s.send("quit\r")
	s.exit(1)
}

func TestPause(t *testing.T) {
	file := write(t, "pause.raft", "one\npause\ntwo\n")
	s := start(t, spec{args: []string{file}})
	s.expect("Press Enter")
	s.send("\r")
	s.ran("two")
	s.exit(0)

	s = start(t, spec{args: []string{file}})
	s.expect("Press Enter")
	s.send("\x03")
	s.exit(130)

	s = start(t, spec{args: []string{file}})
	s.expect("Press Enter")
	s.send("\x04")
	s.ran("two")
	s.exit(0)

	s = prompt(t, spec{})
	s.send("pause\r")
	s.expect("Press Enter")
	s.send("\r")
	s.ran("pause")
	s.expect("> ")
	s.leave()

	out, _, code := batch(t, "", nil, file)
	if code != 0 || strings.Contains(out, "Press") {
		t.Errorf("off a terminal: %d %q", code, out)
	}
}

func TestProgressIsWiped(t *testing.T) {
	s := start(t, spec{args: []string{"-c", "busy"}})
	s.expect(term.WipeLine + "half")
	s.expect(term.WipeLine)
	s.ran("busy")
	s.exit(0)
	out, errs, _ := batch(t, "", nil, "-c", "busy")
	if out != "ran \"busy\"\n" || errs != "" {
		t.Errorf("off a terminal: %q %q", out, errs)
	}
}

func TestPlay(t *testing.T) {
	s := prompt(t, spec{})
	for _, key := range []string{" ", "q", "\x1b[A", "\x1a", "日"} {
		s.send("\x15play\r") // without what the key before has typed
		s.expect("frame 2")
		s.send(key)
		s.expect("stopped by a key")
		s.expect("> ")
	}
	s.send("\x15play\r") // without what the key before has typed
	s.expect("frame 2")
	s.send("\x03")
	s.expect("ed ") // stopped by a key, or interrupted before the next frame
	s.expect("> ")
	s.send("play\r")
	s.expect("frame 2")
	s.signal(syscall.SIGINT)
	s.expect("interrupted while playing")
	s.expect("> ")
	s.leave()
}

func TestPlayInScript(t *testing.T) {
	s := start(t, spec{args: []string{"-c", "play"}})
	s.expect("frame 2")
	s.send("x")
	s.expect("stopped by a key")
	s.exit(0)

	s = start(t, spec{args: []string{"-c", "play\nslow"}})
	s.expect("frame 2")
	s.send("x")
	s.expect("slow begins")
	s.send("\x03") // a signal again, not a key
	s.exit(130)

	s = start(t, spec{args: []string{"-c", "play"}})
	s.expect("frame 2")
	s.signal(syscall.SIGTERM)
	s.exit(143)

	s = start(t, spec{args: []string{"-c", "play"}, env: []string{"FAKE_PLAY_PANIC=1"}})
	s.expect("internal error: in a frame")
	s.exit(1)
}

// A screen that is lower than the frame, and narrower.
func TestPlayOnSmallScreen(t *testing.T) {
	s := start(t, spec{args: []string{"-c", "play"}, cols: 10, rows: 2})
	s.expect("frame 0")
	s.expect("\x1b[1Afra"[:4])
	s.send("x")
	s.expect("stopped")
	s.exit(0)
	if strings.Contains(s.text(), "second") {
		t.Error("the frame is higher than the screen")
	}
}

// Output to a file while a person types: the prompt goes to standard error.
func TestOutputRedirected(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := start(t, spec{stdout: file})
	s.expect("fake#1> ")
	s.send("one\n")
	s.expect("fake#2> ")
	s.send("fail\n")
	s.expect("it cannot be done")
	s.expect("fake#3> ")
	s.send("\x04")
	s.exit(0)
	got, _ := os.ReadFile(file.Name())
	if string(got) != "ran \"one\"\nran \"fail\"\n" {
		t.Errorf("%q", got)
	}
}

// A first word of the command line that is no command says at the prompt where it is typed.
func TestFirstWordsAtThePrompt(t *testing.T) {
	s, err := openSession(commands.Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range doors {
		err := s.Run(context.Background(), "help "+word, lang.Silent{})
		if err == nil {
			continue // it is a command, too
		}
		err = s.Run(context.Background(), word, lang.Silent{})
		if err == nil || !strings.Contains(err.Error(), "typed in the shell: raftlab "+word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
