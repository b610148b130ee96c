// Package docs carries the manual and the scenarios inside the binary.
package docs

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed scenarios/*.raft
var files embed.FS

// Tour is the script of `tour`.
//
//go:embed tour.raft
var Tour string

// Scenarios is the names of the built-in scenarios, sorted.
func Scenarios() []string {
	entries, err := fs.ReadDir(files, "scenarios")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".raft"))
	}
	return names
}

// Scenario is the script of that name.
func Scenario(name string) (string, bool) {
	text, err := files.ReadFile("scenarios/" + name + ".raft")
	return string(text), err == nil
}
