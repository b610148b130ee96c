package raft

// Restored is a Node in the state that a server reports of itself, such as a server that is
// another program. Its configurations are those of its log and its snapshot; initial is in
// force before the first of them. A member that a leader leaves out of Peers counts as new.
// The state is not checked, because a server may report one that no correct server can be in.
func Restored(s State, initial Configuration, o *Options) *Node {
	n := &Node{figure2: State{Log: Log{base: s.Log.base, baseTerm: s.Log.baseTerm}}}
	if n.config.initial = &initial; s.Snapshot != nil {
		n.config.initial = &s.Snapshot.Configuration
	}
	return n.Reported(s, o)
}

// Reported is Restored for a later report of the same server. It is faster, because it reads
// only the part of the log that n's log does not share.
func (n *Node) Reported(s State, o *Options) *Node {
	r := &Node{figure2: s, opts: o, config: n.config, grants: uint32(s.Votes.Len())}
	shared := s.Log.base
	if s.Log.base == n.Log.base {
		shared = max(shared, s.Log.SharedThrough(&n.Log))
	} else if s.Snapshot != nil {
		r.config = configurations{initial: &s.Snapshot.Configuration}
	}
	r.config.truncatedAfter(shared)
	for i := shared + 1; i <= s.Log.LastIndex(); i++ {
		if e := s.Log.At(i); e.Kind == Config {
			r.config.appended(i, *e)
		}
	}
	r.configured()
	if r.Peers = nil; s.Role == Leader {
		r.addPeers(r.Configuration.Members(), s.Log.LastIndex()+1, 0)
		r.track(s.Peers)
	}
	return r
}

// track takes a leader's report of the other servers. It limits nextIndex to the range from 1
// to the entry after the leader's last.
func (n *Node) track(reported []Peer) {
	for id := range min(len(reported), len(n.Peers)) {
		if !n.Configuration.hasMember(ID(id)) {
			continue
		}
		n.Peers[id].MatchIndex = reported[id].MatchIndex
		if next := reported[id].NextIndex; next > 0 {
			n.Peers[id].NextIndex = min(next, n.Log.LastIndex()+1)
		}
	}
}
