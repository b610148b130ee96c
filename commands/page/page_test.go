package page

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	imports  = regexp.MustCompile(`^import \{ ([$\w, ]+) \} from '\./([\w.]+)';$`)
	topLevel = regexp.MustCompile(`^(export )?(?:const|let|(?:async )?function|class) ([$\w]+)|^(export )?(?:const|let) \{`)
)

// one is what a module says at its top level.
type one struct {
	names, exports []string
	imports        map[string][]string // by module
}

func moduleOf(t *testing.T, name string) one {
	t.Helper()
	m := one{imports: map[string][]string{}}
	for line := range strings.Lines(read(name)) {
		line = strings.TrimSuffix(line, "\n")
		switch i, d := imports.FindStringSubmatch(line), topLevel.FindStringSubmatch(line); {
		case i != nil:
			m.imports[i[2]] = strings.Split(i[1], ", ")
		case strings.HasPrefix(line, "import"):
			t.Errorf("%s: %q is no import of a kind that can be left out", name, line)
		case d != nil && d[2] == "":
			t.Errorf("%s: %q gives names that are not seen", name, line)
		case d != nil:
			m.names = append(m.names, d[2])
			if d[1] != "" {
				m.exports = append(m.exports, d[2])
			}
			if strings.HasPrefix(line[strings.Index(line, d[2]):], d[2]+" =") && regexp.MustCompile(`^\w+ = [^(]*, \w+ = `).MatchString(line[strings.Index(line, d[2]):]) {
				for _, more := range regexp.MustCompile(`, (\w+) = `).FindAllStringSubmatch(line, -1) {
					m.names = append(m.names, more[1])
				}
			}
		case strings.HasPrefix(line, "export"):
			t.Errorf("%s: %q exports in a way that Script does not know", name, line)
		}
	}
	return m
}

// The modules are one script when their imports are left out: each comes after those it
// imports, what it imports is exported there, and no name is given twice.
func TestModulesAreOneScript(t *testing.T) {
	files, err := Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if path.Ext(f.Name()) == ".js" && !slices.Contains(Modules, f.Name()) {
			t.Errorf("%s is not among the modules", f.Name())
		}
	}
	of, by := map[string]one{}, map[string]string{}
	for _, name := range Modules {
		m := moduleOf(t, name)
		for from, what := range m.imports {
			before, known := of[from]
			if !known {
				t.Errorf("%s imports %s, which comes after it", name, from)
			}
			for _, x := range what {
				if !slices.Contains(before.exports, x) {
					t.Errorf("%s imports %s, which %s does not export", name, x, from)
				}
			}
		}
		for _, x := range m.names {
			if by[x] != "" {
				t.Errorf("%s is a name of %s and of %s", x, by[x], name)
			}
			by[x] = name
		}
		of[name] = m
	}
	if len(by) < 100 {
		t.Errorf("only %d names were seen", len(by))
	}
	for line := range strings.Lines(Script()) {
		if strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "export ") {
			t.Errorf("the script has %q", line)
		}
	}
}

// No text can become markup, and nothing comes from elsewhere.
func TestTextsStayTexts(t *testing.T) {
	files, _ := Files.ReadDir(".")
	for _, f := range files {
		text := read(f.Name())
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function", "setAttribute('on",
			"setAttribute('style", "DOMParser", "srcdoc", "https://", "url(", "@import", " style=", " onclick=\""} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %s", f.Name(), bad)
			}
		}
		for _, address := range regexp.MustCompile(`http://[^'"]*`).FindAllString(text, -1) {
			if address != "http://www.w3.org/2000/svg" {
				t.Errorf("%s has %s", f.Name(), address)
			}
		}
	}
}
