// adapt.js makes a guest of a Raft server that exists already, without touching it. raftlab.js must be beside it.
//
//     const { adapt, run } = require("./adapt.js");
//     const theirs = require("./theirs.js");
//     run(adapt((me, others, net) => new theirs.Node(me, others, net.send, net.save), { ids: Number, base: 0 }));
//
// The server has to be deterministic, and may keep what it likes: its state is the list of events since its start, and it
// lives through them again when raftlab goes back in time. Timers that it sets (setTimeout, setInterval) never run by
// themselves: setting one tells raftlab that it starts anew, and raftlab says when it fires.
"use strict";

const path = require("node:path");

let now = null; // the server that is taking a step
const later = setImmediate; // the real one

// A timer says what it is by its function's name or text; where they say nothing, a leader's is the heartbeat.
class Timer {
  constructor(delay, again, run, args) {
    const kind = `${run.name} ${run}`.toLowerCase();
    Object.assign(this, { delay: Number(delay) || 0, again, run: () => run(...args), kind });
    now._timers.push(this);
    now._set.push(this);
  }

  label(role) {
    const [name] = this.kind.split(" ", 1);
    for (const text of [name, this.kind]) {
      const beat = /heart|beat/.test(text), election = /elect|campaign/.test(text);
      if (beat !== election) return beat ? "heartbeat" : "election";
    }
    return role === "leader" ? "heartbeat" : "election";
  }
}
const cancel = (timer) => now._timers.splice(0, now._timers.length, ...now._timers.filter((t) => t !== timer));
globalThis.setTimeout = (f, delay, ...args) => new Timer(delay, false, f, args);
globalThis.setInterval = (f, delay, ...args) => new Timer(delay, true, f, args);
globalThis.setImmediate = (f, ...args) => new Timer(0, false, f, args);
globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = cancel;
Date.now = () => 0;

const { KIT, NEEDED, Server, run } = require("./raftlab.js");
KIT.push(__filename);

const INDEXES = ["lastLogIndex", "prevLogIndex", "leaderCommit", "matchIndex", "commitIndex", "lastApplied", "nextIndex"];
const IDS = ["candidateId", "leaderId", "votedFor", "leader", "from", "to"];
const TERMS = ["lastLogTerm", "prevLogTerm"]; // which have no value before the first entry
const ATTRIBUTES = ["role", "currentTerm", "votedFor", "log", "commitIndex", "lastApplied", "leader", "votes", "nextIndex",
  "matchIndex"];
const NAMES = [...Object.keys(NEEDED), ...new Set(Object.values(NEEDED).flat()), "follower", "candidate", "leader",
  "matchIndex", "command", "type", "from", "to"];
const INPUTS = ["start", "electionTimeout", "heartbeatTimeout", "client", "message", ...Object.keys(NEEDED)];
const EVENTS = { client: "submit", message: "receive" };

// sorted is a text that does not hang on the order of fields.
function sorted(value) {
  const isObject = (v) => v && typeof v === "object" && !Array.isArray(v);
  return JSON.stringify(value, (k, v) => (isObject(v) ? Object.fromEntries(Object.entries(v).sort()) : v));
}

// adapt is a guest for run(). make is a function of the server's own id, the other ids, and net, that makes the server. It
// sends with net.send(to, message), net.send(message) if names has "to", or net.call(to, message, callback), whose
// callback gets the reply; it writes its disk with net.save(). How it is used:
//     names       {ours: theirs} for messages, their fields ("from" and "to" if they have them; "type"), the fields of
//                 entries, and roles. "RequestVote.term" is the field of that message alone.
//     attributes  {ours: theirs} for the server's variables, such as {currentTerm: "log.term"}, or a function of it
//     inputs      {event: method} for electionTimeout, heartbeatTimeout (if there are no timers), client, message or each
//                 type of message, and start; a method's name, or a function whose first argument is the server. A message
//                 comes alone if it names its sender, or else after the sender; then comes a function for the reply.
//     ids         turns the number of a server into its id: Number if S1 is 1. If absent, S1 is "S1".
//     base        what the program calls the index of its first entry; indexes of nothing lie one below
//     nothing     what stands for no vote and no leader, and for the term of an entry before the first
//     sentinel    its list of entries begins with one that does not count
//     entry       makes an entry of a term and a command; an entry is an object if absent
function adapt(make, { names = {}, attributes = {}, inputs = {}, ids, base = 1, nothing = null, sentinel = false,
  entry = (term, command) => ({ [names.term ?? "term"]: term, [names.command ?? "command"]: command }) } = {}) {
  for (const [of, given, ours] of [["names", names, NAMES], ["attributes", attributes, ATTRIBUTES], ["inputs", inputs, INPUTS]]) {
    const wrong = Object.keys(given).find((k) => !(of === "names" ? k.split(".") : [k]).every((n) => ours.includes(n)));
    if (wrong) throw new RangeError(`${of}: there is no ${wrong}, only ${ours.join(", ")}`);
  }
  const called = (name, kind) => names[`${kind}.${name}`] ?? names[name] ?? name;
  const reach = (it, way) => way.split(".").reduce((o, p) => o?.[p], it);
  return class Adapted extends Server {
    static replay = true;
    static name = path.basename(process.argv[1], ".js");

    _boot(name, servers, stable) {
      Object.assign(this, { name, servers, _saved: stable, _timers: [], _set: [], _calls: [], _more: new Map() });
      this._ids = new Map(servers.map((s) => [s, ids ? ids(s.slice(1)) : s]));
      this._names = new Map([...this._ids].map(([s, i]) => [i, s]));
    }

    // Values, from raftlab's form to the program's and back.

    _theirs(key, value) {
      if (IDS.includes(key)) return value === null ? nothing : this._ids.get(value);
      if (INDEXES.includes(key)) return value - 1 + base;
      if (TERMS.includes(key) && value === 0 && nothing !== null) return nothing;
      return key === "entries" || key === "log" ? value.map((e) => this._entry(e)) : value;
    }

    _ours(key, value) {
      if (IDS.includes(key)) return this._names.get(value) ?? null;
      if (INDEXES.includes(key)) return value + 1 - base;
      if (TERMS.includes(key) && value === nothing) return 0;
      return key === "entries" || key === "log" ? value.map((e) => this._record(e)) : value;
    }

    _entry({ term, command = "", ...more }) {
      const made = entry(term, command);
      if (Object.keys(more).length) this._more.set(JSON.stringify(made), more);
      return made;
    }

    _record(theirs) {
      const [term, command] = Array.isArray(theirs) ? theirs : [theirs[called("term")], theirs[called("command")]];
      return { term, command, ...this._more.get(JSON.stringify(theirs)) };
    }

    _message(kind, ours, sender) {
      const keys = [...NEEDED[kind], "matchIndex", "from", "to"].filter((k, i) => i < NEEDED[kind].length || k in names);
      const all = { from: sender, to: this.name, matchIndex: 0, ...ours };
      const theirs = Object.fromEntries(keys.map((k) => [called(k, kind), this._theirs(k, all[k])]));
      return { [called("type")]: called(kind), ...theirs };
    }

    _post(to, theirs, kind = Object.keys(NEEDED).find((k) => called(k) === theirs[called("type")])) {
      if (!to) throw new RangeError(`net: there is no such server, only ${[...this._names.keys()].join(", ")}`);
      if (!kind) throw new TypeError(`net: ${JSON.stringify(theirs)} is no message that names gives`);
      const lacks = NEEDED[kind].find((k) => !(called(k, kind) in theirs)), has = Object.keys(theirs).join(", ");
      if (lacks) throw new TypeError(`net: a ${kind} has no ${called(lacks, kind)} (${lacks}): it has ${has}`);
      const keys = [...NEEDED[kind], "matchIndex"].filter((k) => called(k, kind) in theirs);
      this.send(to, kind, Object.fromEntries(keys.map((k) => [k, this._ours(k, theirs[called(k, kind)])])));
      return this._out.send.at(-1).message;
    }

    // What the program sees of the network and of its disk.
    _net() {
      const server = this, to = (id) => this._names.get(id);
      return {
        send: (...args) => void this._post(to(args.length > 1 ? args[0] : args[0][called("to")]), args.at(-1)),
        get call() { // a server that takes it waits for its replies there
          server._rpc = true;
          return (id, message, callback) => {
            server._calls.push({ to: to(id), request: sorted(server._post(to(id), message)), callback });
          };
        },
        save: () => {
          const { currentTerm, votedFor, log } = this._view();
          this._saved = this._out.save = { currentTerm, votedFor, log };
        },
      };
    }

    // Events and the view.

    _handle(event, ...args) {
      const method = inputs[event] ?? EVENTS[event];
      return typeof method === "function" ? method(this._it, ...args) : this._it[method](...args);
    }

    async _take(event) {
      now = this;
      const kind = event.type, size = this._it ? this._log().length : 0;
      if (kind === "start") this._start();
      else if (kind === "message") this._receive(event.from, event.message, event.request);
      else if (kind === "client" || kind in inputs) this._handle(kind, ...kind === "client" ? [event.command] : []);
      else this._fire((t) => t.label(this._view().role) + "Timeout" === kind);
      await new Promise((done) => later(done)); // promises
      for (let n = 0; n < 1000 && this._timers.some((t) => t.delay === 0); n++) {
        this._fire((t) => t.delay === 0);
        await new Promise((done) => later(done));
      }
      const set = this._set.splice(0).filter((t) => this._timers.includes(t));
      this._out.restart = [...new Set(set.map((t) => t.label(this._view().role)))].sort();
      const log = this._log(), last = log.at(-1);
      if (kind === "client" && log.length > size && last.command === event.command) {
        this._out.took = { index: log.length, term: last.term };
      } else if (kind === "client") this.refuse(this._view().leader);
    }

    _start() {
      this._it = make(this._ids.get(this.name), this.others.map((s) => this._ids.get(s)), this._net());
      for (const [key, value] of Object.entries(this._saved ?? {})) {
        const way = (attributes[key] ?? key).split("."), name = way.pop();
        const owner = way.length ? reach(this._it, way.join(".")) : this._it;
        const theirs = this._theirs(key, value);
        owner[name] = key === "log" && sentinel ? [owner[name][0], ...theirs] : theirs;
      }
      if (inputs.start) this._handle("start");
    }

    _receive(sender, message, request) {
      const kind = message.type, text = sorted(request);
      if (kind === "AppendEntriesReply" && message.success) {
        message = { matchIndex: request.prevLogIndex + request.entries.length, ...message };
      }
      const theirs = this._message(kind, message, sender);
      const call = this._calls.findIndex((c) => c.to === sender && c.request === text);
      if (call >= 0) return this._calls.splice(call, 1)[0].callback(theirs);
      if (request && this._rpc) return undefined; // no call waits for it
      const reply = (answer) => void this._post(sender, answer, kind + "Reply");
      const first = "from" in names ? [] : [this._ids.get(sender)];
      const last = request ? this._message(request.type, request, this.name) : reply;
      return this._handle(kind in inputs ? kind : "message", ...first, theirs, last);
    }

    _fire(which) {
      for (const timer of this._timers.filter(which)) {
        if (!this._timers.includes(timer)) continue;
        if (!timer.again || timer.delay === 0) cancel(timer);
        timer.run();
      }
    }

    _get(key) {
      const theirs = attributes[key] ?? key;
      const value = typeof theirs === "function" ? theirs(this._it) : reach(this._it, theirs);
      if (value !== undefined || !["role", "currentTerm", "log", "commitIndex", "lastApplied"].includes(key)) return value;
      if (key === "lastApplied" && !attributes[key]) return value;
      throw new TypeError(`attributes: the server has no ${theirs}; what is its ${key} called?`);
    }

    _log() {
      return this._ours("log", this._get("log").slice(sentinel ? 1 : 0));
    }

    _view() {
      const is = this._get("role"), view = { log: this._log(), votedFor: null, leader: null };
      view.role = ["follower", "candidate", "leader"].find((r) => called(r) === is) ?? String(is).toLowerCase();
      for (const key of ["currentTerm", "votedFor", "commitIndex", "lastApplied", "leader"]) {
        const value = this._get(key);
        if (value !== undefined) view[key] = this._ours(key, value);
      }
      view.lastApplied ??= view.commitIndex;
      if (view.role === "candidate" && attributes.votes) {
        view.votes = [...this._get("votes")].map((v) => this._names.get(v)).sort();
      }
      for (const key of view.role === "leader" ? ["nextIndex", "matchIndex"] : []) {
        const of = (s) => this._ours(key, this._get(key)[this._ids.get(s)]);
        if (attributes[key]) view[key] = Object.fromEntries(this.others.map((s) => [s, of(s)]));
      }
      return view;
    }
  };
}

module.exports = { adapt, run };
