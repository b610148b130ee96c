// A complete server after Figure 2, by the JavaScript kit: the tests' example, and not for students.
"use strict";
const { Server, run } = require("./raftlab.js");

class Finished extends Server {
  onStart() {
    this.commitIndex = this.lastApplied = this.log.snapshot.index;
    this.restartElectionTimer();
  }

  // The rule for all servers: a higher term in any message makes a follower of that term.
  higherTerm(term) {
    if (term > this.currentTerm) {
      this.currentTerm = term;
      this.votedFor = null;
      this.leader = null;
      this.role = "follower";
      this.votes = new Set();
      this.save();
    }
  }

  // Elections

  onElectionTimeout() {
    this.role = "candidate";
    this.currentTerm++;
    this.votedFor = this.name;
    this.leader = null;
    this.votes = new Set([this.name]);
    this.save();
    this.restartElectionTimer();
    const { lastIndex: lastLogIndex, lastTerm: lastLogTerm } = this.log;
    for (const peer of this.others) {
      this.send(peer, "RequestVote", { term: this.currentTerm, candidateId: this.name, lastLogIndex, lastLogTerm });
    }
    this.countVotes();
  }

  onRequestVote(sender, request) {
    this.higherTerm(request.term);
    const free = this.votedFor === null || this.votedFor === request.candidateId;
    const { lastIndex, lastTerm } = this.log;
    const upToDate = request.lastLogTerm > lastTerm ||
      request.lastLogTerm === lastTerm && request.lastLogIndex >= lastIndex;
    const voteGranted = request.term === this.currentTerm && free && upToDate;
    if (voteGranted) {
      this.votedFor = request.candidateId;
      this.save();
      this.restartElectionTimer();
    }
    this.reply({ term: this.currentTerm, voteGranted });
  }

  onRequestVoteReply(sender, reply) {
    this.higherTerm(reply.term);
    if (this.role === "candidate" && reply.term === this.currentTerm && reply.voteGranted) {
      this.votes.add(sender);
      this.countVotes();
    }
  }

  countVotes() {
    if (this.votes.size * 2 <= this.servers.length) return;
    this.role = "leader";
    this.leader = this.name;
    for (const peer of this.others) {
      this.nextIndex[peer] = this.log.lastIndex + 1;
      this.matchIndex[peer] = 0;
    }
    this.advanceCommit();
    this.onHeartbeatTimeout();
  }

  // Replication: the leader

  onHeartbeatTimeout() {
    this.restartHeartbeatTimer();
    for (const peer of this.others) this.sendEntries(peer);
  }

  sendEntries(peer) {
    const first = this.nextIndex[peer];
    if (first > 0 && first < this.log.firstIndex) {
      const { currentTerm: term, name: leaderId, log: { snapshot } } = this;
      return this.send(peer, "InstallSnapshot", { term, leaderId, snapshot });
    }
    this.send(peer, "AppendEntries", {
      term: this.currentTerm, leaderId: this.name, prevLogIndex: first - 1, prevLogTerm: this.log.term(first - 1),
      entries: this.log.startingAt(first), leaderCommit: this.commitIndex,
    });
  }

  onClientCommand(command) {
    if (this.role !== "leader") return this.refuse(this.leader);
    this.log.append({ term: this.currentTerm, command });
    this.save();
    this.took(this.log.lastIndex);
    this.advanceCommit();
    for (const peer of this.others) this.sendEntries(peer);
  }

  onAppendEntriesReply(sender, reply, request) {
    this.higherTerm(reply.term);
    if (this.role !== "leader" || reply.term !== this.currentTerm || request.term !== this.currentTerm) return;
    if (reply.success) {
      this.confirmed(sender, request.prevLogIndex + request.entries.length);
    } else if (request.prevLogIndex === this.nextIndex[sender] - 1 && request.prevLogIndex > this.matchIndex[sender]) {
      this.nextIndex[sender]--;
      this.sendEntries(sender);
    }
  }

  confirmed(sender, match) {
    this.matchIndex[sender] = Math.max(this.matchIndex[sender], match);
    this.nextIndex[sender] = Math.max(this.nextIndex[sender], match + 1);
    this.advanceCommit();
  }

  advanceCommit() {
    const held = [...this.others.map((peer) => this.matchIndex[peer]), this.log.lastIndex].sort((a, b) => a - b);
    const majority = held[(held.length - 1) >> 1];
    if (majority > this.commitIndex && this.log.term(majority) === this.currentTerm) {
      this.commitIndex = this.lastApplied = majority;
    }
  }

  // Replication: the followers

  onAppendEntries(sender, whole) {
    const request = this.afterSnapshot(whole);
    this.higherTerm(request.term);
    if (request.term < this.currentTerm) return this.reply({ term: this.currentTerm, success: false });
    this.role = "follower";
    this.leader = request.leaderId;
    this.restartElectionTimer();
    if (this.log.term(request.prevLogIndex) !== request.prevLogTerm) {
      return this.reply({ term: this.currentTerm, success: false });
    }
    request.entries.forEach((entry, i) => {
      const index = request.prevLogIndex + 1 + i;
      if (this.log.term(index) !== entry.term) {
        this.log.deleteFrom(index);
        this.log.append(entry);
      }
    });
    this.save();
    const lastNew = request.prevLogIndex + request.entries.length;
    this.commitIndex = Math.max(this.commitIndex, Math.min(request.leaderCommit, lastNew));
    this.lastApplied = this.commitIndex;
    this.reply({ term: this.currentTerm, success: true });
  }

  // Snapshots

  // afterSnapshot is the part of an append that the snapshot does not cover: what it covers is committed, so it agrees.
  afterSnapshot(request) {
    const { index, term } = this.log.snapshot;
    if (request.prevLogIndex >= index) return request;
    const entries = request.entries.slice(index - request.prevLogIndex);
    return { ...request, prevLogIndex: index, prevLogTerm: term, entries };
  }

  onSnapshot(index, data) {
    this.log.compact({ index, term: this.log.term(index), data });
    this.save();
  }

  onInstallSnapshot(sender, request) {
    this.higherTerm(request.term);
    if (this.currentTerm > request.term) return this.reply({ term: this.currentTerm });
    Object.assign(this, { role: "follower", leader: request.leaderId });
    this.restartElectionTimer();
    const { snapshot } = request;
    if (snapshot.index > this.commitIndex) {
      if (this.log.term(snapshot.index) !== snapshot.term) this.log.deleteFrom(this.log.firstIndex);
      this.log.compact(snapshot);
      this.save();
      this.commitIndex = this.lastApplied = snapshot.index;
    }
    this.reply({ term: this.currentTerm });
  }

  onInstallSnapshotReply(sender, reply, request) {
    this.higherTerm(reply.term);
    if (this.role === "leader" && reply.term === this.currentTerm && request.term === this.currentTerm) {
      this.confirmed(sender, request.snapshot.index);
    }
  }
}

run(Finished, { can: ["snapshot"] });
