package commands

import (
	"context"
	"encoding/json"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/history"
	"raftlab/commands/acts"
	"raftlab/commands/lab"
	"raftlab/commands/stream"
	"raftlab/docs"
)

// jsonObject is JSON as it stands in a file.
type jsonObject map[string]any

// storedWays is the ways that a page holds, whole: of a server a step has in the file only what changed.
func storedWays(t *testing.T, text string) map[string][]jsonObject {
	t.Helper()
	_, data, found := strings.Cut(text, `<script type="application/json" id="stream">`)
	data, _, _ = strings.Cut(data, "</script>")
	var file struct {
		Lean bool
		Ways []struct {
			Name   string
			Stream []jsonObject
		}
	}
	if err := json.Unmarshal([]byte(data), &file); err != nil || !found || !file.Lean {
		t.Fatalf("%v in %.300s", err, data)
	}
	ways := map[string][]jsonObject{}
	for _, w := range file.Ways {
		servers := map[string]jsonObject{}
		for _, item := range w.Stream {
			expand(item, servers)
			steps, _ := item["steps"].([]any)
			for _, s := range steps {
				expand(s.(map[string]any), servers)
			}
		}
		ways[w.Name] = w.Stream
	}
	return ways
}

// expand does what completed in page/source.js does.
func expand(in jsonObject, servers map[string]jsonObject) {
	nodes, _ := in["nodes"].([]any)
	for i, n := range nodes {
		changes := n.(map[string]any)
		id := changes["id"].(string)
		whole := jsonObject{}
		for k, v := range servers[id] {
			whole[k] = v
		}
		for k, v := range changes {
			switch {
			case k == "more":
				whole["entries"] = append(append([]any{}, whole["entries"].([]any)...), v.([]any)...)
			case v == nil:
				delete(whole, k)
			default:
				whole[k] = v
			}
		}
		servers[id] = whole
		nodes[i] = map[string]any(whole)
	}
}

// What a page holds is, folded, the cluster as it was at the end of each command, and nothing is
// lost by writing only what changed: for every scenario, on each way that it holds.
func TestStoredStreamsEndWhereTheHistoryDoes(t *testing.T) {
	compared := 0
	for _, name := range docs.Scenarios() {
		s := newTestSession(t)
		if err := s.RunScript(context.Background(), "-", strings.NewReader(acts.ScenarioText(name)), &screen{}); err != nil {
			t.Fatal(err)
		}
		h := s.world.(*lab.Lab).History
		b, end := h.Place().Branch, h.Place().Position
		var state stream.State
		var whole []jsonObject
		for _, item := range stream.Replay(context.Background(), h, b, 1, end) {
			state.Apply(item)
			if c, is := item.(*stream.CommandItem); is && c.Number%4 == 0 {
				compared++
				sameButTitle(t, name+": "+c.Text, state.Snapshot(), lookAt(h, history.Place{Branch: b, Position: c.Position}))
			}
			var o jsonObject
			if err := json.Unmarshal([]byte(asJSON(t, item)), &o); err != nil {
				t.Fatal(err)
			}
			whole = append(whole, o)
		}
		if len(whole) < 2 {
			continue // nothing happened
		}
		text := exported(t, s, "export FILE from 1", "a.html")
		stored := storedWays(t, text)[b.Name]
		if len(stored) == 0 {
			t.Fatalf("%s: no way %s", name, b.Name)
		}
		leftOut := strings.Contains(stored[0]["title"].(string), "left out")
		stored[0]["title"] = ""
		if got, want := asJSON(t, stored), asJSON(t, whole); got != want && !leftOut {
			t.Errorf("%s: the file says\n%.500s\nand not\n%.500s", name, got, want)
		}
	}
	if compared < 50 {
		t.Errorf("only %d commands were compared", compared)
	}
}

// lookAt is the cluster at a place, by itself.
func lookAt(h *history.History, p history.Place) stream.Item {
	return stream.Replay(context.Background(), h, p.Branch, p.Position+1, p.Position)[0]
}

// sameButTitle compares two snapshots. Whose refusals have reached a candidate is not in a world: a
// look at it alone does not know.
func sameButTitle(t *testing.T, where string, a, b stream.Item) {
	t.Helper()
	refused := regexp.MustCompile(`"refused":\[[^\]]*\]`)
	got, want := refused.ReplaceAllString(asJSON(t, a), ""), refused.ReplaceAllString(asJSON(t, b), "")
	if got != want {
		t.Errorf("%s: folded\n%s\nis\n%s", where, got, want)
	}
}

// The page holds all of its parts, loads nothing, has a policy that names its own script and style
// only, and text stays text.
func TestHTML(t *testing.T) {
	s := rude(t)
	text := exported(t, s, "export FILE title \"</title><b>&amp;\" theme dark", "a.html")
	for _, bad := range []string{"://", " src=", "url(", "@import", "<b>&amp;", "<x y=", "unsafe", "href=", "import {"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for part, times := range map[string]int{"</script": 2, "<style>": 1, "'sha256-": 2, `<html lang="en" data-theme="dark">`: 1, "default-src 'none'": 1} {
		if n := strings.Count(text, part); n != times {
			t.Errorf("%s is there %d times", part, n)
		}
	}
	items := storedWays(t, text)["main"]
	if last := items[len(items)-1]; last["text"] != "run 3" {
		t.Errorf("the last command is %v", last["text"])
	}
	if !strings.Contains(asJSON(t, items), `"bugs":["vote-any"]`) {
		t.Error("the bug that is on is not shown")
	}
	whole := exported(t, s, "export FILE", "b.html")
	if strings.Contains(whole, `<html lang="en" data-theme`) || !strings.Contains(whole, "<title>raftlab: ") {
		t.Error("a page without a theme has one, or it has no title")
	}
	few := exported(t, s, "export FILE S1 S2", "c.html")
	for _, item := range storedWays(t, few)["main"] {
		if said := asJSON(t, jsonObject{"nodes": item["nodes"], "messages": item["messages"]}); strings.Contains(said, `"id":"S3"`) || strings.Contains(said, `"to":"S3"`) {
			t.Fatalf("S3 is shown, and was not asked for: %.300s", said)
		}
	}
}

// All branches are there on request.
func TestExportsHoldEveryBranch(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; checkpoint fork; kill S1; goto fork; kill S2; goto fork; kill S3")
	for _, file := range []string{"f.svg", "f.html", "f.md"} {
		text := exported(t, s, "export FILE branches", file)
		for _, what := range []string{"S1 crashes", "S2 crashes", "S3 crashes"} {
			if !strings.Contains(text, what) {
				t.Errorf("%s lacks %s", file, what)
			}
		}
	}
}

// browser is a Chromium, if there is one.
func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if on, _ := strconv.ParseBool(os.Getenv("CI")); on {
		t.Fatal("there is no Chromium")
	}
	t.Skip("there is no Chromium")
	return ""
}

// shownBy is a file's page as Chromium has it after it ran, and what it complained of.
func shownBy(t *testing.T, chromium, file, hash string) (dom, complaints string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	page := url.URL{Scheme: "file", Path: file, Fragment: hash}
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--window-size=1024,768", "--dump-dom", page.String())
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("Chromium does not run here: %v", err)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			complaints += line
		}
	}
	return string(out), complaints
}

// From a file, without a network, the page shows its beginning and hides what comes after, goes to the
// event that its address names, and to the other way; the browser has nothing to complain of.
func TestHTMLInABrowser(t *testing.T) {
	chromium := browser(t)
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; checkpoint fork; put x hostile<b>; settle; checkpoint one; goto fork; kill S2; put y 2; settle")
	text := exported(t, s, "export FILE", "a.html")
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile(`<[^>]*>`)
	for hash, want := range map[string]struct{ has, lacks string }{
		"":                 {"event 0 · tick 0", "becomes leader"},
		"event-25":         {"S1 becomes leader in term 1", "S2 crashes"},
		"event-9999":       {"S2 crashes", "hostile<b>"},
		"way-2/event-9999": {"x=hostile<b>", "S2 crashes"},
	} {
		dom, complaints := shownBy(t, chromium, file, hash)
		if complaints != "" {
			t.Errorf("#%s: %s", hash, complaints)
		}
		_, body, _ := strings.Cut(dom, "<body")
		body, _, _ = strings.Cut(body, `id="stream"`)
		if said := html.UnescapeString(tags.ReplaceAllString(body, " ")); !strings.Contains(said, want.has) || strings.Contains(said, want.lacks) {
			t.Errorf("#%s: the page lacks %q or has %q: %s", hash, want.has, want.lacks, regexp.MustCompile(`\s+`).ReplaceAllString(said, " "))
		}
	}
}
