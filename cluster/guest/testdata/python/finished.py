"""A complete server after Figure 2, by the Python kit: the tests' example, and not for students."""
from raftlab import Entry, Record, Server, Snapshot, run


class Finished(Server):
    # All servers

    def on_start(self):
        self.commitIndex = self.lastApplied = self.log.snapshot.index
        self.restart_election_timer()

    def become_follower(self, term):
        """Rules for all servers: a higher term in any message makes a follower of that term."""
        if term > self.currentTerm:
            self.currentTerm = term
            self.votedFor = None
            self.leader = None
            self.role = "follower"
            self.votes = set()
            self.save()

    def apply(self):
        self.lastApplied = self.commitIndex

    # Elections

    def on_election_timeout(self):
        self.role = "candidate"
        self.currentTerm += 1
        self.votedFor = self.name
        self.leader = None
        self.votes = {self.name}
        self.save()
        self.restart_election_timer()
        for peer in self.others:
            self.send(peer, "RequestVote", term=self.currentTerm, candidateId=self.name,
                      lastLogIndex=self.log.last_index, lastLogTerm=self.log.last_term)
        self.count_votes()

    def on_request_vote(self, sender, request):
        self.become_follower(request.term)
        mine = (self.log.last_term, self.log.last_index)
        theirs = (request.lastLogTerm, request.lastLogIndex)
        free = self.votedFor in (None, request.candidateId)
        granted = request.term == self.currentTerm and free and theirs >= mine
        if granted:
            self.votedFor = request.candidateId
            self.save()
            self.restart_election_timer()
        self.reply(term=self.currentTerm, voteGranted=granted)

    def on_request_vote_reply(self, sender, reply, request):
        self.become_follower(reply.term)
        if self.role == "candidate" and reply.term == self.currentTerm and reply.voteGranted:
            self.votes.add(sender)
            self.count_votes()

    def count_votes(self):
        if len(self.votes) * 2 > len(self.servers):
            self.role = "leader"
            self.leader = self.name
            self.nextIndex = {peer: self.log.last_index + 1 for peer in self.others}
            self.matchIndex = {peer: 0 for peer in self.others}
            self.advance_commit()
            self.on_heartbeat_timeout()

    # Replication: the leader

    def on_heartbeat_timeout(self):
        self.restart_heartbeat_timer()
        for peer in self.others:
            self.send_entries(peer)

    def send_entries(self, peer):
        first = self.nextIndex[peer]
        if 0 < first < self.log.first_index:
            return self.send(peer, "InstallSnapshot", term=self.currentTerm, leaderId=self.name, snapshot=self.log.snapshot)
        self.send(peer, "AppendEntries", term=self.currentTerm, leaderId=self.name, prevLogIndex=first - 1,
                  prevLogTerm=self.log.term(first - 1), entries=self.log.starting_at(first),
                  leaderCommit=self.commitIndex)

    def on_client_command(self, command):
        if self.role != "leader":
            return self.refuse(self.leader)
        self.log.append(Entry(self.currentTerm, command))
        self.save()
        self.took(self.log.last_index)
        self.advance_commit()
        for peer in self.others:
            self.send_entries(peer)

    def on_append_entries_reply(self, sender, reply, request):
        self.become_follower(reply.term)
        if self.role != "leader" or reply.term != self.currentTerm or request.term != self.currentTerm:
            return
        if reply.success:
            match = request.prevLogIndex + len(request.entries)
            self.confirmed(sender, match)
        elif request.prevLogIndex == self.nextIndex[sender] - 1 > self.matchIndex[sender]:
            self.nextIndex[sender] -= 1
            self.send_entries(sender)

    def confirmed(self, sender, match):
        self.matchIndex[sender] = max(self.matchIndex[sender], match)
        self.nextIndex[sender] = max(self.nextIndex[sender], match + 1)
        self.advance_commit()

    def advance_commit(self):
        held = sorted(list(self.matchIndex.values()) + [self.log.last_index])
        majority = held[(len(held) - 1) // 2]
        if majority > self.commitIndex and self.log.term(majority) == self.currentTerm:
            self.commitIndex = majority
            self.apply()

    # Replication: the followers

    def on_append_entries(self, sender, request):
        request = self.after_snapshot(request)
        self.become_follower(request.term)
        if request.term < self.currentTerm:
            return self.reply(term=self.currentTerm, success=False)
        self.role = "follower"
        self.leader = request.leaderId
        self.restart_election_timer()
        if self.log.term(request.prevLogIndex) != request.prevLogTerm:
            return self.reply(term=self.currentTerm, success=False)
        for index, entry in enumerate(request.entries, request.prevLogIndex + 1):
            if self.log.term(index) != entry.term:
                self.log.delete_from(index)
                self.log.append(entry)
        self.save()
        last_new = request.prevLogIndex + len(request.entries)
        self.commitIndex = max(self.commitIndex, min(request.leaderCommit, last_new))
        self.apply()
        self.reply(term=self.currentTerm, success=True)


    # Snapshots

    def after_snapshot(self, request):
        """The part of an append that the snapshot does not cover: what it covers is committed, so it agrees."""
        covered = self.log.snapshot
        if request.prevLogIndex >= covered.index:
            return request
        entries = request.entries[covered.index - request.prevLogIndex:]
        return Record(request, prevLogIndex=covered.index, prevLogTerm=covered.term, entries=entries)

    def on_snapshot(self, index, data):
        self.log.compact(Snapshot(index, self.log.term(index), data))
        self.save()

    def on_install_snapshot(self, sender, request):
        self.become_follower(request.term)
        if self.currentTerm > request.term:
            return self.reply(term=self.currentTerm)
        self.role, self.leader = "follower", request.leaderId
        self.restart_election_timer()
        snapshot = request.snapshot
        if snapshot.index > self.commitIndex:
            if self.log.term(snapshot.index) != snapshot.term:
                self.log.delete_from(self.log.first_index)
            self.log.compact(snapshot)
            self.save()
            self.commitIndex = self.lastApplied = snapshot.index
        self.reply(term=self.currentTerm)

    def on_install_snapshot_reply(self, sender, reply, request):
        self.become_follower(reply.term)
        if self.role == "leader" and reply.term == self.currentTerm and request.term == self.currentTerm:
            self.confirmed(sender, request.snapshot.index)


if __name__ == "__main__":
    run(Finished, can=["snapshot"])
