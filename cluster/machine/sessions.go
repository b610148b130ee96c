package machine

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/benbjohnson/immutable"
)

// Sessions is a machine that applies each command of a client's session once
// (§8, thesis 6.3): it remembers, for every session, the number of its last
// command and the result, and answers a command that comes again from memory.
// That memory is part of the replicated state, and of snapshots.
//
// A session is opened by an entry of its own, Register, and known by that
// entry's index. A command in it is written CLIENT:NUMBER COMMAND and comes by
// ApplyNumbered; what comes by Apply is no session's, whatever it looks like.
//
// A session expires when sessionLife entries of sessions were applied since its
// last one: time by the log, so that every server agrees. What comes in a session
// that has expired or was never opened is refused, since nobody can tell whether
// it is a retry.
type Sessions struct {
	inner Machine
	state uint64                                // the inner machine's Hash
	last  *immutable.SortedMap[string, session] // by client
	clock uint64                                // entries of sessions applied so far
	sum   uint64                                // of the sessions, see Hash
}

type session struct {
	id     uint64 // the index of the entry that opened it
	number uint64 // of its last command; 0: none yet
	result string
	used   uint64 // the clock when it was used last
}

// sessionLife is how many entries of other sessions may be applied between two
// of one session before that one has expired.
const sessionLife = 1000

// Expired is the answer to what comes in a session that is not open (any more).
const Expired = "session expired"

// newSessions puts sessions before a machine.
func newSessions(inner Machine) *Sessions {
	return &Sessions{inner: byPointer(inner), state: inner.Hash(), last: immutable.NewSortedMap[string, session](nil)}
}

// byPointer is the machine as Sessions keep it, see apply.
func byPointer(m Machine) Machine {
	if k, ok := m.(KV); ok {
		return &k
	}
	return m
}

// apply is the sessions after a command of the inner machine. That machine, where
// it is the store, gets its memory together with them.
func (s *Sessions) apply(command string) (*Sessions, string) {
	result := ""
	if kv, ok := s.inner.(*KV); ok {
		both := &struct {
			Sessions
			kv KV
		}{Sessions: *s}
		both.kv, result = kv.apply(command)
		both.inner, both.state = &both.kv, both.kv.sum
		return &both.Sessions, result
	}
	next := s.copy()
	next.inner, result = s.inner.Apply(command)
	next.state = next.inner.Hash()
	return next, result
}

func (s *Sessions) copy() *Sessions {
	c := *s
	return &c
}

// InSession is a command as part of a client's session. A name with blanks or
// marks is quoted.
func InSession(client string, number uint64, command string) string {
	return fmt.Sprintf("%s:%d %s", SessionName(client), number, command)
}

// SessionName is a client's name as it stands in the entries of its sessions.
func SessionName(client string) string {
	if strings.Contains(client, ":") {
		return Quoted(client)
	}
	return Quote(client)
}

// CutSession splits a command in a session; ok is false for any other text.
func CutSession(command string) (client string, number uint64, inner string, ok bool) {
	var rest string
	if strings.HasPrefix(command, `"`) {
		if client, rest, ok = Unquote(command); ok {
			rest, ok = strings.CutPrefix(rest, ":")
		}
	} else if client, rest, ok = strings.Cut(command, ":"); ok {
		ok = client != ""
	}
	if !ok {
		return "", 0, "", false
	}
	digits, inner, ok := strings.Cut(rest, " ")
	number, err := strconv.ParseUint(digits, 10, 64)
	return client, number, inner, ok && err == nil && number > 0
}

// Apply is Machine's: the command is no session's.
func (s *Sessions) Apply(command string) (Machine, string) { return s.apply(command) }

// Register opens a session for the client, whose name is given as it stands in
// the entry; id is the entry's index. One that the client had before is over: a
// client registers only when it sends nothing in that one any more.
func Register(m Machine, id uint64, name string) Machine {
	s, ok := m.(*Sessions)
	if !ok {
		return m
	}
	s = s.copy()
	s.clock++
	client := name
	if text, rest, ok := Unquote(name); ok && rest == "" {
		client = text
	}
	s.keep(client, session{id: id, used: s.clock})
	if s.last.Len() >= 2*sessionLife { // at most sessionLife of them are alive
		s.purge()
	}
	return s
}

// purge forgets the sessions that have expired.
func (s *Sessions) purge() {
	for it := s.last.Iterator(); !it.Done(); {
		if client, v, _ := it.Next(); s.over(v) {
			s.forget(client)
		}
	}
}

func (s *Sessions) over(v session) bool { return s.clock-v.used > sessionLife }

// ApplyNumbered is Apply for a command in a session. What comes again is
// answered, not applied. ok is false when the command was refused: its session
// is not open (Expired), or the client has sent a later one since.
func ApplyNumbered(m Machine, text string) (next Machine, result string, ok bool) {
	s, is := m.(*Sessions)
	client, number, inner, cut := CutSession(text)
	if !is || !cut {
		return m, Expired, false
	}
	was, known := s.last.Get(client)
	now := s.clock + 1
	open := known && now-was.used <= sessionLife
	if open && number > was.number {
		s, was.result = s.apply(inner)
	} else {
		s = s.copy()
	}
	s.clock = now
	switch {
	case !open:
		s.forget(client)
		return s, Expired, false
	case number < was.number:
		return s, fmt.Sprintf("the session of %s is at number %d", client, was.number), false
	}
	was.number, was.used = number, s.clock
	s.keep(client, was)
	return s, was.result, true
}

// ApplyAgain is ApplyNumbered by a machine that does not look at the numbers of
// the commands: one that comes again is applied again. It is a mistake (§8).
func ApplyAgain(m Machine, text string) (next Machine, result string, ok bool) {
	s, is := m.(*Sessions)
	client, number, inner, cut := CutSession(text)
	if !is || !cut {
		return m, Expired, false
	}
	was, known := s.last.Get(client)
	if !known {
		return ApplyNumbered(m, text)
	}
	s, result = s.apply(inner)
	s.clock++
	was.number, was.result, was.used = max(number, was.number), result, s.clock
	s.keep(client, was)
	return s, result, true
}

// sessionsMark begins a snapshot that has sessions in it.
const sessionsMark = "@sessions "

// Snapshot is the inner machine's, with the sessions before it where there was any.
func (s *Sessions) Snapshot() string {
	if s.clock == 0 {
		if text := s.inner.Snapshot(); !strings.HasPrefix(text, sessionsMark) {
			return text
		}
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

// Apart is a machine without the sessions of its clients, and these as they stand in a snapshot, "" where
// there were none.
func Apart(m Machine) (own Machine, sessions string) {
	if s, ok := m.(*Sessions); ok {
		if s.clock > 0 {
			sessions = strings.TrimSpace(strings.TrimPrefix(s.head(), sessionsMark))
		}
		return s.inner, sessions
	}
	return m, ""
}

// head is the sessions as they stand in a snapshot.
func (s *Sessions) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d %d", sessionsMark, s.clock, s.last.Len())
	for it := s.last.Iterator(); !it.Done(); {
		client, v, _ := it.Next()
		fmt.Fprintf(&b, " %s %d %d %d %s", Quote(client), v.id, v.number, v.used, Quote(v.result))
	}
	b.WriteByte(' ')
	return b.String()
}

// Restore reads what Snapshot writes.
func (s *Sessions) Restore(snapshot string) (Machine, error) {
	out := newSessions(s.inner)
	rest := snapshot
	if text, ok := strings.CutPrefix(snapshot, sessionsMark); ok {
		var err error
		if rest, err = out.readSessions(text); err != nil {
			return s, err
		}
	}
	inner, err := s.inner.Restore(rest)
	out.inner, out.state = byPointer(inner), inner.Hash()
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
		v := session{id: number(), number: number(), used: number()}
		v.result = field()
		s.keep(client, v)
	}
	return text, err
}

// All, Get and Len are the inner machine's.
func (s *Sessions) All() iter.Seq2[string, string] { return s.inner.All() }
func (s *Sessions) Get(name string) (string, bool) { return s.inner.Get(name) }
func (s *Sessions) Len() int                       { return s.inner.Len() }
