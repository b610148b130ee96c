// Package stream is a session as a row of plain JSON objects, for a page that shows it: the
// whole state, and then what each command did, a step an action, with only what changed.
// It knows no page and no network: who follows gets each item by a call.
//
//	items.go    the objects
//	scene.go    a cluster as the items have it
//	steps.go    what differs between two scenes, and steps that are joined
//	state.go    items folded into what a page has now
//	stream.go   the observer of a session that makes the items
//	replay.go   a stretch of a history as items
package stream

import (
	"raftlab/cluster/picture"
	"raftlab/commands/view"
)

// Version is the version of the items' form. It stays the same when fields are added.
const Version = 1

// Item is one JSON object of the stream.
type Item interface{ Kind() string }

// tag is an item's kind.
type tag struct {
	Name string `json:"kind" doc:"the kind of item"`
}

func (t tag) Kind() string { return t.Name }

// The kinds of items.
const (
	kindSnapshot = "snapshot"
	kindFrame    = "frame"
	kindCommand  = "command"
	kindQuestion = "question"
	kindAnswers  = "answers"
	kindClosed   = "closed"
)

// Scene is a cluster at one moment.
type Scene struct {
	Position   uint64      `json:"position" doc:"events so far on the branch"`
	Clock      int         `json:"clock" doc:"ticks that have passed"`
	Branch     string      `json:"branch" doc:"the branch of the history, empty in live mode"`
	TimeoutMax int         `json:"timeoutMax" doc:"the longest election timeout that can be drawn, in ticks"`
	Nodes      []*Node     `json:"nodes" doc:"all servers"`
	Messages   []*Message  `json:"messages" doc:"the messages in flight, by number; of very many the first"`
	InFlight   int         `json:"inFlight" doc:"how many messages are in flight, also of those not listed"`
	Cut        []string    `json:"cut" doc:"the links that are cut, one direction each, as S1->S3"`
	Sides      [][]string  `json:"sides" doc:"the groups that can exchange messages, where there are several"`
	Bugs       []string    `json:"bugs" doc:"the bugs that are on"`
	Violations []Violation `json:"violations" doc:"broken invariants"`
	Departures []Departing `json:"departures" doc:"where guests departed from the paper"`
	Clients    []Client    `json:"clients" doc:"the last request of each client"`
}

// SnapshotItem is the whole state: first, and after the present has jumped (undo, goto, new, a
// command that failed and was taken back).
type SnapshotItem struct {
	tag
	Version int    `json:"version" doc:"of the form of the stream: 1"`
	Pace    int    `json:"pace" doc:"how long a page plays one command, in milliseconds"`
	Live    bool   `json:"live" doc:"the cluster runs by itself"`
	Title   string `json:"title" doc:"what is shown, or empty"`
	Scene
}

// FrameItem is sent while a command that takes long is still running: the steps since the last one.
type FrameItem struct {
	tag
	Number int     `json:"number" doc:"the number that the command will have"`
	Text   string  `json:"text" doc:"the command, as it was written"`
	Steps  []*Step `json:"steps" doc:"what happened, in order"`
}

// CommandItem is what a command came to, at its end.
type CommandItem struct {
	tag
	Number   int          `json:"number" doc:"commands are numbered in a row, from 1"`
	Text     string       `json:"text" doc:"the command, as it was written"`
	OK       bool         `json:"ok" doc:"it did what was asked"`
	Error    string       `json:"error" doc:"what went wrong, or empty"`
	Hint     string       `json:"hint" doc:"what to do instead, or empty"`
	Blocks   []view.Block `json:"blocks" doc:"what it printed, not yet fitted to a width" items:"block"`
	Say      string       `json:"say" doc:"the text of a lesson or demo, to be shown instead of the command; or empty"`
	Position uint64       `json:"position" doc:"events so far on the branch"`
	Clock    int          `json:"clock" doc:"ticks that have passed"`
	Branch   string       `json:"branch" doc:"the branch of the history"`
	Prompt   view.Line    `json:"prompt" doc:"the prompt that follows"`
	Steps    []*Step      `json:"steps" doc:"what happened and no frame has told, in order"`
}

// Step is an action and what came of it: one delivery, one tick, one deed. Of the fields behind
// story it has only those that changed.
type Step struct {
	Position   uint64       `json:"position" doc:"events so far on the branch"`
	Clock      int          `json:"clock" doc:"ticks that have passed"`
	Branch     string       `json:"branch,omitempty" doc:"the branch; absent unless it changed"`
	TimeoutMax int          `json:"timeoutMax,omitempty" doc:"the longest election timeout; absent unless it changed"`
	Story      []StoryLine  `json:"story" doc:"what happened, in the words of the console"`
	Nodes      []*Node      `json:"nodes,omitempty" doc:"servers that changed, each whole; absent when none did"`
	Messages   []*Message   `json:"messages,omitempty" doc:"new or changed messages, whole; absent when none are"`
	Gone       []Gone       `json:"gone,omitempty" doc:"what is in flight no more; absent when nothing left"`
	InFlight   *int         `json:"inFlight,omitempty" doc:"how many are in flight; absent unless it changed"`
	Cut        *[]string    `json:"cut,omitempty" doc:"all links that are cut; absent unless they changed"`
	Sides      *[][]string  `json:"sides,omitempty" doc:"as in a snapshot; absent unless they changed"`
	Bugs       *[]string    `json:"bugs,omitempty" doc:"all bugs that are on; absent unless they changed"`
	Violations *[]Violation `json:"violations,omitempty" doc:"all broken invariants; absent unless they changed"`
	Departures *[]Departing `json:"departures,omitempty" doc:"all departures; absent unless they changed"`
	Clients    *[]Client    `json:"clients,omitempty" doc:"all clients; absent unless one changed"`

	joins bool // only deliveries and ticks: it may be joined with others like it
}

// StoryLine is a line of the story.
type StoryLine struct {
	Position uint64 `json:"position" doc:"the event, to go to"`
	Kind     string `json:"kind" doc:"the kind of event; more for a line that says how many are left out"`
	Text     string `json:"text" doc:"what happened"`

	milestone bool
	ticks     [2]int // of a line that says that time passes: the first tick and the last
}

// Gone is a message that is no longer in flight.
type Gone struct {
	ID   string `json:"id" doc:"its name, m12"`
	Fate string `json:"fate" doc:"delivered, lost or dropped"`
	Why  string `json:"why" doc:"why it was lost, or empty"`
}

// Node is a server. Of one that is down it has what its disk holds.
type Node struct {
	ID        string            `json:"id" doc:"its name"`
	Up        bool              `json:"up" doc:"whether it is running"`
	Frozen    bool              `json:"frozen" doc:"whether its process is stalled"`
	Role      string            `json:"role" doc:"follower, pre-candidate, candidate, leader, or down"`
	Term      int               `json:"term" doc:"currentTerm"`
	Vote      string            `json:"vote" doc:"votedFor, or empty"`
	Leader    string            `json:"leader" doc:"the leader it knows (itself, if it leads), or empty"`
	First     int               `json:"first" doc:"index of its first entry"`
	Last      int               `json:"last" doc:"index of its last entry"`
	Commit    int               `json:"commit" doc:"commitIndex"`
	Applied   int               `json:"applied" doc:"lastApplied"`
	Entries   []Entry           `json:"entries" doc:"the newest entries of its log; the last one stands at last"`
	Snapshot  picture.PlaceView `json:"snapshot" doc:"the last entry that its snapshot covers"`
	Synced    int               `json:"synced" doc:"index of the last entry that a crash would leave"`
	Unsynced  bool              `json:"unsynced" doc:"a crash would lose something that it wrote"`
	KV        map[string]string `json:"kv" doc:"its key-value data; of very much the first keys"`
	Timer     int               `json:"timer" doc:"ticks until its timer fires"`
	TimerOf   int               `json:"timerOf" doc:"ticks that its timer was set to"`
	TimerKind string            `json:"timerKind" doc:"election, heartbeat or none"`
	Next      map[string]int    `json:"next,omitempty" doc:"on a leader, nextIndex by server; absent on others"`
	Match     map[string]int    `json:"match,omitempty" doc:"on a leader, matchIndex by server; absent on others"`
	Votes     *Votes            `json:"votes,omitempty" doc:"on a candidate, its election; absent on others"`
	Voters    []string          `json:"voters" doc:"the voters in its latest configuration"`
	OldVoters []string          `json:"oldVoters,omitempty" doc:"in joint consensus, the old voters; absent otherwise"`
	Learners  []string          `json:"learners" doc:"servers that get the log but have no vote"`
	Lease     bool              `json:"lease" doc:"it leads, and has a lease"`
	Transfer  string            `json:"transfer" doc:"the server to which it hands leadership, or empty"`
	Alone     bool              `json:"alone" doc:"it can exchange messages with no other server"`
}

// Entry is a log entry as a list of three: its term, its kind (noop, command, config or session), its data.
type Entry struct {
	Term int
	Sort string
	Data string
}

// Votes are a candidate's in its election.
type Votes struct {
	Tally
	Old *Tally `json:"old,omitempty" doc:"in joint consensus, those of the old voters; absent otherwise"`
}

// Tally is the votes of one set of voters.
type Tally struct {
	Granted []string `json:"granted" doc:"the voters that voted for it"`
	Refused []string `json:"refused" doc:"the voters whose refusal has reached it"`
	Needed  int      `json:"needed" doc:"how many votes it needs"`
	Voters  []string `json:"voters" doc:"all voters"`
}

// Message is a message in flight. Fields that its type does not have are left out.
type Message struct {
	ID       string             `json:"id" doc:"its name, m12"`
	Type     string             `json:"type" doc:"AppendEntries, …"`
	From     string             `json:"from" doc:"the server that sent it"`
	To       string             `json:"to" doc:"the server it is sent to"`
	Term     int                `json:"term" doc:"the term it carries"`
	Sent     int                `json:"sent" doc:"the tick at which it was sent"`
	Due      int                `json:"due" doc:"the tick at which it is due"`
	Held     bool               `json:"held" doc:"it was delayed by hand, and waits until it is due"`
	Arrives  bool               `json:"arrives" doc:"whether it would arrive if you delivered it now"`
	Why      string             `json:"why" doc:"why it cannot arrive, or empty"`
	Says     string             `json:"says" doc:"what a reply says: yes, no, match 3; empty for a request"`
	Last     *picture.PlaceView `json:"last,omitempty" doc:"RequestVote, PreVote: the candidate's last entry"`
	Granted  *bool              `json:"granted,omitempty" doc:"their replies: whether the vote is granted"`
	Prev     *picture.PlaceView `json:"prev,omitempty" doc:"AppendEntries: the entry before its entries"`
	Entries  []Entry            `json:"entries,omitempty" doc:"AppendEntries: its first 10 entries"`
	Count    int                `json:"count,omitempty" doc:"AppendEntries: how many entries it has"`
	Commit   *int               `json:"commit,omitempty" doc:"AppendEntries: leaderCommit; ReadIndexReply: the index"`
	Success  *bool              `json:"success,omitempty" doc:"its reply: whether the entries were accepted"`
	Match    *int               `json:"match,omitempty" doc:"replies: the index up to which the logs match"`
	Snapshot *picture.PlaceView `json:"snapshot,omitempty" doc:"InstallSnapshot: its last entry"`
}

// Violation is a broken invariant, with what it is about.
type Violation struct {
	Property string   `json:"property" doc:"the invariant"`
	Text     string   `json:"text" doc:"which server broke it, and where"`
	Position uint64   `json:"position" doc:"the event that broke it"`
	Nodes    []string `json:"nodes" doc:"the servers it is about"`
	Terms    []int    `json:"terms" doc:"the terms it is about"`
	Indexes  []int    `json:"indexes" doc:"the log indexes it is about"`
}

// Departing is where a server departed from the paper.
type Departing struct {
	Rule     string   `json:"rule" doc:"the rule of the paper, by name"`
	Sort     string   `json:"sort" doc:"forbidden, missing or late"`
	Text     string   `json:"text" doc:"what the server did"`
	Position uint64   `json:"position" doc:"the event that says so"`
	Nodes    []string `json:"nodes" doc:"the server"`
	Terms    []int    `json:"terms" doc:"the terms it is about"`
	Indexes  []int    `json:"indexes" doc:"the log indexes it is about"`
}

// Client is a client's last request.
type Client struct {
	ID      string `json:"id" doc:"its name"`
	Status  string `json:"status" doc:"pending, done or unknown"`
	Command string `json:"command" doc:"its command"`
	Result  string `json:"result" doc:"the result"`
	Index   int    `json:"index" doc:"the index of its entry"`
	Term    int    `json:"term" doc:"the term of the leader that accepted it"`
	Node    string `json:"node" doc:"the server that accepted it"`
	Tries   int    `json:"tries" doc:"how many times it was sent"`
}

// QuestionItem is what the class is asked. It comes again whenever the numbers change.
type QuestionItem struct {
	tag
	ID       string   `json:"name" doc:"the name of the question, for its answer"`
	Text     string   `json:"text" doc:"the question"`
	Choices  []string `json:"choices" doc:"the answers to choose from; empty where any text is one"`
	Round    int      `json:"round" doc:"1, or 2 when the class votes again"`
	Answered int      `json:"answered" doc:"how many have answered"`
	Pages    int      `json:"pages" doc:"how many pages look on"`
}

// AnswersItem is how the class has answered: the question is over.
type AnswersItem struct {
	tag
	ID      string           `json:"name" doc:"the name of the question"`
	Text    string           `json:"text" doc:"the question"`
	Choices []string         `json:"choices" doc:"what could be chosen; empty: an answer in one's own words"`
	Truth   string           `json:"truth" doc:"the right answer, or empty where there is none"`
	Rounds  []map[string]int `json:"rounds" doc:"for each round, how many chose each answer"`
	Changed int              `json:"changed" doc:"how many changed to the right answer in the second round"`
	Pages   int              `json:"pages" doc:"how many pages look on"`
}

// ClosedItem is that a round is over, and its answers are not shown.
type ClosedItem struct {
	tag
	ID    string `json:"name" doc:"the name of the question"`
	Round int    `json:"round" doc:"the round that is over"`
}

// NewQuestion is a QuestionItem with its kind.
func NewQuestion(q QuestionItem) *QuestionItem { q.Name = kindQuestion; return &q }

// NewAnswers is an AnswersItem with its kind.
func NewAnswers(a AnswersItem) *AnswersItem { a.Name = kindAnswers; return &a }

// NewClosed is a ClosedItem with its kind.
func NewClosed(name string, round int) *ClosedItem {
	return &ClosedItem{tag{kindClosed}, name, round}
}
