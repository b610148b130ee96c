//go:build unix

package console

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// job is the process group in the foreground of the terminal.
func (s *screen) job() (group int) {
	s.t.Helper()
	conn, err := s.ours.SyscallConn()
	must(s.t, err)
	must(s.t, conn.Control(func(fd uintptr) { group, err = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) }))
	must(s.t, err)
	return group
}

// real starts the program with a real cluster.
func real(t *testing.T, s spec) *screen {
	t.Helper()
	s.env = append(s.env, "RAFTLAB_TEST_PROGRAM=real")
	sc := start(t, s)
	sc.expect("Nothing moves until you say so")
	sc.expect("[no leader #0] > ")
	return sc
}

// firstElection is how README shows it.
func firstElection(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```text\nno leader. tick 22")
	frame, _, ok := strings.Cut(after, "\n```")
	if !ok {
		t.Fatal("README does not show the first election")
	}
	return strings.Split(frame, "\n")
}

// A command may be typed while the first election is played; then that goes on, and says last what to try.
func TestACommandInTheFirstElection(t *testing.T) {
	s := real(t, spec{})
	s.send("\r")
	s.expect("S1    follower     0  -     #######. ")
	s.send("kill S1\r")
	s.expect("S1 crashes; kept: term ")
	s.expect("S1    down ")
	s.expect(" follow it.")
	s.expect("Now try put x 1 and settle, or kill leader and run, or tour.")
	s.send("\r") // which is nothing now
	s.send("new 3; play once\r")
	s.expect("no leader. tick 3,")
	s.send("\x03") // with this frame or with one of the next, as the machine is quick
	s.expect("ticks passed; the clock is at ")
	tick, err := strconv.Atoi(s.expect("."))
	if err != nil {
		t.Fatal(err)
	}
	s.expect("No leader is followed by a majority, and nothing new is committed.")
	s.expect(fmt.Sprintf("#%d] > ", 3*tick)) // each of three servers ticked
}

// Where nothing can be redrawn, play is run: nobody waits before a screen that stands still.
func TestPlayWhereNothingIsRedrawn(t *testing.T) {
	s := real(t, spec{env: []string{"TERM=dumb"}})
	s.send("\r")
	s.expect("S1 wins term 1: votes from S2 S3")
	s.expect("Now try put x 1 and settle, or kill leader and run, or tour.")
	s.expect("] > ")
	s.send("play for 500\r")
	s.expect("500 ticks passed")
	s.send("\x04")
	s.exit(0)
	s = start(t, spec{args: []string{"--json"}, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("[no leader #0] > ")
	s.send("play for 500\r")
	s.expect(`"ticks":500`)
	s.expect("] > ")
	s.send("\x04")
	s.exit(0)
}

// Letters that have no room below what is pinned are ordinary ones.
func TestBigBelowAPin(t *testing.T) {
	s := real(t, spec{})
	s.send("big\r")
	s.expect("█")
	s.expect("] > ")
	s.send("pin cluster\r")
	s.expect("] > ")
	s.send("big\r")
	s.expect("S1  FOLLOW  T0")
	if shown := s.expect("] > "); strings.Contains(shown, "█") || strings.Contains(shown, "Space: more") {
		t.Errorf("big below a pin: %q", shown)
	}
	s.send("\x04")
	s.exit(0)
}

// In demo mode Enter takes a step, and the prompt says so; otherwise an empty
// line does nothing.
func TestEnterInDemoMode(t *testing.T) {
	s := real(t, spec{})
	s.send("\r") // before the first command it plays an election: timers run down, and votes travel
	s.expect("S1    follower     0  -     ####.... ")
	for _, line := range firstElection(t) {
		s.expect(line)
	}
	s.expect("S1    candidate     1  S1    ######## 21       0  empty  RVR from S2 S3 S4 S5")
	s.expect("S1 leads term 1, and S2, S3, S4 and S5 follow it.")
	s.expect("Now try put x 1 and settle, or kill leader and run, or tour.")
	s.expect("[S1 leads t1 #171] > ")
	s.send("\r")
	s.expect("[S1 leads t1 #171] > ")
	s.send("und\r") // a beginning that only one command has is enough
	s.expect("[no leader #0] > ")
	s.send("demo on\r")
	s.expect("[no leader #0] Enter: step > ")
	s.send("timeout S1\r")
	s.expect("#8] Enter: step > ")
	s.send("\r")
	s.expect("m1 came next")
	s.expect("#12] Enter: step > ")
	s.send("  \r")
	s.expect("m2 came next")
	s.expect("Enter: step > ")
	s.send("undo\r")
	s.expect("#12] Enter: step > ")
	s.send("\x1b[A\r") // the history has what was typed, not the steps
	s.expect("#8] Enter: step > ")
	s.send("demo off\r")
	s.expect("#8] > ")
	s.send("\r")
	s.expect("#8] > ")
	s.send("\x04")
	s.exit(0)
}

// The status comes by itself after each change, and not after a look.
func TestWatchAtTheTerminal(t *testing.T) {
	s := real(t, spec{})
	s.send("watch on\r")
	s.expect("node  role")
	s.expect("[no leader #0] > ")
	s.send("timeout S1\r")
	s.expect("S1    candidate")
	s.expect("#8] > ")
	s.send("say hello\r")
	if shown := s.expect("#8] > "); strings.Contains(shown, "candidate") {
		t.Errorf("nothing changed: %q", shown)
	}
	s.send("watch off; big on\r")
	s.expect("A bar below an entry: it is committed")
	s.expect("█▀▀ ▄█")
	s.expect("#8] > ")
	s.send("play 100\r")
	s.expect("A bar below")
	s.expect("Escape to end")
	s.send("\x1b")
	s.expect("] > ")
	s.send("\x04")
	s.exit(0)
}

// A command that is typed while play runs stops the clock, finds its first key typed
// already, and then time goes on. For undo it is one step with the time that passes after it.
func TestPlayListens(t *testing.T) {
	s := real(t, spec{})
	s.send("timeout S1; settle\r")
	s.expect("[S1 leads t1 #52] > ")
	s.send("play 100\r")
	s.expect("Escape to end")
	s.send("k")
	s.expect("Enter: play on > ")
	s.send("ill S1\r")
	s.expect("S1 crashes")
	s.expect("S1    down") // in the frames that follow
	s.expect("leader       2")
	s.send("\x1b[A") // the history, too
	s.expect("Enter: play on > kill S1")
	s.send("\x15frobnicate\r")
	s.expect("unknown command")
	s.expect("Escape to end") // and time goes on all the same
	s.send(" ")
	s.expect("Enter: play on > ")
	s.send("\r")
	s.expect("Escape to end")
	s.send(" ")
	s.expect("Enter: play on > ")
	s.send("\x03") // from here on time stands still
	s.expect("] > ")
	s.send("restart S1\r")
	s.expect("] > ")
	s.send("undo; S1\r")
	s.expect("down")
	s.expect("] > ")
	s.send("undo; S1\r")
	s.expect("leader")
	s.expect("] > ")
	s.send("play 100\r")
	s.expect("Escape to end")
	s.send(" ")
	s.expect("Enter: play on > ")
	s.send("stop\r")
	s.expect("Time stands still at tick ")
	s.expect("] > ")
	s.send("play 100\r")
	s.expect("Escape to end")
	s.send("\x03")
	s.expect("passed; the clock is at")
	s.expect("] > ")
	s.send("\x04")
	s.exit(0)
}

// A hint behind the line says dimmed what comes next, and the cursor stands before it;
// Enter leaves none behind. Without colour, and where there is no room, there is none.
func TestHints(t *testing.T) {
	s := real(t, spec{env: []string{"NO_COLOR="}})
	s.send("put")
	s.expect("> put\x1b[38;5;102m KEY VALUE [via NODE] [as CLIENT]\x1b[")
	s.expect("\x1b[33D")
	s.send(" x")
	s.expect("> put x\x1b[38;5;102m VALUE")
	s.send("\x02") // the cursor stands in the line
	s.expect("> put x\b")
	s.send("\x05\r")
	s.expect("> put x\r\n")
	s.expect("VALUE is missing")
	s.expect("> ")
	s.send("tick \t")
	s.expect("TICKS: a whole number from 1 to 1000000\r\n")
	s.expect("> tick \x1b[38;5;102m[TICKS] [NODES]")
	s.send("\x15")
	s.resize(34, 24)
	s.send("put x")
	s.expect("> put x\x1b[38;5;102m VALUE …")
	s.send("\x15")
	s.resize(12, 24)
	s.send("put xy")
	if shown := s.expect("put xy"); strings.Contains(shown, "KEY") || strings.Contains(shown, "VAL") {
		t.Errorf("a hint without room: %q", shown)
	}
	s.send("\x15\x04")
	s.exit(0)

	s = real(t, spec{})
	s.send("put \r")
	if shown := s.expect("KEY is missing"); strings.Contains(shown, "VALUE [") {
		t.Errorf("a hint without colour: %q", shown)
	}
	s.send("\x04")
	s.exit(0)
}

// A theme is in use from the next line on.
func TestThemeAtTheTerminal(t *testing.T) {
	s := real(t, spec{env: []string{"NO_COLOR="}})
	s.send("timeout S1; settle\r")
	s.expect("\x1b[32;1mleader")
	s.expect("\x1b[32;1mS1 leads t1")
	s.expect("> ")
	s.send("set theme light; status\r")
	s.expect("\x1b[38;5;22;1mleader")
	s.expect("\x1b[38;5;22;1mS1 leads t1")
	s.expect("> ")
	s.send("set theme blue\r")
	s.expect("auto, dark, light or mono")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{}) // NO_COLOR wins
	s.send("set theme dark; timeout S1; settle\r")
	s.expect("[S1 leads t1 #52] > ")
	s.send("\x04")
	s.exit(0)
	if strings.Contains(s.text(), "\x1b[9") {
		t.Errorf("colour: %q", s.text())
	}
}

// The terminal is asked for its ground, once, and the colours are those for it from the
// next line on. Its answer is in no line, whenever it comes: in a line half typed, behind
// its Enter, at a pause, in the pager. Else the environment may say it, and a theme that
// is set goes before all.
func TestTheGroundOfTheTerminal(t *testing.T) {
	const ask, light, dark = "\x1b]11;?\x1b\\", "\x1b]11;rgb:ffff/ffff/dddd\x1b\\", "\x1b]11;rgb:1111/1111/1111\a"
	colour := []string{"NO_COLOR="}
	s := real(t, spec{env: colour})
	s.send("timeout S1; stat" + light + "us\r")
	s.expect("\x1b[38;5;130;1mcandidate") // of the light theme
	s.expect("> ")
	s.send("set theme dark; status\r")
	s.expect("\x1b[93;1mcandidate")
	s.expect("#8] > ")
	s.send("\x04")
	s.exit(0)
	if n := strings.Count(s.text(), ask); n != 1 || strings.Contains(s.text(), "rgb") {
		t.Errorf("asked %d times: %q", n, s.text())
	}

	s = real(t, spec{env: colour})
	s.send("settings\r" + dark)
	s.expect("q: end --")
	s.send(light)
	s.send("q")
	s.expect("> ")
	s.send("pause; timeout S1; status\r")
	s.expect("Enter goes on")
	s.send(dark + "\r")
	s.expect("\x1b[93;1mcandidate")
	s.expect("#8] > ")
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{env: append(colour, "COLORFGBG=0;15")})
	s.send("timeout S1; status\r")
	s.expect("\x1b[38;5;130;1mcandidate")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{}) // without colour there is nothing to ask
	s.send("\x04")
	s.exit(0)
	if strings.Contains(s.text(), "]11;") {
		t.Errorf("asked: %q", s.text())
	}
}

// What is pinned stays on the top rows: the screen scrolls below it, and it is drawn
// after each command, and with half a line typed where the window changes its size. The
// line goes on as if nothing had happened. A window too small, and the end, give the
// rows back.
func TestPinAtTheTerminal(t *testing.T) {
	s := real(t, spec{})
	s.send("pin cluster\r")
	s.expect("\x1b[9;24r") // a title, a head, five servers, a rule
	s.expect("\x1b[1;1Hno leader. tick 0")
	s.expect("\x1b[8;1H----")
	s.expect("[no leader #0] > ")
	s.send("timeout S1; settle\r")
	s.expect("\x1b[1;1HS1 leads term 1.")
	s.expect("[S1 leads t1 #52] > ")
	s.send("put x")
	s.expect("put x")
	s.resize(100, 30)
	s.expect("\x1b7\x1b[9;30r\x1b8")
	s.expect("\x1b[1;1HS1 leads term 1.")
	s.expect("\x1b8")
	s.send(" 1\r")
	s.expect("S1 appends it as entry 2")
	s.expect("AE from S1") // above
	s.expect("] > ")
	s.send("sta")
	s.expect("sta")
	s.resize(100, 12)
	s.expect("\x1b[r")
	s.send("tus\r")
	if shown := s.expect("] > "); strings.Contains(shown, "\x1b[1;1H") {
		t.Errorf("drawn in a window that is too small: %q", shown)
	}
	s.resize(80, 24)
	s.send("play 50\r") // the picture moves, and nothing below it
	s.expect("\x1b[1;1HS1 leads term 1. tick 1")
	s.expect("\x1b[1;1HS1 leads term 1. tick 2")
	s.send("\x0c")
	s.expect("Enter: play on > ")
	s.send("\x0c") // Ctrl-L wipes what is below
	s.expect("\x1b[9;1H\x1b[J")
	s.send("\x03pin off\r")
	s.expect("\x1b[r\x1b[1;1H\x1b[8M") // with its rows
	s.expect("] > ")
	s.send("pin log\r")
	s.expect("\x1b[9;24r")
	s.expect("] > ")
	s.send("\x04")
	s.expect("\x1b[r")
	s.exit(0)
}

// In a cluster that runs by itself the picture moves all the time: while half a line is
// typed, which goes on as if nothing had happened, and while a command waits.
func TestPinInALiveCluster(t *testing.T) {
	s := start(t, spec{args: []string{"live", "--nodes", "3"}, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("> ")
	s.send("pin cluster\r")
	s.expect("\x1b[1;1Hno leader. tick ")
	s.send("run until lea")
	s.expect("until lea")
	s.expect("\x1b[1;1H")
	s.expect("\x1b8")
	s.send("der.term > 0\r")
	s.expect("passed.")
	s.expect("leads term ")
	s.expect("> ")
	s.send("run 1000000000\r")
	tick := regexp.MustCompile(`tick (\d+)`)
	seen := map[string]bool{}
	for len(seen) < 3 {
		if m := tick.FindString(s.expect("\x1b8")); m != "" {
			seen[m] = true
		}
	}
	s.send("\x03")
	s.expect("interrupted")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)
}

// Ctrl-Z gives the terminal back as it was found, and what is pinned gives its rows back;
// when the shell lets the program go on, both are there again, with the line half typed.
// At a prompt, in the pager, and while a command runs; where there is no shell nothing happens.
func TestCtrlZ(t *testing.T) {
	const shell = `set -m; "$0"; while test $? -gt 128; do stty -a | grep -o '.icanon'; echo shell; read go; fg; done`
	s := start(t, spec{shell: shell, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("> ")
	stop := func() { s.send("\x1a") }
	goOn := func(at string) {
		t.Helper()
		stop()
		s.expect(" icanon")
		s.expect("shell")
		s.send("go\r")
		s.expect(at)
	}
	s.send("timeout S")
	goOn("[no leader #0] > timeout S")
	s.send("2\r")
	s.expect("#8] > ")
	s.send("pin status\r")
	s.expect("\x1b[9;24r")
	s.expect("> ")
	s.send("ki")
	s.expect("ki")
	s.send("\x1a")
	s.expect("\x1b[r\x1b[1;1H\x1b[8M")
	s.expect("shell")
	s.send("go\r")
	s.expect("\x1b[9;24r")
	s.expect("S2    candidate")
	s.expect("[no leader #8] > ki")
	s.send("ll S2\r")
	s.expect("S2 crashes")
	s.expect("> ")
	s.send("settings\r")
	s.expect("q: end --")
	goOn("-- 15 of ")
	key, signal := stop, func() { must(t, unix.Kill(s.job(), unix.SIGTSTP)) } // from outside
	stop = signal
	goOn("-- 15 of ")
	s.send("\r")
	s.expect("-- 16 of ")
	s.send("q")
	s.expect("> ")
	s.send("run 1000000000\r")
	s.expect("(Ctrl-C stops)")
	for _, stop = range []func(){key, signal} {
		goOn("\x1b[9;24r")
		s.expect("(Ctrl-C stops)")
	}
	s.send("\x03")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{})
	s.send("timeout S\x1a1\r")
	s.expect("S1 becomes candidate")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)
}

// What a session that is resumed has pinned leaves its first words on the screen.
func TestPinAndResume(t *testing.T) {
	state := "XDG_STATE_HOME=" + t.TempDir()
	s := real(t, spec{env: []string{state}})
	s.send("timeout S1; pin cluster\r")
	s.expect("#8] > ")
	s.send("\x04")
	s.exit(0)

	s = start(t, spec{args: []string{"--resume"}, env: []string{state, "RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("\x1b[1;1Hno leader. tick 0")
	if pushed := s.expect("Your last session goes on here"); strings.Contains(pushed, "\n\n\n\n\n\n\n\n\n\n\n\n") {
		t.Errorf("a screen is scrolled: %q", pushed)
	}
	if after := s.expect("#8] > "); strings.Contains(after, "L\x1b[") {
		t.Errorf("the picture comes after the notice: %q", after)
	}
	s.send("\x04")
	s.exit(0)
}

// What is longer than the screen comes a screen at a time: one key goes on, q ends, and
// Ctrl-C ends the line, too. A script, a screen that is high enough and `set pager off`
// print all at once.
func TestPager(t *testing.T) {
	s := real(t, spec{})
	s.send("settings\r")
	s.expect("-- 23 of ")
	s.send(" ")
	s.expect("-- 46 of ")
	s.send("\r")
	s.expect("-- 47 of ")
	s.send("G")
	s.expect("watch")
	s.expect("[no leader #0] > ")
	s.send("settings; say and then\r")
	s.expect("-- 23 of ")
	s.send("q")
	s.expect("lines left out; set pager off prints everything at once")
	s.expect("and then")
	s.expect("[no leader #0] > ")
	s.send("settings\r")
	s.expect("-- 23 of ")
	s.send("clients\r") // a command that is typed there ends it
	s.expect("left out; set pager off")
	s.expect("> clients")
	s.expect("[no leader #0] > ")
	s.send("settings; say and then\r")
	s.expect("-- 23 of ")
	s.send("\x03")
	if shown := s.expect("[no leader #0] > "); strings.Contains(shown, "and then") {
		t.Errorf("Ctrl-C in the pager does not end the line: %q", shown)
	}
	s.send("repeat 2 \"status\"; status; help tick; say and then\r") // each is short, and all are not
	s.expect("-- ")
	s.send(" ")
	s.expect("and then")
	s.expect("[no leader #0] > ")
	s.send("set pager off\r")
	s.expect("[no leader #0] > ")
	s.send("settings; status\r")
	if shown := s.expect("[no leader #0] > "); strings.Contains(shown, "-- ") {
		t.Errorf("paged all the same: %q", shown)
	}
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{cols: 80, rows: 100})
	s.send("settings\r")
	if shown := s.expect("[no leader #0] > "); strings.Contains(shown, "-- ") {
		t.Errorf("paged on a screen that shows it all: %q", shown)
	}
	s.send("\x04")
	s.exit(0)

	s = start(t, spec{args: []string{"-c", "settings"}, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
	s.exit(0)
	if strings.Contains(s.text(), "-- ") {
		t.Errorf("a script is paged: %q", s.text())
	}
}

// $PAGER is honoured; one that cannot be started is told, and the own one stands in.
func TestPagerOfTheUser(t *testing.T) {
	s := real(t, spec{env: []string{"PAGER=sed s/^/paged:/"}})
	s.send("settings\r")
	s.expect("paged:")
	s.expect("[no leader #0] > ")
	s.send("status\r")
	if shown := s.expect("[no leader #0] > "); strings.Contains(shown, "paged:") {
		t.Errorf("what fits is paged: %q", shown)
	}
	s.send("\x04")
	s.exit(0)

	s = real(t, spec{env: []string{"PAGER=/no/such/program"}})
	s.send("settings\r")
	s.expect("cannot be started")
	s.expect("-- 23 of ")
	s.send("q")
	s.expect("[no leader #0] > ")
	s.send("\x04")
	s.exit(0)
}

// A session that is killed, closed or left is kept as it was after its last command. The
// next banner says so, and --resume takes it up: the tree of history, what is pinned, and
// what undo takes back.
func TestResume(t *testing.T) {
	state := "XDG_STATE_HOME=" + t.TempDir()
	s := real(t, spec{env: []string{state}})
	s.send("timeout S1; settle; checkpoint led\r")
	s.expect("[S1 leads t1 #52] > ")
	s.send("new 3\r")
	s.expect("[no leader #0] > ")
	s.send("watch leader.id\r")
	s.expect("> ")
	s.send("timeout S2\r")
	s.expect("#6] > ")
	_ = s.cmd.Process.Kill()
	<-s.exited

	s = start(t, spec{env: []string{state, "RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("Your last session, of 4 commands, is kept: raftlab --resume takes it up.")
	s.expect("> ")
	s.send("\x04") // nothing was changed, so nothing new is kept
	s.exit(0)

	s = start(t, spec{args: []string{"--resume"}, env: []string{state, "RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("Your last session goes on here")
	s.expect("#6] > ")
	s.send("settle\r")
	s.expect(`leader.id  "S2"`)
	s.expect("> ")
	s.send("undo 3\r") // the settle, the timeout, and new
	s.expect("[S1 leads t1 #52] > ")
	s.send("undo; goto led\r")
	s.expect("[S1 leads t1 #52] > ")
	s.send("set autosave off; kill S1\r")
	s.expect("#53] > ")
	s.send("\x04")
	s.exit(0)

	s = start(t, spec{args: []string{"--resume"}, env: []string{state, "RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("[S1 leads t1 #52] > ")
	s.send("\x04")
	s.exit(0)
}

// Without a session --resume says so; one that cannot be kept is told once.
func TestNothingToResume(t *testing.T) {
	s := start(t, spec{args: []string{"--resume"}, env: []string{"RAFTLAB_TEST_PROGRAM=real"}})
	s.expect("no session is kept to resume")
	s.exit(1)

	s = real(t, spec{env: []string{"XDG_STATE_HOME=/dev/null/none"}})
	s.send("timeout S1\r")
	s.expect("this session is not kept for --resume")
	s.expect("#8] > ")
	s.send("settle\r")
	if shown := s.expect("#52] > "); strings.Contains(shown, "not kept") {
		t.Errorf("told twice: %q", shown)
	}
	s.send("\x04")
	s.exit(0)
}
