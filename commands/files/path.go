package files

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Resolve is the absolute path of a file, with all links followed if it exists. Two paths of one
// file are equal then.
func Resolve(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// WhyUnwritten is an error of Write in words, without the path. If something does not exist, it says
// that the directory does not.
func WhyUnwritten(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such directory"
	}
	return Reason(err)
}

// Reason is an error of the file system in words, without the path.
func Reason(err error) string {
	var at *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "there is no such file"
	case runtime.GOOS == "js" && errors.Is(err, errors.ErrUnsupported):
		return "a tab of a browser has no files; share prints the session as a text"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}
