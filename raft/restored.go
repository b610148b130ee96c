package raft

// Restored is a Node in the state that a server reports of itself, whatever led
// there: another program's server, of which nothing else is known. Its configurations
// are those of its log and its snapshot; initial is in force before the first of
// them. What a leader leaves out of Peers it has just begun to track. Nothing is
// checked: a server may report what no correct one can be in.
func Restored(s State, initial Configuration, o *Options) *Node {
	n := &Node{figure2: State{Log: Log{base: s.Log.base, baseTerm: s.Log.baseTerm}}}
	if n.config.initial = &initial; s.Snapshot != nil {
		n.config.initial = &s.Snapshot.Configuration
	}
	return n.Reported(s, o)
}

// Reported is Restored for what the same server reports later on. Of its log only
// what n's log does not share is read.
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

// track takes over what a leader reports of others. No entry is before the first,
// so no nextIndex is below 1, and none is beyond the next entry of its own.
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
