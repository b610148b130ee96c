package raft

// Cause says on which decision an effect of an input rests. The core notes it
// where it acts, so that no reader has to guess it from what was decided.
type Cause struct {
	Effect Effect
	On     int // which of Output.Decided
}

// Effect is a thing that an input does, as a driver sees it: what, and of which
// role, index, message or read, in the lower bits.
type Effect uint64

// What an input may do.
const (
	TermTaken         Effect = (1 + iota) << 56 // currentTerm is another
	VoteGiven                                   // votedFor
	EntriesAppended                             // to the log
	EntriesDeleted                              // from the log
	EntriesApplied                              // to the state machine
	SnapshotTaken                               // a leader's, in place of the log
	ConfigurationUsed                           // it is in force now
	LeaseRenewed                                // a round of heartbeats that a lease may count from
	Answered                                    // what the input itself came to, where it is no message
	roleTaken
	committed
	sent
	readDone
)

// RoleTaken is that the server has a role now.
func RoleTaken(r Role) Effect { return roleTaken + Effect(r) }

// Committed is that commitIndex went up to an index.
func Committed(index uint64) Effect { return committed + Effect(index) }

// Sent is the message Send[k].
func Sent(k int) Effect { return sent + Effect(k) }

// ReadDone is that the read of that number is answered.
func ReadDone(number uint64) Effect { return readDone + Effect(number) }

// last is the decision made last, -1 where there was none, or none is recorded.
func (o *Output) last() int { return len(o.Decided) - 1 }

// rests notes that an effect rests on the decision made last, where somebody listens.
func (o *Output) rests(e Effect) {
	if o.Record {
		o.restsOn(o.last(), e)
	}
}

// restsOn notes that effects rest on a decision made before.
func (o *Output) restsOn(on int, effects ...Effect) {
	if !o.Record || on < 0 {
		return
	}
	for _, e := range effects {
		o.Causes = append(o.Causes, Cause{e, on})
	}
}
