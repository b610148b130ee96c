package commands

import (
	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/docs"
)

// The results of the commands in JSON, as far as they are no view of the state.
// docs/json.md and docs/json.schema.json are made from these types and their
// tags; the fields stand in the order of the alphabet, as they are printed.

type holdsResult struct {
	Holds bool `json:"holds" doc:"always true, because an expectation that does not hold is an error"`
}

type echoResult struct {
	Echo string `json:"echo" doc:"on or off"`
}

type demoResult struct {
	Demo bool `json:"demo" doc:"Enter alone does a step"`
}

type valueResult struct {
	Value any `json:"value" doc:"the value of the expression, of whatever type it is"`
}

type catalogueBug struct {
	Breaks string   `json:"breaks" doc:"the invariant that it breaks, or what else goes wrong"`
	In     []string `json:"in" doc:"the nodes in which it is on"`
	Name   string   `json:"name" doc:"its name"`
	Needs  []string `json:"needs" doc:"the settings that it needs to do harm, or null"`
	Nodes  int      `json:"nodes" doc:"how many nodes its story needs"`
	On     bool     `json:"on" doc:"whether it is on in any node"`
	Rule   string   `json:"rule" doc:"the rule that it breaks"`
	Says   string   `json:"says" doc:"what the server does wrong"`
	Seen   string   `json:"seen" doc:"where it was seen"`
	Story  string   `json:"story" doc:"what it leads to"`
}

type bugsResultView struct {
	Bugs   []catalogueBug `json:"bugs" doc:"every bug that can be switched on"`
	Riddle *riddleView    `json:"riddle,omitempty" doc:"the bug to guess; absent when there is none"`
}

type riddleView struct {
	Guesses int `json:"guesses" doc:"guesses so far"`
}

type seedResult struct {
	Seed uint64 `json:"seed" doc:"the seed of the riddle"`
}

type guessResult struct {
	Guess   string `json:"guess" doc:"the bug that was named"`
	Guesses int    `json:"guesses" doc:"guesses so far, with this one"`
	Right   bool   `json:"right" doc:"whether that is the bug"`
}

type revealedBug struct {
	Guesses int    `json:"guesses" doc:"guesses so far"`
	Name    string `json:"name" doc:"the bug"`
}

type newResult struct {
	Branch string `json:"branch" doc:"the name of the new branch"`
	Nodes  int    `json:"nodes" doc:"how many nodes the cluster has"`
	Seed   uint64 `json:"seed" doc:"its seed"`
}

type scenariosResult struct {
	Bugs      []string `json:"bugs" doc:"the stories of bugs, by name"`
	Scenarios []string `json:"scenarios" doc:"the scenarios, by name"`
}

type settingsView struct {
	Settings map[string]string `json:"settings" doc:"the value of each setting, by name"`
}

type changesResult struct {
	Differences []Difference `json:"differences" doc:"what is not the same"`
	Since       string       `json:"since,omitempty" doc:"the place that is compared with; absent when nothing was done yet"`
}

type diffResult struct {
	Differences []Difference `json:"differences" doc:"what is not the same"`
}

type linearizableResult struct {
	Linearizable bool `json:"linearizable" doc:"always true, because a history that is not linearizable is an error"`
	Operations   int  `json:"operations" doc:"how many requests were judged"`
}

type livenessFields struct {
	Cycle  []fuzz.Recurring `json:"cycle" doc:"what repeats while the cluster is stuck, or null"`
	Stuck  int              `json:"stuck" doc:"trials that were stuck"`
	Ticks  int              `json:"ticks" doc:"length of a trial"`
	Trials int              `json:"trials" doc:"trials"`
}

type clientsResult struct {
	Clients map[string]*ClientView `json:"clients" doc:"the clients, by name"`
}

type diagramResult struct {
	Before   int       `json:"before" doc:"rows before the first that were left out"`
	Branch   string    `json:"branch" doc:"the branch"`
	Bugs     []string  `json:"bugs" doc:"the bugs that are on"`
	Complete bool      `json:"complete" doc:"whether nothing was left out"`
	From     uint64    `json:"from" doc:"the position after which it begins"`
	Nodes    []string  `json:"nodes" doc:"the lanes"`
	Rows     []RowView `json:"rows" doc:"what happened, in order"`
	To       uint64    `json:"to" doc:"the position at which it ends"`
}

type exportResult struct {
	Bytes int    `json:"bytes" doc:"its length"`
	File  string `json:"file" doc:"the file that was written"`
	What  string `json:"what" doc:"what was written"`
}

type rollResult struct {
	Keys   int      `json:"keys" doc:"keys that were compared"`
	Rolled []string `json:"rolled" doc:"the nodes that were restarted"`
}

type wordsResult struct {
	Words []string `json:"words" doc:"every word of the glossary"`
}

type glossaryEntry struct {
	Place string   `json:"place" doc:"where the paper has it"`
	Text  string   `json:"text" doc:"what it means, in Markdown"`
	Words []string `json:"words" doc:"the word, and others for the same"`
}

type helpResult struct {
	Command  string         `json:"command,omitempty" doc:"the command that it explains; absent when it explains none"`
	Commands []string       `json:"commands,omitempty" doc:"commands, by name; absent when none are listed"`
	Glossary *glossaryEntry `json:"glossary,omitempty" doc:"the entry of the glossary; absent when there is none"`
	Places   []docs.Place   `json:"places,omitempty" doc:"places of the paper; absent when none are meant"`
	Summary  string         `json:"summary,omitempty" doc:"what the command does, in a line; absent when it is about none"`
	Text     string         `json:"text,omitempty" doc:"the section of the manual, in Markdown; absent when there is none"`
	Title    string         `json:"title,omitempty" doc:"its title; absent when there is none"`
	Topic    string         `json:"topic,omitempty" doc:"its name; absent when there is none"`
	Topics   []string       `json:"topics,omitempty" doc:"all sections of the manual; absent where one thing is explained"`
	Usage    []string       `json:"usage,omitempty" doc:"how the command is written; absent when it is about none"`
}

// count is how many messages of a type a server sent, and had delivered.
type count struct{ Sent, Delivered uint64 }

type liveMessagesResult struct {
	Counts   map[string]map[string]count `json:"counts" doc:"messages so far, by node and type"`
	Messages []*MessageView              `json:"messages" doc:"always empty in live mode, because messages arrive before they can be shown"`
}

type liveAnswer struct {
	Index  uint64 `json:"index" doc:"the index of the entry"`
	Node   string `json:"node" doc:"the node that answered"`
	Result string `json:"result" doc:"the answer"`
	Status string `json:"status" doc:"done"`
	Term   uint64 `json:"term" doc:"the term of the entry"`
}

type nodesResult struct {
	Nodes []string `json:"nodes" doc:"the nodes that it was done to"`
}

type ticksResult struct {
	Ticks int `json:"ticks" doc:"ticks that passed"`
}

type ranResult struct {
	Clock uint64 `json:"clock" doc:"ticks that the cluster has run"`
	Ticks uint64 `json:"ticks" doc:"ticks that passed"`
}

type logsResult struct {
	Nodes []*NodeView `json:"nodes" doc:"the logs"`
}

type diskResult struct {
	Node    string   `json:"node" doc:"the node"`
	Synced  DiskView `json:"synced" doc:"what survives a crash"`
	Written DiskView `json:"written" doc:"all that was written"`
}

type kvResultView struct {
	KV map[string]map[string]string `json:"kv" doc:"the data of each node, by node and key"`
}

type configNode struct {
	Learners  []string `json:"learners" doc:"nodes that get the log but have no vote"`
	Node      string   `json:"node" doc:"the node that uses this configuration"`
	OldVoters []string `json:"oldVoters" doc:"during joint consensus, the old voters; otherwise null"`
	Voters    []string `json:"voters" doc:"the nodes that vote"`
}

type configView struct {
	Nodes []configNode `json:"nodes" doc:"the configuration, as each node has it"`
}

type eventsResult struct {
	Events []cluster.Event `json:"events" doc:"the last events, in their order"`
}

type violationsResult struct {
	Violations []*BreachView `json:"violations" doc:"broken invariants"`
}

type digestView struct {
	Digest map[string]string `json:"digest" doc:"a hash of the applied data by node, in hexadecimal; empty for one that is down"`
}

type messagesResult struct {
	Messages []*MessageView `json:"messages" doc:"what is in flight"`
}

type linksView struct {
	Cut []string `json:"cut" doc:"the links that are cut, as S1->S2"`
}

type nextRow struct {
	About   string `json:"about" doc:"what it is"`
	Brings  string `json:"brings" doc:"what it would lead to"`
	Command string `json:"command" doc:"the command that does it"`
	Number  int    `json:"number" doc:"its number, for next NUMBER"`
}

type nextResult struct {
	Next []nextRow `json:"next" doc:"what can happen now, or null when nothing can"`
}

type whatifResult struct {
	Differences []Difference `json:"differences" doc:"what would change, or null when nothing would"`
	Events      []any        `json:"events" doc:"what would happen, or null when nothing would" items:"event"`
	Result      any          `json:"result" doc:"the result of the command, or null"`
}

type machineResult struct {
	Machine string `json:"machine,omitempty" doc:"the state machine of this cluster; absent when the next was chosen"`
	Next    string `json:"next" doc:"that of the next new cluster"`
}

type ruleRow struct {
	Name  string `json:"name" doc:"its name"`
	Place string `json:"place" doc:"where the paper has it"`
	Says  string `json:"says" doc:"what it says"`
}

type rulesResult struct {
	Rules []ruleRow `json:"rules" doc:"every rule"`
}

type ruleResult struct {
	Bugs     []string `json:"bugs" doc:"the bugs that break it, or null"`
	Code     []string `json:"code" doc:"where it is in the code, or null"`
	Compares []string `json:"compares" doc:"the numbers that it compares, or null"`
	Fired    *Firing  `json:"fired,omitempty" doc:"how often it was checked; absent for a rule that no server checks, and in live mode"`
	Name     string   `json:"name" doc:"its name"`
	Place    string   `json:"place" doc:"where the paper has it"`
	Reason   string   `json:"reason" doc:"why the rule exists"`
	Says     string   `json:"says" doc:"what it says"`
}

type sweepView struct {
	Bugs    []string  `json:"bugs" doc:"the bugs that are on, or null"`
	Measure string    `json:"measure" doc:"what was measured, with its unit"`
	Nodes   int       `json:"nodes" doc:"how many nodes the cluster has"`
	Setting string    `json:"setting" doc:"the setting"`
	Values  []summary `json:"values" doc:"a row for each value of it, or null"`
}

type deliveredResult struct {
	Delivered int `json:"delivered" doc:"messages that were delivered"`
}

type timerRow struct {
	Node  string `json:"node" doc:"the node"`
	Timer string `json:"timer" doc:"election, heartbeat or none"`
	Left  int    `json:"left" doc:"ticks until it fires"`
	Of    int    `json:"of" doc:"ticks that it was set to"`
}

type timersView struct {
	Timers []timerRow `json:"timers" doc:"a timer for each node"`
}

type tourResult struct {
	Try []string `json:"try" doc:"commands to try next"`
}

type placeResult struct {
	Branch   string `json:"branch" doc:"the branch"`
	Position uint64 `json:"position" doc:"events so far on it"`
}

type checkpointResult struct {
	Branch   string `json:"branch" doc:"the branch"`
	Name     string `json:"name" doc:"the name of the place"`
	Position uint64 `json:"position" doc:"events so far on it"`
}

type branchRow struct {
	Commands int    `json:"commands" doc:"how many commands it has"`
	End      uint64 `json:"end" doc:"the position of its last event"`
	From     string `json:"from" doc:"where it leaves another branch, as main:12; - for a root"`
	Here     bool   `json:"here" doc:"whether you are on it"`
	Name     string `json:"name" doc:"its name"`
}

type historyResult struct {
	Branches    []branchRow       `json:"branches" doc:"the branches"`
	Checkpoints map[string]string `json:"checkpoints" doc:"the place of each checkpoint, as main:12"`
}

type saveResult struct {
	File  string `json:"file" doc:"the file that was written"`
	Lines int    `json:"lines" doc:"how many lines it has"`
}

type watchingResult struct {
	Watching []string `json:"watching" doc:"what is watched"`
}

// livenessResult is what `check liveness` says as JSON.
type livenessResult struct {
	foundView
	livenessFields
}

// calmResult is the same where no trial was stuck.
type calmResult struct {
	*ExploredView
	livenessFields
}

// shrinkResult is what shrink says as JSON.
type shrinkResult struct {
	foundView
	Unshrunk int `json:"unshrunk" doc:"length of the schedule before it was reduced"`
}

// fuzzResult is what fuzz says as JSON.
type fuzzResult struct {
	foundView
	fuzzView
}
