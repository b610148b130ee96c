// Package console is the look and the feel: the shell's command line, the
// prompt, the screen. It knows no Raft. A session runs the commands; the
// console shows what they return and tells them when the user interrupts.
//
//	console.go   Main: what is run, in which order, and the exit code
//	app.go       one run of the program: what all of it shares
//	words.go     the first word of the command line
//	flags.go     the flags; those of one first word are in *_flags.go and web_flag.go, what it does in grade.go,
//	             guest.go, help.go, mark.go, search.go and completion.go
//	scripts.go   scripts, from files and from the command line
//	loop.go      the prompt
//	session.go   what the console asks of a session
//	sessions.go  sessions that are kept for --resume; state.go: the files that outlive a session
//	signals.go   Ctrl-C and Ctrl-Z
//	frontend.go  what a session sees of the screen; pager.go: long texts; pin.go: the picture on the top rows
//	output.go    a stream that remembers why it failed
//
// Its rooms are term (the terminal and the line editor), paint (view.Blocks as text), web (the page's
// server), beside (the page beside the console), tab (the console in a tab of a browser) and site (the
// static site with it).
package console
