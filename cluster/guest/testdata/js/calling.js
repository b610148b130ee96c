// A server as it might have been written without raftlab: callbacks for replies and for the disk, setTimeout for its
// timers, and work that is put off with setImmediate. adapt_calling.js makes a guest of it.
"use strict";

class Calling {
  constructor({ id, peers, rpc, write }) {
    Object.assign(this, { id, peers, rpc, write, status: "FOLLOWER", term: 0, vote: 0, log: [], commit: 0, chief: 0 });
    this.next = {};
    this.match = {};
    this.alarm();
  }

  alarm() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.elect(), 150 + Math.random() * 150);
  }

  store(then) {
    this.write();
    setImmediate(then);
  }

  lastTerm() {
    return this.log.length ? this.log[this.log.length - 1].term : 0;
  }

  elect() {
    console.log(`server ${this.id} stands for election`);
    this.term++;
    Object.assign(this, { status: "CANDIDATE", vote: this.id, chief: 0, ballots: new Set([this.id]) });
    this.alarm();
    const term = this.term;
    this.store(() => {
      for (const peer of this.peers) {
        const question = { what: "vote?", term, who: this.id, lastIndex: this.log.length, lastTerm: this.lastTerm() };
        this.rpc(peer, question, (answer) => {
          this.newer(answer.term);
          if (this.status === "CANDIDATE" && this.term === term && answer.granted) {
            this.ballots.add(peer);
            this.maybeLead();
          }
        });
      }
      this.maybeLead();
    });
  }

  newer(term) {
    if (term <= this.term) return;
    if (this.status === "LEADER") this.alarm();
    Object.assign(this, { status: "FOLLOWER", term, vote: 0, chief: 0 });
    this.write();
  }

  maybeLead() {
    if (this.ballots.size <= (this.peers.length + 1) / 2) return;
    Object.assign(this, { status: "LEADER", chief: this.id });
    clearTimeout(this.timer);
    for (const peer of this.peers) {
      this.next[peer] = this.log.length + 1;
      this.match[peer] = 0;
    }
    this.advance();
    this.beat();
  }

  beat() {
    if (this.status !== "LEADER") return;
    for (const peer of this.peers) this.feed(peer);
    this.timer = setTimeout(() => this.beat(), 50);
  }

  feed(peer) {
    const before = this.next[peer] - 1, entries = this.log.slice(before), term = this.term;
    const beforeTerm = before ? this.log[before - 1].term : 0;
    const message = { what: "append", term, who: this.id, before, beforeTerm, entries, commit: this.commit };
    this.rpc(peer, message, (answer) => {
      this.newer(answer.term);
      if (this.status !== "LEADER" || this.term !== term) return;
      if (answer.ok) {
        this.match[peer] = Math.max(this.match[peer], before + entries.length);
        this.next[peer] = this.match[peer] + 1;
        this.advance();
      } else if (this.next[peer] === before + 1 && before > this.match[peer]) {
        this.next[peer]--;
      }
    });
  }

  advance() {
    for (let n = this.log.length; n > this.commit && this.log[n - 1].term === this.term; n--) {
      const held = 1 + this.peers.filter((p) => this.match[p] >= n).length;
      if (held > (this.peers.length + 1) / 2) {
        this.commit = n;
        return;
      }
    }
  }

  request(value) {
    if (this.status !== "LEADER") return;
    this.log.push({ term: this.term, value });
    this.store(() => {
      this.advance();
      this.peers.forEach((peer) => this.feed(peer));
    });
  }

  receive(message, answer) {
    if (message.what === "vote?") this.ballot(message, answer);
    else this.append(message, answer);
  }

  ballot(m, answer) {
    this.newer(m.term);
    const fresh = m.lastTerm > this.lastTerm() || (m.lastTerm === this.lastTerm() && m.lastIndex >= this.log.length);
    if (m.term < this.term || (this.vote && this.vote !== m.who) || !fresh) {
      answer({ term: this.term, granted: false });
      return;
    }
    this.vote = m.who;
    this.alarm();
    this.store(() => answer({ term: this.term, granted: true }));
  }

  append(m, answer) {
    this.newer(m.term);
    if (m.term < this.term) {
      answer({ term: this.term, ok: false });
      return;
    }
    Object.assign(this, { status: "FOLLOWER", chief: m.who });
    this.alarm();
    if (m.before > this.log.length || (m.before && this.log[m.before - 1].term !== m.beforeTerm)) {
      answer({ term: this.term, ok: false });
      return;
    }
    m.entries.forEach((e, i) => {
      const at = m.before + i;
      if (at < this.log.length && this.log[at].term !== e.term) this.log.length = at;
      if (at === this.log.length) this.log.push(e);
    });
    this.commit = Math.max(this.commit, Math.min(m.commit, m.before + m.entries.length));
    this.store(() => answer({ term: this.term, ok: true }));
  }
}

module.exports = { Calling };
