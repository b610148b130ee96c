package lesson

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/commands/lang"
)

// OwnScript is a script of somebody's own that waits for a person or asks them: it is
// shown as a scenario is.
type OwnScript struct{ script *script }

// Inside is what a call runs in its place: a file, or a text that many times; neither: nothing.
type Inside struct {
	File, Text string
	Times      int
}

// most is how many lines a script may have that is shown, with all that it repeats.
const most = 10_000

// ReadOwn reads such a script. Of one that waits for nobody, that cannot be read, or whose
// goals and questions are not in order there is nothing to show: nil, and whoever runs it is told
// why. inside is what a call of the script runs in its place.
func ReadOwn(s *lang.Session, path string, inside func(*lang.Call) Inside) *OwnScript {
	file := s.ScriptFile(path)
	r := ownReader{session: s, runs: inside, script: &script{file: path, ends: map[int]int{}}}
	r.script.name, r.script.dir, r.script.begins = file.Path, file.Dir, "source "+lang.Quote(file.Path)
	return r.own(r.read(file, nil))
}

// ReadTyped reads a text that was typed, likewise, so many times. Errors call it by the name; with
// none they point at no line.
func ReadTyped(s *lang.Session, name string, of Inside, inside func(*lang.Call) Inside) *OwnScript {
	r := ownReader{session: s, runs: inside, typed: name == "", script: &script{file: name, ends: map[int]int{}}}
	file := &lang.Script{Name: name}
	return r.own(r.inside(of, func(row int) *place { return &place{file: file, row: row} }))
}

// LeadOwn shows a person a script of their own, in the cluster as it is. Where it was typed, name is
// what the prompt calls it.
func LeadOwn(c *lang.Call, own *OwnScript, name string) (*lang.Result, error) {
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(own.script.name), filepath.Ext(own.script.name))
	}
	own.script.label, own.script.begins = name, cmp.Or(own.script.begins, c.Text)
	return studentOf(c).begin(c, own.script, &Show{Again: c.Text, Whole: true, Asks: true}, lang.OK())
}

// ownReader gathers the lines of a script and of those that it names.
type ownReader struct {
	session *lang.Session
	runs    func(*lang.Call) Inside
	script  *script
	typed   bool // at the prompt: its quit leaves
}

func (r *ownReader) own(waits, ok bool) *OwnScript {
	if !waits || !ok || r.script.structure() != nil {
		return nil
	}
	return &OwnScript{r.script}
}

// read adds the lines of a file. waits says that at one of them a person is waited for.
func (r *ownReader) read(file *lang.Script, from *place) (waits, ok bool) {
	text, err := readText(file.Name)
	if err != nil || r.session.MayNest(file) != nil {
		return false, false
	}
	defer r.session.Reading(file)()
	return r.lines(text, func(row int) *place { return &place{file, row, from} })
}

// inside adds the lines of a text as often as it is run.
func (r *ownReader) inside(of Inside, place func(row int) *place) (waits, ok bool) {
	ok = true
	for i := 0; ok && i < of.Times; i++ {
		waits, ok = r.lines(of.Text, place)
	}
	return waits, ok
}

// lines adds those of a text. ok is false where they cannot be shown.
func (r *ownReader) lines(text string, place func(row int) *place) (waits, ok bool) {
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		for _, command := range r.parts(line) {
			at, word := place(i+1), firstWord(command)
			switch {
			case (word == "quit" || word == "exit") && !r.typed:
				return waits, true
			case r.names(command, at):
				waits = true
				continue
			case slices.Contains(stops, word):
				if waits = true; r.session.Table.Lookup(word) == nil {
					return false, false
				}
			}
			if len(r.script.lines) == most {
				return false, false
			}
			r.script.lines, r.script.places = append(r.script.lines, command), append(r.script.places, at)
		}
	}
	return waits, true
}

// names puts the lines that a line runs in the place of the line, if there a person is waited for.
func (r *ownReader) names(line string, at *place) bool {
	if !runs(line) {
		return false
	}
	c, _, err := r.session.ParseNext(line, 0)
	if err != nil || c == nil || c.Negated {
		return false
	}
	of, lines, places := r.runs(c), r.script.lines, r.script.places
	waits, ok := r.inside(of, func(int) *place { return at })
	if of.File != "" {
		waits, ok = r.read(r.session.ScriptFile(of.File), at)
	}
	if !waits || !ok {
		r.script.lines, r.script.places = lines, places
	}
	return waits && ok
}

// runs says whether a command may run others that are written elsewhere, or in it.
func runs(command string) bool {
	word := firstWord(command)
	return word == "source" || word == "repeat"
}

// parts cuts a line at the ; between its commands, where one of them is not a student's: a
// beat may end there.
func (r *ownReader) parts(line string) []string {
	all := r.session.Commands(line)
	if len(all) > 1 && slices.ContainsFunc(all, func(c string) bool {
		word := firstWord(c)
		return slices.Contains(notTyped[1:], word) || word == "quit" || word == "exit" || runs(c)
	}) {
		return all
	}
	return []string{line}
}
