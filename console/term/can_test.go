package term

import "testing"

func TestOnlyASCII(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		terminal, want   bool
	}{
		{"", "", "", true, false}, {"", "", "de_DE.UTF-8", true, false}, {"", "", "en_US.utf8", true, false},
		{"", "", "C", true, true}, {"", "", "de_DE.ISO-8859-1", true, true}, {"C", "en_US.UTF-8", "en_US.UTF-8", true, true},
		{"", "C.UTF-8", "C", true, false}, {"", "", "C", false, false},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if got := OnlyASCII(c.terminal); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
