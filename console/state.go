package console

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"raftlab/commands/files"
	"raftlab/console/term"
)

// statePath is the place of a file that outlives the session. It follows the
// XDG base directories; a relative one is invalid.
func statePath(name string) (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil || !filepath.IsAbs(home) {
			return "", errors.New("no home directory is known; set HOME or XDG_STATE_HOME")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "raftlab", name), nil
}

// keptHistory is the lines of earlier sessions. Its error is a warning: the
// history then serves without the file.
func keptHistory() (*term.History, error) {
	h := &term.History{}
	path, err := statePath("history")
	if err == nil {
		h, err = term.OpenHistory(path)
	}
	if err != nil {
		return h, fmt.Errorf("what you type is not kept for the next session: %w", err)
	}
	return h, nil
}

// stateFiles is a lesson.Store: files beside the history, which only the user can read.
type stateFiles struct{}

// Load reads a file. If there is none, it is empty.
func (stateFiles) Load(name string) ([]byte, error) {
	path, err := statePath(name)
	if err != nil {
		return nil, err
	}
	if err := ordinary(path); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Save writes a file whole or not at all.
func (stateFiles) Save(name string, data []byte) error {
	path, err := statePath(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := ordinary(path); err != nil {
		return err
	}
	if err := files.Write(path, data, 0o600); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, root(err))
	}
	return nil
}

// ordinary refuses pipes, devices and directories, on which a program hangs.
func ordinary(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not an ordinary file", path)
	}
	return nil
}
