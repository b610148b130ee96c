// raftlab.go lets raftlab run a Raft server that is written in Go. It needs nothing but Go's own library.
// A server embeds Server, whose fields are the boxes of Figure 2; its methods are its events: see my_raft.go. Nothing
// is kept between two events but exported fields: raftlab holds them as JSON, and so it can go back in time.

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// The messages of Figure 2. Those of Figure 13 are in snapshots.go.
type (
	RequestVote struct {
		Term         int    `json:"term"`
		CandidateID  string `json:"candidateId"`
		LastLogIndex int    `json:"lastLogIndex"`
		LastLogTerm  int    `json:"lastLogTerm"`
	}
	RequestVoteReply struct {
		Term        int  `json:"term"`
		VoteGranted bool `json:"voteGranted"`
	}
	AppendEntries struct {
		Term         int     `json:"term"`
		LeaderID     string  `json:"leaderId"`
		PrevLogIndex int     `json:"prevLogIndex"`
		PrevLogTerm  int     `json:"prevLogTerm"`
		Entries      []Entry `json:"entries"`
		LeaderCommit int     `json:"leaderCommit"`
	}
	AppendEntriesReply struct {
		Term    int  `json:"term"`
		Success bool `json:"success"`
	}
	Entry struct {
		Term    int    `json:"term"`
		Command string `json:"command"`
		Kind    string `json:"kind,omitempty"` // "noop" for a leader's own empty entry; others are raftlab's
	}
)

// Log is the log, counted as the paper counts: the first entry has index 1, and the place before it index 0 and term 0.
// A snapshot may cover the entries up to an index: the log begins after it.
type Log struct {
	Entries  []Entry
	Snapshot struct {
		Index int    `json:"index"` // of the last entry that it covers; 0 for none
		Term  int    `json:"term"`
		Data  string `json:"data"` // the state machine after that entry
	}
}

func (l *Log) FirstIndex() int        { return l.Snapshot.Index + 1 }
func (l *Log) LastIndex() int         { return l.Snapshot.Index + len(l.Entries) }
func (l *Log) LastTerm() int          { return l.Term(l.LastIndex()) }
func (l *Log) Append(e Entry)         { l.Entries = append(l.Entries, e) }
func (l *Log) At(index int) Entry     { return l.Entries[index-l.FirstIndex()] }
func (l *Log) From(index int) []Entry { return append([]Entry{}, l.Entries[index-l.FirstIndex():]...) }
func (l *Log) DeleteFrom(index int)   { l.Entries = l.Entries[:index-l.FirstIndex()] }

// Term is the term of an entry, or of the snapshot's last; it is -1 if the log has no such entry.
func (l *Log) Term(index int) int {
	if index == l.Snapshot.Index {
		return l.Snapshot.Term
	} else if index < l.FirstIndex() || index > l.LastIndex() {
		return -1
	}
	return l.At(index).Term
}

// Server is what Figure 2 calls the state.
type Server struct {
	Name                     string   // "S1"
	Servers                  []string // all servers
	Role                     string   // "follower", "candidate" or "leader"
	CurrentTerm              int
	VotedFor                 string // "" for none
	Log                      Log
	CommitIndex, LastApplied int
	NextIndex, MatchIndex    map[string]int  // a leader's: by server
	Votes                    map[string]bool // a candidate's: the servers that voted for it
	Leader                   string          // who leads the term, if this server knows it
	in                       Input
	out                      map[string]any // the answer
	sent                     []envelope
	restart                  []string
}

// Raft is a server's methods: what happens to it. snapshots.go has more.
type Raft interface {
	OnStart()
	OnElectionTimeout()
	OnHeartbeatTimeout()
	OnRequestVote(from string, request RequestVote)
	OnRequestVoteReply(from string, reply RequestVoteReply, request RequestVote)
	OnAppendEntries(from string, request AppendEntries)
	OnAppendEntriesReply(from string, reply AppendEntriesReply, request AppendEntries)
	OnClientCommand(command string)
	kit() *Server
}

// Others is all servers but this one.
func (s *Server) Others() []string {
	return slices.DeleteFunc(slices.Clone(s.Servers), func(name string) bool { return name == s.Name })
}

// Save writes CurrentTerm, VotedFor and Log to stable storage, before anything of this method is sent.
func (s *Server) Save() { s.out["save"] = s.persistent() }

func (s *Server) kit() *Server { return s }
func (s *Server) persistent() map[string]any {
	return map[string]any{"currentTerm": s.CurrentTerm, "votedFor": orNull(s.VotedFor),
		"log": s.Log.From(s.Log.FirstIndex()), "snapshot": s.Log.Snapshot}
}

// Send sends one of the messages above.
func (s *Server) Send(to string, message any) {
	text, _ := json.Marshal(message)
	text = append([]byte(`{"type":"`+reflect.TypeOf(message).Name()+`",`), text[1:]...)
	s.sent = append(s.sent, envelope{to, text})
}

// Reply answers the request that is being handled.
func (s *Server) Reply(message any) { s.Send(s.in.From, message) }

func (s *Server) RestartElectionTimer()  { s.restart = append(s.restart, "election") }
func (s *Server) RestartHeartbeatTimer() { s.restart = append(s.restart, "heartbeat") }

// Took tells that the client's command is the log's entry at this index.
func (s *Server) Took(i int) { s.out["took"] = map[string]int{"index": i, "term": s.Log.At(i).Term} }

// Refuse tells that this server does not take the client's command, and which server may, or "".
func (s *Server) Refuse(leader string) { s.out["refused"] = map[string]any{"leader": orNull(leader)} }

type (
	question struct {
		Hello   *struct{}       `json:"hello,omitempty"`
		N       int             `json:"n"`
		Server  string          `json:"server"`
		Servers []string        `json:"servers"`
		State   json.RawMessage `json:"state,omitempty"`
		Stable  *stable         `json:"stable"`
		Input   Input           `json:"input"`
	}
	Input struct {
		Type    string          `json:"type"`
		Index   int             `json:"index,omitempty"`
		Data    string          `json:"data,omitempty"`
		Command string          `json:"command,omitempty"`
		From    string          `json:"from,omitempty"`
		To      string          `json:"to,omitempty"`
		Message json.RawMessage `json:"message,omitempty"`
		Request json.RawMessage `json:"request,omitempty"`
	}
	stable struct {
		CurrentTerm int
		VotedFor    string
		Log         []Entry
		Snapshot    json.RawMessage
	}
	envelope struct {
		To      string          `json:"to"`
		Message json.RawMessage `json:"message"`
	}
)

func orNull(name string) any { return map[bool]any{true: name}[name != ""] }

// take calls the method of an event: OnElectionTimeout, or for a message OnRequestVote and so on.
func take(r Raft, in Input) {
	s, args := r.kit(), []reflect.Value{}
	s.in, s.out, s.sent, s.restart = in, map[string]any{}, []envelope{}, []string{}
	event := strings.ToUpper(in.Type[:1]) + in.Type[1:]
	switch in.Type {
	case "client":
		event, args = "ClientCommand", []reflect.Value{reflect.ValueOf(in.Command)}
	case "snapshot":
		args = []reflect.Value{reflect.ValueOf(in.Index), reflect.ValueOf(in.Data)}
	case "message":
		var m struct{ Type string }
		_ = json.Unmarshal(in.Message, &m)
		event, args = m.Type, []reflect.Value{reflect.ValueOf(in.From)}
	}
	method := reflect.ValueOf(r).MethodByName("On" + event)
	if !method.IsValid() {
		panic("the server has no method On" + event)
	}
	for _, text := range []json.RawMessage{in.Message, in.Request}[:method.Type().NumIn()-len(args)] {
		value := reflect.New(method.Type().In(len(args)))
		if err := json.Unmarshal(text, value.Interface()); err != nil {
			panic(err)
		}
		args = append(args, value.Elem())
	}
	method.Call(args)
}

// view is what raftlab shows.
func (s *Server) view() map[string]any {
	v := s.persistent()
	v["role"], v["commitIndex"], v["lastApplied"], v["leader"] = s.Role, s.CommitIndex, s.LastApplied, orNull(s.Leader)
	switch s.Role {
	case "candidate":
		v["votes"] = slices.DeleteFunc(slices.Clone(s.Servers), func(name string) bool { return !s.Votes[name] })
	case "leader":
		v["nextIndex"], v["matchIndex"] = s.NextIndex, s.MatchIndex
	}
	return v
}

// boot makes a server as it is before its first event.
func boot(make func() Raft, q *question) Raft {
	r := make()
	s := r.kit()
	s.Name, s.Servers, s.Role = q.Server, q.Servers, "follower"
	s.NextIndex, s.MatchIndex, s.Votes = map[string]int{}, map[string]int{}, map[string]bool{}
	if q.Stable != nil {
		s.CurrentTerm, s.VotedFor, s.Log.Entries = q.Stable.CurrentTerm, q.Stable.VotedFor, q.Stable.Log
		_ = json.Unmarshal(q.Stable.Snapshot, &s.Log.Snapshot) // there may be none
	}
	return r
}

// Step is one event at a server: what it sends, saves and shows, as docs/guest.md has it.
func Step(r Raft, in Input) map[string]any {
	take(r, in)
	s := r.kit()
	slices.SortStableFunc(s.sent, func(x, y envelope) int { return strings.Compare(x.To, y.To) }) // maps have no order
	s.out["send"], s.out["restart"], s.out["view"] = s.sent, s.restart, s.view()
	return s.out
}

// Standard output belongs to the answers. What a program prints goes to standard error, where raftlab shows it.
var answers = func(out *os.File) *os.File { os.Stdout = os.Stderr; return out }(os.Stdout)

// Run answers raftlab until it hangs up. make makes a server; can is what it can do beyond Figure 2, see docs/guest.md.
func Run(make func() Raft, can ...string) {
	kind := reflect.TypeOf(make()).Elem()
	for f := range kind.NumField() {
		if name := kind.Field(f).Name; !kind.Field(f).IsExported() {
			fmt.Fprintf(os.Stderr, "field %s would be forgotten: let its name begin with a capital\n", name)
			os.Exit(1)
		}
	}
	serve(kind.Name(), can, func(q question) map[string]any {
		r := make()
		if q.Input.Type == "start" {
			r = boot(make, &q)
		} else if err := json.Unmarshal(q.State, r); err != nil {
			panic(err)
		}
		r.kit().Servers = q.Servers
		a := Step(r, q.Input)
		a["state"] = r
		return a
	})
}

// serve reads questions and writes answers.
func serve(program string, can []string, answer func(question) map[string]any) {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(answers)
	for {
		var q question
		if in.Decode(&q) != nil { // raftlab hung up
			return
		}
		a := map[string]any{"hello": map[string]any{"protocol": 1, "name": program, "can": append([]string{}, can...)}}
		if q.Hello == nil {
			a = guarded(q, answer)
		}
		_ = out.Encode(a) // where this fails, the next line is the last
	}
}

// guarded answers a question; a panic becomes an error of this step.
func guarded(q question, answer func(question) map[string]any) (a map[string]any) {
	defer func() {
		if why := recover(); why != nil {
			place := ""
			for at := 1; place == ""; at++ { // the server's line, and not the kit's
				pc, file, line, ok := runtime.Caller(at)
				if !ok || strings.HasPrefix(runtime.FuncForPC(pc).Name(), "main.") && path.Base(file) != "raftlab.go" {
					place = fmt.Sprintf("(%s, line %d)", path.Base(file), line)
				}
			}
			a = map[string]any{"error": fmt.Sprintf("%s\npanic: %v %s", debug.Stack(), why, place)}
		}
		a["n"] = q.N
	}()
	return answer(q)
}
