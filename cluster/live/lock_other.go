//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package live

import (
	"fmt"
	"os"
	"runtime"
)

// lockDir cannot keep a second process out on this system, and two that write
// to one log lose data.
func lockDir(string) (*os.File, error) {
	return nil, fmt.Errorf("data in files needs file locks, which %s is not supported for; leave the data directory "+
		"out", runtime.GOOS)
}
