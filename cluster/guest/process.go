package guest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-shellwords"
)

const (
	// mostAnswer is the length of the longest answer that is read, in bytes.
	mostAnswer = 64 << 20
	// tail is how many of the last lines of standard error an error shows.
	tail = 5
	// mostLine is how many bytes of a line are shown.
	mostLine = 500
	// grace is how long a process that ends has for its last lines.
	grace = 200 * time.Millisecond
)

// process is a running program. After an error it is ended, and not asked again.
type process struct {
	cmd     *exec.Cmd
	mark    string   // see marked
	in, out *os.File // our ends
	lines   *bufio.Reader
	said    *said
	ended   chan struct{} // it says no more on standard error
	exited  chan struct{} // it runs no more
	once    sync.Once
}

// split splits a command into words as a shell does, without running one.
func split(command string) ([]string, error) {
	words, err := shellwords.Parse(command)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the command %s cannot be split into words: %w", short(command), err)
	case len(words) == 0:
		return nil, errors.New("the command is empty")
	}
	return words, nil
}

// launch starts a program. It gets its three files and a process group of its own.
func launch(command string, said *said) (*process, error) {
	words, err := split(command)
	if err != nil {
		return nil, err
	}
	var files [3][2]*os.File // pairs: one end for us, the other for the program
	for i := range files {
		if files[i][0], files[i][1], err = os.Pipe(); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = files[0][0], files[1][1], files[2][1]
	environ, mark := marked()
	cmd.Env = environ
	ownGroup(cmd)
	err = cmd.Start()
	for _, f := range []*os.File{files[0][0], files[1][1], files[2][1]} {
		_ = f.Close()
	}
	p := &process{cmd: cmd, mark: mark, in: files[0][1], out: files[1][0], said: said, ended: make(chan struct{}),
		exited: make(chan struct{})}
	if err != nil {
		p.closeFiles()
		_ = files[2][0].Close()
		return nil, fmt.Errorf("%s cannot be started: %w", short(command), err)
	}
	p.lines = bufio.NewReaderSize(p.out, 1<<16)
	began(cmd)
	go p.listen(files[2][0])
	go p.watch()
	return p, nil
}

// watch ends the wait for an answer when the program exits. Without it, a process that the
// program started could keep its standard output open.
func (p *process) watch() {
	_ = p.cmd.Wait()
	close(p.exited)
	time.Sleep(grace)
	_ = p.out.SetReadDeadline(time.Unix(1, 0))
}

// listen keeps what the program writes to standard error, until that is closed.
func (p *process) listen(f *os.File) {
	defer close(p.ended)
	defer f.Close()
	p.said.take(f)
}

func (p *process) closeFiles() {
	_ = p.in.Close()
	_ = p.out.Close()
}

// errTooLong is the error for an answer that does not end.
var errTooLong = fmt.Errorf("an answer of more than %d megabytes", mostAnswer>>20)

// silence is the error that no answer came in that time, or none that ended.
type silence struct {
	time  time.Duration
	begun bool
}

func (s silence) Error() string {
	if s.begun {
		return fmt.Sprintf("no answer in %s: the line that it has begun does not end", s.time)
	}
	return fmt.Sprintf("no answer in %s", s.time)
}

// Timeout tells that it is the time that was over, as net.Error does.
func (s silence) Timeout() bool { return true }

// interrupted is the error that the context was cancelled.
type interrupted struct{}

func (interrupted) Error() string { return "the wait for it was interrupted" }
func (interrupted) Unwrap() error { return context.Canceled }

// ask sends a line, unless it is nil, and reads one. It waits until ctx is done, and no longer
// than limit.
func (p *process) ask(ctx context.Context, line []byte, limit time.Duration) ([]byte, error) {
	until := time.Now().Add(limit)
	_ = p.in.SetDeadline(until)
	_ = p.out.SetDeadline(until)
	stop := context.AfterFunc(ctx, func() {
		_ = p.in.SetDeadline(time.Unix(1, 0))
		_ = p.out.SetDeadline(time.Unix(1, 0))
	})
	defer stop()
	var err error
	if line != nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	var answer []byte
	if !errors.Is(err, os.ErrDeadlineExceeded) { // it may have answered and exited without reading
		answer, err = p.line()
	}
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, interrupted{}
	case errors.Is(err, os.ErrDeadlineExceeded) && !p.gone():
		return nil, silence{limit, len(answer) > 0}
	case errors.Is(err, errTooLong):
		return nil, err
	}
	return nil, p.hungUp(len(answer) > 0)
}

// starts tells whether the program, or something that it has started, may still be starting.
func (p *process) starts() bool { return atWork(p.cmd.Process.Pid) }

// gone tells whether the program has exited.
func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// line reads a line of the program's output.
func (p *process) line() ([]byte, error) {
	var all []byte
	for {
		part, err := p.lines.ReadSlice('\n')
		all = append(all, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(all, "\r\n"), nil
		case len(all) > mostAnswer:
			return nil, errTooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return all, err
		}
	}
}

// hungUp waits for the end of a program that has hung up. begun tells whether it has begun a line.
func (p *process) hungUp(begun bool) error {
	for _, last := range []chan struct{}{p.exited, p.ended} {
		select {
		case <-last:
		case <-time.After(grace):
		}
	}
	how := "it closed its standard output"
	if p.gone() {
		how = ended(p.cmd.ProcessState)
	}
	if begun {
		how += " in the middle of a line"
	}
	p.end()
	return &lastWords{how, p.said.last()}
}

// lastWords is the error of a program that has ended: how, and its last lines of standard error.
type lastWords struct{ how, said string }

func (e *lastWords) Error() string {
	if e.said == "" {
		return e.how
	}
	return e.how + "; it said last:\n" + e.said
}

// Name is the last line, which names the failure.
func (e *lastWords) Name() string {
	said := strings.TrimSpace(e.said)
	if said == "" {
		return e.how
	}
	return e.how + ": " + strings.TrimSpace(said[strings.LastIndexByte(said, '\n')+1:])
}

// ended says how a program has ended by itself.
func ended(s *os.ProcessState) string {
	switch code := s.ExitCode(); {
	case code > 0:
		return fmt.Sprintf("it ended with exit code %d", code)
	case code < 0:
		return "it was ended by a " + s.String() // signal: killed
	}
	return "it ended"
}

// end ends the program and all that it has started.
func (p *process) end() {
	p.once.Do(func() {
		_ = p.in.Close() // a program that reads to the end then exits by itself
		select {
		case <-p.exited:
		case <-time.After(grace):
		}
		endGroup(p.cmd)
		<-p.exited
		endMarked(p.mark)
		over(p.cmd)
		_ = p.out.Close()
	})
}

// mostSaid is how many lines of standard error are kept to be shown.
const mostSaid = 20

// said is what a program has written to standard error.
type said struct {
	mu      sync.Mutex
	fresh   []string // not shown yet
	omitted int      // how many more were not kept
	ends    []string // the last lines
}

func (s *said) take(r io.Reader) {
	lines := bufio.NewReaderSize(r, 1<<12)
	for goesOn := false; ; {
		part, err := lines.ReadSlice('\n')
		if len(part) > 0 && !goesOn {
			s.add(cut(strings.TrimRight(string(part), "\r\n"), mostLine))
		}
		if goesOn = errors.Is(err, bufio.ErrBufferFull); err != nil && !goesOn {
			return
		}
	}
}

// inside says whether a line tells of the inside of Node.js, which stands below what a program's own error is.
func inside(line string) bool {
	frame := strings.HasPrefix(strings.TrimSpace(line), "at ") && strings.Contains(line, "node:")
	return frame || strings.HasPrefix(line, "Node.js v")
}

func (s *said) add(line string) {
	if inside(line) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fresh) < mostSaid {
		s.fresh = append(s.fresh, line)
	} else {
		s.omitted++
	}
	if len(s.ends) == tail {
		s.ends = s.ends[1:]
	}
	s.ends = append(s.ends[:len(s.ends):len(s.ends)], line)
}

// last is the last lines. Those that were not shown yet are not shown again by themselves.
func (s *said) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	unkept := min(s.omitted, len(s.ends))
	s.omitted -= unkept
	s.fresh = s.fresh[:max(0, len(s.fresh)-(len(s.ends)-unkept))]
	return strings.Join(s.ends, "\n")
}

// drain returns the lines that were not shown yet, and how many more were not kept.
func (s *said) drain() (lines []string, omitted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, omitted = s.fresh, s.omitted
	s.fresh, s.omitted = nil, 0
	return lines, omitted
}

// resident is how many kilobytes of memory the process uses, on Linux.
func (p *process) resident() (kilobytes uint64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if _, rest, ok := strings.Cut(string(status), "VmRSS:"); ok {
		_, _ = fmt.Sscan(rest, &kilobytes)
	}
	return kilobytes
}
