// Package chromium drives the page in a real Chromium. It is for tests, and no part of the program.
package chromium

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Start starts a browser, which ends with the test. Where none is installed the test is skipped, except
// where CI=true says that nothing is.
func Start(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if on, _ := strconv.ParseBool(os.Getenv("CI")); on {
			t.Fatal("no Chromium is installed, which .ci/run should have done")
		}
		t.Skip("no Chromium is installed: what the page does in a browser is not tested")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root cannot have one
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	// The library grumbles about events that are newer than itself.
	ctx, end = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(end)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// Size is that of a window, in pixels. One of a phone's width is a phone's.
type Size struct{ W, H int64 }

// The sizes that the page is drawn for: a projector, a large and an old one, and a phone.
var (
	Wall  = Size{1280, 720}
	Large = Size{1920, 1080}
	Old   = Size{1024, 768}
	Phone = Size{390, 844}
)

// Window is a page in a window of its own.
type Window struct {
	Seen string // an expression that tells what is on the page, for when something is not; may be empty

	t        testing.TB
	ctx      context.Context
	mu       sync.Mutex
	problems []string // what the browser complained of
}

// Open opens a page in a window of a size. A still one is for a reader who wishes no motion.
func Open(t testing.TB, browser context.Context, address string, s Size, still bool) *Window {
	t.Helper()
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(end)
	w := &Window{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, w.hear)
	motion := emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "no-preference"}
	if still {
		motion.Value = "reduce"
	}
	media := emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{&motion})
	w.Do(cdplog.Enable(), runtime.Enable(), media)
	w.Resize(s)
	w.Do(chromedp.Navigate(address))
	return w
}

// Resize gives the window another size.
func (w *Window) Resize(s Size) {
	w.t.Helper()
	w.Do(emulation.SetDeviceMetricsOverride(s.W, s.H, 1, s.W < 700))
}

// hear keeps what is thrown, and all that is said in the browser's log and on its console.
func (w *Window) hear(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Error()
	case *cdplog.EventEntryAdded:
		text = fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *runtime.EventConsoleAPICalled:
		text = "console: " + string(e.Type)
		for _, a := range e.Args {
			text += " " + string(a.Value)
		}
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, text)
}

// Quiet fails the test where the browser complained of anything but what is allowed, and forgets it.
func (w *Window) Quiet(allowed ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.problems {
		fine := false
		for _, a := range allowed {
			fine = fine || strings.Contains(p, a)
		}
		if !fine {
			w.t.Errorf("the browser's log: %s", p)
		}
	}
	w.problems = nil
}

// Do does something in the window.
func (w *Window) Do(actions ...chromedp.Action) {
	w.t.Helper()
	if err := chromedp.Run(w.ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// JS is the value of an expression on the page, as text.
func (w *Window) JS(expression string) (text string) {
	w.t.Helper()
	if err := chromedp.Run(w.ctx, chromedp.Evaluate("String("+expression+")", &text)); err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return text
}

// JSON is the value of an expression on the page, as JSON; undefined where it has none.
func (w *Window) JSON(expression string) string {
	w.t.Helper()
	return w.JS("JSON.stringify(" + expression + ")")
}

// Text is what an element says.
func (w *Window) Text(id string) string {
	w.t.Helper()
	return w.JS(fmt.Sprintf("document.getElementById(%q).textContent", id))
}

// Until waits until an expression on the page is true.
func (w *Window) Until(expression string) {
	w.t.Helper()
	for range 1200 {
		if w.JS("Boolean("+expression+")") == "true" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	seen := ""
	if w.Seen != "" {
		seen = "; the page has " + w.JS(w.Seen)
	}
	w.t.Fatalf("never: %s%s", expression, seen)
}

// Has waits until an element that can be seen says something.
func (w *Window) Has(id, text string) {
	w.t.Helper()
	element, seen := fmt.Sprintf("document.getElementById(%q)", id), w.Seen
	w.Seen = element + ".textContent"
	w.Until(fmt.Sprintf("%s.checkVisibility() && %[1]s.textContent.includes(%q)", element, text))
	w.Seen = seen
}

// Press presses keys, by their names in a browser.
func (w *Window) Press(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		event := fmt.Sprintf("new KeyboardEvent('keydown', { key: %q, bubbles: true, cancelable: true })", key)
		w.JS("document.dispatchEvent(" + event + ")")
	}
}

// Type types into the element of a selector.
func (w *Window) Type(selector, keys string) {
	w.t.Helper()
	w.Do(chromedp.SendKeys(selector, keys, chromedp.ByQuery))
}
