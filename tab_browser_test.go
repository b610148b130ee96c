package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabPage is the site in a tab of a real Chromium.
type tabPage struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the browser's log says that is no plain message
}

// tabBrowser starts Chromium. Where there is none the test is left out, except where CI says that nothing is.
func tabBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium is installed, which .ci/run should have done")
		}
		t.Skip("no Chromium is installed: the console in a tab is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // of events it does not know
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// openTab opens the site and waits for its prompt.
func openTab(t *testing.T, browser context.Context, address string) *tabPage {
	t.Helper()
	p := &tabPage{t: t}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p.ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, p.hear)
	p.do(chromedp.EmulateViewport(1280, 720), chromedp.Navigate(address))
	p.prompts(0)
	return p
}

func (p *tabPage) hear(event any) {
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

func (p *tabPage) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// js is the value of an expression in the page, as text.
func (p *tabPage) js(expression string) (out string) {
	p.t.Helper()
	p.do(chromedp.Evaluate("String("+expression+")", &out))
	return out
}

// until waits until an expression is true in the page.
func (p *tabPage) until(expression string) {
	p.t.Helper()
	for range 6000 {
		if p.js(expression) == "true" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("it never comes to %s; the pane says\n%s", expression, p.js(`document.getElementById('terminal').textContent.slice(-2000)`))
}

// prompts waits until the last line is a prompt, and more than n have been.
func (p *tabPage) prompts(n int) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelectorAll('#terminal .prompt').length > %d &&
		document.querySelector('#terminal').lastElementChild.className === 'prompt'`, n))
}

// types types a line, waits for the next prompt, and returns what was printed between.
func (p *tabPage) types(line string) string {
	p.t.Helper()
	var n int
	p.do(chromedp.Evaluate(`document.querySelectorAll('#terminal .prompt').length`, &n),
		chromedp.SendKeys("#line input", line+"\r", chromedp.ByQuery))
	p.prompts(n)
	return p.js(fmt.Sprintf(`(() => { const all = [...document.getElementById('terminal').children],
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
	browser := tabBrowser(t)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	p := openTab(t, browser, server.URL)
	p.says("timeout S1; settle", p.types("timeout S1; settle"), "S1 becomes leader in term 1")
	p.until(`document.querySelectorAll('#ring .node.leader').length === 1`)
	p.until(`document.getElementById('ringtext').textContent.startsWith('S1 leader term 1')`)
	if wide := p.js(`document.getElementById('terminal').scrollWidth <= document.getElementById('terminal').clientWidth`); wide != "true" {
		t.Error("lines are wider than the pane")
	}
	p.plays("lesson 3", "solution")
	p.plays("scenario figure-8", "solution")
	p.until(`document.querySelectorAll('#banners .broken').length === 0`)
	found := p.types("new; bug count-old-term on; explore")
	p.says("explore", found, "BREACH of Leader Completeness")
	p.types("goto found")
	p.until(`document.getElementById('banners').textContent.includes('Leader Completeness')`)
	p.types("new; timeout S1; settle; put x 7; settle")
	shared := regexp.MustCompile(`(?m)^[0-9A-Za-z]{8,}$`).FindString(p.types("share"))
	progress := p.types("lessons")
	p.says("lessons", progress, "3 elections 15 done")
	p.do(chromedp.Reload())
	p.prompts(0)
	p.do(chromedp.SendKeys("#line input", kb.ArrowUp, chromedp.ByQuery))
	if last := p.js(`document.querySelector('#line input').value`); last != "lessons" {
		t.Errorf("after a reload, the last line of the history is %q", last)
	}
	p.do(chromedp.SendKeys("#line input", kb.ArrowDown, chromedp.ByQuery))
	if again := p.types("lessons"); again[strings.Index(again, "\n"):strings.LastIndex(again, "\n")] !=
		progress[strings.Index(progress, "\n"):strings.LastIndex(progress, "\n")] {
		t.Errorf("a reload changes the progress from\n%s\nto\n%s", progress, again)
	}
	p.fine()
	if shared == "" {
		t.Fatal("share prints no text")
	}
	tabOpensLinks(t, browser, server.URL, shared)
}

// tabOpensLinks opens the page with what share has printed behind the address, and then what it has not.
func tabOpensLinks(t *testing.T, browser context.Context, address, shared string) {
	p := openTab(t, browser, address+"/#"+shared)
	p.until(`document.getElementById('rows').textContent.includes('x=7')`)
	for i, wrong := range []string{shared[:len(shared)-1], "AB", "timeout%20S1;kill"} {
		p.js(fmt.Sprintf(`location.hash = %q`, wrong))
		p.until(fmt.Sprintf(`document.getElementById('terminal').textContent.replace(/\s+/g, ' ')
			.split('not a text that share has printed').length === %d`, i+2))
		p.prompts(0)
	}
	p.fine()
}

// fine fails the test where the browser's log has anything.
func (p *tabPage) fine() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		p.t.Errorf("the browser says: %s", f)
	}
}
