package main

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// widest is how many columns a line of code may have, so that two files fit beside
// each other on a screen.
const widest = 120

// columns is how wide a line is, with tabs of four.
func columns(line string) int { return utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")) }

// mostInARoom is how many lines of code a package may have, without comments, blank lines and tests.
const mostInARoom = 4000

// isCode tells whether a line counts: it is not blank, and no comment alone.
func isCode(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && !strings.HasPrefix(line, "//")
}

// TestLines holds that no line of the program is wider than that, and no room larger. Tests may have
// wider ones: their tables read better in one piece.
func TestLines(t *testing.T) {
	files, rooms := 0, map[string]int{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		for at := 1; lines.Scan(); at++ {
			if n := columns(lines.Text()); n > widest {
				t.Errorf("%s:%d: %d columns, not %d", path, at, n, widest)
			}
			if isCode(lines.Text()) {
				rooms[filepath.Dir(path)]++
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, n := range rooms {
		if n > mostInARoom {
			t.Errorf("%s has %d lines of code, more than %d", room, n, mostInARoom)
		}
	}
	if files < 100 {
		t.Errorf("only %d files: this test no longer sees the program", files)
	}
}

// TestLinesBite shows that tabs count as four columns and a letter as one, and what is code.
func TestLinesBite(t *testing.T) {
	for line, want := range map[string]bool{"": false, "\t": false, "\t// a": false, "\tx := 1 // a": true, "}": true} {
		if isCode(line) != want {
			t.Errorf("%q: code is %t", line, !want)
		}
	}
	for line, want := range map[string]int{"": 0, "\t\tx": 9, "S1→S2": 5, strings.Repeat("x", 121): 121} {
		if got := columns(line); got != want {
			t.Errorf("%q: %d columns, not %d", line, got, want)
		}
	}
}
