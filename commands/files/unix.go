//go:build unix

package files

import (
	"os"
	"syscall"
)

// nonblocking opens a pipe without waiting for who reads from it.
const nonblocking = syscall.O_NONBLOCK

// hardLinks is how many names (hard links) a file has.
func hardLinks(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
