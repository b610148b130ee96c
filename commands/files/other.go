//go:build !unix

package files

import "os"

// nonblocking is nothing where files are no pipes.
const nonblocking = 0

// hardLinks is how many names a file has, where that can be told.
func hardLinks(os.FileInfo) uint64 { return 1 }
