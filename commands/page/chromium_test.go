package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// window is a page in a real Chromium.
type window struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the browser complained of
}

// chromium starts a browser for a test, which ends with it. Without one the test is skipped, except
// where CI=true says that there is to be one.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if on, _ := strconv.ParseBool(os.Getenv("CI")); on {
			t.Fatal("there is no Chromium")
		}
		t.Skip("there is no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // it grumbles about events newer than itself
	t.Cleanup(end)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// size is a window's, in pixels.
type size struct{ w, h int64 }

// look opens a page in a window of its own. still shows the end of each command at once.
func look(t *testing.T, browser context.Context, address string, s size, still bool) *window {
	t.Helper()
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	w := &window{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			w.complain("%s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
		case *cdplog.EventEntryAdded:
			w.complain("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *runtime.EventConsoleAPICalled:
			w.complain("console: %s", e.Type)
		}
	})
	motion := "no-preference"
	if still {
		motion = "reduce"
	}
	w.do(cdplog.Enable(), runtime.Enable(),
		emulation.SetDeviceMetricsOverride(s.w, s.h, 1, s.w < 700),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: motion}}),
		chromedp.Navigate(address))
	return w
}

func (w *window) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *window) do(actions ...chromedp.Action) {
	w.t.Helper()
	if err := chromedp.Run(w.ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// eval is the value of an expression on the page, as JSON.
func (w *window) eval(expression string) string {
	w.t.Helper()
	var text string
	w.do(chromedp.Evaluate("String(JSON.stringify("+expression+"))", &text))
	return text
}

// until waits until an expression on the page is true.
func (w *window) until(expression string) {
	w.t.Helper()
	for range 400 {
		if w.eval("Boolean("+expression+")") == "true" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("never: %s; the page has %s", expression, w.eval(onThePage))
}

// press presses keys, by their names in a browser.
func (w *window) press(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		name, _ := json.Marshal(key)
		w.eval("document.dispatchEvent(new KeyboardEvent('keydown', { key: " + string(name) + ", bubbles: true, cancelable: true }))")
	}
}

// quiet fails when the browser complained.
func (w *window) quiet() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.problems {
		w.t.Errorf("the browser's log: %s", p)
	}
	w.problems = nil
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
