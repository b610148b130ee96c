package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/commands/page"
	"raftlab/commands/stream"
)

// served is a session with a page beside it, over as little HTTP as a page needs.
type served struct {
	t       *testing.T
	session *commands.Session
	server  *httptest.Server

	mu      sync.Mutex
	items   [][]byte      // of the stream
	more    chan struct{} // closed when there is another one
	answers []string      // of the page, with the names of their questions
}

func serve(t *testing.T) *served {
	t.Helper()
	return serveSession(t, commands.Options{Nodes: 5, Seed: 1})
}

func serveSession(t *testing.T, options commands.Options) *served {
	t.Helper()
	v := &served{t: t, more: make(chan struct{})}
	var err error
	if v.session, err = commands.NewSession(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.session.Close() })
	t.Cleanup(v.session.Stream().Follow(v.take))
	v.open("127.0.0.1:0")
	t.Cleanup(v.close)
	return v
}

func (v *served) open(address string) {
	v.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		v.t.Fatal(err)
	}
	files := http.FileServerFS(page.Files)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /events", v.events)
	mux.HandleFunc("POST /answer", v.answer)
	v.server = httptest.NewUnstartedServer(mux)
	v.server.Listener.Close()
	v.server.Listener = l
	v.server.Start()
}

// close ends the server, and the streams of its pages with it.
func (v *served) close() {
	v.server.CloseClientConnections()
	v.server.Close()
}

func (v *served) address() string { return v.server.URL + "/" }

// take keeps an item for every page.
func (v *served) take(item stream.Item) {
	data, err := json.Marshal(item)
	if err != nil {
		v.t.Error(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.items = append(v.items, data)
	close(v.more)
	v.more = make(chan struct{})
}

// after is the items behind so many, and what tells of the next one.
func (v *served) after(n int) ([][]byte, chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.items[n:], v.more
}

// events is the stream of one page, from its beginning.
func (v *served) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for sent := 0; ; {
		items, more := v.after(sent)
		for _, item := range items {
			sent++
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", sent, item)
		}
		w.(http.Flusher).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

func (v *served) answer(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Name, Answer, Browser string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Browser == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answers = append(v.answers, sent.Name+": "+sent.Answer)
	w.WriteHeader(http.StatusNoContent)
}

// unseen is a frontend that shows nothing, of commands that are to be seen on the page.
type unseen struct{ lang.Silent }

// run runs a line that is to succeed.
func (v *served) run(line string) {
	v.t.Helper()
	if err := v.session.Run(context.Background(), line, unseen{}); err != nil {
		v.t.Fatalf("%s: %v", line, err)
	}
}
