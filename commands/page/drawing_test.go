package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"

	"raftlab/commands"
	"raftlab/commands/page/chromium"
	"raftlab/commands/stream"
)

// shown is what a page shows, as onThePage has it.
type shown struct {
	Command, Where, Banners string
	Servers, Logs           map[string]string
	Messages, Areas         int
}

// window is a page that shows a session.
type window struct {
	*chromium.Window
	t *testing.T
}

// look opens a page in a window of its own. still shows the end of each command at once.
func look(t *testing.T, browser context.Context, address string, s chromium.Size, still bool) *window {
	t.Helper()
	w := &window{chromium.Open(t, browser, address, s, still), t}
	w.Seen = "JSON.stringify(" + onThePage + ")"
	return w
}

func (w *window) shown() (s shown) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(w.JSON(onThePage)), &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// expected is what a page is to show of a snapshot; of the logs all of it.
func expected(x *stream.SnapshotItem) (s shown) {
	s.Servers, s.Logs, s.Messages, s.Areas = map[string]string{}, map[string]string{}, len(x.Messages), len(x.Sides)
	s.Where = fmt.Sprintf("event %d · tick %d", x.Position, x.Clock)
	for _, n := range x.Nodes {
		role := n.Role
		if n.Frozen {
			role += " frozen"
		}
		s.Servers[n.ID] = fmt.Sprintf("%s %d", role, n.Term)
		var cells []string
		for i, e := range n.Entries {
			text := e.Data
			if e.Sort == "noop" {
				text = "no-op"
			} else if text == "" {
				text = e.Sort
			}
			cell := fmt.Sprintf("%d %s", e.Term, text)
			if n.Last-len(n.Entries)+1+i <= n.Commit {
				cell += "*"
			}
			cells = append(cells, cell)
		}
		s.Logs[n.ID] = strings.Join(cells, ", ")
	}
	return s
}

// differs says what a page shows otherwise; "" when it shows what there is. A long log is shown by
// its newest entries.
func (s shown) differs(want shown) string {
	switch {
	case !strings.HasSuffix(s.Where, want.Where):
		return fmt.Sprintf("it is at %s, not at %s", s.Where, want.Where)
	case fmt.Sprint(s.Servers) != fmt.Sprint(want.Servers):
		return fmt.Sprintf("servers %v, not %v", s.Servers, want.Servers)
	case s.Messages != want.Messages || s.Areas != want.Areas:
		return fmt.Sprintf("%d messages and %d areas, not %d and %d", s.Messages, s.Areas, want.Messages, want.Areas)
	}
	for id, log := range want.Logs {
		if has, is := s.Logs[id]; !is || !strings.HasSuffix(log, has) || has == "" && log != "" && strings.Count(log, ",") == 0 {
			return fmt.Sprintf("the log of %s is %q, not %q", id, has, log)
		}
	}
	return ""
}

// follows waits until a page shows what the session has.
func (v *served) shows(w *window) {
	v.t.Helper()
	want := expected(stream.Look(v.session.World()))
	why := ""
	for range 200 {
		if why = w.shown().differs(want); why == "" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	v.t.Fatalf("the page does not show the session: %s", why)
}

// The page follows an election, a partition, two leaders at once, undo, goto and new, in motion and
// without, and two pages show the same.
func TestThePageFollows(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	still, moving := look(t, browser, v.address(), chromium.Wall, true), look(t, browser, v.address(), chromium.Old, false)
	for _, step := range []struct{ line, seen string }{
		{"timeout S1; settle", "document.querySelectorAll('.node.leader').length === 1"},
		{"put x 1; settle", ""},
		{"partition S1 S2 | S3 S4 S5", "document.querySelectorAll('.area').length === 2"},
		{"put x old via S1; settle; timeout S3; settle", "document.querySelectorAll('.node.leader').length === 2"},
		{"undo", "document.querySelector('#typed').textContent === 'undo'"},
		{"goto 0", "document.querySelectorAll('.node.leader').length === 0"},
		{"new 7", "document.querySelectorAll('.node').length === 7"},
		{"kill S2; freeze S3; timeout S1", "document.querySelector('.node.candidate .vote.yes')"},
	} {
		v.run(step.line)
		for _, w := range []*window{still, moving} {
			if v.shows(w); step.seen != "" {
				w.Until(step.seen)
			}
		}
	}
	still.Quiet()
	moving.Quiet()
}

// The same for random sessions: whatever is done, the page shows it at the end of each command.
func TestThePageFollowsRandomSessions(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Wall, true)
	words := strings.Split("tick 3|step|settle|run 30|timeout S%d|heartbeat|deliver any|put x %d|put y 2 via S%d|undo|redo|back 4|goto 10|goto -|new %d|"+
		"kill S%d|restart S%d|freeze S%d|thaw S%d|cut S%d->S1|partition S1 S2|isolate S%d|heal|drop any|delay any 5|set fsync off|snapshot S%d|"+
		"bug vote-any on|add S%d|transfer S%d|whatif settle|scenario split-brain|new 9|new 16|put "+strings.Repeat("w", 240)+" 1", "|")
	r := rand.New(rand.NewPCG(14, 7))
	for range 70 {
		line := words[r.IntN(len(words))]
		if strings.Contains(line, "%d") {
			line = fmt.Sprintf(line, 1+r.IntN(5))
		}
		_ = v.session.Run(t.Context(), line, unseen{}) // what cannot be done is refused, and shown as well
		v.shows(w)
		if t.Failed() {
			t.Fatalf("after %s", line)
		}
	}
	w.Quiet()
}

// A page scrolled back stays where it is while the console goes on; one key follows again.
func TestScrollingBack(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Wall, true)
	v.shows(w)
	v.run("timeout S1")
	v.run("settle")
	v.shows(w)
	w.Press("PageUp")
	before := w.shown()
	v.run("put x 1; settle")
	w.Until("document.querySelector('#slider').max > 25")
	if now := w.shown(); now.Where != before.Where {
		t.Errorf("it was at %s, and is at %s", before.Where, now.Where)
	}
	w.Press("f")
	v.shows(w)
	w.Press("Home")
	w.Until("document.querySelector('#b-follow').textContent.startsWith('looking back')")
	w.JSON("document.querySelector('#b-follow').click()")
	v.shows(w)
	w.Quiet()
}

// What a command brings about is played within the pace, and a key skips to its end. A page that is
// behind by more than a command jumps.
func TestPlaying(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Wall, false)
	v.shows(w)
	v.run("timeout S1; settle")
	w.Until("document.querySelectorAll('.ball').length > 0") // it has begun, and not ended
	if now := w.shown(); now.Servers["S1"] == "leader 1" && now.Messages == 0 {
		t.Error("the end is shown at once")
	}
	w.Press(" ")
	if why := w.shown().differs(expected(stream.Look(v.session.World()))); why != "" {
		t.Errorf("a key does not skip to the end: %s", why)
	}
	for i := range 6 {
		v.run(fmt.Sprintf("put x %d; settle", i))
	}
	v.shows(w)
	w.Quiet()
}

// A page whose console goes away says so, and is right again when one is there again.
func TestTheConsoleComesBack(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	v.run("timeout S1; settle")
	w := look(t, browser, v.address(), chromium.Wall, true)
	v.shows(w)
	address := v.server.Listener.Addr().String()
	v.close()
	w.Until("/No connection/.test(document.querySelector('#banners').textContent)")
	v.run("put x 1; settle; partition S1 | S2 S3 S4 S5")
	v.open(address)
	v.shows(w)
	w.Until("!/No connection/.test(document.querySelector('#banners').textContent)")
}

// Texts from outside are texts: they run nothing and change no layout, at any size of the window.
func TestHostileTexts(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	long := strings.Repeat("w", 240)
	v.run("timeout S1; settle")
	for _, text := range []string{`<script>hacked=1</script>`, `<img src=x onerror=hacked=1>`, long, "שלום-עולם", `"><svg onload=hacked=1>`, "a\u202eb"} {
		v.run(fmt.Sprintf("put '%s' '%s'; settle", text, text))
	}
	v.run(`say "<b onclick=hacked=1>` + long + ` שלום"`)
	v.run("put " + long + " 2")
	v.session.Stream().Send(stream.NewQuestion(stream.QuestionItem{ID: "q", Text: "<img src=x onerror=hacked=1> " + long, Choices: []string{"<b>", long}, Round: 1}))
	for _, s := range []chromium.Size{chromium.Wall, chromium.Old, chromium.Phone} {
		w := look(t, browser, v.address(), s, true)
		w.Until("document.querySelectorAll('.node').length === 5 && !document.querySelector('#card').hidden")
		w.Press("m", "o")
		w.Until("document.querySelector('#sheet').open")
		if got := w.JSON("typeof hacked"); got != `"undefined"` {
			t.Errorf("%v: a text ran", s)
		}
		if got := w.JSON(strayed); got != "[]" {
			t.Errorf("%v: outside of the window: %s", s, got)
		}
		if got := w.JSON("document.querySelectorAll('img, b[onclick], #rows svg, main script').length"); got != "0" {
			t.Errorf("%v: a text became markup", s)
		}
		w.Quiet()
	}
}

// strayed is what stands beyond the right or left edge of the window.
const strayed = `[...document.querySelectorAll('header, main, footer, #card, #card button, #rows .cell, #story li, #flight, #apart, #banners p, dialog[open]')]
  .filter((e) => e.checkVisibility() && (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)).map((e) => e.id || e.className || e.tagName)
  .concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : [])`

// 300 entries, a term of four digits, and the largest cluster fit into every window.
func TestLargeStates(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	lines := []string{`given S1 term 1234 log "` + strings.Repeat("7 ", 150) + strings.Repeat("1234 ", 150) + `"`, "new 16; timeout S1; settle; put x 1; settle; partition S1 S5 S9 | S2 S3; heartbeat"}
	for _, line := range lines {
		v.run(line)
		for _, s := range []chromium.Size{chromium.Wall, chromium.Phone} {
			w := look(t, browser, v.address(), s, true)
			v.shows(w)
			if got := w.JSON(strayed); got != "[]" {
				t.Errorf("%s at %v: outside of the window: %s", line, s, got)
			}
			w.Quiet()
		}
	}
}

// The class's question is answered from a phone: its buttons are large enough, what was chosen is
// marked, another choice takes its place, and a free answer is typed.
func TestAnsweringFromAPhone(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Phone, true)
	v.shows(w)
	w.Resize(chromium.Size{W: 320, H: 568}) // as small as phones are
	w.Until("document.querySelector('#track').getBoundingClientRect().width >= 60")
	w.Resize(chromium.Phone)
	ask := func(name string, choices ...string) {
		v.session.Stream().Send(stream.NewQuestion(stream.QuestionItem{ID: name, Text: "Who wins?", Choices: append([]string{}, choices...), Round: 1}))
		w.Until("!document.querySelector('#card').hidden")
	}
	ask("one", "S1", "S2")
	w.Until("[...document.querySelectorAll('#card button')].every((b) => b.getBoundingClientRect().height >= 54)")
	for _, k := range []string{"S1", "S2"} {
		w.JSON("[...document.querySelectorAll('#card button')].find((b) => b.textContent === '" + k + "').click()")
		w.Until("[...document.querySelectorAll('#card button[aria-pressed=true]')].map((b) => b.textContent).join() === '" + k + "'")
	}
	ask("two")
	w.Until("document.querySelector('#card input')")
	w.JSON("(document.querySelector('#card input').value = 'three', document.querySelector('#card button').click())")
	w.Until("/answered ✓/.test(document.querySelector('#card button').textContent)")
	v.mu.Lock()
	if got := strings.Join(v.answers, ", "); got != "one: S1, one: S2, two: three" {
		t.Errorf("the page answered %s", got)
	}
	v.mu.Unlock()
	v.session.Class().Seat(phones{"a": "S2"})
	v.run(`predict two "Who wins?"`)
	v.session.Stream().Send(stream.NewAnswers(stream.AnswersItem{ID: "two", Text: "Who wins?", Truth: "S2", Rounds: []map[string]int{{"S1": 20, "S2": 3}, {"S1": 8, "S2": 15}}, Changed: 12}))
	w.Until("/12 changed to the right answer/.test(document.querySelector('#card').textContent) && document.querySelector('.bar.true .choice').textContent === 'S2 ✓'")
	v.run("reveal two 1")
	w.Until("document.querySelector('#typed').textContent === 'reveal two 1' && !document.querySelector('#card').hidden")
	w.Until("document.querySelector('#output').hidden") // the card has it
	w.Quiet()
}

// phones is a class of which each browser has given one answer.
type phones map[string]string

func (p phones) Answers(string, int) (map[string]string, int) { return p, len(p) }

// A cluster that runs by itself moves on the page, says the time and no position, and claims nothing of what
// it does not tell; a command that is refused says so while it runs on.
func TestALiveCluster(t *testing.T) {
	browser := chromium.Start(t)
	v := serveSession(t, commands.Options{Nodes: 3, Seed: 1, Live: &commands.LiveOptions{Tick: 2 * time.Millisecond}})
	beat, stop := time.NewTicker(50*time.Millisecond), make(chan struct{})
	defer func() { stop <- struct{}{} }()
	go func() {
		defer beat.Stop()
		for {
			select {
			case <-stop:
				return
			case <-beat.C:
				v.session.Stream().Beat()
			}
		}
	}()
	w := look(t, browser, v.address(), chromium.Wall, false)
	w.Until("document.querySelectorAll('.node.leader').length === 1")
	v.run("put x 1")
	w.Until("document.querySelectorAll('#rows .cell.sure').length > 3 && /x=1/.test(document.querySelector('#rows').textContent)")
	w.Until("/^live · tick \\d+$/.test(document.querySelector('#where').textContent)")
	if got := w.JSON("[document.querySelector('#synckey').hidden, document.querySelector('#flight').textContent, " +
		"document.querySelector('#story').textContent.includes('#0')]"); got != `[true,"",false]` {
		t.Errorf("the page claims what is not so: %s", got)
	}
	if err := v.session.Run(t.Context(), "kill S1; kill S1", unseen{}); err == nil {
		t.Error("a server is killed twice")
	}
	w.Until("document.querySelectorAll('.node.down').length === 1 && /down already|is down/.test(document.querySelector('#output').innerText)")
	w.Quiet()
}

// An exported page steps with a clicker's keys, hides what comes after, and shows the keys.
func TestExportedPage(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	t.Chdir(t.TempDir())
	v.run("timeout S1; settle; put x 1; settle; export a.html")
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	w := look(t, browser, "file://"+filepath.Join(dir, "a.html"), chromium.Old, true)
	w.Until("document.querySelector('#where').textContent === 'event 0 · tick 0'")
	if got := w.JSON("[document.querySelectorAll('#eras rect').length, document.querySelectorAll('#story li').length, document.documentElement.scrollHeight <= innerHeight]"); got != "[0,0,true]" {
		t.Errorf("the beginning shows what comes after, or is larger than the window: %s", got)
	}
	var at []string
	for _, key := range []string{"PageDown", " ", "ArrowRight", "ArrowLeft", "PageUp", "End", "PageDown", "Home"} {
		w.Press(key)
		at = append(at, w.shown().Where)
	}
	want := "event 8 · tick 0,event 12 · tick 0,event 16 · tick 0,event 12 · tick 0,event 8 · tick 0,event 86 · tick 0,event 86 · tick 0,event 0 · tick 0"
	if got := strings.Join(at, ","); got != want {
		t.Errorf("the keys go to\n%s, not to\n%s", got, want)
	}
	w.Press("?")
	w.Until("document.querySelector('#help').open && /a clicker/.test(document.querySelector('#help').innerText)")
	if keys := w.JSON("[document.querySelector('#b-prevc').title, document.querySelector('#b-nextc').title]"); strings.Contains(keys, "Page") {
		t.Errorf("buttons that go by commands name keys that go by events here: %s", keys)
	}
	w.JSON("(document.querySelector('#help').close(), document.documentElement.dataset.theme = 'dark')")
	w.Do(emulation.SetEmulatedMedia().WithMedia("print"))
	if got := w.JSON("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('footer')).display]"); got != `["rgb(251, 250, 246)","none"]` {
		t.Errorf("a dark page is printed with the background and the buttons %s", got)
	}
	w.Quiet()
}

// A screen reader has words for each button, window and position.
func TestNamesForAScreenReader(t *testing.T) {
	browser, v := chromium.Start(t), serve(t)
	w := look(t, browser, v.address(), chromium.Wall, true)
	v.run("timeout S1; settle")
	v.shows(w)
	if got := w.JSON(`[...document.querySelectorAll('button, dialog, nav, section, input[type=range]')]
		.filter((e) => !/[a-z]{3}/.test(e.ariaLabel ?? (e.matches('button') ? e.textContent : ''))).map((e) => e.id)`); got != `[]` {
		t.Errorf("these have no name in words: %s", got)
	}
	w.Until("document.querySelector('#slider').getAttribute('aria-valuetext') === document.querySelector('#where').textContent")
	w.Quiet()
}

// onThePage is what can be seen: each server with its role and its term, its log from the first
// index that is shown, with * where it is committed, and how many messages are on their way.
const onThePage = `({
  command: document.querySelector('#typed').textContent,
  where: document.querySelector('#where').textContent,
  servers: Object.fromEntries([...document.querySelectorAll('.node')].map((g) => [g.querySelector('.name').textContent,
    [...g.classList].filter((c) => !/^(node|c\d|m-.*|hit|concerned)$/.test(c)).join(' ') + ' ' + g.querySelector('.term').textContent.replace(/\D/g, '')])),
  logs: Object.fromEntries([...document.querySelectorAll('.row')].map((r) => [r.querySelector('.who span').textContent,
    [...r.querySelectorAll('.cell:not(.gone):not(.snap)')].map((c) => c.querySelector('b').textContent + ' ' + c.querySelector('span').textContent + (c.classList.contains('sure') ? '*' : '')).join(', ')])),
  messages: document.querySelectorAll('.ball').length,
  areas: document.querySelectorAll('.area').length,
  banners: [...document.querySelectorAll('#banners p')].map((p) => p.textContent).join(' | '),
})`
