package docs

import "embed"

//go:embed course/*
var course embed.FS

// CourseFile is a file of the course that `raftlab grade kit` writes.
type CourseFile struct {
	GuestFile      // its name with its directory
	Runs      bool // it is a program
}

// CoursePrograms is the directories of the course that need raftlab itself.
func CoursePrograms() []string { return []string{"starter", "gradescope", "classroom50"} }

// Course is what a course on writing Raft needs, as files.
func Course() (all []CourseFile) {
	add := func(name, text string, runs bool) {
		all = append(all, CourseFile{GuestFile{name, text}, runs})
	}
	for _, f := range []struct {
		name, from string
		runs       bool
	}{
		{"README.md", "README.md", false},
		{"starter/README.md", "starter.md", false},
		{"starter/.github/workflows/raft.yml", "ci.yml", false},
		{"gradescope/setup.sh", "setup.sh", true},
		{"gradescope/run_autograder", "run_autograder", true},
		{"classroom50/autograder.py", "autograder.py", true},
	} {
		text, err := course.ReadFile("course/" + f.from)
		if err != nil {
			panic(err) // the binary carries it
		}
		add(f.name, string(text), f.runs)
	}
	kit, _ := Guest("my_raft.py")
	for i, file := range kit.Files {
		add("starter/"+file.Name, file.Text, false)
		if i > 0 { // what a submission must not replace
			add("gradescope/"+file.Name, file.Text, false)
			add("classroom50/"+file.Name, file.Text, false)
		}
	}
	return all
}
