package live

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"raftlab/raft"
)

// defaultNodes is the number of servers if neither Config nor the data says.
const defaultNodes = 5

// DamagedError says that stored data is not what was written. The server may have lost
// entries that it acknowledged, or a vote that it gave, so it does not start. An older
// copy of its files would not help, because that has certainly lost them.
type DamagedError struct {
	Node raft.ID // the server whose file it is; 0: the file is about the whole directory
	Path string
	What string
}

func (e *DamagedError) Error() string {
	if e.Node == 0 {
		return fmt.Sprintf("%s is damaged: %s; it must say “raftlab 1 servers N”, N being the number of servers "+
			"that have a directory beside it", e.Path, e.What)
	}
	return fmt.Sprintf("%s is damaged: %s. %s may have forgotten entries that it acknowledged or a vote that it "+
		"gave, and an older copy of its files certainly has, so neither may be used. What helps is to remove %s "+
		"from the cluster and to add it anew, empty; raftlab live cannot change its members, so start a new cluster "+
		"in another directory", e.Path, e.What, e.Node, e.Node)
}

// LockedError says that another process uses the data.
type LockedError struct{ Dir string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("another process uses %s; close it first, or choose another data directory", e.Dir)
}

// unusable turns an error of the system into a sentence that says what is wrong with a
// file or a directory, and what to do about it. Other errors are sentences already.
func unusable(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	path := ""
	switch {
	case errors.As(err, &at):
		path = at.Path
	case errors.As(err, &link):
		path = link.New
	default:
		return err
	}
	for _, c := range []struct {
		is  error
		why string
	}{
		{syscall.ENOTDIR, "a file is in the way where a directory must be;"},
		{syscall.EISDIR, "a directory is in the way where a file must be;"},
		{fs.ErrExist, "a file is in the way where a directory must be;"},
		{fs.ErrPermission, "this user has no permission; change the permissions, or"},
		{syscall.EROFS, "the file system is read-only;"},
		{syscall.ENOSPC, "the disk is full; make room, or"},
		{syscall.EDQUOT, "this user's share of the disk is full; make room, or"},
	} {
		if errors.Is(err, c.is) {
			return fmt.Errorf("cannot keep the data in %s: %s choose another data directory (%w)", path, c.why,
				root(err))
		}
	}
	return fmt.Errorf("cannot keep the data in %s: %w", path, root(err))
}

// root is the system's error number in a chain of errors, or err if there is none.
func root(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}

// Repair says that a log file's incomplete last record was cut off. The process or the
// machine died while the record was written, so no message had told of what it held.
type Repair struct {
	Node raft.ID
	Path string
	At   int64  // where the record began and the file now ends
	Lost int64  // how many bytes were cut off
	What string // what was there
}

func (r Repair) String() string {
	return fmt.Sprintf("repaired %s of %s, whose last write was cut short: removed %s from byte %d on (%s). If it "+
		"was a crash, nothing had been acknowledged from them", r.Path, r.Node, bytesText(r.Lost), r.At, r.What)
}

func bytesText(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// dataDir is a data directory: a directory for each server, a lock, and a file
// that says for how many servers it was made.
type dataDir struct {
	path  string
	nodes int
	made  bool // it already held data
	lock  *os.File
	files []*fileStorage
}

const aboutName = "about"

// openDataDir opens or makes a directory for that number of servers (0: the number that it
// was made for).
func openDataDir(path string, nodes int) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, err
	}
	d := &dataDir{path: path, nodes: nodes, lock: lock}
	if err := d.readAbout(); err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// readAbout reads for how many servers the directory was made.
func (d *dataDir) readAbout() error {
	name := filepath.Join(d.path, aboutName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if d.nodes == 0 {
			d.nodes = defaultNodes
		}
		return nil
	}
	if err != nil {
		return err
	}
	words := strings.Fields(string(text))
	n := 0
	if len(words) == 4 && strings.Join(words[:3], " ") == "raftlab 1 servers" {
		n, _ = strconv.Atoi(words[3])
	}
	switch {
	case n < 1:
		return &DamagedError{Path: name, What: fmt.Sprintf("it says %q", text)}
	case d.nodes != 0 && d.nodes != n:
		return fmt.Errorf("%s was made for %d servers, not %d; start it with %d, or choose another data directory",
			d.path, n, d.nodes, n)
	}
	d.nodes, d.made = n, true
	return nil
}

// complete notes in the directory that every server's files exist.
func (d *dataDir) complete() error {
	if d.made {
		return nil
	}
	text := fmt.Sprintf("raftlab 1 servers %d\n", d.nodes)
	return replaceFile(filepath.Join(d.path, aboutName), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

func (d *dataDir) storage(id raft.ID, empty raft.Stable) storage {
	f := &fileStorage{id: id, dir: filepath.Join(d.path, id.String()), stable: empty, must: d.made}
	d.files = append(d.files, f)
	return f
}

func (d *dataDir) close() error { return d.lock.Close() }

// fileStorage is a server's stable storage in a directory: a log file that is only
// appended to, and the snapshot before it. A new snapshot begins a new log file.
type fileStorage struct {
	id      raft.ID
	dir     string
	stable  raft.Stable // as stored
	must    bool        // the files were made before, so it is an error if they are missing
	log     *os.File
	next    uint64 // sequence of the next record
	buf     []byte
	repairs []Repair
}

func (f *fileStorage) logPath() string      { return filepath.Join(f.dir, "log") }
func (f *fileStorage) snapshotPath() string { return filepath.Join(f.dir, "snapshot") }
func (f *fileStorage) saved() raft.Stable   { return f.stable }

func (f *fileStorage) damaged(path, what string) error { return &DamagedError{f.id, path, what} }

func (f *fileStorage) close() error {
	if f.log == nil {
		return nil
	}
	err := f.log.Close()
	f.log = nil
	return err
}

// load reads the files, or makes them for a server that is new.
func (f *fileStorage) load() (raft.Stable, error) {
	if err := f.read(); err != nil {
		f.close()
		return raft.Stable{}, err
	}
	return f.stable, nil
}

func (f *fileStorage) read() error {
	snapshot, err := readSnapshot(f.id, f.snapshotPath())
	if err != nil {
		return err
	}
	data, err := os.ReadFile(f.logPath())
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case f.must || snapshot != nil:
		return f.damaged(f.logPath(), "it is gone")
	default:
		return f.create()
	}
	f.must = true
	s, err := f.readLog(data)
	if err != nil {
		return err
	}
	base := s.Log.FirstIndex() - 1
	switch {
	case snapshot == nil && base > 0 || snapshot != nil && snapshot.Index < base:
		return f.damaged(f.snapshotPath(), fmt.Sprintf("the log begins after entry %d, and the snapshot does not "+
			"reach there", base))
	case snapshot != nil && snapshot.Index > base:
		afterSnapshot(&s, snapshot)
		f.stable = s
		return f.rewriteLog() // the crash interrupted it
	}
	s.Snapshot = snapshot
	f.stable = s
	return nil
}

// create makes the directory and an empty log for a new server.
func (f *fileStorage) create() error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	f.must = true
	return errors.Join(f.rewriteLog(), syncDir(filepath.Dir(f.dir)))
}

// readLog reads the log file, cuts a torn record off its end, and opens it.
func (f *fileStorage) readLog(data []byte) (raft.Stable, error) {
	var s raft.Stable
	first := true
	good, records, torn, err := readRecords(data, func(payload []byte) error {
		if !first {
			return readBatch(payload, &s)
		}
		first = false
		return f.readHeader(payload, &s)
	})
	if err != nil {
		return s, f.damaged(f.logPath(), err.Error())
	}
	if f.log, err = os.OpenFile(f.logPath(), os.O_RDWR, 0); err != nil {
		return s, err
	}
	if torn != "" {
		f.repairs = append(f.repairs, Repair{f.id, f.logPath(), int64(good), int64(len(data) - good), torn})
		if err := errors.Join(f.log.Truncate(int64(good)), f.log.Sync()); err != nil {
			return s, err
		}
	}
	f.next = records
	_, err = f.log.Seek(int64(good), io.SeekStart)
	return s, err
}

// readHeader is the first record: it must be this server's.
func (f *fileStorage) readHeader(payload []byte, s *raft.Stable) error {
	var h logHeader
	if err := h.read(payload); err != nil {
		return err
	}
	if h.id != f.id {
		return fmt.Errorf("it is the log of %s", h.id)
	}
	s.Initial = h.initial
	s.Log.CompactTo(h.base, h.baseTerm)
	return nil
}

// afterSnapshot is Figure 13's rule 6, for a crash between writing a snapshot and
// rewriting the log. If the log has the snapshot's last entry, the entries after it stay;
// otherwise the log is discarded.
func afterSnapshot(s *raft.Stable, snapshot *raft.Snapshot) {
	if t, have := s.Log.Term(snapshot.Index); !have || t != snapshot.Term {
		s.Log.TruncateAfter(s.Log.FirstIndex() - 1)
	}
	s.Log.CompactTo(snapshot.Index, snapshot.Term)
	s.Snapshot = snapshot
}

// save writes what has changed as one record and syncs it.
func (f *fileStorage) save(s raft.Stable, what raft.Save) error {
	if what.Snapshot {
		return f.saveSnapshot(s, what)
	}
	if err := f.append(&s, what.LogFrom); err != nil {
		return err
	}
	f.stable = s
	return nil
}

func (f *fileStorage) append(s *raft.Stable, from uint64) error {
	f.buf = appendRecord(f.buf[:0], f.next, func(b []byte) []byte { return appendBatch(b, s, from) })
	if len(f.buf) > maxPayload {
		return fmt.Errorf("%d bytes at once; a record holds 1 GiB", len(f.buf))
	}
	if _, err := f.log.Write(f.buf); err != nil {
		return err
	}
	f.next++
	if cap(f.buf) > 1<<20 {
		f.buf = nil
	}
	return f.log.Sync()
}

// saveSnapshot writes the term first, because the snapshot may be of a later term than the
// log file, then the snapshot, then the log that begins after it. A restart can use the
// files after a crash between any two of these writes, and no reply has been sent by then.
func (f *fileStorage) saveSnapshot(s raft.Stable, what raft.Save) error {
	if what.State {
		if err := f.append(&s, 0); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error { return writeSnapshot(w, s.Snapshot) }
	if err := replaceFile(f.snapshotPath(), write); err != nil {
		return err
	}
	f.stable = s
	return f.rewriteLog()
}

// rewriteLog replaces the log file by one that holds only what must be stored now.
func (f *fileStorage) rewriteLog() error {
	s := &f.stable
	h := logHeader{id: f.id, initial: s.Initial, base: s.Log.FirstIndex() - 1}
	h.baseTerm, _ = s.Log.Term(h.base)
	b := appendRecord(nil, 0, h.append)
	from := s.Log.FirstIndex()
	b = appendRecord(b, 1, func(b []byte) []byte { return appendBatch(b, s, from) })
	err := replaceFile(f.logPath(), func(w io.Writer) error { _, err := w.Write(b); return err })
	if err != nil {
		return err
	}
	f.close()
	f.next = 2
	f.log, err = os.OpenFile(f.logPath(), os.O_RDWR|os.O_APPEND, 0)
	return err
}

// replaceFile writes a new file, syncs it, and renames it to the path. A crash leaves the old
// file or the new one, and never a part of one.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir syncs a directory, which makes the names of its files stable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
