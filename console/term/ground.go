package term

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The colour of the screen's ground, which the terminal is asked for: its answer comes as
// if it had been typed, at any time or never, and must not be taken for that.

// askGround asks (OSC 11).
const askGround = "\x1b]11;?\x1b\\"

// groundAnswer is what an answer begins with, behind Escape and ]; what follows is hex
// digits and slashes.
const groundAnswer = "11;rgb:"

var wholeAnswer = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\x1b\]` + groundAnswer + `([0-9A-Fa-f/]*)(\x07|\x1b\\)`)
})

// groundOf is dark or light, as an answer says it, "" where it says nothing.
func groundOf(rgb string) string {
	parts := strings.Split(rgb, "/")
	bright, weights := 0.0, []float64{0.2126, 0.7152, 0.0722}
	if len(parts) != len(weights) {
		return ""
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 16, 32)
		if err != nil || len(p) > 4 {
			return ""
		}
		bright += weights[i] * float64(n) / float64(uint64(1)<<(4*len(p))-1)
	}
	if bright > 0.5 {
		return "light"
	}
	return "dark"
}

// GroundSaid is dark or light where the environment says so (COLORFGBG, as rxvt, Konsole
// and others set it: colours of the sixteen, the ground last), or "".
func GroundSaid() string {
	fields := strings.Split(os.Getenv("COLORFGBG"), ";")
	n, err := strconv.Atoi(fields[len(fields)-1])
	switch {
	case err != nil || n < 0 || n > 15:
		return ""
	case n == 7 || n > 8:
		return "light"
	}
	return "dark"
}
