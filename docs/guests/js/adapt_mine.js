// Makes a guest of a Raft server that exists already. raftlab.js and adapt.js, beside this file, have the rest.
//
//     raftlab --nodes 3 --guest 'node adapt_mine.js'
//
// adapt says how your server calls what Figure 2 names; adapt.js explains each argument. Delete the lines that fit already.
"use strict";
const { adapt, run } = require("./adapt.js");
const theirs = require("./my_server.js"); // TODO: your file

run(adapt(
  // TODO: make your server. It gets its own id, the ids of the others, net.send(to, message) or
  //       net.call(to, message, callback), and net.save() for its disk.
  (me, others, net) => new theirs.Server(me, others, net.send, net.save),
  {
    ids: Number,      // S1 is 1; leave it out if your server takes names
    base: 1,          // the index of the first entry
    nothing: null,    // what stands for no vote
    sentinel: false,  // whether the list of entries begins with one that does not count
    inputs: { client: "submit", message: "receive" },
    names: { RequestVote: "RequestVote", lastLogIndex: "lastLogIndex" },
    attributes: { role: "role", currentTerm: "currentTerm", votedFor: "votedFor", log: "log", commitIndex: "commitIndex" },
  },
));
