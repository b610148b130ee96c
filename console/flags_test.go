//go:build unix

package console

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestFlagsGivenTwice: each flag of raftlab and of its first words is refused when it is given another value, unless
// it takes several; and the way on is the help of that word.
func TestFlagsGivenTwice(t *testing.T) {
	samples := map[string][2]string{"number": {"2", "3"}, "duration": {"20ms", "30ms"}, "string": {"x", "y"},
		"bool": {"true", "false"}, "color": {"auto", "never"}, "format": {"text", "json"}, "web": {":0", ":1"}}
	several := map[string]bool{"command": true, "interactive": true, "bug": true, "set": true, "except": true, "can": true}
	flags := 0
	for _, word := range append([]string{""}, doors...) {
		newFlags(settingsFor(word)).VisitAll(func(flag *pflag.Flag) {
			flags++
			kind := flag.Value.Type()
			if _, is := flag.Value.(*number); is {
				kind = "number"
			}
			values, ok := samples[flag.Name]
			if !ok {
				values = samples[kind]
			}
			if values[0] == "" {
				values = samples["string"]
			}
			args := []string{"--" + flag.Name + "=" + values[0], "--" + flag.Name + "=" + values[1]}
			if word != "" {
				args = append([]string{word}, args...)
			}
			_, err := parseFlags(args)
			refused := err != nil && err.Error() == "--"+flag.Name+" is given twice; it takes one value"
			if lists := several[flag.Name] && !(word == "judge" && flag.Name == "interactive"); refused == lists {
				t.Errorf("%v: %v", args, err)
			}
		})
	}
	if flags < 80 {
		t.Errorf("only %d flags were tried", flags)
	}
}

// TestWayOnAfterMisuse: a command line that is wrong points to the help of its first word, where that has one.
func TestWayOnAfterMisuse(t *testing.T) {
	for args, way := range map[string]string{
		"--nodes 3 --nodes 4": "raftlab --help", "web :1 --web :2": "raftlab web --help", "grade": "raftlab grade --help",
		"grade --stage 9 x": "raftlab grade --help", "viva --seed": "raftlab viva --help", "mark x": "raftlab mark --help",
		"judge a b": "raftlab judge --help", "guest nww": "raftlab guest --help", "live --tick 0s": "raftlab live --help",
		"--no-such-flag": "raftlab --help", "explore --bugg": "raftlab explore --help", "fuzz --set x": "raftlab fuzz --help",
		"completion": "raftlab completion --help",
	} {
		_, errs, code := batch(t, "", nil, strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(errs, "\n"+way+" tells") {
			t.Errorf("%s: exit code %d, %q", args, code, errs)
		}
	}
}
