package commands

import (
	"bytes"
	"encoding/json"

	"raftlab/commands/view"
)

// Result is what one command came to. Text and JSON are two views of it.
type Result struct {
	Position uint64
	Command  string
	Err      error
	Events   []any        // what happened
	Omitted  int          // events beyond the cap
	Clear    bool         // a screen is to be cleared first
	Quiet    bool         // the events are not told in the text: the View says it all
	Value    any          // "result" in JSON
	View     []view.Block // what is shown as text

	// Told says that Err was shown already, with the command inside a file
	// that failed. Text need not repeat it.
	Told bool
}

// OK is an empty result that says so to nobody.
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

// With sets the value that JSON shows as "result".
func (r *Result) With(value any) *Result {
	r.Value = value
	return r
}

// JSON is the result on one line, without a newline.
func (r *Result) JSON() []byte {
	type wire struct {
		Position uint64 `json:"position"`
		Command  string `json:"command"`
		OK       bool   `json:"ok"`
		Error    string `json:"error,omitempty"`
		Events   []any  `json:"events"`
		Omitted  int    `json:"omitted,omitempty"`
		Result   any    `json:"result"`
	}
	w := wire{Position: r.Position, Command: r.Command, OK: r.Err == nil, Events: r.Events, Omitted: r.Omitted, Result: r.Value}
	if r.Err != nil {
		w.Error = r.Err.Error()
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

// oneLine is v as JSON without HTML escapes.
func oneLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
