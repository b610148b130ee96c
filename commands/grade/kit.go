package grade

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"raftlab/commands/files"
	"raftlab/commands/prose"
	"raftlab/docs"
)

// WriteKit writes what a course needs to a directory that is empty or not there yet, and says
// what it wrote.
func WriteKit(dir string, say func(string)) error {
	there, err := os.ReadDir(dir)
	switch {
	case err == nil && len(there) > 0:
		return fmt.Errorf("%s is not empty, and nothing in it is overwritten: choose another directory",
			prose.Visible(dir))
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: %s", prose.Visible(dir), files.Reason(err))
	}
	for _, f := range docs.Course() {
		mode := os.FileMode(0o644)
		if f.Runs {
			mode = 0o755
		}
		if err := writeNew(filepath.Join(dir, filepath.FromSlash(f.Name)), []byte(f.Text), mode); err != nil {
			return err
		}
	}
	program, err := ownProgram()
	if err != nil {
		return err
	}
	if program == nil {
		say("Build raftlab for Linux into each folder of " + prose.Visible(dir) + ": its README says how.\n")
	}
	for _, folder := range docs.CoursePrograms() {
		if program == nil {
			break
		}
		if err := writeNew(filepath.Join(dir, folder, "raftlab"), program, 0o755); err != nil {
			return err
		}
	}
	say("Wrote " + prose.Visible(dir) + ": " + prose.And(docs.CoursePrograms()) + ". " +
		prose.Visible(filepath.Join(dir, "README.md")) + " tells how to use them.\n")
	return nil
}

func writeNew(path string, text []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("%s: %s", prose.Visible(filepath.Dir(path)), files.Reason(err))
	}
	return files.Write(path, text, mode)
}

// ownProgram is raftlab as an executable for Linux, which is where autograders run; nil where
// this one is none.
func ownProgram() ([]byte, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, nil
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", path, files.Reason(err))
	}
	return program, nil
}
