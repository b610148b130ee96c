package lesson

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"raftlab/commands/prose"

	"github.com/cespare/xxhash/v2"
)

// Store keeps what outlives a session, by name. Load of what was never saved
// is empty.
type Store interface {
	Load(name string) ([]byte, error)
	Save(name string, data []byte) error
}

const lessonStore = "lessons.json"

// allKept is everything that is kept of the lessons.
type allKept struct {
	Last    string           `json:"last"` // the lesson that was begun last
	Lessons map[string]*kept `json:"lessons"`
	Shown   map[string]*kept `json:"shown,omitempty"` // where a demo, a scenario or the tour was left, by its command
}

// of is how far a person is in what is begun.
func (k *allKept) of(l *run) *kept {
	if l.show != nil {
		return cmp.Or(k.Shown[l.key()], &kept{})
	}
	return cmp.Or(k.Lessons[l.name], &kept{})
}

// key is the command that shows it again, from anywhere.
func (l *run) key() string {
	if l.show != nil && l.minutes > 0 { // a demo
		return l.show.Again
	}
	return l.begins
}

// kept is how far a person is in a lesson.
type kept struct {
	Text        string            `json:"text"`            // see script.edition
	Line        int               `json:"line"`            // the first line of the beat; 0: it was not begun
	Moves       []string          `json:"moves,omitempty"` // the commands that were given for the goal there
	Count       int               `json:"count,omitempty"` // as how many commands these count
	Done        bool              `json:"done,omitempty"`  // it was gone through to the end once
	Predictions predictions       `json:"predictions,omitempty"`
	Goals       map[string]string `json:"goals,omitempty"` // how each was passed
}

// How a goal was passed.
const (
	goalReached = "reached"
	goalShown   = "shown"
	goalSkipped = "skipped"
)

// account is how many predictions were right and goals reached, in a line.
func (k *kept) account() string {
	var parts []string
	if right, of := k.Predictions.score(); of > 0 {
		parts = append(parts, fmt.Sprintf("predicted %d of %d right", right, of))
	}
	if len(k.Goals) > 0 {
		n := 0
		for _, how := range k.Goals {
			if how == goalReached {
				n++
			}
		}
		parts = append(parts, fmt.Sprintf("reached %d of %s", n, prose.Plural(len(k.Goals), "goal")))
	}
	return strings.Join(parts, ", ")
}

// edition tells one text of a lesson from another.
func (l *script) edition() string {
	return fmt.Sprintf("%016x", xxhash.Sum64String(strings.Join(l.lines, "\n")))
}

// lessonsKept loads what is kept. Without a store, or when it cannot be read,
// the session's own memory serves, and warning says so, once a session.
func (s *Student) lessonsKept() (k *allKept, warning string) {
	k = &allKept{}
	if s.store != nil {
		b, err := s.store.Load(lessonStore)
		if err == nil && len(b) > 0 {
			if err = json.Unmarshal(b, k); err != nil {
				k = &allKept{}
			}
		}
		warning = s.keepsNot(err)
	}
	if s.keptBefore != nil && (s.store == nil || s.warned) {
		k = s.keptBefore
	}
	if k.Lessons == nil {
		k.Lessons = map[string]*kept{}
	}
	if k.Shown == nil {
		k.Shown = map[string]*kept{}
	}
	for _, all := range []map[string]*kept{k.Lessons, k.Shown} {
		maps.DeleteFunc(all, func(_ string, l *kept) bool { return l == nil })
	}
	return k, warning
}

// keep stores how far a person is, leaving the rest as it is.
func (s *Student) keep(l *run) (warning string) {
	k, warning := s.lessonsKept()
	switch {
	case l.show == nil:
		k.Last, k.Lessons[l.name] = l.name, l.kept
	case l.kept.Line == 0:
		delete(k.Shown, l.key())
	case l.asks():
		k.Shown[l.key()] = l.kept
	default:
		k.Shown[l.key()] = &kept{Text: l.kept.Text, Line: l.kept.Line}
	}
	return cmp.Or(warning, s.save(k))
}

func (s *Student) save(k *allKept) (warning string) {
	s.keptBefore = k
	if s.store == nil {
		return ""
	}
	b, err := json.MarshalIndent(k, "", "  ")
	if err == nil {
		err = s.store.Save(lessonStore, append(b, '\n'))
	}
	return s.keepsNot(err)
}

// keepsNot says once a session that nothing is kept.
func (s *Student) keepsNot(err error) string {
	if err == nil || s.warned {
		return ""
	}
	s.warned = true
	return "Your progress is not kept beyond this session: " + prose.Visible(err.Error())
}

// prediction is a question that was asked before its answer was shown.
type prediction struct {
	Question string `json:"question"`
	Answer   string `json:"answer,omitempty"` // the first, which counts; "": none was given
	Second   string `json:"second,omitempty"` // after its answer was shown
	Revealed bool   `json:"revealed,omitempty"`
	Right    bool   `json:"right,omitempty"`
}

type predictions map[string]*prediction

// clone is a copy that later changes of the predictions do not reach.
func (ps predictions) clone() predictions {
	out := predictions{}
	for name, p := range ps {
		of := *p
		out[name] = &of
	}
	return out
}

// score is how many answers were right, of those that were given and revealed.
func (ps predictions) score() (right, of int) {
	for _, p := range ps {
		if p.Answer == "" || !p.Revealed {
			continue
		}
		of++
		if p.Right {
			right++
		}
	}
	return right, of
}
