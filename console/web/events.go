package web

import (
	"net/http"
	"time"
)

// alive is how often a page that has no news is told that the server is there, and writeTime how
// long a page may take what was written to it.
const (
	alive     = 15 * time.Second
	writeTime = 10 * time.Second
)

// events sends the stream to a page for as long as it is connected. A page that does not read holds
// up nothing but this: when its time is over the connection ends, and it may come back.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	row := s.hub.join()
	if row == nil {
		s.refuse(w, full, "")
		return
	}
	defer s.hub.leave(row)
	w.Header().Set("Content-Type", "text/event-stream")
	last := r.Header.Get("Last-Event-ID")
	seen, back := s.hub.seen(last), last != ""
	send := func(all ...[]byte) bool {
		c := http.NewResponseController(w)
		_ = c.SetWriteDeadline(time.Now().Add(writeTime))
		for _, b := range all {
			if _, err := w.Write(b); err != nil {
				return false
			}
		}
		return c.Flush() == nil
	}
	if !send([]byte("retry: 1000\n\n")) {
		return
	}
	for {
		all, upTo, more := s.hub.after(seen, back, row)
		if len(all) > 0 {
			if !send(all...) {
				return
			}
			seen = upTo
			continue
		}
		idle := time.NewTimer(alive)
		select {
		case <-more:
		case <-idle.C:
			if !send([]byte(": alive\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.hub.done:
			return
		}
		idle.Stop()
	}
}
