package term

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"raftlab/commands/files"
)

const (
	maxLine     = 4096    // bytes at the prompt; the editor's cost grows with the square
	historyKept = 1000    // lines that are read back
	historyFull = 2000    // lines in the file from which on it is cut to those
	historyTail = 1 << 20 // bytes at the end of the file that are looked at
)

// History is the lines of this and earlier sessions. The file is kept here and
// not by the line editor, which opens it for all to read, replaces symbolic
// links, hangs on a pipe and hides its errors.
type History struct {
	lines []string
	file  *os.File // nil: not kept
}

// OpenHistory reads the file. Its error is a warning: the history then serves
// without the file.
func OpenHistory(path string) (*History, error) {
	h := &History{}
	return h, h.open(path)
}

func (h *History) open(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not an ordinary file", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		if b, readErr := os.ReadFile(path); readErr == nil {
			h.read(b)
		}
		return err
	}
	if err := f.Chmod(0o600); err != nil {
		_ = f.Close()
		return err
	}
	total, err := h.load(f)
	if err != nil {
		_ = f.Close()
		return err
	}
	h.file = f
	if total > historyFull {
		return h.shorten(path)
	}
	return nil
}

// load reads the end of the file and returns how many lines it saw there.
func (h *History) load(f *os.File) (int, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	from := max(0, info.Size()-historyTail)
	b, err := io.ReadAll(io.NewSectionReader(f, from, historyTail))
	if err != nil {
		return 0, err
	}
	if from > 0 { // the first line is cut
		_, b, _ = bytes.Cut(b, []byte("\n"))
		h.read(b)
		return historyFull + 1, nil
	}
	return h.read(b), nil
}

func (h *History) read(b []byte) int {
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	for _, l := range lines {
		h.push(strings.TrimSuffix(l, "\r"))
	}
	return len(lines)
}

// push takes a line that can be shown and edited, and is not the last again.
func (h *History) push(line string) bool {
	if strings.TrimSpace(line) == "" || len(line) > maxLine || !utf8.ValidString(line) ||
		strings.IndexFunc(line, unprintable) >= 0 {
		return false
	}
	if n := len(h.lines); n > 0 && h.lines[n-1] == line {
		return false
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > historyKept {
		h.lines = h.lines[1:]
	}
	return true
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// private tells whether a line must not get into the file: it begins with a blank, or it
// is the command that keeps the lines after it out.
func private(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") ||
		strings.Contains(strings.Join(strings.Fields(line), " "), "set history off")
}

// Add remembers a line, in the file as well when keep says so. An error is
// told once: the file is then given up.
func (h *History) Add(line string, keep bool) error {
	if !h.push(line) || h.file == nil || !keep || private(line) {
		return nil
	}
	if _, err := h.file.WriteString(line + "\n"); err != nil {
		_ = h.file.Close()
		h.file = nil
		return fmt.Errorf("what you type is no longer kept for the next session: %w", err)
	}
	return nil
}

// shorten replaces the file by the lines that are kept, in one step. Where that
// cannot be the file stays long, which does no harm.
func (h *History) shorten(path string) (err error) {
	if files.Write(path, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600) != nil {
		return nil
	}
	_ = h.file.Close()
	h.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}

func (h *History) close() {
	if h.file != nil {
		_ = h.file.Close()
	}
}

// Last is the newest lines, at most so many, in their order.
func (h *History) Last(most int) []string {
	return slices.Clone(h.lines[max(0, len(h.lines)-most):])
}
