//go:build unix

package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const smallLesson = `# A small lesson
# 1 minutes; section 5.2
new 3
say All are followers.
predict first "Whose timer runs out first?"
timeout S2
reveal first S2.id
pause
goal "S2 leads" leader.id == "S2" within 4
settle
done
say That is all.
expect S2.term == 1
`

// A student at a real terminal: a wrong answer, which is followed by what shows why, a
// command at a pause, Ctrl-C, another day, a hint, the goal.
func TestALessonAtATerminal(t *testing.T) {
	env, path := stateDir(t)
	kept := filepath.Join(filepath.Dir(path), "lessons.json")
	file := write(t, "small.raft", smallLesson)
	s := real(t, spec{env: env, cols: 80, rows: 60})
	s.send("lesson " + file + "\r")
	s.expect("Whose timer runs out first?")
	s.expect("lesson 1/3 your guess [no leader #0] > ")
	s.send("s3\r")
	s.expect("You said s3; it is S2.")
	s.expect("lesson 1/3 [no leader #6] Enter: why S2 > ")
	s.send("\r")
	s.expect("ElectionTimeout")
	s.expect("lesson 1/3 [no leader #6] Enter: go on > ")
	s.send("expect S2.role == \"candidate\"\r")
	s.expect("It holds.")
	s.expect("lesson 1/3 [no leader #6] Enter: go on > ")
	s.send("\r")
	s.expect("lesson goal 0/4 [no leader #6] > ")
	s.send("timeout S1\r")
	s.expect("lesson goal 1/4 [no leader #12] > ")
	s.send("\x04")
	s.expect("small.raft waits at beat 2 of 3: lesson resumes there.")
	s.exit(0)
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}

	s = real(t, spec{env: env, cols: 80, rows: 60})
	s.send("lesson\r")
	s.expect("You had done: timeout S1.")
	s.expect("> timeout S1")
	s.expect("S1 becomes candidate in term 1")
	s.expect("lesson goal 1/4 [no leader #12] > ")
	s.send("again\r")
	s.expect("lesson goal 0/4 [no leader #6] > ")
	s.send("hint\r")
	s.expect("Try settle")
	s.expect("lesson goal 0/4 [no leader #6] > ")
	s.send("settle\r")
	s.expect("Goal reached, in 1 command: S2 leads.")
	s.expect("lesson 2/3 [S2 leads t1 #")
	s.send("\x03")
	s.expect("waits at beat 2 of 3: lesson resumes there.")
	s.expect("\r[S2 leads t1 #")
	s.send("lesson\r")
	s.expect("Goal reached")
	s.send("\r")
	s.expect("That is all.")
	s.expect("You predicted 0 of 1 right, reached 1 of 1 goal. You have now seen what you did")
	s.expect("\r[S2 leads t1 #")
	s.send("quit\r")
	s.exit(0)
}

// Where progress cannot be kept the lesson works, with one warning.
func TestALessonWithoutAStateDirectory(t *testing.T) {
	env, path := stateDir(t)
	must(t, os.MkdirAll(filepath.Join(filepath.Dir(path), "lessons.json"), 0o700))
	file := write(t, "small.raft", smallLesson)
	s := real(t, spec{env: env, cols: 80, rows: 60})
	s.send("lesson " + file + "\r")
	s.expect("Your progress is not kept beyond this session")
	s.expect("ordinary file")
	s.expect("first?")
	s.send("\r")
	s.expect("lesson 1/3 [no leader #6] Enter: go on > ")
	s.send("\r")
	s.expect("lesson goal 0/4")
	s.send("solution\r")
	s.expect("Enter: settle > ")
	s.send("\r")
	s.expect("Goal reached")
	s.send("\r")
	s.expect("That was the lesson small.raft")
	s.expect("> ")
	if n := strings.Count(s.text(), "not kept"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	s.send("quit\r")
	s.exit(0)
}

// At a question a command is a command, and never an answer: it is run, the question comes
// again, and what was done to the cluster is put aside and kept. A word that is only the beginning of
// a command's name, or a server's name, is an answer. What cannot be one is free once.
func TestACommandAtAQuestion(t *testing.T) {
	env, _ := stateDir(t)
	file := write(t, "small.raft", smallLesson)
	s := real(t, spec{env: env, cols: 80, rows: 60})
	s.send("lesson " + file + "\r")
	s.expect("Whose timer runs out first?")
	s.send("status\r")
	s.expect("S1    follower")
	s.expect("Whose timer runs out first?")
	s.send("S1.log\r")
	s.expect("Whose timer runs out first?")
	s.send("kill S2\r")
	s.expect("S2 crashes")
	s.expect("Whose timer runs out first?")
	s.send("kill S9\r") // a mistake is told, and is no answer either
	s.expect("S9")
	s.expect("Whose timer runs out first?")
	s.send("S2\r")
	s.expect("Back to the lesson's own state. Yours is kept as branch b2 (goto b2).")
	s.expect("Right: S2, as you said.")
	s.expect("lesson 1/3 [no leader #6] Enter: go on > ")
	s.send("\x03")
	s.expect("> ")
	s.send("lesson reset\r")
	s.expect("> ")
	s.send("lesson " + file + "\r")
	s.expect("Whose timer runs out first?")
	s.send("no\r") // not node
	s.expect("You said no; it is S2.")
	s.send("back\r")
	s.expect("Your second try: Whose timer runs out first?")
	s.send("S2\r")
	s.expect("Right: S2, at the second try. The first one counts.")
	s.expect("Predictions: 0 of 1 right.")
	s.send("lesson reset; lesson " + file + "\r")
	s.expect("Your guess: Whose timer")
	s.send("S2\r")
	s.expect("Right: S2, as you said.")
	s.expect("go on > ")
	s.send("back\r") // what was right is not asked again
	s.expect("Your guess: Whose timer runs out first?")
	s.expect("You said: S2")
	s.expect("lesson 1/3 [no leader #0] Enter: timeout S2 > ")
	s.send("\r")
	s.expect("Right: S2, as you said.")
	s.expect("Predictions: 1 of 1 right.")
	s.expect("go on > ")
	s.send("lesson reset; lesson " + file + "\r")
	s.expect("Your guess: Whose timer")
	s.send("banana\r")
	s.expect("\"banana\" is not a server, so it does not count.")
	s.expect("Your guess: Whose timer runs out first?")
	s.send("S9\r")
	s.expect("\"S9\" is not a server, so it does not count.")
	s.expect("Your second try: Whose timer runs out first?")
	s.send("S8\r")
	s.expect("\"S8\" is not a server, so it does not count.")
	s.expect("The answer: S2")
	s.send("\x03")
	s.send("\x04")
	s.exit(0)
}

// In JSON a question is put as well, on standard error.
func TestAQuestionInJSON(t *testing.T) {
	env, _ := stateDir(t)
	s := start(t, spec{args: []string{"--json"}, env: append(env, "RAFTLAB_TEST_PROGRAM=real"), cols: 80, rows: 60})
	s.expect("[no leader #0] > ")
	s.send("lesson " + write(t, "small.raft", smallLesson) + "\r")
	s.expect("Your guess: Whose timer runs out first?")
	s.expect("your guess [no leader #0] > ")
	s.send("S2\r")
	s.expect(`"right":true`)
	s.expect("go on > ")
	s.send("\x04")
	s.exit(0)
}

// At a pause of a scenario one may type commands, too; the prompt says where in it one is,
// and Enter goes on from the scenario's own state. back goes a beat back, with the world, beat goes to
// any, and one comes back to it another day.
func TestACommandAtAScenariosPause(t *testing.T) {
	env, _ := stateDir(t)
	s := real(t, spec{env: env, cols: 80, rows: 60})
	s.send("scenario figure-8\r")
	s.expect("Enter: put x 1; settle > ")
	s.send("status\r")
	s.expect("S1    leader")
	s.expect("figure-8 1/")
	s.send("kill S3\r")
	s.expect("S3 crashes")
	s.expect("figure-8 1/")
	s.send("\r")
	s.expect("Back to the script's own state. Yours is kept as branch b2 (goto b2).")
	s.expect("S1 commits and applies entry 1")
	s.expect("figure-8 2/")
	s.send("back\r")
	s.expect("Figure 8 asks")
	s.expect("figure-8 1/")
	s.send("expect S1.role == \"leader\" && S1.last == 0\r")
	s.expect("It holds.")
	s.send("beat 9\r")
	s.expect("figure-8 9/")
	s.send("print S5.log\r")
	s.expect("1 3\r\n")
	s.send("beat 99\r")
	s.expect("figure-8 has ")
	s.expect("figure-8 9/")
	s.expect("> ")
	s.send("\x03")
	s.expect("figure-8 waits at beat 9 of ")
	s.expect("scenario figure-8 resumes there.")
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{env: env, cols: 80, rows: 60})
	s.send("scenario figure-8\r")
	s.expect("You are back at beat 9 of ")
	s.expect("figure-8 9/")
	s.send("back\r")
	s.expect("figure-8 8/")
	s.send("\x04")
	s.expect("figure-8 waits at beat 8 of ")
	s.exit(0)
}

// The tour shows each command before Enter runs it, takes others in between, and is left and come back to.
func TestTheTourAtATerminal(t *testing.T) {
	env, _ := stateDir(t)
	s := real(t, spec{env: env, cols: 80, rows: 60})
	s.send("tour\r")
	s.expect("tour 1/")
	s.expect("Enter: status > ")
	s.send("\r")
	s.expect("Enter: timeout S1 > ")
	s.send("next\r")
	s.expect("timeout S5")
	s.expect("Enter: timeout S1 > ")
	s.send("beat 10\r")
	s.expect("S2 leads term 2.")
	s.expect("> ")
	s.send("log\r")
	s.expect("x=old")
	s.expect("> ")
	s.send("\x03")
	s.expect("tour waits at beat 10 of ")
	s.expect("tour resumes there.")
	s.expect("> ")
	s.send("tour\r")
	s.expect("You are back at beat 10 of ")
	s.expect("tour 10/")
	s.send("\x04")
	s.exit(0)
}
