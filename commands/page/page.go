// Package page holds the files of the page that shows a session: markup, style and ES modules. The
// console serves them as they are; Inline makes one file of them. Nothing is built: a browser
// reads what stands here.
package page

import (
	"embed"
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
