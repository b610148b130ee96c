package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/commands/page"
	"raftlab/commands/stream"
)

// typist is a presenter's console that notes what it was asked.
type typist struct {
	mu    sync.Mutex
	lines []string
	err   error
	stops int
}

func (p *typist) Line(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.lines = append(p.lines, text)
	}
	return p.err
}

func (p *typist) Interrupt() { p.stops++ }

func (p *typist) Complete(line string, pos int) (from int, candidates []string, ok bool) {
	return strings.LastIndexByte(line[:pos], ' ') + 1, []string{"S1", "S2"}, true
}

func (p *typist) Hint(line string) (hint string, ok bool) { return " after " + line, true }
func (p *typist) History() []string                       { return []string{"status"} }

// served is a page in a test, on a session of its own.
type served struct {
	*Server
	t       testing.TB
	session *commands.Session
	typist  *typist
	mu      sync.Mutex
	told    []string
}

func serve(t testing.TB) *served {
	t.Helper()
	v := &served{t: t, typist: &typist{}}
	var err error
	if v.session, err = commands.NewSession(commands.Options{Nodes: 5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	v.Server, err = Open(Config{Files: page.Files, Presenter: v.typist, Refused: func(text string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.told = append(v.told, text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	stop := v.session.Stream().Follow(v.Hub().Send)
	t.Cleanup(func() {
		stop()
		v.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return v
}

// seen is a frontend that shows nothing, of commands that are to be seen on the page.
type seen struct{ lang.Silent }

// run runs a line that is to succeed.
func (v *served) run(line string) {
	v.t.Helper()
	if err := v.session.Run(context.Background(), line, seen{}); err != nil {
		v.t.Fatalf("%s: %v", line, err)
	}
	v.hub.take() // or a page that comes now could see how it came about
}

// ask makes a request; headers are pairs.
func (v *served) ask(method, path, body string, headers ...string) *http.Response {
	v.t.Helper()
	r, err := http.NewRequest(method, strings.TrimSuffix(v.Address(), "/")+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	v.t.Cleanup(func() { got.Body.Close() })
	return got
}

// follower is a page that reads: the items so far, and the ids of its events.
type follower struct {
	mu    sync.Mutex
	items []map[string]any
	ids   []string
	end   context.CancelFunc
}

func (v *served) follow(lastID string) *follower {
	v.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, v.Address()+"events", nil)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	got, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil || got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "text/event-stream" {
		v.t.Fatalf("events: %v %v", got, err)
	}
	f := &follower{end: cancel}
	v.t.Cleanup(cancel)
	go func() {
		defer got.Body.Close()
		lines := bufio.NewReader(got.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			f.take(strings.TrimSuffix(line, "\n"))
		}
	}()
	return f
}

func (f *follower) take(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, ok := strings.CutPrefix(line, "id: "); ok {
		f.ids = append(f.ids, id)
	}
	if data, ok := strings.CutPrefix(line, "data: "); ok {
		var item map[string]any
		if json.Unmarshal([]byte(data), &item) != nil {
			item = map[string]any{"kind": "broken"}
		}
		f.items = append(f.items, item)
	}
}

func (f *follower) kinds() (kinds []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.items {
		kinds = append(kinds, fmt.Sprint(x["kind"]))
	}
	return kinds
}

// last is the id of the last event, and the last item.
func (f *follower) last() (id string, item map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ids) > 0 && len(f.items) > 0 {
		return f.ids[len(f.ids)-1], f.items[len(f.items)-1]
	}
	return "", nil
}

// until waits for something to come true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 2000 {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// Each request gets the status that the design gives it, and the headers that keep other sites out.
func TestStatusCodes(t *testing.T) {
	v := serve(t)
	auth := []string{"Authorization", "Bearer " + v.token}
	big := `{"text":"` + strings.Repeat("x", mostBody) + `"}`
	for _, c := range []struct {
		method, path, body string
		headers            []string
		want               int
	}{
		{"GET", "/", "", nil, 200}, {"HEAD", "/", "", nil, 200}, {"GET", "/page.css", "", nil, 200},
		{"GET", "/main.js", "", nil, 200}, {"GET", "/nothing", "", nil, 404}, {"GET", "/../guard.go", "", nil, 307},
		{"GET", "/page.go", "", nil, 404}, {"GET", "/events/", "", nil, 404}, {"GET", "/.", "", nil, 307},
		{"POST", "/", "", nil, 405}, {"PUT", "/page.css", "", nil, 405}, {"POST", "/events", "", nil, 405},
		{"GET", "/answer", "", nil, 405}, {"GET", "/line", "", nil, 405}, {"DELETE", "/line", "", auth, 405},
		{"GET", "/interrupt", "", auth, 405}, {"POST", "/hint", "", auth, 405}, {"OPTIONS", "/line", "", nil, 405},
		{"POST", "/line", `{"text":"status"}`, nil, 401}, {"POST", "/interrupt", "", nil, 401},
		{"GET", "/complete?line=k&pos=1", "", nil, 401}, {"GET", "/hint?line=k", "", nil, 401},
		{"GET", "/history", "", nil, 401}, {"GET", "/history", "", []string{"Authorization", "Bearer "}, 401},
		{"GET", "/history", "", []string{"Authorization", "Bearer " + v.token[1:]}, 401},
		{"GET", "/history", "", []string{"Authorization", "Basic " + v.token}, 401},
		{"POST", "/line", `{"text":"status"}`, auth, 202}, {"POST", "/line", `{"text":""}`, auth, 202},
		{"POST", "/line", `status`, auth, 400}, {"POST", "/line", big, auth, 413}, {"POST", "/interrupt", "", auth, 204},
		{"GET", "/complete?line=kill%20S&pos=6", "", auth, 200}, {"GET", "/complete?line=kill&pos=9", "", auth, 400},
		{"GET", "/complete?line=kill&pos=-1", "", auth, 400}, {"GET", "/complete?line=kill&pos=x", "", auth, 400},
		{"GET", "/hint?line=put", "", auth, 200}, {"GET", "/history", "", auth, 200},
		{"POST", "/answer", `{"name":"q","answer":"yes","browser":"b"}`, nil, 409},
		{"POST", "/answer", `{"name":"q","answer":"yes"}`, nil, 400}, {"POST", "/answer", big, nil, 413},
		{"POST", "/answer", `{`, nil, 400}, {"POST", "/answer", `[]`, nil, 400},
		{"GET", "/", "", []string{"Host", "evil.example"}, 403},
		{"GET", "/", "", []string{"Host", "evil.example:" + v.port}, 403},
		{"GET", "/", "", []string{"Host", "127.0.0.1"}, 403}, {"GET", "/", "", []string{"Host", "127.0.0.1:1"}, 403},
		{"GET", "/", "", []string{"Host", "192.0.2.1:" + v.port}, 403},
		{"GET", "/", "", []string{"Host", "localhost.evil.example:" + v.port}, 403},
		{"GET", "/", "", []string{"Host", "LocalHost:" + v.port}, 200},
		{"GET", "/", "", []string{"Host", "[::1]:" + v.port}, 200},
		{"GET", "/", "", []string{"Origin", "http://evil.example"}, 403}, {"GET", "/", "", []string{"Origin", "null"}, 403},
		{"GET", "/", "", []string{"Origin", "https://127.0.0.1:" + v.port}, 403},
		{"GET", "/", "", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"GET", "/", "", []string{"Origin", "http://127.0.0.1:" + v.port}, 200},
		{"POST", "/line", `{"text":"status"}`, append([]string{"Origin", "http://evil.example"}, auth...), 403},
		{"GET", "/", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/events", "", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"GET", "/", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest",
			"document"}, 200},
		{"GET", "/", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest",
			"iframe"}, 403},
		{"POST", "/answer", `{}`, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate",
			"Sec-Fetch-Dest", "document"}, 403},
	} {
		got := v.ask(c.method, c.path, c.body, c.headers...)
		if got.StatusCode != c.want {
			t.Errorf("%s %s %.40s %v: %d, not %d", c.method, c.path, c.body, c.headers, got.StatusCode, c.want)
		}
		if got.StatusCode == http.StatusTemporaryRedirect {
			continue
		}
		for name, want := range map[string]string{"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Access-Control-Allow-Origin": ""} {
			if is := got.Header.Get(name); is != want {
				t.Errorf("%s %s: %s is %q", c.method, c.path, name, is)
			}
		}
		if c.want == 405 && got.Header.Get("Allow") == "" {
			t.Errorf("%s %s: nothing is said to be allowed", c.method, c.path)
		}
	}
	if want := []string{"status", ""}; !slices.Equal(v.typist.lines, want) || v.typist.stops != 1 {
		t.Errorf("the console got %q and %d interrupts", v.typist.lines, v.typist.stops)
	}
}

// What is refused is counted by its kind, and told once for each.
func TestRefusalsAreToldOnce(t *testing.T) {
	v := serve(t)
	for range 3 {
		v.ask("GET", "/", "", "Host", "evil.example")
		v.ask("GET", "/", "", "Origin", "http://evil.example/\u202e"+strings.Repeat("x", 300))
		v.ask("POST", "/line", "{}", "Authorization", "Bearer x")
		v.ask("POST", "/answer", strings.Repeat("x", mostBody+1))
		for range 6 {
			v.ask("POST", "/answer", `{"name":"q","answer":"a","browser":"b"}`)
		}
	}
	var last *row
	for range mostPages {
		if last = v.Hub().join(); last == nil {
			t.Fatal("a page within the bound has no place")
		}
	}
	for range 2 {
		if got := v.ask("GET", "/events", ""); got.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("page %d: %d", mostPages+1, got.StatusCode)
		}
	}
	v.Hub().leave(last)
	v.follow("")
	refused := v.Refused()
	if fast := refused["too fast"]; fast < 3 {
		t.Errorf("18 answers at once, and %d were too fast", fast)
	}
	delete(refused, "too fast")
	want := map[string]int{"another host": 3, "another site": 3, "wrong token": 3, "too large": 3, "too many pages": 2}
	if fmt.Sprint(refused) != fmt.Sprint(want) {
		t.Errorf("refused %v, not %v", refused, want)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.told) != 6 {
		t.Errorf("told %d times: %q", len(v.told), v.told)
	}
	for _, text := range v.told {
		if len(text) > 250 || strings.ContainsAny(text, "\x7f\u202e") {
			t.Errorf("a text from outside is told as it is: %q", text)
		}
	}
}

// A page that comes gets the whole state; one that comes back, what it has missed, or the whole
// state where that is gone or the server is another one; of a question that is over, that it is.
func TestComingBack(t *testing.T) {
	v := serve(t)
	v.run("timeout S1; settle")
	a := v.follow("")
	until(t, "a snapshot and the last command", func() bool { return slices.Equal(a.kinds(), []string{"snapshot", "command"}) })
	id, item := a.last()
	if item["text"] != "settle" || len(item["steps"].([]any)) != 1 { // with its story
		t.Errorf("the last command is %v", item)
	}
	a.end()
	v.run("put x 1; settle")
	back := v.follow(id)
	until(t, "two commands", func() bool { return slices.Equal(back.kinds(), []string{"command", "command"}) })
	b := v.follow("elsewhere-1")
	until(t, "that no question is open, and the whole again", func() bool {
		return slices.Equal(b.kinds(), []string{"closed", "snapshot", "command"})
	})
	for range mostTail + 1 {
		v.run("tick 1 S2")
	}
	until(t, "all taken up", func() bool { id, _ := back.last(); return id == v.hub.epoch+"-"+strconv.FormatUint(v.hub.last, 10) })
	late := v.follow(id)
	until(t, "the whole, since the rest is gone", func() bool {
		return slices.Equal(late.kinds(), []string{"closed", "snapshot", "command"})
	})
	for _, foreign := range []string{v.hub.epoch + "-99999", v.hub.epoch, v.hub.epoch + "-x", "-1", "x"} {
		if all, _, _ := v.hub.after(v.hub.seen(foreign), false, new(row)); len(all) != 1 {
			t.Errorf("%q: %d events", foreign, len(all))
		}
	}
}

// 200 pages, of which 20 do not read: what the console sends does not wait for them, what is kept is
// bounded, those who read end up right, and when all is closed no goroutine is left.
func TestPagesThatDoNotRead(t *testing.T) {
	before := runtime.NumGoroutine()
	v := serve(t)
	var pages []*follower
	for range 180 {
		pages = append(pages, v.follow(""))
	}
	for range 20 {
		c, err := net.Dial("tcp", "127.0.0.1:"+v.port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		fmt.Fprintf(c, "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n", v.port)
	}
	until(t, "200 pages", func() bool { return v.Hub().Pages() == 200 })
	v.run("timeout S1; settle; repeat 8 \"put x 1; settle; heartbeat; settle\"; put y done")
	for i, p := range pages {
		until(t, fmt.Sprintf("page %d has the last command", i), func() bool { _, x := p.last(); return x["text"] == "put y done" })
	}
	h := v.Hub()
	h.mu.Lock()
	if len(h.tail) > mostTail || h.bytes > mostBytes || h.pages > 200 {
		t.Errorf("%d items, %d bytes are kept for %d pages", len(h.tail), h.bytes, h.pages)
	}
	h.mu.Unlock()
	t.Logf("%d items, %d bytes", len(h.tail), h.bytes)
	v.Close()
	for _, p := range pages {
		p.end()
	}
	http.DefaultClient.CloseIdleConnections()
	until(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+2 })
}

// However fast items come, what waits for pages is bounded, and nothing is lost to the state.
func TestAFloodIsBounded(t *testing.T) {
	h := newHub()
	defer h.Close()
	for i := range 20 * mostNew {
		h.Send(stream.NewQuestion(stream.QuestionItem{ID: strconv.Itoa(i), Text: strings.Repeat("x", 1000)}))
		h.newMu.Lock()
		if len(h.fresh) > mostNew {
			t.Fatalf("%d items wait", len(h.fresh))
		}
		h.newMu.Unlock()
	}
	h.take()
	if h.last != 20*mostNew || len(h.tail) > mostTail || h.bytes > mostBytes {
		t.Errorf("%d items taken up, %d kept, %d bytes", h.last, len(h.tail), h.bytes)
	}
}

// The presenter's page counts in UTF-16, as browsers do, and the console in bytes.
func TestPositionsInALine(t *testing.T) {
	v := serve(t)
	for line, want := range map[string]int{"kill S": 5, "ü S": 2, "😀 S": 3, "日本 S": 3, "S": 0} {
		units := unitsOf(line)
		got := v.ask("GET", fmt.Sprintf("/complete?line=%s&pos=%d", escape(line), units), "", "Authorization", "Bearer "+v.token)
		var c Completion
		if err := json.NewDecoder(got.Body).Decode(&c); err != nil || c.From != want || len(c.Candidates) != 2 {
			t.Errorf("%q: %+v %v, not from %d", line, c, err, want)
		}
	}
	if _, ok := bytesOf("😀", 1); ok {
		t.Error("half a character is a place in a line")
	}
}

func escape(s string) string {
	return regexp.MustCompile(`[^a-zA-Z0-9]`).ReplaceAllStringFunc(s, func(c string) (out string) {
		for _, b := range []byte(c) {
			out += fmt.Sprintf("%%%02X", b)
		}
		return out
	})
}

// An answer counts once a browser, for the question that is open, and may be changed.
func TestAnswers(t *testing.T) {
	v := serve(t)
	status := func(browser, name, answer string) int {
		time.Sleep(time.Millisecond)
		return v.ask("POST", "/answer", fmt.Sprintf(`{"name":%q,"answer":%q,"browser":%q}`, name, answer, browser)).StatusCode
	}
	p := v.follow("")
	v.Hub().Send(stream.NewQuestion(stream.QuestionItem{ID: "q", Text: "?", Choices: []string{"yes", "no"}, Round: 1}))
	until(t, "the question", func() bool { _, x := p.last(); return x["kind"] == "question" && x["pages"] == 1.0 })
	for _, c := range []struct {
		browser, name, answer string
		want                  int
	}{{"a", "q", "yes", 204}, {"a", "q", "no", 204}, {"b", "q", "yes", 204}, {"b", "q", "maybe", 409}, {"b", "other", "yes", 409}} {
		if got := status(c.browser, c.name, c.answer); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	until(t, "two have answered, and nobody is told what", func() bool { _, x := p.last(); return x["answered"] == 2.0 })
	if all, pages := v.Hub().Answers("q", 1); pages != 1 || all["a"] != "no" || all["b"] != "yes" || len(all) != 2 {
		t.Errorf("answers %v of %d pages", all, pages)
	}
	if all, _ := v.Hub().Answers("q", 2); len(all) > 0 {
		t.Errorf("the second round begins with the answers of the first: %v", all)
	}
	v.Hub().Send(stream.NewClosed("q", 1))
	until(t, "it is closed", func() bool { _, x := p.last(); return x["kind"] == "closed" })
	if got := status("c", "q", "yes"); got != 409 {
		t.Errorf("an answer to a question that is closed: %d", got)
	}
}

// rates are of the last second, whenever that begins.
func TestRates(t *testing.T) {
	l := rates{came: map[string][]time.Time{}}
	at := time.Unix(100, 900_000_000)
	for i := range 5 {
		if !l.allow("a", 5, at.Add(time.Duration(i)*50*time.Millisecond)) {
			t.Errorf("answer %d is refused", i+1)
		}
	}
	if l.allow("a", 5, at.Add(900*time.Millisecond)) || !l.allow("b", 5, at) || !l.allow("a", 5, at.Add(1001*time.Millisecond)) {
		t.Error("the sixth within a second, another browser's first, or the first a second later")
	}
	for i := range 10 * mostBrowsers {
		l.allow(strconv.Itoa(i), 5, at.Add(5*time.Second))
	}
	if len(l.came) > 2*mostBrowsers+1 {
		t.Errorf("%d browsers are remembered", len(l.came))
	}
}

// Why a page cannot be is one sentence.
func TestAddressesThatCannotBe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, want := range map[string]string{
		taken.Addr().String(): `^port \d+ is in use; give another one, or none for any that is free$`,
		"192.0.2.77:0":        `^192\.0\.2\.77 is not an address of this machine$`,
		"nowhere.invalid:80":  `^nowhere\.invalid is not an address of this machine$`,
		":99999":              `^":99999" is not an address; write :PORT or HOST:PORT`,
		"8000":                `is not an address`, ":x": `is not an address`, "a b:1": `is not an address`,
		"http://x:1": `is not an address`, "\x1b[2J:1": `^"\\x1b\[2J:1" is not|^\\x1b`,
	} {
		s, err := Open(Config{Address: address, Files: page.Files})
		if err == nil {
			s.Close()
			t.Errorf("%q: a page", address)
		} else if !regexp.MustCompile(want).MatchString(err.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for address, beyond := range map[string]bool{"": false, "127.0.0.1:1": false, "localhost:1": false, "[::1]:1": false,
		"127.9.9.9:1": false, ":1": true, "0.0.0.0:1": true, "[::]:1": true, "192.0.2.1:1": true, "host:1": true} {
		if Beyond(address) != beyond {
			t.Errorf("%q beyond this machine: %v", address, !beyond)
		}
	}
}

// A page for the network may be reached by any address, and by the names of this machine only.
func TestOwnNames(t *testing.T) {
	w, _ := parseAddress("Host.example:80")
	s := &Server{port: "80", local: w.local(), names: w.names()}
	for host, own := range map[string]bool{"192.0.2.1": true, "192.0.2.1:80": true, "[2001:db8::1]:80": true,
		"[2001:db8::1]": true, "host.example": true, "HOST.example.": true, "localhost:80": true, "192.0.2.1:81": false,
		"evil.example": false, "": false, "192.0.2.1.evil.example": false} {
		if s.ownHost(host) != own {
			t.Errorf("%q: own %v", host, !own)
		}
	}
	for w, want := range map[where]string{{"", 80}: `^http://[0-9a-f.:\[\]]+/$`, {"192.0.2.1", 8000}: `^http://192\.0\.2\.1:8000/$`,
		{"::1", 80}: `^http://\[::1\]/$`, {"::1", 81}: `^http://\[::1\]:81/$`} {
		if got := w.reachable(strconv.Itoa(w.port)); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%v: %s", w, got)
		}
	}
}

// The token is of 128 bits, new for each page, and in nothing that the class gets.
func TestTokens(t *testing.T) {
	v, other := serve(t), serve(t)
	token := v.PresenterLink()[strings.Index(v.PresenterLink(), "=")+1:]
	if len(token) != 22 || token == other.token {
		t.Errorf("token %q", token)
	}
	v.run("timeout S1")
	p := v.follow("")
	until(t, "a snapshot", func() bool { return len(p.kinds()) > 0 })
	got := v.ask("GET", "/", "")
	body, _ := io.ReadAll(got.Body)
	all, _ := json.Marshal(p.items)
	if strings.Contains(string(body)+string(all)+fmt.Sprint(got.Header), token) {
		t.Error("the class's page has the token")
	}
}

// A change of the pace reaches the pages at once, and one that was only tried is taken back.
func TestPace(t *testing.T) {
	v := serve(t)
	p := v.follow("")
	pace := func() any {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, item := range slices.Backward(p.items) {
			if item["kind"] == "snapshot" {
				return item["pace"]
			}
		}
		return nil
	}
	until(t, "two seconds", func() bool { return pace() == 2000.0 })
	v.run("set pace 300")
	until(t, "300 ms", func() bool { return pace() == 300.0 })
	v.run("whatif set pace 0")
	until(t, "300 ms again", func() bool { _, x := p.last(); return x["text"] == "whatif set pace 0" && pace() == 300.0 })
	for _, wrong := range []string{"2001", "-1", "fast", "1.5"} {
		if v.session.Run(context.Background(), "set pace "+wrong, seen{}) == nil {
			t.Errorf("pace %s", wrong)
		}
	}
}
