package live

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftlab/raft"
)

var three = raft.Configuration{Voters: raft.SetOf(1, 2, 3)}

func files(dir string, must bool) *fileStorage {
	return &fileStorage{id: 1, dir: filepath.Join(dir, "S1"), stable: raft.Stable{Initial: three}, must: must}
}

// tester is a test, also one of rapid's.
type tester interface {
	Helper()
	Fatal(args ...any)
}

func mustLoad(t tester, f *fileStorage) raft.Stable {
	t.Helper()
	s, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustSave(t tester, f *fileStorage, s raft.Stable, what raft.Save) {
	t.Helper()
	if err := f.save(s, what); err != nil {
		t.Fatal(err)
	}
}

// text is all of what is stored.
func text(s raft.Stable) string {
	out := fmt.Sprintf("term %d vote %s log %d..%d after term", s.CurrentTerm, s.VotedFor, s.Log.FirstIndex(), s.Log.LastIndex())
	base, _ := s.Log.Term(s.Log.FirstIndex() - 1)
	out += fmt.Sprint(base)
	for i := s.Log.FirstIndex(); i <= s.Log.LastIndex(); i++ {
		e := s.Log.Entry(i)
		out += fmt.Sprintf(" %d:%s:%q", e.Term, e.Kind, e.Data)
	}
	if s.Snapshot != nil {
		out += fmt.Sprintf(" snapshot %d/%d %s %q", s.Snapshot.Index, s.Snapshot.Term, s.Snapshot.Configuration, s.Snapshot.Data)
	}
	return out
}

// change draws what one batch may do to a server's stable state.
func change(t *rapid.T, s raft.Stable) (raft.Stable, raft.Save) {
	var what raft.Save
	if rapid.Bool().Draw(t, "state") {
		s.CurrentTerm += rapid.Uint64Range(0, 2).Draw(t, "term")
		s.VotedFor = raft.ID(rapid.IntRange(0, 3).Draw(t, "vote"))
		what.State = true
	}
	if rapid.Bool().Draw(t, "log") {
		from := rapid.Uint64Range(s.Log.FirstIndex(), s.Log.LastIndex()+1).Draw(t, "from")
		s.Log.TruncateAfter(from - 1)
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			s.Log.Append(raft.Entry{Term: s.CurrentTerm, Kind: raft.Kind(rapid.IntRange(0, 2).Draw(t, "kind")), Data: rapid.String().Draw(t, "data")})
		}
		what.LogFrom = from
	}
	if s.Log.LastIndex() >= s.Log.FirstIndex() && rapid.IntRange(0, 4).Draw(t, "compact") == 0 {
		to := rapid.Uint64Range(s.Log.FirstIndex(), s.Log.LastIndex()).Draw(t, "to")
		term, _ := s.Log.Term(to)
		s.Snapshot = &raft.Snapshot{Index: to, Term: term, Configuration: three, Data: rapid.String().Draw(t, "state")}
		s.Log.CompactTo(to, term)
		what.Snapshot = true
	}
	return s, what
}

// What was saved is what a restart finds, after every batch.
func TestFilesGiveBackWhatWasSaved(t *testing.T) {
	base := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		f := files(dir, false)
		s := mustLoad(t, f)
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			var what raft.Save
			s, what = change(t, s)
			mustSave(t, f, s, what)
			if rapid.Bool().Draw(t, "restart") {
				if err := f.close(); err != nil {
					t.Fatal(err)
				}
				f = files(dir, true)
				if got := mustLoad(t, f); text(got) != text(s) {
					t.Fatalf("found\n%s\nsaved\n%s", text(got), text(s))
				}
			}
		}
		f.close()
	})
}

// write makes a log of a few batches and returns the file, where each record
// ends, and the state after each.
func write(t *testing.T, dir string) (data []byte, ends []int, states []string) {
	f := files(dir, false)
	s := mustLoad(t, f)
	size := func() int {
		info, err := os.Stat(f.logPath())
		if err != nil {
			t.Fatal(err)
		}
		return int(info.Size())
	}
	ends, states = append(ends, size()), append(states, text(s))
	for i := range 4 {
		s.CurrentTerm++
		s.Log.Append(raft.Entry{Term: s.CurrentTerm, Data: fmt.Sprintf("x=%d", i)})
		mustSave(t, f, s, raft.Save{State: true, LogFrom: s.Log.LastIndex()})
		ends, states = append(ends, size()), append(states, text(s))
	}
	f.close()
	data, err := os.ReadFile(f.logPath())
	if err != nil {
		t.Fatal(err)
	}
	return data, ends, states
}

// A log file that is cut anywhere in its last record is what it was before
// that record, and the cut is told; cut anywhere, a restart finds a state that
// was saved.
func TestTornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	data, ends, states := write(t, dir)
	for cut := ends[0]; cut < len(data); cut++ {
		for name, tail := range map[string][]byte{"short": nil, "zeros": make([]byte, len(data)-cut)} {
			f := files(dir, true)
			if err := os.WriteFile(f.logPath(), append(slices.Clone(data[:cut]), tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			whole := 0
			for whole+1 < len(ends) && ends[whole+1] <= cut {
				whole++
			}
			got := mustLoad(t, f)
			torn := cut != ends[whole] || tail != nil
			if text(got) != states[whole] || (len(f.repairs) == 1) != torn {
				t.Fatalf("%s from byte %d: %s, repairs %v; want %s", name, cut, text(got), f.repairs, states[whole])
			}
			if torn && (f.repairs[0].At != int64(ends[whole]) || !strings.Contains(f.repairs[0].String(), "cut short")) {
				t.Fatalf("cut at %d: %s", cut, f.repairs[0])
			}
			got.CurrentTerm += 10 // and the log goes on
			mustSave(t, f, got, raft.Save{State: true})
			f.close()
			f = files(dir, true)
			if again := mustLoad(t, f); text(again) != text(got) || len(f.repairs) > 0 {
				t.Fatalf("after the repair: %s, repairs %v; want %s", text(again), f.repairs, text(got))
			}
			f.close()
		}
	}
}

// A byte that is wrong anywhere before the last record is refused, never cut.
func TestDamageIsRefused(t *testing.T) {
	dir := t.TempDir()
	data, ends, _ := write(t, dir)
	last := ends[len(ends)-2]
	for at := range last {
		f := files(dir, true)
		bad := bytes.Clone(data)
		bad[at] ^= 0x41
		if err := os.WriteFile(f.logPath(), bad, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := f.load()
		var d *DamagedError
		if !errors.As(err, &d) {
			t.Fatalf("byte %d is wrong: %v", at, err)
		}
		if now, _ := os.ReadFile(f.logPath()); !bytes.Equal(now, bad) {
			t.Fatalf("byte %d is wrong: the file was changed", at)
		}
	}
}

// A log file is made whole, with all of the log after a snapshot in it, so that
// a cut in what it was made with is damage and no write that was cut short.
func TestCutInWhatAFileWasMadeWithIsRefused(t *testing.T) {
	dir := t.TempDir()
	data, ends, _ := write(t, dir)
	for cut := range ends[0] {
		f := files(dir, true)
		if err := os.WriteFile(f.logPath(), data[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := f.load()
		var d *DamagedError
		if !errors.As(err, &d) || d.Node != 1 || len(f.repairs) > 0 {
			t.Fatalf("cut at byte %d of the %d that it was made with: %v, repairs %v", cut, ends[0], err, f.repairs)
		}
	}
}

// Every error that the system gives about a data directory says what is wrong
// and what to do; the advice never rolls a disk back.
func TestUnusableDirectories(t *testing.T) {
	for number, want := range map[error]string{
		syscall.ENOTDIR: "a file is in the way", syscall.EISDIR: "a directory is in the way", syscall.EACCES: "no permission", syscall.EPERM: "no permission",
		syscall.EROFS: "read-only", syscall.ENOSPC: "disk is full", syscall.EDQUOT: "share of the disk is full", syscall.EEXIST: "in the way", syscall.EIO: "input/output error",
	} {
		for _, err := range []error{
			&fs.PathError{Op: "open", Path: "d/S1/log", Err: number}, &os.LinkError{Op: "rename", Old: "d/S1/log.new", New: "d/S1/log", Err: number},
			errors.Join(&fs.PathError{Op: "write", Path: "d/S1/log", Err: number}, &fs.PathError{Op: "sync", Path: "d/S1/log", Err: number}),
		} {
			got := unusable(err)
			if text := got.Error(); !strings.Contains(text, want) || !strings.Contains(text, "d/S1/log") || strings.Contains(text, "\n") || !errors.Is(got, number) {
				t.Errorf("%v: %s; want %q", err, text, want)
			}
		}
	}
	for _, err := range []error{&LockedError{"d"}, &DamagedError{Node: 2, Path: "d/S2/log", What: "w"}, &DamagedError{Path: "d/about", What: "w"}} {
		if got := unusable(err); got != err || strings.Contains(strings.ToLower(got.Error()), "restore") {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestDamagedSnapshotIsRefused(t *testing.T) {
	dir := t.TempDir()
	f := files(dir, false)
	s := mustLoad(t, f)
	s.CurrentTerm = 1
	s.Log.Append(raft.Entry{Term: 1, Data: "x=1"})
	s.Log.CompactTo(1, 1)
	s.Snapshot = &raft.Snapshot{Index: 1, Term: 1, Configuration: three, Data: "x=1"}
	mustSave(t, f, s, raft.Save{State: true, LogFrom: 1, Snapshot: true})
	f.close()
	good, err := os.ReadFile(f.snapshotPath())
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		var d *DamagedError
		if _, err := files(dir, true).load(); !errors.As(err, &d) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		os.WriteFile(f.snapshotPath(), bad, 0o644)
		refused(fmt.Sprintf("byte %d is wrong", at))
		os.WriteFile(f.snapshotPath(), good[:at], 0o644)
		refused(fmt.Sprintf("cut at byte %d", at))
	}
	os.Remove(f.snapshotPath())
	refused("the snapshot is gone")
	os.WriteFile(f.snapshotPath(), good, 0o644)
	os.Remove(f.logPath())
	refused("the log is gone")
}

// A crash between the snapshot and the log that begins after it leaves what
// Figure 13 makes of the two.
func TestCrashBetweenSnapshotAndLog(t *testing.T) {
	for name, c := range map[string]struct {
		index, term uint64
		want        string
	}{
		"the log has the entry": {2, 1, `term 7 vote  log 3..3 after term1 2:command:"c" snapshot 2/1 S1 S2 S3 "data"`},
		"of another term":       {2, 2, `term 7 vote  log 3..2 after term2 snapshot 2/2 S1 S2 S3 "data"`},
		"beyond the log":        {9, 7, `term 7 vote  log 10..9 after term7 snapshot 9/7 S1 S2 S3 "data"`},
	} {
		dir := t.TempDir()
		f := files(dir, false)
		s := mustLoad(t, f)
		s.CurrentTerm = 2
		for i, term := range []uint64{1, 1, 2} {
			s.Log.Append(raft.Entry{Term: term, Data: string(rune('a' + i))})
		}
		mustSave(t, f, s, raft.Save{State: true, LogFrom: 1})
		old, err := os.ReadFile(f.logPath())
		if err != nil {
			t.Fatal(err)
		}
		s.CurrentTerm = 7
		mustSave(t, f, s, raft.Save{State: true})
		withTerm, _ := os.ReadFile(f.logPath())
		s.Snapshot = &raft.Snapshot{Index: c.index, Term: c.term, Configuration: three, Data: "data"}
		s.Log.CompactTo(c.index, c.term)
		mustSave(t, f, s, raft.Save{Snapshot: true})
		f.close()
		if bytes.Equal(old, withTerm) {
			t.Fatal("the term was not written")
		}
		os.WriteFile(f.logPath(), withTerm, 0o644)
		f = files(dir, true)
		got := mustLoad(t, f)
		if text(got) != c.want {
			t.Errorf("%s: found\n%s\nwant\n%s", name, text(got), c.want)
		}
		if _, err := raft.New(1, got, &raft.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		f.close()
		if again := mustLoad(t, files(dir, true)); text(again) != c.want {
			t.Errorf("%s, a second time: %s", name, text(again))
		}
	}
}

func TestDataDirectory(t *testing.T) {
	dir := t.TempDir()
	start := func(nodes int) (*Cluster, error) { return Start(Config{Dir: dir, Nodes: nodes}) }
	c, err := start(3)
	if err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := start(3); !errors.As(err, &locked) {
		t.Errorf("a second process: %v", err)
	}
	c.Close()
	if _, err := start(5); err == nil || !strings.Contains(err.Error(), "made for 3 servers") {
		t.Errorf("another size: %v", err)
	}
	c, err = start(0)
	if err != nil || c.Nodes() != 3 {
		t.Fatalf("any size: %v", err)
	}
	c.Close()
	if err := os.RemoveAll(filepath.Join(dir, "S2")); err != nil {
		t.Fatal(err)
	}
	var d *DamagedError
	if _, err := start(3); !errors.As(err, &d) || !strings.Contains(d.Path, "S2") {
		t.Errorf("S2's files are gone: %v", err)
	}
}

// A server whose disk fails goes down, says why, and can be started again.
func TestDiskFails(t *testing.T) {
	c, err := Start(Config{Dir: t.TempDir(), Nodes: 1, Tick: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for c.View().Leader() == 0 {
	}
	done := make(chan struct{})
	_ = c.lookAt(1, func(p *process) { p.server.storage.(*fileStorage).log.Close(); close(done) })
	<-done
	if err := c.Put(t.Context(), "C1", "x", "1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("put: %v", err)
	}
	for c.View().Fault(1) == nil {
	}
	if err := c.View().Fault(1); !strings.Contains(err.Error(), "S1 cannot store") {
		t.Error(err)
	}
	if err := c.Restart(1); err != nil {
		t.Error(err)
	}
	if _, err := c.Script(); !errors.Is(err, ErrNoScript) {
		t.Errorf("the script of a run whose end is not on disk: %v", err)
	}
}

// A look that comes in one batch with the input at which the disk fails is done all
// the same: a View waits for it.
func TestDiskFails_LookedAtAllTheSame(t *testing.T) {
	c, err := Start(Config{Dir: t.TempDir(), Nodes: 1, Tick: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for c.View().Leader() == 0 {
	}
	held, release, looked := make(chan struct{}), make(chan struct{}), make(chan struct{})
	_ = c.lookAt(1, func(p *process) { p.server.storage.(*fileStorage).log.Close(); close(held); <-release })
	<-held
	inbox := c.server(1).process.Load().inbox
	go func() { _ = c.Put(t.Context(), "C1", "x", "1") }()
	for waiting := 0; waiting == 0; {
		inbox.mu.Lock()
		waiting = len(inbox.items)
		inbox.mu.Unlock()
	}
	if err := c.lookAt(1, func(*process) { close(looked) }); err != nil {
		t.Fatal(err)
	}
	close(release)
	select {
	case <-looked:
	case <-time.After(20 * time.Second):
		t.Fatal("the server failed, and the look that came with the command was never done")
	}
}

// A restart begins from the files, whatever the process still remembers.
func TestRestartReadsTheFiles(t *testing.T) {
	dir := t.TempDir()
	c, err := Start(Config{Dir: dir, Nodes: 1, Tick: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, value := range []string{"1", "2"} {
		if err := c.Put(t.Context(), "C1", "x", value); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Kill(1); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "S1", "log")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-1); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(1); err != nil {
		t.Fatal(err)
	}
	if r := c.Repairs(); len(r) != 1 || r[0].Node != 1 {
		t.Errorf("repairs: %v", r)
	}
	if x, err := c.Get(t.Context(), "C1", "x"); x != "1" || err != nil {
		t.Errorf("x is %q, %v", x, err)
	}
}
