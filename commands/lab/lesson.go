package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/words"
)

// asked is a condition or an expression as a lesson has it: of the cluster as it
// then is.
type asked struct {
	cond  *Cond
	world World
}

// Ask is it, of the cluster of a world.
func Ask(c *Cond, w World) asked { return asked{c, w} }

func (q asked) Text() string         { return q.cond.Source }
func (q asked) Holds() (bool, error) { return q.cond.Holds(q.world.Vocabulary(q.cond)) }
func (q asked) Value() (any, error)  { return q.cond.Value(q.world.Vocabulary(q.cond)) }
func (q asked) Unmet() *lang.Error   { return q.cond.Unmet(q.world.Vocabulary(q.cond)) }

// What follows is lesson.Ground, beside Here.

// lessonPlace is a place in the history, how many commands led there, the undo unit that was
// open, and what else commands see.
type lessonPlace struct {
	history.Place
	past, unit int
	explored   *ExploredView
	machine    string
}

func (l *Lab) Now() lesson.Moment {
	p := lessonPlace{Place: l.History.Place(), explored: l.Explored, machine: l.Machine, unit: l.History.Unit()}
	p.past = len(l.History.Past())
	return p
}

func (l *Lab) Goto(m lesson.Moment) {
	p := m.(lessonPlace)
	if l.Explored, l.Machine = p.explored, p.machine; p.Place != l.History.Place() {
		l.History.Goto(p.Place)
	}
}

// Kept is a moment in the form in which a session is kept.
func Kept(m lesson.Moment) history.KeptPlace {
	p := m.(lessonPlace)
	return history.KeptPlace{Branch: p.Branch.Name, At: p.Position}
}

func (l *Lab) Branch() string { return l.History.Place().Branch.Name }

func (l *Lab) Together(m lesson.Moment) (apart func()) {
	before := l.History.Unit()
	l.History.UseUnit(m.(lessonPlace).unit)
	return func() { l.History.UseUnit(before) }
}

func (l *Lab) Since(m lesson.Moment) []string {
	from, past := m.(lessonPlace), l.History.Past()
	if len(past) < from.past || !descends(l.History.Place().Branch, from.Branch) || from.past > 0 &&
		past[from.past-1].End != from.Position {
		return nil
	}
	return append([]string{}, each.As(past[from.past:], func(line history.Line) string { return line.Text })...)
}

func (l *Lab) After(m lesson.Moment) bool {
	return l.Since(m) != nil || l.History.LastUnit() > m.(lessonPlace).unit
}

// descends says whether branch b began on branch a, or is it.
func descends(b, a *history.Branch) bool {
	for b != nil && b != a {
		b = b.Parent
	}
	return b == a
}

// evidence is the command that shows what an expression is about, by a word in it: the first that
// fits. Of what a search found none does.
var evidence = [][2]string{{"explored", ""}, {"clients[", "clients"}, {"violations", "invariants"}, {"oters", "config"},
	{"messages", "messages"}, {"snapshot", "log"}, {"entries", "log"}, {".last", "log"}, {".log", "log"},
	{".commit", "log"}, {"len(nodes)", "rule Majority"}}

// Evidence is the command that shows why an expression about a cluster has its value.
func Evidence(w lang.World, expression string, value any) string {
	what := aboutServer().FindStringSubmatch(expression)
	named, _ := value.(string)
	has := func(word string) bool { return strings.Contains(expression, word) }
	for _, e := range evidence {
		if has(e[0]) {
			return e[1]
		}
	}
	switch {
	case what != nil && what[2] == "role" && slices.Contains(roles, named):
		return "why " + what[1] + " " + named
	case what != nil:
		return evidenceAt(w, what[1], what[2])
	case has("leader") && (value == nil || value == false || value == ""):
		return prose.Either(WorldOf(w).Leader() == 0, "why no leader", "status")
	case aboutServer().MatchString(named + ".x"):
		return evidenceOf(w, named, has(".vote"))
	case has("nodes"), has("leader"):
		return "status"
	}
	return ""
}

// roles are those that why explains.
var roles = []string{"follower", "candidate", "leader"}

// evidenceOf is the same for an expression whose value is a server.
func evidenceOf(w lang.World, server string, vote bool) string {
	switch chosen := votedFor(w, server); {
	case vote && chosen != "":
		return "why " + server + " voted " + chosen
	case WorldOf(w).Leader().String() == server:
		return "why " + server + " leader"
	}
	return "why " + server
}

// votedFor is the server that one voted for in its term, "": none.
func votedFor(w lang.World, server string) string {
	for _, n := range WorldOf(w).Picture(Only("nodes")).Nodes {
		if n.ID == server {
			return n.Vote
		}
	}
	return ""
}

// aboutServer is a server and what is asked of it: S1.role.
var aboutServer = prose.Pattern(`(?:^|[^.\w])(S[0-9]+)\.(\w+)`)

// evidenceAt is the same for something of one server.
func evidenceAt(w lang.World, server, what string) string {
	id, _ := words.Number(server)
	switch facts, _ := WorldOf(w).Node(id); {
	case what == "kv":
		return "kv " + server
	case what == "role" && facts.Up && WorldOf(w).Leader() == id:
		return "why " + server + " leader"
	case what == "role" && facts.Up:
		return "why " + server + " not leader"
	case what == "term":
		return "status"
	case what == "next" || what == "match" || what == "vote":
		return "node " + server
	}
	return "why " + server
}

// Deeds are the commands that change which servers run and reach each other, and those that let things happen: a search
// among all schedules finds the rest.
func Deeds(w lang.World) []string {
	deeds := []string{"settle", "heartbeat", "heal"}
	var up, down []string
	for _, n := range WorldOf(w).Picture(Only("nodes")).Nodes {
		if n.Up {
			up = append(up, n.ID)
		} else {
			down = append(down, n.ID)
		}
	}
	for _, of := range []struct {
		verb    string
		servers []string
	}{{"restart", down}, {"wipe", down}, {"kill", up}, {"isolate", up}} {
		for _, id := range of.servers {
			deeds = append(deeds, of.verb+" "+id)
		}
	}
	return deeds
}

func (l *Lab) Anew() { l.Machine = UsualMachine }

func (l *Lab) Towards(ctx context.Context, to lesson.Condition) (command, how string) {
	cond := to.(asked).cond
	s := explore.Search{Grow: true, Goal: GoalOf(l, cond), Mail: cond.Uses("messages")}
	found := s.Run(ctx, l.World())
	breaks := found.Outcome == explore.Breach && s.Goal(0, after(l.World(), found.Path)) // which ends a search as well
	if found.Outcome != explore.Reached && !breaks || len(found.Path) == 0 {
		return "", ""
	}
	if d, ok := found.Path[0].(cluster.Deliver); ok {
		i := slices.IndexFunc(l.World().Flights(), func(f cluster.Flight) bool { return f.ID == d.ID })
		f := l.World().Flights()[i]
		how = fmt.Sprintf(", %s of %s to %s", f.Message.Type(), f.From, f.To)
	}
	if n := len(found.Path); n > 1 {
		how += ": the first of " + prose.Plural(n, "step")
	}
	return found.Path[0].String(), how
}

// after is a world as it is after a schedule that a search found.
func after(w *cluster.World, path []cluster.Action) *cluster.World {
	w = w.Clone()
	for _, a := range path {
		if w.Apply(a) != nil {
			break
		}
	}
	return w
}

// GoalOf is a condition as the search asks it, a copy for each of its workers.
func GoalOf(l *Lab, cond *Cond) func(int, *cluster.World) bool {
	copies := make([]*Cond, l.World().Workers())
	for i := range copies {
		copies[i] = cond.Clone()
	}
	return func(worker int, w *cluster.World) bool {
		holds, err := copies[worker].Holds(VocabularyOf(picture.OfWorld(w, copies[worker].Uses)))
		return err == nil && holds
	}
}
