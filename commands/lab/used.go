package lab

import "raftlab/commands/lang"

// Counter is the observer that counts the commands of a session.
type Counter struct {
	lang.Unmoved
	Lab *Lab
}

// Around counts a call, whatever comes of it.
func (u *Counter) Around(c *lang.Call) (after func(*lang.Result) error) {
	if c.Command != nil {
		u.Lab.Used[c.Command.Name]++
	}
	return nil
}
