module raftlab/raft/bench/etcd36

go 1.26

require (
	go.etcd.io/raft/v3 v3.6.0
	raftlab v0.0.0
)

require (
	github.com/benbjohnson/immutable v0.4.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	golang.org/x/exp v0.0.0-20220518171630-0b5c67f07fdf // indirect
	google.golang.org/protobuf v1.33.0 // indirect
)

replace raftlab => ../../..
