package view

import (
	"bytes"
	"encoding/json"
	"slices"
)

// List is a list that is [] in JSON when it is empty, and never null.
type List[T any] []T

// MarshalJSON never writes null.
func (l List[T]) MarshalJSON() ([]byte, error) { return JSON(append([]T{}, l...)) }

// MarshalJSON leaves out spans without a text.
func (l Line) MarshalJSON() ([]byte, error) {
	return JSON(slices.DeleteFunc(append([]Span{}, l...), func(s Span) bool { return s.Text == "" }))
}

// StyleNames are the names that styles have in JSON, in the order of Style.
var StyleNames = [Styles]string{"", "strong", "quiet", "good", "bad", "warn", "leader", "candidate", "follower",
	"down", "committed", "pending", "code", "message", "term1", "term2", "term3", "term4", "term5", "term6", "hint"}

var (
	trackLines = [...]string{NoTrack: "none", Thin: "thin", Dashed: "dashed", Double: "double", Dotted: "dotted",
		Wavy: "wavy"}
	dots      = [...]string{NoDot: "", Point: "point", Cross: "cross"}
	arrowEnds = [...]string{Arrives: "arrives", Lost: "lost", Flies: "flies"}
)

func (s Style) MarshalText() ([]byte, error)     { return []byte(StyleNames[s]), nil }
func (l TrackLine) MarshalText() ([]byte, error) { return []byte(trackLines[l]), nil }
func (d Dot) MarshalText() ([]byte, error)       { return []byte(dots[d]), nil }
func (e ArrowEnd) MarshalText() ([]byte, error)  { return []byte(arrowEnds[e]), nil }

// The fields of each block, without its methods.
type (
	text    Text
	prose   Prose
	table   Table
	diagram Diagram
	big     Big
)

func (b Text) MarshalJSON() ([]byte, error)    { return called("text", text(b)) }
func (b Prose) MarshalJSON() ([]byte, error)   { return called("prose", prose(b)) }
func (b Table) MarshalJSON() ([]byte, error)   { return called("table", table(b)) }
func (b Diagram) MarshalJSON() ([]byte, error) { return called("diagram", diagram(b)) }
func (b Big) MarshalJSON() ([]byte, error)     { return called("big", big(b)) }

// called is a block, whose first field says which one it is.
func called(block string, fields any) ([]byte, error) {
	b, err := JSON(fields)
	return append([]byte(`{"block":"`+block+`",`), bytes.TrimPrefix(b, []byte("{"))...), err
}

// JSON is a value as JSON on one line, with its newline. < and > stay as they are, unless the encoder around
// it escapes them.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}
