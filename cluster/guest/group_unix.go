//go:build unix

package guest

import (
	"os/exec"
	"syscall"
)

// ownGroup starts a program in a process group of its own. So it can be ended with all that it
// starts, and a Ctrl-C at the terminal does not reach it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
