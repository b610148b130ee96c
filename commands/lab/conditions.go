package lab

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"raftlab/cluster/picture"
	"raftlab/commands/cond"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/words"
	"raftlab/raft"
)

// Cond is a compiled condition about a cluster.
type Cond = cond.Cond[Vocabulary]

// Conditions is their language.
var Conditions = cond.New(cond.Domain[Vocabulary]{
	Things: []cond.Thing{
		{Type: reflect.TypeFor[picture.NodeView](), Name: "a server"},
		{Type: reflect.TypeFor[picture.MessageView](), Name: "a message"},
		{Type: reflect.TypeFor[picture.EntryView](), Name: "an entry"},
		{Type: reflect.TypeFor[picture.PlaceView](), Name: "an index and term"},
		{Type: reflect.TypeFor[picture.BreachView](), Name: "a violation"},
		{Type: reflect.TypeFor[picture.DepartureView](), Name: "a departure"},
		{Type: reflect.TypeFor[picture.ClientView](), Name: "a client"},
		{Type: reflect.TypeFor[ExploredView](), Name: "explored"},
	},
	Hints: cond.Hints{
		Name:    "help conditions lists the names; put a text in quotes",
		Day:     "a condition must not depend on the day; clock counts ticks",
		Element: "ask one of it, nodes[0].up, or all of it, all(nodes, .up)",
		Text:    `put a text in quotes, as in S1.kv["x"] == "1", but not a number`,
		Truth:   `compare it with something: leader.id == "S1"`,
		Within:  "this looks at the present and waits for nothing; run until CONDITION within TICKS lets time pass",
	},
	Names: func(w lang.World) []string { return NodeNames(WorldOf(w)) },
	Unseen: func(w lang.World) map[string]string {
		if w, ok := w.(interface{ Unseen() map[string]string }); ok {
			return w.Unseen()
		}
		return nil
	},
	Wrong:    wrongNode,
	Missing:  nobodyHas,
	Describe: describeThing,
})

// Condition is a CONDITION, compiled, and Expression the like of any value.
func Condition() *lang.Arg[*Cond]  { return ConditionKind.New() }
func Expression() *lang.Arg[*Cond] { return ExpressionKind.New() }

var (
	ConditionKind = Conditions.Kind("CONDITION",
		"an expression about the state that is true or false: `leader.id == \"S1\"` (`help conditions`)")
	ExpressionKind = Conditions.ValueKind("EXPRESSION",
		"a value that conditions can name or compute: `leader.id`, `len(messages)`")
)

// NodeNames are the servers of a world, by their names in conditions.
func NodeNames(w World) []string {
	return each.As(w.NodeIDs(), raft.ID.String)
}

// wrongNode says what to write instead of a server that is not there.
func wrongNode(name string, nodes []string) string {
	id, isNode := words.Number(name)
	ids := each.As(nodes, func(node string) raft.ID {
		n, _ := words.Number(node)
		return n
	})
	switch {
	case !isNode:
		return ""
	case slices.Contains(ids, id):
		return "did you mean " + id.String() + "?"
	}
	return "the servers are " + words.Range(ids)
}

// nobodyHas says why a part of a condition has no value.
func nobodyHas(part string, of any) string {
	switch of.(type) {
	case map[string]int:
		return "only a leader has it"
	}
	switch {
	case part == "leader":
		return "no server leads"
	case part == "explored":
		return "nothing has been explored yet"
	case strings.HasPrefix(part, "clients["):
		return "there is no such client"
	}
	return ""
}

// Describe is a value of a condition in a few words.
func Describe(x any) string { return Conditions.Text(x) }

func describeThing(x any) string {
	switch x := x.(type) {
	case *picture.NodeView:
		return x.ID
	case *picture.MessageView:
		return x.ID
	case *picture.ClientView:
		return x.ID + " (" + x.Status + ")"
	case *picture.DepartureView:
		return x.Server + " at #" + fmt.Sprint(x.Position) + ": " + x.Rule
	case *picture.BreachView:
		return x.Property + ": " + x.Text
	case *ExploredView:
		return x.Outcome
	case picture.PlaceView:
		return fmt.Sprintf("%d/%d", x.Index, x.Term)
	case picture.EntryView:
		return fmt.Sprintf("%d/%d %s", x.Index, x.Term, x.Data)
	}
	return ""
}
