package live

import "raftlab/raft"

// storage is a server's stable storage. Only the server's goroutine uses it.
type storage interface {
	// load is what a start begins from.
	load() (raft.Stable, error)
	// save returns when what has changed is stable: what, of s.
	save(s raft.Stable, what raft.Save) error
	// saved is what was stored last, for whoever looks at a server that is down.
	saved() raft.Stable
	close() error
}

// memoryStorage outlives a crash of a server, not of the process.
type memoryStorage struct{ stable raft.Stable }

func (m *memoryStorage) load() (raft.Stable, error) { return m.stable, nil }
func (m *memoryStorage) saved() raft.Stable         { return m.stable }
func (m *memoryStorage) close() error               { return nil }

func (m *memoryStorage) save(s raft.Stable, _ raft.Save) error {
	m.stable = s
	return nil
}
