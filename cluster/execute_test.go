package cluster

import (
	"fmt"
	"testing"
)

// Servers that apply the same entries hold the same states in one place, and do
// so again some time after one of them had to begin anew.
func TestStatesAreShared(t *testing.T) {
	w := newWorld(t, 3, 1)
	elect(t, w, 1)
	put := func(n int) {
		for i := range n {
			do(t, w, Request{Client: "C1", Data: fmt.Sprintf("x%d=%d", i%5, i)})
			settle(t, w)
		}
		beat(t, w, 1)
	}
	shared := func() bool {
		return w.servers[0].machine == w.servers[1].machine && w.servers[1].machine == w.servers[2].machine
	}
	if put(32); !shared() {
		t.Error("each server has a state of its own")
	}
	do(t, w, Kill{3}, Restart{3})
	if put(3); shared() {
		t.Fatal("a server that began anew has come by the same states at once; how would it?")
	}
	if put(64); !shared() {
		t.Error("it has states of its own still")
	}
}
