package guest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"raftlab/raft"
)

// Reference is raftlab's own core behind the protocol, as a program like any other. It is the
// example without departures, and what `new N guest` runs if no program was named.

// Serve is Reference for lines: it reads them from in, until there are no more, and writes the
// answers to out.
func Serve(in io.Reader, out io.Writer, o *raft.Options, can ...Ability) error {
	answer := Reference(o, can...)
	lines := bufio.NewReaderSize(in, 1<<16)
	w := bufio.NewWriter(out)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		_, _ = w.Write(append(answer(line), '\n'))
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// Reference is that program as a function of a line. The options are what Figure 2 leaves free,
// and bugs to have on purpose. can is what it says it can do beyond Figure 2, which can only
// be Snapshot.
func Reference(o *raft.Options, can ...Ability) func([]byte) []byte {
	options := *o
	options.Naive = true
	hello := helloWire{version, "raftlab's own", append([]Ability{}, can...)}
	return func(line []byte) []byte {
		q, err := questionOf(line)
		if err != nil {
			return with(replyWire{Error: "no question: " + err.Error()}, "")
		}
		if q.hello {
			return with(map[string]helloWire{"hello": hello}, "")
		}
		erring := options
		erring.Mutants |= q.bugs
		reply, err := q.step(&erring)
		if err != nil {
			reply = &replyWire{Error: err.Error()}
		}
		reply.N = q.n
		return with(reply, "")
	}
}

type helloWire struct {
	Protocol int       `json:"protocol"`
	Name     string    `json:"name"`
	Can      []Ability `json:"can"`
}

// question is a question as the program reads it.
type question struct {
	*at
	n     uint64
	hello bool
	bugs  raft.Mutants
}

func questionOf(line []byte) (q *question, err error) {
	top, err := object(line)
	if err != nil {
		return nil, err
	}
	defer caught(&err)
	q = &question{at: top, hello: top.has("hello") != nil, n: optional(top.has("n"), (*at).number)}
	if f := top.has("bugs"); f != nil {
		bugs, _ := strconv.ParseUint(f.raw, 10, 64)
		q.bugs = raft.Mutants(bugs)
	}
	return q, nil
}

type viewWire struct {
	Role        string            `json:"role"`
	CurrentTerm uint64            `json:"currentTerm"`
	VotedFor    raft.ID           `json:"votedFor"`
	Log         entryList         `json:"log"`
	CommitIndex uint64            `json:"commitIndex"`
	LastApplied uint64            `json:"lastApplied"`
	Leader      raft.ID           `json:"leader"`
	Votes       []string          `json:"votes,omitempty"`
	NextIndex   map[string]uint64 `json:"nextIndex,omitempty"`
	MatchIndex  map[string]uint64 `json:"matchIndex,omitempty"`
	Snapshot    *snapshotWire     `json:"snapshot,omitempty"`
}

type sendWire struct {
	To      raft.ID         `json:"to"`
	Message json.RawMessage `json:"message"`
}

type replyWire struct {
	N       uint64            `json:"n"`
	State   *viewWire         `json:"state,omitempty"`
	View    *viewWire         `json:"view,omitempty"`
	Save    json.RawMessage   `json:"save,omitempty"`
	Send    []sendWire        `json:"send,omitempty"`
	Restart []string          `json:"restart,omitempty"`
	Took    map[string]uint64 `json:"took,omitempty"`
	Refused any               `json:"refused,omitempty"`
	Error   string            `json:"error,omitempty"`
}

// step answers a question about a step.
func (q *question) step(o *raft.Options) (reply *replyWire, err error) {
	defer caught(&err)
	me := q.must("server").server()
	initial := raft.Configuration{Voters: q.must("servers").servers()}
	input := q.must("input")
	kind := input.must("type").text()
	if kind == "start" {
		return q.start(me, initial, o)
	}
	n := q.server(me, initial, o)
	in, err := inputOf(input, kind, me)
	if err != nil {
		return nil, err
	}
	was, out := n.Stable(), &raft.Output{}
	reply = &replyWire{}
	var not *raft.NotLeader
	var corrupt *raft.Corrupt
	switch err := n.Step(in, out); {
	case errors.As(err, &not):
		reply.Refused = map[string]raft.ID{"leader": not.Leader}
	case errors.As(err, &corrupt): // no correct server can have sent it, so it counts as lost
	case err != nil:
		return nil, err
	case kind == "client":
		reply.Took = map[string]uint64{"index": out.Index, "term": out.Term}
	}
	reply.fill(n, out, &was)
	return reply, nil
}

// start answers the question about a server that starts from what it saved.
func (q *question) start(me raft.ID, initial raft.Configuration, o *raft.Options) (*replyWire, error) {
	stable := raft.Stable{Initial: initial}
	if f := q.has("stable"); f != nil {
		stable = f.save().stable(initial)
	}
	n, err := raft.New(me, stable, o)
	if err != nil {
		return nil, err
	}
	v := viewOf(n)
	return &replyWire{State: v, View: v}, nil
}

// server is the server in the state that it gave in its last answer.
func (q *question) server(me raft.ID, initial raft.Configuration, o *raft.Options) *raft.Node {
	v := q.must("state").view()
	return raft.Restored(v.state(me, &raft.Log{}), initial, o)
}

// inputOf is the input of a question.
func inputOf(a *at, kind string, me raft.ID) (in raft.Input, err error) {
	switch kind {
	case "electionTimeout":
		return raft.ElectionTimeout(), nil
	case "heartbeatTimeout":
		return raft.HeartbeatTimeout(), nil
	case "client":
		return raft.Propose(a.must("command").text()), nil
	case "message":
		return received(a, me)
	case "snapshot":
		return raft.Compact(a.must("index").number(), optional(a.has("data"), (*at).text)), nil
	}
	return in, fmt.Errorf("input.type: there is no %s", short(kind))
}

// received is the input of a message. For a reply, the question has the request too, unless the
// reply itself has all that is needed of that.
func received(a *at, me raft.ID) (in raft.Input, err error) {
	m, matched := a.must("message").carried()
	in = raft.Receive(raft.Envelope{From: a.must("from").server(), To: me, Message: m})
	r, appended := m.(*raft.AppendEntriesReply)
	if !raft.IsReply(m) || a.has("request") == nil && !(appended && r.Success && !matched) {
		return in, nil
	}
	q, _ := a.must("request").carried()
	if !raft.Pair(m, q) {
		return in, fmt.Errorf("input: no %s answers a %s", m.Type(), q.Type())
	}
	complete(m, q, matched)
	return in, nil
}

// fill adds the result of a step. Of what was on the disk, it saves what has changed.
func (r *replyWire) fill(n *raft.Node, out *raft.Output, was *raft.Stable) {
	r.View = viewOf(n)
	r.State = r.View
	if out.Save.Any() {
		now := n.Stable()
		r.Save = with(stableWire{now.CurrentTerm, now.VotedFor, logWire(&now.Log), snapshotOf(now.Snapshot)}, "")
	}
	for _, e := range out.Send {
		if m, ok := message(e.Message); ok {
			r.Send = append(r.Send, sendWire{e.To, m})
		}
	}
	if out.RestartElectionTimer {
		r.Restart = append(r.Restart, timers[0])
	}
	if out.RestartHeartbeatTimer {
		r.Restart = append(r.Restart, timers[1])
	}
}

func viewOf(n *raft.Node) *viewWire {
	s := n.State()
	v := &viewWire{Role: s.Role.String(), CurrentTerm: s.CurrentTerm, VotedFor: s.VotedFor, Log: logWire(&s.Log),
		CommitIndex: s.CommitIndex, LastApplied: s.LastApplied, Leader: s.Leader, Snapshot: snapshotOf(s.Snapshot)}
	if s.Role == raft.Candidate || s.Role == raft.PreCandidate {
		v.Votes = names(s.Votes)
	}
	if s.Role == raft.Leader {
		v.NextIndex, v.MatchIndex = map[string]uint64{}, map[string]uint64{}
		for id := range s.Configuration.Members().Without(s.ID).All() {
			v.NextIndex[id.String()], v.MatchIndex[id.String()] = s.NextIndex(id), s.MatchIndex(id)
		}
	}
	return v
}
