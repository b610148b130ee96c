package raft

// A server that is another program may add fields of its own to a message, and read them when
// it receives one. raftlab's own servers ignore them.

// OwnOf is the program's own fields in a message, as a JSON object; "": none.
func OwnOf(m Message) string {
	if p := ownOf(m); p != nil && *p != nil {
		return **p
	}
	return ""
}

// SetOwn puts a program's own fields into a message that was not sent yet. Only the messages of
// Figure 2 can carry them; for others it does nothing.
func SetOwn(m Message, own string) {
	if p := ownOf(m); p != nil {
		*p = &own
	}
}

func ownOf(m Message) **string {
	switch m := m.(type) {
	case *RequestVote:
		return &m.own
	case *RequestVoteReply:
		return &m.own
	case *AppendEntries:
		return &m.own
	case *AppendEntriesReply:
		return &m.own
	}
	return nil
}
