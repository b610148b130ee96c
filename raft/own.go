package raft

// A server that is another program may write fields of its own into a message, and
// reads them again on the other side. raftlab's own servers take no notice of them.

// OwnOf is the fields of its own that a message carries, as a JSON object; "": none.
func OwnOf(m Message) string {
	if p := ownOf(m); p != nil && *p != nil {
		return **p
	}
	return ""
}

// SetOwn has a message that was not sent yet carry fields of its own. Messages of
// which the paper has none by this name carry nothing.
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
