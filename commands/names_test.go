package commands

import (
	"raftlab/cluster/picture"
	"raftlab/commands/lang"
)

// What every command says is written here without the name of the language before
// it, so that a command reads as a sentence.
type (
	Call       = lang.Call
	Command    = lang.Command
	Completion = lang.Completion
	Error      = lang.Error
	Frontend   = lang.Frontend
	Params     = lang.Params
	Parser     = lang.Parser
	Result     = lang.Result
	Word       = lang.Word

	Arg[T any]  = lang.Arg[T]
	Kind[T any] = lang.Kind[T]
)

// What a cluster's picture is made of is written here without the name of its room.
type (
	NodeView    = picture.NodeView
	EntryView   = picture.EntryView
	PlaceView   = picture.PlaceView
	MessageView = picture.MessageView
	BreachView  = picture.BreachView
	ClientView  = picture.ClientView
)

// ErrInterrupted is behind every error of a command that Ctrl-C ended.
var ErrInterrupted = lang.ErrInterrupted

// Errorf makes an error without a column.
func Errorf(format string, args ...any) *Error { return lang.Errorf(format, args...) }

// OK is a result that says nothing, and Tell one of plain lines.
func OK() *Result                  { return lang.OK() }
func Tell(lines ...string) *Result { return lang.Tell(lines...) }

// Kept says of a failed command that what it did until then stays.
func Kept(err error) error { return lang.Kept(err) }
