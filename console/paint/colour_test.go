package paint

import (
	"slices"
	"testing"

	"github.com/fatih/color"

	"raftlab/commands/view"
)

// No theme is faint, or blue, or writes in a colour that its screen swallows.
func TestThemesAreReadable(t *testing.T) {
	blue := []color.Attribute{color.FgBlue, color.FgHiBlue, color.BgBlue, color.BgHiBlue}
	for name, theme := range themes {
		for style, attributes := range theme {
			if len(attributes) > 2 && attributes[0] == 38 { // of the 256, of which 17 to 21 and so on are blue
				if n := int(attributes[2]); name != "light" || n < 16 || (n-16)%6 > (n-16)/36 && (n-16)%6 > (n-16)/6%6 {
					t.Errorf("%s, style %d: colour %d", name, style, n)
				}
				attributes = attributes[3:]
			}
			for _, a := range attributes {
				switch {
				case a == color.Faint || a == color.Concealed || slices.Contains(blue, a):
					t.Errorf("%s, style %d: %v", name, style, a)
				case name == "mono" && a >= color.FgBlack:
					t.Errorf("mono has the colour %v", a)
				case name == "light" && a >= color.FgHiBlack:
					t.Errorf("light has the bright colour %v", a)
				}
			}
		}
	}
}

// A theme that is set is used from the next line on; without colour none is.
func TestPaintsFollowTheTheme(t *testing.T) {
	theme := "auto"
	on, off := NewPaints(true, func() string { return theme }), NewPaints(false, func() string { return theme })
	seen := map[string]bool{}
	for _, theme = range []string{"auto", "dark", "light", "mono"} {
		seen[on.Now().paint(view.Candidate, "x")] = true
		if got := off.Now().paint(view.Candidate, "x"); got != "x" {
			t.Errorf("%s without colour: %q", theme, got)
		}
	}
	if len(seen) != 4 {
		t.Errorf("the themes look alike: %v", seen)
	}
}
