// Package files reads and writes files for commands: whole or not at all, waiting
// for nobody longer than the command may, with what went wrong in plain words.
package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Write writes a file whole or not at all: until the new text is on the
// disk the old one stays, and nothing else is left behind. A file that exists
// keeps its mode, and a link stays and what it leads to is written; a file that
// nobody may write is refused even where its directory would let it be
// replaced. A new file has the mode given, less the umask.
func Write(path string, text []byte, mode os.FileMode) error {
	return writing{path: path, text: text, mode: mode}.do()
}

// Try only finds out whether a file could be written: everything is left as
// it was.
func Try(path string, text []byte, mode os.FileMode) error {
	return writing{path: path, text: text, mode: mode, trying: true}.do()
}

// writing is a file that is to be written.
type writing struct {
	path   string
	text   []byte
	mode   os.FileMode
	fresh  bool // nothing is there yet
	trying bool // only whether it would succeed: everything is left as it was
}

func (w writing) do() error {
	info, err := os.Stat(w.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		w.fresh = true
		if w.path, err = linked(w.path); err != nil {
			return err
		}
		return w.replace()
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return w.special()
	case info.Mode().Perm()&0o222 == 0: // which the superuser is not told otherwise
		return errors.New("it is read-only")
	}
	if w.path, err = filepath.EvalSymlinks(w.path); err != nil {
		return err
	}
	w.mode = info.Mode().Perm()
	old, err := os.OpenFile(w.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	if hardLinks(info) > 1 {
		return w.over(old) // a new file would leave the others behind
	}
	if err = w.replace(); errors.Is(err, os.ErrPermission) {
		return w.over(old) // the directory takes no new file
	}
	return err
}

// linked follows symbolic links to where a file would be made.
func linked(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errors.New("its symbolic links lead in a circle")
}

// special writes to a device or a pipe, which cannot be replaced. A pipe that
// nobody reads is refused, and not waited for.
func (w writing) special() error {
	f, err := os.OpenFile(w.path, os.O_WRONLY|nonblocking, 0)
	if errors.Is(err, syscall.ENXIO) {
		return errors.New("no program reads from it")
	}
	if err != nil {
		return err
	}
	if !w.trying {
		_, err = f.Write(w.text)
	}
	return errors.Join(err, f.Close())
}

// replace writes a file beside the old one and then puts it in its place.
func (w writing) replace() (err error) {
	tmp, err := w.beside()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil || w.trying {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(w.text)
	if err == nil && !w.fresh {
		err = tmp.Chmod(w.mode)
	}
	if err == nil {
		err = tmp.Sync() // some file systems tell only now that there is no space
	}
	if err = errors.Join(err, tmp.Close()); err != nil || w.trying {
		return err
	}
	return os.Rename(tmp.Name(), w.path)
}

// beside makes an empty file, of a name that nothing has, in the same directory.
func (w writing) beside() (*os.File, error) {
	dir := filepath.Dir(w.path)
	for n := 0; ; n++ {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf(".raftlab-%d-%d.new", os.Getpid(), n)),
			os.O_WRONLY|os.O_CREATE|os.O_EXCL, w.mode)
		if !errors.Is(err, os.ErrExist) || n > 1000 {
			return f, err
		}
	}
}

// over writes over the old text in place. Where there is no space for what is
// longer the old text is written back, which has its space.
func (w writing) over(f *os.File) error {
	before, err := io.ReadAll(f)
	if err != nil || w.trying {
		return err
	}
	_, err = f.WriteAt(w.text, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return f.Truncate(int64(len(w.text)))
	}
	_, back := f.WriteAt(before, 0)
	return errors.Join(err, back, f.Truncate(int64(len(before))))
}
