package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// strangers is a program that nothing is known of. It does what raftlab's own does,
// until it fails.
type strangers struct {
	known  program.Known
	inputs atomic.Int64 // so far
	fails  int64        // at which input it has no answer; 0: at none
}

var errStranger = errors.New("IndexError: list index out of range")

// asked counts an input.
func (p *strangers) asked() error {
	if p.inputs.Add(1) == p.fails {
		return errStranger
	}
	return nil
}

func (p *strangers) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	if err := p.asked(); err != nil {
		return nil, err
	}
	n, err := raft.New(id, stable, o)
	if err != nil {
		return nil, err
	}
	return &stranger{n, p}, nil
}

func (p *strangers) Known() program.Known { return p.known }

// stranger is a server of that program.
type stranger struct {
	*raft.Node
	program *strangers
}

func (n *stranger) Step(in raft.Input, o *raft.Output) error {
	if err := n.program.asked(); err != nil {
		return err
	}
	return n.Node.Step(in, o)
}

func (p *strangers) Clone(n program.Node) program.Node {
	return &stranger{n.(*stranger).Node.Clone(), p}
}

// strange is a world like newWorld's whose servers another program runs.
func strange(t *testing.T, p program.Program, n int, seed uint64, pairs ...string) *World {
	t.Helper()
	like := newWorld(t, n, seed)
	w, err := NewOf(func(raft.ID) program.Program { return p }, n, seed, *like.Settings(), like.MachineKind())
	if err != nil {
		t.Fatal(err)
	}
	set(t, w, pairs...)
	return w
}

// A world whose servers are another program's does all that one of raftlab's own
// does: nothing asks what is behind the interface.
func TestAnotherProgram(t *testing.T) {
	for seed := range uint64(20) {
		ours := newWorld(t, 3, seed)
		theirs := strange(t, &strangers{known: program.Known{Unpaired: true}}, 3, seed)
		pick := rand.New(rand.NewPCG(seed, 7)).IntN
		for range 300 {
			a := randomAction(ours, pick)
			first, second := ours.Apply(a), theirs.Apply(a)
			if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
				t.Fatalf("seed %d: %s: %v, and theirs: %v", seed, a, first, second)
			}
			if ours.Fingerprint() != theirs.Fingerprint() || ours.Position() != theirs.Position() {
				t.Fatalf("seed %d: after %s the worlds differ", seed, a)
			}
		}
	}
}

// What is left out because of what Raft's servers are known to do is left out of
// no program of which it is not known.
func TestReductionsAreAsked(t *testing.T) {
	for _, c := range []struct {
		known      program.Known
		symmetries int
		outlived   uint64
	}{{program.Known{}, 1, 0}, {program.Known{Symmetric: true}, 6, 0}, {program.Known{OldAnswers: true}, 1, 1}, {program.Known{Symmetric: true, OldAnswers: true}, 6, 1}} {
		w := strange(t, &strangers{known: c.known}, 3, 1)
		same(t, "symmetries", len(w.Symmetries(false)), c.symmetries)
		servers, _ := w.Parts()
		votes, _, _ := NewBench(w).Outlived(servers[0])
		same(t, "the first term whose votes count", votes, c.outlived)
	}
	mine := &strangers{known: program.Known{Symmetric: true}}
	w, err := NewOf(func(id raft.ID) program.Program {
		if id == 3 {
			return mine
		}
		return program.Own(1)
	}, 3, 1, *newWorld(t, 3, 1).Settings(), "kv")
	same(t, "the error", err, nil)
	same(t, "symmetries with one of another program", len(w.Symmetries(false)), 2)
	w = strange(t, &strangers{known: program.Known{Renamed: true}}, 3, 1)
	same(t, "symmetries that are supposed, where none may be", len(w.Symmetries(false)), 1)
	same(t, "symmetries that are supposed", len(w.Symmetries(true)), 6)
}

// Whatever an action is, and whichever of its inputs has no answer, the error says
// so and the world is as it was: it goes on as if nobody had tried.
func TestAFailureChangesNothing(t *testing.T) {
	failures, later := map[string]bool{}, 0
	pairs := []string{"snapshot-every", "3", "check-quorum", "on", "stickiness", "on", "reads", "lease"}
	for seed := range uint64(20 * long(5)) {
		p := &strangers{known: program.Known{Unpaired: true}}
		w, ours := strange(t, p, 3, seed, pairs...), newWorld(t, 3, seed, pairs...)
		pick := rand.New(rand.NewPCG(seed, 11)).IntN
		for range 400 {
			a := stirring(w, pick)
			for number := int64(1); ; number++ { // the first of its inputs fails, then the second, …
				l := &Listener{Decide: true}
				w.Listen(l)
				before, told := seenOf(w), p.inputs.Load()
				p.fails = told + number
				err := w.Apply(a)
				p.fails = 0
				var failure *program.Failure
				if !errors.As(err, &failure) {
					if first := ours.Apply(a); (first == nil) != (err == nil) {
						t.Fatalf("seed %d: %s: %v, and ours: %v", seed, a, err, first)
					}
					break
				}
				if !errors.Is(err, errStranger) || failure.Server == 0 {
					t.Fatalf("seed %d: %s: %v", seed, a, err)
				}
				if after := seenOf(w); after != before || len(l.Events) > 0 || l.Omitted > 0 {
					t.Fatalf("seed %d: %s failed at its input %d (%v), and the world was and is\n%s\n%s\nevents %v", seed, a, number, err, before, after, l.Events)
				}
				if failures[failure.Doing] = true; number > 1 {
					later++
				}
			}
			if w.Fingerprint() != ours.Fingerprint() || w.Position() != ours.Position() || w.rng != ours.rng {
				t.Fatalf("seed %d: after %s the world is not as one in which nothing failed:\n%s\n%s", seed, a, seenOf(w), seenOf(ours))
			}
		}
	}
	for _, k := range raft.InputKinds() {
		failed := false
		for doing := range failures {
			failed = failed || strings.HasPrefix(doing, k.String())
		}
		if !failed && k != raft.OnBatch && k != raft.OnReadTimeout { // the world has no batches, and seldom reads that wait so long
			t.Errorf("no %s has failed", k)
		}
	}
	if later < 20 || !failures["start"] {
		t.Errorf("%d inputs failed that were not the first of their action; a start has: %v", later, failures["start"])
	}
}

// stirring is any action, those more often that time brings, and a leader's.
func stirring(w *World, pick func(int) int) Action {
	switch pick(8) {
	case 0, 1, 2:
		return Advance{}
	case 3:
		return randomMembers(w, pick)
	case 4:
		if leader := w.Leader(); leader != 0 && pick(2) == 0 {
			return Fire{FireTimers[pick(len(FireTimers))].Name, leader}
		}
	case 5:
		if id := raft.ID(1 + pick(w.Size())); pick(40) == 0 {
			return Give{Node: id, Stable: *w.Stored(id), Commit: w.Stored(id).Log.LastIndex()}
		}
		return DeliverNext{}
	}
	return randomAction(w, pick)
}

// seenOf is all that can be seen of a world, in words and numbers.
func seenOf(w *World) string {
	return fmt.Sprint(picture(w), w.Fingerprint(), w.Position(), w.Clock(), w.LastSent(), w.Happened(), w.Notable(), w.Mail(), w.rng, w.MidTick(),
		w.Size(), len(w.Breaches()), w.operations, w.Settings())
}

// An answer knows its request. For a program that may take notice of which one it
// is, two worlds that differ in it alone are two; for raftlab's own they are one.
func TestAnAnswerKnowsItsRequest(t *testing.T) {
	for _, c := range []struct {
		known  program.Known
		differ bool
	}{{program.Known{}, true}, {program.Known{Unpaired: true}, false}} {
		w := strange(t, &strangers{known: c.known}, 3, 1)
		do(t, w, Timeout{1})
		asked := flying(t, w, "RequestVote", 1, 2)
		do(t, w, Deliver{asked.ID})
		answer := flying(t, w, "RequestVoteReply", 2, 1)
		same(t, "the request", raft.RequestOf(answer.Message), asked.Message)
		do(t, w, Duplicate{answer.ID})
		for _, m := range w.Flights() {
			if m.From == 2 {
				same(t, "that of a copy", raft.RequestOf(m.Message), asked.Message)
			}
		}
		envelope := answer.Envelope
		envelope.Message = &raft.RequestVoteReply{Term: 1, VoteGranted: true}
		same(t, "it is paired", raft.Pair(envelope.Message, &raft.RequestVote{Term: 1, CandidateID: 1, Transfer: true}), true)
		same(t, "another request makes a difference", w.EnvelopeHash(&envelope, nil) != w.EnvelopeHash(&answer.Envelope, nil), c.differ)
	}
}

// unwilling is a server that leads and refuses commands, and is told so.
type unwilling struct {
	*raft.Node
	departures []judge.Departure
}

func (n *unwilling) Step(in raft.Input, o *raft.Output) error {
	n.departures = nil
	if in.Kind == raft.OnProposal && n.Role == raft.Leader {
		n.departures = []judge.Departure{{Server: n.ID, Kind: judge.Missing, Rule: raft.AppendCommand, Did: "it leads and refuses a command"}}
		return &raft.NotLeader{Node: n.ID}
	}
	return n.Node.Step(in, o)
}

func (n *unwilling) Departures() []judge.Departure { return n.departures }

type unwillings struct{ strangers }

func (p *unwillings) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	if err != nil {
		return nil, err
	}
	return &unwilling{Node: n}, nil
}

func (p *unwillings) Clone(n program.Node) program.Node {
	return &unwilling{Node: n.(*unwilling).Node.Clone()}
}

// A command that no server takes changes nothing and is an error; but where a server
// that leads refuses it, that has happened, and is told.
func TestARefusalIsTold(t *testing.T) {
	for _, mode := range []string{setting.JudgeSay, setting.JudgeOff} {
		w := strange(t, &unwillings{}, 3, 1, "judge", mode)
		elect(t, w, 1)
		l := listen(w)
		err := w.Apply(Request{Client: "C1", Data: "x=1"})
		told := slices.ContainsFunc(l.Events, func(e event.Event) bool { return e.Kind() == event.Departed{}.Kind() })
		same(t, "it is done, with judge "+mode, err == nil, mode == setting.JudgeSay)
		same(t, "told", told, mode == setting.JudgeSay)
		same(t, "kept", len(w.Departures()) == 1, mode == setting.JudgeSay)
	}
}

// eager is a program whose servers keep commitIndex on their disks, here all of the log, and
// have applied the log when they have started.
type eager struct{ strangers }

func (p *eager) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	if last := stable.Log.LastIndex(); err == nil && last > 0 {
		err = n.Step(raft.SetCommitIndex(last), &raft.Output{})
	}
	return &stranger{n, &p.strangers}, err
}

// What a server has applied when it has started is given to its state machine.
func TestAppliedAtTheStart(t *testing.T) {
	w := strange(t, &eager{}, 1, 1)
	for _, a := range []Action{Timeout{Node: 1}, Request{Client: "C1", Via: 1, Data: "x=7"}, Kill{Node: 1}, Restart{Node: 1}} {
		if err := w.Apply(a); err != nil {
			t.Fatal(err)
		}
	}
	if x, _ := w.Machine(1).Get("x"); len(w.Breaches()) > 0 || x != "7" {
		t.Errorf("%v; x is %q", w.Breaches(), x)
	}
}
