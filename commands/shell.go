package commands

import "raftlab/commands/lab"

// SearchOutcome is what the last search came to (breach, reached, complete,
// bound), or "" when there was none, for a shell command that is to tell it by
// its exit code.
func (s *Session) SearchOutcome() string {
	if l, ok := s.world.(*lab.Lab); ok && l.Explored != nil {
		return l.Explored.Outcome
	}
	return ""
}
