package console

import "strings"

// webFlag is --web [ADDRESS].
type webFlag struct {
	address string
	times   int // that it was said
}

func (w *webFlag) String() string { return "" }

// Type is bool, for pflag to say that the flag may stand alone.
func (w *webFlag) Type() string { return "bool" }

func (w *webFlag) Set(text string) error {
	w.times++
	if w.address = text; text == "true" {
		w.address = ""
	}
	return nil
}

// isAddress says whether an argument is an address, and neither a file nor a flag.
func isAddress(arg string) bool {
	return strings.Contains(arg, ":") && !strings.HasPrefix(arg, "-") && !strings.ContainsAny(arg, `/\`)
}
