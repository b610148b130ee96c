package raft

import "strings"

// Renaming gives servers other names: id becomes r[id]. Nil changes no name. A hash under a
// renaming is the hash of the state in which the servers have these names, also in the
// log entries that name servers.
type Renaming []ID

// Of is the new name.
func (r Renaming) Of(id ID) ID {
	if int(id) < len(r) {
		return r[id]
	}
	return id
}

// WithoutNames calls a server S1 and every other one of so many S2.
func WithoutNames(servers int, id ID) Renaming {
	r := make(Renaming, servers+1)
	for i := range r {
		r[i] = 2
	}
	r[id] = 1
	r[0] = 0
	return r
}

// Opaque changes a hash of something that may name servers anywhere, so that it differs under
// every renaming.
func (r Renaming) Opaque(h uint64) uint64 {
	for id, name := range r {
		if name != ID(id) {
			h = mix(h, uint64(id), uint64(name))
		}
	}
	return h
}

// own adds a program's own fields, as JSON, to a hash. If they may name a server, the hash
// differs under every renaming.
func (r Renaming) own(h uint64, text string, hashData func(string) uint64) uint64 {
	h = mix(h, hashData(text))
	if strings.Contains(text, `"S`) || strings.Contains(text, `\`) {
		return r.Opaque(h)
	}
	return h
}

// Set is the set with the new names.
func (r Renaming) Set(s Set) Set {
	if r == nil {
		return s
	}
	var out Set
	for id := range s.All() {
		out = out.With(r.Of(id))
	}
	return out
}

// DataUnder is the entry's data under a renaming. Only a configuration names servers.
func (e *Entry) DataUnder(r Renaming) string {
	if r == nil || e.Kind != Config {
		return e.Data
	}
	c, err := ParseConfiguration(e.Data)
	if err != nil {
		return e.Data
	}
	return c.Under(r).String()
}

// Under is the configuration with the servers' new names.
func (c Configuration) Under(r Renaming) Configuration {
	return Configuration{r.Set(c.Voters), r.Set(c.Old), r.Set(c.Learners)}
}

// Hash is a hash of everything in the server's state that can make a difference to what it
// does next. logHash stands for the log's entries, because a driver can keep it up to date
// at less cost. Without hints, the leader that the server knows is left out, which matters
// to clients only (§8).
func (n *Node) Hash(logHash uint64, r Renaming, hints bool) uint64 {
	var votes, heard Set // where they count
	leader := ID(0)
	if hints {
		leader = r.Of(n.Leader)
	}
	if n.Role == Candidate || n.Role == PreCandidate {
		votes = r.Set(n.Votes)
	}
	if n.opts.CheckQuorum {
		heard = r.Set(n.heard)
	}
	h := mix(logHash, uint64(r.Of(n.ID)), uint64(n.Role), n.CurrentTerm, uint64(r.Of(n.VotedFor)), n.CommitIndex,
		n.LastApplied, uint64(leader), votes.low, votes.high, heard.low, heard.high, uint64(r.Of(n.Transferee)),
		n.Round, n.quorumRound,
		flags(n.HeardLeader && (n.opts.PreVote || n.opts.AskedFirst || n.opts.StickyFollower), n.Lease, n.timeoutSent),
		n.Log.base, n.Log.baseTerm)
	peers := uint64(0) // a sum: the order of the servers does not count
	for i := range n.Peers {
		p := &n.Peers[i]
		if *p == (Peer{}) { // no member: how many of them come before one is by their names
			continue
		}
		peers += mix(uint64(r.Of(ID(i))), p.NextIndex, p.MatchIndex, p.round, p.since, uint64(p.inFlight),
			flags(p.snapshotSent))
	}
	h = mix(h, peers)
	if n.mutant(RepliesNotVoters) {
		h = mix(h, uint64(n.grants))
	}
	for _, read := range n.unread().reads {
		h = mix(h, read.number, uint64(r.Of(read.from)), read.index, read.round)
	}
	for _, number := range n.unread().asked {
		h = mix(h, number)
	}
	return n.config.initial.hash(h, r)
}

// hash mixes an entry into a hash. What its tag refers to may name servers anywhere.
func (e *Entry) hash(h uint64, hashData func(string) uint64, r Renaming) uint64 {
	h = mix(h, e.Term, uint64(e.Kind), hashData(e.DataUnder(r)))
	if e.Tag != 0 {
		h = r.Opaque(mix(h, uint64(e.Tag)))
	}
	return h
}

// Hash is a hash of what stable storage holds.
func (d *Stable) Hash(hashData func(string) uint64, r Renaming) uint64 {
	h := mix(d.CurrentTerm, uint64(r.Of(d.VotedFor)), d.Log.base, d.Log.baseTerm)
	for i := d.Log.FirstIndex(); i <= d.Log.LastIndex(); i++ {
		h = d.Log.At(i).hash(h, hashData, r)
	}
	if s := d.Snapshot; s != nil {
		h = s.Configuration.hash(mix(h, s.Term, hashData(s.Data)), r)
	}
	if d.Own != "" {
		h = r.own(h, d.Own, hashData)
	}
	return d.Initial.hash(h, r)
}

func (c Configuration) hash(h uint64, r Renaming) uint64 {
	c = c.Under(r)
	return mix(h, c.Voters.low, c.Voters.high, c.Old.low, c.Old.high, c.Learners.low, c.Learners.high)
}

// HashMessage is a hash of a message's content; hashData hashes the data of an
// entry or snapshot.
func HashMessage(m Message, hashData func(string) uint64, r Renaming) uint64 {
	h := hashMessage(m, hashData, r)
	if own := OwnOf(m); own != "" {
		return r.own(h, own, hashData)
	}
	return h
}

func hashMessage(m Message, hashData func(string) uint64, r Renaming) uint64 {
	switch m := m.(type) {
	case *RequestVote:
		return mix(1, m.Term, uint64(r.Of(m.CandidateID)), m.LastLogIndex, m.LastLogTerm, flags(m.Transfer))
	case *RequestVoteReply:
		return mix(2, m.Term, flags(m.VoteGranted))
	case *AppendEntries:
		h := mix(3, m.Term, uint64(r.Of(m.LeaderID)), m.PrevLogIndex, m.PrevLogTerm, m.LeaderCommit, m.Round)
		for i := range m.Entries {
			h = m.Entries[i].hash(h, hashData, r)
		}
		return h
	case *AppendEntriesReply:
		return mix(4, m.Term, flags(m.Success), m.MatchIndex, m.PrevLogIndex, m.ConflictTerm, m.ConflictIndex, m.Round)
	case *InstallSnapshot:
		s := m.Snapshot
		return s.Configuration.hash(mix(5, m.Term, uint64(r.Of(m.LeaderID)), m.Round, s.Index, s.Term,
			hashData(s.Data)), r)
	case *InstallSnapshotReply:
		return mix(6, m.Term, m.MatchIndex, m.Round)
	case *PreVote:
		return mix(7, m.Term, uint64(r.Of(m.CandidateID)), m.LastLogIndex, m.LastLogTerm)
	case *PreVoteReply:
		return mix(8, m.Term, flags(m.VoteGranted))
	case *TimeoutNow:
		return mix(9, m.Term, uint64(r.Of(m.LeaderID)))
	case *ReadIndex:
		return mix(10, m.Term, m.Number)
	case *ReadIndexReply:
		return mix(11, m.Term, m.Number, m.Index, flags(m.Success))
	}
	return 0
}

func flags(bits ...bool) (f uint64) {
	for i, b := range bits {
		if b {
			f |= 1 << i
		}
	}
	return f
}

// mix folds numbers into h, one after the other. The first step makes h and the number count
// differently; the rest is the finaliser of splitmix64.
func mix(h uint64, numbers ...uint64) uint64 {
	for _, v := range numbers {
		h = h*0xd6e8feb86659fd93 + v + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
