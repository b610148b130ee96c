package web

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"raftlab/commands/stream"
)

// The bounds of answers: those of a second from one browser and from one machine, behind which a whole
// class may be; the length of one; and how many browsers.
const (
	mostAnswers  = 5
	mostFromHost = mostAnswers * mostPages
	longestWord  = 200
	mostBrowsers = 2000
)

// answer takes the answer of one browser to the question that is open.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Name    string `json:"name"`
		Answer  string `json:"answer"`
		Browser string `json:"browser"`
	}
	if !s.read(w, r, &sent) {
		return
	}
	sent.Answer = strings.TrimSpace(sent.Answer)
	if sent.Browser == "" || len(sent.Browser) > longestWord || sent.Answer == "" ||
		utf8.RuneCountInString(sent.Answer) > longestWord || !utf8.ValidString(sent.Answer) {
		say(w, http.StatusBadRequest, "an answer has a name, an answer and a browser\n")
		return
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !s.rates.allow("browser "+sent.Browser, mostAnswers, time.Now()) ||
		!s.rates.allow("host "+host, mostFromHost, time.Now()) {
		s.refuse(w, tooFast, "")
		return
	}
	if why := s.hub.Answer(sent.Name, sent.Browser, sent.Answer); why != "" {
		say(w, http.StatusConflict, why+"\n")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// rates knows what came within the last second.
type rates struct {
	mu   sync.Mutex
	came map[string][]time.Time
}

// allow says whether one more is within so many a second.
func (l *rates) allow(who string, most int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := func(t time.Time) bool { return now.Sub(t) >= time.Second }
	if len(l.came) >= 2*mostBrowsers {
		maps.DeleteFunc(l.came, func(_ string, all []time.Time) bool { return old(all[len(all)-1]) })
	}
	all := slices.DeleteFunc(l.came[who], old)
	if len(all) >= most || len(all) == 0 && len(l.came) >= 2*mostBrowsers {
		return false
	}
	l.came[who] = append(all, now)
	return true
}

// votes are the answers to the question that is open.
type votes struct {
	open  *stream.QuestionItem // nil: nothing is asked
	last  string               // what was asked last, also where that is over
	round int                  // in which round
	given map[string]string    // the answers to that, by browser
}

// follow takes notice of what the pages are told, and fills in what only the hub knows.
func (v *votes) follow(item stream.Item, pages int) stream.Item {
	switch x := item.(type) {
	case *stream.QuestionItem:
		q := *x
		if v.open == nil || v.open.ID != q.ID || v.open.Round != q.Round {
			v.last, v.round, v.given = q.ID, q.Round, map[string]string{}
		}
		q.Answered, q.Pages = len(v.given), pages
		v.open = &q
		return &q
	case *stream.AnswersItem, *stream.ClosedItem:
		v.open = nil
	}
	return item
}

// recount is the question with its numbers as they are now, nil where they have not changed.
func (v *votes) recount(pages int) stream.Item {
	if v.open == nil || v.open.Answered == len(v.given) && v.open.Pages == pages {
		return nil
	}
	q := *v.open
	return &q
}

// Answer is one browser's to the question of a name; it may be changed while that is open. It says
// why it does not count.
func (h *Hub) Answer(name, browser, answer string) (why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := &h.votes
	switch {
	case v.open == nil || v.open.ID != name:
		return "this question is not open"
	case len(v.open.Choices) > 0 && !slices.Contains(v.open.Choices, answer):
		return "this is none of the answers"
	case v.given[browser] == "" && len(v.given) >= mostBrowsers:
		return "there are too many answers"
	}
	v.given[browser] = answer
	return ""
}

// Answers are those to the question of a name in a round, which is open or was open last.
func (h *Hub) Answers(name string, round int) (byBrowser map[string]string, pages int) {
	h.take()
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]string{}
	if h.votes.last != name || h.votes.round != round {
		return all, h.pages
	}
	for browser, answer := range h.votes.given {
		all[browser] = answer
	}
	return all, h.pages
}
