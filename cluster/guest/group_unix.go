//go:build unix

package guest

import (
	"os/exec"
	"syscall"
)

// ownGroup has a program begin a process group, so that it ends with all that it
// starts, and a Ctrl-C at the terminal is not for it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
