package words

import (
	"slices"
	"strconv"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// MessageType is the full name of an RPC or its reply.
type MessageType string

// The message types, and what they may be shortened to.
const (
	RequestVote          MessageType = "RequestVote"
	RequestVoteReply     MessageType = "RequestVoteReply"
	AppendEntries        MessageType = "AppendEntries"
	AppendEntriesReply   MessageType = "AppendEntriesReply"
	PreVote              MessageType = "PreVote"
	PreVoteReply         MessageType = "PreVoteReply"
	InstallSnapshot      MessageType = "InstallSnapshot"
	InstallSnapshotReply MessageType = "InstallSnapshotReply"
	TimeoutNow           MessageType = "TimeoutNow"
	ReadIndex            MessageType = "ReadIndex"
	ReadIndexReply       MessageType = "ReadIndexReply"
)

var Types = []struct {
	Type  MessageType
	Short string
}{
	{RequestVote, "RV"}, {RequestVoteReply, "RVR"},
	{AppendEntries, "AE"}, {AppendEntriesReply, "AER"},
	{PreVote, "PV"}, {PreVoteReply, "PVR"},
	{InstallSnapshot, "IS"}, {InstallSnapshotReply, "ISR"},
	{TimeoutNow, "TN"},
	{ReadIndex, "RI"}, {ReadIndexReply, "RIR"},
}

// Short is the type's abbreviation: AE.
func (t MessageType) Short() string {
	for _, m := range Types {
		if m.Type == t {
			return m.Short
		}
	}
	return string(t)
}

// FindType finds a type by its name or abbreviation, in any case.
func FindType(text string) (MessageType, bool) {
	for _, m := range Types {
		if strings.EqualFold(text, string(m.Type)) || strings.EqualFold(text, m.Short) {
			return m.Type, true
		}
	}
	return "", false
}

// TypeNames is the full names of all types.
func TypeNames() []string {
	var names []string
	for _, m := range Types {
		names = append(names, string(m.Type))
	}
	for _, m := range Types {
		names = append(names, m.Short)
	}
	return names
}

// NoType says that w is no type of message.
func NoType(p *lang.Parser, w lang.Word) error {
	err, names := p.NoChoice(w, "type of message", TypeNames()), TypeNames()
	err.Msg += "; the types are " + prose.And(names[:len(Types)])
	return err
}

// Selection is what a WHICH names: the messages that are of one of its types,
// on one of its links, and of one of its numbers, where it has any.
type Selection struct {
	IDs   []MessageID
	Links LinkSet
	Types []MessageType
	All   bool // it was said with `all`
}

// Matches says whether the message is selected.
func (s Selection) Matches(m MessageFacts) bool {
	return (len(s.IDs) == 0 || slices.Contains(s.IDs, m.ID)) &&
		(len(s.Links) == 0 || s.Links.Matches(m.From, m.To)) &&
		(len(s.Types) == 0 || slices.Contains(s.Types, m.Type))
}

var typeKind = &lang.Kind[MessageType]{
	Name: "TYPE", Doc: "a type of message: `AppendEntries` or `AE`, `RequestVoteReply` or `RVR`, …",
	Starts: func(w lang.Word) bool { _, ok := FindType(w.Text); return ok },
	Word: func(p *lang.Parser, w lang.Word) (MessageType, error) {
		if t, ok := FindType(w.Text); ok {
			return t, nil
		}
		return "", NoType(p, w)
	},
	Complete: func(c *lang.Completion) { c.Offer(TypeNames()...) },
}

var whichKind = &lang.Kind[Selection]{
	Name: "WHICH", Doc: "messages in flight: numbers (`m12`), a LINK, a TYPE, or `all`; `AE S1->S3` means the " +
		"messages that are both",
	Starts: looksLikeWhich,
	Parse:  parseWhich,
	Complete: func(c *lang.Completion) {
		CompleteMessage(c)
		for _, m := range worldOf(c.World).InFlight() { // what would match something
			c.Offer(m.Type.Short(), string(m.Type))
		}
		c.Offer("all")
		for _, m := range worldOf(c.World).InFlight() {
			c.Offer(m.From.String() + "->" + m.To.String())
		}
		completeLink(c)
		c.Offer(TypeNames()...)
	},
}

// Type is a type of message.
func Type() *lang.Arg[MessageType] { return typeKind.New() }

// Which is a choice among the messages in flight. That it matches none is
// for the command to refuse.
func Which() *lang.Arg[Selection] { return whichKind.New() }

// MessageNumber is the number in a word like m12.
func MessageNumber(text string) (MessageID, bool) {
	if len(text) < 2 || text[0] != 'm' || text[1] < '0' || text[1] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[1:], 10, 64)
	return MessageID(n), err == nil
}

func messageOf(p *lang.Parser, w lang.Word, text string) (MessageID, error) {
	id, ok := MessageNumber(text)
	if !ok {
		return 0, p.Fail(w, "%s is not a message", prose.Cite(text)).WithHint("messages shows their numbers: m12")
	}
	flying := worldOf(p.World).InFlight()
	if slices.ContainsFunc(flying, func(m MessageFacts) bool { return m.ID == id }) {
		return id, nil
	}
	err := p.Fail(w, "%s is not in flight", id)
	if len(flying) == 0 {
		return 0, err.WithHint("no message is: timeout, heartbeat or put sends some")
	}
	return 0, err.WithHint("messages lists those that are, from %s to %s", flying[0].ID, flying[len(flying)-1].ID)
}

func looksLikeWhich(w lang.Word) bool {
	first, _, _ := strings.Cut(w.Text, ",")
	_, isMessage := MessageNumber(first)
	_, isType := FindType(first)
	return isMessage || isType || first == "all" || looksLikeLink(w)
}

// parseWhich reads a choice of messages.
func parseWhich(p *lang.Parser) (Selection, error) {
	var s Selection
	for n := 0; ; n++ {
		w, ok := p.Peek()
		if n == 0 {
			w, ok = p.Look()
		}
		if !ok || n > 0 && p.More() && !looksLikeWhich(w) {
			return s, nil
		}
		if looksLikeLink(w) && !strings.Contains(w.Text, ",") {
			links, err := parseLink(p)
			if err != nil {
				return s, err
			}
			s.Links = append(s.Links, links...)
			continue
		}
		p.Skip()
		list := commaList{p: p}
		if err := list.word(w, func(text string) error { return addWhich(p, &s, w, text) }); err != nil {
			return s, err
		}
	}
}

// addWhich adds what one word without a blank names.
func addWhich(p *lang.Parser, s *Selection, w lang.Word, text string) error {
	if t, ok := FindType(text); ok {
		s.Types = append(s.Types, t)
		return nil
	}
	if text == "all" {
		s.All = true
		return nil
	}
	if looksLikeLink(lang.Word{Text: text}) {
		links, err := linkOf(p, w, text)
		s.Links = append(s.Links, links...)
		return err
	}
	if _, ok := MessageNumber(text); !ok {
		err := p.Fail(w, "%s is not a message, a link or a message type", prose.Cite(text)).Or("all")
		if hint := prose.DidYouMean(text, TypeNames()); hint != "" && len(text) > 2 {
			return err.WithHint("%s", hint)
		}
		return err.WithHint("say m12, S1->S2, AppendEntries (AE) or all")
	}
	id, err := messageOf(p, w, text)
	s.IDs = append(s.IDs, id)
	return err
}

// CompleteMessage offers the messages in flight, by their numbers.
func CompleteMessage(c *lang.Completion) {
	for _, m := range worldOf(c.World).InFlight() {
		c.Offer(m.ID.String())
	}
}
