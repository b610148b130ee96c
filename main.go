// Raftlab is a console in which Raft happens step by step.
package main

import (
	"os"

	"raftlab/console"
)

func main() {
	os.Exit(console.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
