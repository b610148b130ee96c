package paint

import (
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"
)

// What is dark on the screen is what is black in the code: with colours they say so, and without, the ground
// does, on which filled halves are the ink of a light one and the light of a dark one.
func TestAScannedCodeIsDarkOnLight(t *testing.T) {
	const text = "http://192.168.0.7:8000/"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		colours bool
		ground  string
		filled  bool // what a filled half stands for: a black module
	}{{true, "dark", true}, {true, "light", true}, {false, "light", true}, {false, "dark", false}, {false, "auto", false}} {
		var b strings.Builder
		Renderer{Width: 100, Height: 40, Palette: newPalette(test.colours, test.ground)}.scan(&b, text)
		drawn := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(b.String(), "")
		if strings.Contains(b.String(), "\x1b[38;5;16;48;5;231m") != test.colours {
			t.Errorf("%+v: black on white is said, or is not", test)
		}
		rows := strings.Split(strings.TrimRight(drawn, "\n"), "\n")
		for y := range 2 * len(rows) {
			for x, half := range []rune(rows[y/2]) {
				filled := half == '█' || half == []rune{'▀', '▄'}[y%2]
				if (filled == test.filled) != code.Black(x-quietZone, y-quietZone) {
					t.Fatalf("%+v: the module at %d, %d is wrong", test, x-quietZone, y-quietZone)
				}
			}
		}
	}
}
