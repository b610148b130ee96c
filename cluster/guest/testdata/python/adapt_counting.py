import counting
from adapt import adapt, run


class Control:
    def __init__(self, net):
        self.send, self.store = net.send, net.save


run(adapt(
    lambda me, peers, net: counting.Node(me, peers, Control(net)),
    ids=int, base=0, nothing=-1, classes=counting, entry=counting.Item, inputs={"message": "deliver"},
    names={"RequestVote": "Ask", "RequestVoteReply": "AskAnswer", "AppendEntries": "Append", "from": "src", "to": "dst",
           "AppendEntriesReply": "AppendAnswer", "candidateId": "src", "leaderId": "src", "lastLogIndex": "last_index",
           "lastLogTerm": "last_epoch", "prevLogIndex": "prev_index", "prevLogTerm": "prev_epoch", "entries": "items",
           "leaderCommit": "committed", "voteGranted": "yes", "success": "ok", "matchIndex": "match", "term": "epoch",
           "command": "value"},
    attributes={"role": "state", "currentTerm": "epoch", "votedFor": "voted", "log": "items", "commitIndex": "committed",
                "lastApplied": "applied", "leader": "boss", "votes": "yes", "nextIndex": "next", "matchIndex": "match"},
))
