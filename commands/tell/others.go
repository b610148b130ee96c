package tell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/judge"
	"raftlab/cluster/network"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

func ticks(n uint64) string { return prose.Plural(int(n), "tick") }

// ofClient is what a client and a server say to each other.
func ofClient(e *event.Event) (Phrase, bool) {
	p := Phrase{Who: e.Node.String()}
	switch x := e.What.(type) {
	case event.ReadBegun:
		p = asks(x.Client, x.Asks(), p.Who)
	case event.Requested:
		p = asks(x.Client, x.Asks(), p.Who)
	case event.Redirected:
		p.Does, p.Did, p.What = "redirects", "redirected", fmt.Sprintf("%s to %s", x.Client, x.To)
	case event.Unanswered:
		p.Does, p.Did, p.What, p.After = "rejects", "rejected", x.Client+"'s request", ": "+event.ReasonOf(x.Why)
		if r := (*event.Refused)(nil); errors.As(x.Why, &r) && r.Silent {
			p.Who, p.Does, p.Did, p.What = x.Client, "gets", "got", "no reply from "+p.Who
		}
	case event.Accepted:
		p.Does, p.What, p.Brief = "appends it as", fmt.Sprintf("entry %d of term %d", x.Last, x.Term), Nothing
		p.Past = fmt.Sprintf("%s appended %s's command as (%d, term %d)", e.Node, x.Client, x.Last, x.Term)
		p.Note = fmt.Sprintf("appends it as entry %d", x.Last)
	case event.Answered:
		p.Does, p.Did, p.What, p.After = "replies to", "replied to", x.Client, ": "+Result(x.Result)
		p.Style, p.Milestone = view.Good, true
	case event.SessionTold:
		p.Who, p.Does, p.Note, p.Milestone = x.Client, x.Text(), x.Client+" "+x.Text(), true
	case event.Abandoned:
		p.Who, p.Does, p.Did, p.What = x.Client, "cannot know", "could no longer learn", "what became of its request"
		p.Detail, p.Note = ": "+x.Why, x.Client+" cannot know what became of it"
		p.Style, p.Milestone = view.Warn, true
	default:
		return p, false
	}
	return p, true
}

func asks(client, what, server string) Phrase {
	return Phrase{Who: client, Does: "sends", Did: "sent", What: what + " to " + server,
		Note: client + " sends " + what}
}

// ofDeed is what befalls machines, disks and links, and what people do.
func ofDeed(e *event.Event) (Phrase, bool) {
	p := Phrase{Who: e.Node.String()}
	switch x := e.What.(type) {
	case event.Crashed:
		p.Does, p.Did, p.Note, p.Brief = "crashes", "crashed", "crashes", p.Who+" crashes"
		p.Style, p.Milestone = view.Down, true
		p.Line = view.Line{view.S(view.Down, p.Who+" crashes"), view.S(view.Plain, "; "+x.Loss())}
	case event.Restarted:
		p.Does, p.Did, p.Milestone = "restarts", "restarted", true
		p.Detail = fmt.Sprintf(" as follower, term %d, from its disk: last entry %d", x.Term, x.Last)
		p.Note = fmt.Sprintf("restarts in term %d", x.Term)
		p.Brief = fmt.Sprintf("%s restarts as follower of term %d", e.Node, x.Term)
		if x.Shown {
			p.Does, p.Did = "begins", "began"
			p.Detail = fmt.Sprintf(" as its first line shows it: term %d, last entry %d", x.Term, x.Last)
			p.Note = fmt.Sprintf("begins in term %d", x.Term)
			p.Brief = fmt.Sprintf("%s begins in term %d", e.Node, x.Term)
		}
	case event.Frozen:
		p.Does, p.Did, p.Note = "freezes", "froze", "freezes"
		p.Detail = ": no timer fires and its mail waits, but its clock keeps running"
	case event.Thawed:
		p.Does, p.Did = "resumes", "resumed"
	case event.Synced:
		p.Its, p.Does, p.Did = "disk", "is synced", "was synced"
		p.Detail = fmt.Sprintf(": term %d, last entry %d", x.Term, x.Last)
	case event.Wiped:
		p.Its, p.Does, p.Did, p.Style, p.Milestone = "disk", "is wiped", "was wiped", view.Warn, true
	case event.Given:
		p.Does, p.Past, p.Milestone = "is given a state by hand", p.Who+" was given its state by hand", true
		p.Detail = fmt.Sprintf(": term %d, last entry %d", x.Term, x.Last)
		p.Note = fmt.Sprintf("is given a state: term %d, last entry %d", x.Term, x.Last)
	case event.LinksCut:
		p.Does, p.Note, p.Milestone = "cut: "+x.Which(), "cut: "+bothWays(x.Links), true
		if p.Past = "links were cut" + Here + ": " + x.Which(); x.Groups != nil {
			p.Does, p.Note = x.Which(), ""
		}
	case event.LinksHealed:
		p.Does, p.Note, p.Milestone = "mended: "+x.Which(), "mended: "+bothWays(x.Links), true
		p.Past = "links were mended" + Here + ": " + x.Which()
	case event.Departed:
		d := &x.All[0]
		p.Style, p.Milestone = view.Bad, true
		if d.Kind == judge.Late {
			p.Style, p.Milestone = view.Warn, false
		}
		p.Does, p.Did = "departs from the paper", "departed from the paper"
		p.Detail = fmt.Sprintf(" (%s): %s%s", d.Rule.ID, d.Did, more(len(x.All)-1))
		p.Note, p.Brief = "departs: "+d.Rule.ID, fmt.Sprintf("%s departs from the paper: %s", e.Node, d.Did)
	case event.Breached:
		p.Who, p.Style, p.Milestone = "", view.Bad, true
		p.Does = "BREACH of " + x.Property + ": " + x.Breach.Text
		p.Brief = "BREACH of " + x.Property
	default:
		return ofSetting(e)
	}
	return p, true
}

// more says that there is more of the kind.
func more(n int) string { return prose.Either(n == 0, "", fmt.Sprintf(" (+%d more)", n)) }

// bothWays is links, both directions of one written as one.
func bothWays(links []network.Link) string {
	var words []string
	for _, l := range links {
		switch back := slices.Index(links, network.Link{From: l.To, To: l.From}); {
		case back < 0:
			words = append(words, l.String())
		case back > slices.Index(links, l):
			words = append(words, fmt.Sprintf("%s<->%s", l.From, l.To))
		}
	}
	return strings.Join(words, " ")
}

// ofSetting is what people set, and the bugs that they switch on and guess.
func ofSetting(e *event.Event) (Phrase, bool) {
	var p Phrase
	switch x := e.What.(type) {
	case event.SettingChanged:
		p.Does, p.Milestone = fmt.Sprintf("%s: %s (was %s)", x.Name, x.To, x.From), true
		p.Past = fmt.Sprintf("%s was set to %s%s (it was %s)", x.Name, x.To, Here, x.From)
	case event.BugSet:
		who := "every server"
		if e.Node != 0 {
			who = e.Node.String()
		}
		p.Style = view.Bad
		p.Does = fmt.Sprintf("bug %s is %s in %s", x.Name, prose.Either(x.On, "on", "off"), who)
		if x.Name == cluster.UnknownBug {
			p.Does = "a rule is broken in every server"
		}
	case event.BugGuessed:
		p.Does = fmt.Sprintf("guessed: %s, which is %s", x.Name,
			prose.Either(x.Right, "right", "wrong"))
	case event.BugRevealed:
		p.Does = "revealed: " + x.Name
	default:
		return p, false
	}
	return p, true
}
