//go:build unix

package files

import (
	"os"
	"syscall"
)

// hardLinks is how many names (hard links) a file has.
func hardLinks(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
