package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"raftlab/commands/lang"
	"raftlab/commands/stream"
	"raftlab/commands/view"
)

// chromium starts the one browser of all these tests. Where there is none they are left out, except where
// CI says that nothing is.
func chromium(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium is installed, which .ci/run should have done")
		}
		t.Skip("no Chromium is installed: how the page looks in a browser is not tested")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // of events it does not know
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// tab is a page in the browser.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string // what its log says that is no plain message
}

// open opens a page in a window of a size, without motion.
func open(t testing.TB, browser context.Context, url string, width, height int64) *tab {
	t.Helper()
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p.ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, p.hear)
	still := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	err := chromedp.Run(p.ctx, chromedp.EmulateViewport(width, height),
		emulation.SetEmulatedMedia().WithFeatures(still), chromedp.Navigate(url))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *tab) hear(event any) {
	text := ""
	switch e := event.(type) {
	case *cdpruntime.EventExceptionThrown:
		text = e.ExceptionDetails.Error()
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.APITypeError || e.Type == cdpruntime.APITypeWarning {
			text = fmt.Sprintf("%s: %v", e.Type, e.Args)
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	}
	if text != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, text)
	}
}

// fine fails the test where the browser's log has anything but what is allowed.
func (p *tab) fine(allowed string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		if allowed == "" || !strings.Contains(f, allowed) {
			p.t.Errorf("the browser says: %s", f)
		}
	}
}

// js is the value of an expression in the page, as text.
func (p *tab) js(expression string) (out string) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, chromedp.Evaluate("String("+expression+")", &out)); err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// text is what an element says.
func (p *tab) text(id string) string {
	p.t.Helper()
	return p.js(fmt.Sprintf("document.getElementById(%q).textContent", id))
}

// has waits until an element says something.
func (p *tab) has(id, text string) {
	p.t.Helper()
	for range 600 {
		if strings.Contains(p.text(id), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("#%s never says %q, but %q", id, text, p.text(id))
}

// shows waits until the page shows what the session has.
func (p *tab) shows(v *served) {
	p.t.Helper()
	s := stream.Look(v.session.World())
	p.has("where", fmt.Sprintf("event %d · tick %d", s.Position, s.Clock))
	var all []string
	for _, n := range s.Nodes {
		role := n.Role
		if !n.Up {
			role = "down"
		}
		all = append(all, fmt.Sprintf("%s %s term %d", n.ID, role, n.Term))
	}
	if got, want := p.text("ringtext"), strings.Join(all, ", "); got != want {
		p.t.Errorf("the page shows %q, not %q", got, want)
	}
}

// TestInABrowser drives the page in a real Chromium.
func TestInABrowser(t *testing.T) {
	browser := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"follows": testFollows, "comes back": testAway, "two pages": testTwoPages, "the class answers": testClass,
		"the presenter's line": testPresenter, "texts from outside": testHostileTexts,
	} {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
}

// The page follows an election, a partition, two leaders, undo, goto and a new cluster.
func testFollows(t *testing.T, browser context.Context) {
	v := serve(t)
	p := open(t, browser, v.Address(), 1280, 720)
	p.shows(v)
	v.run("timeout S1; settle")
	p.has("typed", "settle")
	p.shows(v)
	p.has("story", "S1 commits and applies entry 1")
	v.run("put x 1; partition S1 S2 | S3 S4 S5; timeout S3; settle")
	p.shows(v)
	p.has("apart", "S1 S2 (2 of 5)  |  S3 S4 S5 (3 of 5)")
	if n := p.js(`document.querySelectorAll('#ring .node.leader').length`); n != "2" {
		t.Errorf("%s leaders are shown, not 2", n)
	}
	v.run("undo")
	p.shows(v)
	v.run("goto 20")
	p.shows(v)
	v.run("goto -")
	p.shows(v)
	v.run("run 500")
	p.shows(v)
	v.run("new 3 seed 7")
	p.shows(v)
	if n := p.js(`document.querySelectorAll('#ring .node').length`); n != "3" {
		t.Errorf("%s servers are shown, not 3", n)
	}
	v.run("bug count-old-term on")
	p.has("banners", "bug on: count-old-term")
	p.fine("")
}

// A page that was without the console for a while says so, and is right again when it is back, whether
// it missed something or everything.
func testAway(t *testing.T, browser context.Context) {
	v := serve(t)
	v.run("timeout S1; settle")
	p := open(t, browser, v.Address(), 1280, 720)
	p.shows(v)
	address := "127.0.0.1:" + v.port
	v.Close()
	p.has("banners", "No connection to the console")
	v.run("kill S1; timeout S2; settle")
	again, err := Open(Config{Files: v.Files, Address: address, Presenter: v.typist})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	defer v.session.Stream().Follow(again.Hub().Send)()
	p.shows(v)
	until(t, "the banner is gone", func() bool { return p.text("banners") == "" })
	p.fine("net::ERR_")
}

// Two pages show the same, one that was there from the beginning and one that came later.
func testTwoPages(t *testing.T, browser context.Context) {
	v := serve(t)
	a := open(t, browser, v.Address(), 1280, 720)
	v.run("timeout S1; settle; put x 1; settle; cut S1->S3; put y 2; settle; kill S2")
	b := open(t, browser, v.Address(), 1280, 720)
	for _, p := range []*tab{a, b} {
		p.shows(v)
		p.has("typed", "kill S2")
	}
	v.run("heal; heartbeat; settle")
	for _, p := range []*tab{a, b} {
		p.shows(v)
		p.has("typed", "settle")
	}
	for _, id := range []string{"ringtext", "rows", "flight", "apart", "banners", "clients"} {
		if x, y := a.text(id), b.text(id); x != y {
			t.Errorf("#%s: one page says %q, the other %q", id, x, y)
		}
	}
	a.fine("")
	b.fine("")
}

// printed is a frontend that keeps what is printed, as text.
type printed struct {
	lang.Silent
	text strings.Builder
}

func (f *printed) Show(r *lang.Result) {
	for _, b := range r.View {
		if x, ok := b.(view.Text); ok {
			for _, l := range x.Lines {
				f.text.WriteString(l.String() + "\n")
			}
		}
		if x, ok := b.(view.Table); ok {
			for _, row := range x.Rows {
				for _, cell := range row {
					f.text.WriteString(cell.String() + " ")
				}
				f.text.WriteString("\n")
			}
		}
	}
}

// A question is answered from a page of a phone's size, in two rounds, and the terminal shows both.
func testClass(t *testing.T, browser context.Context) {
	v := serve(t)
	v.session.Class().Seat(v.Hub())
	phone, other := open(t, browser, v.Address(), 390, 844), open(t, browser, v.Address(), 1280, 720)
	press := func(p *tab, answer string) {
		t.Helper()
		p.js(fmt.Sprintf(`[...document.querySelectorAll('#card button')].find((b) => b.textContent === %q).click()`, answer))
	}
	v.run(`poll "Can S3 win?" yes no`)
	phone.has("card", "Can S3 win?")
	press(phone, "no")
	phone.has("card", "1 of 2 answered")
	other.has("card", "1 of 2 answered")
	v.run("poll again")
	phone.has("card", "second vote")
	press(phone, "yes")
	other.has("card", "1 of 2 answered")
	f := &printed{}
	if err := v.session.Run(context.Background(), "poll end", f); err != nil {
		t.Fatal(err)
	}
	if said := f.text.String(); !strings.Contains(said, "yes") || !strings.Contains(said, "no") {
		t.Errorf("the terminal shows %q", said)
	}
	for _, p := range []*tab{phone, other} {
		p.has("card", "second vote")
		p.fine("")
	}
}

// The presenter's link adds a line with hints and completion; what is typed there reaches the console. The class's
// page has none, and a wrong token gets nowhere.
func testPresenter(t *testing.T, browser context.Context) {
	v := serve(t)
	class := open(t, browser, v.Address(), 1280, 720)
	if class.js(`document.getElementById('line').hidden`) != "true" {
		t.Error("the class has the presenter's line")
	}
	p := open(t, browser, v.PresenterLink(), 1280, 720)
	if p.js(`document.getElementById('line').hidden`) != "false" {
		t.Fatal("the presenter has no line")
	}
	key := func(keys string) {
		t.Helper()
		if err := chromedp.Run(p.ctx, chromedp.SendKeys("#line input", keys, chromedp.ByQuery)); err != nil {
			t.Fatal(err)
		}
	}
	key("kill ")
	until(t, "a hint", func() bool {
		return strings.Contains(p.js(`document.querySelector('#line .ghost').textContent`), "after kill")
	})
	key("\t")
	until(t, "candidates", func() bool { return strings.Contains(p.text("candidates"), "S2") })
	key("\r")
	lines := func() string {
		v.typist.mu.Lock()
		defer v.typist.mu.Unlock()
		return strings.Join(v.typist.lines, "|")
	}
	until(t, "the console has the line", func() bool { return lines() == "kill S" })
	bad := open(t, browser, v.Address()+"#present=AAAAAAAAAAAAAAAAAAAAAA", 1280, 720)
	if err := chromedp.Run(bad.ctx, chromedp.SendKeys("#line input", "kill S1\r", chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	until(t, "it is refused", func() bool { return strings.Contains(bad.text("linenote"), "not the presenter") })
	if lines() != "kill S" {
		t.Errorf("the console got %q", lines())
	}
	class.fine("")
	p.fine("")
	bad.fine("401")
}

// Texts from outside are texts: nothing of them runs, and the layout stays.
func testHostileTexts(t *testing.T, browser context.Context) {
	v := serve(t)
	p := open(t, browser, v.Address(), 1280, 720)
	v.run("timeout S1; settle")
	p.shows(v)
	size := p.js(`document.documentElement.scrollWidth + 'x' + document.documentElement.scrollHeight`)
	for _, text := range []string{`<img src=x onerror="document.title='run'">`, `</script><script>document.title='run'</script>`,
		strings.Repeat("w", 240), "\u202eabc\u2066\u05d0\u05d1", "javascript:document.title='run'"} {
		v.run("submit " + text)
		v.run("settle; heartbeat; settle")
		v.run("say " + text)
		p.shows(v)
	}
	if title := p.js(`document.title`); title != "raftlab" {
		t.Errorf("the title is %q", title)
	}
	if now := p.js(`document.documentElement.scrollWidth + 'x' + document.documentElement.scrollHeight`); now != size {
		t.Errorf("the page is %s, and was %s", now, size)
	}
	p.fine("")
}
