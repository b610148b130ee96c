package web

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/commands/lang"
	"raftlab/commands/page/chromium"
	"raftlab/commands/stream"
	"raftlab/commands/view"
)

// tab is a page in the browser.
type tab struct {
	*chromium.Window
	t testing.TB
}

// open opens a page in a window of a size, without motion.
func open(t testing.TB, browser context.Context, url string, s chromium.Size) *tab {
	t.Helper()
	return &tab{chromium.Open(t, browser, url, s, true), t}
}

// shows waits until the page shows what the session has.
func (p *tab) shows(v *served) {
	p.t.Helper()
	s := stream.Look(v.session.World())
	p.Has("where", fmt.Sprintf("event %d · tick %d", s.Position, s.Clock))
	var all []string
	for _, n := range s.Nodes {
		role := n.Role
		if !n.Up {
			role = "down"
		}
		all = append(all, fmt.Sprintf("%s %s term %d", n.ID, role, n.Term))
	}
	if got, want := p.Text("ringtext"), strings.Join(all, ", "); got != want {
		p.t.Errorf("the page shows %q, not %q", got, want)
	}
}

// TestInABrowser drives the page in a real Chromium.
func TestInABrowser(t *testing.T) {
	browser := chromium.Start(t)
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
	p := open(t, browser, v.Address(), chromium.Wall)
	p.shows(v)
	v.run("timeout S1; settle")
	p.Has("typed", "settle")
	p.shows(v)
	p.Has("story", "S1 commits and applies entry 1")
	v.run("put x 1; partition S1 S2 | S3 S4 S5; timeout S3; settle")
	p.shows(v)
	p.Has("apart", "S1 S2 (2 of 5)  |  S3 S4 S5 (3 of 5)")
	if n := p.JS(`document.querySelectorAll('#ring .node.leader').length`); n != "2" {
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
	if n := p.JS(`document.querySelectorAll('#ring .node').length`); n != "3" {
		t.Errorf("%s servers are shown, not 3", n)
	}
	v.run("bug count-old-term on")
	p.Has("banners", "bug on: count-old-term")
	p.Quiet()
}

// A page that was without the console for a while says so, and is right again when it is back, whether
// it missed something or everything.
func testAway(t *testing.T, browser context.Context) {
	v := serve(t)
	v.run("timeout S1; settle")
	p := open(t, browser, v.Address(), chromium.Wall)
	p.shows(v)
	address := "127.0.0.1:" + v.port
	v.session.Class().Seat(v.Hub())
	v.run(`poll "Can S3 win?" yes no`)
	p.Has("card", "Can S3 win?")
	v.Close()
	p.Has("banners", "No connection to the console")
	v.run("poll end; kill S1; timeout S2; settle")
	again, err := Open(Config{Files: v.Files, Address: address, Presenter: v.typist})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	defer v.session.Stream().Follow(again.Hub().Send)()
	p.shows(v)
	p.Until(`document.getElementById('card').hidden`) // the question is over
	until(t, "the banner is gone", func() bool { return p.Text("banners") == "" })
	p.Quiet("net::ERR_")
}

// Two pages show the same, one that was there from the beginning and one that came later.
func testTwoPages(t *testing.T, browser context.Context) {
	v := serve(t)
	a := open(t, browser, v.Address(), chromium.Wall)
	v.run("timeout S1; settle; put x 1; settle; cut S1->S3; put y 2; settle; kill S2")
	b := open(t, browser, v.Address(), chromium.Wall)
	for _, p := range []*tab{a, b} {
		p.shows(v)
		p.Has("typed", "kill S2")
	}
	v.run("heal; heartbeat; settle")
	for _, p := range []*tab{a, b} {
		p.shows(v)
		p.Has("typed", "settle")
	}
	for _, id := range []string{"ringtext", "rows", "flight", "apart", "banners", "clients"} {
		if x, y := a.Text(id), b.Text(id); x != y {
			t.Errorf("#%s: one page says %q, the other %q", id, x, y)
		}
	}
	a.Quiet()
	b.Quiet()
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
	phone, other := open(t, browser, v.Address(), chromium.Phone), open(t, browser, v.Address(), chromium.Wall)
	press := func(p *tab, answer string) {
		t.Helper()
		p.JS(fmt.Sprintf(`[...document.querySelectorAll('#card button')].find((b) => b.textContent === %q).click()`, answer))
	}
	v.run(`poll "Can S3 win?" yes no`)
	phone.Has("card", "Can S3 win?")
	press(phone, "no")
	phone.Has("card", "1 of 2 answered")
	other.Has("card", "1 of 2 answered")
	v.run("poll")
	other.Has("typed", "poll")
	other.Until(`document.getElementById('output').hidden`) // the counts in it would soon be old
	v.run("poll again")
	phone.Has("card", "second vote")
	press(phone, "yes")
	other.Has("card", "1 of 2 answered")
	f := &printed{}
	if err := v.session.Run(context.Background(), "poll end", f); err != nil {
		t.Fatal(err)
	}
	if said := f.text.String(); !strings.Contains(said, "yes") || !strings.Contains(said, "no") {
		t.Errorf("the terminal shows %q", said)
	}
	late := open(t, browser, v.Address(), chromium.Wall)
	for _, p := range []*tab{phone, other, late} {
		p.Has("card", "second vote")
		p.Until(`document.querySelectorAll('#card .bar').length === 3`)
		p.Until(`document.getElementById('output').hidden`) // the card has it
		p.Quiet()
	}
	v.run("timeout S1; settle")
	for _, p := range []*tab{phone, other, late, open(t, browser, v.Address(), chromium.Wall)} {
		p.shows(v)
		p.Until(`document.getElementById('card').hidden`)
	}
}

// The presenter's link adds a line with hints and completion; what is typed there reaches the console. The class's
// page has none, and a wrong token gets nowhere.
func testPresenter(t *testing.T, browser context.Context) {
	v := serve(t)
	class := open(t, browser, v.Address(), chromium.Wall)
	if class.JS(`document.getElementById('line').hidden`) != "true" {
		t.Error("the class has the presenter's line")
	}
	p := open(t, browser, v.PresenterLink(), chromium.Wall)
	if p.JS(`document.getElementById('line').hidden`) != "false" {
		t.Fatal("the presenter has no line")
	}
	key := func(keys string) {
		t.Helper()
		p.Type("#line input", keys)
	}
	key("kill ")
	until(t, "a hint", func() bool {
		return strings.Contains(p.JS(`document.querySelector('#line .ghost').textContent`), "after kill")
	})
	key("\t")
	until(t, "candidates", func() bool { return strings.Contains(p.Text("candidates"), "S2") })
	key("\r")
	lines := func() string {
		v.typist.mu.Lock()
		defer v.typist.mu.Unlock()
		return strings.Join(v.typist.lines, "|")
	}
	until(t, "the console has the line", func() bool { return lines() == "kill S" })
	other := open(t, browser, strings.Replace(v.PresenterLink(), "#present", "?present", 1), chromium.Wall)
	other.Type("#line input", "status\r")
	until(t, "the console has the line of ?present", func() bool { return lines() == "kill S|status" })
	other.Quiet()
	bad := open(t, browser, v.Address()+"#present=AAAAAAAAAAAAAAAAAAAAAA", chromium.Wall)
	bad.Type("#line input", "kill S1\r")
	until(t, "it is refused", func() bool { return strings.Contains(bad.Text("linenote"), "not the presenter") })
	if lines() != "kill S|status" {
		t.Errorf("the console got %q", lines())
	}
	class.Quiet()
	p.Quiet()
	bad.Quiet("401")
}

// Texts from outside are texts: nothing of them runs, and the layout stays.
func testHostileTexts(t *testing.T, browser context.Context) {
	v := serve(t)
	p := open(t, browser, v.Address(), chromium.Wall)
	v.run("timeout S1; settle")
	p.shows(v)
	size := p.JS(`document.documentElement.scrollWidth + 'x' + document.documentElement.scrollHeight`)
	for _, text := range []string{`<img src=x onerror="document.title='run'">`, `</script><script>document.title='run'</script>`,
		strings.Repeat("w", 240), "\u202eabc\u2066\u05d0\u05d1", "javascript:document.title='run'"} {
		v.run("submit " + text)
		v.run("settle; heartbeat; settle")
		v.run("say " + text)
		p.shows(v)
	}
	if title := p.JS(`document.title`); title != "raftlab" {
		t.Errorf("the title is %q", title)
	}
	if now := p.JS(`document.documentElement.scrollWidth + 'x' + document.documentElement.scrollHeight`); now != size {
		t.Errorf("the page is %s, and was %s", now, size)
	}
	p.Quiet()
}
