package console

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"raftlab/commands"
	"raftlab/commands/each"
)

// sessionsKept is how many sessions are kept; older ones are removed.
const sessionsKept = 10

// sessionsDir is where they are, beside the history.
const sessionsDir = "sessions"

// sessionFiles are the names of the kept sessions, the one written last at the end.
func sessionFiles() []string {
	dir, err := statePath(sessionsDir)
	if err != nil {
		return nil
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var kept []os.FileInfo
	for _, f := range all {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() && filepath.Ext(f.Name()) == ".json" {
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	return each.As(kept, func(info os.FileInfo) string { return filepath.Join(sessionsDir, info.Name()) })
}

func removeOldSessions() {
	names := sessionFiles()
	for _, name := range names[:max(0, len(names)-sessionsKept+1)] {
		if path, err := statePath(name); err == nil {
			_ = os.Remove(path)
		}
	}
}

// lastSession is the session that was kept last, and the name of its file.
func lastSession() (data []byte, name string, err error) {
	names := sessionFiles()
	if len(names) == 0 {
		return nil, "", errors.New("no session is kept to resume; raftlab keeps one as soon as you have changed " +
			"something at the prompt")
	}
	name = names[len(names)-1]
	data, err = stateFiles{}.Load(name)
	return data, name, err
}

// resumeLine is the line of the banner that says that there is a session to resume;
// "" where there is none.
func resumeLine() string {
	data, _, err := lastSession()
	if err != nil {
		return ""
	}
	switch n := commands.KeptCommands(data); n {
	case 0:
		return ""
	case 1:
		return "Your last session, of one command, is kept: raftlab --resume takes it up."
	default:
		return fmt.Sprintf("Your last session, of %d commands, is kept: raftlab --resume takes it up.", n)
	}
}
