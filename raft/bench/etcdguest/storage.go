package main

import (
	"strings"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// storage is etcd's Storage: the kit's Log, and what of the rest is on the disk.
type storage Etcd

var _ etcd.Storage = (*storage)(nil)

func (s *storage) InitialState() (pb.HardState, pb.ConfState, error) {
	return s.hard, (*Etcd)(s).servers(), nil
}

func (s *storage) Entries(low, high, _ uint64) ([]pb.Entry, error) {
	if int(low) < s.Log.FirstIndex() {
		return nil, etcd.ErrCompacted
	}
	all := make([]pb.Entry, 0, high-low)
	for i := low; i < high; i++ {
		e := s.Log.At(int(i))
		all = append(all, pb.Entry{Term: uint64(e.Term), Index: i, Data: data(e)})
	}
	return all, nil
}

func (s *storage) Term(i uint64) (uint64, error) {
	switch t := s.Log.Term(int(i)); {
	case t >= 0:
		return uint64(t), nil
	case int(i) < s.Log.FirstIndex():
		return 0, etcd.ErrCompacted
	}
	return 0, etcd.ErrUnavailable
}

func (s *storage) FirstIndex() (uint64, error) { return uint64(s.Log.FirstIndex()), nil }
func (s *storage) LastIndex() (uint64, error)  { return uint64(s.Log.LastIndex()), nil }

func (s *storage) Snapshot() (pb.Snapshot, error) {
	own := &s.Log.Snapshot
	return pb.Snapshot{Data: []byte(own.Data), Metadata: pb.SnapshotMetadata{
		Index: uint64(own.Index), Term: uint64(own.Term), ConfState: (*Etcd)(s).servers()}}, nil
}

// data is an entry as etcd carries it: nothing for the leader's own, which is empty there too.
func data(e Entry) []byte {
	if e.Kind == "noop" {
		return nil
	}
	return []byte(e.Kind + ":" + e.Command)
}

func entry(e *pb.Entry) Entry {
	if len(e.Data) == 0 {
		return Entry{Term: int(e.Term), Kind: "noop"}
	}
	kind, command, _ := strings.Cut(string(e.Data), ":")
	return Entry{Term: int(e.Term), Kind: kind, Command: command}
}
