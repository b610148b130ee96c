package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// fakeWorld is a cluster of which only the language's view exists.
type fakeWorld struct {
	down     map[raft.ID]bool
	count    int
	leader   raft.ID
	messages []words.MessageFacts
	names    map[lang.Sort][]string
	vocab    *lab.Vocabulary
	done     []string // what the test commands did

	steps    []int    // how much was done, at each Begin
	record   []string // begin, commit and rollback, in order
	accepted int
}

func newFakeWorld() *fakeWorld {
	w := &fakeWorld{count: 5, down: map[raft.ID]bool{}, names: map[lang.Sort][]string{
		words.SortSetting:    {"election-timeout", "latency", "noop"},
		words.SortScenario:   {"figure-7", "figure-8"},
		words.SortCheckpoint: {"elected", "second"},
		words.SortBranch:     {"found", "main"},
	}}
	for i, t := range []words.MessageType{words.RequestVote, words.AppendEntries, words.AppendEntriesReply} {
		w.messages = append(w.messages, words.MessageFacts{ID: words.MessageID(i + 1), Type: t, From: 1, To: raft.ID(i + 2)})
	}
	w.vocab = fakeVocabulary(5)
	return w
}

// fakeVocabulary has n followers of term 1 and no leader.
func fakeVocabulary(n int) *lab.Vocabulary {
	v := &lab.Vocabulary{Picture: &picture.Picture{Clients: map[string]*ClientView{}}}
	for i := range n {
		v.Nodes = append(v.Nodes, &NodeView{ID: raft.ID(i + 1).String(), Up: true, Role: "follower", Term: 1, Commit: i, KV: map[string]string{"x": "1"},
			Number: raft.ID(i + 1), State: &picture.NodeState{}})
	}
	return v
}

func (w *fakeWorld) NodeIDs() []raft.ID {
	var ids []raft.ID
	for i := range w.count {
		ids = append(ids, raft.ID(i+1))
	}
	return ids
}
func (w *fakeWorld) Node(id raft.ID) (words.NodeFacts, bool) {
	return words.NodeFacts{Up: !w.down[id], Follower: !w.down[id] && id != w.leader}, id >= 1 && int(id) <= w.count
}
func (w *fakeWorld) Here() string                   { return fmt.Sprint(len(w.done)) }
func (w *fakeWorld) MaxNodes() int                  { return 9 }
func (w *fakeWorld) Leader() raft.ID                { return w.leader }
func (w *fakeWorld) InFlight() []words.MessageFacts { return w.messages }
func (w *fakeWorld) Names(s lang.Sort) []string     { return w.names[s] }
func (w *fakeWorld) Values(setting string) []string {
	return map[string][]string{"noop": {"on", "off"}}[setting]
}
func (w *fakeWorld) Vocabulary(*lab.Cond) *lab.Vocabulary       { return w.vocab }
func (w *fakeWorld) Picture(func(string) bool) *picture.Picture { return w.vocab.Picture }
func (w *fakeWorld) DoAll(...cluster.Action) error              { return nil }
func (w *fakeWorld) Settings() *setting.Settings                { s := setting.Defaults(); return &s }
func (w *fakeWorld) Script() ([]string, error)                  { return nil, nil }
func (w *fakeWorld) AcceptBreaches()                            { w.accepted++ }
func (w *fakeWorld) UnexpectedBreaches() []string               { return nil }
func (w *fakeWorld) UnexpectedDepartures() []string             { return nil }
func (w *fakeWorld) Prompt() view.Line                          { return view.L("fake> ") }
func (w *fakeWorld) Banner() []view.Block                       { return nil }
func (w *fakeWorld) Report(r *Result)                           { r.Position = uint64(len(w.done)) }

func (w *fakeWorld) Begin(command string) {
	w.steps = append(w.steps, len(w.done))
	w.record = append(w.record, "begin "+command)
}
func (w *fakeWorld) Commit(command string) {
	w.steps = w.steps[:len(w.steps)-1]
	w.record = append(w.record, "commit "+command)
}
func (w *fakeWorld) Rollback() {
	w.done = w.done[:w.steps[len(w.steps)-1]]
	w.steps = w.steps[:len(w.steps)-1]
	w.record = append(w.record, "rollback")
}

// screen keeps what a session shows.
type screen struct {
	results     []*Result
	echoed      []string
	paused      int
	progress    []string
	interactive bool
	pause       func()                       // Enter, or what else a person does there
	answer      func(question string) string // what a person answers
	typed       []string                     // at pauses where one may type
	gone        bool                         // Ctrl-D is all that is typed
}

func (s *screen) Show(r *Result)    { s.results = append(s.results, r) }
func (s *screen) Progress(p string) { s.progress = append(s.progress, p) }
func (s *screen) Ask(question []view.Block, _ string) (string, bool) {
	if s.gone {
		return "", false
	}
	if question == nil {
		return s.atPause(), true
	}
	if s.answer == nil {
		return "", true
	}
	text := ""
	for _, b := range question {
		text += blockText(b)
	}
	return s.answer(text), true
}

// atPause is what a person types at a pause, mostly only Enter.
func (s *screen) atPause() (line string) {
	if s.paused++; s.pause != nil {
		s.pause()
	}
	if len(s.typed) > 0 {
		line, s.typed = s.typed[0], s.typed[1:]
	}
	return line
}

func (s *screen) Frame([]view.Block) lang.Pressed { return lang.NoKey }
func (s *screen) Echo(line string)                { s.echoed = append(s.echoed, line) }
func (s *screen) Interactive() bool               { return s.interactive }

// text is everything shown, errors included.
func (s *screen) text() string {
	var b strings.Builder
	for _, r := range s.results {
		for _, block := range r.View {
			fmt.Fprintln(&b, blockText(block))
		}
		if r.Err != nil && !r.Told {
			fmt.Fprintln(&b, "error: "+r.Err.Error())
		}
	}
	return b.String()
}

func blockText(b view.Block) string {
	switch b := b.(type) {
	case view.Prose:
		return b.Words.String()
	case view.Text:
		var lines []string
		for _, l := range b.Lines {
			lines = append(lines, l.String())
		}
		return strings.Join(lines, "\n")
	case view.Table:
		var lines []string
		for _, row := range b.Rows {
			var cells []string
			for _, cell := range row {
				cells = append(cells, cell.String())
			}
			lines = append(lines, strings.Join(cells, "  "))
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// The parameters of the test language.
var (
	fkTicks   = words.Ticks(1, 1000).Default(1)
	fkNodes   = words.Nodes().Optional()
	fkKill    = words.Nodes()
	fkKey     = words.Key()
	fkValue   = lang.Text("VALUE")
	fkVia     = words.Node().Keyword("via")
	fkAs      = words.Client().Keyword("as")
	fkRunFor  = words.Ticks(1, 1000).Optional()
	fkUntil   = lab.Condition()
	fkWithin  = words.Ticks(1, 1000).Keyword("within")
	fkText    = lang.Rest("TEXT")
	fkGroups  = words.Groups()
	fkWhich   = words.Which()
	fkDelay   = words.Ticks(1, 1000)
	fkInner   = lang.Nested()
	fkBug     = lang.Filled("BUG")
	fkBugOn   = lang.OnOff()
	fkBugNode = words.Node().Keyword("on")
	fkCount   = lang.Count(1, 9).Optional()
	fkSeed    = words.Seed().Keyword("seed")
	fkKeep    = lang.Flag("keep")
	fkLinks   = words.Links()
	fkOne     = words.OneLink()
	fkType    = words.Type()
	fkFields  = lang.Fields("term", "prev", "entries")
	fkPlace   = words.Position()
	fkSetting = look.Setting()
	fkSetTo   = look.SettingValue()
	fkName    = lang.NewName()
	fkFile    = lang.File()
	fkStrange = lang.Text("NOT DECLARED")
)

// fakeTable is a small language like the real one, over a fakeWorld.
func fakeTable() *lang.Table {
	t := lang.NewTable(raftsDomain)
	for _, name := range []string{"expect", "source", "say", "pause", "echo", "quit", "help"} {
		t.Register(table.Lookup(name))
	}
	did := func(format string, args ...func(*Call) any) func(*Call) (*Result, error) {
		return func(c *Call) (*Result, error) {
			var values []any
			for _, a := range args {
				values = append(values, a(c))
			}
			line := fmt.Sprintf(format, values...)
			w := c.World.(*fakeWorld)
			w.done = append(w.done, line)
			return Tell(line), nil
		}
	}
	add := func(name string, f []Params, run func(*Call) (*Result, error)) {
		t.Register(&Command{Name: name, Topic: lab.TopicTime, Summary: "does " + name, Forms: f, Changes: true, Run: run})
	}
	add("tick", []Params{{fkTicks, fkNodes}}, did("tick %v %v", of(fkTicks), of(fkNodes)))
	add("kill", []Params{{fkKill}}, did("kill %v", of(fkKill)))
	add("put", []Params{{fkKey, fkValue, fkVia, fkAs}}, did("put %q %q via %v as %v", of(fkKey), of(fkValue), of(fkVia), of(fkAs)))
	add("submit", []Params{{fkText, fkVia}}, did("submit %q via %v", of(fkText), of(fkVia)))
	add("run", []Params{{fkRunFor}, {lang.Literal("until"), fkUntil, fkWithin}}, did("run %v within %v", of(fkRunFor), of(fkWithin)))
	add("partition", []Params{{fkGroups}}, did("partition %v", of(fkGroups)))
	add("deliver", []Params{{fkWhich}}, did("deliver %+v", of(fkWhich)))
	add("delay", []Params{{fkWhich, fkDelay}}, did("delay %+v by %v", of(fkWhich), of(fkDelay)))
	add("bug", []Params{{fkBug, fkBugOn, fkBugNode}}, did("bug %v %v %v", of(fkBug), of(fkBugOn), of(fkBugNode)))
	add("new", []Params{{fkCount, fkSeed, fkKeep}}, did("new %v seed %v keep %v", of(fkCount), of(fkSeed), of(fkKeep)))
	add("cut", []Params{{fkLinks}}, did("cut %v", of(fkLinks)))
	add("inject", []Params{{fkType, fkOne, fkFields}}, did("inject %v %v %v", of(fkType), of(fkOne), of(fkFields)))
	add("goto", []Params{{fkPlace}}, did("goto %v", of(fkPlace)))
	add("set", []Params{{fkSetting, fkSetTo}}, did("set %v %v", of(fkSetting), of(fkSetTo)))
	add("checkpoint", []Params{{fkName}}, did("checkpoint %v", of(fkName)))
	add("save", []Params{{fkFile}}, did("save %v", of(fkFile)))
	add("whatif", []Params{{fkInner}}, func(c *Call) (*Result, error) {
		r, err := c.Trial(fkInner.Of(c), nil)
		return Tell("would: " + blockText(r.View[0])), err
	})
	add("panic", nil, func(c *Call) (*Result, error) {
		c.World.(*fakeWorld).done = append(c.World.(*fakeWorld).done, "half")
		var none *NodeView
		return Tell(none.ID), nil
	})
	add("half", nil, func(c *Call) (*Result, error) {
		c.World.(*fakeWorld).done = append(c.World.(*fakeWorld).done, "half")
		return nil, Errorf("only half of it worked")
	})
	add("gaveup", nil, func(c *Call) (*Result, error) {
		c.World.(*fakeWorld).done = append(c.World.(*fakeWorld).done, "some")
		c.SaveAs("run %d", 100)
		return Tell("ran 100"), Kept(Errorf("it did not come to pass"))
	})
	add("stray", nil, func(c *Call) (*Result, error) { return Tell(fkStrange.Of(c)), nil })
	return t
}

func of[T any](a *Arg[T]) func(*Call) any { return func(c *Call) any { return a.Of(c) } }

// fake is a session over a fakeWorld and the screen that it shows on.
func fake(t *testing.T, o Options) (*Session, *fakeWorld, *screen) {
	t.Helper()
	w := newFakeWorld()
	return newSession(o, fakeTable(), w), w, &screen{}
}

// run runs a line and returns what the test commands did, and the error.
func (w *fakeWorld) run(s *Session, line string) (string, error) {
	w.done = nil
	err := s.Run(context.Background(), line, &screen{})
	return strings.Join(w.done, "; "), err
}
