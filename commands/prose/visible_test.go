package prose

import (
	"testing"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 日本": "plain é 日本", "\x1b[1m": `\x1b[1m`, "a\nb": `a\x0ab`, "\xff": `\xff`, "\u202eabc": `\u202eabc`, "\ufffd": "\ufffd",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
