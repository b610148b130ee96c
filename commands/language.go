package commands

// The topics, in the order in which help lists them.
const (
	TopicTime    Topic = "time"
	TopicNetwork Topic = "network"
	TopicFaults  Topic = "faults"
	TopicClients Topic = "clients"
	TopicLooking Topic = "looking"
	TopicRaft    Topic = "raft"
	TopicBuild   Topic = "building"
	TopicTravel  Topic = "travel"
	TopicLessons Topic = "lessons"
	TopicLab     Topic = "lab"
	TopicScripts Topic = "scripts"
)

// topics says what each topic is about.
var topics = []Heading{
	{TopicTime, "Time: nothing moves unless a command moves it"},
	{TopicNetwork, "The network and its messages"},
	{TopicFaults, "Crashes, disks and stalled processes"},
	{TopicClients, "Clients"},
	{TopicLooking, "Looking"},
	{TopicRaft, "All of Raft: snapshots, membership, leadership, reads"},
	{TopicBuild, "Building a situation"},
	{TopicTravel, "Time travel"},
	{TopicLessons, "Lessons"},
	{TopicLab, "The lab: bugs, and searches for what can go wrong"},
	{TopicScripts, "Scripts and the console"},
}

// raftsDomain is what the language is about here.
var raftsDomain = Domain{Topics: topics, OtherWords: otherWords, Listed: []string{"setting", "scenario", "bug"}}

// table is the language: every file of commands registers its own here.
var table = NewTable(raftsDomain)

// Register adds a command to the language. It is meant for `var _ =`, so that
// a command is one value in one file, and panics on a mistake in it.
func Register(c *Command) *Command { return table.Register(c) }

// IsCommand tells whether the console has a command of that name.
func IsCommand(name string) bool { return table.Lookup(name) != nil }
