// Package cluster is the world in which the servers live: a network that
// delivers what and when it is told to, disks that know what is synced, clocks
// that tick when they are told to, crashes, and clients. Everything that can
// happen in it is an Action, and what happened is told as Events.
//
// The files build on each other in this order.
//
// What a world is made of lies in rooms of its own, which know no world. Package event is what
// happens, network is messages in flight and links, disk is stable storage, machine the state
// machines, and execute what an entry makes of one. Package clients is clients and what they
// saw, setting what can be set, rules the rules around the servers and the mistakes made on
// purpose, and program what a server runs.
//
//	action.go     the Actions: the one vocabulary
//	server.go     one server: a Node with its disk, and countdown.go its timers
//
// The world:
//
//	world.go      the World: Clone, and what an Action is
//	listener.go, tell.go  what happens is told as events of package event
//	read.go       what can be read of it
//
// What one input to a server does:
//
//	step.go       the server is asked
//	act.go        what its Output asks for is done: its disk, its log, its state machine,
//	              network.go the network, timers.go the timers, answers.go the clients
//	watch.go      the invariants look
//
// What brings such an input about, each with the Actions of its family:
//
//	deliver.go    messages and links
//	clock.go      time: ticks, timers that fire, what happens by itself while time passes
//	requests.go   clients' requests; read_requests.go, reads beside the log
//	members.go    membership changes and transfers of leadership
//	fault.go      crashes, restarts, freezes, disks; start.go, how a server starts
//	set.go, bugs.go  settings and mistakes
//	apply.go      Apply: one Action, and all that follows
//
// What stands on worlds:
//
//	fingerprint.go, possible.go, parts.go  what a search needs: which states are
//	              one, what can happen next, and worlds put together from parts;
//	              again.go, what comes of an input whose doing is known
//
// Package picture is a world as plain data, and package history all that was done to one.
//
// A World is deterministic: its seed and the Actions determine everything. It
// clones in little time, and copies share what neither has changed.
package cluster
