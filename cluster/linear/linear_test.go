package linear

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftlab/cluster/machine"
)

// op is an operation of client C1..C9: "C1 x=1 ok 1 3" with the times at the
// end, "?" for an outcome that is unknown.
func op(client, command, result string, call, ret int64) Operation {
	return Operation{Client: client, Command: command, Result: result, Call: call, Return: ret, Unknown: result == "?"}
}

func TestHistories(t *testing.T) {
	for name, c := range map[string]struct {
		linearizable bool
		ops          []Operation
	}{
		"one after the other": {true, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "get x", "1", 3, 4), op("C2", "incr x", "2", 5, 6),
			op("C2", "cas x 2 7", "ok", 7, 8), op("C1", "cas x 2 9", "no 7", 9, 10),
			op("C1", "delete x", "ok", 11, 12), op("C2", "get x", "", 13, 14)}},
		"a stale read": {false, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 4), op("C2", "get x", "1", 5, 6)}},
		"a read beside the write sees the old value": {true, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 6), op("C2", "get x", "1", 4, 5)}},
		"a read beside the write sees the new value": {true, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 6), op("C2", "get x", "2", 4, 5)}},
		"a value that goes back": {false, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 9),
			op("C2", "get x", "2", 4, 5), op("C3", "get x", "1", 6, 7)}},
		"a write that is lost": {false, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C2", "get x", "", 3, 4)}},
		"an increment that is done twice": {false, []Operation{
			op("C1", "incr n", "1", 1, 2), op("C1", "get n", "2", 3, 4)}},
		"two increments with one result": {false, []Operation{
			op("C1", "incr n", "1", 1, 4), op("C2", "incr n", "1", 2, 3)}},
		"two swaps that both found the old value": {false, []Operation{
			op("C1", "x=0", "ok", 1, 2), op("C1", "cas x 0 1", "ok", 3, 6), op("C2", "cas x 0 2", "ok", 4, 5)}},
		"an unknown write that happened": {true, []Operation{
			op("C1", "x=1", "?", 1, 0), op("C2", "get x", "1", 5, 6)}},
		"an unknown write that did not": {true, []Operation{
			op("C1", "x=1", "?", 1, 0), op("C2", "get x", "", 5, 6)}},
		"an unknown write that happened late": {true, []Operation{
			op("C1", "x=1", "?", 1, 0), op("C2", "get x", "", 5, 6), op("C2", "get x", "1", 7, 8)}},
		"an unknown write that happened and then did not": {false, []Operation{
			op("C1", "x=1", "?", 1, 0), op("C2", "get x", "1", 5, 6), op("C2", "get x", "", 7, 8)}},
		"an unknown write that happened before its call": {false, []Operation{
			op("C2", "get x", "1", 1, 2), op("C1", "x=1", "?", 3, 0)}},
		"an unknown increment that happened twice": {false, []Operation{
			op("C1", "incr n", "?", 1, 0), op("C2", "get n", "1", 2, 3), op("C2", "get n", "2", 4, 5)}},
		"keys apart": {true, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "y=1", "ok", 3, 4), op("C2", "get x", "1", 5, 6), op("C2", "get y", "1", 7, 8)}},
		"one key of two": {false, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "y=1", "ok", 3, 4), op("C2", "get x", "1", 5, 6), op("C2", "get y", "", 7, 8)}},
		"keys in quotes": {false, []Operation{
			op("C1", `"a b"=1`, "ok", 1, 2), op("C2", `get "a b"`, "", 3, 4)}},
		"what the store does not know": {true, []Operation{op("C1", "hello world", "", 1, 2)}},
		"nothing":                      {true, nil},
	} {
		for kind, checker := range map[string]Checker{"by key": KV(), "whole": Whole(machine.NewKV())} {
			err := checker.Check(c.ops, time.Minute)
			var no *NotLinearizable
			if c.linearizable && err != nil || !c.linearizable && !errors.As(err, &no) {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
	}
}

// The failure names two operations that do not go together, each with its moments.
func TestTheFailureNamesTwoOperations(t *testing.T) {
	for _, c := range []struct {
		what, says string
		ops        []Operation
	}{
		{"a stale read", `no order of the 3 operations on key x explains all results: ` +
			`C2's get x, sent at #7, got "1" at #8, although C1's x=2, sent at #3, had got "ok" at #4`, []Operation{
			op("C1", "x=1", "ok", 1, 2), op("C1", "y=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 4),
			op("C2", "get x", "1", 7, 8)}},
		{"a read before it was right", `C2's get x, sent at #7, got "1" at #8, after C3's get x, sent at #5, had got "2" at #6`,
			[]Operation{op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "ok", 3, 4),
				op("C3", "get x", "2", 5, 6), op("C2", "get x", "1", 7, 8)}},
		{"a value that goes back", `C3's get x, sent at #6, got "1" at #7, although C2's get x, sent at #4, had got "2" at #5`,
			[]Operation{op("C1", "x=1", "ok", 1, 2), op("C1", "x=2", "?", 3, 0),
				op("C2", "get x", "2", 4, 5), op("C3", "get x", "1", 6, 7)}},
		{"two increments with one result", `C2's incr n, sent at #2, got "1" at #3, and C1's incr n, sent at #1, got "1" at #4`,
			[]Operation{op("C1", "incr n", "1", 1, 4), op("C2", "incr n", "1", 2, 3)}},
		{"an increment that is done twice", `C2's get n, sent at #3, got "2" at #4, after C1's incr n, sent at #1, had got "1" at #2`,
			[]Operation{op("C1", "incr n", "1", 1, 2), op("C2", "get n", "2", 3, 4)}},
		{"a read before the write", `C2's get x, sent at #1, got "1" at #2, and C1's x=1, sent at #3, got no reply`,
			[]Operation{op("C2", "get x", "1", 1, 2), op("C1", "x=1", "?", 3, 0)}},
		{"a write that is lost", `C2's get x, sent at #3, got nothing at #4, although C1's x=1, sent at #1, had got "ok" at #2`,
			[]Operation{op("C1", "x=1", "ok", 1, 2), op("C2", "get x", "", 3, 4)}},
		{"the only one", `the only operation on key x cannot have this result: C1's get x, sent at #1, got "7" at #2`,
			[]Operation{op("C1", "get x", "7", 1, 2)}},
		{"what was asked twice", `C1's incr n, sent at #3 and first answered at #5, got "3" at #9, after`, []Operation{
			op("C1", "incr n", "1", 1, 2), {Client: "C1", Command: "incr n", Result: "3", Call: 3, Return: 5, Told: 9}}},
	} {
		if err := KV().Check(c.ops, 0); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestNoHistory(t *testing.T) {
	err := KV().Check([]Operation{op("C1", "x=1", "ok", 5, 4)}, 0)
	if err == nil || !strings.Contains(err.Error(), "no history") {
		t.Errorf("a return before its call: %v", err)
	}
}

// A search that does not end is a failure, not a success.
func TestUnknownIsAFailure(t *testing.T) {
	var ops []Operation
	for i := range 60 {
		ops = append(ops, op(fmt.Sprint("C", i), fmt.Sprintf("x=%d", i), "?", 1, 0))
	}
	ops = append(ops, op("C", "get x", "never", 2, 3))
	if err := KV().Check(ops, time.Millisecond); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
}

// What a real machine did, one command at a time, is linearizable with any
// intervals around it; with one result changed to what no order gives, it is not.
func TestWhatHappenedIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m machine.Machine = machine.NewKV()
		var ops []Operation
		n := rapid.IntRange(1, 30).Draw(t, "n")
		for i := range n {
			key := rapid.SampledFrom([]string{"x", "y", "a b"}).Draw(t, "key")
			value := fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "value"))
			command := rapid.SampledFrom([]string{
				machine.Put(key, value), machine.Get(key), machine.Incr(key), machine.Delete(key), machine.CAS(key, value, "9"),
			}).Draw(t, "command")
			var result string
			m, result = m.Apply(command)
			at := int64(100 * (i + 1))
			ops = append(ops, Operation{
				Client: fmt.Sprint("C", i), Command: command, Result: result,
				Call:    at - rapid.Int64Range(0, 300).Draw(t, "before"),
				Return:  at + rapid.Int64Range(0, 300).Draw(t, "after"),
				Unknown: rapid.IntRange(0, 9).Draw(t, "unknown") == 0,
			})
		}
		if err := KV().Check(ops, time.Minute); err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, n-1).Draw(t, "changed")
		ops[i].Result, ops[i].Unknown = "what nobody wrote", false
		var no *NotLinearizable
		if err := KV().Check(ops, time.Minute); !errors.As(err, &no) {
			t.Fatalf("with a false result: %v", err)
		}
	})
}

func TestKey(t *testing.T) {
	for command, want := range map[string]string{
		"x=1": "x", "get x": "x", "cas x 1 2": "x", "incr x": "x", "delete x": "x",
		`"a b"=1`: "a b", `get "a=b"`: "a=b", `cas "\x01" 1 2`: "\x01", `"get"=1`: "get", "get=1": "get",
		"hello": "", "hello x": "", "": "", `get "open`: "", "=1": "", "get": "",
	} {
		if key, ok := key(command); key != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", command, key, ok)
		}
	}
}

func TestHistory(t *testing.T) {
	h := NewHistory()
	a, b, c := h.Call("C1", "x=1"), h.Call("C2", "get x"), h.Call("C3", "x=2")
	h.Return(b, "1")
	h.NotDone(c)
	ops := h.Operations()
	if len(ops) != 2 || !ops[a].Unknown || ops[b].Unknown || ops[b].Return < ops[b].Call {
		t.Errorf("%+v", ops)
	}
	if err := KV().Check(ops, 0); err != nil {
		t.Error(err)
	}
}

func TestPicture(t *testing.T) {
	var b bytes.Buffer
	err := KV().Picture([]Operation{op("C1", "x=1", "ok", 1, 2), op("C2", "get x", "", 3, 4), op("C1", "x=2", "?", 5, 0)}, 0, &b)
	if err != nil || !strings.Contains(b.String(), "<html") || !strings.Contains(b.String(), "get x") {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}
