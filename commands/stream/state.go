package stream

import (
	"cmp"
	"slices"

	"raftlab/commands/prose"
)

// storyKept is how many lines of the last command's story a new page gets.
const storyKept = 30

// State is what a page has now: items folded into the whole. The zero value is before the first.
type State struct {
	now      SnapshotItem
	begun    bool
	command  *CommandItem // the last one; of its steps only the end of their story
	story    []StoryLine  // the end of that of the command that runs
	question Item         // the question that is open, or the answers to the last one
	old      bool         // the answers are those that an earlier command has shown
}

// Apply folds an item in.
func (s *State) Apply(item Item) {
	switch x := item.(type) {
	case *SnapshotItem:
		s.now, s.begun, s.story = *x, true, nil // what led elsewhere is told no more
		s.now.Nodes, s.now.Messages = slices.Clone(x.Nodes), slices.Clone(x.Messages)
	case *FrameItem:
		s.steps(x.Steps)
	case *CommandItem:
		s.steps(x.Steps)
		s.command, s.story = s.told(x), nil
		if _, over := s.question.(*AnswersItem); over && s.old {
			s.question = nil
		}
		s.old = true
	case *QuestionItem, *AnswersItem:
		s.question, s.old = x, false
	case *ClosedItem:
		s.question = nil
	}
}

func (s *State) steps(all []*Step) {
	for _, x := range all {
		s.step(x)
	}
}

// told is a command that is over, with the end of its story in one step that changes nothing: a new
// page has the state already, and is to see that the command brought it about.
func (s *State) told(x *CommandItem) *CommandItem {
	c := *x
	c.Steps = []*Step{}
	if len(s.story) > 0 {
		c.Steps = append(c.Steps, &Step{Position: s.now.Position, Clock: s.now.Clock, Story: s.story})
	}
	return &c
}

func (s *State) step(x *Step) {
	n := &s.now
	s.story = slices.Concat(s.story, x.Story)
	s.story = s.story[max(0, len(s.story)-storyKept):]
	n.Position, n.Clock = x.Position, x.Clock
	n.Branch, n.TimeoutMax = cmp.Or(x.Branch, n.Branch), cmp.Or(x.TimeoutMax, n.TimeoutMax)
	n.Nodes = over(n.Nodes, x.Nodes, func(v *Node) string { return v.ID })
	n.Messages = mailAfter(n.Messages, x)
	slices.SortFunc(n.Messages, func(a, b *Message) int { return prose.ByNumber(a.ID, b.ID) })
	put(&n.InFlight, x.InFlight)
	put(&n.Cut, x.Cut)
	put(&n.Sides, x.Sides)
	put(&n.Bugs, x.Bugs)
	put(&n.Violations, x.Violations)
	put(&n.Departures, x.Departures)
	put(&n.Clients, x.Clients)
}

func put[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// Snapshot is the whole as one item; nil before the first snapshot.
func (s *State) Snapshot() Item {
	if !s.begun {
		return nil
	}
	now := s.now
	return &now
}

// Items is what brings a new page here: the whole, what the class is asked, and the last command.
func (s *State) Items() []Item {
	if !s.begun {
		return nil
	}
	all := []Item{s.Snapshot()}
	if s.question != nil { // before the command that asked it or showed its answers, as when it was made
		all = append(all, s.question)
	}
	if s.command != nil {
		all = append(all, s.command)
	}
	return all
}
