package live

import "raftlab/raft"

// storage is a server's stable storage. Only the server's goroutine uses it.
type storage interface {
	// load returns what the server starts from.
	load() (raft.Stable, error)
	// save stores those parts of s that what names, and returns when they are stable.
	save(s raft.Stable, what raft.Save) error
	// saved is what was stored last, to show of a server that is down.
	saved() raft.Stable
	close() error
}

// memoryStorage survives a Kill of the server, but not the end of the process.
type memoryStorage struct{ stable raft.Stable }

func (m *memoryStorage) load() (raft.Stable, error) { return m.stable, nil }
func (m *memoryStorage) saved() raft.Stable         { return m.stable }
func (m *memoryStorage) close() error               { return nil }

func (m *memoryStorage) save(s raft.Stable, _ raft.Save) error {
	m.stable = s
	return nil
}
