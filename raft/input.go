package raft

import "strconv"

// Input is one thing that happens to a server: a message arrives, a timer fires, a client
// sends a command. It is a plain value, made by one of the functions below. It can be
// stored, compared, written as JSON, and given to another server. Kind says which of the
// other fields are used.
type Input struct {
	Kind     InputKind
	Server   ID       // OnAddServer, OnPromote, OnRemoveServer: which server; OnTransfer: the next leader
	Learner  bool     // OnAddServer: without a vote
	ByLease  bool     // OnRead: a leader may rely on its lease
	Entry    Kind     // OnProposal: what the entry is for
	Envelope Envelope // OnMessage
	Servers  Set      // OnReconfigure: the voters
	Data     string   // OnProposal: the command; OnSnapshot: the state machine's state
	Batch    []string // OnBatch: the commands
	Index    uint64   // OnSnapshot: the last entry that it covers; OnCommitIndex
	Read     uint64   // OnRead, OnReadTimeout: the read's number
}

// InputKind is the kind of an Input. The set is closed: a server can be given no others.
type InputKind uint8

const (
	OnMessage                InputKind = iota // Receive
	OnElectionTimeout                         // ElectionTimeout
	OnHeartbeatTimeout                        // HeartbeatTimeout
	OnMinimumElectionTimeout                  // MinimumElectionTimeout
	OnCheckQuorum                             // CheckQuorum
	OnProposal                                // Propose, ProposeKind
	OnBatch                                   // ProposeBatch
	OnRead                                    // Read
	OnReadTimeout                             // ReadTimeout
	OnLeaseGranted                            // LeaseGranted
	OnLeaseExpired                            // LeaseExpired
	OnSnapshot                                // Compact
	OnAddServer                               // AddServer
	OnPromote                                 // Promote
	OnRemoveServer                            // RemoveServer
	OnReconfigure                             // Reconfigure
	OnTransfer                                // TransferLeadership
	OnTransferTimeout                         // TransferTimeout
	OnCommitIndex                             // SetCommitIndex
)

var inputNames = [...]string{"message", "electionTimeout", "heartbeatTimeout", "minimumTimeout", "checkQuorum",
	"client", "batch", "read", "readTimeout", "leaseGranted", "leaseExpired", "snapshot",
	"addServer", "promote", "removeServer", "reconfigure", "transfer", "transferTimeout", "commitIndex"}

// InputKinds is every kind of input, in order.
func InputKinds() []InputKind {
	all := make([]InputKind, len(inputNames))
	for i := range all {
		all[i] = InputKind(i)
	}
	return all
}

// String is the kind as JSON has it.
func (k InputKind) String() string {
	if int(k) < len(inputNames) {
		return inputNames[k]
	}
	return "input " + strconv.Itoa(int(k))
}

// String is the input in short, as "message AppendEntries S1->S2" or "client x=1".
func (in Input) String() string {
	text := in.Kind.String()
	switch in.Kind {
	case OnMessage:
		if m := in.Envelope.Message; m != nil {
			text += " " + m.Type()
		}
		text += " " + in.Envelope.From.String() + "->" + in.Envelope.To.String()
	case OnProposal:
		text += " " + in.Data
	case OnBatch:
		text += " of " + strconv.Itoa(len(in.Batch))
	case OnAddServer, OnPromote, OnRemoveServer, OnTransfer:
		text += " " + in.Server.String()
	case OnReconfigure:
		text += " " + in.Servers.String()
	case OnRead, OnReadTimeout:
		text += " " + strconv.FormatUint(in.Read, 10)
	case OnSnapshot, OnCommitIndex:
		text += " " + strconv.FormatUint(in.Index, 10)
	}
	return text
}

// Receive is the input of a message that has arrived. A *Corrupt error says that
// no correct server can have sent it, and its Reason says why.
func Receive(e Envelope) Input { return Input{Kind: OnMessage, Envelope: e} }

// ElectionTimeout is the input that the election timer has fired (§5.2). A leader refuses
// it, and so does a server that has no vote.
func ElectionTimeout() Input { return Input{Kind: OnElectionTimeout} }

// HeartbeatTimeout is the input that a leader's heartbeat is due. The leader sends every
// follower the entries that it lacks, or an empty append. That is also how it resends an
// append that was lost. Others return *NotLeader.
func HeartbeatTimeout() Input { return Input{Kind: OnHeartbeatTimeout} }

// MinimumElectionTimeout is the input that the minimum election timeout has
// passed since the server last heard from a leader (thesis 4.2.3).
func MinimumElectionTimeout() Input { return Input{Kind: OnMinimumElectionTimeout} }

// CheckQuorum is the input that a leader has had no answers from a majority for an election
// timeout, which Output.HeardQuorum restarts. The leader steps down, unless it is a majority
// by itself (thesis 6.2). Others return *NotLeader.
func CheckQuorum() Input { return Input{Kind: OnCheckQuorum} }

// Propose is the input of a client's command. A leader appends it to its log and sends it
// to the others (Figure 2, Leaders 2). Output.Index is its index; the command is done when
// that entry has been applied. Others return *NotLeader.
func Propose(data string) Input { return Input{Kind: OnProposal, Data: data} }

// ProposeKind is Propose for an entry of another kind that the state machine
// understands: Session or Numbered (thesis 6.3). Raft's own kinds are refused.
func ProposeKind(kind Kind, data string) Input {
	return Input{Kind: OnProposal, Entry: kind, Data: data}
}

// ProposeBatch is Propose for several commands at once; Output.Index is that of
// the last.
func ProposeBatch(data []string) Input { return Input{Kind: OnBatch, Batch: data} }

// Read is the input that a client of this server wants to read without an entry in the log
// (§8, thesis 6.4). Output.Reads says, with the same number, from which index on the state
// machine's answer is up to date. A follower asks the leader that it knows. byLease lets a
// leader rely on its lease, if it has one.
func Read(number uint64, byLease bool) Input {
	return Input{Kind: OnRead, Read: number, ByLease: byLease}
}

// ReadTimeout is the input that the leader has not answered about a read for an election
// timeout. A later answer is ignored.
func ReadTimeout(number uint64) Input { return Input{Kind: OnReadTimeout, Read: number} }

// LeaseGranted is the input that, by the driver's clock, the round of heartbeats that a
// majority has answered (Output.QuorumRound) began less than a minimum election timeout ago,
// minus the bound on how far clocks may differ. While the lease holds, and voters are sticky,
// no other server can have been elected (thesis 6.4.1), except by a transfer. So a leader has
// no lease during a transfer, nor for the rest of its term once it has sent TimeoutNow.
func LeaseGranted() Input { return Input{Kind: OnLeaseGranted} }

// LeaseExpired is the input that the time of the lease is over.
func LeaseExpired() Input { return Input{Kind: OnLeaseExpired} }

// Compact is the input that data is the state machine's state after the entry at index, which
// has been applied. It replaces the log up to index (§7).
func Compact(index uint64, data string) Input {
	return Input{Kind: OnSnapshot, Index: index, Data: data}
}

// AddServer is the input that adds a server, as a learner or with a vote at once (§6, thesis
// 4.1). The new configuration is in force as soon as it is appended; Output.Index is its
// index.
func AddServer(id ID, learner bool) Input {
	return Input{Kind: OnAddServer, Server: id, Learner: learner}
}

// Promote is the input that gives a learner a vote (thesis 4.2.1). It must have
// caught up.
func Promote(id ID) Input { return Input{Kind: OnPromote, Server: id} }

// RemoveServer is the input that removes a server.
func RemoveServer(id ID) Input { return Input{Kind: OnRemoveServer, Server: id} }

// Reconfigure is the input that makes these servers the voters, by joint consensus, no matter
// how many of them differ (§6). Learners that are not among them stay learners.
func Reconfigure(voters Set) Input { return Input{Kind: OnReconfigure, Servers: voters} }

// TransferLeadership is the input that hands leadership to another server (thesis 3.10). The
// leader takes no more commands, brings the target up to date, and tells it to start an
// election at once. The transfer ends when the leader sees a higher term, or at
// TransferTimeout.
func TransferLeadership(to ID) Input { return Input{Kind: OnTransfer, Server: to} }

// TransferTimeout is the input that an election timeout has passed since the transfer began.
// The leader gives the transfer up, and takes commands again.
func TransferTimeout() Input { return Input{Kind: OnTransferTimeout} }

// SetCommitIndex sets commitIndex by hand, as if the server had just learned it, for situations
// that are built by hand. The newly committed entries are applied.
func SetCommitIndex(index uint64) Input { return Input{Kind: OnCommitIndex, Index: index} }

// Step gives the server an input, and fills o with what its driver must do. The driver empties
// o before (Output.Reset). An error says why the server does not take the input: *NotLeader,
// *Refused, or, for a message, *Corrupt. Then the server has not changed, and o holds at most
// decisions.
func (n *Node) Step(in Input, o *Output) error {
	switch in.Kind {
	case OnMessage:
		return n.receive(o, in.Envelope)
	case OnProposal:
		return n.propose(o, in.Entry, in.Data)
	case OnBatch:
		return n.proposeBatch(o, in.Batch)
	case OnRead:
		return n.read(o, in.Read, in.ByLease)
	case OnSnapshot:
		return n.compact(o, in.Index, in.Data)
	case OnAddServer:
		return n.addServer(o, in.Server, in.Learner)
	case OnPromote:
		return n.promote(o, in.Server)
	case OnRemoveServer:
		return n.removeServer(o, in.Server)
	case OnReconfigure:
		return n.reconfigure(o, in.Servers)
	case OnTransfer:
		return n.transferLeadership(o, in.Server)
	case OnCommitIndex:
		n.advanceCommit(o, min(in.Index, n.Log.LastIndex()))
		return nil
	case OnReadTimeout:
		n.readTimeout(in.Read)
		return nil
	}
	return n.timeHasPassed(o, in.Kind)
}

// timeHasPassed is Step for the timers.
func (n *Node) timeHasPassed(o *Output, kind InputKind) error {
	switch kind {
	case OnElectionTimeout:
		return n.electionTimeout(o)
	case OnHeartbeatTimeout:
		return n.heartbeatTimeout(o)
	case OnMinimumElectionTimeout:
		n.HeardLeader = false
	case OnCheckQuorum:
		return n.checkQuorum(o)
	case OnLeaseGranted:
		n.Lease = n.Role == Leader && n.Transferee == 0 && !n.timeoutSent
	case OnLeaseExpired:
		n.Lease = false
	case OnTransferTimeout:
		n.Transferee = 0
	default:
		return &Refused{Node: n.ID, Why: "there is no " + kind.String()}
	}
	return nil
}

// receive gives a message to the rules for its type, unless door.go refuses it.
func (n *Node) receive(o *Output, e Envelope) error {
	if !n.addressed(&e) {
		return n.misaddressed(&e)
	}
	if err := n.admitMessage(e.From, e.Message); err != nil {
		return err
	}
	switch m := e.Message.(type) {
	case *AppendEntries:
		n.receiveAppendEntries(o, e.From, m)
	case *AppendEntriesReply:
		n.receiveAppendEntriesReply(o, e.From, m)
	case *RequestVote:
		n.receiveRequestVote(o, e.From, m)
	case *RequestVoteReply:
		n.receiveRequestVoteReply(o, e.From, m)
	case *InstallSnapshot:
		n.receiveInstallSnapshot(o, e.From, m)
	case *InstallSnapshotReply:
		n.receiveInstallSnapshotReply(o, e.From, m)
	case *PreVote:
		n.receivePreVote(o, e.From, m)
	case *PreVoteReply:
		n.receivePreVoteReply(o, e.From, m)
	case *TimeoutNow:
		n.receiveTimeoutNow(o, e.From, m)
	case *ReadIndex:
		n.receiveReadIndex(o, e.From, m)
	case *ReadIndexReply:
		n.receiveReadIndexReply(o, e.From, m)
	}
	return nil
}
