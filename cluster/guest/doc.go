// Package guest lets a server of the cluster run another program, in any language:
// the algorithm is the program's, everything else (network, clocks, disks, clients,
// history, invariants) is raftlab's.
//
//	wire.go     what goes to the program: inputs, messages and stable storage as JSON
//	read.go     what comes back: answers, with the place of what is wrong in them
//	process.go  one process: lines to it and from it, time limits, its end
//	running.go  the programs that run, so that none outlives raftlab
//	program.go  a program: its processes, and the memory of its answers
//	node.go     a server that is the program's: a step asked for, mirrored and judged
//	names.go    the names of servers in a state, so that it can be told under others
//	calls.go    the calls that have not returned, where replies are return values
//	run.go      the log of a real run: its lines read as answers, and judged by the same code
//	tape.go     such a log as a program: its servers do again what they did
//	mail.go     the messages of a log, each with its arrivals
//	serve.go    the other end: raftlab's own core as such a program
//
// The program is a pure function. It is given a server's state and an input, and
// answers with the state after it, with what it reports of it, and with what is to
// be sent and saved. It keeps nothing between two lines, so that going back,
// branches and searches work on it as on raftlab's own servers.
package guest
