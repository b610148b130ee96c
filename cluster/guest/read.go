package guest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"raftlab/raft"
)

// mostNumber is the largest number that every language reads exactly, 2^53-1.
const mostNumber = 1<<53 - 1

// field is an object's field, nil where it is absent.
func (a *at) field(name string) *at {
	if a.raw[0] != '{' {
		a.fail("an object is wanted, not %s", a.kind())
	}
	for i := a.self + 1; i < a.end; i = (*a.all)[i].end {
		if f := &(*a.all)[i]; f.name == name {
			f.in, f.all, f.seen = a, a.all, true
			return f
		}
	}
	return nil
}

// has is an object's field, nil where it is absent or null.
func (a *at) has(name string) *at {
	f := a.field(name)
	if f == nil || f.raw == "null" {
		return nil
	}
	return f
}

// must is an object's field. It fails if the field is absent.
func (a *at) must(name string) *at {
	f := a.has(name)
	if f == nil {
		says := "it is missing"
		if a.field(name) != nil {
			says = "it is null"
		}
		(&at{in: a, name: name, index: -1}).fail("%s", says)
	}
	return f
}

// own is the object's fields that were not read, as JSON, or "".
func (a *at) own() string {
	var rest map[string]any
	for _, f := range a.parts() {
		if !f.seen {
			if rest == nil {
				rest = map[string]any{}
			}
			var v any
			_ = json.Unmarshal([]byte(f.raw), &v)
			rest[f.name] = v
		}
	}
	if rest == nil {
		return ""
	}
	return string(with(rest, ""))
}

// number is a whole number, 0 or more.
func (a *at) number() uint64 {
	if k, err := strconv.ParseUint(a.raw, 10, 64); err == nil && k <= mostNumber {
		return k
	}
	f, err := strconv.ParseFloat(a.raw, 64)
	switch c := a.raw[0]; {
	case c != '-' && (c < '0' || c > '9'):
		a.fail("a number is wanted, not %s", a.kind())
	case f < 0:
		panic(wrong{a.path() + ": " + strconv.FormatFloat(f, 'f', -1, 64) + " is below 0"})
	case err != nil || f > mostNumber || f != float64(uint64(f)):
		a.fail("a whole number up to 2^53-1 is wanted, not %s", a.kind())
	}
	return uint64(f)
}

func (a *at) text() string {
	if a.raw[0] != '"' {
		a.fail("a text is wanted, not %s", a.kind())
	}
	return unquoted(a.raw)
}

func (a *at) yes() bool {
	if a.raw != "true" && a.raw != "false" {
		a.fail("true or false is wanted, not %s", a.kind())
	}
	return a.raw == "true"
}

func (a *at) list() []*at {
	if a.raw[0] != '[' {
		a.fail("a list is wanted, not %s", a.kind())
	}
	var out []*at
	for _, f := range a.parts() {
		out = append(out, f)
	}
	return out
}

// server is a server's name.
func (a *at) server() raft.ID {
	id, ok := serverNamed(a.text())
	if !ok {
		a.fail("%s is not a server; servers are called S1, S2, …", short(a.text()))
	}
	return id
}

func serverNamed(text string) (raft.ID, bool) {
	digits, ok := strings.CutPrefix(text, "S")
	k, err := strconv.Atoi(digits)
	return raft.ID(k), ok && err == nil && k >= 1 && k <= int(raft.MaxID) && digits[0] != '0' && digits[0] != '+'
}

// optional reads a field that may be absent or null.
func optional[T any](f *at, read func(*at) T) (v T) {
	if f != nil {
		v = read(f)
	}
	return v
}

// kind is what a value is, for the error that it must be something else.
func (a *at) kind() string {
	switch a.raw[0] {
	case '[':
		return "a list"
	case '{':
		return "an object"
	}
	return cut(a.raw, mostShort)
}

// mostShort is how many bytes of a value an error shows.
const mostShort = 60

// short is a value as JSON, cut to mostShort.
func short(v any) string {
	b, _ := json.Marshal(v)
	return cut(string(b), mostShort)
}

// cut cuts a text to at most so many bytes.
func cut(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
	}
	return text
}

// log is a log, which has to be there; null, as Go writes a slice that is nil, is
// an empty one.
func (a *at) log() []raft.Entry {
	if a.has("log") == nil && a.field("log") != nil {
		return nil
	}
	return a.must("log").entries()
}

func (a *at) entries() []raft.Entry {
	list := a.list()
	out := make([]raft.Entry, len(list))
	for i, e := range list {
		out[i] = raft.Entry{Term: e.must("term").number(), Data: strings.Clone(optional(e.has("command"), (*at).text))}
		if k := e.has("kind"); k != nil {
			out[i].Kind = k.entryKind()
		}
		if out[i].Kind == raft.Config {
			switch c, err := raft.ParseConfiguration(out[i].Data); {
			case err != nil:
				e.fail("its configuration cannot be read: %v", err)
			case c.Voters.Empty():
				e.fail("its configuration names no server")
			}
		}
		out[i].Tag = tagOf(e.own())
	}
	return out
}

// entryKind is a kind of entry. A guest makes commands and no-ops; it keeps whatever else raftlab's own servers send.
func (a *at) entryKind() raft.Kind {
	name := a.text()
	for k := raft.Command; k <= raft.Numbered; k++ {
		if k.String() == name {
			return k
		}
	}
	a.fail("%s is not a kind of entry; make command and noop, and keep what you are sent", short(name))
	return 0
}

// untold is the data of a snapshot of which an answer has only the index and the term. Data from
// JSON cannot be this, because it is not UTF-8.
const untold = "\xff"

// snapshot is Figure 13's lastIncludedIndex, lastIncludedTerm and data, and the members at that
// index. The last two may be absent if raftlab knows the snapshot.
func (a *at) snapshot() *raft.Snapshot {
	s := &raft.Snapshot{Index: a.must("index").number(), Term: a.must("term").number(), Data: untold}
	if f := a.has("data"); f != nil {
		s.Data = f.text()
	}
	s.Configuration.Voters = optional(a.has("servers"), (*at).servers)
	return s
}

// taken is a snapshot, or nil for one up to entry 0, which a server has before its first.
func (a *at) taken() *raft.Snapshot {
	s := a.snapshot()
	if s.Index == 0 {
		return nil
	}
	return s
}

func (a *at) servers() (s raft.Set) {
	for _, x := range a.list() {
		s = s.With(x.server())
	}
	return s
}

// indexes is an index for each server, such as nextIndex and matchIndex.
func (a *at) indexes() map[raft.ID]uint64 {
	if a.raw[0] != '{' {
		a.fail("an object of servers is wanted, not %s", a.kind())
	}
	out := map[raft.ID]uint64{}
	for _, f := range a.parts() {
		id, ok := serverNamed(f.name)
		if !ok {
			f.fail("%s is not a server; servers are called S1, S2, …", short(f.name))
		}
		out[id] = f.number()
	}
	return out
}

// view is what a program reports of a server.
type view struct {
	role                  raft.Role
	term                  uint64
	vote, leader          raft.ID
	log                   []raft.Entry
	commit, applied       uint64
	votes                 *raft.Set // nil: not told
	nextIndex, matchIndex map[raft.ID]uint64
	snapshot              *raft.Snapshot
}

var roles = []raft.Role{raft.Follower, raft.PreCandidate, raft.Candidate, raft.Leader}

func (a *at) role() raft.Role {
	name := a.text()
	i := slices.IndexFunc(roles, func(r raft.Role) bool { return r.String() == name })
	if i < 0 {
		a.fail("%s is not a role; the roles are follower, candidate and leader", short(name))
	}
	return roles[i]
}

func (a *at) view() view {
	v := view{
		role: a.must("role").role(), term: a.must("currentTerm").number(),
		vote: optional(a.has("votedFor"), (*at).server),
		log:  a.log(), commit: a.must("commitIndex").number(), applied: a.must("lastApplied").number(),
		leader: optional(a.has("leader"), (*at).server), nextIndex: optional(a.has("nextIndex"), (*at).indexes),
		matchIndex: optional(a.has("matchIndex"), (*at).indexes), snapshot: optional(a.has("snapshot"), (*at).taken),
	}
	if f := a.has("votes"); f != nil {
		s := f.servers()
		v.votes = &s
	}
	return v
}

// saved is what a program writes to disk. What is nil stays as it is there.
type saved struct {
	term     *uint64
	vote     *raft.ID
	log      *[]raft.Entry
	snapshot *raft.Snapshot
	own      string
}

func (a *at) save() *saved {
	s := &saved{snapshot: optional(a.has("snapshot"), (*at).taken)}
	if f := a.has("currentTerm"); f != nil {
		n := f.number()
		s.term = &n
	}
	if f := a.has("votedFor"); f != nil {
		id := f.server()
		s.vote = &id
	} else if a.field("votedFor") != nil {
		s.vote = new(raft.ID)
	}
	if a.field("log") != nil {
		l := a.log()
		s.log = &l
	}
	s.own = a.own()
	return s
}

// sent is a message of a program, whose request is not known yet.
type sent struct {
	to      raft.ID
	message raft.Message
	matched bool // it is a reply that says its matchIndex
}

func (a *at) send() sent {
	s := sent{to: a.must("to").server()}
	s.message, s.matched = a.must("message").carried()
	return s
}

// carried is a message with all that a program wrote, including fields of its own.
func (a *at) carried() (m raft.Message, matched bool) {
	m, matched = a.message()
	raft.SetOwn(m, a.own())
	return m, matched
}

// message is a message as a program wrote it; matched tells whether a reply says its
// matchIndex.
func (a *at) message() (m raft.Message, matched bool) {
	name, term := a.must("type"), a.must("term").number()
	number := func(field string) uint64 { return a.must(field).number() }
	switch name.text() {
	case "RequestVote":
		return &raft.RequestVote{Term: term, CandidateID: a.must("candidateId").server(),
			LastLogIndex: number("lastLogIndex"), LastLogTerm: number("lastLogTerm"),
			Transfer: optional(a.has("transfer"), (*at).yes)}, false
	case "RequestVoteReply":
		return &raft.RequestVoteReply{Term: term, VoteGranted: a.must("voteGranted").yes()}, false
	case "AppendEntries":
		return &raft.AppendEntries{Term: term, LeaderID: a.must("leaderId").server(),
			PrevLogIndex: number("prevLogIndex"), PrevLogTerm: number("prevLogTerm"),
			Entries: optional(a.has("entries"), (*at).entries), LeaderCommit: number("leaderCommit")}, false
	case "AppendEntriesReply":
		match := a.has("matchIndex")
		return &raft.AppendEntriesReply{Term: term, Success: a.must("success").yes(),
			MatchIndex: optional(match, (*at).number)}, match != nil
	case "PreVote":
		return &raft.PreVote{Term: term, CandidateID: a.must("candidateId").server(),
			LastLogIndex: number("lastLogIndex"), LastLogTerm: number("lastLogTerm")}, false
	case "PreVoteReply":
		return &raft.PreVoteReply{Term: term, VoteGranted: a.must("voteGranted").yes()}, false
	case "InstallSnapshot":
		return &raft.InstallSnapshot{Term: term, LeaderID: a.must("leaderId").server(),
			Snapshot: a.must("snapshot").snapshot()}, false
	case "InstallSnapshotReply":
		match := a.has("matchIndex")
		return &raft.InstallSnapshotReply{Term: term, MatchIndex: optional(match, (*at).number)}, match != nil
	case "TimeoutNow":
		return &raft.TimeoutNow{Term: term, LeaderID: a.must("leaderId").server()}, false
	}
	name.fail("there is no message %s", short(name.text()))
	return nil, false
}

// complete fills in, from the request, the fields of an answer that raftlab's own leader needs.
func complete(reply, request raft.Message, matched bool) {
	switch r := reply.(type) {
	case *raft.AppendEntriesReply:
		q := request.(*raft.AppendEntries)
		r.Round = q.Round
		if !r.Success {
			r.PrevLogIndex, r.ConflictIndex = q.PrevLogIndex, q.PrevLogIndex
		} else if !matched {
			r.MatchIndex = q.PrevLogIndex + uint64(len(q.Entries))
		}
	case *raft.InstallSnapshotReply:
		q := request.(*raft.InstallSnapshot)
		r.Round = q.Round
		if !matched && r.Term <= q.Term { // with a higher term it is a refusal
			r.MatchIndex = q.Snapshot.Index
		}
	}
}

// answer is what a program answered to one question.
type answer struct {
	state   string // as compact JSON
	same    string
	view    view
	save    *saved
	send    []sent
	restart [2]bool // election, heartbeat
	took    *place
	refused bool // a client's command
	leader  raft.ID
	mark    string // what else the disk holds, in a recorded run
}

type place struct{ index, term uint64 }

var timers = []string{"election", "heartbeat"}

// Wrong is an error in an answer, with its place there.
type Wrong struct {
	N    uint64 // the question's number
	Text string
}

func (e *Wrong) Error() string { return fmt.Sprintf("answer %d: %s", e.N, e.Text) }

// Name is the error without N, so that the same errors have the same name.
func (e *Wrong) Name() string { return e.Text }

// Traceback is a program's own failure, in its own words.
type Traceback struct{ Text string }

func (e *Traceback) Error() string { return "the program failed: " + e.Name() }

// Name is its last line, which names the failure.
func (e *Traceback) Name() string {
	lines := strings.Split(cmp.Or(strings.TrimSpace(e.Text), "it does not say how"), "\n")
	return cut(lines[len(lines)-1], mostLine)
}

// read reads the answer to question n.
func read(line []byte, n uint64) (a *answer, err error) {
	top, err := object(line)
	if err != nil {
		err = fmt.Errorf("%w%s", err, hint(line))
	} else {
		a, err = top.reply(n)
	}
	if failed := (*Traceback)(nil); err != nil && !errors.As(err, &failed) {
		return nil, &Wrong{n, err.Error()}
	}
	return a, err
}

// hint is what is probably wrong with an answer that is no JSON object.
func hint(line []byte) string {
	switch line = bytes.TrimSpace(line); {
	case len(line) == 0 || line[0] == '{' && !bytes.HasSuffix(line, []byte("}")):
		return "; each object is one whole line"
	case line[0] != '{' && line[0] != '[':
		return "; what else a program prints belongs on standard error"
	}
	return ""
}

func (a *at) reply(n uint64) (out *answer, err error) {
	defer caught(&err)
	if k := a.has("n"); k == nil || strings.Trim(k.raw, "0123456789.eE+") != "" || k.number() != n {
		kind := "null"
		if k != nil {
			kind = k.kind()
		}
		return nil, fmt.Errorf("n: the question's number is wanted, not %s", kind)
	}
	if f := a.has("error"); f != nil {
		return nil, &Traceback{f.text()}
	}
	return a.answer(a.must("state").compact()), nil
}

// answer reads an answer. state is its state, as compact JSON.
func (a *at) answer(state string) *answer {
	out := &answer{state: state, view: a.must("view").view(), same: strings.Clone(optional(a.has("same"), (*at).text))}
	out.save = optional(a.has("save"), (*at).save)
	for _, m := range optional(a.has("send"), (*at).list) {
		out.send = append(out.send, m.send())
	}
	for _, t := range optional(a.has("restart"), (*at).list) {
		i := slices.Index(timers, t.text())
		if i < 0 {
			t.fail("there is no timer %s; the timers are election and heartbeat", short(t.text()))
		}
		out.restart[i] = true
	}
	if f := a.has("took"); f != nil {
		out.took = &place{f.must("index").number(), f.must("term").number()}
		if out.took.index == 0 {
			f.must("index").fail("an index from 1 is wanted, not 0")
		}
	}
	if f := a.has("refused"); f != nil {
		out.refused, out.leader = true, optional(f.has("leader"), (*at).server)
	}
	return out
}
