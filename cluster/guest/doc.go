// Package guest lets a server of the cluster run another program, in any language. The
// program provides the algorithm; everything else (network, clocks, disks, clients,
// history, invariants) is raftlab's.
//
//	wire.go     questions: inputs, messages and stable storage as JSON
//	read.go     answers, and where in an answer something is wrong
//	json.go     JSON values with their places in the text
//	process.go  one process: its lines, time limits, its end
//	running.go  the running programs, so that none outlives raftlab
//	program.go  a program: its processes, and the memory of its answers
//	node.go     a server of the program: its steps are asked for, mirrored and judged
//	names.go    the servers' names in a state, so that it can be compared under others
//	calls.go    the requests that have not returned, if replies are return values
//	run.go      the log of a real run, whose lines are read as answers and judged alike
//	tape.go     such a log as a program, whose servers repeat what they did
//	mail.go     the messages of a log, with their arrivals
//	serve.go    the other end: raftlab's own core as such a program
//
// The program is a pure function. It is given a server's state and an input, and
// answers with the state after that, a report of it, and what to send and save. It keeps
// nothing between two lines, so going back, branches and searches work with it as with
// raftlab's own servers.
package guest
