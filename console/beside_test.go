//go:build unix

package console

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// paged is the real program at a terminal, with a page and the presenter's link.
type paged struct {
	*screen
	address, token string
}

func withPage(t *testing.T, s spec) *paged {
	t.Helper()
	s.args = append([]string{"--web", "127.0.0.1:0"}, s.args...)
	p := &paged{screen: real(t, s)}
	p.send("web present\r")
	p.expect("anyone who has it can type here.")
	p.expect("] > ")
	m := regexp.MustCompile(`(http://127\.0\.0\.1:\d+/)#present=([\w-]{22})`).FindStringSubmatch(p.text())
	if m == nil {
		t.Fatalf("no link in %q", p.text())
	}
	p.address, p.token = m[1], m[2]
	return p
}

// ask makes a request of the presenter's page.
func (p *paged) ask(method, path, body string) (status int, answer string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	b, _ := io.ReadAll(got.Body)
	return got.StatusCode, string(b)
}

// types sends a line from the presenter's page.
func (p *paged) types(line string) {
	p.t.Helper()
	b, _ := json.Marshal(map[string]string{"text": line})
	if status, text := p.ask("POST", "line", string(b)); status != http.StatusAccepted {
		p.t.Fatalf("%q: %d %s", line, status, text)
	}
}

// A line from the page runs as if it were typed: it stands there with what it printed, is in the history, and
// the line that was being typed is as it was, with its cursor.
func TestLineFromThePage(t *testing.T) {
	p := withPage(t, spec{})
	p.send("kill 1; S2\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D")
	p.expect("kill 1; S2")
	p.types("timeout S1; settle")
	p.expect("> timeout S1; settle")
	p.expect("S1 wins term 1")
	p.expect("[S1 leads t1 #52] > kill 1; S2")
	p.send("S\r")
	p.expect("kill S1; S2")
	p.expect("S1 crashes")
	p.expect("votedFor         S1") // of S2
	p.expect("] > ")
	p.send("\x1b[A\x1b[A\r") // two lines back in the history
	p.expect("> timeout S1; settle")
	p.expect("S1 is down")
	p.types("") // Enter alone
	p.types("status")
	p.types("print 6*7\nprint 6*8")
	p.expect("> status")
	p.expect("> print 6*7")
	p.expect("42")
	p.expect("> print 6*8")
	p.expect("48")
	p.expect("] > ")
	if _, lines := p.ask("GET", "history", ""); !strings.Contains(lines, `"status","print 6*7","print 6*8"]`) {
		t.Errorf("history: %s", lines)
	}
	p.send("\x04")
	p.exit(0)
}

// Whatever the terminal waits for gets the line: a search of the history, a question, a pause, play, the
// pager, which asks nobody when the line came from elsewhere.
func TestLineFromThePageWhileTheTerminalWaits(t *testing.T) {
	p := withPage(t, spec{rows: 20})
	p.send("\x12web")
	p.expect("bck-i-search: web")
	p.types("print 1+1")
	p.expect("> print 1+1")
	p.expect("2\r\n")
	p.expect("] > ")
	p.types("settings")
	p.expect("theme")
	p.expect("] > ")
	if strings.Contains(p.text(), "-- ") {
		t.Error("the pager waits for somebody")
	}
	p.send("settings\r")
	p.expect("Space: more")
	p.types("print 2+2")
	p.expect("> print 2+2")
	p.expect("4\r\n")
	p.send("play 100\r")
	p.expect("Escape to end")
	p.types("print 3+3")
	p.expect("Enter: play on > print 3+3")
	p.expect("6\r\n")
	p.expect("Escape to end")
	p.send("\x1b")
	p.expect("] > ")
	p.send("pause\r")
	p.expect("Enter: go on > ")
	p.types("")
	p.expect("] > ")
	p.send("predict who \"Who leads?\"\r")
	p.expect("Who leads?")
	p.types("none")
	p.expect("none\r\n")
	p.expect("] > ")
	p.send("\x04")
	p.exit(0)
}

// A line waits for the command that runs; that can be interrupted from the page, which ends neither
// the session nor a line that is being typed.
func TestInterruptFromThePage(t *testing.T) {
	p := withPage(t, spec{})
	p.send("run until false within 1000000\r")
	p.expect("within 1000000")
	time.Sleep(100 * time.Millisecond)
	if _, text := p.ask("GET", "complete?line=k&pos=1", ""); text != `{"from":0,"candidates":[],"busy":true}`+"\n" {
		t.Errorf("while a command runs: %s", text)
	}
	if status, _ := p.ask("POST", "interrupt", ""); status != http.StatusNoContent {
		t.Error(status)
	}
	p.expect("nterrupted")
	p.expect("] > ")
	p.send("print 40")
	p.expect("print 40")
	p.ask("POST", "interrupt", "")
	p.send("+2\r")
	p.expect("42\r\n")
	p.expect("] > ")
	if _, text := p.ask("GET", "complete?line=kill%20S&pos=6", ""); !strings.Contains(text, `"S5"],"busy":false`) {
		t.Errorf("at the prompt: %s", text)
	}
	if _, text := p.ask("GET", "hint?line=put", ""); !strings.Contains(text, `KEY VALUE`) {
		t.Errorf("at the prompt: %s", text)
	}
	p.send("web off\r")
	p.expect("The page has ended.")
	p.send("\x04")
	p.exit(0)
}

// What the page refuses is told between two keystrokes, and the line stays as it is.
func TestRefusedWhileTyping(t *testing.T) {
	p := withPage(t, spec{})
	p.send("print 40")
	p.expect("print 40")
	p.token = "wrong"
	for range 2 {
		p.ask("GET", "history", "")
	}
	p.expect("The page refused a wrong presenter's token; web counts the next ones.")
	p.expect("> print 40")
	p.send("+2\r")
	p.expect("42\r\n")
	p.send("web\r")
	p.expect("Requests refused: 2 (wrong token).")
	p.send("\x04")
	p.exit(0)
	if n := strings.Count(p.text(), "The page refused"); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// Where no line editor runs, lines from the page are read all the same.
func TestLineFromThePageWithoutAnEditor(t *testing.T) {
	s := start(t, spec{args: []string{"--web", "127.0.0.1:0"}, env: []string{"RAFTLAB_TEST_PROGRAM=real", "TERM=dumb"}})
	s.expect("] > ")
	p := &paged{screen: s}
	s.send("web present\r")
	s.expect("can type here.")
	m := regexp.MustCompile(`(http://127\.0\.0\.1:\d+/)#present=([\w-]{22})`).FindStringSubmatch(s.text())
	p.address, p.token = m[1], m[2]
	s.expect("] > ")
	p.types("print 6*7")
	s.expect("print 6*7")
	s.expect("42")
	s.expect("] > ")
	s.send("\x04")
	s.exit(0)
}
