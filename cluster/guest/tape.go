package guest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"raftlab/cluster"
	"raftlab/raft"
)

// Tape is a run of a real cluster as a program, which answers what the servers did in that run.
// A server's state is the number of its steps so far. Its disk has that number too, so that a
// restart continues there. An input that is not the run's next one has no answer.
type Tape struct {
	name    string
	program *Program
	all     raft.Set // the cluster's servers, for lines that do not list them
	steps   []*taped // in the order of the file
	of      [raft.MaxID + 1][]*taped
	mail    *mail
}

// taped is a step of the run.
type taped struct {
	server  raft.ID
	line    uint64 // its number in the file
	text    []byte
	kind    string  // of the input
	arrives *letter // the letter that arrives, if an earlier line sent it
	sends   []*letter
}

// NewTape is a Tape without a step. name is what to call it; the other parameters are those of
// NewRun.
func NewTape(name string, can []Ability, servers raft.Set) *Tape {
	t := &Tape{name: name, all: servers, mail: newMail()}
	can = slices.DeleteFunc(slices.Clone(can), func(a Ability) bool { return a == RPC }) // the run says what returned
	t.program = &Program{Command: name, name: name, can: can, recorded: true, tape: t}
	return t
}

// Program is the program that answers for every server.
func (t *Tape) Program() *Program { return t.program }

// Servers is how many servers the cluster has. Those that the run does not name never start.
func (t *Tape) Servers() (n int) {
	for id := range t.all.All() {
		n = max(n, int(id))
	}
	return n
}

// Add adds the next step: a line that Run.Step has read without error.
func (t *Tape) Add(line []byte, number uint64) error {
	s := &taped{line: number, text: append([]byte(nil), line...)}
	return s.reading(func(top *at) error {
		s.server = top.must("server").server()
		input := top.must("input")
		s.kind = input.must("type").text()
		t.steps = append(t.steps, s)
		t.of[s.server] = append(t.of[s.server], s)
		t.all = t.all.With(s.server)
		if s.kind == "start" {
			return nil
		}
		in, err := recordedInput(input, s.kind, s.server)
		if err == nil {
			s.arrives, s.sends = t.mail.step(s.server, in, top)
		}
		return err
	})
}

// reading calls do with the step's line.
func (s *taped) reading(do func(top *at) error) (err error) {
	top, err := object(s.text)
	if err != nil {
		return err
	}
	defer caught(&err)
	return do(top)
}

// Members is each server's first configuration, S1's first.
func (t *Tape) Members() []raft.Set {
	all := make([]raft.Set, t.Servers())
	for i := range all {
		all[i] = t.all
		if steps := t.of[i+1]; len(steps) > 0 {
			_ = steps[0].reading(func(top *at) error {
				if s := optional(top.has("servers"), (*at).servers); !s.Empty() {
					all[i] = s
				}
				return nil
			})
		}
	}
	return all
}

// Strayed is the error that an input is not the run's next one.
type Strayed struct{ Text string }

func (e *Strayed) Error() string { return e.Text }

// next is a server's step after the first done ones, or why there is none.
func (t *Tape) next(id raft.ID, done int) (*taped, error) {
	if done >= len(t.of[id]) {
		return nil, &Strayed{fmt.Sprintf("%s has no further step of %s, and there is no program to ask", t.name, id)}
	}
	return t.of[id][done], nil
}

// strays is the error that the run continues with another step.
func (t *Tape) strays(s *taped) error {
	what := map[string]string{"start": "a start", "electionTimeout": "its election timer",
		"heartbeatTimeout": "its heartbeat timer", "client": "a client's command", "message": "a message"}[s.kind]
	if what == "" {
		what = s.kind
	}
	_ = s.reading(func(top *at) error {
		if input := top.must("input"); s.kind == "message" {
			what = fmt.Sprintf("%s from %s", input.must("message").must("type").text(), input.must("from").server())
		}
		return nil
	})
	return &Strayed{fmt.Sprintf("its next step is %s (%s:%d); this is a recorded run, and there is no program to ask "+
		"what else it would do", what, t.name, s.line)}
}

// answer is what the server answered to an input.
func (t *Tape) answer(n *Node, in raft.Input) (a *answer, err error) {
	done, _ := strconv.Atoi(n.text)
	s, err := t.next(n.state.ID, done)
	if err != nil {
		return nil, err
	}
	same := false
	err = s.reading(func(top *at) error {
		if s.kind == "start" {
			return nil
		}
		was, err := recordedInput(top.must("input"), s.kind, s.server)
		same = err == nil && sameInput(was, in)
		a = top.taped(done)
		return err
	})
	if err == nil && !same {
		err = t.strays(s)
	}
	return a, err
}

// taped is the answer in a line, after which its server has made so many steps.
func (a *at) taped(done int) *answer {
	next := strconv.Itoa(done + 1)
	out := a.answer(next)
	out.mark = `{"recorded":` + next + `}`
	return out
}

// sameInput tells whether an input is the recorded one, which may lack the request that a reply
// answers.
func sameInput(was, in raft.Input) bool {
	if was.Kind != in.Kind || was.Index != in.Index || was.Server != in.Server || was.Data != in.Data {
		return false
	}
	if was.Kind != raft.OnMessage {
		return true
	}
	a, b := was.Envelope, in.Envelope
	q, asked := raft.RequestOf(a.Message), raft.RequestOf(b.Message)
	return a.From == b.From && letterHash(a.Message) == letterHash(b.Message) &&
		(q == nil || asked != nil && letterHash(q) == letterHash(asked))
}

// start is the result for a server that starts, or of which nothing was recorded before.
func (t *Tape) start(n *Node) (*result, error) {
	done := recordedSteps(n.disk.Own)
	s, err := t.next(n.state.ID, done)
	if err != nil {
		return nil, err
	}
	if s.kind != "start" && done > 0 {
		return nil, t.strays(s)
	}
	var r *result
	err = s.reading(func(top *at) (err error) {
		a := top.taped(done)
		if s.kind != "start" {
			in, err := recordedInput(top.must("input"), s.kind, s.server)
			if err != nil {
				return err
			}
			r = n.taken(a)
			return r.sends(n, in, a)
		}
		r, err = n.started(a)
		return err
	})
	return r, err
}

// recordedSteps is the number of steps that is on a disk.
func recordedSteps(own string) int {
	var d struct{ Recorded int }
	if own != "" {
		_ = json.Unmarshal([]byte(own), &d)
	}
	return d.Recorded
}

// begins is what is on the disk of a server that begins with this step.
func (t *Tape) begins(s *taped, members raft.Set) (disk raft.Stable, err error) {
	err = s.reading(func(top *at) error {
		n := &Node{program: t.program, initial: raft.Configuration{Voters: members}}
		n.state.ID = s.server
		if f := top.has("stable"); s.kind == "start" && f != nil {
			disk = f.save().stable(n.initial)
		} else {
			disk = n.given(top.answer("0"))
		}
		return nil
	})
	return disk, err
}

// Play replays the run. do must carry out the actions of each line in the world.
func (t *Tape) Play(world func() *cluster.World, do func(line uint64, actions []cluster.Action) error) error {
	members := t.Members()
	var done [raft.MaxID + 1]int
	for _, s := range t.steps {
		actions, err := t.actions(world(), s, done[s.server] == 0, members[s.server-1])
		if err != nil {
			return err
		}
		done[s.server]++
		if err := do(s.line, actions); err != nil {
			return fmt.Errorf("%s:%d: %w", t.name, s.line, err)
		}
		for i, l := range s.sends {
			l.id = world().LastSent() - uint64(len(s.sends)-1-i)
			t.mail.sent(l)
		}
	}
	return nil
}

// actions is the actions of a step in the world.
func (t *Tape) actions(w *cluster.World, s *taped, first bool, members raft.Set) ([]cluster.Action, error) {
	id := s.server
	switch {
	case first:
		disk, err := t.begins(s, members)
		if s.kind == "start" && disk.CurrentTerm == 0 && disk.Log.LastIndex() == 0 && disk.Own == "" {
			return []cluster.Action{cluster.Restart{Node: id}}, err
		}
		actions := t.mail.taken(w, s.arrives)
		return append(actions, cluster.Recorded{Node: id, Disk: &disk}), err
	case s.kind == "start" && w.Up(id):
		return []cluster.Action{cluster.Kill{Node: id}, cluster.Restart{Node: id}}, nil
	case s.kind == "start":
		return []cluster.Action{cluster.Restart{Node: id}}, nil
	}
	role := w.State(id).Role
	switch {
	case s.kind == "electionTimeout" && role != raft.Leader && w.State(id).MayCampaign():
		return []cluster.Action{cluster.Timeout{Node: id}}, nil
	case s.kind == "heartbeatTimeout" && role == raft.Leader:
		return []cluster.Action{cluster.Heartbeat{Node: id}}, nil
	case s.arrives != nil && w.Flight(s.arrives.id) != nil:
		return t.mail.arrives(w, s.arrives), nil
	}
	var in raft.Input
	took := false
	err := s.reading(func(top *at) (err error) {
		took = top.has("took") != nil
		in, err = recordedInput(top.must("input"), s.kind, id)
		return err
	})
	if s.kind == "client" && took {
		return []cluster.Action{cluster.Request{Client: w.IdleClient(), Data: in.Data, Via: id}}, err
	}
	return []cluster.Action{cluster.Recorded{Node: id, Input: &in}}, err
}
