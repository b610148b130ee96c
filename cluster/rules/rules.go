// Package rules is the rules of what surrounds the servers, and the catalogue of mistakes that can be made
// on purpose, the core's and those of the servers' driver.
package rules

import (
	"raftlab/cluster/judge"
	"raftlab/raft"
)

// The rules of the world around the servers, which are those of timers, network, disks and
// clients. Raft's own rules are in the core's rulebook.
var worldRules []*raft.Rule

// World is the rules of the world.
func World() []*raft.Rule { return worldRules }

// world adds a rule. place is in the paper and code is here. says is its sentence, more is
// what follows in print, and numbers names what an answer compares.
func world(id, place, code, says, more string, numbers ...string) *raft.Rule {
	r := &raft.Rule{ID: id, Place: place, Code: []string{code}, Says: says, More: more}
	for i, name := range numbers {
		r.Args[i].Name = name
	}
	return alsoOfWorld(r)
}

// alsoOfWorld adds a rule that the world has in common with another package.
func alsoOfWorld(r *raft.Rule) *raft.Rule {
	worldRules = append(worldRules, r)
	return r
}

// The rules of the world.
var (
	YourDeed = world("YourDeed", "section 2", "cluster/apply.go: Apply",
		"what fails, and when, is not Raft's to say", "; here nothing moves unless a command moves it")
	TimerRunsOut = world("TimerRunsOut", "section 5.2; section 9.3", "cluster/clock.go: tickServer",
		"a server that hears no leader for its election timeout, drawn at random, starts an election",
		"", "ticks left", "election timeout drawn")
	HeartbeatsRepeat = world("HeartbeatsRepeat", "Figure 2, Leaders 1; section 5.2", "cluster/clock.go: tickServer",
		"a leader sends heartbeats again and again, to prevent elections",
		"", "ticks left", "heartbeat-interval")
	TransferIsGivenUp = world("TransferIsGivenUp", "thesis 3.10", "cluster/clock.go: transferOver",
		"a transfer of leadership that is not over within an election timeout is given up, and the leader "+
			"takes commands again", "", "ticks left", "minimum election timeout")
	LeaseLasts = world("LeaseLasts", "thesis 6.4.1", "cluster/timers.go: countLease",
		"a majority's answers to a round of heartbeats give a lease, from when the round began for a "+
			"minimum election timeout less the bound on clocks",
		"", "ticks that it lasts", "minimum election timeout", "clock-bound")
	MailTakesTime = world("MailTakesTime", "section 2", "cluster/deliver.go: arrive",
		"a message arrives when it is delivered by hand or due, in any order", "", "sent at tick", "due at tick")
	MailIsLost = world("MailIsLost", "section 2; section 5.5", "cluster/deliver.go: arrive",
		"a message is lost when on arrival its link is cut or its receiver is down, or by chance",
		"; Raft sends again what matters")
	MailIsDoubled = world("MailIsDoubled", "section 2", "cluster/deliver.go: duplicate",
		"a message may arrive twice", "; RPCs are idempotent, so that it does no harm (section 5.5)")
	MailIsPossible = world("MailIsPossible", "section 2; Figure 3", "cluster/deliver.go: arrive",
		"Raft assumes servers that may stop but never lie",
		": a message that no correct server can have sent is refused, and changes nothing")
	ServerIsRunning = world("ServerIsRunning", "section 5.5", "cluster/refusal.go: running",
		"only a server that runs acts",
		": a message to one that is down is lost, and one to a process that is frozen waits")
	CommandMakesSense = world("CommandMakesSense", "section 2", "cluster/refusal.go: known",
		"no rule of Raft is asked where a command names what is not there, or asks for what is so already", "")
	CrashForgets = world("CrashForgets", "Figure 2, State; section 5.5", "cluster/fault.go: apply",
		"a crash leaves what is on stable storage", "; everything else is gone")
	RestartFromDisk = alsoOfWorld(judge.RestartFromDisk)
	AsGiven         = world("AsGiven", "Figures 6 to 8", "cluster/fault.go: apply",
		"a state that was made by hand is taken as it is, however it came to be", "")
	SnapshotsByThemselves = world("SnapshotsByThemselves", "section 7", "cluster/act.go: snapshotItself",
		"each server takes a snapshot by itself when enough was applied since the last one",
		"", "entries applied since the last one", "snapshot-every")
	ClientsAsk = world("ClientsAsk", "section 8", "cluster/requests.go: request",
		"a client sends its request to the leader that it knows, or to any server",
		"; a server that does not lead redirects it")
	ClientsAreAnswered = world("ClientsAreAnswered", "Figure 2, Leaders 2; section 8", "cluster/answers.go: answer",
		"the server that took a client's command replies when the entry is committed and applied",
		"; it replies to a read when what the read must see is applied", "index", "lastApplied")
	OutcomeUnknown = world("OutcomeUnknown", "section 8", "cluster/answers.go: abandon",
		"a client whose server crashes or no longer leads cannot know whether its command is done",
		"; it may ask again")
	MustAlwaysHold = world("MustAlwaysHold", "Figure 3", "cluster/watch.go: checkInvariants",
		"what must always hold is looked at after every action",
		"; a breach is a bug, or a fault that Raft does not promise to survive")
)
