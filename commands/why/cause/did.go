package cause

import (
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// idle is what happens all the time, and is not what one asks about.
func idle(e *event.Event) bool {
	return event.Is[event.Ticked](e) || event.Is[event.ClockTicked](e)
}

func errNothing() error {
	return lang.Errorf("nothing has happened yet").WithHint("timeout S1 makes something happen; why then explains it")
}

// LastEvent is why the last event happened that one may ask about.
func LastEvent(q *inquiry.Inquiry) (*inquiry.Answer, error) {
	e := q.Latest(func(e *event.Event) bool { return !idle(e) })
	if e == nil {
		e = q.At(q.End())
	}
	if e == nil {
		return Event(q, 0)
	}
	return Of(q, e), nil
}

// LastOf is why a server did what it did last.
func LastOf(q *inquiry.Inquiry, id raft.ID) (*inquiry.Answer, error) {
	e := q.LastAt(id, inquiry.Now, func(e *event.Event) bool { return !idle(e) && !passive(e) })
	if e == nil {
		return nil, lang.Errorf("%s has done nothing yet", id).WithHint("why %s not leader says what it waits for", id)
	}
	return Of(q, e), nil
}

// passive is what happens to a server or its mail, without its doing.
func passive(e *event.Event) bool {
	switch e.What.(type) {
	case event.Lost, event.Dropped, event.Duplicated, event.Delayed, event.Injected, event.Unanswered:
		return true
	}
	return false
}

// Event is why the event at a position happened.
func Event(q *inquiry.Inquiry, position uint64) (*inquiry.Answer, error) {
	if e := q.At(position); e != nil {
		return Of(q, e), nil
	}
	if began := q.W.Began(); position == 0 && len(began) > 0 {
		t := &telling{q, &began[0], &inquiry.Answer{}}
		t.departs()
		return t.a, nil
	}
	if end := q.End(); end > 0 {
		return nil, lang.Errorf("there is no event #%d up to here: they are #1 to #%d", position, end).
			WithHint("events lists the last of them; goto goes where others are")
	}
	return nil, errNothing()
}

// Refused is the last time that a server said no to another.
func Refused(q *inquiry.Inquiry, id, other raft.ID) (*inquiry.Answer, error) {
	e := q.Latest(func(e *event.Event) bool {
		x, ok := e.What.(event.Sent)
		return ok && x.From == id && x.To == other && tell.SaysNo(x.Message)
	})
	if e == nil {
		return nil, lang.Errorf("%s has not refused %s anything", id, other).
			WithHint("ask why %s voted %s or why %s not voted %s; why m12 says what became of a message",
				id, other, id, other)
	}
	return Of(q, e), nil
}

// Voted is why a server voted for another the last time.
func Voted(q *inquiry.Inquiry, id, other raft.ID) (*inquiry.Answer, error) {
	e := q.LastAt(id, inquiry.Now, func(e *event.Event) bool {
		return event.As[event.Voted](e).For == other || event.Is[event.Given](e) &&
			q.After(e).Stored(id).VotedFor == other
	})
	if e == nil {
		return nil, lang.Errorf("%s has not voted for %s", id, other).WithHint("ask why %s not voted %s", id, other)
	}
	a := Of(q, e)
	if event.Is[event.Given](e) {
		a.Say("%s's vote for %s in term %d was given by hand at #%d.", id, other, q.After(e).Stored(id).CurrentTerm,
			e.Position)
	}
	noteForgotten(q, a, e)
	return a, nil
}

// Role is how a server came to the role that it has.
func Role(q *inquiry.Inquiry, id raft.ID, role string) (*inquiry.Answer, error) {
	if is := tell.RoleOf(q.W, id); is != role {
		err := lang.Errorf("%s is not %s but %s", id, tell.ARole(role), tell.ARole(is))
		return nil, err.WithHint("ask why %s not %s, or why %s %s", id, role, id, is)
	}
	e := q.Became(id, role)
	if e == nil { // it is what it began as
		a := q.Say(rules.RestartFromDisk, "%s has been a follower from the beginning.", id)
		a.Compare("its term", q.W.State(id).CurrentTerm)
		a.Fact("every server starts as a follower, and nothing has made it a candidate yet")
		return a, nil
	}
	a := Of(q, e)
	if role == "leader" {
		besides(q, a, id)
	}
	return a, nil
}
