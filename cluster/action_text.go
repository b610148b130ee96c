package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"raftlab/cluster/machine"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// Actions as commands of the console. Advance, DeliverNext and ClockTick are
// parts of run, settle and tick; what they print stands for one of them.

func (Advance) String() string { return "run 1" }

func (a DeliverNext) String() string {
	text := "settle"
	if !a.Among.Empty() {
		text += " " + a.Among.String()
	}
	return text + " limit 1"
}

func (ClockTick) String() string   { return "tick" }
func (a Tick) String() string      { return "tick 1 " + a.Node.String() }
func (a Timeout) String() string   { return "timeout " + a.Node.String() }
func (a Heartbeat) String() string { return "heartbeat " + a.Node.String() }
func (a Deliver) String() string   { return "deliver " + network.Name(a.ID) }
func (a Arrive) String() string    { return "step" }
func (a Drop) String() string      { return "drop " + network.Name(a.ID) }
func (a Duplicate) String() string { return "duplicate " + network.Name(a.ID) }
func (a Delay) String() string     { return fmt.Sprintf("delay %s %d", network.Name(a.ID), a.Ticks) }
func (a Kill) String() string      { return "kill " + a.Node.String() }
func (a Restart) String() string   { return "restart " + a.Node.String() }
func (a Freeze) String() string    { return "freeze " + a.Node.String() }
func (a Thaw) String() string      { return "thaw " + a.Node.String() }
func (a Sync) String() string      { return "sync " + a.Node.String() }
func (a Wipe) String() string      { return "wipe " + a.Node.String() }
func (a Snapshot) String() string  { return "snapshot " + a.Node.String() }
func (a Set) String() string       { return "set " + a.Name + " " + a.Value }

func (a Retry) String() string { return "retry " + machine.Quote(a.Client) }

func (a Request) String() string {
	text := "submit " + a.Data
	if strings.ContainsFunc(a.Data, unicode.IsControl) {
		text = "submit " + machine.Quoted(a.Data)
	}
	if a.Via != 0 {
		text += " via " + a.Via.String()
	}
	return text + " as " + machine.Quote(a.Client)
}

func (a SetLinks) String() string {
	verb := "heal "
	if a.Cut {
		verb = "cut "
	}
	words := make([]string, len(a.Links))
	for i, l := range a.Links {
		words[i] = verb + l.String()
	}
	return strings.Join(words, "; ")
}

func (a Partition) String() string { return network.GroupsText(a.Groups) }

func (a Inject) String() string {
	return fmt.Sprintf("inject %s %s %s", a.Message.Type(), network.Link{From: a.From, To: a.To}, injected(a.Message))
}

func (a Give) String() string {
	s := a.Stable
	text := fmt.Sprintf("given %s term %d", a.Node, s.CurrentTerm)
	if s.VotedFor != 0 {
		text += " vote " + s.VotedFor.String()
	}
	if s.Snapshot != nil {
		text += fmt.Sprintf(" snapshot %d/%d %s", s.Snapshot.Index, s.Snapshot.Term, machine.Quote(s.Snapshot.Data))
	}
	if words := logWords(s.Log.Slice(s.Log.FirstIndex(), s.Log.LastIndex())); words != "" {
		text += " log " + machine.Quote(words)
	}
	if a.Commit > 0 {
		text += fmt.Sprintf(" commit %d", a.Commit)
	}
	return text + " voters " + strings.ReplaceAll(s.Initial.Voters.String(), " ", ",")
}

// logWords is entries as given and inject write them: TERM or TERM:DATA.
func logWords(entries []raft.Entry) string {
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
		return injected(m)
	}
	if len(own) > mostOwn {
		own = strings.ToValidUTF8(own[:mostOwn-len("…")], "") + "…"
	}
	return injected(m) + " own=" + own
}

// injected is a message's fields as inject takes them.
func injected(m raft.Message) string {
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
			text += " entries=" + inQuotes(logWords(m.Entries))
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
