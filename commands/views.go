package commands

import (
	"strconv"

	"raftlab/cluster"
	"raftlab/commands/words"
	"raftlab/raft"
)

// vocabularyOf is the world in the words of conditions and JSON. What use does
// not look at is left out.
func vocabularyOf(w *cluster.World, use *Cond) *Vocabulary {
	v := &Vocabulary{Clock: int(w.Clock()), Position: int(w.Position()), Bugs: append([]string{}, w.Bugs()...)}
	fillNodes(v, w, use)
	if use.Uses("messages") {
		v.Messages = messageViews(w)
	}
	if use.Uses("violations") {
		v.Violations = breachViews(w)
	}
	if use.Uses("clients") {
		v.Clients = clientViews(w)
	}
	return v
}

// fillNodes fills in the servers and who leads.
func fillNodes(v *Vocabulary, w picture, use *Cond) {
	v.Nodes = make([]*NodeView, w.Size())
	for i, id := range w.IDs() {
		v.Nodes[i] = nodeView(w, id, use)
	}
	v.Leaders = []*NodeView{}
	for _, id := range w.Leaders() {
		v.Leaders = append(v.Leaders, v.Nodes[id-1])
	}
	if id := w.Leader(); id != 0 {
		v.Leader = v.Nodes[id-1]
	}
}

func nodeView(w picture, id raft.ID, use *Cond) *NodeView {
	written := w.Stored(id)
	n := w.Node(id)
	v := &NodeView{ID: id.String(), Role: "down", Frozen: frozen(w, id)}
	term, vote, log, conf := written.CurrentTerm, written.VotedFor, &written.Log, written.Initial
	snap := written.Snapshot
	if n != nil {
		v.Up, v.Role, v.Leader = true, n.Role().String(), n.Leader().String()
		v.Commit, v.Applied = int(n.CommitIndex()), int(n.LastApplied())
		term, vote, log, conf, snap = n.CurrentTerm(), n.VotedFor(), n.Log(), n.Configuration(), n.Snapshot()
	}
	if n == nil && (use.Uses("voters") || use.Uses("oldVoters") || use.Uses("learners")) {
		conf = storedConfiguration(written)
	}
	v.Term, v.Vote = int(term), vote.String()
	v.First, v.Last = int(log.FirstIndex()), int(log.LastIndex())
	if snap != nil {
		v.Snapshot = PlaceView{Index: int(snap.Index), Term: int(snap.Term)}
	}
	v.Timer, _ = w.Timer(id)
	fillNode(v, w, id, log, conf, use)
	return v
}

// storedConfiguration is the latest configuration on a disk.
func storedConfiguration(s *raft.Stable) raft.Configuration {
	for i := s.Log.LastIndex(); i >= s.Log.FirstIndex(); i-- {
		if e := s.Log.Entry(i); e.Kind == raft.Config {
			if conf, err := raft.ParseConfiguration(e.Data); err == nil {
				return conf
			}
		}
	}
	if s.Snapshot != nil {
		return s.Snapshot.Configuration
	}
	return s.Initial
}

// fillNode fills in what costs more, where it is used.
func fillNode(v *NodeView, w picture, id raft.ID, log *raft.Log, conf raft.Configuration, use *Cond) {
	if use.Uses("log") {
		v.Log = logTerms(log)
	}
	if use.Uses("entries") {
		v.Entries = entryViews(log.Slice(log.FirstIndex(), log.LastIndex()), log.FirstIndex())
	}
	if use.Uses("voters") || use.Uses("oldVoters") || use.Uses("learners") {
		v.Voters, v.OldVoters, v.Learners = names(conf.Voters), names(conf.Old), names(conf.Learners)
	}
	if use.Uses("kv") {
		v.KV = map[string]string{}
		if m := w.Machine(id); m != nil {
			for key, value := range m.All() {
				v.KV[key] = value
			}
		}
	}
	if n := w.Node(id); n != nil && n.Role() == raft.Leader && (use.Uses("next") || use.Uses("match")) {
		v.Next, v.Match = map[string]int{}, map[string]int{}
		for peer := range conf.Members().Without(id).All() {
			v.Next[peer.String()], v.Match[peer.String()] = int(n.NextIndex(peer)), int(n.MatchIndex(peer))
		}
	}
}

func names(set raft.Set) []string {
	out := []string{}
	for id := range set.All() {
		out = append(out, id.String())
	}
	return out
}

// logTerms is the terms of a log's entries: 1 1 4.
func logTerms(l *raft.Log) string {
	var b []byte
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, l.Entry(i).Term, 10)
	}
	return string(b)
}

func entryViews(entries []raft.Entry, first uint64) []EntryView {
	out := make([]EntryView, len(entries))
	for i, e := range entries {
		out[i] = EntryView{Index: int(first) + i, Term: int(e.Term), Kind: kindText(e.Kind), Data: e.Data}
	}
	return out
}

// kindText is an entry's kind in conditions and JSON: a numbered command is a
// command, its number stands in its text.
func kindText(k raft.Kind) string {
	if k == raft.Numbered {
		k = raft.Command
	}
	return k.String()
}

func messageViews(w *cluster.World) []*MessageView {
	flights := w.Flights()
	out := make([]*MessageView, len(flights))
	for i := range flights {
		out[i] = messageView(&flights[i])
		out[i].Age = int(w.Clock() - flights[i].Sent)
		out[i].Arrives = w.Fate(&flights[i]) == "" && !w.Waits(&flights[i])
	}
	return out
}

func messageView(f *cluster.Flight) *MessageView {
	v := &MessageView{
		ID: words.MessageID(f.ID).String(), Type: f.Message.Type(), From: f.From.String(), To: f.To.String(),
		Term: int(f.Message.MessageTerm()), Due: int(f.Due), Entries: []EntryView{},
	}
	switch m := f.Message.(type) {
	case *raft.RequestVote:
		v.Last = PlaceView{int(m.LastLogIndex), int(m.LastLogTerm)}
	case *raft.PreVote:
		v.Last = PlaceView{int(m.LastLogIndex), int(m.LastLogTerm)}
	case *raft.RequestVoteReply:
		v.Granted = m.VoteGranted
	case *raft.PreVoteReply:
		v.Granted = m.VoteGranted
	case *raft.AppendEntries:
		v.Prev = PlaceView{int(m.PrevLogIndex), int(m.PrevLogTerm)}
		v.Entries, v.Commit = entryViews(m.Entries, m.PrevLogIndex+1), int(m.LeaderCommit)
	case *raft.AppendEntriesReply:
		v.Success, v.Match = m.Success, int(m.MatchIndex)
		v.Prev.Index = int(m.PrevLogIndex)
	case *raft.InstallSnapshot:
		v.Snapshot = PlaceView{int(m.Snapshot.Index), int(m.Snapshot.Term)}
		v.Last = v.Snapshot // what inject and the story call it
	case *raft.InstallSnapshotReply:
		v.Match = int(m.MatchIndex)
	case *raft.ReadIndexReply:
		v.Success, v.Commit = m.Success, int(m.Index)
	}
	return v
}

func breachViews(w *cluster.World) []*BreachView {
	out := []*BreachView{}
	for _, onPurpose := range []bool{false, true} { // the harm first, if there is any
		for _, b := range w.Breaches() {
			if b.OnPurpose == onPurpose {
				out = append(out, &BreachView{Property: b.Property, Text: b.Text, Position: int(b.Position), Causes: b.Causes})
			}
		}
	}
	return out
}

func clientViews(w *cluster.World) map[string]*ClientView {
	out := map[string]*ClientView{}
	for _, c := range w.Clients() {
		out[c.Name] = clientView(c)
	}
	return out
}

func clientView(c *cluster.Client) *ClientView {
	return &ClientView{
		ID: c.Name, Status: c.Status, Command: c.Command, Result: c.Result, Index: int(c.Index),
		Term: int(c.Term), Node: c.Node.String(), Session: int(c.Session), Tries: c.Tries, Why: c.Why,
	}
}

// raftSet is the nodes as a set.
func raftSet(s words.NodeSet) raft.Set {
	var out raft.Set
	for _, id := range s.IDs {
		out = out.With(id)
	}
	return out
}
