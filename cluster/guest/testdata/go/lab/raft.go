// Package raft is a server as it might have been written for a course: goroutines, a ticker, a mutex, calls that block,
// a persister, and a channel for what is applied. adapt_test.go makes a guest of it.
package raft

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/rand"
	"sync"
	"time"
)

// Peer is the other end of a network.
type Peer interface {
	Call(method string, args, reply any) bool
}

// Persister is a disk.
type Persister interface {
	Save(state []byte)
	Read() []byte
}

type ApplyMsg struct {
	Command any
	Index   int
}

type state int

const (
	follower state = iota
	candidate
	leader
)

func (s state) String() string { return [...]string{"Follower", "Candidate", "Leader"}[s] }

type LogEntry struct {
	Term    int
	Command any
}

type RequestVoteArgs struct{ Term, CandidateId, LastLogIndex, LastLogTerm int }

type RequestVoteReply struct {
	Term        int
	VoteGranted bool
}

type AppendEntriesArgs struct {
	Term, LeaderId, PrevLogIndex, PrevLogTerm int
	Entries                                   []LogEntry
	LeaderCommit                              int
}

type AppendEntriesReply struct {
	Term    int
	Success bool
}

type Raft struct {
	mu        sync.Mutex
	applied   *sync.Cond
	peers     []Peer
	me        int
	persister Persister
	applyCh   chan ApplyMsg
	state     state
	heard     time.Time

	currentTerm, votedFor    int
	log                      []LogEntry
	commitIndex, lastApplied int
	nextIndex, matchIndex    []int
}

func Make(peers []Peer, me int, persister Persister, applyCh chan ApplyMsg) *Raft {
	rf := &Raft{peers: peers, me: me, persister: persister, applyCh: applyCh, votedFor: -1, heard: time.Now()}
	rf.log = []LogEntry{{}}
	rf.applied = sync.NewCond(&rf.mu)
	if data := persister.Read(); len(data) > 0 {
		d := gob.NewDecoder(bytes.NewReader(data))
		if d.Decode(&rf.currentTerm) != nil || d.Decode(&rf.votedFor) != nil || d.Decode(&rf.log) != nil {
			panic("the disk cannot be read")
		}
	}
	go rf.ticker()
	go rf.applier()
	return rf
}

func (rf *Raft) persist() {
	var w bytes.Buffer
	e := gob.NewEncoder(&w)
	if e.Encode(rf.currentTerm) != nil || e.Encode(rf.votedFor) != nil || e.Encode(rf.log) != nil {
		panic("the disk cannot be written")
	}
	rf.persister.Save(w.Bytes())
}

func (rf *Raft) last() (index, term int) { return len(rf.log) - 1, rf.log[len(rf.log)-1].Term }

// Start gives a command to the server.
func (rf *Raft) Start(command any) (index, term int, leads bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.state != leader {
		return -1, rf.currentTerm, false
	}
	rf.log = append(rf.log, LogEntry{rf.currentTerm, command})
	rf.persist()
	rf.advance()
	return len(rf.log) - 1, rf.currentTerm, true
}

func (rf *Raft) ticker() {
	for {
		time.Sleep(time.Duration(30+rand.Intn(20)) * time.Millisecond)
		rf.mu.Lock()
		if rf.state != leader && time.Since(rf.heard) > time.Duration(300+rand.Intn(200))*time.Millisecond {
			rf.campaign()
		}
		rf.mu.Unlock()
	}
}

func (rf *Raft) campaign() {
	rf.state, rf.votedFor, rf.heard = candidate, rf.me, time.Now()
	rf.currentTerm++
	rf.persist()
	index, term := rf.last()
	args := RequestVoteArgs{rf.currentTerm, rf.me, index, term}
	votes := 1
	fmt.Println("server", rf.me, "campaigns in term", rf.currentTerm)
	if votes > len(rf.peers)/2 {
		rf.lead()
	}
	for i := range rf.peers {
		if i == rf.me {
			continue
		}
		go func() {
			var reply RequestVoteReply
			if !rf.peers[i].Call("Raft.RequestVote", &args, &reply) {
				return
			}
			rf.mu.Lock()
			defer rf.mu.Unlock()
			rf.higher(reply.Term)
			if rf.state == candidate && rf.currentTerm == args.Term && reply.VoteGranted {
				if votes++; votes > len(rf.peers)/2 {
					rf.lead()
				}
			}
		}()
	}
}

func (rf *Raft) higher(term int) {
	if term > rf.currentTerm {
		rf.state, rf.currentTerm, rf.votedFor = follower, term, -1
		rf.persist()
	}
}

func (rf *Raft) lead() {
	rf.state = leader
	rf.nextIndex, rf.matchIndex = make([]int, len(rf.peers)), make([]int, len(rf.peers))
	for i := range rf.peers {
		rf.nextIndex[i] = len(rf.log)
	}
	rf.advance()
	go rf.heartbeats(rf.currentTerm)
}

func (rf *Raft) heartbeats(term int) {
	for {
		rf.mu.Lock()
		if rf.state != leader || rf.currentTerm != term {
			rf.mu.Unlock()
			return
		}
		for i := range rf.peers {
			if i != rf.me {
				rf.replicate(i)
			}
		}
		rf.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
}

func (rf *Raft) replicate(i int) {
	prev := rf.nextIndex[i] - 1
	entries := append([]LogEntry{}, rf.log[prev+1:]...)
	args := AppendEntriesArgs{rf.currentTerm, rf.me, prev, rf.log[prev].Term, entries, rf.commitIndex}
	go func() {
		var reply AppendEntriesReply
		if !rf.peers[i].Call("Raft.AppendEntries", &args, &reply) {
			return
		}
		rf.mu.Lock()
		defer rf.mu.Unlock()
		rf.higher(reply.Term)
		if rf.state != leader || rf.currentTerm != args.Term {
			return
		}
		if reply.Success {
			rf.matchIndex[i] = max(rf.matchIndex[i], prev+len(entries))
			rf.nextIndex[i] = rf.matchIndex[i] + 1
			rf.advance()
		} else if rf.nextIndex[i] == prev+1 && prev > rf.matchIndex[i] {
			rf.nextIndex[i]--
		}
	}()
}

func (rf *Raft) advance() {
	for n := len(rf.log) - 1; n > rf.commitIndex && rf.log[n].Term == rf.currentTerm; n-- {
		held := 1
		for i := range rf.peers {
			if i != rf.me && rf.matchIndex[i] >= n {
				held++
			}
		}
		if held > len(rf.peers)/2 {
			rf.commitIndex = n
			rf.applied.Broadcast()
			return
		}
	}
}

func (rf *Raft) applier() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	for {
		for rf.lastApplied >= rf.commitIndex {
			rf.applied.Wait()
		}
		rf.lastApplied++
		m := ApplyMsg{rf.log[rf.lastApplied].Command, rf.lastApplied}
		rf.mu.Unlock()
		rf.applyCh <- m
		rf.mu.Lock()
	}
}

func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.higher(args.Term)
	index, term := rf.last()
	fresh := args.LastLogTerm > term || args.LastLogTerm == term && args.LastLogIndex >= index
	if args.Term == rf.currentTerm && (rf.votedFor == -1 || rf.votedFor == args.CandidateId) && fresh {
		rf.votedFor, rf.heard, reply.VoteGranted = args.CandidateId, time.Now(), true
		rf.persist()
	}
	reply.Term = rf.currentTerm
}

func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.higher(args.Term)
	reply.Term = rf.currentTerm
	if args.Term < rf.currentTerm {
		return
	}
	rf.state, rf.heard = follower, time.Now()
	if args.PrevLogIndex >= len(rf.log) || rf.log[args.PrevLogIndex].Term != args.PrevLogTerm {
		return
	}
	for i, e := range args.Entries {
		n := args.PrevLogIndex + 1 + i
		if n < len(rf.log) && rf.log[n].Term != e.Term {
			rf.log = rf.log[:n]
		}
		if n == len(rf.log) {
			rf.log = append(rf.log, e)
		}
	}
	rf.persist()
	if commit := min(args.LeaderCommit, args.PrevLogIndex+len(args.Entries)); commit > rf.commitIndex {
		rf.commitIndex = commit
		rf.applied.Broadcast()
	}
	reply.Success = true
}
