package main

import "testing"

const linesAsPrinted = `goos: linux
BenchmarkLoad/3_nodes,_one_proposal_a_round/raftlab-2   	  223952	       512.2 ns/op	         4.000 messages/proposal	   1000000 proposals/s	     276 B/op	       3 allocs/op
BenchmarkLoad/3_nodes,_one_proposal_a_round/etcd-2      	   22460	      5311 ns/op	         8.000 messages/proposal	    200000 proposals/s	    3233 B/op	      17 allocs/op
BenchmarkFollower/the_core_alone/raftlab-2              	  962919	       100.0 ns/op	      86 B/op	       0 allocs/op
BenchmarkFollower/the_core_alone/etcd-2                 	  232992	       250.0 ns/op	     681 B/op	       5 allocs/op
BenchmarkMemory/a_log_of_a_million_entries/raftlab-2    	       1	 119331895 ns/op	        54.35 B/entry
BenchmarkMemory/a_log_of_a_million_entries/etcd-2       	       1	 774116046 ns/op	       108.70 B/entry
PASS
`

func TestTable(t *testing.T) {
	var tab table
	for _, v := range versions {
		if err := tab.add(v.name, linesAsPrinted); err != nil {
			t.Fatal(err)
		}
	}
	want := `| load | raftlab | etcd v3.6.0 | times better | etcd v3.7.0 | times better |
|---|--:|--:|--:|--:|--:|
| 3 nodes, one proposal a round | 1,000,000/s | 200,000/s | 5.0 | 200,000/s | 5.0 |
| the core alone | 100 ns, 0 allocs | 250 ns, 5 allocs | 2.5 | 250 ns, 5 allocs | 2.5 |
| a log of a million entries | 54 B/entry | 109 B/entry | 2.0 | 109 B/entry | 2.0 |
`
	if got := tab.markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableWantsPairs(t *testing.T) {
	var tab table
	if err := tab.add("v3.6.0", "BenchmarkLoad/x/etcd-2 1 2 ns/op\n"); err == nil {
		t.Error("theirs without ours was taken")
	}
	if err := tab.add("v3.6.0", "PASS\n"); err == nil {
		t.Error("an output without benchmarks was taken")
	}
}
