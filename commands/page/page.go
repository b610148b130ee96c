// Package page holds the files of the page that shows a session: markup, style and ES modules. The
// console serves them as they are; Inline makes one file of them. Nothing is built: a browser
// reads what stands here.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html"
	"strings"
)

// Files are the page's files: index.html, page.css, icon.svg and the modules.
//
//go:embed index.html page.css icon.svg *.js
var Files embed.FS

// Modules is the page's modules, each after those that it imports.
var Modules = []string{"dom.js", "fold.js", "facts.js", "layout.js", "ring.js", "logs.js", "blocks.js", "words.js",
	"card.js", "time.js", "line.js", "source.js", "page.js", "main.js"}

// Script is all modules as the text of one. Each module is written so that this needs no more
// than to leave out its imports, which take a line each, and the word export, which begins a line: no two
// modules have a name of the same spelling at their top level.
func Script() string {
	var b strings.Builder
	for _, name := range Modules {
		for line := range strings.Lines(read(name)) {
			if !strings.HasPrefix(line, "import ") {
				b.WriteString(strings.TrimPrefix(line, "export "))
			}
		}
	}
	return b.String()
}

// read is the text of a file that is there.
func read(name string) string {
	text, err := Files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// Single is the page in one file that loads nothing, over a stored stream: JSON of the form that
// main.js reads. theme is light, dark, or empty for that of the reader's system. Its policy allows its
// own script and style, by their hashes, and nothing else.
func Single(title, theme string, stream []byte) string {
	style, script := "\n"+read("page.css"), "\n"+Script()
	policy := "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'"
	root := `<html lang="en">`
	if theme != "" {
		root = `<html lang="en" data-theme="` + html.EscapeString(theme) + `">`
	}
	data := strings.ReplaceAll(string(stream), "<", `\u003c`) // in JSON a < is only in texts
	return strings.NewReplacer(
		`<html lang="en">`, root,
		policyOfFiles, policy,
		"<title>raftlab</title>", "<title>"+html.EscapeString(title)+"</title>",
		linkToIcon+"\n", "",
		linkToStyle, "<style>"+style+"</style>",
		linkToScript+"\n", "",
		"</body>", `<script type="application/json" id="stream">`+data+"</script>\n"+
			`<script type="module">`+script+"</script>\n</body>",
	).Replace(read("index.html"))
}

// What index.html says of the files beside it.
const (
	policyOfFiles = "default-src 'self'; base-uri 'none'; form-action 'none'"
	linkToIcon    = `<link rel="icon" href="icon.svg">`
	linkToStyle   = `<link rel="stylesheet" href="page.css">`
	linkToScript  = `<script type="module" src="main.js"></script>`
)

// hash is a text's name in a policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
