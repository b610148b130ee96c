//go:build !js

package files

import "syscall"

// nonblocking opens a pipe without waiting for who reads from it.
const nonblocking = syscall.O_NONBLOCK
