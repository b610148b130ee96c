module raftlab/raft/bench/etcdguest

go 1.26

require go.etcd.io/raft/v3 v3.6.0

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/benbjohnson/immutable v0.4.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/mattn/go-shellwords v1.0.16 // indirect
	golang.org/x/exp v0.0.0-20220518171630-0b5c67f07fdf // indirect
	google.golang.org/protobuf v1.33.0 // indirect
)

require raftlab v0.0.0

replace raftlab => ../../..
