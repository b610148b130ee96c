// Package share has the commands share and open: a session as a short text of letters and
// digits, which is made to be the end of a link.
package share

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/commands/acts"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Commands are those of this room.
var Commands lang.Set

var openText = lang.Words("TEXT").Explained("what `share` has printed, or a link that ends in `#` and such a text")

type shareResult struct {
	Commands int    `json:"commands" doc:"how many commands it holds"`
	Text     string `json:"text" doc:"the text"`
	Link     string `json:"link,omitempty" doc:"in a tab of a browser: the address that opens it"`
}

type openResult struct {
	Commands []string `json:"commands" doc:"the commands that were played"`
	Reached  bool     `json:"reached" doc:"whether the text promises this state; a guest may lead elsewhere"`
}

var _ = Commands.Register(&lang.Command{
	Name: "share", Topic: lab.TopicScripts,
	Summary: "prints a text that holds the commands that lead here, for `open`",
	Details: "The text has only letters and digits, so it fits into a link. Put it after the address of a page that " +
		"`raftlab web build` has written, with a `#` between them, and the page opens it. In a tab of such a page, " +
		"`share` prints the whole link. The text holds what `save` writes (the commands that lead to the present " +
		"state, and no other branch) and a checksum of that state. It says which servers are guests, but never " +
		"holds a program.",
	Examples: []string{"timeout S1; settle; share"},
	Results:  []any{shareResult{}},
	Needs:    lab.Needs(lab.Stepping, "save FILE writes what has happened as a script"),
	Run:      runShare,
})

var _ = Commands.Register(&lang.Command{
	Name: "open", Topic: lab.TopicScripts, Changes: true,
	Summary: "plays the commands that a TEXT of `share` holds",
	Args:    lang.Params{openText},
	Details: "It starts a new cluster, as `new` does, and `undo` takes you back to where you were. A text with a " +
		"wrong letter is refused before anything is done. Another version of raftlab may have printed the text; if " +
		"the commands then lead to another state here, nothing is opened. A text never reads or writes a file and " +
		"never starts a program. If its servers are guests, start raftlab with --guest: `open` runs that program, " +
		"and says so if it leads to another state. TEXT may also be a link that ends in `#` and such a text.",
	Examples: []string{"open 3sThq8vgZeFiMFtULiJccA1iUqpUh"},
	Results:  []any{openResult{}},
	Needs:    lab.Needs(lab.Stepping, "raftlab -c 'open TEXT' opens it in a cluster that moves step by step"),
	Run:      runOpen,
})

func runShare(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	if l.World().IsRecorded() {
		return nil, lang.Errorf("a text cannot hold the run of a real cluster").
			WithHint("raftlab -i --judge FILE opens it from its file")
	}
	lines, err := l.Script()
	if err != nil {
		return nil, err
	}
	lines = withoutProgram(lines)
	text, err := textOf(c, lines, printOf(l.World()))
	if err != nil {
		return nil, err
	}
	shown, link, how := text, "", "Type open and this text to play"
	if l.Link != "" {
		link = l.Link + "#" + text
		shown, how = link, "This link opens in any browser. In a terminal, type open and the link to play"
	}
	says := fmt.Sprintf("%s the %s that led here.", how, prose.Plural(len(lines), "command"))
	return lang.OK().Block(view.Text{Lines: []view.Line{view.LS(view.Code, shown)}, Unfolded: true}, view.Lines(says)).
		With(shareResult{len(lines), text, link}), nil
}

// withoutProgram is commands without the comment that names the program of guests.
func withoutProgram(lines []string) []string {
	names := func(line string) bool { return strings.HasPrefix(line, "# guest: ") }
	return slices.DeleteFunc(slices.Clone(lines), names)
}

// Text is the text of commands that end in the state of a world; the last one may be refused there. It fails
// where a text may not hold them.
func Text(lines []string, w *cluster.World) (string, error) {
	lines = withoutProgram(lines)
	for _, line := range lines {
		word, _, _ := strings.Cut(line, " ")
		if !slices.Contains(standing, word) && !slices.Contains([]string{"new", "set", "machine"}, word) {
			return "", lang.Errorf("%s is not allowed in a text", prose.Cite(line))
		}
	}
	return encode(lines, printOf(w))
}

// textOf is the text of commands that end in a state, tried in a cluster beside the present one.
func textOf(c *lang.Call, lines []string, end printed) (string, error) {
	here := lab.Of(c)
	s, l, err := here.Beside(1, 1)
	if err != nil {
		return "", err
	}
	for _, p := range here.Guests.Programs() {
		if !here.World().Running(p).Empty() { // the program runs already
			l.Guests.Command = p.Command
			l.Guests.Add(p)
		}
	}
	if _, err := play(c, s, l, lines, true); errors.Is(err, lang.ErrInterrupted) {
		return "", err
	} else if err != nil {
		return "", lang.Errorf("what led here cannot be shared: %s", lang.OneLine(err)).
			WithHint("save FILE writes it to a file")
	}
	if printOf(l.World()) != end {
		return "", lang.Errorf("what led here cannot be shared: played again, it does not lead here").
			WithHint("save FILE writes it to a file")
	}
	return encode(lines, end)
}

func runOpen(c *lang.Call) (*lang.Result, error) {
	words := openText.Of(c)
	if len(words) == 0 {
		return nil, lang.Errorf("TEXT is missing").WithHint("share prints such a text")
	}
	text := strings.Join(words, "")
	lines, end, err := decode(text[strings.LastIndexByte(text, '#')+1:])
	if err != nil {
		return nil, err
	}
	l := lab.Of(c)
	l.Machine = lab.UsualMachine
	done, err := play(c, c.Session, l, lines, l.Guests.Command != "")
	on, _ := l.World().Guests()
	var refused *refusedError
	if err != nil && (on.Empty() || !errors.As(err, &refused)) {
		return nil, err
	}
	reached := printOf(l.World()) == end
	if !reached && on.Empty() {
		return nil, lang.Errorf("the commands of this text lead to another state here than where it was printed").
			WithHint("another version of raftlab printed it; nothing was opened")
	}
	r := &lang.Result{Quiet: true}
	r.Block(opened(lines, refused, reached))
	if n := len(l.World().Departures()); n > 0 {
		r.Line(fmt.Sprintf("The way there has %s from the paper (departures lists them).",
			prose.Plural(n, "departure")))
	}
	return r.With(openResult{lines[:done], reached}), nil
}

// opened says what came of a text. Where another program runs, that decides how far its commands lead.
func opened(lines []string, refused *refusedError, reached bool) view.Block {
	all := prose.Plural(len(lines), "command")
	if refused == nil && reached {
		return view.Prose{Words: view.L("Opened: the text's " + all + " led here, to the state that it promises. " +
			"Type undo to go back.")}
	}
	says := "Opened: the text's " + all + " led here."
	if refused != nil {
		says = fmt.Sprintf("Opened up to command %d of %d, %s, which %s.", refused.line, len(lines),
			prose.Cite(lines[refused.line-1]), refused.why)
	}
	if reached {
		says += " That is the state that the text promises."
	} else {
		says += " The state is not the one that the text promises, since the program does something else here than " +
			"where the text was printed."
	}
	return view.Prose{Words: view.LS(view.Warn, says)}
}

// What a text may ask for, so that none can take a machine's memory: clusters, since each one
// stays in the history, and messages in flight, which duplicate doubles.
const (
	maxClusters = 2 // as a script begins: with the defaults, and again with settings that are kept
	maxInFlight = 1_000_000
)

// player plays the commands of a text.
type player struct {
	c        *lang.Call    // which asked for it
	s        *lang.Session // where they are played
	l        *lab.Lab      // of that session
	guests   bool          // a program is there that servers may run
	clusters int           // that were begun
	begun    bool          // something was done in the last one
}

// refusedError is that a command of a text, which may stand there, is refused here.
type refusedError struct {
	line int
	why  string
}

func (e *refusedError) Error() string { return e.why }

// errGuests refuses a text whose servers run another program, where a person has named none.
var errGuests = lang.Errorf("the servers of this text run another program: start raftlab with " +
	`--guest "COMMAND" to open it with that program`)

// play runs the commands of a text, each as soon as it is known to be one that a text may hold, and says how many
// it has run. guests says that there is a program that its servers may run.
func play(c *lang.Call, s *lang.Session, l *lab.Lab, lines []string, guests bool) (done int, err error) {
	defer s.Use(lang.Silent{Frontend: c.Front})()
	p := &player{c: c, s: s, l: l, guests: guests}
	for i, line := range lines {
		var refused *refusedError
		switch err := p.line(line); {
		case errors.Is(err, lang.ErrInterrupted):
			return i, fmt.Errorf("%w at command %d of %d; everything is as it was", lang.ErrInterrupted, i+1,
				len(lines))
		case errors.Is(err, errGuests):
			return i, errGuests
		case errors.As(err, &refused):
			refused.line = i + 1
			fallthrough
		case err != nil:
			return i, fmt.Errorf("line %d of the text, %s, %w", i+1, prose.Cite(prose.Shorten(line, 60)), err)
		}
		c.Progress("command %d of %d", i+1, len(lines))
	}
	return len(lines), nil
}

// line runs a line of a text, which mostly is one command.
func (p *player) line(line string) error {
	for pos := 0; pos < len(line) || pos == 0; {
		call, next, _ := p.s.ParseNext(line, pos) // RunLine says what is wrong with it
		if call == nil || call.Command == nil || call.Negated || !p.mayStand(call) {
			return errors.New("is not allowed in a text")
		}
		runsGuests := call.Command.Name == "new" && acts.RunsGuests(call)
		if runsGuests && !p.guests {
			return errGuests
		}
		part := strings.TrimSuffix(line[pos:next], ";")
		if call.Command.Name == "new" && p.l.Guests.Command != "" && !runsGuests {
			part += " own"
		}
		if err := p.s.RunLine(p.c.Ctx, part); lang.Ends(err) {
			return lang.ErrInterrupted
		} else if err != nil {
			why := "is refused here: " + lang.OneLine(errors.New(lang.Headline(err)))
			if !p.begun { // there is no cluster yet
				return errors.New(why)
			}
			return &refusedError{why: why}
		}
		if p.l.World().InFlight() > maxInFlight {
			return errors.New("leaves too many messages in flight")
		}
		pos = next
	}
	return nil
}

// standing is the other commands that may stand in a text: those that change the cluster and
// touch nothing else. One that is new to the language is refused until it is named here.
var standing = strings.Fields("add back bug cas cut deliver delay delete drop duplicate fire forward freeze get " +
	"given heal heartbeat incr inject isolate kill next partition promote put reconfigure remove restart retry " +
	"roll run settle snapshot step submit sync thaw tick timeout timers transfer wipe")

// mayStand says whether a call may stand in a text just there: it reads and writes no file,
// starts no program, and changes nothing of the console; and first of all a cluster begins.
func (p *player) mayStand(c *lang.Call) bool {
	switch name := c.Command.Name; name {
	case "machine":
		return !p.begun
	case "new":
		p.clusters++
		return !p.begun && p.clusters <= maxClusters && !acts.NamesProgram(c)
	case "set":
		words := strings.Fields(c.Text)
		return p.clusters > 0 && len(words) > 1 && setting.Find(words[1]) != nil
	default:
		p.begun = true
		return p.clusters > 0 && slices.Contains(standing, name)
	}
}
