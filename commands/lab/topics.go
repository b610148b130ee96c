package lab

import "raftlab/commands/lang"

// The topics, in the order in which help lists them.
const (
	TopicTime    lang.Topic = "time"
	TopicNetwork lang.Topic = "network"
	TopicFaults  lang.Topic = "faults"
	TopicClients lang.Topic = "clients"
	TopicLooking lang.Topic = "looking"
	TopicRaft    lang.Topic = "raft"
	TopicBuild   lang.Topic = "building"
	TopicTravel  lang.Topic = "travel"
	TopicLessons lang.Topic = "lessons"
	TopicLab     lang.Topic = "lab"
	TopicScripts lang.Topic = "scripts"
)

// Topics says what each topic is about.
var Topics = []lang.Heading{
	{Topic: TopicTime, Title: "Time: nothing moves unless a command moves it"},
	{Topic: TopicNetwork, Title: "The network and its messages"},
	{Topic: TopicFaults, Title: "Crashes, disks and stalled processes"},
	{Topic: TopicClients, Title: "Clients"},
	{Topic: TopicLooking, Title: "Looking"},
	{Topic: TopicRaft, Title: "All of Raft: snapshots, membership, leadership, reads"},
	{Topic: TopicBuild, Title: "Building a situation"},
	{Topic: TopicTravel, Title: "Time travel"},
	{Topic: TopicLessons, Title: "Lessons"},
	{Topic: TopicLab, Title: "The lab: bugs, and searches for what can go wrong"},
	{Topic: TopicScripts, Title: "Scripts and the console"},
}
