//go:build unix

package console

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// waiting makes a pipe, and a function that returns when somebody reads from it,
// while nobody has written to it.
func waiting(t *testing.T) (path string, read func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path, func() {
		t.Helper()
		for began := time.Now(); time.Since(began) < patience; time.Sleep(time.Millisecond) {
			if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				t.Cleanup(func() { _ = w.Close() })
				return
			}
		}
		t.Fatal("nobody reads from the pipe")
	}
}

// Ctrl-C ends a script that waits for a pipe to be written to.
func TestCtrlCEndsAWaitingScript(t *testing.T) {
	for _, args := range [][]string{{"PIPE"}, {"--keep-going", "PIPE"}, {"-c", "source PIPE"}, {"-c", "! quietly source PIPE"}, {"-c", "repeat 2 'source PIPE'"}} {
		pipe, read := waiting(t)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "PIPE", pipe)
		}
		s := start(t, spec{args: args, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
		read()
		s.signal(syscall.SIGINT)
		s.exit(130)
	}
	// one that nobody has opened for writing, and one without any line
	pipe, _ := waiting(t)
	for _, args := range [][]string{{"-c", "say begun", pipe}, {"-c", "say begun; source " + pipe}, {"--keep-going", "-c", "say begun", "/dev/zero"}} {
		s := start(t, spec{args: args, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
		s.expect("begun")
		time.Sleep(20 * time.Millisecond)
		s.interruptUntilGone(130)
	}
}

// Ctrl-C ends the program while its session is not there yet: a guest that does not answer starts, or a run is read.
func TestCtrlCEndsTheStart(t *testing.T) {
	for _, args := range [][]string{{"--guest", "sh -c 'echo x >PIPE; sleep 100'"}, {"--judge", "PIPE"}} {
		pipe, read := waiting(t)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "PIPE", pipe)
		}
		s := start(t, spec{args: append(args, "-c", "say begun"), env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
		if args[0] == "--guest" { // it has started when it writes
			if _, err := os.ReadFile(pipe); err != nil {
				t.Fatal(err)
			}
		} else {
			read()
		}
		s.signal(syscall.SIGINT)
		s.exit(130)
		if strings.Contains(s.text(), "begun") {
			t.Errorf("%q goes on", args)
		}
	}
}

// interruptUntilGone sends Ctrl-C once, and once more where it came before the
// program was ready for it.
func (s *screen) interruptUntilGone(code int) {
	s.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		s.signal(syscall.SIGINT)
		select {
		case <-s.exited:
			s.exit(code)
			return
		case <-again.C:
		}
	}
}

// At the prompt Ctrl-C ends what runs, and the next line is another.
func TestCtrlCKeepsThePrompt(t *testing.T) {
	pipe, read := waiting(t)
	s := real(t, spec{})
	s.send("source " + pipe + "\r")
	read()
	s.send("\x03")
	s.expect("interrupted")
	s.expect("> ")
	const endless = "(let x = 1..900000; count(x, {900000 in x}) == 7)"
	for _, line := range []string{
		"repeat 1000000 'tick'", "expect " + endless, "run until " + endless, "print " + endless, "run until false within 1000000",
		"explore timeouts 9 crashes 9 terms 9", "fuzz within 10m", "sweep election-timeout runs 100000",
	} {
		s.send(`print "be" + "gun"; ` + line + "\r")
		s.expect("begun")
		time.Sleep(20 * time.Millisecond)
		s.send("\x03")
		s.expect("> ")
		s.send(`print "still" + " here"` + "\r")
		s.expect("still here")
		s.expect("> ")
	}
	s.send("\x04")
	s.exit(0)
}
