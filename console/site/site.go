// Package site writes the static site that has the whole console in a tab of a browser: the page's
// files, and the program as WebAssembly, which it builds from raftlab's own source.
package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/files"
	"raftlab/commands/page"
)

// ours are the files that the page has in a tab alone.
//
//go:embed files
var ours embed.FS

// Program is the name of the program in the site.
const Program = "raftlab.wasm.gz"

// Written says what a site came to.
type Written struct {
	Files int
	Whole int // bytes of all files, as they go over the wire
}

// Build writes the site to a directory, which it makes where there is none.
func Build(ctx context.Context, dir string) (*Written, error) {
	source, err := sourceDir()
	if err != nil {
		return nil, err
	}
	root, err := goTool(ctx, source, nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	all, err := pageFiles()
	if err != nil {
		return nil, err
	}
	glue := filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js")
	if all["wasm_exec.js"], err = os.ReadFile(glue); err != nil {
		return nil, fmt.Errorf("go's own wasm_exec.js cannot be read: %s", files.Reason(err))
	}
	if all[Program], err = program(ctx, source); err != nil {
		return nil, err
	}
	w := &Written{Files: len(all)}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("%s cannot be made: %s", dir, files.Reason(err))
	}
	for name, data := range all {
		if err := files.Write(filepath.Join(dir, name), data, 0o666); err != nil {
			return nil, fmt.Errorf("%s cannot be written: %s", filepath.Join(dir, name), files.Reason(err))
		}
		w.Whole += wire(name, data)
	}
	return w, nil
}

// wire is how many bytes of a file go over the wire where the host compresses texts.
func wire(name string, data []byte) int {
	if name == Program {
		return len(data) // no host compresses it again
	}
	return min(len(data), len(zipped(data)))
}

// pageFiles are the files that need no building.
func pageFiles() (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, tree := range []fs.FS{page.Files, ours} {
		err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				all[filepath.Base(path)], err = fs.ReadFile(tree, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	delete(all, "main.js")
	index := all["index.html"]
	for _, change := range [][2]string{
		{"default-src 'self';", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval';"},
		{`src="main.js"`, `src="tab.js"`},
		{"<title>raftlab</title>", "<title>raftlab</title>\n" + preloads()},
		{`href="page.css">`, `href="page.css">` + "\n" + `<link rel="stylesheet" href="tab.css">`},
		{`<div id="told"`, `<div id="terminal" tabindex="0" role="log" aria-label="The console"></div>` + "\n" +
			`  <div id="told"`},
	} {
		if bytes.Count(index, []byte(change[0])) != 1 {
			return nil, fmt.Errorf("the page has not one %s", change[0])
		}
		index = bytes.Replace(index, []byte(change[0]), []byte(change[1]), 1)
	}
	all["index.html"] = index
	return all, nil
}

// preloads tells the browser what it will need, so that it need not read one file to learn of the next.
func preloads() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<link rel="preload" href="%s" as="fetch" crossorigin>`, Program)
	for _, name := range page.Modules {
		if name != "main.js" {
			fmt.Fprintf(&b, "\n"+`<link rel="modulepreload" href="%s">`, name)
		}
	}
	return b.String()
}

// sparing is the packages that are built without inlining, which makes the program a tenth
// smaller. They run once a command, or once a step of another program's server, which a tab seldom has.
// What runs once a step or a state (raft, the rest of cluster) stays fast.
var sparing = []string{"raftlab/commands/...", "raftlab/console/...", "raftlab/docs", "raftlab/cluster/guest",
	"raftlab/cluster/judge", "github.com/expr-lang/expr/...", "encoding/json", "regexp/...", "math/big"}

// program is the program for a browser, compressed.
func program(ctx context.Context, source string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "raftlab-site")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "raftlab.wasm")
	if err := buildForBrowser(ctx, source, "-ldflags=-s -w", "-o", out, "./console/tab"); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(out)
	return zipped(straightened(data)), err
}

// buildForBrowser builds packages of the source as the program is built.
func buildForBrowser(ctx context.Context, source string, args ...string) error {
	build := []string{"build", "-trimpath"}
	build = append(build, each.As(sparing, func(room string) string { return "-gcflags=" + room + "=-l" })...)
	_, err := goTool(ctx, source, []string{"GOOS=js", "GOARCH=wasm"}, append(build, args...)...)
	return err
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// errNoSource says what to do where raftlab's source is not there.
var errNoSource = errors.New("raftlab's source is not here, and the site is built from it\n" +
	"  in the directory of the source: go run . web build DIR")

// sourceDir is the directory of raftlab's source: the present one or one above it, or where this
// program was built.
func sourceDir() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	candidates := []string{filepath.Join(filepath.Dir(file), "..", "..")}
	if dir, err := os.Getwd(); err == nil {
		for ; ; dir = filepath.Dir(dir) {
			candidates = append(candidates, dir)
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	i := slices.IndexFunc(candidates, func(dir string) bool {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		_, tab := os.Stat(filepath.Join(dir, "console", "tab"))
		return err == nil && tab == nil && bytes.HasPrefix(mod, []byte("module raftlab\n"))
	})
	if i < 0 {
		return "", errNoSource
	}
	return candidates[i], nil
}

// goTool runs the go command in the source.
func goTool(ctx context.Context, source string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = source, append(os.Environ(), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("there is no go command, and the site is built with it; https://go.dev/dl has it")
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("go %s failed: %s", args[0], strings.TrimSpace(said.String()))
	}
	return string(out), nil
}

const usage = `raftlab web build DIR

Writes a static site to DIR: a page that has the whole console in a tab of the
browser, without a server. Any static host serves it. It is built with the go
command from raftlab's own source.

  go run . web build site
  python3 -m http.server --directory site

Behind # in the page's address, a text that share has printed opens there.
`

// ErrUsage is the mistake of a command line without a directory.
var ErrUsage = errors.New("web build takes the directory that it writes to, as in raftlab web build site")

// Asked says whether a command line is `raftlab web build`.
func Asked(args []string) bool { return len(args) > 1 && args[0] == "web" && args[1] == "build" }

// Main does what such a command line asks for, and returns what it has to say.
func Main(ctx context.Context, args []string) (says string, err error) {
	switch words := args[2:]; {
	case len(words) == 1 && (words[0] == "--help" || words[0] == "-h"):
		return usage, nil
	case len(words) != 1 || words[0] == "" || words[0][0] == '-':
		return "", ErrUsage
	}
	dir := args[2]
	w, err := Build(ctx, dir)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Wrote %d files to %s: %.1f MB over the wire, most of it the program (%s).\n"+
		"Any static host serves them as they are. To try it: python3 -m http.server --directory %s\n",
		w.Files, dir, float64(w.Whole)/1e6, Program, dir), nil
}
