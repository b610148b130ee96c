package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"raftlab/commands/page/chromium"
)

// tabPage is the site in a tab of a real Chromium.
type tabPage struct {
	*chromium.Window
	t *testing.T
}

// openTab opens the site and waits for its prompt.
func openTab(t *testing.T, browser context.Context, address string) *tabPage {
	t.Helper()
	p := &tabPage{chromium.Open(t, browser, address, chromium.Wall, false), t}
	p.Seen = `document.getElementById('terminal').textContent.slice(-2000)`
	p.prompts(0)
	return p
}

// prompts waits until the last line is a prompt, and more than n have been.
func (p *tabPage) prompts(n int) {
	p.t.Helper()
	p.Until(fmt.Sprintf(`document.querySelectorAll('#terminal .prompt').length > %d &&
		document.querySelector('#terminal').lastElementChild.className === 'prompt'`, n))
}

// types types a line, waits for the next prompt, and returns what was printed between.
func (p *tabPage) types(line string) string {
	p.t.Helper()
	n, err := strconv.Atoi(p.JS(`document.querySelectorAll('#terminal .prompt').length`))
	if err != nil {
		p.t.Fatal(err)
	}
	p.Type("#line input", line+"\r")
	p.prompts(n)
	return p.JS(fmt.Sprintf(`(() => { const all = [...document.getElementById('terminal').children],
		from = all.indexOf(document.querySelectorAll('#terminal .prompt')[%d - 1]);
		return all.slice(from).map((e) => e.textContent).join('\n'); })()`, n))
}

// says fails the test where a text lacks something.
func (p *tabPage) says(line, text, wanted string) {
	p.t.Helper()
	if !strings.Contains(strings.Join(strings.Fields(text), " "), wanted) {
		p.t.Errorf("%s does not say %q, but\n%s", line, wanted, text)
	}
}

// plays goes on with Enter, and with line where a goal is open, until the prompt is no longer that
// of a lesson or scenario.
func (p *tabPage) plays(begin, line string) {
	p.t.Helper()
	text := p.types(begin)
	for range 150 {
		at := text[strings.LastIndex(text, "\n")+1:]
		switch {
		case strings.HasPrefix(at, "["):
			return
		case strings.Contains(at, "goal"):
			text = p.types(line)
		default:
			text = p.types("")
		}
	}
	p.t.Fatalf("%s has no end, but\n%s", begin, text)
}

// tabInABrowser goes through what somebody does there who comes for the first time, and who comes again.
func tabInABrowser(t *testing.T, dir string) {
	browser := chromium.Start(t)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	p := openTab(t, browser, server.URL)
	p.says("timeout S1; settle", p.types("timeout S1; settle"), "S1 becomes leader in term 1")
	p.Until(`document.querySelectorAll('#ring .node.leader').length === 1`)
	p.Until(`document.getElementById('ringtext').textContent.startsWith('S1 leader term 1')`)
	if wide := p.JS(`document.getElementById('terminal').scrollWidth <= document.getElementById('terminal').clientWidth`); wide != "true" {
		t.Error("lines are wider than the pane")
	}
	p.plays("tour", "")
	p.plays("lesson 3", "solution")
	p.plays("scenario figure-8", "solution")
	p.Until(`document.querySelectorAll('#banners .broken').length === 0`)
	found := p.types("new; bug count-old-term on; explore")
	p.says("explore", found, "BREACH of Leader Completeness")
	p.types("goto found")
	p.Until(`document.getElementById('banners').textContent.includes('Leader Completeness')`)
	p.types("new; timeout S1; settle; put x 7; settle")
	link := regexp.MustCompile(`(?m)^http://\S+#[0-9A-Za-z]{8,}$`).FindString(p.types("share"))
	progress := p.types("lessons")
	p.says("lessons", progress, "3 elections 15 done")
	p.Do(chromedp.Reload())
	p.prompts(0)
	p.Type("#line input", kb.ArrowUp)
	if last := p.JS(`document.querySelector('#line input').value`); last != "lessons" {
		t.Errorf("after a reload, the last line of the history is %q", last)
	}
	p.Type("#line input", kb.ArrowDown)
	if again := p.types("lessons"); again[strings.Index(again, "\n"):strings.LastIndex(again, "\n")] !=
		progress[strings.Index(progress, "\n"):strings.LastIndex(progress, "\n")] {
		t.Errorf("a reload changes the progress from\n%s\nto\n%s", progress, again)
	}
	p.Quiet()
	if !strings.HasPrefix(link, server.URL+"/#") {
		t.Fatalf("share prints the link %q", link)
	}
	tabOpensLinks(t, browser, link)
	tabTakesWhatIsPasted(t, browser, server.URL)
	tabWithoutStorage(t, browser, server.URL)
	tabWithoutWebAssembly(t, browser, server.URL)
}

// tabOpensLinks opens a link that share has printed, in a new tab and at the prompt, and then what it has
// not printed.
func tabOpensLinks(t *testing.T, browser context.Context, link string) {
	p := openTab(t, browser, link)
	p.Until(`document.getElementById('rows').textContent.includes('x=7')`)
	p.types("new")
	p.says("open and the link", p.types("open "+link), "Opened: the text's")
	_, shared, _ := strings.Cut(link, "#")
	for i, wrong := range []string{shared[:len(shared)-1], "AB", "timeout%20S1;kill"} {
		p.JS(fmt.Sprintf(`location.hash = %q`, wrong))
		p.Until(fmt.Sprintf(`document.getElementById('terminal').textContent.replace(/\s+/g, ' ')
			.split('not a text that share has printed').length === %d`, i+2))
		p.prompts(0)
	}
	p.Quiet()
}

// tabTakesWhatIsPasted: many lines are typed one after the other, and the last piece stays on the line.
func tabTakesWhatIsPasted(t *testing.T, browser context.Context, address string) {
	p := openTab(t, browser, address)
	p.JS(`(() => { const it = document.querySelector('#line input'), data = new DataTransfer();
		data.setData('text', 'new 3\r\n\r\ntimeout S2  # who leads?\nsettle\n' + 'tick\n'.repeat(40) + 'sta');
		it.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()`)
	p.Until(`document.querySelectorAll('#terminal .prompt').length === 44`)
	p.says("a paste", p.Text("terminal"), "S2 becomes leader in term 1")
	if left := p.JS(`document.querySelector('#line input').value`); left != "sta" {
		t.Errorf("what is left on the line is %q", left)
	}
	p.Quiet()
}

// tabWithout opens the site in a tab where a script has taken something away.
func tabWithout(t *testing.T, browser context.Context, script, address string) *tabPage {
	t.Helper()
	p := &tabPage{chromium.Open(t, browser, "about:blank", chromium.Wall, false), t}
	p.Do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}), chromedp.Navigate(address))
	return p
}

// tabWithoutStorage: all works where the browser keeps nothing, and it says so.
func tabWithoutStorage(t *testing.T, browser context.Context, address string) {
	p := tabWithout(t, browser,
		`Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('off'); } })`, address)
	p.prompts(0)
	p.says("a tab without storage", p.Text("terminal"), "keeps nothing for your next visit")
	p.types("lesson 3")
	p.types("")
	p.says("lessons", p.types("lessons"), "3 elections 15 2/24")
	p.Type("#line input", kb.ArrowUp)
	if last := p.JS(`document.querySelector('#line input').value`); last != "lessons" {
		t.Errorf("the last line of the history is %q", last)
	}
}

// tabWithoutWebAssembly: a browser that is too old says that it is.
func tabWithoutWebAssembly(t *testing.T, browser context.Context, address string) {
	p := tabWithout(t, browser, `delete window.WebAssembly`, address)
	p.Until(`document.getElementById('terminal')?.textContent.includes('This browser cannot run the program')`)
}

// BenchmarkTabLoad is the time from the navigation to the first prompt, in a browser that has just started
// (first) and on a second visit (again), from a server that compresses nothing.
func BenchmarkTabLoad(b *testing.B) {
	dir := b.TempDir()
	if out, err := exec.Command("raftlab", "web", "build", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	var sum [2]float64
	for range b.N {
		ctx, cancel := chromedp.NewContext(chromium.Start(b))
		for visit := range sum {
			var ms float64
			if err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
				_, err := page.AddScriptToEvaluateOnNewDocument(`new MutationObserver((_, it) => {
					if (!document.querySelector('#terminal .prompt')) return;
					window.prompted = performance.now();
					it.disconnect();
				}).observe(document, { childList: true, subtree: true })`).Do(ctx)
				return err
			}), chromedp.Navigate(server.URL), chromedp.Poll("window.prompted", &ms)); err != nil {
				b.Fatal(err)
			}
			sum[visit] += ms
		}
		cancel()
	}
	b.ReportMetric(sum[0]/float64(b.N), "ms/first")
	b.ReportMetric(sum[1]/float64(b.N), "ms/again")
}
