// Package console is the look and the feel: the shell's command line, the
// prompt, the screen. It knows no Raft. A session runs the commands; the
// console shows what they return and tells them when the user interrupts.
//
//	console.go   Main: what is run, in which order, and the exit code
//	flags.go     the command line
//	scripts.go   scripts, from files and from the command line
//	loop.go      the prompt
//	signals.go   Ctrl-C, SIGTERM, SIGHUP
//	frontend.go  what a session sees of the screen
//	output.go    a stream that remembers why it failed
//	render.go    view.Blocks as text; table.go: tables; big.go: letters for the back row; colour.go: styles and themes
//	terminal.go  the terminal's mode and size
//	keyboard.go  bytes from the terminal, cleaned for the line editor by decoder.go
//	editor.go    the line editor; complete.go: the Tab key; plain.go: without an editor
//	history.go   the lines of earlier sessions
package console
