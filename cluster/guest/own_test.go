package guest

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/network"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// What an entry has of its own goes wherever the entry goes: through a server of raftlab's
// own, which sends it on, to stable storage, and back; and the paper does not mind.
func TestOwnFieldsOfEntries(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	open := func(marks bool) *Program {
		p, err := OpenFunc(func() func([]byte) []byte {
			answer := Reference(&raft.Options{})
			return func(line []byte) []byte {
				mu.Lock()
				asked = append(asked, string(line))
				mu.Unlock()
				out := answer(line)
				if marks && !bytes.Contains(out, []byte(`"id":9`)) {
					out = bytes.ReplaceAll(out, []byte(`"command":"x=1"`), []byte(`"command":"x=1","id":9`))
				}
				return out
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	marking, plain := open(true), open(false)
	w, err := cluster.NewOf(func(id raft.ID) program.Program {
		return map[raft.ID]program.Program{1: marking, 2: program.Own(2), 3: plain}[id]
	}, 3, 1, setting.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	do := func(actions ...cluster.Action) {
		t.Helper()
		for _, a := range actions {
			if err := w.Apply(a); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			for w.Deliverable(raft.Set{}) {
				if err := w.Apply(cluster.DeliverNext{}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	do(cluster.Timeout{Node: 1}, cluster.SetLinks{Cut: true, Links: []network.Link{{From: 1, To: 3}, {From: 3, To: 1}}},
		cluster.Request{Client: "C1", Data: "x=1"}, cluster.Kill{Node: 1})
	asked = nil
	do(cluster.Timeout{Node: 2}, cluster.Heartbeat{Node: 2}, cluster.Kill{Node: 3})
	if all := strings.Join(asked, "\n"); !strings.Contains(all, `"type":"AppendEntries"`) ||
		!strings.Contains(all, `"id":9`) {
		t.Errorf("S3 is not told: %s", all)
	}
	asked = nil
	do(cluster.Restart{Node: 3})
	if all := strings.Join(asked, "\n"); !strings.Contains(all, `"stable":{`) || !strings.Contains(all, `"id":9`) {
		t.Errorf("S3's disk has lost it: %s", all)
	}
	if d := w.Departures(); len(d) > 0 {
		t.Errorf("%s", d[0].Text)
	}
	if v := w.Violations(); len(v) > 0 {
		t.Errorf("%s", v[0].Text)
	}
}
