package draw

import (
	"cmp"
	_ "embed"
	htmlpage "html/template"
	"strings"
)

//go:embed page.html
var pageText string

var pageTemplate = htmlpage.Must(htmlpage.New("export").Parse(pageText))

// page is what page.html is filled with.
type page struct {
	Title, Left, Legend, Bugs string
	Style                     htmlpage.CSS
	Names, Picture            htmlpage.HTML
	Head                      []string
	Last                      [][]string // the states at the end
	Rows                      []pageRow
	Data                      pageData
	Also                      []*page // other ways, without keys to step through them
}

// pageRow is a row in words.
type pageRow struct {
	Index      int
	Mark, Text string
	NewCommand string // where a command begins
}

// pageData is what the page's script goes by. A state stands in
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

// Page is the picture in a page of its own that needs no network, with the states after
// each row and what happened in words.
func (p *Picture) Page() (string, error) {
	var b strings.Builder
	err := pageTemplate.Execute(&b, p.page())
	return b.String(), err
}

func (p *Picture) page() *page {
	pg := &page{Title: p.Title[0][0].Text, Left: p.LeftOut, Legend: p.Lines, Bugs: p.Bugs,
		Style: htmlpage.CSS(svgStyle), Head: p.Head, Last: p.Last}
	names, picture := p.inline()
	pg.Names, pg.Picture = htmlpage.HTML(names), htmlpage.HTML(picture)
	pg.Data = pageData{Head: p.Head, Ticks: p.times()}
	places := map[string]int{}
	command := ""
	for i, r := range p.More {
		mark := p.Rows[i].Mark
		row := pageRow{Index: i, Mark: cmp.Or(mark, "end"), Text: r.Text}
		if r.Command != command {
			command = r.Command
			row.NewCommand = command
		}
		pg.Rows = append(pg.Rows, row)
		data := pageDataRow{Mark: mark, Clock: r.Clock, Command: r.Command, Text: r.Text}
		for _, cells := range r.States {
			data.Servers = append(data.Servers, pg.Data.place(places, cells))
		}
		pg.Data.Rows = append(pg.Data.Rows, data)
	}
	for _, other := range p.Also {
		pg.Also = append(pg.Also, other.page())
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
