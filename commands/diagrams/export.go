package diagrams

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/commands/draw"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/tell"
)

const (
	svgRows  = 200 // what is drawn when nothing is said
	htmlRows = 500
)

var (
	exportWhat = lang.OneOf("WHAT", "diagram", "transcript", "linearizable")
	exportFile = lang.File()

	exportTitle    = lang.Filled("TEXT").Keyword("title")
	exportTheme    = lang.OneOf("THEME", "light", "dark").Keyword("theme")
	exportBranches = lang.Flag("branches")
	exportLook     = lang.Params{exportTitle, exportTheme, exportBranches}
)

type exportResult struct {
	Bytes int    `json:"bytes" doc:"its length"`
	File  string `json:"file" doc:"the file that was written"`
	What  string `json:"what" doc:"what was written"`
}

var _ = Commands.Register(&lang.Command{
	Name: "export", Topic: lab.TopicLooking, Lasting: true,
	Summary: "writes what happened to FILE: a picture (.svg), a page to click through (.html) or a handout (.md)",
	Forms: []lang.Params{slices.Concat(lang.Params{exportFile}, diagramWhat, exportLook),
		slices.Concat(lang.Params{exportWhat, exportFile}, diagramWhat, exportLook)},
	Details: "`export FILE.svg` draws the space-time diagram, for slides. Point at a row to read what happened " +
		"in it.\n\n" +
		"`export FILE.html` writes a single page that needs no network: the servers, the messages between them, " +
		"the logs, and what happened in words. It starts at the first step; Space and the arrow keys step " +
		"through it, and `?` shows the keys.\n\n" +
		"`export FILE.md` writes the commands that lead here, each with its story and the state after it.\n\n" +
		"`export linearizable FILE.html` draws the clients' requests with porcupine, in an order that makes " +
		"their results correct, if there is one. `export history.html` does the same, because of the file's " +
		"name.\n\n" +
		"You choose what is shown as for `diagram`. By default it is the last 200 rows (.svg) or 500 rows " +
		"(.html). If another branch starts within these rows and has a checkpoint, it is added, as in figure-8. With " +
		"`branches`, every branch that starts there is added, up to eight. `theme` makes the file light or dark " +
		"wherever it is shown, and `title` gives it your title. If FILE exists, it is replaced, completely or not " +
		"at all.",
	Examples: []string{
		"timeout S1; settle; export election.svg",
		"timeout S1; settle; put x 1; settle; export election.html from 1 to 60",
		`timeout S1; settle; export slide.svg title "An election" theme dark`,
		"timeout S1; settle; export handout.md",
		"timeout S1; settle; put x 1; settle; export linearizable requests.html",
	},
	Results: []any{exportResult{}},
	Needs:   lab.Needs(lab.Record),
	Run:     runExport,
})

// export makes a file's text, and says in words what it holds.
type export struct {
	what string
	make func(*lang.Call) (text, told string, err error)
}

// exports is what each kind of file can hold, by its extension; the first is the default.
var exports = map[string][]export{
	".svg":  {{"diagram", exportSVG}},
	".html": {{"diagram", exportHTML}, {"linearizable", exportRequests}},
	".md":   {{"transcript", exportTranscript}},
}

func runExport(c *lang.Call) (*lang.Result, error) {
	path, what := exportFile.Of(c), exportWhat.Of(c)
	byName := what == "" && filepath.Base(path) == "history.html"
	if byName {
		what = "linearizable"
	}
	e, err := exportOf(path, what)
	if err != nil {
		return nil, err
	}
	if a := givenOf(c, diagramWhat); a != "" && e.what != "diagram" {
		return nil, lang.Errorf("export %s takes no %s, which chooses what a diagram shows", e.what, a)
	}
	a := givenOf(c, exportLook)
	if a != "" && (e.what == "linearizable" || e.what == "transcript" && a != "branches") {
		return nil, lang.Errorf("export %s takes no %s", e.what, a)
	}
	text, told, err := e.make(c)
	if err != nil {
		return nil, err
	}
	if err := c.WriteFile(path, text); err != nil {
		return nil, err
	}
	r := lang.Tell(fmt.Sprintf("Wrote %s: %s.", prose.Visible(path), told)).
		With(exportResult{File: path, What: e.what, Bytes: len(text)})
	if byName {
		r.Line("A file of this name is taken to mean that; export diagram " + prose.Visible(path) +
			" draws the diagram.")
	}
	return r, nil
}

// exportOf is how to make a file of that name. what is what it must hold; "": the usual for its extension.
func exportOf(path, what string) (export, error) {
	ending := strings.ToLower(filepath.Ext(path))
	kinds := exports[ending]
	if kinds == nil {
		return export{}, lang.Errorf("the name %s does not say what to write", prose.Cite(path)).
			WithHint("export FILE.svg or FILE.html draws the diagram, FILE.md writes a transcript")
	}
	for _, e := range kinds {
		if what == "" || what == e.what {
			return e, nil
		}
	}
	return export{}, lang.Errorf("export %s writes no %s file", what, ending).
		WithHint("export diagram takes FILE.svg or FILE.html, export transcript FILE.md, export linearizable FILE.html")
}

// givenOf is the first of the parameters that a call has, "" when it has none.
func givenOf(c *lang.Call, params lang.Params) string {
	for _, x := range params {
		if x.Given(c) {
			return strings.Trim(x.Usage(), "[]")
		}
	}
	return ""
}

// drawn is the stretch that an export draws.
func drawn(c *lang.Call, rows int) (*Stretch, error) {
	p, err := StretchOf(c, rows, serverLines)
	if err == nil && len(p.Rows) == 0 {
		err = lang.Errorf("there is nothing to draw. %s", p.empty())
	}
	return p, err
}

// told is what an export has drawn, in words.
func (p *Stretch) told(what string) string {
	text := fmt.Sprintf("%s, #%d to #%d", what, p.Rows[0].Position, p.world.Position())
	if left := p.leftOut(); left != "" {
		text += " " + left
	}
	return text
}

// exportSVG is the picture, with the other ways that have a name below it.
func exportSVG(c *lang.Call) (text, told string, err error) {
	p, err := drawn(c, svgRows)
	if err != nil {
		return "", "", err
	}
	d := p.Picture()
	d.Theme = exportTheme.Of(c)
	if exportTitle.Given(c) {
		d.Title[0][0].Text = prose.Visible(exportTitle.Of(c))
	}
	more, err := eachWay(c, svgRows, func(other *Stretch) { d.Also = append(d.Also, other.Picture()) })
	return d.SVG(), p.told("a diagram of "+prose.Plural(len(p.Rows), "row")) + more, err
}

// exportRequests is porcupine's picture of the clients' requests.
func exportRequests(c *lang.Call) (text, told string, err error) {
	w := lab.Of(c).World()
	checker, history, err := search.ClientHistory(w)
	if err != nil {
		return "", "", err
	}
	b := new(bytes.Buffer)
	if err := search.Apart(c.Ctx, func() error {
		return checker.Picture(history, 10*time.Second, b)
	}); c.Ctx.Err() != nil {
		return "", "", lang.Interrupted("while judging " + prose.Plural(len(history), "request"))
	} else if err != nil {
		return "", "", err
	}
	return withBanner(b.String(), w), "the clients' history, " + prose.Plural(len(history), "request"), nil
}

// withBanner puts the bugs that are on below a page, always in sight.
func withBanner(page string, w *cluster.World) string {
	names := tell.BugsOn(picture.OfWorld(w, lab.Only()))
	if names == "" {
		return page
	}
	banner := `<p style="position:fixed;left:0;right:0;bottom:0;margin:0;padding:.5em 1em;` +
		`background:#b3001b;color:#fff;font:bold 16px sans-serif">BUG: ` + draw.Markup(names) + "</p>"
	return strings.Replace(page, "<body>", "<body>"+banner, 1)
}
