//go:build unix

package console

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A script of somebody's own, which names another: stops in the middle of a line, a question,
// a goal, and an end before the end of the file.
const ownScript = `# own
say First we look.
pause
timeout S1; say It asks for votes.; pause
settle
source inner.raft
say Back in the first file.
checkpoint here
pause
predict who "Who leads?"
reveal who leader.id
goal "S2 is down" !S2.up within 2
kill S2
done
status
quit
this is never read
`

const ownInner = `put x 1
pause
settle
quit
this is never read
`

func writeOwn(t *testing.T, text string) (file string) {
	t.Helper()
	file = write(t, "own.raft", text)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(file), "inner.raft"), []byte(ownInner), 0o600))
	return file
}

// A script file has the prompt of the tour and of scenarios, with the files that it names: it
// says where one is, takes commands, goes back and to a beat, is one step of undo, and is come back to.
func TestAScriptOfOnesOwnAtATerminal(t *testing.T) {
	env, _ := stateDir(t)
	file := writeOwn(t, ownScript)
	s := real(t, spec{env: env, cols: 200, rows: 60})
	s.send("timeout S3; settle; source " + file + "\r")
	s.expect("First we look.")
	s.expect("own 1/6 [S3 leads t1 #52] Enter: timeout S1 > ")
	s.send("\r")
	s.expect("It asks for votes.")
	s.expect("own 2/6 [S3 leads t1 #60] Enter: settle > ")
	s.send("kill S2\r")
	s.expect("S2 crashes")
	s.expect("own 2/6 [S3 leads t1 #61] Enter: settle > ")
	s.send("\r")
	s.expect("Back to the script's own state.")
	s.expect("> put x 1")
	s.expect("own 3/6 [S1 leads t2 #")
	s.send("undo\r")
	s.expect("own waits at beat 3 of 6")
	s.expect("\r[S3 leads t1 #52] > ")
	s.send("source " + file + "\r")
	s.expect("You are back at beat 3 of 6")
	s.expect("own 3/6 [S1 leads t2 #")
	s.send("back\r")
	s.expect("It asks for votes.")
	s.expect("own 2/6 [S3 leads t1 #60] Enter: settle > ")
	s.send("beat 4\r")
	s.expect("Back in the first file.")
	s.expect("own 4/6 ")
	s.send("\x04")
	s.expect("own waits at beat 4 of 6: source " + file + " resumes there.")
	s.exit(0)

	s = start(t, spec{args: []string{"--resume"}, env: append(env, "RAFTLAB_TEST_PROGRAM=real"), cols: 200, rows: 60})
	s.expect("You are back at beat 4 of 6; beat 1 starts over.")
	s.expect("Checkpoint here is event #")
	s.expect("own 4/6 [S1 leads t2 #")
	s.send("\r")
	s.expect("Your guess: Who leads?")
	s.send("S3\r")
	s.expect("You said S3; it is S1.")
	s.expect("Enter: why S1 leader > ")
	s.send("\r\r")
	s.expect("Goal: S2 is down.")
	s.expect("own goal 0/2 [S1 leads t2 #")
	s.send("kill S3\r")
	s.expect("own goal 1/2 ")
	s.send("kill S2\r")
	s.expect("Goal reached, in 2 commands: S2 is down.")
	s.expect("own 5/6 ")
	s.send("\r")
	s.expect("The script continues from its own solution: kill S2.")
	s.expect("S2    down")
	s.expect("\r[S1 leads t2 #")
	s.send("\x04")
	s.exit(0)
}

// Named on the command line it is the same, and its end, a failure, Ctrl-C and Ctrl-D are those of
// the program; with -i the prompt follows. Off a terminal nothing of it waits.
func TestAScriptOfOnesOwnFromTheShell(t *testing.T) {
	env := []string{"RAFTLAB_TEST_PROGRAM=real"}
	file := writeOwn(t, "say one\npause\nexpect leader != nil\npause\n")
	s := start(t, spec{args: []string{file}, env: env, cols: 200, rows: 24})
	s.expect("own 1/2 [no leader #0] Enter: go on > ")
	s.send("timeout S1; settle; S9\r") // a mistake of theirs is none of the script's
	s.expect("unknown command")
	s.expect("own 1/2 [S1 leads t1 #52] Enter: go on > ")
	s.send("\r") // the script's own state has no leader
	s.expect("own.raft:3: expect leader != nil: does not hold")
	s.exit(1)

	for keys, code := range map[string]int{"\x03": 130, "\x04": 0, "quit\r": 0} {
		s = start(t, spec{args: []string{file, "missing.raft"}, env: env})
		s.expect("own 1/2 [no leader #0] Enter: go on > ")
		s.send(keys)
		s.expect("own waits at beat 1 of 2")
		s.exit(code)
	}

	file = writeOwn(t, ownScript)
	s = start(t, spec{args: []string{file, "-c", "say and then this"}, env: env, rows: 60, cols: 80})
	for range 3 {
		s.send("\r")
	}
	s.expect("own 4/6 ")
	s.send("\r\r\rskip\r")
	s.expect("S2    down")
	s.exit(0)

	s = start(t, spec{args: []string{"-i", file}, env: env})
	s.expect("own 1/6 [no leader #0] Enter: timeout S1 > ")
	s.send("\x03")
	s.expect("own waits at beat 1 of 6")
	s.expect("Nothing moves until you say so")
	s.expect("[no leader #0] > ")
	s.send("\x04")
	s.exit(0)

	out, errs, code := batch(t, "", env, file)
	if code != 0 || errs != "" || strings.Contains(out, "Enter") || !strings.Contains(out, "S2    down") {
		t.Errorf("off a terminal: %d %s %s", code, out, errs)
	}
}

// A pause that was typed has that prompt, too: in repeat, in a line, and behind -c; and so has one in a
// cluster that runs by itself, where nothing goes back.
func TestEveryPauseHasThePrompt(t *testing.T) {
	s := real(t, spec{cols: 120, rows: 60})
	s.send("timeout S1; settle; repeat 2 \"put x 1; pause; settle\"; say over\r")
	s.expect("script 1/3 [S1 leads t1 #5") // what follows it is a part of what waits
	s.send("\x03")
	s.expect("script ends at beat 1 of 3.")
	s.send("new; timeout S1; settle\r")
	s.send("repeat 2 \"put x 1; pause; settle\"\r")
	s.expect("repeat 1/3 [S1 leads t1 #59] Enter: settle > ")
	s.send("kill S2\r")
	s.expect("repeat 1/3 [S1 leads t1 #60] Enter: settle > ")
	s.send("\r")
	s.expect("Back to the script's own state.")
	s.expect("repeat 2/3 [S1 leads t1 #")
	s.send("back\r")
	s.expect("repeat 1/3 [S1 leads t1 #59] Enter: settle > ")
	s.send("beat 3\r")
	s.expect("S1 commits and applies entry 3")
	s.expect("\r[S1 leads t1 #")
	s.send("undo\r")
	s.expect("Now at #52")
	s.send("say a; pause; say b; quit\r")
	s.expect("script 1/2 [S1 leads t1 #52] Enter: go on > ")
	s.send("status\r")
	s.expect("S5    follower")
	s.expect("script 1/2 [S1 leads t1 #52] Enter: go on > ")
	s.send("\r")
	s.exit(0)

	env := []string{"RAFTLAB_TEST_PROGRAM=real"}
	s = start(t, spec{args: []string{"-c", "say a; pause\nexpect leader != nil"}, env: env})
	s.expect("script 1/2 [no leader #0] Enter: go on > ")
	s.send("\r")
	s.expect("-c:2: expect leader != nil: does not hold")
	s.exit(1)
	out, errs, code := batch(t, "", env, "-c", "say a; pause; say b")
	if code != 0 || errs != "" || strings.Contains(out, "Enter") {
		t.Errorf("off a terminal: %d %s %s", code, out, errs)
	}

	file := write(t, "own.raft", "say one\npause\nsay two\npause\nsay three\n")
	s = start(t, spec{args: []string{"live", file}, env: env, cols: 100, rows: 24})
	s.expect("own 1/3 [live, ")
	s.send("back\r")
	s.expect("a cluster that runs by itself only goes on, and so does own")
	s.expect("own 1/3 [live, ")
	s.send("\r")
	s.expect("two")
	s.expect("own 2/3 [live, ")
	s.send("\r")
	s.expect("three")
	s.exit(0)
}

// Whatever ends the program in the middle of something that is shown, --resume stands there again, with what the
// text calls above on the screen, and with the cluster from which it was begun; where one has
// left it, it does not.
func TestResumeWhereTheLessonWas(t *testing.T) {
	own := writeOwn(t, ownScript)
	for _, c := range []struct{ begins, beat, above, prompt string }{
		{"lesson 4", "7", "Raft promises something else", "lesson 4 7/"},
		{"lesson fast", "9", "", "lesson fast 9/"},
		{"lesson fast", "18", "1 x=3", "lesson fast 18/"}, // a question about what stands above it
		{"lesson 10 demo", "6", "", "lesson 10 6/"},
		{"scenario figure-8", "9", "", "figure-8 9/"},
		{"tour", "10", "S2 leads term 2.", "tour 10/"},
		{"source " + own, "4", "Back in the first file.", "own 4/6"},
	} {
		for _, end := range []string{"kill", "ctrl-d"} {
			env, _ := stateDir(t)
			again := spec{args: []string{"--resume"}, env: append(env, "RAFTLAB_TEST_PROGRAM=real"), cols: 80, rows: 60}
			s := real(t, spec{env: env, cols: 80, rows: 60})
			s.send("timeout S3; settle; " + c.begins + "\r")
			s.expect(" 1/")
			s.send("beat " + c.beat + "\r")
			if s.expect(c.prompt); end == "kill" {
				s.expect("> ")
				s.signal(syscall.SIGKILL)
				<-s.exited
			} else {
				s.send("\x04")
				s.exit(0)
			}
			s = start(t, again)
			s.expect("Your last session goes on here")
			s.expect("You are back at beat " + c.beat)
			s.expect(c.above)
			s.expect(c.prompt)
			s.send("back\r")
			s.expect("\x1b[?2004l") // the line runs
			s.expect("\x1b[?2004h") // and the next prompt is there
			s.expect("> ")
			s.send("\x03")
			s.expect(" waits at beat ")
			s.expect("\r[")
			s.send("\x04")
			s.exit(0)
			s = start(t, again)
			s.expect("Your last session goes on here")
			if shown := s.expect("> "); strings.Contains(shown, "You are back") {
				t.Errorf("%s was left: %q", c.begins, shown)
			}
			s.send("\x04")
			s.exit(0)
		}
	}
}
