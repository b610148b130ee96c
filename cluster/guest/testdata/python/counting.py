"""A server as it might have been written without raftlab: integer ids, a log that begins at 0, objects for messages,
names of its own, threads' timers, and a control object for all that is outside. adapt_counting.py makes a guest of it."""
import random
import threading
from dataclasses import dataclass, field
from enum import Enum

State = Enum("State", "FOLLOWER CANDIDATE LEADER")


@dataclass
class Item:
    epoch: int
    value: str


@dataclass
class Ask:
    src: int
    dst: int
    epoch: int
    last_index: int
    last_epoch: int


@dataclass
class AskAnswer:
    src: int
    dst: int
    epoch: int
    yes: bool


@dataclass
class Append:
    src: int
    dst: int
    epoch: int
    prev_index: int
    prev_epoch: int
    items: list = field(default_factory=list)
    committed: int = -1


@dataclass
class AppendAnswer:
    src: int
    dst: int
    epoch: int
    ok: bool
    match: int


class Node:
    def __init__(self, me, peers, control):
        self.me, self.peers, self.control = me, peers, control
        self.state = State.FOLLOWER
        self.epoch, self.voted, self.items = 0, -1, []
        self.committed = self.applied = -1
        self.boss = -1
        self.yes = set()
        self.next, self.match = {}, {}
        self.timer = None
        self.rest()

    def rest(self):
        if self.timer:
            self.timer.cancel()
        self.timer = threading.Timer(random.uniform(0.15, 0.3), self.election)
        self.timer.start()

    def tail(self):
        return len(self.items) - 1, self.items[-1].epoch if self.items else -1

    def election(self):
        self.state, self.epoch, self.voted, self.boss = State.CANDIDATE, self.epoch + 1, self.me, -1
        self.yes = {self.me}
        self.control.store()
        self.rest()
        for p in self.peers:
            self.control.send(Ask(self.me, p, self.epoch, *self.tail()))
        self.tally()

    def step_down(self, epoch):
        if epoch > self.epoch:
            led = self.state == State.LEADER
            self.state, self.epoch, self.voted, self.boss = State.FOLLOWER, epoch, -1, -1
            self.control.store()
            if led:
                self.rest()

    def deliver(self, m):
        print("node", self.me, "gets", type(m).__name__)
        self.step_down(m.epoch)
        {Ask: self.asked, AskAnswer: self.answered, Append: self.append, AppendAnswer: self.appended}[type(m)](m)

    def asked(self, m):
        index, epoch = self.tail()
        fresh = (m.last_epoch, m.last_index) >= (epoch, index)
        yes = m.epoch == self.epoch and self.voted in (-1, m.src) and fresh
        if yes:
            self.voted = m.src
            self.control.store()
            self.rest()
        self.control.send(AskAnswer(self.me, m.src, self.epoch, yes))

    def answered(self, m):
        if self.state == State.CANDIDATE and m.epoch == self.epoch and m.yes:
            self.yes.add(m.src)
            self.tally()

    def tally(self):
        if len(self.yes) > (len(self.peers) + 1) // 2:
            self.state, self.boss = State.LEADER, self.me
            self.timer.cancel()
            self.next = {p: len(self.items) for p in self.peers}
            self.match = {p: -1 for p in self.peers}
            self.commit()
            self.beat()

    def beat(self):
        if self.state != State.LEADER:
            return
        for p in self.peers:
            self.push(p)
        self.timer = threading.Timer(0.05, self.beat)
        self.timer.start()

    def push(self, p):
        first = self.next[p]
        before = self.items[first - 1].epoch if first > 0 else -1
        self.control.send(Append(self.me, p, self.epoch, first - 1, before, self.items[first:], self.committed))

    def submit(self, value):
        if self.state == State.LEADER:
            self.items.append(Item(self.epoch, value))
            self.control.store()
            self.commit()
            for p in self.peers:
                self.push(p)

    def append(self, m):
        if m.epoch < self.epoch:
            return self.control.send(AppendAnswer(self.me, m.src, self.epoch, False, -1))
        if self.state != State.FOLLOWER:
            self.state = State.FOLLOWER
        self.boss = m.src
        self.rest()
        last = m.prev_index + len(m.items)
        fits = m.prev_index < 0 or m.prev_index < len(self.items) and self.items[m.prev_index].epoch == m.prev_epoch
        if fits:
            for i, item in enumerate(m.items, m.prev_index + 1):
                if i < len(self.items) and self.items[i].epoch != item.epoch:
                    del self.items[i:]
                if i >= len(self.items):
                    self.items.append(item)
            self.control.store()
            self.committed = self.applied = max(self.committed, min(m.committed, last))
        self.control.send(AppendAnswer(self.me, m.src, self.epoch, fits, last if fits else -1))

    def appended(self, m):
        if self.state != State.LEADER or m.epoch != self.epoch:
            return
        if m.ok:
            self.match[m.src] = max(self.match[m.src], m.match)
            self.next[m.src] = max(self.next[m.src], m.match + 1)
            self.commit()
        elif self.next[m.src] > self.match[m.src] + 1:
            self.next[m.src] -= 1
            self.push(m.src)

    def commit(self):
        for i in range(len(self.items) - 1, self.committed, -1):
            holders = 1 + sum(m >= i for m in self.match.values())
            if self.items[i].epoch == self.epoch and holders > (len(self.peers) + 1) // 2:
                self.committed = self.applied = i
                return
