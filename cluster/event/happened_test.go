package event

import (
	"os"
	"regexp"
	"testing"
)

// Kinds has every type of thing that happens, each under a name of its own, and
// says what it means.
func TestKindsAreAll(t *testing.T) {
	listed := map[string]bool{}
	for _, k := range Kinds {
		name := string(k.What.Kind())
		if listed[name] || k.Says == "" {
			t.Errorf("%s is listed twice, or says nothing", name)
		}
		listed[name] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^func \((?:\w+ )?\w+\) Kind\(\) Kind +\{ return "([a-z-]+)" \}`)
	found := 0
	for _, f := range files {
		source, _ := os.ReadFile(f.Name())
		for _, m := range named.FindAllSubmatch(source, -1) {
			if found++; !listed[string(m[1])] {
				t.Errorf("%s is not in Kinds", m[1])
			}
		}
	}
	if found != len(Kinds) {
		t.Errorf("%d kinds have a name in the code, %d are listed", found, len(Kinds))
	}
}
