// Package guests has the commands for servers of the user's own.
package guests

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"raftlab/commands/files"
	"raftlab/commands/prose"
	"raftlab/docs"
)

// New writes the template of a server to a file of this name, which tells the language by its ending, and the
// kit beside it, and prints what to do next. Nothing is overwritten: a name that is taken is an error, and a kit
// that is there stays.
func New(name string, out io.Writer) error {
	kit, known := docs.Guest(name)
	if !known {
		return fmt.Errorf("%q says no language: end the name with %s; docs/guest.md has the protocol for any other",
			name, prose.Or(docs.GuestEndings()))
	}
	for _, file := range kit.Files[1:] {
		if file.Name == kit.Files[0].Name {
			return fmt.Errorf("%s is the kit's own name: choose another one for your server", file.Name)
		}
	}
	dir := filepath.Dir(name)
	var wrote, kept []string
	for i, file := range kit.Files {
		path := filepath.Join(dir, file.Name)
		there, err := os.ReadFile(path)
		switch {
		case err == nil && i == 0:
			return fmt.Errorf("%s exists, and is not overwritten: choose another name", path)
		case err == nil && !bytes.Equal(there, []byte(file.Text)):
			kept = append(kept, path)
		case err == nil:
		case !errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("%s: %s", path, files.Reason(err))
		default:
			if err := files.Write(path, []byte(file.Text), 0o666); err != nil {
				return fmt.Errorf("%s cannot be written: %s", path, files.WhyUnwritten(err))
			}
			wrote = append(wrote, path)
		}
	}
	_, err := fmt.Fprint(out, told(dir, kit, wrote, kept))
	return err
}

// told is what was written, and in two lines what to do next.
func told(dir string, kit docs.GuestKit, wrote, kept []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "wrote %s\n", prose.And(wrote))
	if len(kept) > 0 {
		fmt.Fprintf(&b, "%s was here before and differs from raftlab's own; it was left as it is\n", prose.And(kept))
	}
	enter := ""
	if dir != "." {
		enter = "cd " + dir + " && "
	}
	if kit.Build != "" {
		enter += kit.Build + " && "
	}
	fmt.Fprintf(&b, "Start three of these servers:  %sraftlab --nodes 3 --guest '%s'\n", enter, kit.Command)
	again := "guest reload"
	if kit.Build != "" {
		again = "build it again (" + kit.Build + ") and type guest reload"
	}
	fmt.Fprintf(&b, "Then type timeout S1. After each change to %s, %s.\n", kit.Files[0].Name, again)
	return b.String()
}
