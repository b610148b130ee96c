"""A server as it might have been written without raftlab: it keeps nothing on a disk, its log begins with an entry that
does not count, its handlers return the replies, and its timers are those of an asyncio loop."""
import asyncio


class Forgetful:
    def __init__(self, name, peers, call):
        self.name, self.peers, self.call = name, peers, call
        self.role, self.term, self.vote = "follower", 0, None
        self.log = [(0, None)]
        self.commit = 0
        self.chief = None
        self.followers = {}  # name: [next, match]
        self.votes = []
        self.alarm = None
        self.wait()

    def wait(self):
        if self.alarm:
            self.alarm.cancel()
        self.alarm = asyncio.get_event_loop().call_later(1.0, self.election_due)

    def quorum(self, n):
        return 2 * n > len(self.peers) + 1

    def see(self, term):
        if term > self.term:
            if self.role == "leader":
                self.wait()
            self.role, self.term, self.vote, self.chief = "follower", term, None, None

    def election_due(self):
        self.role, self.term, self.vote, self.chief, self.votes = "candidate", self.term + 1, self.name, None, [self.name]
        self.wait()
        for p in self.peers:
            self.call(p, {"op": "vote", "term": self.term, "candidate": self.name, "last": len(self.log) - 1,
                          "lastTerm": self.log[-1][0]})
        self.win()

    def win(self):
        if self.quorum(len(self.votes)):
            self.role, self.chief = "leader", self.name
            self.followers = {p: [len(self.log), 0] for p in self.peers}
            self.alarm.cancel()
            self.advance()
            self.heartbeat()

    def heartbeat(self):
        if self.role == "leader":
            for p in self.peers:
                self.replicate(p)
            self.alarm = asyncio.get_event_loop().call_later(0.1, self.heartbeat)

    def replicate(self, p):
        n = self.followers[p][0]
        self.call(p, {"op": "append", "term": self.term, "leader": self.name, "prev": n - 1,
                      "prevTerm": self.log[n - 1][0], "entries": self.log[n:], "commit": self.commit})

    def vote_handler(self, who, m):
        self.see(m["term"])
        fresh = (m["lastTerm"], m["last"]) >= (self.log[-1][0], len(self.log) - 1)
        yes = m["term"] == self.term and self.vote in (None, who) and fresh
        if yes:
            self.vote = who
            self.wait()
        return {"term": self.term, "yes": yes}

    def vote_returned(self, who, answer, m):
        self.see(answer["term"])
        if self.role == "candidate" and m["term"] == self.term and answer["yes"] and who not in self.votes:
            self.votes.append(who)
            self.win()

    def append_handler(self, who, m):
        self.see(m["term"])
        if m["term"] < self.term:
            return {"term": self.term, "ok": False}
        self.role, self.chief = "follower", who
        self.wait()
        prev = m["prev"]
        if prev >= len(self.log) or self.log[prev][0] != m["prevTerm"]:
            return {"term": self.term, "ok": False}
        for i, e in enumerate(m["entries"], prev + 1):
            if i < len(self.log) and self.log[i][0] != e[0]:
                self.log = self.log[:i]
            if i == len(self.log):
                self.log.append(e)
        self.commit = max(self.commit, min(m["commit"], prev + len(m["entries"])))
        return {"term": self.term, "ok": True}

    def append_returned(self, who, answer, m):
        self.see(answer["term"])
        if self.role != "leader" or m["term"] != self.term:
            return
        f = self.followers[who]
        if answer["ok"]:
            f[1] = max(f[1], m["prev"] + len(m["entries"]))
            f[0] = f[1] + 1
            self.advance()
        elif f[0] == m["prev"] + 1 and f[0] > f[1] + 1:
            f[0] -= 1

    def advance(self):
        for n in range(len(self.log) - 1, self.commit, -1):
            held = 1 + len([f for f in self.followers.values() if f[1] >= n])
            if self.log[n][0] == self.term and self.quorum(held):
                self.commit = n
                break

    def request(self, command):
        if self.role == "leader":
            self.log.append((self.term, command))
            self.advance()
