//go:build !js

package term

import "github.com/chzyer/readline"

// mode is how a terminal hands over keys.
type mode = readline.State

func isTTY(fd int) bool                          { return readline.IsTerminal(fd) }
func makeRaw(fd int) (before *mode, err error)   { return readline.MakeRaw(fd) }
func setMode(fd int, m *mode) error              { return readline.Restore(fd, m) }
func size(fd int) (width, height int, err error) { return readline.GetSize(fd) }
