package console

import (
	"net/netip"
	"strconv"
	"strings"
)

// webFlag is --web [ADDRESS].
type webFlag struct {
	address string
	asked   bool
}

func (w *webFlag) String() string { return "" }

// Type is bool, for pflag to say that the flag may stand alone.
func (w *webFlag) Type() string { return "bool" }

func (w *webFlag) Set(text string) error {
	w.asked = true
	if w.address = text; text == "true" {
		w.address = ""
	}
	return nil
}

// isAddress says whether an argument is an address, and neither a file nor a flag.
func isAddress(arg string) bool {
	return strings.Contains(arg, ":") && !strings.HasPrefix(arg, "-") && !strings.ContainsAny(arg, `/\`)
}

// nearAddress is the address that was probably meant by a word without a colon: a port, or a machine; "" for
// any other word.
func nearAddress(word string) string {
	if _, err := strconv.ParseUint(word, 10, 16); err == nil {
		return ":" + word
	}
	if _, err := netip.ParseAddr(word); err == nil || word == "localhost" {
		return word + ":8000"
	}
	return ""
}
