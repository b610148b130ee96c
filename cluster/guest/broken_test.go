package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// TestMain is also the broken programs: a test starts its own binary again, with the
// name of what is to go wrong behind it.
func TestMain(m *testing.M) {
	if what := os.Getenv("RAFTLAB_BROKEN"); what != "" {
		broken(what)
		return
	}
	os.Exit(m.Run())
}

// broken answers as raftlab's own server would, but for one thing.
func broken(what string) {
	switch what {
	case "busy at first": // and not in its first thread
		runtime.LockOSThread()
		busy := make(chan bool)
		go func() {
			runtime.LockOSThread()
			for began := time.Now(); time.Since(began) < time.Second; {
			}
			close(busy)
		}()
		<-busy
	case "silent from the start":
		time.Sleep(time.Hour)
	}
	good := Reference(&raft.Options{})
	lines := newLines(os.Stdin)
	n := 0
	for {
		line, ok := lines()
		if !ok {
			return
		}
		n++
		if what == "silent at a timeout" && strings.Contains(line, "electionTimeout") {
			time.Sleep(time.Hour)
		}
		answer := string(good([]byte(line)))
		if n > 4 { // hello, and three servers that start
			answer = mangled(what, answer, n)
		}
		fmt.Println(answer)
	}
}

// mangled is the answer gone wrong, if the program still lives to give one.
func mangled(what, answer string, n int) string {
	replace := func(a, b string) string { return strings.Replace(answer, a, b, 1) }
	switch what {
	case "silent":
		time.Sleep(time.Hour)
	case "dies":
		fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\n  in on_election_timeout\nZeroDivisionError: division by zero")
		os.Exit(3)
	case "a signal":
		me, _ := os.FindProcess(os.Getpid())
		_ = me.Kill()
		time.Sleep(time.Hour)
	case "closes its output":
		_ = os.Stdout.Close()
		time.Sleep(time.Hour)
	case "a long failure":
		return fmt.Sprintf(`{"n":%d,"error":"%s"}`, n-1, strings.Repeat("é", 10_000))
	case "a long line on standard error":
		fmt.Fprintln(os.Stderr, strings.Repeat("é", 1<<20)+"\nshort")
	case "no JSON":
		return "leader elected!"
	case "many lines":
		return strings.ReplaceAll(answer, ",", ",\n")
	case "no end of the line":
		fmt.Print(answer)
		time.Sleep(time.Hour)
	case "no UTF-8":
		return replace(`{`, "{\"é�\":\"\xff\",")
	case "a configuration without servers":
		return strings.ReplaceAll(answer, `"log":[]`, `"log":[{"term":1,"kind":"config","command":""}]`)
	case "ends in a line":
		fmt.Print(answer[:20])
		os.Exit(0)
	case "a failure without words":
		return fmt.Sprintf(`{"n":%d,"error":""}`, n-1)
	case "a log that is null":
		return strings.ReplaceAll(answer, `"log":[]`, `"log":null`)
	case "a mark of the byte order":
		return "\ufeff" + answer + "\r"
	case "another number":
		return replace(`"n":`, `"n":7`)
	case "no view":
		return replace(`"view":`, `"veiw":`)
	case "a wrong field":
		return strings.ReplaceAll(answer, `"log":[]`, `"log":[{"term":"one"}]`)
	case "a number below 0":
		return strings.ReplaceAll(answer, `"commitIndex":0`, `"commitIndex":-1`)
	case "half a number":
		return strings.ReplaceAll(answer, `"commitIndex":0`, `"commitIndex":0.5`)
	case "a field twice":
		return strings.ReplaceAll(answer, `"view":{`, `"view":{"extra":[{"a":1,"b":{"c":1,"\u0063":1}}],`)
	case "a role of its own":
		return strings.ReplaceAll(answer, `"candidate"`, `"kandidat"`)
	case "to a stranger":
		return replace(`"to":"S2"`, `"to":"S9"`)
	case "to itself":
		return replace(`"to":"S2"`, `"to":"S1"`)
	case "a message of its own":
		return replace(`"type":"RequestVote"`, `"type":"PleaseVote"`)
	case "an error":
		return fmt.Sprintf(`{"n":%d,"error":"Traceback:\n  in x\nKeyError: 'S4'"}`, n-1)
	case "gigabytes":
		for range 1 << 10 {
			fmt.Print(strings.Repeat("x", 1<<20))
		}
	case "endless lines":
		for {
			fmt.Println(answer)
		}
	case "much on standard error":
		for i := range 10_000 {
			fmt.Fprintln(os.Stderr, "line", i)
		}
	case "a fork that stays", "a fork with a session of its own":
		c := exec.Command("sleep", "3600")
		if what != "a fork that stays" {
			c = exec.Command("setsid", "sleep", "3600")
		}
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		_ = c.Start()
		fmt.Fprintln(os.Stderr, "child", c.Process.Pid)
		os.Exit(0)
	case "impure":
		return strings.ReplaceAll(answer, `"commitIndex":0`, fmt.Sprintf(`"commitIndex":%d`, os.Getpid()))
	}
	return answer
}

// startBroken is a cluster of three servers that run a broken program.
func startBroken(t *testing.T, what string) (*Program, *cluster.World) {
	t.Helper()
	t.Setenv("RAFTLAB_BROKEN", what)
	p, err := Open(context.Background(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if p.SetLimit(20 * time.Second); what == "silent" || what == "no end of the line" {
		p.SetLimit(2 * time.Second)
	}
	return p, world(t, 3, p)
}

// TestBrokenPrograms: whatever goes wrong in a program is one error of the action,
// says what it is, and changes nothing.
func TestBrokenPrograms(t *testing.T) {
	for what, want := range map[string]string{
		"silent":             "no answer in 2s",
		"dies":               "it ended with exit code 3; it said last:\nTraceback (most recent call last):\n  in on_election_timeout\nZeroDivisionError: division by zero",
		"no JSON":            `it starts with "leader elected!"; what else a program prints belongs on standard error`,
		"many lines":         `unexpected end of JSON input; it starts with "{\"n\":4,"; each object is one whole line`,
		"no end of the line": "no answer in 2s: the line that it has begun does not end",
		"a log that is null": "",

		"no UTF-8":                        "answer 4: it is not UTF-8: byte 11 is 0xff",
		"a configuration without servers": "answer 4: view.log[0]: its configuration names no server",
		"ends in a line":                  "it ended in the middle of a line",

		"a failure without words":  "the program failed: it does not say how",
		"a mark of the byte order": "",

		"another number":         "answer 4: n: the question's number is wanted, not 74",
		"no view":                "answer 4: view: it is missing",
		"a wrong field":          `answer 4: view.log[0].term: a number is wanted, not "one"`,
		"a number below 0":       "answer 4: view.commitIndex: -1 is below 0",
		"half a number":          "answer 4: view.commitIndex: a whole number up to 2^53-1 is wanted, not 0.5",
		"a field twice":          `answer 4: view.extra[0].b.c: this field stands there twice`,
		"a role of its own":      `answer 4: view.role: "kandidat" is not a role; the roles are follower, candidate and leader`,
		"to a stranger":          "answer 4: send[0]: there is no S9",
		"to itself":              "answer 4: send[0]: it is for the server itself",
		"a message of its own":   `answer 4: send[0].message.type: there is no message "PleaseVote"`,
		"an error":               "the program failed: KeyError: 'S4'",
		"gigabytes":              "an answer of more than 64 megabytes",
		"much on standard error": "",
		"a fork that stays":      "it ended",

		"a fork with a session of its own": "it ended",

		"closes its output": "it closed its standard output",
		"a signal":          "it was ended by a signal: killed",
		"a long failure":    "the program failed: ééé",

		"a long line on standard error": "",
	} {
		t.Run(what, func(t *testing.T) {
			if what == "a fork with a session of its own" {
				needs(t, "setsid")
			}
			p, w := startBroken(t, what)
			before := w.Fingerprint()
			err := w.Apply(cluster.Timeout{Node: 1})
			var failure *program.Failure
			switch {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && !errors.As(err, &failure):
				t.Errorf("no failure but %v", err)
			case want != "" && !strings.Contains(err.Error(), want):
				t.Errorf("%q is not in %q", want, err)
			case want != "" && (w.Fingerprint() != before || w.State(1).CurrentTerm != 0 || len(w.Flights()) > 0):
				t.Error("something has changed")
			}
			var named interface{ Name() string }
			if what == "dies" && (!errors.As(err, &named) ||
				named.Name() != "it ended with exit code 3: ZeroDivisionError: division by zero") {
				t.Errorf("%v is named %v", err, named)
			}
			if err != nil && len(err.Error()) > 2*mostLine {
				t.Errorf("%d bytes tell what is wrong", len(err.Error()))
			}
			said, omitted := p.Said()
			if what == "dies" && len(said) > 0 {
				t.Errorf("what the error says is said twice: %q", said)
			}
			for i := 0; what == "a long line on standard error" && len(said) < 2 && i < 500; i++ {
				time.Sleep(10 * time.Millisecond) // it may not be read yet
				more, _ := p.Said()
				said = append(said, more...)
			}
			if what == "a long line on standard error" && (len(said) != 2 || len(said[0]) > mostLine || said[1] != "short") {
				t.Errorf("%d lines, of %d bytes", len(said), len(strings.Join(said, "\n")))
			}
			if what == "much on standard error" && (len(said) != mostSaid || omitted != 10_000-mostSaid) {
				time.Sleep(100 * time.Millisecond) // what is written last may not be read yet
				more, left := p.Said()
				if len(said)+len(more)+omitted+left != 10_000 {
					t.Errorf("%d lines and %d more", len(said), omitted)
				}
			}
			for _, line := range said {
				if pid := 0; strings.HasPrefix(what, "a fork ") {
					if _, err := fmt.Sscanf(line, "child %d", &pid); err == nil && stays(pid) {
						t.Errorf("process %d is left behind", pid)
					}
				}
			}
		})
	}
}

// TestASilenceLastsACommand: each answer that does not come costs seconds, so a command waits once for the
// same one, and the next command asks again.
func TestASilenceLastsACommand(t *testing.T) {
	p, w := startBroken(t, "silent at a timeout")
	p.SetLimit(200 * time.Millisecond)
	for range 2 {
		p.Use(context.Background())
		before := p.Calls.Load()
		for range 5 {
			if err := w.Apply(cluster.Timeout{Node: 1}); !program.Silent(err) {
				t.Error(err)
			}
		}
		if n := p.Calls.Load() - before; n != 1 {
			t.Errorf("%d questions were asked", n)
		}
	}
}

// TestALongName: what a program calls itself is shown in each line that it writes.
func TestALongName(t *testing.T) {
	name, _, err := readHello([]byte(`{"hello":{"protocol":1,"name":"` + strings.Repeat("é", 1<<20) + `"}}`))
	if err != nil || len(name) > mostShort || !strings.HasPrefix(name, "éé") {
		t.Errorf("%d bytes: %v", len(name), err)
	}
}

// TestWorksByPS: where there is no /proc, ps tells a program that computes from one that does nothing.
func TestWorksByPS(t *testing.T) {
	needs(t, "ps")
	needs(t, "sh")
	for script, want := range map[string]bool{"sleep 3600": false, "sleep 3600 & while :; do :; done": true} {
		c := exec.Command("sh", "-c", script)
		ownGroup(c)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		works := false
		for range 100 { // the first looks may see how it starts
			time.Sleep(20 * time.Millisecond)
			says, now, ok := worksByPS(c.Process.Pid)
			if !ok || says == "" {
				t.Fatalf("ps says %q", says)
			}
			if works = now; works == want {
				break
			}
		}
		if works != want {
			t.Errorf("%s: %v", script, works)
		}
		endGroup(c)
		_ = c.Wait()
	}
}

// TestEndlessLines: what a program writes without being asked is no answer to the
// next question.
func TestEndlessLines(t *testing.T) {
	_, w := startBroken(t, "endless lines")
	_ = w.Apply(cluster.Timeout{Node: 1})
	err := w.Apply(cluster.Timeout{Node: 2})
	if err == nil || !strings.Contains(err.Error(), "the question's number is wanted") {
		t.Error(err)
	}
}

// TestImpure: a program whose answers to the same question differ is named, with both.
func TestImpure(t *testing.T) {
	p, w := startBroken(t, "impure")
	p.Always = true
	err := w.Apply(cluster.Timeout{Node: 1})
	if err == nil || !strings.Contains(err.Error(), "the program is not pure: asked the same question twice, it first answers state") {
		t.Error(err)
	}
}

// TestInterrupted: a wait for an answer ends with its context, at once.
func TestInterrupted(t *testing.T) {
	p, w := startBroken(t, "silent")
	p.SetLimit(time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	p.Use(ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := w.Apply(cluster.Timeout{Node: 1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	calls := p.Calls.Load() // no other process is started for the next question, as searches ask it
	if err := w.Apply(cluster.Timeout{Node: 2}); !errors.Is(err, context.Canceled) || p.Calls.Load() != calls {
		t.Error(err, p.Calls.Load()-calls)
	}
	p.Use(context.Background())
}

// TestNotStarted: a program that cannot be started says so.
func TestNotStarted(t *testing.T) {
	for command, want := range map[string]string{
		"":                                "the command is empty",
		"'unfinished":                     "cannot be split into words",
		"no-such-program-here":            `"no-such-program-here" cannot be started`,
		"true":                            "the program's answer to hello: it ended",
		"echo leader":                     `hello: {"hello": {"protocol": 1, "name": …, "can": […]}} is wanted, not "leader"`,
		`echo '{"hello":{"protocol":2}}'`: "hello.protocol is 2, and raftlab speaks 1",
		`echo '{"hello":{"protocol":1,"can":["fly"]}}'`:          `hello.can[0]: there is no "fly"; there are "snapshot" "prevote"`,
		`echo '{"hello":{"protocol":"one"}}'`:                    `hello.protocol: a number is wanted, not "one"`,
		`echo '{"hello":{"protocol":1.0,"can":null,"more":[]}}'`: "<nil>",
	} {
		p, err := Open(context.Background(), command)
		if err == nil {
			p.Close()
		}
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, not %s", command, err, want)
		}
	}
}

// TestSlowStart: a program that is at work when it is to say hello has more time for it, and
// one that does nothing has not.
func TestSlowStart(t *testing.T) {
	needs(t, "setsid") // on Linux
	for what, want := range map[string]string{"busy at first": "<nil>", "silent from the start": "no answer in 200ms"} {
		t.Setenv("RAFTLAB_BROKEN", what)
		p := &Program{ctx: context.Background()}
		p.SetLimit(200 * time.Millisecond)
		a, err := launch(os.Args[0], &p.said)
		if err != nil {
			t.Fatal(err)
		}
		if err = p.greet(a); fmt.Sprint(err) != want {
			t.Errorf("%s: %v", what, err)
		}
		a.end()
	}
}

// lateHello says hello in the moment between the end of its time and the look at what it does.
type lateHello struct{}

func (l lateHello) ask(_ context.Context, line []byte, limit time.Duration) ([]byte, error) {
	if line == nil {
		return []byte(`{"hello": {"protocol": 1}}`), nil
	}
	return nil, silence{limit, false}
}
func (lateHello) starts() bool { return false }
func (lateHello) end()         {}

// TestHelloInTheLastMoment: who waits for nothing any more when it is looked at may just have said hello.
func TestHelloInTheLastMoment(t *testing.T) {
	if err := (&Program{ctx: context.Background()}).greet(lateHello{}); err != nil {
		t.Error(err)
	}
}
