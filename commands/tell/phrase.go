// Package tell puts events into words. What is said of a kind of event stands in
// one place, its Phrase: the line of the story, the past tense that why uses, the
// note in a diagram and the words of a schedule are forms of it.
package tell

import (
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Phrase is an event in words: "S1's lease" "is over". The story is Who, Its, Does,
// What, After and Detail in a row. The other forms leave parts out, or replace all.
type Phrase struct {
	Who       string // the subject
	Its       string // what of the subject, as in S1's lease; mostly nothing
	Does, Did string // the verb, now and in the past
	What      string // what follows the verb in every form
	After     string // what follows, in the past after the position
	Detail    string // what only the story says
	Style     view.Style
	Line      view.Line // the story, where its parts look different
	Past      string    // the past, where it says it otherwise; Here is where the position goes
	Note      string    // the words beside a diagram, without the server; by default the story's
	NoteLine  view.Line // the same, where its parts look different
	Brief     string    // the words of a schedule; by default the story's
	Milestone bool      // a long story keeps it
}

const (
	// Nothing is a form that is not told, since others say it.
	Nothing = "\x00nothing"
	// Here is where in the words of the past the position goes; without it, to
	// their end. No text from outside holds it.
	Here = "\x00"
)

// subject is Who, with Its where there is one.
func (p *Phrase) subject() string {
	if p.Its == "" {
		return p.Who
	}
	return p.Who + "'s " + p.Its
}

func joined(parts ...string) string {
	text := ""
	for _, part := range parts {
		if text != "" && part != "" {
			text += " "
		}
		text += part
	}
	return text
}

// Story is the event as a line.
func (p *Phrase) Story() view.Line {
	if p.Line != nil {
		return visible(p.Line)
	}
	return visible(view.LS(p.Style, joined(p.subject(), p.Does, p.What)+p.After+p.Detail))
}

// Noted is the event in a few words that leave out the server, at whose line in a
// diagram they stand; nil where the diagram shows it otherwise.
func (p *Phrase) Noted() view.Line {
	switch {
	case p.Note == Nothing:
		return nil
	case p.NoteLine != nil:
		return visible(p.NoteLine)
	case p.Note != "":
		return visible(view.LS(p.Style, p.Note))
	case p.Line != nil:
		return visible(p.Line)
	}
	return visible(view.LS(p.Style, joined(p.Its, p.Does, p.What)+p.After+p.Detail))
}

// Scheduled is the event in the words of a schedule, or "" for what follows from
// the others.
func (p *Phrase) Scheduled() string {
	switch p.Brief {
	case Nothing:
		return ""
	case "":
		return p.Story().String()
	}
	return p.Brief
}

// Happened is the event as something that has happened, with its place: "S3
// appended (4, term 3) at #112, from S2, leader of term 3".
func (p *Phrase) Happened(at string) string {
	text := p.Past
	switch {
	case text == "" && p.Did == "":
		text = p.Story().String()
	case text == "":
		text = joined(p.subject(), p.Did, p.What) + Here + p.After
	}
	if strings.Contains(text, Here) {
		return prose.Visible(strings.Replace(text, Here, at, 1))
	}
	return prose.Visible(text) + at
}

func visible(line view.Line) view.Line {
	return each.As(line, func(s view.Span) view.Span { return view.S(s.Style, prose.Visible(s.Text)) })
}

// Of is what is said of an event. A kind without a phrase is shown by its name.
func Of(e *event.Event) Phrase {
	for _, family := range []func(*event.Event) (Phrase, bool){ofMail, ofClock, ofServer, ofMembers, ofClient,
		ofDeed} {
		if p, ok := family(e); ok {
			return p
		}
	}
	return Phrase{Who: e.Node.String(), Does: string(e.Kind())}
}

// Story is an event as a line.
func Story(e *event.Event) view.Line { p := Of(e); return p.Story() }

// Noted is an event in a few words that leave out the server.
func Noted(e *event.Event) view.Line { p := Of(e); return p.Noted() }

// Scheduled is an event in the words of a schedule, or "".
func Scheduled(e *event.Event) string { p := Of(e); return p.Scheduled() }

// Happened is an event as something that has happened, with its position. came is
// the event that it came of, nil where that is not known: it tells from whom.
func Happened(e, came *event.Event) string {
	return happened(e, came, fmt.Sprintf(" at #%d", e.Position))
}

// Bare is the same without the position.
func Bare(e, came *event.Event) string { return happened(e, came, "") }

func happened(e, came *event.Event, at string) string {
	p := Of(e)
	if text := fromWhom(e, came); text != "" {
		p.Past = text
	}
	return p.Happened(at)
}
