"""adapt.py makes a guest of a Raft server that exists already, without touching it. raftlab.py must be beside it.

    import theirs
    from adapt import adapt, run
    run(adapt(lambda me, others, net: theirs.Node(me, others, net.send, net.save), ids=int, base=0, nothing=-1))

The server has to be deterministic, and may keep what it likes: its state is the list of events since its start, and it
lives through them again when raftlab goes back in time. Timers that it sets (threading.Timer, loop.call_later) never run
by themselves: setting one tells raftlab that it starts anew, and raftlab says when it fires.
"""
import asyncio, functools, os, sys, threading
from raftlab import KIT, NEEDED, Entry, Server, run

INDEXES = "lastLogIndex prevLogIndex leaderCommit matchIndex commitIndex lastApplied nextIndex".split()
IDS = "candidateId leaderId votedFor leader votes from to".split()
TERMS = "lastLogTerm prevLogTerm".split()  # which have no value before the first entry
ROLES = "follower candidate leader".split()
ATTRIBUTES = "role currentTerm votedFor log commitIndex lastApplied leader votes nextIndex matchIndex".split()
NAMES = list(NEEDED) + " ".join(NEEDED.values()).split() + ROLES + "matchIndex command type from to".split()
INPUTS = ["start", "electionTimeout", "heartbeatTimeout", "client", "message"] + list(NEEDED)
EVENTS = {"electionTimeout": "on_election_timeout", "heartbeatTimeout": "on_heartbeat_timeout",
          "client": "submit", "message": "receive"}


def adapt(make, names={}, attributes={}, inputs={}, ids=None, base=1, nothing=None, sentinel=False,
          replies="sent", classes=None, entry=None):
    """A guest for run().

    make        a function of the server's own id, the other ids, and net, that makes the server. It sends with
                net.send(to, message), or net.send(message) if names has "to", and writes its disk with net.save().
    names       {ours: theirs} for messages ("RequestVote"), their fields ("lastLogIndex"; "from" and "to" if they have
                them; "type"), the fields of entries, and roles. "RequestVote.term" is the field of that message alone.
    attributes  {ours: theirs} for the server's variables, such as {"currentTerm": "log.term"}, or a function of it
    inputs      {event: method} for electionTimeout, heartbeatTimeout (if there are no timers), client, message or each
                type of message, and start; a method's name, or a function whose first argument is the server. A message
                comes alone if it names its sender, or else after the sender.
    ids         turns the number of a server into its id: ids=int if S1 is 1. If absent, S1 is "S1".
    base        what the program calls the index of its first entry; indexes of nothing lie one below
    nothing     what stands for no vote and no leader, and for the term of an entry before the first
    sentinel    its list of entries begins with one that does not count
    replies     "returned" if a message's handler returns the reply (handlers of replies then get sender, reply and
                request), or "sent" like any message
    classes     the module whose classes messages are; if absent, messages are dicts
    entry       makes an entry of a term and a command; entries are dicts if absent
    """
    for of, given, ours in ("names", names, NAMES), ("attributes", attributes, ATTRIBUTES), ("inputs", inputs, INPUTS):
        for name in given:
            if not set(name.split(".") if of == "names" else [name]) <= set(ours):
                raise ValueError("%s: there is no %r, only %s" % (of, name, ", ".join(dict.fromkeys(ours))))
    if replies not in ("sent", "returned"):
        raise ValueError('replies is "sent" or "returned", not %r' % (replies,))
    if entry is None:
        entry = lambda term, command: {names.get("term", "term"): term, names.get("command", "command"): command}
    name = os.path.basename(sys.argv[0]).replace(".py", "")
    return type(name, (Adapted,), {"how": staticmethod(lambda key, have=dict(locals()): have[key])})


KIT.append(__file__)


class Command(str):
    """A command that remembers the other fields of its entry."""


class Timer:
    """Stands in for threading.Timer and for what call_later returns."""

    daemon = False

    def __init__(self, delay, function, args=(), kwargs={}):
        self.delay, self.run = delay, functools.partial(function, *(args or ()), **(kwargs or {}))
        self.kind = getattr(function, "__qualname__", "").lower()

    def start(self):
        NOW[0]._timers.append(self)
        NOW[0]._set.append(self)
        return self

    def cancel(self):
        if self in NOW[0]._timers:
            NOW[0]._timers.remove(self)

    def label(self, role):
        if "heart" in self.kind or "beat" in self.kind:
            return "heartbeat"
        if "elect" in self.kind or "timeout" in self.kind:
            return "election"
        return "heartbeat" if role == "leader" else "election"


class Loop:
    """Stands in for the loop of asyncio, as far as it calls back."""

    def call_later(self, delay, function, *args):
        return Timer(delay, function, args).start()

    def call_soon(self, function, *args):
        return self.call_later(0, function, *args)


NOW, LOOP = [None], Loop()  # the server that is taking a step
threading.Timer = Timer
asyncio.get_event_loop = asyncio.get_running_loop = asyncio.new_event_loop = lambda: LOOP


class Adapted(Server):
    replay = True

    def _boot(self, name, servers, stable):
        ids = self.how("ids")
        self.name, self.servers, self._saved = name, servers, stable
        self._ids = {s: ids(s[1:]) if ids else s for s in servers}
        self._names = {i: s for s, i in self._ids.items()}
        self._timers, self._set, self._it = [], [], None

    # Values, from raftlab's form to the program's and back.

    def _called(self, name, kind=""):
        names = self.how("names")
        return names.get(kind + "." + name, names.get(name, name))

    def _theirs(self, key, value):
        if key in IDS:
            return self.how("nothing") if value is None else self._ids[value]
        if key in INDEXES:
            return value - 1 + self.how("base")
        if key in TERMS and value == 0 and self.how("nothing") is not None:
            return self.how("nothing")
        if key in ("entries", "log"):
            return [self._entry(e) for e in value]
        return value

    def _ours(self, key, value):
        if key in IDS:
            return self._names.get(value)
        if key in INDEXES:
            return value + 1 - self.how("base")
        if key in TERMS and value == self.how("nothing"):
            return 0
        return [self._record(e) for e in value] if key in ("entries", "log") else value

    def _entry(self, record):
        command = Command(record.get("command", ""))
        command.more = {k: v for k, v in record.items() if k not in ("term", "command")}
        return self.how("entry")(record["term"], command)

    def _record(self, entry):
        if isinstance(entry, (tuple, list)):
            term, command = entry[:2]
        else:
            term, command = (fields(entry)[self._called(k)] for k in ("term", "command"))
        return Entry(term, command, **getattr(command, "more", {}))

    def _message(self, kind, ours, sender):
        more = ("matchIndex", "from", "to") if kind == "AppendEntriesReply" else ("from", "to")
        keys = NEEDED[kind].split() + [k for k in more if k in self.how("names")]
        ours = dict({"from": sender, "to": self.name}, **ours)
        theirs = {self._called(k, kind): self._theirs(k, ours[k]) for k in keys}
        if self.how("classes"):
            return getattr(self.how("classes"), self._called(kind))(**theirs)
        return dict(theirs, **{self._called("type"): self._called(kind)})

    def _post(self, to, message, kind=None):
        theirs = fields(message)
        name = type(message).__name__ if self.how("classes") else theirs.get(self._called("type"))
        kind = kind or next((k for k in NEEDED if self._called(k) == name), None)
        if not kind:
            raise TypeError("net.send: %r is no message that names gives" % (name or message,))
        for key in NEEDED[kind].split():
            if self._called(key, kind) not in theirs:
                raise TypeError("net.send: this %s has no %s, which stands for %s of %s: it has %s" % (
                    name or kind, self._called(key, kind), key, kind, ", ".join(map(str, theirs))))
        ours = {}
        for key in NEEDED[kind].split() + ["matchIndex"]:
            if self._called(key, kind) in theirs:
                ours[key] = self._ours(key, theirs[self._called(key, kind)])
        self.send(to, kind, **ours)

    # What the program sees of the network and of its disk.

    class Net:
        def __init__(self, guest):
            self.guest = guest

        def send(self, *args):
            message = args[-1]
            to = args[0] if len(args) == 2 else fields(message)[self.guest._called("to")]
            if to not in self.guest._names:
                raise ValueError("net.send: there is no server %r, only %s" % (to, list(self.guest._names)))
            self.guest._post(self.guest._names[to], message)

        def save(self, *ignored, **also_ignored):
            view = self.guest._view()
            stable = {key: view[key] for key in ("currentTerm", "votedFor", "log")}
            self.guest._saved = self.guest._out["save"] = stable

    # Events and the view.

    def _handle(self, event, *args):
        method = self.how("inputs").get(event, EVENTS.get(event))
        return method(self._it, *args) if callable(method) else getattr(self._it, method)(*args)

    def _take(self, event):
        NOW[0], self._set, kind = self, [], event["type"]
        before = len(self._log()) if self._it else 0
        if kind == "start":
            self._start()
        elif kind == "message":
            self._receive(event["from"], event["message"], event.get("request"))
        elif kind in self.how("inputs") or kind == "client":
            self._handle(kind, *([event["command"]] if kind == "client" else []))
        else:
            self._fire([t for t in self._timers if t.label(self._role()) == kind[:-len("Timeout")]])
        while any(t.delay == 0 for t in self._timers):
            self._fire([t for t in self._timers if t.delay == 0])
        self._out["restart"] = sorted({t.label(self._role()) for t in self._set if t in self._timers})
        self._set = []
        if kind == "client":
            log = self._log()
            if len(log) > before and log[-1]["command"] == event["command"]:
                self._out["took"] = {"index": len(log), "term": log[-1]["term"]}
            else:
                self.refuse(self._view()["leader"])

    def _start(self):
        ids = dict(self._ids)
        self._it = self.how("make")(ids.pop(self.name), list(ids.values()), self.Net(self))
        for key, value in (self._saved or {}).items():
            value = self._theirs(key, value)
            if key == "log" and self.how("sentinel"):
                value = self._get("log")[:1] + value
            owner, _, name = ("." + self.how("attributes").get(key, key)).rpartition(".")
            setattr(reach(self._it, owner), name, value)
        if "start" in self.how("inputs"):
            self._handle("start")

    def _receive(self, sender, message, request):
        kind, returned = message["type"], self.how("replies") == "returned"
        if kind == "AppendEntriesReply":
            match = request["prevLogIndex"] + len(request["entries"]) if message["success"] else 0
            message = dict({"matchIndex": match}, **message)
        args = [self._message(kind, message, sender)]
        if "from" not in self.how("names"):
            args.insert(0, self._ids[sender])
        if request and returned:
            args.append(self._message(request["type"], request, self.name))
        answer = self._handle(kind if kind in self.how("inputs") else "message", *args)
        if returned and not request and answer is not None:
            self._post(sender, answer, kind + "Reply")

    def _fire(self, timers):
        for timer in timers:
            if timer in self._timers:
                self._timers.remove(timer)
                timer.run()

    def _get(self, key):
        theirs = self.how("attributes").get(key, key)
        try:
            return theirs(self._it) if callable(theirs) else reach(self._it, theirs)
        except AttributeError as error:
            raise AttributeError("attributes: %s; what is its %s called?" % (error, key)) from None

    def _role(self):
        role = self._get("role")
        for ours in ROLES:
            if self._called(ours) == role:
                return ours
        return str(getattr(role, "name", role)).lower()

    def _log(self):
        return self._ours("log", self._get("log")[1 if self.how("sentinel") else 0:])

    def _view(self):
        view = {"role": self._role(), "log": self._log(), "votedFor": None, "leader": None}
        for key in "currentTerm commitIndex votedFor leader lastApplied".split():
            try:
                view[key] = self._ours(key, self._get(key))
            except AttributeError:
                if key in self.how("attributes") or key in ("currentTerm", "commitIndex"):
                    raise
                view.setdefault(key, view["commitIndex"])
        for key in {"candidate": ["votes"], "leader": ["nextIndex", "matchIndex"]}.get(view["role"], []):
            if key in self.how("attributes"):
                value = self._get(key)
                view[key] = sorted(self._names[v] for v in value) if key == "votes" else {
                    s: self._ours(key, value[i]) for s, i in self._ids.items() if s != self.name}
        return view


def reach(it, path):
    return functools.reduce(getattr, [p for p in path.split(".") if p], it)


def fields(it):
    return it if isinstance(it, dict) else it._asdict() if hasattr(it, "_asdict") else vars(it)
