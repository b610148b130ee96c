package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/raft"
)

// Ability is something that a program says of itself in its first line: what it does beyond
// Figure 2, or how it is built.
type Ability string

// The abilities.
const (
	Snapshot      Ability = "snapshot"       // InstallSnapshot and its own snapshots (§7)
	PreVote       Ability = "prevote"        // thesis 9.6
	Transfer      Ability = "transfer"       // thesis 3.10
	Sticky        Ability = "sticky"         // no vote soon after hearing a leader (thesis 4.2.3)
	ParallelWrite Ability = "parallel-write" // a leader sends before its own write (thesis 10.2.1)
	RPC           Ability = "rpc"            // replies are return values
	NoDisk        Ability = "no-disk"        // no persistence
)

// Abilities is all of them, in the order in which they are listed.
func Abilities() []Ability {
	return []Ability{Snapshot, PreVote, Transfer, Sticky, ParallelWrite, RPC, NoDisk}
}

// Program is another program that servers run, with as many processes as are asked at the
// same time, and a memory of its answers. It is safe for use by several goroutines.
type Program struct {
	Command  string // as it was given; "" for raftlab's own core behind the protocol
	name     string
	can      []Ability
	limit    atomic.Int64  // the longest wait for an answer, in nanoseconds
	starting time.Duration // that for hello, where it is longer
	said     said
	begin    func() (asker, error) // starts another process
	idle     chan asker            // processes that nobody asks at the moment
	more     chan struct{}         // a token for each process that may still be started
	greeted  sync.Once
	mu       sync.Mutex
	ctx      context.Context // that of the command that runs
	asked    uint64          // the number of the last question
	memory   memory
	missed   map[key]error // answers that did not come in time, in the command that runs
	Calls    atomic.Uint64 // how many questions were asked
	Spared   atomic.Uint64 // how many were answered from memory
	spent    atomic.Int64  // nanoseconds of waiting for answers
	silent   atomic.Int64  // nanoseconds of the longest wait for one that did not come
	Always   bool          // every question is asked again, of another process
	closed   bool
	replaced atomic.Bool
	recorded bool  // its steps are read from the log of a real run
	tape     *Tape // which is this one, or nil
	began    time.Time
}

// asker answers lines.
type asker interface {
	// ask sends a line, unless it is nil, and waits for an answer.
	ask(ctx context.Context, line []byte, limit time.Duration) ([]byte, error)
	starts() bool // it may only need more time to start
	end()
}

// DefaultLimit is how long an answer may take unless SetLimit says otherwise.
const DefaultLimit = 5 * time.Second

// startLimit is how much longer a program may take to say hello while it is at work: its
// language may compile it first, and the machine may be busy.
const startLimit = 30 * time.Second

// glance is the wait for a line that is there already if it comes at all.
const glance = 50 * time.Millisecond

// Open starts a program. The command is split into words as a shell splits them.
func Open(ctx context.Context, command string) (*Program, error) {
	return OpenWithin(ctx, command, 0)
}

// OpenWithin is Open for a program whose processes may take that long to say hello, where
// that is longer than an answer may take otherwise.
func OpenWithin(ctx context.Context, command string, start time.Duration) (*Program, error) {
	p := &Program{Command: command, starting: start}
	p.begin = func() (asker, error) { return launch(command, &p.said) }
	return p, p.open(ctx)
}

// OpenFunc is Open for a program that is a function from line to line. begin makes another one.
func OpenFunc(begin func() func([]byte) []byte) (*Program, error) {
	p := &Program{begin: func() (asker, error) { return function(begin()), nil }}
	return p, p.open(context.Background())
}

// function is a program that is a function of a line.
type function func([]byte) []byte

func (f function) ask(_ context.Context, line []byte, _ time.Duration) ([]byte, error) {
	return f(line), nil
}
func (f function) starts() bool { return false }
func (f function) end()         {}

func (p *Program) open(ctx context.Context) error {
	n := runtime.GOMAXPROCS(0)
	p.idle, p.more = make(chan asker, 2*n), make(chan struct{}, 2*n)
	p.ctx, p.began = ctx, time.Now()
	p.limit.Store(int64(DefaultLimit))
	for range n {
		p.more <- struct{}{}
	}
	a, err := p.take(true)
	if err == nil {
		p.idle <- a
	}
	return err
}

// take is a process that is idle, or a fresh one if that is wanted and possible. The caller
// must give it back.
func (p *Program) take(fresh bool) (asker, error) {
	if p.isClosed() {
		return nil, errEnded
	}
	if fresh {
		select {
		case <-p.more:
			return p.start()
		default:
		}
	}
	select {
	case a := <-p.idle:
		return a, nil
	default:
	}
	select {
	case a := <-p.idle:
		return a, nil
	case <-p.more:
		return p.start()
	}
}

// start starts one process more.
func (p *Program) start() (a asker, err error) {
	defer func() {
		if err != nil {
			p.more <- struct{}{}
		}
	}()
	if p.isClosed() {
		return nil, errEnded
	}
	if a, err = p.begin(); err != nil {
		return nil, err
	}
	if err = p.greet(a); err != nil {
		a.end()
		return nil, fmt.Errorf("the program's answer to hello: %w", err)
	}
	return a, nil
}

// errEnded is what a program says that was closed: only an old version of an edited one is, before the session ends.
var errEnded = errors.New("this version of the program is no longer running; guest reload plays this history on the " +
	"new one")

func (p *Program) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// greet sends the first line, and notes what the program says of itself.
func (p *Program) greet(a asker) error {
	line, err := a.ask(p.context(), []byte(`{"hello": {"protocol": 1}}`), max(p.wait(), p.starting))
	for began := time.Now(); errors.As(err, new(silence)) && time.Since(began) < startLimit; {
		more, works := time.Second, a.starts()
		if !works { // it may have said hello just before that look
			more = glance
		}
		if late, failed := a.ask(p.context(), nil, more); !errors.As(failed, new(silence)) {
			line, err = late, failed
		} else if !works {
			break
		}
	}
	if err != nil {
		return err
	}
	name, can, err := readHello(line)
	if err != nil {
		return err
	}
	p.greeted.Do(func() { p.name, p.can = name, can })
	return nil
}

// readHello is what a program says of itself in its first line.
func readHello(line []byte) (name string, can []Ability, err error) {
	top, err := object(line)
	if err != nil || top.has("hello") == nil {
		return "", nil, fmt.Errorf(`{"hello": {"protocol": 1, "name": …, "can": […]}} is wanted, not %s`,
			short(string(line)))
	}
	defer caught(&err)
	hello := top.has("hello")
	if v := hello.must("protocol").number(); v != version {
		return "", nil, fmt.Errorf("hello.protocol is %d, and raftlab speaks %d", v, version)
	}
	for _, c := range optional(hello.has("can"), (*at).list) {
		a := Ability(c.text())
		if !slices.Contains(Abilities(), a) {
			c.fail("there is no %s; there are %s", short(a), strings.Trim(fmt.Sprintf("%q", Abilities()), "[]"))
		}
		can = append(can, a)
	}
	return strings.Clone(cut(optional(hello.has("name"), (*at).text), mostShort)), can, nil
}

// Name is what the program calls itself.
func (p *Program) Name() string { return p.name }

// Can is the program's abilities.
func (p *Program) Can() []Ability { return p.can }

// Able tells whether the program has an ability.
func (p *Program) Able(a Ability) bool { return slices.Contains(p.can, a) }

// Use sets the context of the questions from now on, which is that of the running command. Each
// command asks again what was not answered in time.
func (p *Program) Use(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.missed = ctx, nil
}

// Until is Use for a part of the running command that has less time.
func (p *Program) Until(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx = ctx
}

// miss notes that an answer did not come in time.
func (p *Program) miss(k key, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missed == nil {
		p.missed = map[key]error{}
	}
	p.missed[k] = err
}

// wasMissed is the error of an answer that did not come in time, or nil.
func (p *Program) wasMissed(k key) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.missed[k]
}

func (p *Program) context() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ctx
}

// SetLimit sets how long an answer may take from now on.
func (p *Program) SetLimit(d time.Duration) { p.limit.Store(int64(d)) }

func (p *Program) wait() time.Duration { return time.Duration(p.limit.Load()) }

// Time is how long an answer has taken on average.
func (p *Program) Time() time.Duration {
	return time.Duration(p.spent.Load() / int64(max(p.Calls.Load(), 1)))
}

// Silence is the longest wait for an answer that did not come; 0: all came.
func (p *Program) Silence() time.Duration { return time.Duration(p.silent.Load()) }

// Said returns what the program has written to standard error since the last call, and how
// many more lines were not kept.
func (p *Program) Said() (lines []string, omitted int) { return p.said.drain() }

// Close ends the program's processes. There must be no question under way.
func (p *Program) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for {
		select {
		case a := <-p.idle:
			a.end()
		default:
			return
		}
	}
}

// manyCalls is the number of calls after which there may be two processes for each core,
// because the goroutines that ask and the processes that answer take turns. For fewer calls
// starting them is not worth its time.
const manyCalls = 2000

// askAgainEach says that one in so many new questions is asked twice.
const askAgainEach = 64

// ask asks a process. Some questions are also asked of another process, to find programs
// that do not always give the same answer.
func (p *Program) ask(q *requestWire) (*answer, error) {
	p.mu.Lock()
	p.asked++
	q.N = p.asked
	p.mu.Unlock()
	line := with(q, "")
	first, a, err := p.call(line, q.N, false)
	if err != nil || !p.Always && q.N%askAgainEach != 0 {
		return a, err
	}
	second, _, err := p.call(line, q.N, true)
	if err != nil {
		return nil, err
	}
	return a, differ(first, second)
}

// call asks once, of a fresh process if that is wanted.
func (p *Program) call(line []byte, n uint64, fresh bool) (text []byte, out *answer, err error) {
	if p.context().Err() != nil { // do not start a process if the command was interrupted
		return nil, nil, interrupted{}
	}
	a, err := p.take(fresh)
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	text, err = a.ask(p.context(), line, p.wait())
	waited := int64(time.Since(began))
	if p.spent.Add(waited); text == nil {
		p.silent.Store(max(p.silent.Load(), waited))
	}
	if p.Calls.Add(1) == manyCalls {
		for range cap(p.more) / 2 {
			p.more <- struct{}{}
		}
	}
	if err == nil {
		out, err = read(text, n)
	}
	var failed *Traceback
	if err != nil && !errors.As(err, &failed) { // who knows what it would answer next
		a.end()
		p.more <- struct{}{}
		return text, nil, err
	}
	p.idle <- a
	return text, out, err
}

// differ is an error if two answers to the same question differ. States that the program
// calls the same may differ.
func differ(first, second []byte) error {
	if bytes.Equal(first, second) {
		return nil
	}
	var a, b map[string]any
	if json.Unmarshal(first, &a) != nil || json.Unmarshal(second, &b) != nil {
		return nil // cannot be: both were read before
	}
	if same, ok := a["same"]; ok && same == b["same"] {
		delete(a, "state")
		delete(b, "state")
	}
	for _, field := range []string{"state", "same", "view", "save", "send", "restart", "took", "refused"} {
		if !reflect.DeepEqual(a[field], b[field]) {
			return fmt.Errorf("the program is not pure: asked the same question twice, it first answers %s %s, then %s",
				field, short(a[field]), short(b[field]))
		}
	}
	return nil
}

// key is what an answer and the verdict on it depend on.
type key struct {
	id                          raft.ID
	bugs                        raft.Mutants
	servers                     raft.Set
	state, view, disk, kept, in uint64
}

// memory is what programs have answered. When it is large, answers that were not used recently
// are forgotten.
type memory struct {
	mu       sync.Mutex
	now, old map[key]*result
	bytes    int
}

// mostRemembered is about how many bytes of new answers are remembered. As many again may be
// remembered of those that were used recently.
const mostRemembered = 256 << 20

func (m *memory) get(k key) *result {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.now[k]; r != nil {
		return r
	}
	r := m.old[k]
	if r != nil {
		m.keep(k, r)
	}
	return r
}

func (m *memory) put(k key, r *result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(k, r)
}

func (m *memory) keep(k key, r *result) {
	if m.bytes > mostRemembered {
		m.now, m.old, m.bytes = nil, m.now, 0
	}
	if m.now == nil {
		m.now = map[key]*result{}
	}
	m.now[k] = r
	m.bytes += r.bytes
}

// Replace notes that the same command was started again. This Program still answers for the
// states that it has given.
func (p *Program) Replace() { p.replaced.Store(true) }

// Replaced tells whether Replace was called.
func (p *Program) Replaced() bool { return p.replaced.Load() }

// Title is what to call the program: its own name for itself, or its command.
func (p *Program) Title() string {
	switch {
	case p.name != "":
		return p.name
	case p.Command == "":
		return "the guest"
	}
	return p.Command
}

// Recorded tells whether this is a recorded run instead of a program.
func (p *Program) Recorded() bool { return p.tape != nil }

// String is the program's command.
func (p *Program) String() string { return p.Command }

// Began is when the program was started.
func (p *Program) Began() time.Time { return p.began }

// Resident is how many kilobytes of memory its idle processes use; 0 if the system does not
// say.
func (p *Program) Resident() (kilobytes uint64) {
	for range len(p.idle) {
		a := <-p.idle
		if q, ok := a.(*process); ok {
			kilobytes += q.resident()
		}
		p.idle <- a
	}
	return kilobytes
}
