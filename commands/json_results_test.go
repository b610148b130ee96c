package commands

import (
	"raftlab/commands/lesson"
)

// anyResult is the result of another command.
type anyResult struct{}

// results is what each command has as its result, beside {}, which means that
// there is nothing to say. A command that is not here has {} only.
var results = map[string][]any{
	"expect": {holdsResult{}}, "say": {lesson.TextResult{}}, "echo": {echoResult{}, lesson.TextResult{}},
	"demo":  {demoResult{}},
	"print": {valueResult{}}, "bugs": {bugsResultView{}}, "bug": {seedResult{}, guessResult{}, revealedBug{}},
	"new": {newResult{}}, "scenarios": {scenariosResult{}}, "settings": {settingsView{}}, "changes": {changesResult{}},
	"diff": {diffResult{}}, "check": {linearizableResult{}, livenessResult{}, calmResult{}, ExploredView{}},
	"clients": {clientsResult{}},
	"diagram": {diagramResult{}}, "export": {exportResult{}}, "roll": {rollResult{}},
	"glossary": {wordsResult{}, glossaryEntry{}},
	"help":     {helpResult{}}, "goal": {lesson.GoalResult{}}, "hint": {lesson.HintResult{}},
	"lessons":  {lesson.LessonsResult{}},
	"messages": {messagesResult{}, liveMessagesResult{}}, "run": {ranResult{}, ticksResult{}}, "play": {ranResult{}},
	"tick": {ranResult{}}, "log": {logsResult{}}, "disk": {diskResult{}}, "kv": {kvResultView{}}, "config": {configView{}},
	"events": {eventsResult{}}, "invariants": {violationsResult{}}, "digest": {digestView{}}, "links": {linksView{}},
	"next": {nextResult{}}, "whatif": {whatifResult{}}, "predict": {lesson.PredictResult{}},
	"reveal":  {lesson.RevealResult{}},
	"machine": {machineResult{}}, "rule": {rulesResult{}, ruleResult{}}, "sweep": {sweepView{}},
	"settle": {deliveredResult{}},
	"timers": {timersView{}}, "tour": {tourResult{}}, "checkpoint": {checkpointResult{}}, "history": {historyResult{}},
	"save": {saveResult{}}, "watch": {watchingResult{}}, "status": {statusView{}}, "big": {statusView{}},
	"node": {NodeView{}},
	"back": {placeResult{}}, "forward": {placeResult{}}, "goto": {placeResult{}}, "undo": {placeResult{}},
	"redo": {placeResult{}},
	"put":  {ClientView{}, liveAnswer{}}, "get": {ClientView{}, liveAnswer{}}, "delete": {ClientView{}, liveAnswer{}},
	"cas": {ClientView{}, liveAnswer{}}, "incr": {ClientView{}, liveAnswer{}}, "submit": {ClientView{}, liveAnswer{}},
	"retry": {ClientView{}}, "kill": {nodesResult{}}, "restart": {nodesResult{}}, "snapshot": {nodesResult{}},
	"explore": {foundView{}, ExploredView{}}, "fuzz": {fuzzResult{}}, "shrink": {shrinkResult{}},
	"states": {ExploredView{}, []map[string]string{}},
	"could":  {finding{}}, "can": {finding{}}, "reachable?": {reachableView{}}, "contrast": {contrastView{}},
	"why":     {Answer{}},
	"quietly": {anyResult{}},
}
