from adapt import adapt, run
from forgetful import Forgetful

run(adapt(
    lambda me, peers, net: Forgetful(me, peers, net.send),
    sentinel=True, replies="returned", entry=lambda term, command: (term, command),
    inputs={"client": "request", "RequestVote": "vote_handler", "RequestVoteReply": "vote_returned",
            "AppendEntries": "append_handler", "AppendEntriesReply": "append_returned"},
    names={"type": "op", "RequestVote": "vote", "AppendEntries": "append", "candidateId": "candidate", "success": "ok",
           "lastLogIndex": "last", "lastLogTerm": "lastTerm", "voteGranted": "yes", "leaderId": "leader",
           "prevLogIndex": "prev", "prevLogTerm": "prevTerm", "leaderCommit": "commit"},
    attributes={"currentTerm": "term", "votedFor": "vote", "commitIndex": "commit", "leader": "chief", "votes": "votes",
                "matchIndex": lambda s: {p: f[1] for p, f in s.followers.items()}},
), can=["rpc", "no-disk"])
