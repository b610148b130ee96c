// Package docs carries the scenarios, the lessons, the stories of bugs and the
// tour inside the binary.
package docs

import (
	"embed"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed scenarios/*.raft lessons/*.raft bugs/*.raft
var files embed.FS

// Tour is the script of `tour`.
//
//go:embed tour.raft
var Tour string

// Scenarios is the names of the built-in scenarios, sorted: figure-4 before
// figure-10.
func Scenarios() []string {
	names := scripts("scenarios")
	slices.SortStableFunc(names, func(a, b string) int {
		if x, y := figure(a), figure(b); x > 0 && y > 0 {
			return x - y
		}
		return strings.Compare(a, b)
	})
	return names
}

// Bugs is the names of the bugs that have a story, sorted. No scenario has
// the name of one.
func Bugs() []string { return scripts("bugs") }

// scripts is the names of a directory's scripts, sorted.
func scripts(dir string) []string {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".raft"))
	}
	return names
}

// figure is the number of the figure that a scenario shows, or 0.
func figure(name string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(name, "figure-"))
	return n
}

// Scenario is the script of that name.
func Scenario(name string) (string, bool) { return script("scenarios", name) }

// Bug is the story of the bug of that name.
func Bug(name string) (string, bool) { return script("bugs", name) }

func script(dir, name string) (string, bool) {
	text, err := files.ReadFile(dir + "/" + name + ".raft")
	return string(text), err == nil
}

// Lessons is the names of the lessons of the course, in order: 01-…, 02-….
func Lessons() []string {
	entries, err := fs.ReadDir(files, "lessons")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".raft"); name[0] >= '0' && name[0] <= '9' {
			names = append(names, name)
		}
	}
	return names
}

// Lesson is the script of the lesson of that name, or the template. A line of it that
// says `# beats of NAME` stands for those lines of another lesson that lie between
// `# fast: from here` and `# fast: to here`.
func Lesson(name string) (string, bool) {
	text, ok := script("lessons", name)
	var b strings.Builder
	for line := range strings.Lines(text) {
		from, found := strings.CutPrefix(line, "# beats of ")
		if !found {
			b.WriteString(line)
			continue
		}
		other, _ := script("lessons", strings.TrimSpace(from))
		_, beats, _ := strings.Cut(other, "# fast: from here\n")
		beats, _, _ = strings.Cut(beats, "# fast: to here\n")
		b.WriteString(beats)
	}
	return b.String(), ok
}
