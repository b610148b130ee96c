package commands

// SearchOutcome is what the last search came to (breach, reached, complete,
// bound), or "" when there was none, for a shell command that is to tell it by
// its exit code.
func (s *Session) SearchOutcome() string {
	if l, ok := s.world.(*lab); ok && l.explored != nil {
		return l.explored.Outcome
	}
	return ""
}
