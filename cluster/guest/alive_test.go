package guest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// alive tells whether a process runs.
func alive(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}

// stays tells whether a process still runs after a while.
func stays(pid int) bool {
	for range 100 {
		if !alive(pid) {
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
	return true
}

// newLines reads lines one by one.
func newLines(r io.Reader) func() (string, bool) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<24)
	return func() (string, bool) {
		ok := s.Scan()
		return s.Text(), ok
	}
}
