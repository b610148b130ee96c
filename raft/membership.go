package raft

import (
	"fmt"
	"slices"
)

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

// reachedByMajority is the highest number that a majority has reached. own is the leader's
// number; of is what the leader knows of another server's.
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

// withLearners is the bug LearnerCounts: it counts learners as if they were voters.
func withLearners(n *Node, c *Configuration) uint64 {
	var held []uint64
	for id := range c.Voters.Or(c.Learners).All() {
		held = append(held, n.MatchIndex(id))
	}
	slices.Sort(held)
	return held[len(held)-1-c.Voters.Len()/2]
}

// addServer adds a server, as a learner or with a vote at once.
func (n *Node) addServer(o *Output, id ID, learner bool) error {
	c := *n.Configuration
	switch {
	case !id.valid():
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%d is not a server; servers are 1 to %d", uint8(id), MaxID)}
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
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s is not a learner (%s)", id, c), About: NoLearner}
	}
	if n.Role == Leader && !o.check(LearnerCaughtUp, n, id, n.MatchIndex(id) >= n.CommitIndex,
		n.MatchIndex(id), n.CommitIndex, 0, 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("%s has not caught up: it holds entries up to %d of %d (thesis "+
			"4.2.1)", id, n.MatchIndex(id), n.CommitIndex), About: LearnerBehind}
	}
	c.Learners, c.Voters = c.Learners.Without(id), c.Voters.With(id)
	return n.changeOne(o, c)
}

// removeServer removes a server.
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

// appendConfiguration appends a configuration, which puts it in force, and starts tracking
// the servers that are new in it.
func (n *Node) appendConfiguration(o *Output, c Configuration) {
	old := n.Configuration.Members()
	n.appendEntry(o, Entry{Term: n.CurrentTerm, Kind: Config, Data: c.String()})
	o.rests(EntriesAppended)
	index := n.Log.LastIndex()
	if added := c.Members().Minus(old); !added.Empty() {
		n.Round++ // replies to what they were sent as members before are of an earlier round
		n.addPeers(added, index, n.Round)
	}
	n.broadcast(o)
	n.maybeCommit(o)
}

// configurationCommitted acts on the commit of the latest configuration. After a joint one,
// the leader appends the new one (Figure 11). A leader that is no longer a member steps down.
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
