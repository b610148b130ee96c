// My Raft. Every TODO is a rule of Figure 2 of the Raft paper. raftlab.js, beside this file, has all that you can use.
//
//     raftlab --nodes 3 --guest 'node my_raft.js'      handle a cluster of three such servers
//     raftlab grade 'node my_raft.js'                  see which rules hold
//
// As it is, the server starts, and does nothing. Begin with onElectionTimeout.
"use strict";
const { Server, run } = require("./raftlab.js");

class MyRaft extends Server {
  // The kit has set these, and shows them in raftlab. What you do to them is kept.
  //   this.name         this server, such as "S1"           this.servers  all servers; this.others: all but this one
  //   this.role         "follower", "candidate" or "leader"
  //   this.currentTerm  0 at first; on stable storage       this.votedFor  null, or a server; on stable storage
  //   this.log          the first entry, {term, command}, has index 1; on stable storage. It has lastIndex, lastTerm,
  //                     term(index), at(index), append(entry), startingAt(index), deleteFrom(index)
  //   this.commitIndex, this.lastApplied     0 at first
  //   this.nextIndex, this.matchIndex        {} at first; a leader fills them, by server
  //   this.votes        a Set for the servers that voted for this candidate
  //   this.leader       null, or the server that leads the term
  // this.save() writes currentTerm, votedFor and log to stable storage. A crash takes away what you did not save.

  // ---- Rules for all servers

  // The server boots. The kit has read stable storage; everything else is as in a new follower.
  onStart() {}

  // Call this for the term of every request and every reply, before anything else.
  higherTerm(term) {
    // TODO all servers, rule 2: if the message has a higher term than this server, the server takes that term,
    //      becomes a follower, and has not voted in the new term yet. Term and vote must be on stable storage
    //      before anything is sent.
  }

  // Call this whenever commitIndex has risen.
  apply() {
    // TODO all servers, rule 1: entries up to commitIndex are applied, one after the other. raftlab has the
    //      state machine: it is enough to raise lastApplied.
  }

  // ---- Elections (sections 5.2 and 5.4.1)

  // The election timer fired: nothing was heard of a leader.
  onElectionTimeout() {
    // TODO candidates, rule 1: start an election. Go to the next term, vote for yourself, restart the election
    //      timer, ask all other servers for their votes:
    //      this.send(peer, "RequestVote", {term: …, candidateId: …, lastLogIndex: …, lastLogTerm: …})
  }

  // A candidate asks for a vote. request has term, candidateId, lastLogIndex and lastLogTerm.
  onRequestVote(sender, request) {
    // TODO RequestVote, rule 1: a candidate whose term is lower than this server's does not get the vote.
    // TODO RequestVote, rule 2: grant the vote if this server has not voted in this term, or has voted for this
    //      candidate, and if the candidate's log is at least as up to date as its own. Of two logs the one whose
    //      last entry has the higher term is more up to date; with equal terms it is the longer one (5.4.1).
    // TODO followers, rule 2: granting a vote restarts the election timer: this.restartElectionTimer()
    // Every request gets an answer:  this.reply({term: …, voteGranted: …})
  }

  // A vote, or a refusal. reply has term and voteGranted; request is what this server had sent.
  onRequestVoteReply(sender, reply, request) {
    // TODO candidates, rule 2: a candidate with votes from a majority of the servers becomes leader. Count each
    //      server once, and only votes for the present term.
    // TODO leaders, rule 1: on taking office send every other server an AppendEntries, which may be empty.
    // TODO state of leaders: nextIndex of each server begins one after the leader's last entry, matchIndex at 0.
  }

  // ---- Replication: what a leader does (section 5.3)

  // The heartbeat timer fired. It runs while this server leads, and starts again by itself.
  onHeartbeatTimeout() {
    // TODO leaders, rule 1: send every other server an AppendEntries, so that no election timer fires:
    //      this.send(peer, "AppendEntries",
    //                {term: …, leaderId: …, prevLogIndex: …, prevLogTerm: …, entries: […], leaderCommit: …})
    // TODO leaders, rule 3: it carries the entries from the server's nextIndex on.
  }

  // A client wants this command, a text, to be replicated.
  onClientCommand(command) {
    // TODO leaders, rule 2: a leader appends {term: this.currentTerm, command} to its log, saves it, and says
    //      where it is: this.took(index). (It sends it on now, or with the next heartbeat.)
    this.refuse(this.leader); // what a server does that does not lead
  }

  // A follower has taken entries, or refused. reply has term and success; request is what it answers.
  onAppendEntriesReply(sender, reply, request) {
    // TODO leaders, rule 3: after a success raise the follower's matchIndex to the last entry that the request
    //      carried, and nextIndex to the one after it. After a refusal for a log that does not match, lower
    //      nextIndex and try again.
    // TODO leaders, rule 4: if a majority of the servers holds an entry above commitIndex, and the entry is of
    //      the present term, commitIndex becomes its index. Entries of older terms are never committed by
    //      counting (5.4.2).
  }

  // ---- Replication: what a follower does (section 5.3)

  // A leader sends entries, or a heartbeat. request has term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit.
  onAppendEntries(sender, request) {
    // TODO AppendEntries, rule 1: refuse if the request's term is lower than this server's.
    // TODO candidates, rule 3: a candidate that hears from the leader of its term becomes a follower.
    // TODO followers, rule 2: hearing from the present leader restarts the election timer.
    // TODO AppendEntries, rule 2: refuse if the log has no entry at prevLogIndex, or one of another term.
    //      (this.log.term(0) is 0, and for an entry that does not exist it is null.)
    // TODO AppendEntries, rule 3: if an entry of the log conflicts with one of the request (the same index, another
    //      term), delete it and all that follow it. Delete nothing else.
    // TODO AppendEntries, rule 4: append the entries that the log lacks, and save.
    // TODO AppendEntries, rule 5: if leaderCommit is above commitIndex, commitIndex becomes the lower one of
    //      leaderCommit and the index of the last entry that came with the request.
    // Every request gets an answer:  this.reply({term: …, success: …})
  }

  // ---- Snapshots (section 7 and Figure 13), when everything else holds. Say run(MyRaft, { can: ["snapshot"] }) below.
  //      this.log.snapshot is the newest, with index, term and data; this.save() saves it; this.log.compact(snapshot)
  //      puts one in the place of the entries up to its index, and keeps those after it.

  // onSnapshot(index, data) {
  //   raftlab's state machine holds data after the entry at index, which this server has applied.
  //   TODO section 7: a snapshot {index, term, data} takes the place of the entries up to index. Save it.
  //   TODO a server that starts has applied what its snapshot covers (onStart): commitIndex, lastApplied.
  //   TODO a leader sends its snapshot where the entry at nextIndex is gone:
  //        this.send(peer, "InstallSnapshot", {term: …, leaderId: …, snapshot: this.log.snapshot})
  // }

  // onInstallSnapshot(sender, request) {
  //   A leader sends its snapshot. request has term, leaderId and snapshot, with index, term and data.
  //   TODO InstallSnapshot, rule 1: nothing is taken from a leader of an older term.
  //   TODO rules 5 to 8: a snapshot that covers more than this server has takes the place of its own. If the log has
  //        the snapshot's last entry, what follows that stays; else the whole log goes. Then save.
  //   Every request gets an answer:  this.reply({term: …})
  // }

  // onInstallSnapshotReply(sender, reply, request) {
  //   TODO the follower holds what the snapshot covers: raise matchIndex and nextIndex.
  // }
}

run(MyRaft);
