package lang

import (
	"bytes"
	"errors"
	"strconv"

	"raftlab/commands/view"
)

// Result is what one command came to. Text and JSON are two views of it.
type Result struct {
	Position uint64       // events so far on the branch, with those of this command; World.Report sets it
	Command  string       // as it was written
	Err      error        // nil: it did what was asked
	Events   []any        // what happened, in order
	Omitted  int          // how many more events there were than Events has
	Clear    bool         // a screen is to be cleared first
	Quiet    bool         // the events are not told in the text: the View says it all
	Summed   bool         // the events are told in a line: what they came to
	Undone   int          // steps of the history that it took back; below 0: that it did again
	Value    any          // "result" in JSON
	View     []view.Block // what is shown as text
	Decided  string       // the verdict in the View, which is also told where the rest is not; "": none

	// Told says that Err was shown already, with the command inside a file
	// that failed. Text need not repeat it.
	Told bool
}

// AnyResult is among the Results of a command that has another one's result.
type AnyResult struct{}

// OK is the result of a command that succeeded and has nothing to show.
func OK() *Result { return &Result{} }

// Tell is a result of plain lines.
func Tell(lines ...string) *Result { return (&Result{}).Line(lines...) }

// Line adds plain lines to what is shown.
func (r *Result) Line(lines ...string) *Result {
	return r.Block(view.Lines(lines...))
}

// Block adds to what is shown.
func (r *Result) Block(blocks ...view.Block) *Result {
	r.View = append(r.View, blocks...)
	return r
}

// Verdict adds a line that is also told where a command runs quietly; "" is none.
func (r *Result) Verdict(line string) *Result {
	if r.Decided = line; line != "" {
		r.Line(line)
	}
	return r
}

// With sets the value that JSON shows as "result".
func (r *Result) With(value any) *Result {
	r.Value = value
	return r
}

// Wire is a result in JSON.
type Wire struct {
	Position uint64 `json:"position" doc:"events so far on this branch, with this command's"`
	Command  string `json:"command" doc:"the command, as it was written"`
	OK       bool   `json:"ok" doc:"it did what was asked"`
	Error    string `json:"error,omitempty" doc:"what went wrong, maybe in several lines; absent when ok is true"`
	File     string `json:"file,omitempty" doc:"the script of the error: its path, stdin or -c; absent without one"`
	Line     int    `json:"line,omitempty" doc:"the line in that file, from 1; absent when there is none"`
	Column   int    `json:"column,omitempty" doc:"the byte in that line that is to blame, from 1; absent without one"`
	Events   []any  `json:"events" doc:"what happened, in order" items:"event"`
	Omitted  int    `json:"omitted,omitempty" doc:"events beyond the 10000 that are kept; absent when there are none"`
	Result   any    `json:"result" doc:"what the command has to say, see below"`
}

// JSON is the result on one line, without a newline.
func (r *Result) JSON() []byte {
	w := Wire{Position: r.Position, Command: r.Command, OK: r.Err == nil, Events: r.Events, Omitted: r.Omitted,
		Result: r.Value}
	if r.Err != nil {
		w.Error = r.Err.Error()
		w.File, w.Line, w.Column = placeOf(r.Err)
	}
	if w.Events == nil {
		w.Events = []any{}
	}
	if w.Result == nil {
		w.Result = struct{}{}
	}
	out, err := oneLine(w)
	if err != nil { // a value that JSON cannot say must not cost the line
		w.OK, w.Error, w.Events, w.Result = false, err.Error(), []any{}, struct{}{}
		out, _ = oneLine(w)
	}
	return out
}

// placeOf is where in a script an error was made, and the byte of its line, from
// 1, that is to blame; "" and 0 for what is not known.
func placeOf(err error) (file string, line, column int) {
	var at *ScriptError
	if errors.As(err, &at) {
		file, line = at.File, at.Line
	}
	var blames *Error
	if errors.As(err, &blames) {
		column = blames.Col
	}
	return file, line, column
}

// MaxExact is a bound on whole numbers in JSON: a reader that uses floating point
// has every one up to it exactly (RFC 8259, section 6).
const MaxExact = 1 << 53

// Exact is a number as JSON and conditions have it: above MaxExact it is a string of
// its digits.
func Exact(n uint64) any {
	if n > MaxExact {
		return strconv.FormatUint(n, 10)
	}
	return int(n)
}

// quoteLarge makes strings of the whole numbers in JSON that are beyond
// MaxExact, wherever they come from.
func quoteLarge(text []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(text) && bytes.IndexByte([]byte("+-.eE0123456789"), text[end]) >= 0 {
				end++
			}
			if n := text[i:end]; beyondExact(n) {
				out = append(append(append(append(out, text[from:i]...), '"'), n...), '"')
				from = end
			}
			i = end - 1
		}
	}
	return append(out, text[from:]...)
}

// beyondExact tells whether a number of JSON is a whole one beyond MaxExact.
func beyondExact(n []byte) bool {
	digits := bytes.TrimPrefix(n, []byte("-"))
	if len(digits) < len("9007199254740992") || bytes.ContainsAny(digits, ".eE") {
		return false
	}
	v, err := strconv.ParseUint(string(digits), 10, 64)
	return err != nil || v > MaxExact
}

// oneLine is v as JSON without HTML escapes.
func oneLine(v any) ([]byte, error) {
	text, err := view.JSON(v)
	return quoteLarge(bytes.TrimRight(text, "\n")), err
}
