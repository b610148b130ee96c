// Package commands puts Raft's commands together: the table of all rooms, a session with
// its world, its lessons and its screen. The commands are in the rooms acts, ask, class,
// diagrams, guests, help, lesson, look, search, share and why. They are in the language of
// package lang, which turns a typed line into calls, runs them against a World, and hands
// each Result to a Frontend. Nothing here prints.
//
// # Writing a command
//
// A command is one value, in the file of its family:
//
//	var (
//		tickCount = words.Ticks(1, 1_000_000).Default(1)
//		tickNodes = words.Nodes().Optional()
//	)
//
//	var _ = Commands.Register(&lang.Command{
//		Name: "tick", Topic: lab.TopicTime, Changes: true,
//		Summary:  "advances the clocks",
//		Args:     lang.Params{tickCount, tickNodes},
//		Details:  "A timer that runs out fires. Nothing is delivered.",
//		Examples: []string{"tick 5", "tick 30 S2"},
//		Run:      runTick,
//	})
//
//	func runTick(c *lang.Call) (*lang.Result, error) {
//		n := tickCount.Of(c)               // an int, typed
//		if tickNodes.Given(c) { … tickNodes.Of(c).IDs … }
//		return lang.OK(), nil
//	}
//
// The usage line, help, completion, suggestions and docs/commands.md follow
// from it. A parameter is declared once, with a constructor of its kind, and
// is the handle of its value; asking for one that the command does not
// declare panics. The kinds that are of Raft are in words:
//
//	Node NewNode Nodes NewNodes Groups   S3, leader; lists and group words; S1 S2 | S3
//	Links OneLink Type Which             S1->S2; AE; what `deliver` takes
//	Ticks Seed Key Client Scenario Position
//
// in look and in lab
//
//	Setting SettingValue
//	Condition Expression                 the rest of the line, compiled
//
// and those that any language has are in lang:
//
//	Whole Int Count Decimal Duration     numbers and times
//	OneOf OnOff Flag Literal             words; Flag("keep") is an option
//	Text Filled NewName Words File Existing
//	Rest Tail                            the rest of the line, raw
//	Fields Nested                        FIELD=VALUE…; a whole command
//
// and what may be said of each: .Named("N"), .Optional(), .Default(v),
// .Keyword("via") for an option `via NODE`, .Explained("…"), .CompletedBy(f).
// A new kind is a lang.Kind[T] value with Starts, Parse and Complete, and its
// New method. A raw tail gives way to the command's options at its end, so
// `run until CONDITION within 200` needs nothing special. Commands that can
// be said in several ways have Forms instead of Args; the first that fits is
// taken:
//
//	Forms: []lang.Params{{runTicks}, {lang.Literal("until"), runUntil, runWithin}},
//
// Keywords count as such only where no required argument is waiting, and
// never in quotes: `put via 3` has the key via.
//
// # What Run may do
//
// Run returns a Result: what it shows (Result.View, blocks of package view),
// and what JSON has as "result" (Result.Value), of a type that the command's Results
// name and docs/json.md is made from; its fields stand in the order of the alphabet. The World adds the position
// and the events. An error takes back everything the command did; wrapped in
// Kept it does not, for a search or a run that came only half way. A Result
// may accompany an error. A panic is caught, taken back, and told as a fault.
//
//   - Errorf(…).WithHint(…) says what is wrong and what to do instead. Quote
//     what the user typed with prose.Cite, and print foreign text through
//     prose.Visible.
//   - NodeSet.Named(id) tells a node that was named (already so: an error)
//     from one that came with a word like `all` (skip it).
//   - c.Ctx ends with Ctrl-C: stop cleanly and return Interrupted("after 312
//     of 1000 ticks").
//   - c.Progress(…) may be called at every step; it passes on ten a second.
//   - c.SaveAs(…) gives `save` another text than what was typed.
//   - c.Trial(inner, look) tries a Nested command and takes it back.
//   - c.Source and c.SourceText run a script as part of the command.
//   - c.Front is the screen, for `play`, `pause` and lessons.
//   - lab.Of(c), lab.WorldOf(c.World) and look.Of(c) are the cluster with its
//     history, what both drivers know, and what the session shows by itself.
//
// Changes is for commands that are a step of undo. Those that move in time
// (undo, goto) or only look are not.
//
// # The world
//
// A session asks its World (the lab: a cluster with its history) what exists (words.World),
// tells it where commands begin and end (lang.Recorder), and lets it complete each
// Result (Report). The session of package lang knows no lesson and nothing of what
// is watched: these observe it (lang.Observer), are told of each call, and keep what
// is their own when a call is only tried. World.Vocabulary fills what conditions and JSON see;
// Cond.Uses says which costly members may be left out. The same Vocabulary
// may be handed out again and again. In a loop:
//
//	holds, err := cond.Holds(lab.WorldOf(c.World).Vocabulary(cond))
package commands
