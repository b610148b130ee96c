// Package cluster is the world in which the servers live: a network that
// delivers what and when it is told to, disks that know what is synced, clocks
// that tick when they are told to, crashes, and clients. Everything that can
// happen in it is an Action, and what happened is told as Events.
//
//	action.go   the Actions: the one vocabulary
//	event.go    the Events: the one record
//	world.go    the World: Apply, Clone
//	program.go  what a server runs: a raft.Node, or another program's behind the same methods
//	server.go   one server: a Node with its disk, timers and state machine; what a step does
//	network.go  messages in flight, links
//	clock.go    time: ticks, timers, what happens by itself while time passes
//	fault.go    crashes, restarts, freezes, disks
//	members.go  membership changes and transfers of leadership
//	client.go   clients and their requests; read_requests.go, reads beside the log
//	operations.go  what the clients saw, by which linearizability is judged
//	settings.go what can be set; bugs.go, the mistakes made on purpose
//	history.go  positions, branches, and going back and forward among them
//	script.go   the way to the present as a script
//	fingerprint.go, possible.go, parts.go  what a search needs: which states are
//	            one, what can happen next, and worlds put together from parts;
//	            again.go, what comes of an input whose doing is known
//
// A World is deterministic: its seed and the Actions determine everything. It
// clones in little time, and copies share what neither has changed.
package cluster
