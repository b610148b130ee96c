package paint

import (
	"math"
	"slices"
	"testing"

	"github.com/fatih/color"

	"raftlab/commands/view"
)

// No theme is faint, or blue, or writes in a colour that its screen swallows.
func TestThemesAreReadable(t *testing.T) {
	blue := []color.Attribute{color.FgBlue, color.FgHiBlue, color.BgBlue, color.BgHiBlue}
	screens := map[string][]float64{"light": {1}, "dark": {0}, "auto": {0, 1}}
	for name, theme := range themes {
		for style, attributes := range theme {
			if len(attributes) > 2 && attributes[0] == 38 { // of the 256
				for _, screen := range screens[name] {
					if c := contrast(luminance(int(attributes[2])), screen); c < 3 || name != "auto" && c < 4 {
						t.Errorf("%s, style %d: colour %d has a contrast of %.1f", name, style, attributes[2], c)
					}
				}
				if name == "mono" {
					t.Errorf("mono has the colour %d", attributes[2])
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

// luminance is how bright a colour of the cube of 6 by 6 by 6 is, from 0 to 1, and
// contrast what two such differ by, as WCAG 2 defines both.
func luminance(n int) float64 {
	part := func(level int) float64 {
		v := 0.0
		if level > 0 {
			v = float64(55+40*level) / 255
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	n -= 16
	return 0.2126*part(n/36) + 0.7152*part(n/6%6) + 0.0722*part(n%6)
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// Terms that follow each other look different in each theme that has colours.
func TestTermsHaveColours(t *testing.T) {
	for _, name := range []string{"auto", "dark", "light"} {
		p := NewPaints(true, func() string { return name }).Now()
		seen := map[string]int{}
		for term := 1; term <= 6; term++ {
			seen[p.paint(view.OfTerm(term), "x")] = term
		}
		if len(seen) != 6 || p.paint(view.OfTerm(7), "x") != p.paint(view.OfTerm(1), "x") {
			t.Errorf("%s: %v", name, seen)
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
