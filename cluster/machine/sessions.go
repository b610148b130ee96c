package machine

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/benbjohnson/immutable"
)

// Sessions is a machine that applies each command of a client's session once
// (§8, thesis 6.3): it remembers, for every client, the number of its last
// command and the result, and answers a command that comes again from memory.
// That memory is part of the replicated state, and of snapshots. A command in a
// session is written CLIENT:NUMBER COMMAND; any other passes through.
//
// A session begins with number 1. One that was not used while sessionLife
// commands of others were applied has expired: what comes in it later is
// refused, since nobody can tell whether it is a retry. So its name is kept, or
// its first command would be applied again.
type Sessions struct {
	inner Machine
	last  *immutable.SortedMap[string, session]
	clock uint64 // commands in sessions applied so far
	sum   uint64 // of the sessions, see Hash
}

type session struct {
	number uint64
	result string
	used   uint64 // the clock when it was used last
}

const sessionLife = 1000

// NewSessions puts sessions before a machine.
func NewSessions(inner Machine) Sessions {
	return Sessions{inner: inner, last: immutable.NewSortedMap[string, session](nil)}
}

// InSession is a command as part of a client's session. A name with blanks or
// marks is quoted.
func InSession(client string, number uint64, command string) string {
	name := Quote(client)
	if strings.Contains(client, ":") {
		name = Quoted(client)
	}
	return fmt.Sprintf("%s:%d %s", name, number, command)
}

// cutSession splits a command in a session; ok is false for any other.
func cutSession(command string) (client string, number uint64, inner string, ok bool) {
	var rest string
	if strings.HasPrefix(command, `"`) {
		if client, rest, ok = Unquote(command); ok {
			rest, ok = strings.CutPrefix(rest, ":")
		}
	} else if client, rest, ok = strings.Cut(command, ":"); ok {
		// A client's name begins with no digit: "12:30 lunch" is no command of one.
		ok = Quote(client) == client && client != "" && (client[0] < '0' || client[0] > '9')
	}
	if !ok {
		return "", 0, "", false
	}
	digits, inner, ok := strings.Cut(rest, " ")
	number, err := strconv.ParseUint(digits, 10, 64)
	return client, number, inner, ok && err == nil
}

// Apply is Machine's. What comes again is answered, not applied; the result
// begins with "no" where the session does not know the command.
func (s Sessions) Apply(command string) (Machine, string) {
	client, number, inner, ok := cutSession(command)
	if !ok {
		var result string
		s.inner, result = s.inner.Apply(command)
		return s, result
	}
	s.clock++
	was, known := s.last.Get(client)
	expired := known && s.clock-was.used > sessionLife
	switch {
	case known && !expired && number == was.number:
		was.used = s.clock
		s.keep(client, was)
		return s, was.result
	case known && !expired && number < was.number:
		return s, fmt.Sprintf("no: the session of %s is at number %d", client, was.number)
	case expired:
		return s, fmt.Sprintf("no: the session of %s has expired", client)
	case !known && number != 1:
		return s, fmt.Sprintf("no: %s has no session", client)
	}
	var result string
	s.inner, result = s.inner.Apply(inner)
	s.keep(client, session{number, result, s.clock})
	return s, result
}

// ApplyAgain is Apply by a machine that does not look at the numbers of the
// commands: one that comes again is applied again. It is a mistake (§8).
func ApplyAgain(m Machine, command string) (Machine, string) {
	s, ok := m.(Sessions)
	if !ok {
		return m.Apply(command)
	}
	client, number, inner, ok := cutSession(command)
	if !ok {
		return m.Apply(command)
	}
	var result string
	s.clock++
	s.inner, result = s.inner.Apply(inner)
	if was, known := s.last.Get(client); known {
		number = max(number, was.number)
	}
	s.keep(client, session{number, result, s.clock})
	return s, result
}

// sessionsMark begins a snapshot that has sessions in it.
const sessionsMark = "@sessions "

// Snapshot is the inner machine's, with the sessions before it where there was any.
func (s Sessions) Snapshot() string {
	if s.clock == 0 {
		return s.inner.Snapshot()
	}
	head := s.head()
	m, ok := s.inner.(large)
	if !ok {
		return head + s.inner.Snapshot()
	}
	var b strings.Builder
	b.Grow(len(head) + m.snapshotLen())
	b.WriteString(head)
	m.writeSnapshot(&b)
	return b.String()
}

// head is the sessions as they stand in a snapshot.
func (s Sessions) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d %d", sessionsMark, s.clock, s.last.Len())
	for it := s.last.Iterator(); !it.Done(); {
		client, v, _ := it.Next()
		fmt.Fprintf(&b, " %s %d %d %s", Quote(client), v.number, v.used, Quote(v.result))
	}
	b.WriteByte(' ')
	return b.String()
}

// Restore reads what Snapshot writes.
func (s Sessions) Restore(snapshot string) (Machine, error) {
	out := NewSessions(s.inner)
	rest := snapshot
	if text, ok := strings.CutPrefix(snapshot, sessionsMark); ok {
		var err error
		if rest, err = out.readSessions(text); err != nil {
			return s, err
		}
	}
	inner, err := s.inner.Restore(rest)
	out.inner = inner
	return out, err
}

func (s *Sessions) readSessions(text string) (rest string, err error) {
	field := func() string {
		var w string
		var ok bool
		if w, text, ok = word(text); !ok {
			err = fmt.Errorf("a snapshot with sessions that do not end")
		}
		text = strings.TrimPrefix(text, " ")
		return w
	}
	number := func() uint64 {
		n, bad := strconv.ParseUint(field(), 10, 64)
		if bad != nil && err == nil {
			err = fmt.Errorf("a snapshot whose sessions cannot be read: %w", bad)
		}
		return n
	}
	s.clock = number()
	for n := number(); n > 0 && err == nil; n-- {
		client := field()
		v := session{number: number(), used: number()}
		v.result = field()
		s.keep(client, v)
	}
	return text, err
}

// All, Get and Len are the inner machine's.
func (s Sessions) All() iter.Seq2[string, string] { return s.inner.All() }
func (s Sessions) Get(name string) (string, bool) { return s.inner.Get(name) }
func (s Sessions) Len() int                       { return s.inner.Len() }
