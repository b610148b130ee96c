//go:build unix

package console

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chzyer/readline"
	"github.com/creack/pty"
)

// patience is how long a test waits for what must come. It is only ever spent
// by a test that fails.
const patience = 60 * time.Second

// theEnd is written by a test behind the program's output.
const theEnd = "<the end>"

// screen is the program on a real pseudo-terminal.
type screen struct {
	t      *testing.T
	ours   *os.File // what a terminal emulator holds
	theirs *os.File // what the program holds
	cmd    *exec.Cmd
	before *readline.State
	exited chan struct{}
	last   string // what was sent last

	mu   sync.Mutex
	out  []byte
	seen int // what expect has passed
	more chan struct{}
}

// spec says how to start the program.
type spec struct {
	args       []string
	env        []string // on top of a small fixed environment
	cols, rows int
	stdout     *os.File // instead of the terminal
	shell      string   // what a shell runs that starts the program as "$0"; "": no shell
}

func environment(t *testing.T, extra ...string) []string {
	return append([]string{"RAFTLAB_TEST_PROGRAM=1", "TERM=xterm", "NO_COLOR=1", "GORACE=atexit_sleep_ms=10", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, extra...)
}

func start(t *testing.T, s spec) *screen {
	t.Helper()
	if s.cols == 0 && s.rows == 0 {
		s.cols, s.rows = 80, 24
	}
	ours, theirs, err := openTerminal()
	if err != nil {
		t.Fatal(err)
	}
	sc := &screen{t: t, ours: ours, theirs: theirs, exited: make(chan struct{}), more: make(chan struct{}, 1)}
	sc.resize(s.cols, s.rows)
	sc.before = sc.mode()
	sc.cmd = exec.Command(os.Args[0], s.args...)
	if s.shell != "" {
		sc.cmd = exec.Command("sh", append([]string{"-c", s.shell, os.Args[0]}, s.args...)...)
	}
	sc.cmd.Env = environment(t, s.env...)
	sc.cmd.Stdin, sc.cmd.Stdout, sc.cmd.Stderr = theirs, theirs, theirs
	if s.stdout != nil {
		sc.cmd.Stdout = s.stdout
	}
	sc.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := sc.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go sc.read()
	go func() { _ = sc.cmd.Wait(); close(sc.exited) }()
	t.Cleanup(func() {
		_ = sc.cmd.Process.Kill()
		<-sc.exited
		_, _ = ours.Close(), theirs.Close()
	})
	return sc
}

// openTerminal makes the emulator's end one that Close frees from a Read.
func openTerminal() (ours, theirs *os.File, err error) {
	blocking, theirs, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer blocking.Close()
	fd, err := syscall.Dup(int(blocking.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
		err = syscall.SetNonblock(fd, true)
	}
	return os.NewFile(uintptr(fd), "terminal"), theirs, err
}

func (s *screen) resize(cols, rows int) {
	s.t.Helper()
	if err := pty.Setsize(s.theirs, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) read() {
	buf := make([]byte, 4096)
	for {
		n, err := s.ours.Read(buf)
		s.mu.Lock()
		s.out = append(s.out, buf[:n]...)
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *screen) send(keys string) {
	s.t.Helper()
	s.last = keys
	if _, err := s.ours.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits until text is shown, after what was expected before, and
// returns what came before it.
func (s *screen) expect(text string) string {
	s.t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		i := bytes.Index(s.out[s.seen:], []byte(text))
		if i >= 0 {
			skipped := string(s.out[s.seen : s.seen+i])
			s.seen += i + len(text)
			s.mu.Unlock()
			return skipped
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-late:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("%q was not shown; after %q came %q", text, tail(s.out[:s.seen]), tail(s.out[s.seen:]))
		}
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-500):] }

// ran expects that the program ran a line.
func (s *screen) ran(line string) {
	s.t.Helper()
	s.expect("ran " + strconv.Quote(line))
}

// exit waits for the program's end and checks its code, and that the terminal
// is as it was.
func (s *screen) exit(code int) {
	s.t.Helper()
	// A terminal turns a Ctrl-D into nothing that comes just as the prompt takes
	// it over, as it may when it is sent at once.
	again, late := time.NewTicker(patience/100), time.After(patience)
	defer again.Stop()
	for gone := false; !gone; {
		select {
		case <-s.exited:
			gone = true
		case <-again.C:
			if s.last == "\x04" {
				_, _ = s.ours.WriteString(s.last)
			}
		case <-late:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("the program goes on; it showed %q", tail(s.out))
		}
	}
	_, _ = s.theirs.WriteString(theEnd) // all that came before it has then been read
	s.expect(theEnd)
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("exit code %d, not %d; %q", got, code, tail([]byte(s.text())))
	}
	if !reflect.DeepEqual(s.mode(), s.before) {
		s.t.Error("the terminal is not as it was")
	}
	if strings.LastIndex(s.text(), "\x1b[?2004h") > strings.LastIndex(s.text(), "\x1b[?2004l") {
		s.t.Error("the terminal still marks pastes")
	}
}

// leave ends the program by Ctrl-D, which proves that the prompt works.
func (s *screen) leave() {
	s.t.Helper()
	s.send("still here\r")
	s.ran("still here")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)
}

func (s *screen) mode() *readline.State {
	state, err := readline.GetState(int(s.theirs.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	return state
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.out)
}

func (s *screen) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// batch runs the program without a terminal.
func batch(t *testing.T, stdin string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = environment(t, env...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
