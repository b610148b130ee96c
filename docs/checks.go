package docs

import "embed"

//go:embed grade/*.raft
var checks embed.FS

// Check is a script of the exercise that `raftlab grade` plays: STAGE-NUMBER-NAME.raft.
type Check struct{ File, Text string }

// Checks is the scripts of the exercise, in their order.
func Checks() (all []Check) {
	entries, err := checks.ReadDir("grade")
	if err != nil {
		panic(err) // the binary carries them
	}
	for _, e := range entries {
		text, err := checks.ReadFile("grade/" + e.Name())
		if err != nil {
			panic(err)
		}
		all = append(all, Check{e.Name(), string(text)})
	}
	return all
}
