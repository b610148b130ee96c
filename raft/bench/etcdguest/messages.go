package main

import (
	"encoding/json"
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"
)

// wire is a message in the words of Figures 2 and 13, with a few of etcd's own, which raftlab carries along.
type wire struct {
	Type         string    `json:"type"`
	Term         uint64    `json:"term"`
	CandidateID  string    `json:"candidateId,omitempty"`
	LastLogIndex *uint64   `json:"lastLogIndex,omitempty"`
	LastLogTerm  *uint64   `json:"lastLogTerm,omitempty"`
	Transfer     bool      `json:"transfer,omitempty"`
	VoteGranted  *bool     `json:"voteGranted,omitempty"`
	LeaderID     string    `json:"leaderId,omitempty"`
	PrevLogIndex *uint64   `json:"prevLogIndex,omitempty"`
	PrevLogTerm  *uint64   `json:"prevLogTerm,omitempty"`
	Entries      []Entry   `json:"entries,omitempty"`
	LeaderCommit *uint64   `json:"leaderCommit,omitempty"`
	Success      *bool     `json:"success,omitempty"`
	MatchIndex   *uint64   `json:"matchIndex,omitempty"`
	Snapshot     *Snapshot `json:"snapshot,omitempty"`
	Heartbeat    bool      `json:"heartbeat,omitempty"`  // a MsgHeartbeat, not a MsgApp
	RejectHint   *uint64   `json:"rejectHint,omitempty"` // of a MsgAppResp that refuses
	HintTerm     uint64    `json:"hintTerm,omitempty"`
}

func read(text json.RawMessage) (w wire) {
	if len(text) > 0 {
		if err := json.Unmarshal(text, &w); err != nil {
			panic(err)
		}
	}
	return w
}

// tell sends a message of etcd's.
func (r *Etcd) tell(m *pb.Message) {
	text, err := json.Marshal(r.figure2(m))
	if err != nil {
		panic(err)
	}
	r.sent = append(r.sent, envelope{name(m.To), text})
}

// figure2 is a message of etcd's in Figure 2's words.
func (r *Etcd) figure2(m *pb.Message) wire {
	w := wire{Term: m.Term}
	yes := !m.Reject
	switch m.Type {
	case pb.MsgVote, pb.MsgPreVote:
		w.Type, w.CandidateID, w.LastLogIndex, w.LastLogTerm = "RequestVote", r.Name, &m.Index, &m.LogTerm
		if w.Transfer = len(m.Context) > 0; m.Type == pb.MsgPreVote {
			w.Type, w.Transfer = "PreVote", false
		}
	case pb.MsgVoteResp:
		w.Type, w.VoteGranted = "RequestVoteReply", &yes
	case pb.MsgPreVoteResp:
		w.Type, w.VoteGranted = "PreVoteReply", &yes
	case pb.MsgApp:
		w.Type, w.LeaderID, w.PrevLogIndex, w.PrevLogTerm = "AppendEntries", r.Name, &m.Index, &m.LogTerm
		w.LeaderCommit = &m.Commit
		for _, e := range m.Entries {
			w.Entries = append(w.Entries, entry(&e))
		}
	case pb.MsgHeartbeat:
		// etcd says no place in the log: the commit that it tells is one that the receiver is known to hold, so the
		// place is the last that it is known to hold. Where the log begins later, nothing can be said.
		match := uint64(r.MatchIndex[name(m.To)])
		if r.Log.Term(int(match)) < 0 {
			match, m.Commit = 0, 0
		}
		term := uint64(max(r.Log.Term(int(match)), 0))
		w.Type, w.LeaderID, w.PrevLogIndex, w.PrevLogTerm = "AppendEntries", r.Name, &match, &term
		w.LeaderCommit, w.Heartbeat = &m.Commit, true
	case pb.MsgSnap:
		s := m.Snapshot
		w.Type, w.LeaderID = "InstallSnapshot", r.Name
		w.Snapshot = &Snapshot{int(s.Metadata.Index), int(s.Metadata.Term), string(s.Data)}
	case pb.MsgTimeoutNow:
		w.Type, w.LeaderID = "TimeoutNow", r.Name
	case pb.MsgAppResp, pb.MsgHeartbeatResp:
		r.answer(m, &w)
	default:
		panic(fmt.Sprintf("Figure 2 has no word for %s", m.Type))
	}
	return w
}

// answer is what etcd replies to an append, a heartbeat or a snapshot. One of an older term it answers only to tell
// the newer one: that is a refusal.
func (r *Etcd) answer(m *pb.Message, w *wire) {
	q := read(r.in.Message)
	success := !m.Reject && q.Term == m.Term
	if w.Type, w.Success = "AppendEntriesReply", &success; q.Type == "InstallSnapshot" {
		w.Type, w.Success = "InstallSnapshotReply", nil
	}
	switch {
	case m.Reject:
		w.RejectHint, w.HintTerm = &m.RejectHint, m.LogTerm
	case m.Type == pb.MsgHeartbeatResp:
		w.MatchIndex = q.PrevLogIndex
	case success:
		w.MatchIndex = &m.Index
	}
}

// message is the message that arrived, in etcd's words.
func (r *Etcd) message(from string) pb.Message {
	w, q := read(r.in.Message), read(r.in.Request)
	m := pb.Message{From: id(from), To: id(r.Name), Term: w.Term}
	switch w.Type {
	case "RequestVote", "PreVote":
		m.Type, m.Index, m.LogTerm = pb.MsgVote, *w.LastLogIndex, *w.LastLogTerm
		if w.Type == "PreVote" {
			m.Type = pb.MsgPreVote
		}
		if w.Transfer {
			m.Context = []byte("CampaignTransfer")
		}
	case "RequestVoteReply":
		m.Type, m.Reject = pb.MsgVoteResp, !*w.VoteGranted
	case "PreVoteReply":
		m.Type, m.Reject = pb.MsgPreVoteResp, !*w.VoteGranted
	case "AppendEntries":
		m.Type, m.Index, m.LogTerm, m.Commit = pb.MsgApp, *w.PrevLogIndex, *w.PrevLogTerm, *w.LeaderCommit
		if w.Heartbeat {
			m.Type, m.Index, m.LogTerm = pb.MsgHeartbeat, 0, 0
		}
		for i, e := range w.Entries {
			m.Entries = append(m.Entries, pb.Entry{Term: uint64(e.Term), Index: m.Index + 1 + uint64(i), Data: data(e)})
		}
	case "InstallSnapshot":
		s := w.Snapshot
		m.Type, m.Snapshot = pb.MsgSnap, &pb.Snapshot{Data: []byte(s.Data), Metadata: pb.SnapshotMetadata{
			Index: uint64(s.Index), Term: uint64(s.Term), ConfState: r.servers()}}
	case "TimeoutNow":
		m.Type = pb.MsgTimeoutNow
	case "InstallSnapshotReply":
		m.Type, m.Index = pb.MsgAppResp, value(w.MatchIndex, uint64(q.Snapshot.Index))
	case "AppendEntriesReply":
		r.reply(&m, &w, &q)
	}
	return m
}

// reply is the reply to an append that arrived.
func (r *Etcd) reply(m *pb.Message, w, q *wire) {
	m.Type = pb.MsgAppResp
	switch {
	case q.Heartbeat:
		m.Type = pb.MsgHeartbeatResp
	case *w.Success:
		m.Index = value(w.MatchIndex, *q.PrevLogIndex+uint64(len(q.Entries)))
	default:
		m.Reject, m.Index = true, *q.PrevLogIndex
		m.RejectHint, m.LogTerm = value(w.RejectHint, max(m.Index, 1)-1), w.HintTerm
	}
}

func value(told *uint64, otherwise uint64) uint64 {
	if told != nil {
		return *told
	}
	return otherwise
}
