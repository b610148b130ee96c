package lang

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/commands/files"
	"raftlab/commands/prose"
)

const (
	BOM      = "\ufeff"
	maxDepth = 25 // of files that source each other
)

// Script is a script that is being read.
type Script struct {
	Name string // as messages say it; "" for what was typed at the prompt
	Path string // what tells it from others; "" for text that is no file
	Dir  string // where the files it names are looked for
	Line int    // the line that runs, from 1; 0 before the first

	About any // what an observer knows of it, or nil

	steps int // that were open when it began
}

// located is the error of a command with its place in the script that is being read, as a
// *ScriptError; at the prompt it is the error itself.
func (s *Session) located(command string, err error) error {
	at := s.Innermost()
	if at.Name == "" {
		return err
	}
	return &ScriptError{Chain: s.chain(), File: prose.Visible(at.Name), Line: at.Line, Command: command, Err: err}
}

// chain is FILE:LINE of every script being read, the innermost first.
func (s *Session) chain() []string {
	var chain []string
	for i := len(s.files) - 1; i >= 0 && s.files[i].Name != ""; i-- {
		chain = append(chain, fmt.Sprintf("%s:%d", prose.Visible(s.files[i].Name), s.files[i].Line))
	}
	return chain
}

// RunScript runs a script. name is what messages call it: a path, "-" for
// standard input, "-c" for the command line. The error is the first failure,
// a *ScriptError, which was shown already, or ErrQuit where a person left at a
// pause; `quit` in the script only ends the script.
func (s *Session) RunScript(ctx context.Context, name string, r io.Reader, f Frontend) error {
	defer s.Use(f)()
	file := &Script{Name: name}
	if name != "-" && name != "-c" {
		file.Path, file.Dir = files.Resolve(name), filepath.Dir(name)
	}
	return s.read(ctx, file, r)
}

// Typed tells whether what runs now was typed, at the prompt or behind -c, and stands
// in no file: whoever started the program says it.
func (s *Session) Typed() bool {
	return !slices.ContainsFunc(s.files, func(f *Script) bool { return f.Name != "-c" && f.Name != "" || f.Path != "" })
}

// ScriptFile is a script in a file. A relative path is looked for beside the script that is
// being read.
func (s *Session) ScriptFile(path string) *Script {
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Innermost().Dir, path)
	}
	return &Script{Name: path, Path: files.Resolve(path), Dir: filepath.Dir(path)}
}

// Source runs a file as part of the call.
func (c *Call) Source(path string) error {
	s := c.Session
	file := s.ScriptFile(path)
	path = file.Name
	if err := s.MayNest(file); err != nil {
		return err
	}
	f, err := files.Open(c.Ctx, path)
	switch {
	case err != nil && c.Ctx.Err() != nil:
		return ErrInterrupted
	case errors.Is(err, files.ErrDirectory):
		return Errorf("%s is a directory, not a script", prose.Visible(path))
	case err != nil:
		return Errorf("%s cannot be read: %s", prose.Visible(path), files.Reason(err))
	}
	defer f.Close()
	return s.read(c.Ctx, file, f)
}

// SourceText runs a script that is no file, such as a built-in scenario.
func (c *Call) SourceText(name, text string) error {
	file := &Script{Name: name, Path: "built in: " + name, Dir: c.Session.Innermost().Dir}
	if err := c.Session.MayNest(file); err != nil {
		return err
	}
	return c.Session.read(c.Ctx, file, strings.NewReader(text))
}

// MayNest refuses files that source each other in a circle, or too deeply.
func (s *Session) MayNest(file *Script) error {
	chain := strings.Join(s.chain(), ", from ")
	for _, f := range s.files {
		if f.Path == file.Path && f.Path != "" {
			return Errorf("%s is being read already: from %s", prose.Visible(file.Name), chain)
		}
	}
	if len(s.files) >= maxDepth {
		return Errorf("scripts are nested more than %d deep: from %s", maxDepth, chain)
	}
	return nil
}

// read runs the lines of a script.
func (s *Session) read(ctx context.Context, file *Script, r io.Reader) error {
	defer s.Reading(file)()
	lines := newLineReader(r)
	var first error
	for {
		line, err := lines.next()
		if err == io.EOF {
			return first
		}
		if err != nil && ctx.Err() != nil {
			return joinEnd(first, ErrInterrupted)
		}
		file.Line = lines.number
		if err == nil {
			if s.Echo {
				s.Front.Echo(line)
			}
			err = s.RunLine(ctx, line)
		} else {
			err = s.refuse(line, err)
		}
		err, ended := fileEnds(err)
		if ended {
			return cmp.Or(first, err)
		}
		if err != nil {
			if first = joinEnd(first, err); Ends(err) || !s.keepGoing || lines.broken {
				return first
			}
		}
	}
}

// lineReader cuts a script into lines without ever holding more than one
// that is of legal length.
type lineReader struct {
	r      *bufio.Reader
	number int
	broken bool // reading itself failed
	long   bool // the rest of a line that is too long is still to be read over
}

func newLineReader(r io.Reader) *lineReader {
	// Two bytes more than a line: CRLF. One more tells a longer line.
	return &lineReader{r: bufio.NewReaderSize(r, len(BOM)+MaxLine+3)}
}

// next is the next line without its end. io.EOF ends the script; any other
// error is about this line.
func (l *lineReader) next() (string, error) {
	l.number++
	if l.long {
		l.long = false
		if err := l.skip(); err != nil {
			return "", err
		}
	}
	slice, err := l.r.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		l.long = true // only when somebody asks for more: it may have no end
		return "", checkLine(l.clean(slice))
	case err == io.EOF && len(slice) == 0:
		return "", io.EOF
	case err != nil && err != io.EOF:
		l.broken = true
		return "", Errorf("cannot be read: %s", files.Reason(err))
	}
	line := l.clean(slice)
	if l.number == 1 && (strings.HasPrefix(line, "\xff\xfe") || strings.HasPrefix(line, "\xfe\xff")) {
		l.broken = true
		return "", errorAt("", 0, "this is UTF-16").WithHint("save the file as UTF-8")
	}
	return line, nil
}

// clean takes off the end of the line and a leading byte order mark.
func (l *lineReader) clean(b []byte) string {
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimSuffix(b, []byte("\r"))
	if l.number == 1 {
		b = bytes.TrimPrefix(b, []byte(BOM))
	}
	return string(b)
}

// skip reads over the rest of a line that is too long.
func (l *lineReader) skip() error {
	for {
		_, err := l.r.ReadSlice('\n')
		if err == nil || err == io.EOF {
			return nil
		}
		if err != bufio.ErrBufferFull {
			l.broken = true
			return Errorf("cannot be read: %s", files.Reason(err))
		}
	}
}

// OneLine is an error on one line, for a list. The failing command of a script stands in front,
// so the line with the caret is left out.
func OneLine(err error) string {
	var at *ScriptError
	text := err.Error()
	if errors.As(err, &at) {
		text = fmt.Sprintf("%s:%d: ", at.File, at.Line)
		if at.Command != "" {
			text += prose.Shorten(prose.Visible(at.Command), 60) + ": "
		}
		text += at.Err.Error()
	}
	var parts []string
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		pointed := at != nil && i+1 < len(lines) && strings.TrimSpace(lines[i+1]) == "^"
		if line = strings.TrimSpace(line); line != "" && line != "^" && !pointed {
			parts = append(parts, line)
		}
	}
	return prose.Shorten(strings.ReplaceAll(strings.Join(parts, "; "), ":; ", ": "), 300)
}
