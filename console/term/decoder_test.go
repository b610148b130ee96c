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
