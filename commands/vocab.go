package commands

import (
	"encoding/json"

	"raftlab/commands/words"
)

// Vocabulary is everything that a condition can name, besides the nodes by
// their ids. Text, JSON and conditions share these words.
type Vocabulary struct {
	Nodes      []*NodeView            `expr:"nodes" names:"id" json:"nodes" doc:"all nodes"`
	Leaders    []*NodeView            `expr:"leaders" json:"leaders" doc:"all nodes that are up and believe they lead"`
	Leader     *NodeView              `expr:"leader" json:"leader" doc:"the one of the leaders with the highest term, or nil"`
	Messages   []*MessageView         `expr:"messages" json:"messages" doc:"the messages in flight"`
	Clock      int                    `expr:"clock" json:"clock" doc:"ticks that have passed for the whole cluster"`
	Position   int                    `expr:"position" json:"position" doc:"number of events so far"`
	Violations []*BreachView          `expr:"violations" json:"violations" doc:"broken invariants"`
	Clients    map[string]*ClientView `expr:"clients" json:"clients" doc:"the clients by id"`
	Explored   *ExploredView          `expr:"explored" json:"explored" doc:"what the last search found, or nil"`
	Bugs       []string               `expr:"bugs" json:"bugs" doc:"the bugs that are on, by name"`
}

// NodeView is a node as a condition sees it.
type NodeView struct {
	ID        string            `expr:"id" json:"id" doc:"its name"`
	Up        bool              `expr:"up" json:"up" doc:"whether it is running"`
	Frozen    bool              `expr:"frozen" json:"frozen" doc:"whether its process is stalled"`
	Role      string            `expr:"role" json:"role" doc:"follower, pre-candidate, candidate, leader, or down"`
	Term      int               `expr:"term" json:"term" doc:"currentTerm"`
	Vote      string            `expr:"vote" json:"vote" doc:"votedFor, or empty"`
	Leader    string            `expr:"leader" json:"leader" doc:"the leader it knows (itself, if it leads), or empty"`
	Log       string            `expr:"log" json:"log" doc:"the terms of its entries: 1 1 4"`
	Entries   []EntryView       `expr:"entries" json:"entries" doc:"the entries of its log"`
	First     int               `expr:"first" json:"first" doc:"index of its first entry"`
	Last      int               `expr:"last" json:"last" doc:"index of its last entry"`
	Commit    int               `expr:"commit" json:"commit" doc:"commitIndex"`
	Applied   int               `expr:"applied" json:"applied" doc:"lastApplied"`
	Voters    []string          `expr:"voters" json:"voters" doc:"the voters in its latest configuration"`
	OldVoters []string          `expr:"oldVoters" json:"oldVoters,omitempty" doc:"during joint consensus, the old voters"`
	Learners  []string          `expr:"learners" json:"learners" doc:"servers that get the log but have no vote"`
	Next      map[string]int    `expr:"next" json:"next,omitempty" doc:"on a leader, nextIndex by node"`
	Match     map[string]int    `expr:"match" json:"match,omitempty" doc:"on a leader, matchIndex by node"`
	KV        map[string]string `expr:"kv" json:"kv" doc:"its key-value data"`
	Timer     int               `expr:"timer" json:"timer" doc:"ticks until its election timer fires; on a leader, its heartbeat"`
	Snapshot  PlaceView         `expr:"snapshot" json:"snapshot" doc:"the last entry that its snapshot covers"`
}

// EntryView is an entry of a log.
type EntryView struct {
	Index int    `expr:"index" json:"index" doc:"its index in the log"`
	Term  int    `expr:"term" json:"term" doc:"the term in which it was created"`
	Kind  string `expr:"kind" json:"kind" doc:"noop, command or config"`
	Data  string `expr:"data" json:"data" doc:"its command"`
}

// PlaceView names an entry without holding it.
type PlaceView struct {
	Index int `expr:"index" json:"index" doc:"the entry's index"`
	Term  int `expr:"term" json:"term" doc:"the entry's term"`
}

// MessageView is a message in flight. Fields that its type does not have are
// empty, and left out of its JSON.
type MessageView struct {
	ID       string      `expr:"id" json:"id" doc:"its name, m12"`
	Type     string      `expr:"type" json:"type" doc:"AppendEntries, …"`
	From     string      `expr:"from" json:"from" doc:"the node that sent it"`
	To       string      `expr:"to" json:"to" doc:"the node it is sent to"`
	Term     int         `expr:"term" json:"term" doc:"the term it carries"`
	Due      int         `expr:"due" json:"due" doc:"the tick at which it is due"`
	Age      int         `expr:"age" json:"age" doc:"ticks since it was sent"`
	Arrives  bool        `expr:"arrives" json:"arrives" doc:"whether it would arrive if you delivered it now"`
	Last     PlaceView   `expr:"last" json:"last" doc:"RequestVote, PreVote: the candidate's last entry; InstallSnapshot: the same as snapshot"`
	Granted  bool        `expr:"granted" json:"granted" doc:"their replies: whether the vote is granted"`
	Prev     PlaceView   `expr:"prev" json:"prev" doc:"AppendEntries: the entry before its entries"`
	Entries  []EntryView `expr:"entries" json:"entries" doc:"AppendEntries: its entries"`
	Commit   int         `expr:"commit" json:"commit" doc:"AppendEntries: leaderCommit"`
	Success  bool        `expr:"success" json:"success" doc:"its reply: whether the entries were accepted"`
	Match    int         `expr:"match" json:"match" doc:"replies: the index up to which the follower's log matches"`
	Snapshot PlaceView   `expr:"snapshot" json:"snapshot" doc:"InstallSnapshot: the last entry it covers"`
}

// BreachView is a broken invariant.
type BreachView struct {
	Property string   `expr:"property" json:"property" doc:"the invariant"`
	Text     string   `expr:"text" json:"text" doc:"which server broke it, and where"`
	Position int      `expr:"position" json:"position" doc:"the event that broke it"`
	Causes   []uint64 `expr:"causes" json:"causes" doc:"the positions of the events that led there"`
}

// ClientView is a client's last request.
type ClientView struct {
	ID      string `expr:"id" json:"id" doc:"its name"`
	Status  string `expr:"status" json:"status" doc:"pending, done, redirected or unknown"`
	Command string `expr:"command" json:"command" doc:"its command"`
	Result  string `expr:"result" json:"result" doc:"the result"`
	Index   int    `expr:"index" json:"index" doc:"the index of its entry"`
	Term    int    `expr:"term" json:"term" doc:"the term of the leader that accepted it"`
	Node    string `expr:"node" json:"node" doc:"the node that accepted it"`
	Session int    `expr:"session" json:"session" doc:"the number of the request; a retry has the same number"`
	Tries   int    `expr:"tries" json:"tries" doc:"how many times it was sent"`
	Why     string `expr:"why" json:"why,omitempty" doc:"why its status is unknown"`
}

// ExploredView is what a search ended with.
type ExploredView struct {
	Outcome  string  `expr:"outcome" json:"outcome" doc:"breach, reached, complete or bound"`
	Property string  `expr:"property" json:"property" doc:"the invariant that was broken"`
	Steps    int     `expr:"steps" json:"steps" doc:"length of the schedule that was found"`
	States   int     `expr:"states" json:"states" doc:"number of states seen"`
	Depth    int     `expr:"depth" json:"depth" doc:"number of steps up to which everything was tried; 0 if there was no search"`
	Proven   int     `expr:"proven" json:"proven" doc:"no schedule with fewer steps than this does it"`
	Seconds  float64 `expr:"seconds" json:"seconds" doc:"how many seconds it took"`
	By       string  `expr:"by" json:"by,omitempty" doc:"how it was found: by a plan, by guided search, or by search in a sparse or the full network"`
	Runs     uint64  `expr:"runs" json:"runs,omitempty" doc:"number of random schedules that fuzz tried"`
	Seed     any     `expr:"seed" json:"seed,omitempty" doc:"the seed of the schedule with which fuzz failed; above 2^53, a string of its digits"`
}

// messageFields are the fields of each type, beyond those that all have.
var messageFields = map[words.MessageType][]string{
	words.RequestVote:          {"last"},
	words.RequestVoteReply:     {"granted"},
	words.PreVote:              {"last"},
	words.PreVoteReply:         {"granted"},
	words.AppendEntries:        {"prev", "entries", "commit"},
	words.AppendEntriesReply:   {"success", "match"},
	words.InstallSnapshot:      {"last", "snapshot"},
	words.InstallSnapshotReply: {"match"},
	words.TimeoutNow:           {},
	words.ReadIndex:            {},
	words.ReadIndexReply:       {"success", "commit"},
}

// MarshalJSON writes the fields that the message's type has.
func (m *MessageView) MarshalJSON() ([]byte, error) {
	type all struct { // in the order of MessageView; nil is left out
		ID       string       `json:"id"`
		Type     string       `json:"type"`
		From     string       `json:"from"`
		To       string       `json:"to"`
		Term     int          `json:"term"`
		Due      int          `json:"due"`
		Age      int          `json:"age"`
		Arrives  bool         `json:"arrives"`
		Last     *PlaceView   `json:"last,omitempty"`
		Granted  *bool        `json:"granted,omitempty"`
		Prev     *PlaceView   `json:"prev,omitempty"`
		Entries  *[]EntryView `json:"entries,omitempty"`
		Commit   *int         `json:"commit,omitempty"`
		Success  *bool        `json:"success,omitempty"`
		Match    *int         `json:"match,omitempty"`
		Snapshot *PlaceView   `json:"snapshot,omitempty"`
	}
	out := all{ID: m.ID, Type: m.Type, From: m.From, To: m.To, Term: m.Term, Due: m.Due, Age: m.Age, Arrives: m.Arrives}
	for _, field := range messageFields[words.MessageType(m.Type)] {
		switch field {
		case "last":
			out.Last = &m.Last
		case "granted":
			out.Granted = &m.Granted
		case "prev":
			out.Prev = &m.Prev
		case "entries":
			entries := append([]EntryView{}, m.Entries...)
			out.Entries = &entries
		case "commit":
			out.Commit = &m.Commit
		case "success":
			out.Success = &m.Success
		case "match":
			out.Match = &m.Match
		case "snapshot":
			out.Snapshot = &m.Snapshot
		}
	}
	return json.Marshal(out)
}
