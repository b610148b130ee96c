// raftlab.js lets raftlab run a Raft server that is written in JavaScript. It needs nothing but Node.js 16.
//
// A server is a class that extends Server. Its properties are the boxes of Figure 2 and its methods are the events of
// Figure 2; my_raft.js, the template, has one hole for each rule. At the end of that file run(MyRaft) hands it to raftlab:
//     raftlab --nodes 3 --guest 'node my_raft.js'
// starts a cluster of such servers. raftlab sends one event a line and gets the result in one line; docs/guest.md has the
// protocol. Nothing is kept between two events but what is in properties: raftlab holds them, and so it can go back.
"use strict";
const readline = require("node:readline");

const KIT = [__filename]; // errors name a line of another file
const NEEDED = { // the fields of Figure 2's messages
  RequestVote: ["term", "candidateId", "lastLogIndex", "lastLogTerm"],
  RequestVoteReply: ["term", "voteGranted"],
  AppendEntries: ["term", "leaderId", "prevLogIndex", "prevLogTerm", "entries", "leaderCommit"],
  AppendEntriesReply: ["term", "success"],
  InstallSnapshot: ["term", "leaderId", "snapshot"], // Figure 13's
  InstallSnapshotReply: ["term"],
};

// Log is the log, counted as the paper counts: the first entry has index 1, the place before it index 0 and term 0.
// An entry is {term, command}; a leader's own empty entry is {term, command: "", kind: "noop"}.
// A snapshot, {index, term, data}, may cover the first entries: then the log begins after it.
class Log {
  constructor(entries = [], snapshot = null) {
    this.entries = entries;
    this.snapshot = snapshot ?? { index: 0, term: 0, data: "" };
  }

  get firstIndex() {
    return this.snapshot.index + 1;
  }

  get lastIndex() {
    return this.snapshot.index + this.entries.length;
  }

  get lastTerm() {
    return this.term(this.lastIndex);
  }

  // term is the term of an entry, or of the snapshot's last; null if the log has no such entry.
  term(index) {
    return index === this.snapshot.index ? this.snapshot.term : this.entries[index - this.firstIndex]?.term ?? null;
  }

  at(index) {
    return this.entries[this._place(index)];
  }

  append(entry) {
    this.entries.push(entry);
  }

  // startingAt is a list of the entries from this index to the end.
  startingAt(index) {
    return this.entries.slice(this._place(index));
  }

  // deleteFrom deletes the entry at this index and all that follow it.
  deleteFrom(index) {
    this.entries.splice(this._place(index));
  }

  // compact puts a snapshot in the place of the entries up to its index. The entries after it stay.
  compact(snapshot) {
    this.entries.splice(0, Math.max(0, snapshot.index + 1 - this.firstIndex));
    this.snapshot = snapshot;
  }

  _place(index) {
    if (!(index >= this.firstIndex)) throw new RangeError(`entries are counted from ${this.firstIndex}, not ${index}`);
    return index - this.firstIndex;
  }
}

// Server is a server of Figure 2. Properties of your own are kept as well; those that begin with _ are not.
class Server {
  _boot(name, servers, stable) {
    Object.assign(this, {
      name, servers,                       // "S1", and ["S1", "S2", "S3"]
      role: "follower",                    // or "candidate", or "leader"
      currentTerm: 0, votedFor: null, log: new Log(),
      commitIndex: 0, lastApplied: 0,
      nextIndex: {}, matchIndex: {},       // a leader's: by server
      votes: new Set(),                    // a candidate's: the servers that voted for it
      leader: null,                        // who leads the term, if this server knows it
    });
    const { snapshot, ...saved } = stable ?? {};
    if (stable) Object.assign(this, saved, { log: new Log([...saved.log ?? []], snapshot) });
    this._saved = stable;
  }

  // others is all servers but this one.
  get others() {
    return this.servers.filter((s) => s !== this.name);
  }

  // What happens to a server. A sender is a server's name; a reply comes with the request that it answers.
  onStart() {}
  onElectionTimeout() {}
  onHeartbeatTimeout() {}
  onRequestVote(sender, request) {}
  onRequestVoteReply(sender, reply, request) {}
  onAppendEntries(sender, request) {}
  onAppendEntriesReply(sender, reply, request) {}
  onSnapshot(index, data) {} // with can: ["snapshot"], as the two that follow
  onInstallSnapshot(sender, request) {}
  onInstallSnapshotReply(sender, reply, request) {}
  onClientCommand(command) {
    this.refuse();
  }

  // save writes currentTerm, votedFor and log to stable storage, with fields of your own if you like. A server that
  // crashes starts with what it saved last. Saving comes before sending, wherever in the method it is called.
  save(own = {}) {
    const { currentTerm, votedFor, log } = this;
    this._saved = this._out.save = { ...own, currentTerm, votedFor, log: [...log.entries], snapshot: log.snapshot };
  }

  // send sends a message: this.send("S2", "RequestVote", {term, candidateId, lastLogIndex, lastLogTerm}).
  send(to, type, fields) {
    const lacking = (NEEDED[type] ?? []).filter((f) => fields[f] === undefined);
    if (lacking.length) throw new TypeError(`a message ${type} needs ${lacking.join(", ")}`);
    this._out.send.push({ to, message: { ...fields, type } });
  }

  // reply answers the request that is being handled: this.reply({term, voteGranted}), or ({term, success}).
  reply(fields) {
    this.send(this._input.from, this._input.message.type + "Reply", fields);
  }

  restartElectionTimer() {
    this._out.restart.push("election");
  }

  restartHeartbeatTimer() {
    this._out.restart.push("heartbeat");
  }

  // took tells that the client's command is the log's entry at this index.
  took(index) {
    this._out.took = { index, term: this.log.at(index).term };
  }

  // refuse tells that this server does not take the client's command, and which server may.
  refuse(leader = null) {
    this._out.refused = { leader };
  }

  // _take makes an event a call of its method.
  _take(event) {
    const { type, message, from, request, ...rest } = event;
    const name = message?.type ?? (type === "client" ? "clientCommand" : type);
    const method = this["on" + name[0].toUpperCase() + name.slice(1)];
    if (!method) throw new TypeError(`the server has no method for ${name}`);
    return method.apply(this, message ? [from, message, request] : Object.values(rest));
  }

  _view() {
    const { role, currentTerm, votedFor, commitIndex, lastApplied, leader, votes, nextIndex, matchIndex } = this;
    const view = { role, currentTerm, votedFor, log: [...this.log.entries], commitIndex, lastApplied, leader };
    view.snapshot = this.log.snapshot;
    if (role === "candidate" && !votes?.[Symbol.iterator]) fail(`this.votes must be a set of servers, not ${votes}`);
    if (role === "candidate") view.votes = [...votes].sort();
    return role === "leader" ? { ...view, nextIndex, matchIndex } : view;
  }
}

async function happen(server, event) {
  server._out = { send: [], restart: [] };
  server._input = event;
  let seed = 1; // Math.random, and so the answer, is the same each time that the event is tried
  Math.random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  await server._take(event);
}

// step is one event at a server: what it sends, saves and shows, as docs/guest.md has it, but for n and state.
async function step(server, event) {
  await happen(server, event);
  const answer = { ...server._out, view: server._view() };
  if (event.type === "client" && !answer.took && !answer.refused) {
    throw new TypeError("onClientCommand must call this.took(index) or this.refuse()");
  }
  return answer;
}

// boot makes a server as it is before its first event, {type: "start"}.
function boot(kind, name, servers, stable = null) {
  const server = new kind();
  server._boot(name, servers, stable);
  return server;
}

// record writes a step of a real server on a real network to a stream, for raftlab judge FILE.
function record(stream, server, event, answer) {
  stream.write(JSON.stringify({ ...answer, server: server.name, input: event }) + "\n");
}

// pack is a value as JSON has it: a log, a set and a map are marked. unpack reads it back. of is the property.
function pack(value, of) {
  const inside = (v) => pack(v, of), type = of && value instanceof Server ? "server" : typeof value;
  if (value instanceof Log) return { $log: [value.entries, value.snapshot] };
  if (value instanceof Set) return { $set: [...value].map(inside) };
  if (value instanceof Map) return { $map: [...value].map(inside) };
  if (Array.isArray(value)) return value.map(inside);
  if (type === "function" || type === "server") fail(`this.${of} cannot keep a ${type}: use run(…, {replay: true})`);
  if (value === null || type !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([k]) => k[0] !== "_").map(([k, v]) => [k, pack(v, of ?? k)]));
}

const fail = (text) => { throw new TypeError(text); };
function unpack(key, value) {
  if (value?.$log) return new Log(...value.$log);
  if (value?.$set) return new Set(value.$set);
  return value?.$map ? new Map(value.$map) : value;
}

// written answers a question. The state is the server's properties, written down.
async function written(kind, q) {
  const start = q.input.type === "start";
  const server = start ? boot(kind, q.server, q.servers, q.stable) : Object.assign(new kind(), q.state);
  server.servers = q.servers;
  const answer = await step(server, q.input);
  return { ...answer, state: pack(server) };
}

// replayed answers questions. The state is the list of events since the start; a server that is not at hand lives
// through them again.
function replayed() {
  const live = new Map(); // by name: the events, and the server after them
  async function through(kind, server, name, text, step) {
    const event = JSON.parse(text);
    if (event.input.type === "start") server = boot(kind, name, event.servers, event.stable);
    server.servers = event.servers;
    return [server, await step(server, event.input)];
  }
  return async (kind, { server: name, servers, stable, state, input }) => {
    const before = state?.events ?? [];
    const events = [...before, JSON.stringify({ servers, stable, input })];
    let { had, server } = live.get(name) ?? {}, answer;
    live.delete(name);
    if (!had || had.length !== before.length || had.some((e, i) => e !== before[i])) {
      console.log = () => {}; // it has been printed before
      try {
        for (const past of before) [server] = await through(kind, server, name, past, happen);
      } finally {
        console.log = console.error;
      }
    }
    [server, answer] = await through(kind, server, name, events.at(-1), step);
    live.set(name, { had: events, server });
    return { ...answer, state: { events }, same: same(server) };
  };
}

// same is a text that is equal for servers with equal variables, disks and timers.
function same(server) {
  function plain(value, above) {
    if (typeof value === "function" || above.includes(value)) return null;
    if (value === null || typeof value !== "object") return value ?? null;
    above = [...above, value];
    if (value instanceof Set || value instanceof Map) return { $: [...value].map((v) => plain(v, above)) };
    if (Array.isArray(value)) return value.map((v) => plain(v, above));
    const keys = Object.keys(value).filter((k) => k !== "_out" && k !== "_input").sort();
    return Object.fromEntries(keys.map((k) => [k, plain(value[k], above)]));
  }
  return JSON.stringify(plain(server, []));
}

// Standard output belongs to the answers. What a program prints goes to standard error, where raftlab shows it.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
console.log = console.info = console.debug = console.error;

// run answers raftlab until it hangs up. can is what the server can do beyond Figure 2, as docs/guest.md lists it.
async function run(kind, { name = kind.name, can = [], replay = kind.replay } = {}) {
  if (process.stdin.isTTY) {
    console.error(`raftlab starts this program:  raftlab --nodes 3 --guest 'node ${process.argv[1]}'`);
    process.exit(1);
  }
  const respond = replay ? replayed() : written;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const q = JSON.parse(line, replay ? undefined : unpack);
    let answer = { hello: { protocol: 1, name, can } };
    if (!q.hello) {
      try {
        answer = { n: q.n, ...await respond(kind, q) };
      } catch (e) {
        const at = e?.stack?.split("\n").find((l) => /\.js:\d+/.test(l) && ![...KIT, "node:"].some((f) => l.includes(f)));
        const place = at ? ` (${at.replace(/.*[/\\]|:\d+\)?$/g, "").replace(":", ", line ")})` : "";
        answer = { n: q.n, error: e?.stack ? `${e.stack}\n${e.name}: ${e.message}${place}` : String(e) };
      }
    }
    write(JSON.stringify(answer) + "\n");
  }
}

module.exports = { KIT, Log, NEEDED, Server, boot, record, run, step };
