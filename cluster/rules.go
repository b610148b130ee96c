package cluster

import (
	"raftlab/cluster/judge"
	"raftlab/raft"
)

// WorldRule is what the world around the servers goes by: the timers, the
// network, the disks, the clients. Raft's own rules are in the core's rulebook.
type WorldRule struct {
	*raft.Rule
	Where string // in the code
}

var worldRules []*WorldRule

// WorldRules is all of them.
func WorldRules() []*WorldRule { return worldRules }

func worldRule(id, place, where, says string, args ...string) *raft.Rule {
	r := &raft.Rule{ID: id, Place: place, Says: says}
	copy(r.Args[:], args)
	return alsoOfWorld(r, where)
}

// alsoOfWorld is a rule that the world goes by too.
func alsoOfWorld(r *raft.Rule, where string) *raft.Rule {
	worldRules = append(worldRules, &WorldRule{r, where})
	return r
}

// The rules of the world.
var (
	YourDeed = worldRule("YourDeed", "section 2", "world.go: Apply",
		"what fails, and when, is not Raft's to say; here nothing moves unless a command moves it")
	TimerRunsOut = worldRule("TimerRunsOut", "section 5.2; section 9.3", "clock.go: tickServer",
		"a server that hears no leader for its election timeout, drawn at random, starts an election",
		"ticks left", "election timeout drawn")
	HeartbeatsRepeat = worldRule("HeartbeatsRepeat", "Figure 2, Leaders 1; section 5.2", "clock.go: tickServer",
		"a leader sends heartbeats again and again, to prevent elections",
		"ticks since the last one", "heartbeat-interval")
	TransferIsGivenUp = worldRule("TransferIsGivenUp", "thesis 3.10", "clock.go: transferOver",
		"a transfer of leadership that is not over within an election timeout is given up, and the leader takes "+
			"commands again",
		"ticks since it began", "minimum election timeout")
	LeaseLasts = worldRule("LeaseLasts", "thesis 6.4.1", "clock.go: countLease",
		"a majority's answers to a round of heartbeats give a lease, from when the round began for a minimum "+
			"election timeout less the bound on clocks",
		"ticks that it lasts", "minimum election timeout", "clock-bound")
	MailTakesTime = worldRule("MailTakesTime", "section 2", "network.go: arrive",
		"a message arrives when it is delivered by hand or due, in any order",
		"sent at tick", "due at tick")
	MailIsLost = worldRule("MailIsLost", "section 2; section 5.5", "network.go: arrive",
		"a message is lost when on arrival its link is cut or its receiver is down, or by chance; Raft sends again "+
			"what matters")
	MailIsDoubled = worldRule("MailIsDoubled", "section 2", "network.go: duplicate",
		"a message may arrive twice; RPCs are idempotent, so that it does no harm (section 5.5)")
	MailIsPossible = worldRule("MailIsPossible", "section 2; Figure 3", "network.go: arrive",
		"Raft assumes servers that may stop but never lie: a message that no correct server can have sent is "+
			"refused, and changes nothing")
	ServerIsRunning = worldRule("ServerIsRunning", "section 5.5", "fault.go: running",
		"only a server that runs acts: a message to one that is down is lost, and one to a process that is frozen "+
			"waits")
	CommandMakesSense = worldRule("CommandMakesSense", "section 2", "world.go: known",
		"no rule of Raft is asked where a command names what is not there, or asks for what is so already")
	CrashForgets = worldRule("CrashForgets", "Figure 2, State; section 5.5", "fault.go: apply",
		"a crash leaves what is on stable storage; everything else is gone")
	RestartFromDisk = alsoOfWorld(judge.RestartFromDisk, "server.go: boot")
	AsGiven         = worldRule("AsGiven", "Figures 6 to 8", "fault.go: apply",
		"a state that was made by hand is taken as it is, however it came to be")
	SnapshotsByThemselves = worldRule("SnapshotsByThemselves", "section 7", "server.go: snapshotItself",
		"each server takes a snapshot by itself when enough was applied since the last one",
		"entries applied since the last one", "snapshot-every")
	ClientsAsk = worldRule("ClientsAsk", "section 8", "client.go: request",
		"a client sends its request to the leader that it knows, or to any server; a server that does not lead "+
			"redirects it")
	ClientsAreAnswered = worldRule("ClientsAreAnswered", "Figure 2, Leaders 2; section 8", "client.go: answer",
		"the server that took a client's command replies when the entry is committed and applied; it replies to a "+
			"read when what the read must see is applied",
		"index", "lastApplied")
	OutcomeUnknown = worldRule("OutcomeUnknown", "section 8", "client.go: abandon",
		"a client whose server crashes or no longer leads cannot know whether its command is done; it may ask again")
	MustAlwaysHold = worldRule("MustAlwaysHold", "Figure 3", "world.go: checkInvariants",
		"what must always hold is looked at after every action; a breach is a bug, or a fault that Raft does not "+
			"promise to survive")
)
