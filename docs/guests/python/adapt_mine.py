"""Makes a guest of a Raft server that exists already. raftlab.py and adapt.py, beside this file, have the rest.

    raftlab --nodes 3 --guest 'python3 adapt_mine.py'

Adapt says how your server calls what Figure 2 names; adapt.py explains each argument. Delete the lines that fit already.
"""
from adapt import adapt, run

import my_server  # TODO: your file

run(adapt(
    # TODO: make your server. It gets its own id, the ids of the others, net.send(to, message), and net.save() for its disk.
    lambda me, others, net: my_server.Server(me, others, net.send, net.save),
    ids=int,          # S1 is 1; leave it out if your server takes names
    base=1,           # the index of the first entry
    nothing=None,     # what stands for no vote
    sentinel=False,   # whether the list of entries begins with one that does not count
    replies="sent",   # or "returned", if a handler returns the reply
    inputs={"electionTimeout": "on_election_timeout", "heartbeatTimeout": "on_heartbeat_timeout", "client": "submit",
            "message": "receive"},
    names={"RequestVote": "RequestVote", "lastLogIndex": "lastLogIndex"},
    attributes={"role": "role", "currentTerm": "currentTerm", "votedFor": "votedFor", "log": "log",
                "commitIndex": "commitIndex", "lastApplied": "lastApplied"},
))
