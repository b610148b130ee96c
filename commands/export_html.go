package commands

import (
	_ "embed"
	"fmt"
	htmlpage "html/template"
	"slices"
	"sort"
	"strings"

	"raftlab/cluster/trace"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

//go:embed export.html
var exportPage string

var exportTemplate = htmlpage.Must(htmlpage.New("export").Parse(exportPage))

// page is what export.html is filled with.
type page struct {
	Title, Left, Legend, Bugs string
	Style                     htmlpage.CSS
	Names, Picture            htmlpage.HTML
	Head                      []string
	Last                      [][]string // the servers at the end
	Rows                      []pageRow
	Data                      pageData
}

// pageRow is a row in words.
type pageRow struct {
	Index      int
	Mark, Text string
	NewCommand string // where a command begins
	command    string
}

// pageData is what the page's script goes by. A state of a server stands in
// States once, however many rows have it.
type pageData struct {
	Head   []string      `json:"head"`
	Ticks  bool          `json:"ticks"`
	States [][]string    `json:"states"`
	Rows   []pageDataRow `json:"rows"`
}

type pageDataRow struct {
	Mark    string `json:"mark"`
	Clock   uint64 `json:"clock"`
	Command string `json:"command"`
	Text    string `json:"text"`
	Servers []int  `json:"servers"` // their places in States
}

// pageHead is the columns of status, and the log.
var pageHead = []string{"node", "role", "term", "vote", "leader", "last", "commit", "applied", "timer", "log", ""}

func exportHTML(c *Call) (text, told string, err error) {
	p, err := drawn(c, htmlRows)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	if err := exportTemplate.Execute(&b, p.page()); err != nil {
		return "", "", err
	}
	return b.String(), p.told("a page with a diagram"), nil
}

func (p *stretch) page() *page {
	title := p.title()[0][0].Text
	pg := &page{Title: title, Left: p.leftOut(), Legend: p.legendText(), Bugs: bugsOn(p.world), Style: htmlpage.CSS(svgStyle),
		Head: pageHead}
	names, picture := p.inline()
	pg.Names, pg.Picture = htmlpage.HTML(names), htmlpage.HTML(picture)
	pg.Data = pageData{Head: pageHead, Ticks: p.times()}
	places := map[string]int{}
	command := ""
	for i, r := range p.Rows {
		row := pageRow{Index: i, Mark: mark(r), Text: prose.Visible(sentenceOf(r)) + ".", command: p.commandOf(r)}
		if row.Mark == "" {
			row.Mark = "end"
		}
		if row.command != command {
			command = row.command
			row.NewCommand = command
		}
		pg.Rows = append(pg.Rows, row)
		data := pageDataRow{Mark: mark(r), Clock: r.Clock, Command: row.command, Text: row.Text}
		seen, _ := r.Seen.([]serverView)
		for _, v := range seen {
			data.Servers = append(data.Servers, pg.Data.place(places, v.cells()))
		}
		pg.Data.Rows = append(pg.Data.Rows, data)
	}
	for _, v := range serverViews(p.world).([]serverView) {
		pg.Last = append(pg.Last, v.cells())
	}
	return pg
}

// place is where a state stands in States.
func (d *pageData) place(places map[string]int, cells []string) int {
	key := strings.Join(cells, "\x00")
	i, known := places[key]
	if !known {
		i = len(d.States)
		places[key] = i
		d.States = append(d.States, cells)
	}
	return i
}

func (v serverView) cells() []string {
	return []string{v.ID, v.Role, v.Term, v.Vote, v.Leader, v.Last, v.Commit, v.Applied, v.Timer, prose.Dash(v.Log), v.Note}
}

// legendText says how the lanes are drawn.
func (p *stretch) legendText() string {
	looks := map[string]string{"follower": "a thin line is a follower", "candidate": "a dashed one a candidate", "leader": "a thick one a leader",
		"down": "a dotted one a server that is down", "frozen": "a close dashed one a server that is frozen"}
	var parts []string
	for _, name := range []string{"follower", "candidate", "leader", "down", "frozen"} {
		if slices.ContainsFunc(legend(p.diagram().Rows), func(t view.Track) bool { return t.Name == name }) {
			parts = append(parts, looks[name])
		}
	}
	text := strings.Join(parts, ", ")
	if text == "" {
		return ""
	}
	return fmt.Sprintf("Servers: %s.", text)
}

// commandOf is the command that a row came of; "" for what is in flight.
func (p *stretch) commandOf(r *trace.Row) string {
	if r.Kind == trace.Flight {
		return ""
	}
	lines := p.branch.Lines()
	i := sort.Search(len(lines), func(i int) bool { return lines[i].End >= r.Position })
	if i == len(lines) {
		return ""
	}
	return prose.Shorten(prose.Visible(lines[i].Text), 200)
}
