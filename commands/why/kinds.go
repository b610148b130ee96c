package why

import (
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/words"
)

// eventKind is an event by its position.
var eventKind = &lang.Kind[uint64]{
	Name: "#POSITION", Doc: "an event, by the position printed before it: `#112`",
	Starts: func(w lang.Word) bool { return strings.HasPrefix(w.Text, "#") },
	Word: func(p *lang.Parser, w lang.Word) (uint64, error) {
		n, ok := lang.Digits(strings.TrimPrefix(w.Text, "#"))
		if !ok || !strings.HasPrefix(w.Text, "#") {
			return 0, p.Fail(w, "the position of an event is written #112, not %s", prose.Cite(w.Text))
		}
		return n, nil
	},
}

// sentKind is a message that was sent at some time.
var sentKind = &lang.Kind[words.MessageID]{
	Name: "MESSAGE", Doc: "a message, in flight or no longer: `m12`",
	Starts: func(w lang.Word) bool { _, ok := words.MessageNumber(w.Text); return ok },
	Word: func(p *lang.Parser, w lang.Word) (words.MessageID, error) {
		if id, ok := words.MessageNumber(w.Text); ok {
			return id, nil
		}
		return 0, p.Fail(w, "%s is not a message", prose.Cite(w.Text))
	},
	Complete: words.CompleteMessage,
}

// clientAsked is a client by its name: any name but a server's, a message's and
// the words of why itself.
var clientAsked = &lang.Kind[string]{
	Name: "CLIENT", Doc: "a client that has sent something: `C1`, `alice`",
	Starts: looksLikeClient,
	Word: func(p *lang.Parser, w lang.Word) (string, error) {
		known := func(name string) bool { return strings.EqualFold(name, w.Text) }
		if w.Quoted || !numberedClient().MatchString(w.Text) &&
			!slices.ContainsFunc(p.World.Names(words.SortClient), known) {
			return "", words.NoNode(p, w, w.Text)
		}
		return w.Text, nil
	},
	Complete: func(c *lang.Completion) { c.Offer(c.World.Names(words.SortClient)...) },
}

func looksLikeClient(w lang.Word) bool {
	_, message := words.MessageNumber(w.Text)
	return !w.Quoted && lang.IsName(w.Text) && !words.LooksLikeNode(w) && !message &&
		!slices.Contains([]string{"no", "not", "more"}, w.Text)
}

var numberedClient = prose.Pattern(`^[Cc][0-9]+$`)

// Where logs differ, an index names several entries. What follows tells them
// apart: by their terms, which with the index say which entry it is (§5.3), by
// the servers that hold them, and by what they say.

// entryKind is an entry by what it says.
var entryKind = &lang.Kind[string]{
	Name: "TEXT", Doc: "an entry, by the text that `log` shows: `y=2`, or in quotes `\"incr n\"`",
	Starts: looksLikeEntry,
	Word: func(p *lang.Parser, w lang.Word) (string, error) {
		if !looksLikeEntry(w) {
			return "", p.Fail(w, "%s is not the text of an entry: y=2 is one, put any other in quotes",
				prose.Cite(w.Text))
		}
		return w.Text, nil
	},
}

func looksLikeEntry(w lang.Word) bool { return w.Quoted || strings.Contains(w.Text, "=") }
