//go:build unix

package term

import (
	"io"
	"os"
	"strings"
	"testing"
)

// However the bytes are cut into reads, the keys are the same.
func TestDecoderAtAnyCut(t *testing.T) {
	const in = "ab\x1b[1~c\x1b[3~\x1b[200~p\tq\r\nr\x1b[201~d\x1bOH日本\x1b[1;5C\x1b[[Bz\r"
	const want = "ab\x01c\uFDD0<p q>\r<r>d\x01日本\x1bfz\r"
	for cut := 1; cut < len(in); cut++ {
		var d decoder
		d.feed([]byte(in[:cut]))
		d.feed([]byte(in[cut:]))
		got := shownTexts(&d)
		if strings.ReplaceAll(got, "><", "") != want {
			t.Errorf("cut at %d: %q, not %q", cut, got, want)
		}
	}
}

// shownTexts is the decoder's output with each text where it belongs.
func shownTexts(d *decoder) string {
	s := string(d.out)
	for _, text := range d.texts {
		s = strings.Replace(s, string(keyInsert), "<"+text+">", 1)
	}
	return s
}

func TestDecoderLoneEscape(t *testing.T) {
	var d decoder
	d.feed([]byte{Escape})
	if !d.pendingEscape() {
		t.Fatal("an Escape is not waited for")
	}
	d.dropEscape()
	d.feed([]byte("b"))
	if got := string(d.out); got != "b" {
		t.Errorf("%q", got)
	}
}

// Nothing that the line editor does not know comes out.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("\x1b[200~\x00\x1b[201~"), 3)
	f.Add([]byte("\xef\xb7\x90\xc2\x9b\xff\x1b\x1b[["), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		cut = max(0, min(cut, len(in)))
		var d decoder
		d.feed(in[:cut])
		d.feed(in[cut:])
		keys, escapes := 0, 0
		for _, c := range string(d.out) {
			switch {
			case c == keyInsert:
				keys++
			case c == Escape:
				escapes++
			case c < ' ' && c != '\t' && c != '\r' && !strings.ContainsRune(editorKeys, c), c >= 0x80 && c < 0xa0:
				t.Fatalf("%q gives %q", in, d.out)
			}
		}
		if keys != len(d.texts) {
			t.Fatalf("%d keys for %d texts", keys, len(d.texts))
		}
		for _, text := range d.texts {
			if strings.IndexFunc(text, func(c rune) bool { return printing(c) < 0 }) >= 0 {
				t.Fatalf("%q gives the text %q", in, text)
			}
		}
		if escapes > 0 && !strings.Contains(string(d.out), "\x1bb") && !strings.Contains(string(d.out), "\x1bf") &&
			!strings.Contains(string(d.out), "\x1bd") && !strings.Contains(string(d.out), "\x1b\x7f") {
			t.Fatalf("%q gives %q", in, d.out)
		}
	})
}

// Between two prompts nothing is read: a command may wait for the next key.
func TestKeyboardGivesOneLine(t *testing.T) {
	r, w, err := os.Pipe()
	fine(t, err)
	defer r.Close()
	defer w.Close()
	k, err := NewKeyboard(r)
	fine(t, err)
	_, err = w.WriteString("one\rtwo\r")
	fine(t, err)
	buf := make([]byte, 100)
	for _, want := range []string{"one\r", "two\r"} {
		k.open()
		n, err := k.Read(buf)
		if got := string(buf[:n]); got != want || err != nil {
			t.Errorf("%q %v, not %q", got, err, want)
		}
		if k.up {
			t.Error("more would be read")
		}
	}
	fine(t, k.Close())
	if _, err := k.Read(buf); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}

// What the terminal says of its ground is taken for no key, however it is cut into reads;
// what only begins like it is.
func TestTheAnswerOfTheTerminalIsNoKey(t *testing.T) {
	for typed, want := range map[string]struct{ keys, ground string }{
		"ab\x1b]11;rgb:ffff/ffff/ffff\x1b\\cd": {"abcd", "light"}, "\x1b]11;rgb:1e/1e/2e\acd": {"cd", "dark"},
		"\x1b]11;rgb:0000/0000/0000\x1b[D": {"\x02", "dark"}, "\x1b]x": {"]x", ""}, "\x1b]11;x": {"]11;x", ""},
		"\x1b]11;rgb:\ax": {"]11;rgb:\ax", ""}, "\x1b]11;rgb:ff/ff\ax": {"x", ""}, "\x1b]11;rgb:f/f/f\a": {"", "light"},
	} {
		for cut := range len(typed) {
			d := &decoder{}
			d.feed([]byte(typed[:cut]))
			d.feed([]byte(typed[cut:]))
			if string(d.out) != want.keys || d.ground != want.ground {
				t.Errorf("%q, cut at %d: keys %q, ground %q", typed, cut, d.out, d.ground)
			}
		}
	}
}

func TestGroundSaid(t *testing.T) {
	for value, want := range map[string]string{"": "", "15;0": "dark", "0;15": "light", "0;default;7": "light", "7;8": "dark", "x": "", "0;99": ""} {
		t.Setenv("COLORFGBG", value)
		if got := GroundSaid(); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}
