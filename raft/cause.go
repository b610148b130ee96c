package raft

// Cause says on which decision an effect of an input rests. The core notes it where it
// acts, so that nothing has to be inferred from the decisions afterwards.
type Cause struct {
	Effect Effect
	On     int // which of Output.Decided
}

// Effect is one thing that an input does, as a driver sees it. The lower bits are the role,
// index, message or read that it is about.
type Effect uint64

// What an input may do.
const (
	TermTaken         Effect = (1 + iota) << 56 // currentTerm has changed
	VoteGiven                                   // votedFor was set
	EntriesAppended                             // to the log
	EntriesDeleted                              // from the log
	EntriesApplied                              // to the state machine
	SnapshotTaken                               // a leader's snapshot has replaced the log
	ConfigurationUsed                           // another configuration is in force
	LeaseRenewed                                // a majority has answered a round that a lease may count from
	Answered                                    // the input was accepted or refused, if it is no message
	roleTaken
	committed
	sent
	readDone
)

// RoleTaken is the effect that the server has another role.
func RoleTaken(r Role) Effect { return roleTaken + Effect(r) }

// Committed is the effect that commitIndex was raised to an index.
func Committed(index uint64) Effect { return committed + Effect(index) }

// Sent is the effect that the message Send[k] is sent.
func Sent(k int) Effect { return sent + Effect(k) }

// ReadDone is the effect that the read of that number is answered.
func ReadDone(number uint64) Effect { return readDone + Effect(number) }

// last is the index in Decided of the latest decision, or -1.
func (o *Output) last() int { return len(o.Decided) - 1 }

// rests notes that an effect rests on the latest decision, if decisions are recorded.
func (o *Output) rests(e Effect) {
	if o.Record {
		o.restsOn(o.last(), e)
	}
}

// restsOn notes that effects rest on an earlier decision.
func (o *Output) restsOn(on int, effects ...Effect) {
	if !o.Record || on < 0 {
		return
	}
	for _, e := range effects {
		o.Causes = append(o.Causes, Cause{e, on})
	}
}
