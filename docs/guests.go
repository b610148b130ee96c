package docs

import (
	"embed"
	"path"
	"strconv"
	"strings"
)

//go:embed guests/python/*.py guests/go/*.go guests/go/bubble/*.txt guests/js/*.js
var guests embed.FS

// GuestFile is a file for somebody who writes a server of their own.
type GuestFile struct{ Name, Text string }

// GuestKit is what belongs to a server in one language: the server's own file first, the kit's files after it.
type GuestKit struct {
	Files   []GuestFile
	Build   string // comes once before Command; "" where nothing does
	Command string // starts the server, from the directory of the files
}

// guestKits is the kits, each for files whose names begin and end so; the first that fits counts.
var guestKits = []struct {
	prefix, ending, template, build, command string
	kit                                      []string
}{
	{"adapt", ".py", "python/adapt_mine.py", "", "python3 NAME", []string{"python/raftlab.py", "python/adapt.py"}},
	{"", ".py", "python/my_raft.py", "", "python3 NAME", []string{"python/raftlab.py"}},
	{"adapt", ".js", "js/adapt_mine.js", "", "node NAME", []string{"js/raftlab.js", "js/adapt.js"}},
	{"", ".js", "js/my_raft.js", "", "node NAME", []string{"js/raftlab.js"}},
	{"", "_test.go", "go/bubble/adapt_test.go.txt", "go test -c -o guest.test", "./guest.test -test.run TestRaftlab",
		[]string{"go/bubble/raftlab_test.go.txt", "go/bubble/raftlab_words_test.go.txt"}},
	{"", ".go", "go/my_raft.go", "go build NAME raftlab.go", "go run NAME raftlab.go",
		[]string{"go/raftlab.go", "go/snapshots.go"}},
}

// GuestEndings is the endings of the names for which there is a kit.
func GuestEndings() []string { return []string{".py", ".go", ".js"} }

// Guest is the kit for a server whose file has this name, which tells the language by its ending. The server's
// file is a template. A name that begins with adapt, or ends in _test.go, gets what makes a guest of a server that
// exists already.
func Guest(name string) (GuestKit, bool) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	for _, k := range guestKits {
		if !strings.HasPrefix(base, k.prefix) || !strings.HasSuffix(base, k.ending) || base == k.ending {
			continue
		}
		word := base
		if strings.ContainsAny(word, " \t'\"\\") {
			word = strconv.Quote(word)
		}
		named := strings.NewReplacer("NAME", word)
		made := GuestKit{Build: named.Replace(k.build), Command: named.Replace(k.command)}
		text := strings.ReplaceAll(guestText(k.template), path.Base(k.template), base)
		made.Files = append(made.Files, GuestFile{base, text})
		for _, file := range k.kit {
			made.Files = append(made.Files, GuestFile{strings.TrimSuffix(path.Base(file), ".txt"), guestText(file)})
		}
		return made, true
	}
	return GuestKit{}, false
}

func guestText(file string) string {
	text, err := guests.ReadFile("guests/" + file)
	if err != nil {
		panic(err) // the binary carries it
	}
	return string(text)
}
