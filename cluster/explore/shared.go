//go:build !js

package explore

import "sync/atomic"

// What workers read and write without a lock. In a browser there is one worker: see shared_js.go.
type (
	sharedWord           = atomic.Uint64
	sharedNumber         = atomic.Int32
	sharedPointer[T any] = atomic.Pointer[T]
)
