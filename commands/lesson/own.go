package lesson

import (
	"path/filepath"
	"slices"
	"strings"

	"raftlab/commands/lang"
)

// OwnScript is a script file of somebody's own that waits for a person or asks them: it is
// shown as a scenario is.
type OwnScript struct{ script *script }

// ReadOwn reads such a script. Of one that waits for nobody, that cannot be read, or whose
// goals and questions are not in order there is nothing to show: nil, and whoever runs it is told
// why. sources is the file that a call names as a script to run in its place, "" for
// every other call.
func ReadOwn(s *lang.Session, path string, sources func(*lang.Call) string) *OwnScript {
	r := ownReader{session: s, sources: sources, script: &script{file: path, ends: map[int]int{}}}
	file := s.ScriptFile(path)
	r.script.name, r.script.dir = file.Path, file.Dir
	if waits, ok := r.read(file, nil); !waits || !ok || r.script.structure() != nil {
		return nil
	}
	return &OwnScript{r.script}
}

// LeadOwn shows a person a script of their own, in the cluster as it is.
func LeadOwn(c *lang.Call, own *OwnScript) (*lang.Result, error) {
	name := strings.TrimSuffix(filepath.Base(own.script.name), filepath.Ext(own.script.name))
	return studentOf(c).begin(c, own.script, &Show{Name: name, Again: c.Text, Whole: true, Asks: true}, lang.OK())
}

// AtPrompt says whether a call was typed by a person at the prompt, where lessons can be led.
func AtPrompt(c *lang.Call) bool {
	_, ok := c.World.(Ground)
	return ok && atPrompt(c)
}

// ownReader gathers the lines of a script and of those that it names.
type ownReader struct {
	session *lang.Session
	sources func(*lang.Call) string
	script  *script
}

// read adds the lines of a file. waits says that at one of them a person is waited for.
func (r *ownReader) read(file *lang.Script, from *place) (waits, ok bool) {
	text, err := readText(file.Name)
	if err != nil || r.session.MayNest(file) != nil {
		return false, false
	}
	defer r.session.Reading(file)()
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		for _, command := range r.parts(line) {
			at := &place{file, i + 1, from}
			switch word := firstWord(command); {
			case word == "quit" || word == "exit":
				return waits, true
			case word == "source" && r.names(command, at):
				waits = true
				continue
			case slices.Contains(stops, word):
				waits = true
			}
			r.script.lines, r.script.places = append(r.script.lines, command), append(r.script.places, at)
		}
	}
	return waits, true
}

// names puts the lines of the file that a line names in the place of the line, if that file
// waits for a person.
func (r *ownReader) names(line string, at *place) bool {
	c, _, err := r.session.ParseNext(line, 0)
	if err != nil || c == nil {
		return false
	}
	lines, places := r.script.lines, r.script.places
	waits, ok := r.read(r.session.ScriptFile(r.sources(c)), at)
	if !waits || !ok {
		r.script.lines, r.script.places = lines, places
	}
	return waits && ok
}

// parts cuts a line at the ; between its commands, where one of them is not a student's: a
// beat may end there.
func (r *ownReader) parts(line string) []string {
	all := r.session.Commands(line)
	if len(all) > 1 && slices.ContainsFunc(all, func(c string) bool {
		word := firstWord(c)
		return slices.Contains(notTyped[1:], word) || word == "quit" || word == "exit" || word == "source"
	}) {
		return all
	}
	return []string{line}
}
