package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Presenter is the console, as the presenter's page has it. Its methods may be called from any
// goroutine.
type Presenter interface {
	// Line has a line run as if it were typed, when its turn comes. It fails where
	// nobody reads lines, or too many wait.
	Line(text string) error
	// Interrupt is Ctrl-C for the command that runs.
	Interrupt()
	// Complete, Hint and History are those of the prompt; ok is false while a command runs.
	Complete(line string, pos int) (from int, candidates []string, ok bool)
	Hint(line string) (hint string, ok bool)
	History() []string
}

// ErrNoPrompt and ErrBusy are why a line is not run.
var (
	ErrNoPrompt = errors.New("this console reads no lines: it runs a script")
	ErrBusy     = errors.New("too many lines wait for the command that runs")
)

// line has the console run what the presenter's page sends.
func (s *Server) line(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Text string `json:"text"`
	}
	if !s.presents(w, r) || !s.read(w, r, &sent) {
		return
	}
	if !utf8.ValidString(sent.Text) {
		say(w, http.StatusBadRequest, "this is not text\n")
		return
	}
	for one := range strings.SplitSeq(strings.TrimRight(sent.Text, "\r\n"), "\n") {
		switch err := s.Presenter.Line(strings.TrimRight(one, "\r")); {
		case errors.Is(err, ErrBusy):
			say(w, http.StatusServiceUnavailable, err.Error()+"\n")
			return
		case err != nil:
			say(w, http.StatusConflict, err.Error()+"\n")
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// interrupt ends the command that runs.
func (s *Server) interrupt(w http.ResponseWriter, r *http.Request) {
	if s.presents(w, r) {
		s.Presenter.Interrupt()
		w.WriteHeader(http.StatusNoContent)
	}
}

// Completion is what may stand in a line. Positions count the units of UTF-16, as browsers do.
type Completion struct {
	From       int      `json:"from"`       // where the candidates begin
	Candidates []string `json:"candidates"` // what may stand there
	Busy       bool     `json:"busy"`       // a command runs, and nothing is known just now
}

// bytesOf is how many bytes of a text so many units of UTF-16 are; ok is false beyond its end and
// within a character.
func bytesOf(text string, units int) (n int, ok bool) {
	for i, c := range text {
		if units <= 0 {
			return i, units == 0
		}
		units -= utf16.RuneLen(c)
	}
	return len(text), units == 0
}

// unitsOf is how many units of UTF-16 a text has.
func unitsOf(text string) (n int) {
	for _, c := range text {
		n += utf16.RuneLen(c)
	}
	return n
}

// complete is what the Tab key finds at the prompt.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	if !s.presents(w, r) {
		return
	}
	line := r.URL.Query().Get("line")
	at, err := strconv.Atoi(r.URL.Query().Get("pos"))
	pos, within := bytesOf(line, at)
	if err != nil || !within || len(line) > mostBody || !utf8.ValidString(line) {
		say(w, http.StatusBadRequest, "line is a text, and pos a place in it\n")
		return
	}
	from, found, ok := s.Presenter.Complete(line, pos)
	from = unitsOf(line[:min(max(from, 0), len(line))])
	if found == nil {
		found = []string{}
	}
	reply(w, Completion{from, found, !ok})
}

// hint is what stands dimmed behind the line at the prompt.
func (s *Server) hint(w http.ResponseWriter, r *http.Request) {
	if !s.presents(w, r) {
		return
	}
	line := r.URL.Query().Get("line")
	if len(line) > mostBody || !utf8.ValidString(line) {
		say(w, http.StatusBadRequest, "line is a text\n")
		return
	}
	hint, _ := s.Presenter.Hint(line)
	reply(w, map[string]string{"hint": hint})
}

// history is the lines that were typed, the last at the end.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	if s.presents(w, r) {
		lines := s.Presenter.History()
		if lines == nil {
			lines = []string{}
		}
		reply(w, map[string][]string{"lines": lines})
	}
}
