// Package share has the commands share and open: a session as a short text of letters and
// digits, which is made to be the end of a link.
package share

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
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
}

type openResult struct {
	Commands []string `json:"commands" doc:"the commands that were played"`
}

var _ = Commands.Register(&lang.Command{
	Name: "share", Topic: lab.TopicScripts,
	Summary: "prints a text that holds the commands that lead here, for `open`",
	Details: "The text has only letters and digits, so it fits into a link: behind the `#` of the address of a page " +
		"that `raftlab web build` has written, it opens there. It holds what `save` writes (the way to the present " +
		"state, and no other branch) and a check of the state in which it must end. A cluster with guests " +
		"cannot be shared.",
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
		"wrong letter is refused before anything is done. If the commands do not lead to the state that the text " +
		"promises, because another version of raftlab printed it, nothing is opened. A text never reads or writes " +
		"a file and never starts a program. TEXT may also be a link that ends in `#` and such a text.",
	Examples: []string{"open 3sThq8vgZeFiMFtULiJccA1iUqpUh"},
	Results:  []any{openResult{}},
	Needs:    lab.Needs(lab.Stepping, "raftlab -c 'open TEXT' opens it in a cluster that moves step by step"),
	Run:      runOpen,
})

func runShare(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	if on, _ := l.World().Guests(); !on.Empty() {
		return nil, lang.Errorf("%s another program, and a text cannot hold that", runs(on.Names())).
			WithHint("save FILE writes the commands; raftlab --guest COMMAND -i FILE runs them")
	}
	lines, err := l.Script()
	if err != nil {
		return nil, err
	}
	text, err := textOf(c, lines, printOf(l.World()))
	if err != nil {
		return nil, err
	}
	says := fmt.Sprintf("Type open and this text to play the %s that led here.",
		prose.Plural(len(lines), "command"))
	return lang.OK().Block(view.Text{Lines: []view.Line{view.LS(view.Code, text)}, Unfolded: true}, view.Lines(says)).
		With(shareResult{len(lines), text}), nil
}

func runs(names []string) string {
	if len(names) == 1 {
		return names[0] + " runs"
	}
	return prose.And(names) + " run"
}

// textOf is the text of commands that end in a state, tried in a cluster beside the present one.
func textOf(c *lang.Call, lines []string, end printed) (string, error) {
	s, l, err := lab.Of(c).Beside(1, 1)
	if err != nil {
		return "", err
	}
	if err := play(c, s, l, lines); errors.Is(err, lang.ErrInterrupted) {
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
	if err := play(c, c.Session, l, lines); err != nil {
		return nil, err
	}
	if printOf(l.World()) != end {
		return nil, lang.Errorf("the commands of this text lead to another state here than where it was printed").
			WithHint("another version of raftlab printed it; nothing was opened")
	}
	r := &lang.Result{Quiet: true}
	return r.Line(fmt.Sprintf("Opened: the text's %s led here, to the state that it promises. Type undo to go back.",
		prose.Plural(len(lines), "command"))).With(openResult{lines}), nil
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
	clusters int           // that were begun
	begun    bool          // something was done in the last one
}

// play runs the commands of a text, each as soon as it is known to be one that a text may hold.
func play(c *lang.Call, s *lang.Session, l *lab.Lab, lines []string) error {
	defer s.Use(lang.Silent{Frontend: c.Front})()
	p := &player{c: c, s: s, l: l}
	for i, line := range lines {
		if err := p.line(line); errors.Is(err, lang.ErrInterrupted) {
			return fmt.Errorf("%w at command %d of %d; everything is as it was", lang.ErrInterrupted, i+1, len(lines))
		} else if err != nil {
			return lang.Errorf("line %d of the text, %s, %s", i+1, prose.Cite(prose.Shorten(line, 60)),
				lang.Headline(err))
		}
		c.Progress("command %d of %d", i+1, len(lines))
	}
	return nil
}

// line runs a line of a text, which mostly is one command.
func (p *player) line(line string) error {
	for pos := 0; pos < len(line) || pos == 0; {
		call, next, _ := p.s.ParseNext(line, pos) // RunLine says what is wrong with it
		if call == nil || call.Command == nil || call.Negated || !p.mayStand(call) {
			return errors.New("is not allowed in a text")
		}
		part := strings.TrimSuffix(line[pos:next], ";")
		if call.Command.Name == "new" && p.l.Guests.Command != "" {
			part += " own"
		}
		if err := p.s.RunLine(p.c.Ctx, part); lang.Ends(err) {
			return lang.ErrInterrupted
		} else if err != nil {
			return fmt.Errorf("is refused here: %s", lang.Headline(err))
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
		return !p.begun && p.clusters <= maxClusters && !acts.StartsProgram(c)
	case "set":
		words := strings.Fields(c.Text)
		return p.clusters > 0 && len(words) > 1 && cluster.FindSetting(words[1]) != nil
	default:
		p.begun = true
		return p.clusters > 0 && slices.Contains(standing, name)
	}
}
