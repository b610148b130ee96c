package lang

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"raftlab/commands/prose"
)

// Error is the answer of a command that cannot do what was asked: what went
// wrong, and what to do instead.
type Error struct {
	Msg  string // one line, no full stop
	Hint string // what to do instead; may be empty
	Col  int    // the byte column (from 1) that is to blame; 0 for none

	Line    string   // the line that Col points into
	word    bool     // only another word was wanted: another form of the command may have more to say
	needs   string   // what stands for the argument that is missing: NAME: what it is
	wants   []string // the words that could have stood there, when Msg does not name them
	Also    []string // the words that could have stood there as well, of the same kind
	cause   error    // what the world said; nil: it said nothing
	mistake bool     // nothing was asked of the cluster: no such command, an unclosed quote, no condition
}

// Refused is what the world said of a command: an Error as it is, with its hint, and any
// other as one without a column.
func Refused(err error) *Error {
	if e := (&Error{}); errors.As(err, &e) {
		return e
	}
	return Saying(err)
}

// Saying is an Error with the text of another one, which it unwraps to.
func Saying(err error) *Error { return &Error{Msg: err.Error(), cause: err} }

// Unwrap is what the world said, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error without a column, which is what most commands need.
func Errorf(format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}

// Or adds words to Also.
func (e *Error) Or(words ...string) *Error {
	e.Also = append(e.Also, words...)
	return e
}

// WithHint says what to do instead.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Suggest makes the hint the names that the word was probably meant to be; if there are none,
// otherwise, unless that is "".
func (e *Error) Suggest(word string, names []string, otherwise string) *Error {
	e.Hint = cmp.Or(prose.DidYouMean(word, names), otherwise)
	return e
}

// asMistake marks an error that only a mistake in the line can cause. It is no
// refusal, so `! COMMAND` does not accept it as one.
func (e *Error) asMistake() *Error {
	e.mistake = true
	return e
}

// wanting says which words could have stood there.
func (e *Error) wanting(words ...string) *Error {
	e.wants = words
	return e
}

// isMistake says whether asMistake marked an error.
func isMistake(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.mistake
}

// Headline is what an error says, on one line, without what to do instead. Of errors
// that are told together it is the first one's.
func Headline(err error) string {
	switch e := err.(type) {
	case interface{ headline() string }:
		return e.headline()
	case interface{ Unwrap() []error }:
		return Headline(e.Unwrap()[0])
	}
	return err.Error()
}

func (e *Error) headline() string { return e.Msg }
func (k kept) headline() string   { return Headline(k.error) }
func (s shown) headline() string  { return Headline(s.error) }

func (e *Error) Error() string {
	text := e.Msg
	if e.Col > 0 {
		text += "\n" + prose.Caret(e.Line, e.Col)
	}
	if e.Hint != "" {
		text += "\n  " + strings.ReplaceAll(e.Hint, "\n", "\n  ")
	}
	return text
}

// ErrLasting refuses to try a command whose effects cannot be taken back (Command.Lasting).
var ErrLasting = errors.New("cannot be tried: what it does is not taken back")

// ErrQuit ends the session: `quit` at the prompt returns it.
var ErrQuit = errors.New("quit")

// ErrFileEnd ends the script that is being read: `quit` in one returns it.
var ErrFileEnd = errors.New("the script ends here")

// fileEnds says whether an error is that the script ends here, and what else
// went wrong before.
func fileEnds(err error) (before error, ended bool) {
	if !errors.Is(err, ErrFileEnd) {
		return err, false
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range all.Unwrap() {
			rest, _ := fileEnds(e)
			before = cmp.Or(before, rest)
		}
	}
	return before, true
}

// ErrInterrupted is behind every error of a command that Ctrl-C ended.
var ErrInterrupted = errors.New("interrupted")

// kept marks a failure after which what the command did stays.
type kept struct{ error }

func (k kept) Unwrap() error { return k.error }

// Kept says of a failed command that what it did until then stays, as for a
// `run until` that gave up. Without it a failure takes everything back.
func Kept(err error) error { return kept{err} }

// shown marks a failure of a command inside another one, which was shown
// with that command.
type shown struct{ error }

// Shown marks an error that was shown already, with a command inside this one.
func Shown(err error) error { return shown{err} }

func (s shown) Unwrap() error { return s.error }

// Interrupted is what a command returns that Ctrl-C ended; progress says how
// far it came ("after 312 of 1000 ticks"). What it did stays.
func Interrupted(progress string) error {
	return Kept(fmt.Errorf("%w %s", ErrInterrupted, progress))
}

// ScriptError is a failure in a script: FILE:LINE: COMMAND: what went wrong.
type ScriptError struct {
	Chain   []string // FILE:LINE of the failure, then of each `source` around it
	File    string   // of the failure, as Chain has it
	Line    int      // of the failure, from 1
	Command string   // that failed, as it was written
	Err     error    // what went wrong with it
}

func (e *ScriptError) Error() string {
	text := e.where() + e.Err.Error()
	if len(e.Chain) > 1 {
		text += "\n  sourced from " + strings.Join(e.Chain[1:], ", from ")
	}
	return text
}

func (e *ScriptError) headline() string { return e.where() + Headline(e.Err) }

// where is the place of the failure, and the command.
func (e *ScriptError) where() string {
	if e.Command == "" {
		return e.Chain[0] + ": "
	}
	return e.Chain[0] + ": " + prose.Shorten(prose.Visible(e.Command), 200) + ": "
}

func (e *ScriptError) Unwrap() error { return e.Err }
