"use strict";
const { adapt, run } = require("./adapt.js");
const { Calling } = require("./calling.js");

run(adapt((id, peers, net) => new Calling({ id, peers, rpc: net.call, write: net.save }), {
  ids: Number, nothing: 0, inputs: { client: "request", message: (it, sender, m, answer) => it.receive(m, answer) },
  names: {
    type: "what", RequestVote: "vote?", AppendEntries: "append", candidateId: "who", leaderId: "who", success: "ok",
    lastLogIndex: "lastIndex", lastLogTerm: "lastTerm", prevLogIndex: "before", prevLogTerm: "beforeTerm",
    leaderCommit: "commit", voteGranted: "granted", command: "value",
  },
  attributes: {
    role: "status", currentTerm: "term", votedFor: "vote", commitIndex: "commit", leader: "chief", votes: "ballots",
    nextIndex: "next", matchIndex: "match",
  },
}), { can: ["rpc"] });
