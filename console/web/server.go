// Package web serves the page beside the console: what the class sees, and the line of whoever
// presents. It knows the items of the stream, and no Raft.
//
//	server.go    opening, closing, and what is served where
//	address.go   which address is meant, and which one others can reach
//	guard.go     what is refused, and what is told of it
//	hub.go       the items, kept once for all pages
//	events.go    the stream of a page
//	class.go     the answers of the class
//	presenter.go the line of whoever presents
package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// mostBody is how long what a page sends may be, in bytes, and mostConns how many connections
// there may be: a page has one for its stream and a few for its files.
const (
	mostBody  = 4 << 10
	mostConns = 2000
)

// Config is what a page is served with.
type Config struct {
	Files     fs.FS             // the page; its first file is index.html
	Address   string            // HOST:PORT or :PORT; "": this machine, and a free port
	Presenter Presenter         // what the presenter's page may do
	Refused   func(text string) // is told of each kind of request that is refused, once, from any goroutine
}

// Server serves the page until it is closed.
type Server struct {
	Config
	hub     *Hub
	http    *http.Server
	local   bool     // only this machine reaches it
	port    string   // as it is
	names   []string // it may be called by
	address string   // for a browser
	token   string
	refused refusals
	rates   rates
	running sync.WaitGroup // handlers, and what accepts connections

	mu     sync.Mutex
	closed bool
}

// secret is so many random bytes as a text for an address.
func secret(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails, since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// Open serves a page. Its error says in a sentence why it cannot.
func Open(c Config) (*Server, error) {
	where, err := parseAddress(c.Address)
	if err != nil {
		return nil, err
	}
	l, err := where.listen()
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, hub: newHub(), local: where.local(), names: where.names(), token: secret(16),
		refused: refusals{count: map[*refusal]int{}, tell: c.Refused}, rates: rates{came: map[string][]time.Time{}}}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	s.address = where.reachable(s.port)
	s.http = &http.Server{Handler: s.guard(s.routes()), ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 10 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: limitConns(mostConns)}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		_ = s.http.Serve(l)
	}()
	return s, nil
}

// limitConns closes what connects beyond a number of connections, so that there are always files left for
// the console. What is written to a page and not read yet is bounded, too.
func limitConns(most int) func(net.Conn, http.ConnState) {
	var mu sync.Mutex
	open := 0
	return func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			if open++; open > most {
				_ = c.Close()
			}
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(64 << 10)
			}
		case http.StateClosed, http.StateHijacked:
			open--
		}
	}
}

// Close ends the page: no goroutine and no connection is left.
func (s *Server) Close() {
	s.mu.Lock()
	before := s.closed
	s.closed = true
	s.mu.Unlock()
	if before {
		return
	}
	s.hub.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if s.http.Shutdown(ctx) != nil { // somebody does not read, or does not end a request
		_ = s.http.Close()
	}
	s.running.Wait()
}

// Hub is where the items of the stream go.
func (s *Server) Hub() *Hub { return s.hub }

// Address is the page's, for a browser; on other machines too, unless Local.
func (s *Server) Address() string { return s.address }

// Local says that only this machine reaches the page.
func (s *Server) Local() bool { return s.local }

// PresenterLink is the address with which a page has the presenter's line. What stands behind # no
// browser sends, so that it is in no log.
func (s *Server) PresenterLink() string { return s.address + "#present=" + s.token }

// routes is what is served where.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, h http.HandlerFunc) { mux.Handle(path, s.only(h, http.MethodGet, http.MethodHead)) }
	post := func(path string, h http.HandlerFunc) { mux.Handle(path, s.only(h, http.MethodPost)) }
	get("/events", s.events)
	post("/answer", s.answer)
	post("/line", s.line)
	post("/interrupt", s.interrupt)
	get("/complete", s.complete)
	get("/hint", s.hint)
	get("/history", s.history)
	get("/{$}", func(w http.ResponseWriter, r *http.Request) { s.file(w, r, "index.html") })
	get("/", func(w http.ResponseWriter, r *http.Request) { s.file(w, r, strings.TrimPrefix(r.URL.Path, "/")) })
	return mux
}

// only lets the methods through that a path knows (RFC 9110, section 15.5.6).
func (s *Server) only(h http.HandlerFunc, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, m := range methods {
			if r.Method == m {
				s.handle(h, w, r)
				return
			}
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		say(w, http.StatusMethodNotAllowed, "here it is "+strings.Join(methods, " or ")+"\n")
	}
}

// handle serves a request that Close waits for.
func (s *Server) handle(h http.HandlerFunc, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	h(w, r)
}

// file serves a file of the page. Directories are none.
func (s *Server) file(w http.ResponseWriter, r *http.Request, name string) {
	info, err := fs.Stat(s.Files, name)
	if err != nil || info.IsDir() {
		say(w, http.StatusNotFound, "there is no such page\n")
		return
	}
	http.ServeFileFS(w, r, s.Files, name)
}

// read reads what a page has sent, one JSON object. It has answered when that is none.
func (s *Server) read(w http.ResponseWriter, r *http.Request, into any) bool {
	body, err := io.ReadAll(r.Body)
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		s.refuse(w, tooLarge, "")
		return false
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		say(w, http.StatusBadRequest, "this is not the JSON that belongs here\n")
		return false
	}
	return true
}

// reply answers with JSON.
func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value)
}
