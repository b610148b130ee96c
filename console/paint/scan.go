package paint

import (
	"strings"

	"rsc.io/qr"
)

// quietZone is how many blank modules a QR code has around it (ISO/IEC 18004, section 6.3.8).
const quietZone = 4

// scan draws text as a QR code, two modules above each other in a character. With colours it is black on
// white on any ground; without, it draws what is black on a ground that is known to be light, and on any
// other, as most are dark, what is blank.
func (r Renderer) scan(b *strings.Builder, text string) {
	code, err := qr.Encode(text, qr.M)
	if err != nil || r.ASCII || code.Size+2*quietZone > r.Width || code.Size/2+quietZone > r.rows() {
		return
	}
	const blackOnWhite, plain = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
	halves := []string{"█", "▀", "▄", " "} // of blank modules: both, the upper, the lower, none
	if r.styles != nil || r.light {
		halves = []string{" ", "▄", "▀", "█"} // of black ones: none, the lower, the upper, both
	}
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		if r.styles != nil {
			b.WriteString(blackOnWhite)
		}
		for x := -quietZone; x < code.Size+quietZone; x++ {
			at := 0
			if code.Black(x, y) {
				at += 2
			}
			if code.Black(x, y+1) {
				at++
			}
			b.WriteString(halves[at])
		}
		if r.styles != nil {
			b.WriteString(plain)
		}
		b.WriteByte('\n')
	}
}

// rows is the height of the screen.
func (r Renderer) rows() int {
	if r.Height == 0 {
		return 24
	}
	return r.Height
}
