package lesson

import (
	"slices"
	"sync"

	"raftlab/commands/lang"
)

// Register adds the commands about lessons to a language.
func Register(t *lang.Table, m *Matter) *Matter {
	m.shipped = sync.OnceValue(m.readShipped)
	m.which = m.lessonKind().New().Optional()
	m.reveal, m.goal, m.waypoint = m.Expression.New(), m.Condition.New(), m.Condition.New()
	for _, c := range slices.Concat(m.narration(), m.questions(), m.goals(), m.help(), m.lessons(), m.beats()) {
		if m.Needs != nil {
			c.Needs = m.Needs(c.Name)
		}
		if c.Examples = m.Examples[c.Name]; c.Topic == "" {
			c.Topic = m.Topic
		}
		t.Register(c)
	}
	return m
}
