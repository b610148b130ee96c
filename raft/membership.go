package raft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Configuration is who the servers are (§6). While Old is not empty it is
// joint: decisions need a majority of Voters and one of Old. Learners get the
// log and have no vote (thesis 4.2.1).
type Configuration struct{ Voters, Old, Learners Set }

// Members is everyone who gets the log.
func (c Configuration) Members() Set { return c.Voters.Or(c.Old).Or(c.Learners) }

// hasMember is Members().Has(id), for what is asked at every message.
func (c *Configuration) hasMember(id ID) bool {
	return c.Voters.Or(c.Old).Or(c.Learners).Has(id)
}

// AllVoters is everyone who has a vote.
func (c Configuration) AllVoters() Set { return c.Voters.Or(c.Old) }

// CanVote tells whether id has a vote.
func (c Configuration) CanVote(id ID) bool { return c.AllVoters().Has(id) }

// Majority tells whether the servers in s decide: they are a majority of the
// voters and, in a joint configuration, of the old voters too.
func (c Configuration) Majority(s Set) bool {
	return isMajority(s, c.Voters) && (c.Old.Empty() || isMajority(s, c.Old))
}

// Halves is the majorities that a decision needs, and who of each is in s: one,
// and that of the old voters, of whom there are none unless it is joint.
func (c Configuration) Halves(s Set) [2]Half {
	return [2]Half{{c.Voters, s.And(c.Voters)}, {c.Old, s.And(c.Old)}}
}

func isMajority(s, voters Set) bool { return s.And(voters).Len() > voters.Len()/2 }

// majorityIndex is the highest index that the leader knows to be on a
// majority, of both configurations in a joint one.
func (c *Configuration) majorityIndex(n *Node) uint64 {
	if n.mutant(LearnerCounts) && !c.Learners.Empty() {
		return withLearners(n, c)
	}
	return c.reachedByMajority(n, n.Log.LastIndex(), matchOf)
}

// majorityRound is the latest round of heartbeats that a majority has answered.
func (c *Configuration) majorityRound(n *Node) uint64 {
	return c.reachedByMajority(n, n.Round, roundOf)
}

func matchOf(p *Peer) uint64 { return p.MatchIndex }
func roundOf(p *Peer) uint64 { return p.round }

// reachedByMajority is the highest number that a majority has reached, the
// leader by its own, the others by what it knows of them.
func (c *Configuration) reachedByMajority(n *Node, own uint64, of func(*Peer) uint64) uint64 {
	reached := middle(n, c.Voters, own, of)
	if !c.Old.Empty() {
		reached = min(reached, middle(n, c.Old, own, of))
	}
	return reached
}

// reached is the servers that have reached a number, as far as the leader knows.
func (n *Node) reached(number, own uint64, of func(*Peer) uint64) Set {
	var s Set
	for id := range n.Configuration.AllVoters().All() {
		if id == n.ID && own >= number || id != n.ID && int(id) < len(n.Peers) && of(&n.Peers[id]) >= number {
			s = s.With(id)
		}
	}
	return s
}

// middle sorts the voters' numbers; a majority has reached the one in the middle.
func middle(n *Node, voters Set, own uint64, of func(*Peer) uint64) uint64 {
	var few [9]uint64
	held := few[:0]
	for id := voters.Next(0); id != 0; id = voters.Next(id) {
		number := uint64(0)
		if id == n.ID {
			number = own
		} else if int(id) < len(n.Peers) {
			number = of(&n.Peers[id])
		}
		held = append(held, number)
	}
	if len(held) == 0 {
		return 0
	}
	slices.Sort(held)
	if n.mutant(QuorumMinusOne) {
		return held[len(held)/2]
	}
	return held[(len(held)-1)/2]
}

// withLearners is the mistake LearnerCounts: as many as are a majority of the
// voters have the entry, learners counted.
func withLearners(n *Node, c *Configuration) uint64 {
	var held []uint64
	for id := range c.Voters.Or(c.Learners).All() {
		held = append(held, n.MatchIndex(id))
	}
	slices.Sort(held)
	return held[len(held)-1-c.Voters.Len()/2]
}

// addServer has a server join, as a learner or with a vote at once.
func (n *Node) addServer(o *Output, id ID, learner bool) error {
	c := *n.Configuration
	switch {
	case !id.valid():
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%d is no server; they are 1 to %d", uint8(id), MaxID)}
	case c.Members().Has(id):
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s is in the configuration already (%s)", id, c)}
	}
	if learner {
		c.Learners = c.Learners.With(id)
	} else {
		c.Voters = c.Voters.With(id)
	}
	return n.changeOne(o, c)
}

// promote gives a learner that has caught up a vote (thesis 4.2.1).
func (n *Node) promote(o *Output, id ID) error {
	c := *n.Configuration
	if !c.Learners.Has(id) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s is no learner (%s)", id, c), About: NoLearner}
	}
	if n.Role == Leader && !o.check(LearnerCaughtUp, n, id, n.MatchIndex(id) >= n.CommitIndex,
		n.MatchIndex(id), n.CommitIndex, 0, 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s has not caught up: it holds entries up to %d of %d (thesis "+
			"4.2.1)", id, n.MatchIndex(id), n.CommitIndex), About: LearnerBehind}
	}
	c.Learners, c.Voters = c.Learners.Without(id), c.Voters.With(id)
	return n.changeOne(o, c)
}

// removeServer has a server leave.
func (n *Node) removeServer(o *Output, id ID) error {
	c := *n.Configuration
	if !c.Members().Has(id) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s is not in the configuration (%s)", id, c)}
	}
	c.Voters, c.Learners = c.Voters.Without(id), c.Learners.Without(id)
	if c.Voters.Empty() {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s is the last voter", id)}
	}
	return n.changeOne(o, c)
}

// changeOne appends a configuration that differs from the last by one server.
func (n *Node) changeOne(o *Output, c Configuration) error {
	if err := n.mayChange(o); err != nil {
		return err
	}
	old := n.Configuration
	differ := old.Voters.Minus(c.Voters).Or(c.Voters.Minus(old.Voters)).Len()
	if !o.check(OneServerAtATime, n, 0, differ <= 1, uint64(differ), 0, 0, 0) {
		return &Refused{Node: n.ID, Why: "the voters differ by more than one server", Advice: "use joint consensus"}
	}
	n.appendAsked(o, c)
	return nil
}

// reconfigure makes these servers the voters, by joint consensus (§6).
func (n *Node) reconfigure(o *Output, voters Set) error {
	if err := n.mayChange(o); err != nil {
		return err
	}
	old := n.Configuration
	switch {
	case voters != SetOf(voters.Slice()...):
		return &Refused{Node: n.ID, Why: fmt.Sprintf("servers are 1 to %d; 0 names none", MaxID)}
	case voters.Empty():
		return &Refused{Node: n.ID, Why: "a configuration needs a voter"}
	case voters == old.Voters:
		return &Refused{Node: n.ID, Why: fmt.Sprintf("that is the configuration already (%s)", old)}
	}
	if n.mutant(DirectChange) {
		n.appendAsked(o, Configuration{Voters: voters, Learners: old.Learners.Minus(voters)})
		return nil
	}
	n.appendAsked(o, Configuration{Voters: voters, Old: old.Voters, Learners: old.Learners.Minus(voters)})
	return nil
}

// mayChange tells whether the membership may be changed now, or why not.
func (n *Node) mayChange(o *Output) error {
	if n.Role != Leader {
		return &NotLeader{n.ID, n.Leader}
	}
	if err := n.mayAppend(o, 1); err != nil {
		return err
	}
	at := n.ConfigurationIndex
	if !o.check(OneChangeAtATime, n, 0, at <= n.CommitIndex && n.Configuration.Old.Empty(), at, n.CommitIndex, 0, 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("the last change, entry %d, is not committed yet", at),
			Advice: "one at a time (thesis 4.1)", About: ChangeUnderWay}
	}
	term, _ := n.Log.Term(n.CommitIndex)
	if !n.opts.AnyTermChange && !n.mutant(ChangeBeforeOwnTerm) &&
		!o.check(OwnTermFirst, n, 0, term == n.CurrentTerm, term, n.CurrentTerm, 0, 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("no entry of its own term %d is committed yet (the correction "+
			"of 2015)", n.CurrentTerm), Advice: "settle, or put something first"}
	}
	return nil
}

// appendAsked is appendConfiguration for one that the input asked for.
func (n *Node) appendAsked(o *Output, c Configuration) {
	o.Index, o.Term = n.Log.LastIndex()+1, n.CurrentTerm
	n.appendConfiguration(o, c)
}

// appendConfiguration puts a configuration in force: servers that are new in
// it are sent the log from now on.
func (n *Node) appendConfiguration(o *Output, c Configuration) {
	old := n.Configuration.Members()
	n.appendEntry(o, Entry{Term: n.CurrentTerm, Kind: Config, Data: c.String()})
	o.rests(EntriesAppended)
	index := n.Log.LastIndex()
	if added := c.Members().Minus(old); !added.Empty() {
		n.Round++ // what was sent to them before, when they were members once, is another round's
		n.addPeers(added, index, n.Round)
	}
	n.broadcast(o)
	n.maybeCommit(o)
}

// configurationCommitted does what follows when the latest configuration is
// committed: a joint one is followed by the new one (Figure 11), and a leader
// that is no longer a member steps down.
func (n *Node) configurationCommitted(o *Output) {
	at, c := n.ConfigurationIndex, n.Configuration
	if n.Role != Leader {
		return
	}
	if !c.Old.Empty() {
		if o.check(JointThenNew, n, 0, at <= n.CommitIndex, at, n.CommitIndex, 0, 0) {
			o.JointCommit = n.CommitIndex
			because := o.last()
			n.appendConfiguration(o, Configuration{Voters: c.Voters, Learners: c.Learners})
			o.restsOn(because, EntriesAppended, ConfigurationUsed)
		}
		return
	}
	if !c.hasMember(n.ID) && o.check(RemovedLeaderStepsDown, n, 0, at <= n.CommitIndex, at, n.CommitIndex, 0, 0) {
		n.becomeFollower(o, n.CurrentTerm)
	}
}

// configured puts into the state what log, snapshot and commitIndex now say of who
// the servers are. It is called when any of them has changed.
func (n *Node) configured() {
	n.Configuration, n.ConfigurationIndex = n.config.latest(), n.config.lastIndex()
	n.Committed = n.config.at(n.CommitIndex)
}

// configurations is what a log says of who the servers are: the latest
// configuration entry is in force as soon as it is appended, committed or not
// (thesis 4.1), and the one before it again when it is truncated.
type configurations struct {
	initial *Configuration // before those in the log; never changed in place, as those are not
	inLog   []configAt     // by index; never changed in place, so that copies may share it
}

type configAt struct {
	index uint64
	Configuration
}

// latest is the one in force, to be read only.
func (c *configurations) latest() *Configuration {
	if len(c.inLog) > 0 {
		return &c.inLog[len(c.inLog)-1].Configuration
	}
	return c.initial
}

// lastIndex is the index of the latest configuration in the log, or 0 when a
// snapshot has it, or none was ever made: then it is committed.
func (c *configurations) lastIndex() uint64 {
	if len(c.inLog) > 0 {
		return c.inLog[len(c.inLog)-1].index
	}
	return 0
}

// at is the configuration as of an index.
func (c *configurations) at(index uint64) *Configuration {
	for i := len(c.inLog) - 1; i >= 0; i-- {
		if c.inLog[i].index <= index {
			return &c.inLog[i].Configuration
		}
	}
	return c.initial
}

func (c *configurations) appended(index uint64, e Entry) {
	if e.Kind != Config {
		return
	}
	if conf, err := ParseConfiguration(e.Data); err == nil {
		c.inLog = append(slices.Clip(c.inLog), configAt{index, conf})
	}
}

func (c *configurations) truncatedAfter(index uint64) {
	for len(c.inLog) > 0 && c.inLog[len(c.inLog)-1].index > index {
		c.inLog = c.inLog[:len(c.inLog)-1]
	}
}

func (c *configurations) compactedTo(index uint64, conf *Configuration) {
	c.initial = conf
	for len(c.inLog) > 0 && c.inLog[0].index <= index {
		c.inLog = c.inLog[1:]
	}
}

// String is the configuration as a log entry's text: "S1 S2 S3", with
// "old S1 S2" and "learners S4" where there are any.
func (c Configuration) String() string {
	text := c.Voters.String()
	if !c.Old.Empty() {
		text += " old " + c.Old.String()
	}
	if !c.Learners.Empty() {
		text += " learners " + c.Learners.String()
	}
	return text
}

// ParseConfiguration reads what String writes.
func ParseConfiguration(text string) (Configuration, error) {
	var c Configuration
	into := &c.Voters
	for _, word := range strings.Fields(text) {
		switch word {
		case "old":
			into = &c.Old
		case "learners":
			into = &c.Learners
		default:
			digits, ok := strings.CutPrefix(word, "S")
			k, err := strconv.ParseUint(digits, 10, 8)
			if !ok || err != nil || k < 1 || k > uint64(MaxID) {
				return c, fmt.Errorf("%q is no server", word)
			}
			*into = into.With(ID(k))
		}
	}
	return c, nil
}
