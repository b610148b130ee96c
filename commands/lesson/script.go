package lesson

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/files"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// script is a lesson as it is written. Run from end to end it is a test of what it
// says; cut at its goals, where a person takes the prompt, it is an exercise.
type script struct {
	number  int    // in the course; 0: a file of somebody's own
	name    string // what progress is kept under; "": it was typed, at the prompt or behind -c
	label   string // how it is spoken of
	short   string // its name in the list, without the number: elections; "" for a file of somebody's own
	begins  string // the command that begins it, from anywhere
	file    string // as errors call it
	dir     string // where the files it names are looked for
	title   string
	minutes int    // how long it takes; 0: it is no lesson
	reads   string // what to read in the paper
	lines   []string

	places []*place // of the lines, in a script of somebody's own that is no lesson; else nil

	beats []int       // the lines that begin one
	ends  map[int]int // from the line of each goal to that of its done
}

// stops are the commands at which a script waits for a person.
var stops = []string{"pause", "predict", "goal"}

// place is where a line of a script of somebody's own stands. Files may name each other.
type place struct {
	file *lang.Script
	row  int
	from *place // the line that names the file; nil: the prompt does
}

// readShipped reads the lessons that the console carries: the fast way through the course, which
// has no number, and then the course in order.
func (m *Matter) readShipped() (all []*script) {
	names := m.Course()
	if m.Fast != "" {
		names = append([]string{m.Fast}, names...)
	}
	for _, name := range names {
		text, _ := m.Text(name)
		l, err := newScript("lessons/"+name+m.Ending, text)
		if err != nil {
			panic("lesson: " + err.Error())
		}
		l.name, l.short, l.label = name, name, "lesson "+name
		if name != m.Fast {
			var number string
			number, l.short, _ = strings.Cut(name, "-")
			if l.number, err = strconv.Atoi(number); err != nil || l.number < 1 {
				panic("lesson: a lesson's file begins with its number, not with " + number)
			}
			l.label = fmt.Sprint("lesson ", l.number)
		}
		l.begins = l.label
		all = append(all, l)
	}
	return all
}

// course is the lessons without the fast way.
func (m *Matter) course() []*script {
	return each.Only(m.shipped(), func(l *script) bool { return l.number > 0 })
}

const maxLesson = 1 << 20

// readText is the text of a file, its lines without what only some editors write.
func readText(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("it is not an ordinary file")
	case err == nil && info.Size() > maxLesson:
		err = fmt.Errorf("a lesson has at most %d bytes", maxLesson)
	}
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	return strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), lang.BOM), err
}

// readFile is a lesson of somebody's own.
func readFile(path string) (*script, error) {
	text, err := readText(path)
	if err != nil {
		return nil, lang.Errorf("%s cannot be read: %s", prose.Visible(path), files.Reason(err))
	}
	l, err := newScript(path, text)
	if err != nil {
		return nil, err
	}
	l.name, l.dir, l.label = files.Resolve(path), filepath.Dir(path), "the lesson "+prose.Visible(filepath.Base(path))
	l.begins = "lesson " + lang.Quote(l.name)
	return l, nil
}

// newScript reads a lesson's head and finds its beats and goals.
func newScript(file, text string) (*script, error) {
	l := &script{file: file, ends: map[int]int{}}
	l.lines = strings.Split(strings.TrimRight(text, "\n"), "\n")
	if err := l.head(); err != nil {
		return nil, err
	}
	return l, l.structure()
}

// head is the first two lines: the title; the minutes, and what to read.
func (l *script) head() error {
	title, ok := strings.CutPrefix(l.lines[0], "# ")
	if !ok || strings.TrimSpace(title) == "" {
		return l.wrong(0, "a lesson begins with its title: # TITLE")
	}
	l.title = strings.TrimSpace(title)
	second := ""
	if len(l.lines) > 1 {
		second = strings.TrimPrefix(l.lines[1], "# ")
	}
	head, reads, _ := strings.Cut(second, ";")
	minutes, ok := strings.CutSuffix(strings.TrimSpace(head), " minutes")
	n, err := strconv.Atoi(minutes)
	if !ok || err != nil || n < 1 {
		return l.wrong(1, "its second line says how long it takes and what to read: # 15 minutes; section 5.2")
	}
	l.minutes, l.reads = n, strings.TrimSpace(reads)
	return nil
}

// structure finds what the lines are, and what is wrong with their order.
func (l *script) structure() error {
	open, begun := -1, true
	questions := map[string]int{} // by their names, the lines
	for i := range l.lines {
		word, name := l.word(i)
		if word == "" {
			continue
		}
		if begun {
			l.beats = append(l.beats, i)
			begun = false
		}
		if err := l.inPlace(i, open, word); err != nil {
			return err
		}
		switch word {
		case "goal":
			open = i
		case "done":
			l.ends[open] = i
			open, begun = -1, true
		case "pause":
			begun = true
		case "predict":
			if at, twice := questions[name]; twice {
				return l.wrong(i, "%s is predicted in line %d already", name, at+1)
			}
			questions[name] = i
		case "reveal":
			if _, ok := questions[name]; !ok {
				return l.wrong(i, "there was no question named %s", prose.Cite(name))
			}
		}
	}
	if open >= 0 {
		return l.wrong(open, "this goal has no done")
	}
	return nil
}

// inPlace says what is wrong with a command where it stands: open is the line of the
// goal around it, or -1.
func (l *script) inPlace(i, open int, word string) error {
	switch {
	case word == "say" && strings.Contains(l.lines[i], ";") && l.places == nil:
		return l.wrong(i, "a ; ends what say shows: write a full stop, or two lines")
	case word == "goal" && open >= 0:
		return l.wrong(i, "the goal before it, in line %d, has no done", open+1)
	case open < 0 && (word == "waypoint" || word == "done"):
		return l.wrong(i, "%s stands between a goal and its done", word)
	case open >= 0 && (word == "pause" || word == "predict" || word == "reveal"):
		return l.wrong(i, "between a goal and its done stand the solution's commands; %s is none", word)
	}
	return nil
}

// firstWord is the command in a line; "" in one without.
func firstWord(line string) string {
	word, _ := firstWords(line)
	return word
}

// word is the command in a line, and its first argument; "" in one without.
func (l *script) word(i int) (command, argument string) { return firstWords(l.lines[i]) }

func firstWords(line string) (command, argument string) {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return "", ""
	}
	if len(words) > 1 {
		argument = words[1]
	}
	return words[0], argument
}

func (l *script) wrong(line int, format string, args ...any) error {
	return lang.Errorf("%s:%d: %s", prose.Visible(l.file), line+1, fmt.Sprintf(format, args...))
}

// beatAt is the number of the beat that line i belongs to, from 1.
func (l *script) beatAt(i int) int {
	n, exact := slices.BinarySearch(l.beats, i)
	if exact {
		n++
	}
	return max(n, 1)
}

// ref is a lesson as it was named: in the course, or a file.
type ref struct {
	*script
	path string
}

// load is the lesson itself.
func (r ref) load() (*script, error) {
	if r.script != nil {
		return r.script, nil
	}
	return readFile(r.path)
}

// lessonKind is LESSON.
func (m *Matter) lessonKind() *lang.Kind[ref] {
	return &lang.Kind[ref]{
		Name: "LESSON",
		Doc:  "a lesson: its number or name from `lessons`, or a script file of your own",
		Word: func(p *lang.Parser, w lang.Word) (ref, error) {
			var names, about []string
			for _, l := range m.shipped() {
				if l.number > 0 && w.Text == strconv.Itoa(l.number) || w.Text == l.name || w.Text == l.short {
					return ref{script: l}, nil
				}
				names = append(names, l.short)
				if len(w.Text) > 2 && strings.Contains(strings.ToLower(l.title), strings.ToLower(w.Text)) {
					about = append(about, l.label)
				}
			}
			if strings.HasSuffix(w.Text, m.Ending) || strings.ContainsRune(w.Text, '/') {
				return ref{path: w.Text}, nil
			}
			hint := "lessons lists them; a file of your own ends in " + m.Ending
			if len(about) > 0 {
				hint = "it is in the title of " + prose.And(about) + "; lessons lists them all"
			}
			return ref{}, p.Fail(w, "there is no lesson %s", prose.Cite(w.Text)).Suggest(w.Text, names, hint)
		},
		Complete: func(c *lang.Completion) {
			for _, l := range m.shipped() {
				if l.number > 0 {
					c.Offer(strconv.Itoa(l.number))
				}
				c.Offer(l.short)
			}
		},
	}
}

// after is the lesson of the course that comes next; nil where none does.
func (m *Matter) after(l *script) *script {
	course := m.course()
	i := slices.IndexFunc(course, func(next *script) bool { return l.number > 0 && next.number == l.number+1 })
	if i < 0 {
		return nil
	}
	return course[i]
}
