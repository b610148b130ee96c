package lang

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// words reads all words of the first command of a line.
func words(line string) ([]string, error) {
	l := lexer{line: line}
	var out []string
	for {
		w, ok, err := l.next()
		if err != nil || !ok {
			return out, err
		}
		out = append(out, w.Text)
	}
}

func TestLexCutsALineIntoWords(t *testing.T) {
	for line, want := range map[string][]string{
		``:                           nil,
		`  tick	5  `:                 {"tick", "5"},
		`tick 5;kill S1`:             {"tick", "5"},
		`tick # five`:                {"tick"},
		`#tick`:                      nil,
		`put a#b c`:                  {"put", "a#b", "c"},
		`put "a b" 'c "d"'`:          {"put", "a b", `c "d"`},
		`put "a\n\t\"\\\x41;#" ''`:   {"put", "a\n\t\"\\A;#", ""},
		`entries="3:x=1 4" b`:        {"entries=3:x=1 4", "b"},
		`'a\n'`:                      {`a\n`},
		`a\n`:                        {`a\n`},
		`S1 S2|S3`:                   {"S1", "S2|S3"},
		`put naïve "日本"`:             {"put", "naïve", "日本"},
		"tick\r":                     {"tick"},
		`"a"b'c'`:                    {"abc"},
		"put \"tab\there\" x\u00a0y": {"put", "tab\there", "x\u00a0y"},
	} {
		got, err := words(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", line, got, err, want)
		}
	}
}

func TestLexPointsAtWhatIsWrong(t *testing.T) {
	for line, col := range map[string]int{
		`put "abc`: 5, `put x 'y`: 7, `put "a\q"`: 7, `put "a\x4"`: 7, `put "a\`: 7, `say "\xg0"`: 6,
	} {
		_, err := words(line)
		if e, ok := err.(*Error); !ok || e.Col != col {
			t.Errorf("%q: %v, want an error in column %d", line, err, col)
		}
	}
}

func TestLinesThatAreRefusedWhole(t *testing.T) {
	for _, c := range []struct {
		line string
		col  int
	}{
		{"tick\x00", 5}, {"say é\xff", 7}, {"\xc3", 1}, {strings.Repeat("x", MaxLine+1), MaxLine + 1},
	} {
		err := checkLine(c.line)
		if e, ok := err.(*Error); !ok || e.Col != c.col {
			t.Errorf("%.20q: %v, want an error in column %d", c.line, err, c.col)
		}
		if err != nil && (strings.Contains(err.Error(), "\x00") || !utf8.ValidString(err.Error())) {
			t.Errorf("%.20q: the error repeats bytes that no terminal should see: %q", c.line, err)
		}
	}
	for _, line := range []string{"", "say \ufffd", strings.Repeat("x", MaxLine)} {
		if err := checkLine(line); err != nil {
			t.Errorf("%.20q: %v", line, err)
		}
	}
}

func TestRawTails(t *testing.T) {
	const c, x = rawCondition, rawText
	for _, test := range []struct {
		kind rawKind
		line string
		want string
	}{
		{c, `x == 1`, `x == 1`},
		{c, `x == 1; settle`, `x == 1`},
		{c, ` x == "a;b" # why`, `x == "a;b"`},
		{c, `all(nodes, #.up); x`, `all(nodes, #.up)`},
		{c, `all(nodes, # .up)`, `all(nodes, # .up)`},
		{c, `x == 'it\'s; so'; y`, `x == 'it\'s; so'`},
		{c, "x == `a;\\`; y", "x == `a;\\`"},
		{c, `{"a": [1; 2]}`, `{"a": [1; 2]}`},
		{c, `x ) ; y`, `x )`},
		{c, `x#y`, `x#y`},
		{x, `it's time; settle`, `it's time`},
		{x, `what :( ; settle`, `what :(`},
		{x, `f(a; b); c`, `f(a; b)`},
		{x, `"a; b" c; d`, `"a; b" c`},
		{x, `"a; b`, `"a`},
		{x, `x="a; # b" c; d`, `x="a; # b" c`},
		{x, `x="a; b`, `x="a`},
		{x, `'tis so; 'twas`, `'tis so; 'twas`},
		{x, `([a; b) c; d`, `([a; b) c`},
		{x, `say no # more`, `say no`},
		{x, `a ) ] } b; c`, `a ) ] } b`},
		{x, ``, ``},
		{x, `# nothing`, ``},
	} {
		l := lexer{line: test.line}
		tail, err := l.raw(test.kind)
		if got := test.line[tail.from:tail.to]; err != nil || got != test.want {
			t.Errorf("%q: %q, %v; want %q", test.line, got, err, test.want)
		}
	}
	for line, col := range map[string]int{`x == "a`: 6, `len(x; y`: 4, `a[(1]`: 0} {
		l := lexer{line: line}
		_, err := l.raw(c)
		if e, ok := err.(*Error); col > 0 && (!ok || e.Col != col) {
			t.Errorf("%q: %v, want an error in column %d", line, err, col)
		}
	}
}

func TestRawTailsTakeLinearTime(t *testing.T) {
	for _, unit := range []string{`(`, `"`, `\"`, ` '`, `([`, `(]`, `(}]`, "`"} {
		for _, kind := range []rawKind{rawCondition, rawText} {
			l := lexer{line: strings.Repeat(unit, MaxLine/len(unit))}
			l.raw(kind) // a quadratic scan would take minutes
		}
	}
}

func TestQuoteIsReadBackAsTheSameWord(t *testing.T) {
	for _, text := range []string{"", "x", "a b", `"`, `'`, `\`, "#x", "!x", "a;b", "\x00\x1b\xff", "é", "\n\t\r", "x#y", "-"} {
		got, err := words(Quote(text))
		if err != nil || len(got) != 1 || got[0] != text {
			t.Errorf("%q is quoted %s, which reads %q, %v", text, Quote(text), got, err)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a b", "c")
	f.Add("\xff\"\\", "#")
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := words(Quote(a) + " " + Quote(b) + "; more")
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Fatalf("%q %q: %q, %v", a, b, got, err)
		}
	})
}

// FuzzLex: words never overlap, quoting them again gives the same words, and
// an error points into the line.
func FuzzLex(f *testing.F) {
	for _, s := range []string{`put "a b" c; d`, `say 'x`, `x "\x4`, "a\xffb # c", `S1->S2|S3,"4"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		l := lexer{line: line}
		var quoted, plain []string
		last := 0
		for {
			w, ok, err := l.next()
			if err != nil {
				if e := err.(*Error); e.Col < 1 || e.Col > len(line)+1 || e.Error() == "" {
					t.Fatalf("%q: column %d", line, e.Col)
				}
				return
			}
			if !ok {
				break
			}
			if w.From < last || w.To <= w.From || w.To > len(line) {
				t.Fatalf("%q: word %+v after %d", line, w, last)
			}
			last = w.To
			plain = append(plain, w.Text)
			quoted = append(quoted, Quote(w.Text))
		}
		again, err := words(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, plain) {
			t.Fatalf("%q: %q became %q, %v", line, plain, again, err)
		}
	})
}

// FuzzRaw: a tail lies in the line, and taking it again changes nothing.
func FuzzRaw(f *testing.F) {
	for _, s := range []string{`x == "a;b"; c`, `it's ([; b) c; d`, `all(nodes, #.up) # x`, "`;`;"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, line string, text bool) {
		kind := rawCondition
		if text {
			kind = rawText
		}
		l := lexer{line: line}
		tail, err := l.raw(kind)
		if err != nil {
			if kind == rawText {
				t.Fatalf("%q: a text can not be wrong: %v", line, err)
			}
			return
		}
		if tail.from > tail.to || tail.to > l.pos || l.pos < len(line) && line[l.pos] != ';' && line[l.pos] != '#' {
			t.Fatalf("%q: %+v, ended at %d", line, tail, l.pos)
		}
		again := lexer{line: line[:l.pos]}
		tail2, err := again.raw(kind)
		if err != nil || tail2.to != tail.to || tail2.from != tail.from {
			t.Fatalf("%q: %+v, then %+v, %v", line, tail, tail2, err)
		}
	})
}
