package event

import (
	"fmt"
	"strconv"
	"strings"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// EntriesText is entries as given and inject write them: TERM or TERM:DATA.
func EntriesText(entries []raft.Entry) string {
	words := make([]string, len(entries))
	for i, e := range entries {
		words[i] = strconv.FormatUint(e.Term, 10)
		if e.Data != "" {
			words[i] += ":" + entryData(e.Data)
		}
	}
	return strings.Join(words, " ")
}

// entryData is an entry's data as one word: in quotes where it has blanks or
// control characters, or begins with a quote.
func entryData(data string) string {
	if data[0] == '"' || strings.ContainsFunc(data, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return machine.Quoted(data)
	}
	return data
}

// inQuotes is words as one word: in double quotes, or where they have some
// themselves, in single ones.
func inQuotes(words string) string {
	switch {
	case !strings.ContainsAny(words, "\"\\"):
		return `"` + words + `"`
	case !strings.Contains(words, "'"):
		return "'" + words + "'"
	}
	return machine.Quoted(words)
}

// mostOwn is how many bytes are shown of the fields that a program has added to a message.
const mostOwn = 60

// FieldsText is a message's fields as inject takes them, and those that a program has added.
func FieldsText(m raft.Message) string {
	own := raft.OwnOf(m)
	if own == "" {
		return InjectText(m)
	}
	if len(own) > mostOwn {
		own = strings.ToValidUTF8(own[:mostOwn-len("…")], "") + "…"
	}
	return InjectText(m) + " own=" + own
}

// InjectText is a message's fields as inject takes them.
func InjectText(m raft.Message) string {
	switch m := m.(type) {
	case *raft.RequestVote:
		return fmt.Sprintf("term=%d last=%d/%d", m.Term, m.LastLogIndex, m.LastLogTerm)
	case *raft.PreVote:
		return fmt.Sprintf("term=%d last=%d/%d", m.Term, m.LastLogIndex, m.LastLogTerm)
	case *raft.RequestVoteReply:
		return fmt.Sprintf("term=%d granted=%t", m.Term, m.VoteGranted)
	case *raft.PreVoteReply:
		return fmt.Sprintf("term=%d granted=%t", m.Term, m.VoteGranted)
	case *raft.AppendEntries:
		text := fmt.Sprintf("term=%d prev=%d/%d", m.Term, m.PrevLogIndex, m.PrevLogTerm)
		if len(m.Entries) > 0 {
			text += " entries=" + inQuotes(EntriesText(m.Entries))
		}
		return text + fmt.Sprintf(" commit=%d", m.LeaderCommit)
	case *raft.AppendEntriesReply:
		if m.Success {
			return fmt.Sprintf("term=%d success=true match=%d", m.Term, m.MatchIndex)
		}
		return fmt.Sprintf("term=%d success=false prev=%d", m.Term, m.PrevLogIndex)
	case *raft.InstallSnapshot:
		return fmt.Sprintf("term=%d last=%d/%d", m.Term, m.Snapshot.Index, m.Snapshot.Term)
	case *raft.InstallSnapshotReply:
		return fmt.Sprintf("term=%d match=%d", m.Term, m.MatchIndex)
	case *raft.ReadIndexReply:
		return fmt.Sprintf("term=%d success=%t commit=%d", m.Term, m.Success, m.Index)
	}
	return fmt.Sprintf("term=%d", m.MessageTerm())
}
