package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// The kinds of errors of a request, for errors.Is.
var (
	// ErrNotTaken: the command is in no log and will never be done.
	ErrNotTaken = errors.New("the command was not taken")
	// ErrUnknown: a leader took the command; it may or may not be done, now or
	// later.
	ErrUnknown = errors.New("the command may or may not be done")
	// ErrClosed: the cluster is closed. The command was not taken.
	ErrClosed = fmt.Errorf("the cluster is closed: %w", ErrNotTaken)
)

// Request is a client's command.
type Request struct {
	Client  string  // the client's name, such as C1; "": C1
	Command string  // for the state machine
	Via     raft.ID // ask this server only; 0: find the leader
}

// Answer is the result of a command that was committed and applied.
type Answer struct {
	Result string  // the state machine's
	Node   raft.ID // the leader that answered
	Index  uint64  // where the command stands in the log
	Term   uint64
}

// request is a Request that a server has been given. done has room for its one reply, so
// that the server never waits for the client.
type request struct {
	client, command string
	index, term     uint64 // the entry, once taken
	done            chan reply
}

// notTaken is why a server did not take a command, and the leader that it knows.
type notTaken struct {
	leader raft.ID
	why    string
}

func (e *notTaken) Error() string        { return e.why }
func (e *notTaken) Is(target error) bool { return target == ErrNotTaken }

// Redirect is the leader named by a server that did not take a command, or 0.
func Redirect(err error) raft.ID {
	var no *notTaken
	if errors.As(err, &no) {
		return no.leader
	}
	return 0
}

// unknown is why a client will not learn the fate of its command.
type unknown struct {
	why   string
	cause error
}

func (e *unknown) Error() string        { return ErrUnknown.Error() + ": " + e.why }
func (e *unknown) Is(target error) bool { return target == ErrUnknown }
func (e *unknown) Unwrap() error        { return e.cause }

// gaveUp is why a client whose time is over knows that its command is in no log.
type gaveUp struct {
	why   string
	cause error
}

func (e *gaveUp) Error() string        { return ErrNotTaken.Error() + ": " + e.why }
func (e *gaveUp) Is(target error) bool { return target == ErrNotTaken }
func (e *gaveUp) Unwrap() error        { return e.cause }

// Do sends a command to the leader, waits until it is committed and applied, and
// returns its result. It follows redirects, and while there is no leader it asks
// again every tick until ctx ends. Once a leader has taken the command, Do does not
// send it again, because the command might then be applied twice.
func (c *Cluster) Do(ctx context.Context, r Request) (Answer, error) {
	if r.Client == "" {
		r.Client = "C1"
	}
	if err := validClient(r.Client); err != nil {
		return Answer{}, err
	}
	if r.Via != 0 {
		if c.server(r.Via) == nil {
			return Answer{}, c.noServer(r.Via)
		}
		return c.ask(ctx, r.Via, &r)
	}
	var asked raft.Set
	to, refused := c.firstToAsk(), ""
	for {
		answer, err := c.ask(ctx, to, &r)
		var no *notTaken
		if late := (*gaveUp)(nil); errors.As(err, &late) {
			late.why = cmp.Or(refused, late.why)
		}
		if !errors.As(err, &no) {
			c.remember(to, err)
			return answer, err
		}
		asked, refused = asked.With(to), "no server takes it ("+no.why+")"
		if no.leader != 0 && !asked.Has(no.leader) && c.server(no.leader) != nil {
			to = no.leader
			continue
		}
		if to = c.nextToAsk(to, asked); to == 0 {
			if err := c.rest(ctx); err != nil {
				return Answer{}, &gaveUp{refused, err}
			}
			asked, to = raft.Set{}, c.firstToAsk()
		}
	}
}

// Propose is Do, but returns only the result.
func (c *Cluster) Propose(ctx context.Context, client, command string) (string, error) {
	a, err := c.Do(ctx, Request{Client: client, Command: command})
	return a.Result, err
}

// Put sets a key of the key-value store.
func (c *Cluster) Put(ctx context.Context, client, key, value string) error {
	_, err := c.Propose(ctx, client, machine.Put(key, value))
	return err
}

// Get is the value of a key, "" when it has none. The read is an entry of the log, so
// its result is never stale.
func (c *Cluster) Get(ctx context.Context, client, key string) (string, error) {
	return c.Propose(ctx, client, machine.Get(key))
}

// ask gives the command to one server and waits for its reply.
func (c *Cluster) ask(ctx context.Context, to raft.ID, r *Request) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, &gaveUp{"the time was over before " + to.String() + " was asked", err}
	}
	if c.closed.Load() {
		return Answer{}, ErrClosed
	}
	p := c.server(to).process.Load()
	q := &request{client: r.Client, command: r.Command, done: make(chan reply, 1)}
	if p == nil || !p.inbox.put(input{kind: propose, request: q}) {
		return Answer{}, &notTaken{why: to.String() + " is down"}
	}
	select {
	case reply := <-q.done:
		return reply.answer, reply.err
	case <-ctx.Done():
		return Answer{}, &unknown{why: to.String() + " has not answered", cause: ctx.Err()}
	}
}

// remember notes a server that answered as the leader to ask first, and forgets one that
// did not.
func (c *Cluster) remember(id raft.ID, err error) {
	if err == nil {
		if c.leader.Load() != uint32(id) {
			c.leader.Store(uint32(id))
		}
		return
	}
	if c.leader.CompareAndSwap(uint32(id), 0) {
		c.turn.Store(uint32(id))
	}
}

// firstToAsk is the leader that clients know, or the next server in turn.
func (c *Cluster) firstToAsk() raft.ID {
	if id := raft.ID(c.leader.Load()); id != 0 {
		return id
	}
	return raft.ID(c.turn.Add(1)%uint32(len(c.servers))) + 1
}

// nextToAsk is the next server that was not asked yet, or 0.
func (c *Cluster) nextToAsk(id raft.ID, asked raft.Set) raft.ID {
	for range c.servers {
		id = id%raft.ID(len(c.servers)) + 1
		if !asked.Has(id) {
			return id
		}
	}
	return 0
}

// rest waits a tick, in which a server may become leader.
func (c *Cluster) rest(ctx context.Context) error {
	t := time.NewTimer(c.config.Tick)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// validClient tells whether a script can contain the name.
func validClient(name string) error {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')) || len(name) > 64 {
			return fmt.Errorf("%w: %q is not a client's name; use C1, C2 and so on", ErrNotTaken, name)
		}
	}
	return nil
}
