"""raftlab.py lets raftlab run a Raft server that is written in Python. It needs nothing but Python 3.8.
A server is a subclass of Server. Its attributes are the boxes of Figure 2 and its methods are the events of Figure 2;
my_raft.py, the template, has one hole for each rule. At the end of that file run(MyRaft) hands it to raftlab, and then
    raftlab --nodes 3 --guest 'python3 my_raft.py'
starts a cluster of such servers. raftlab sends one event a line and gets the result in one line; docs/guest.md has the
protocol. Nothing is kept between two events but what is in attributes: raftlab holds them, so it can go back in time.
"""
import contextlib, functools, json, os, random, re, sys, traceback

KIT = [__file__]  # errors name a line of another file
NEEDED = {  # the fields of the messages of Figures 2 and 13
    "RequestVote": "term candidateId lastLogIndex lastLogTerm", "RequestVoteReply": "term voteGranted",
    "AppendEntries": "term leaderId prevLogIndex prevLogTerm entries leaderCommit", "AppendEntriesReply": "term success",
    "InstallSnapshot": "term leaderId snapshot", "InstallSnapshotReply": "term"}
method_name = functools.lru_cache()(lambda kind: "on_" + re.sub("(?<=[a-z])(?=[A-Z])", "_", kind).lower())


class Record(dict):
    """A message or an entry of the log: record.term is the same as record["term"]."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError("there is no field %r here, only %s" % (name, ", ".join(self) or "none"))

    __setattr__ = dict.__setitem__


def Entry(term, command, **more):
    """An entry of the log. A leader's own empty entry is Entry(term, "", kind="noop")."""
    return Record(term=term, command=command, **more)


def Snapshot(index, term, data): return Record(index=index, term=term, data=data)  # index and term of its last entry


class Log:
    """The log, counted as the paper counts: the first entry is log[1], and the one before it has index 0 and term 0.
    A snapshot may cover the first entries: then the log begins after it."""

    def __init__(self, entries=(), snapshot=None):
        self.entries, self.snapshot = list(entries), snapshot or Snapshot(0, 0, "")

    def __len__(self): return len(self.entries)
    def __iter__(self): return iter(self.entries)
    def __getitem__(self, index): return self.entries[self._at(index, self.last_index)]
    def append(self, entry): self.entries.append(Record(entry))
    first_index = property(lambda self: self.snapshot["index"] + 1)
    last_index = property(lambda self: self.snapshot["index"] + len(self.entries))
    last_term = property(lambda self: self.term(self.last_index))

    def _at(self, index, last=float("inf")):
        if isinstance(index, slice):
            raise TypeError("the log cannot be sliced: log.starting_at(i) is the entries from i to the end")
        if not self.first_index <= index <= last:
            have = "from %d to %d" % (self.first_index, self.last_index) if self.entries else "empty"
            raise IndexError("there is no entry %s: the log is %s" % (index, have))
        return index - self.first_index

    def term(self, index):
        """The term of an entry, or of the snapshot's last; 0 for index 0; None if the log has no such entry."""
        if index == self.snapshot["index"]:
            return self.snapshot["term"]
        return self[index]["term"] if self.first_index <= index <= self.last_index else None

    def starting_at(self, index):
        """A list of the entries from this index to the end."""
        return self.entries[self._at(index):]

    def delete_from(self, index):
        """Deletes the entry at this index and all that follow it."""
        del self.entries[self._at(index):]

    def compact(self, snapshot):
        """Puts a snapshot in the place of the entries up to its index. The entries after it stay."""
        del self.entries[:max(snapshot["index"] + 1 - self.first_index, 0)]
        self.snapshot = snapshot


class Server:
    """A server of Figure 2. Subclass it, and write the methods that begin with on_."""
    replay = False

    # What Figure 2 calls the state. Attributes of your own are kept as well; those that begin with _ are not.
    def _boot(self, name, servers, stable):
        self.name, self.servers = name, servers       # "S1", and ["S1", "S2", "S3"]
        self.role = "follower"                        # or "candidate", or "leader"
        self.currentTerm, self.votedFor, self.log = 0, None, Log()
        self.commitIndex = self.lastApplied = 0
        self.nextIndex, self.matchIndex = {}, {}      # a leader's: by server
        self.votes = set()                            # a candidate's: the servers that voted for it
        self.leader = None                            # who leads the term, if this server knows it
        self.__init__()
        for key, value in (stable or {}).items():
            if key != "snapshot":
                setattr(self, key, Log(value, stable.get("snapshot")) if key == "log" else value)
        self._saved = stable

    others = property(lambda self: [s for s in self.servers if s != self.name], doc="All servers but this one.")

    # What happens to a server. Each sender is a server's name; a reply comes with the request that it answers.
    def on_start(self): pass
    def on_election_timeout(self): pass
    def on_heartbeat_timeout(self): pass
    def on_request_vote(self, sender, request): pass
    def on_request_vote_reply(self, sender, reply, request): pass
    def on_append_entries(self, sender, request): pass
    def on_append_entries_reply(self, sender, reply, request): pass
    def on_snapshot(self, index, data): pass           # with can=["snapshot"], as the two that follow
    def on_install_snapshot(self, sender, request): pass
    def on_install_snapshot_reply(self, sender, reply, request): pass
    def on_client_command(self, command): self.refuse()

    # What a server can do about it.
    def save(self, **own):
        """Writes currentTerm, votedFor and log to stable storage, with fields of your own if you like. A server that
        crashes starts with what it saved last. Saving comes before sending, wherever in the method it is called."""
        self._saved = self._out["save"] = dict(own, currentTerm=self.currentTerm, votedFor=self.votedFor, **self._log())
    def _log(self): return {"log": list(self.log), "snapshot": getattr(self.log, "snapshot", None)}

    def send(self, to, type, **fields):
        """Sends a message: self.send("S2", "RequestVote", term=…, candidateId=…, lastLogIndex=…, lastLogTerm=…)."""
        lacking = [f for f in NEEDED.get(type, "").split() if f not in fields]
        if lacking:
            raise TypeError("a message %s needs %s" % (type, ", ".join(lacking)))
        self._out.setdefault("send", []).append({"to": to, "message": dict(fields, type=type)})

    def reply(self, **fields):
        """Answers the request that is being handled: self.reply(term=…, voteGranted=…) or (term=…, success=…)."""
        self.send(self._input["from"], self._input["message"]["type"] + "Reply", **fields)

    def restart_election_timer(self): self._out.setdefault("restart", []).append("election")
    def restart_heartbeat_timer(self): self._out.setdefault("restart", []).append("heartbeat")

    def took(self, index):
        """Tells that the client's command is the log's entry at this index."""
        self._out["took"] = {"index": index, "term": self.log[index].term}

    def refuse(self, leader=None):
        """Tells that this server does not take the client's command, and which server may."""
        self._out["refused"] = {"leader": leader}

    # How raftlab's events become calls of methods.
    def _take(self, event):
        message = event.get("message", {})
        method = getattr(self, method_name(message.get("type") or event["type"].replace("client", "clientCommand")))
        if message:
            method(event["from"], message, *([event["request"]] if "request" in event else []))
        else:
            method(*[value for key, value in event.items() if key != "type"])

    def _view(self):
        names = "role currentTerm votedFor commitIndex lastApplied leader".split()
        names += {"candidate": ["votes"], "leader": ["nextIndex", "matchIndex"]}.get(self.role, [])
        view = dict(self._log(), **{name: getattr(self, name) for name in names})
        if "votes" in view and not isinstance(self.votes, (set, frozenset, list, tuple, dict)):
            raise TypeError("self.votes must be a set of servers, not %r" % (self.votes,))
        return dict(view, **({"votes": sorted(self.votes)} if "votes" in view else {}))


def happen(server, event):
    server._out, server._input = {}, event
    random.seed(0)
    server._take(event)


def step(server, event):
    """One event at a server: what it sends, saves and shows, as docs/guest.md has it, but for n and state."""
    if type(event) is dict:  # from a program's own network
        event = json.loads(json.dumps(event), object_hook=object_hook)
    happen(server, event)
    answer = dict(server._out, view=server._view())
    if event["type"] == "client" and not ("took" in answer or "refused" in answer):
        raise TypeError("on_client_command must call self.took(index) or self.refuse()")
    return answer


def boot(kind, name, servers, stable=None):
    """A server as it is before its first event, {"type": "start"}."""
    server = kind.__new__(kind)
    server._boot(name, servers, stable)
    return server


def record(file, server, event, answer):
    """Writes a step of a real server on a real network to an open file, for raftlab judge FILE."""
    print(json.dumps(dict(answer, server=server.name, input=event)), file=file, flush=True)


def pack(value, of):
    """A value as JSON has it; a log, a set, a tuple and keys that are no strings are marked. object_hook reads it back."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [pack(v, of) for v in value]
    if isinstance(value, Log):
        return {"$log": [value.entries, value.snapshot]}
    if isinstance(value, (set, tuple)):
        return {"$set" if isinstance(value, set) else "$tuple": [pack(v, of) for v in sorted_set(value)]}
    if isinstance(value, dict):
        plain = all(isinstance(k, str) for k in value)
        pairs = [(k if plain else pack(k, of), pack(v, of)) for k, v in value.items()]
        return dict(pairs) if plain else {"$dict": pairs}
    raise TypeError("self.%s cannot keep a %s: use texts, numbers, lists, dicts and sets, or run(…, replay=True)"
                    % (of, type(value).__name__))


def sorted_set(value): return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value


MARKS = {"$log": lambda both: Log(*both), "$set": set, "$tuple": tuple, "$dict": dict}


def object_hook(pairs):
    mark, inside = next(iter(pairs.items())) if len(pairs) == 1 else (None, None)
    return MARKS[mark](inside) if mark in MARKS else Record(pairs)


class Written:
    """The state is the server's attributes, written down."""

    def answer(self, kind, line):
        if line["input"]["type"] == "start":
            server = boot(kind, line["server"], line["servers"], line["stable"])
        else:
            server = kind.__new__(kind)
            for key, value in line["state"].items():
                setattr(server, key, value)
            server.servers = line["servers"]
        answer = step(server, line["input"])
        answer["state"] = {k: pack(v, k) for k, v in vars(server).items() if k[:1] != "_"}
        return answer


class Replayed:
    """The state is the list of events since the start; a server that is not at hand lives through them again."""

    def __init__(self): self.live = {}  # by name: the events, and the server after them
    def answer(self, kind, line):
        name, before = line["server"], line["state"]["events"] if line["state"] else []
        text = json.dumps({k: line[k] for k in ("servers", "stable", "input") if k in line})
        events, server = self.live.pop(name, (None, None))
        again = before if events != before else []
        *past, last = json.loads("[%s]" % ",".join(again + [text]), object_hook=Record)
        for event in past + [last]:
            if event["input"]["type"] == "start":
                server = boot(kind, name, event["servers"], event["stable"])
            server.servers = event["servers"]
            if event is not last:
                with contextlib.redirect_stdout(None):
                    happen(server, event["input"])
        answer = step(server, last["input"])
        self.live[name] = before + [text], server
        return dict(answer, state={"events": before + [text]}, same=same(server))


def same(server):
    """A text that is equal for servers with equal variables, disks and timers."""
    def plain(v, above):
        if v is None or isinstance(v, (bool, int, float, str)) or callable(v) or any(v is a for a in above):
            return str(v) if not callable(v) else None
        above = above + [v]
        if isinstance(v, (list, tuple, set, frozenset)):
            return [plain(x, above) for x in sorted_set(v)]
        inside = v if isinstance(v, dict) else getattr(v, "__dict__", {})
        return sorted([str(k), plain(x, above)] for k, x in inside.items() if k not in ("_out", "_input"))
    return json.dumps(plain(server, []))


# Standard output is for answers. What a program prints goes to standard error, and raftlab shows it.
QUESTIONS, ANSWERS = os.dup(0), os.dup(1)
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
sys.stdout.reconfigure(line_buffering=True)


def run(kind, name=None, can=(), replay=False):
    """Answers raftlab until it hangs up. can is what the server can do beyond Figure 2, as docs/guest.md lists it."""
    if os.isatty(QUESTIONS):
        sys.exit("raftlab starts this program:  raftlab --nodes 3 --guest 'python3 %s'" % sys.argv[0])
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that sets have the same order in every process
        os.environ["PYTHONHASHSEED"] = "0"
        os.dup2(QUESTIONS, 0), os.dup2(ANSWERS, 1)
        os.execv(sys.executable, [sys.executable] + getattr(sys, "orig_argv", [0] + sys.argv)[1:])
    encode = json.JSONEncoder(separators=(",", ":")).encode
    form, out = Replayed() if replay or kind.replay else Written(), os.fdopen(ANSWERS, "w")
    for text in os.fdopen(QUESTIONS):
        line = json.loads(text, object_hook=object_hook)
        if "hello" in line:
            answer = json.dumps({"hello": {"protocol": 1, "name": name or kind.__name__, "can": list(can)}})
        else:
            try:
                answer = encode(dict(form.answer(kind, line), n=line["n"]))
            except BaseException as error:
                own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in KIT]
                place = " (%s, line %d)" % (os.path.basename(own[-1][0]), own[-1][1]) if own else ""
                answer = json.dumps({"n": line["n"], "error": traceback.format_exc().strip() + place})
        out.write(answer + "\n")
        out.flush()
