package web

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"raftlab/commands/prose"
)

// refusal is a kind of request that is not served.
type refusal struct {
	status int
	name   string // as web counts them
	says   string // what whoever asked is told
	tells  string // what the presenter is told, once; %s is a text from the request
}

var (
	foreignHost = &refusal{http.StatusForbidden, "another host",
		"this is not the address of the page\n",
		"a request for the host %s, which is not its address"}
	foreignSite = &refusal{http.StatusForbidden, "another site",
		"requests of other sites are refused\n", "a request that a page of another site sent (%s)"}
	wrongToken = &refusal{http.StatusUnauthorized, "wrong token",
		"this needs the presenter's link\n", "a wrong presenter's token"}
	tooLarge = &refusal{http.StatusRequestEntityTooLarge, "too large",
		"a request has at most 4 KB\n", "a request of more than 4 KB"}
	tooFast = &refusal{http.StatusTooManyRequests, "too fast",
		"at most 5 answers a second\n", "answers that one browser sent faster than 5 a second"}
	full = &refusal{http.StatusServiceUnavailable, "too many pages",
		"500 pages are connected, and there is no room for more\n", "a page beyond the 500 that are connected"}
)

// refusals counts what was refused, and tells of each kind once.
type refusals struct {
	mu    sync.Mutex
	count map[*refusal]int
	tell  func(text string)
}

// refuse answers a request that is not served. about is what of it is worth telling.
func (s *Server) refuse(w http.ResponseWriter, why *refusal, about string) {
	if why == wrongToken {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if why == tooFast || why == full {
		w.Header().Set("Retry-After", "1")
	}
	say(w, why.status, why.says)
	r := &s.refused
	r.mu.Lock()
	r.count[why]++
	first := r.count[why] == 1
	r.mu.Unlock()
	if first && r.tell != nil {
		r.tell("The page refused " + strings.ReplaceAll(why.tells, "%s", prose.Shorten(prose.Cite(about), 60)) +
			"; web counts the next ones.")
	}
}

// Refused is how many requests were refused, by kind.
func (s *Server) Refused() map[string]int {
	s.refused.mu.Lock()
	defer s.refused.mu.Unlock()
	all := map[string]int{}
	for why, n := range s.refused.count {
		all[why.name] = n
	}
	return all
}

// say answers with a text.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// policy lets a page use what comes from here and nothing else: no script or style within a page,
// nothing of another site, no frame around it.
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// guard lets requests through that come from the page itself, with headers that keep others out.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.ownHost(r.Host) {
			s.refuse(w, foreignHost, r.Host)
			return
		}
		if from := foreign(r); from != "" {
			s.refuse(w, foreignSite, from)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r)
	})
}

// ownHost says whether a Host header names this server. A name of somebody else's could be made to
// lead here (DNS rebinding); an IP address cannot, and beyond this machine it may be one that
// something in between translates.
func (s *Server) ownHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	if port != s.port {
		return false
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback() || !s.local
	}
	return slices.Contains(s.names, strings.ToLower(strings.TrimSuffix(name, ".")))
}

// foreign is where a request comes from, if a page of another site has sent it; else "". A link on
// another site that leads to the page is fine.
func foreign(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" && !strings.EqualFold(origin, "http://"+r.Host) {
		return origin
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "" || site == "same-origin" || site == "none" {
		return ""
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document" {
		return ""
	}
	return site
}

// presents says whether a request has the presenter's token.
func (s *Server) presents(w http.ResponseWriter, r *http.Request) bool {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer && subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1 {
		return true
	}
	s.refuse(w, wrongToken, "")
	return false
}
