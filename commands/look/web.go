package look

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Page is the page beside the console, as whoever serves it offers it.
type Page interface {
	// Open serves the page at HOST:PORT or :PORT, or, "", on this machine alone. typed says that a person
	// gave the address. Its error is a sentence.
	Open(address string, typed bool) error
	// Close ends the page, and says whether there was one.
	Close() bool
	// Now is how the page stands; ok is false where there is none.
	Now() (now PageNow, ok bool)
	// Present shows the presenter's link to whoever sits at the terminal, and to nobody else.
	Present()
}

// PageNow is how a page stands.
type PageNow struct {
	Address string         // for a browser
	Asked   string         // the address that was given to Open
	Local   bool           // only this machine reaches it
	Pages   int            // how many pages are connected
	Refused map[string]int // how many requests were refused, by the reason
}

// webResult is how the page stands.
type webResult struct {
	Address string         `json:"address" doc:"the page's address for a browser; empty when there is no page"`
	Local   bool           `json:"local" doc:"whether only this machine can reach it"`
	Pages   int            `json:"pages" doc:"how many pages are connected"`
	Refused map[string]int `json:"refused" doc:"how many requests were refused, by reason"`
}

var (
	webOff     = lang.Literal("off")
	webPresent = lang.Literal("present")
	webAddress = addressKind.New().Optional()
)

// addressKind is where a page is served: a word with a colon.
var addressKind = &lang.Kind[string]{
	Name:   "ADDRESS",
	Doc:    "where to serve the page: `:8000` for everyone on your network, `127.0.0.1:8000` for this machine",
	Starts: func(w lang.Word) bool { return strings.Contains(w.Text, ":") },
	Word: func(p *lang.Parser, w lang.Word) (string, error) {
		if strings.Contains(w.Text, ":") {
			return w.Text, nil
		}
		wrong := p.Fail(w, "ADDRESS has a colon, such as :8000, and %s has none", prose.Cite(w.Text))
		if _, number := strconv.ParseUint(w.Text, 10, 16); number == nil {
			return "", wrong.WithHint("web :%s opens the page to your network, web 127.0.0.1:%s only to this machine",
				w.Text, w.Text)
		}
		return "", wrong.WithHint("web alone takes a free port of this machine")
	},
	Complete: func(c *lang.Completion) { c.Offer(":8000") },
}

var _ = Commands.Register(&lang.Command{
	Name: "web", Topic: lab.TopicLooking, Lasting: true,
	Summary: "shows the cluster in a browser, on a page that follows the console",
	Forms:   []lang.Params{{webOff}, {webPresent}, {webAddress}},
	Details: "`web` serves a page on this machine and prints its address. `web :8000` opens it to your network, so " +
		"that a class can follow, and shows a QR code of the address. A script may do that only with --trust. " +
		"`web` again says the address and how many pages are connected, and `web off` ends the page. " +
		"`raftlab --web` starts with the page.\n\n" +
		"`web present` prints a link of your own. It adds a command line to the page: what you type there runs here. " +
		"Keep it to yourself.",
	Results:  []any{webResult{}},
	Examples: []string{"web off"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		page := Of(c).Page
		if page == nil && webOff.Given(c) {
			return lang.Tell("There is no page here.").With(webResult{Refused: map[string]int{}}), nil
		}
		if page == nil {
			return nil, lang.Errorf("there is no page here").
				WithHint("web is for a console at a terminal and for scripts: raftlab --web")
		}
		switch {
		case webOff.Given(c):
			r := lang.OK().With(webResult{Refused: map[string]int{}})
			if page.Close() {
				return r.Line("The page has ended."), nil
			}
			return r.Line("There is no page; web opens one."), nil
		case webPresent.Given(c):
			return presentPage(c, page)
		}
		return openPage(c, page)
	},
})

// openPage opens the page, or says where it is.
func openPage(c *lang.Call, page Page) (*lang.Result, error) {
	address := webAddress.Of(c)
	now, open := page.Now()
	switch {
	case open && address != "" && address != now.Asked:
		return nil, lang.Errorf("the page is already at %s", now.Address).WithHint("web off ends it")
	case open:
		return now.result().Block(PageBlocks(now, true, c.Front.Interactive())...), nil
	}
	if err := page.Open(address, c.Session.Typed()); err != nil {
		return nil, lang.Errorf("%s", err)
	}
	now, _ = page.Now()
	if c.Negated { // expected to fail
		page.Close()
	}
	return now.result().Block(PageBlocks(now, false, c.Front.Interactive())...), nil
}

// presentPage shows the presenter's link, which no result has: results are on the page.
func presentPage(c *lang.Call, page Page) (*lang.Result, error) {
	now, open := page.Now()
	switch {
	case !open:
		return nil, lang.Errorf("there is no page yet").WithHint("web opens one")
	case !c.Front.Interactive():
		return nil, lang.Errorf("the presenter's link is shown only at a terminal")
	}
	page.Present()
	return now.result().Line("The presenter's link is yours alone: anyone who has it can type here."), nil
}

func (p PageNow) result() *lang.Result {
	return lang.OK().With(webResult{p.Address, p.Local, p.Pages, p.Refused})
}

// PageBlocks is how the page stands, in words; again says that it was there before. Where others can reach
// it and a person sees this, the address can be scanned.
func PageBlocks(now PageNow, again, person bool) []view.Block {
	t := view.Text{Lines: []view.Line{{view.S(view.Plain, "The page is at "), view.S(view.Strong, now.Address)}}}
	add := func(text string) { t.Lines = append(t.Lines, view.L(text)) }
	switch {
	case again:
		add(prose.Capital(prose.Plural(now.Pages, "page")) + " connected.")
	case now.Local:
		add("Only this machine can reach it; web off ends it.")
	default:
		add("Everyone on your network can open it; web off ends it.")
	}
	if len(now.Refused) > 0 {
		all := each.As(slices.Sorted(maps.Keys(now.Refused)),
			func(why string) string { return strconv.Itoa(now.Refused[why]) + " (" + why + ")" })
		add("Requests refused: " + strings.Join(all, ", ") + ".")
	}
	blocks := []view.Block{t}
	if !now.Local && person {
		blocks = append(blocks, view.Scan{Text: now.Address})
	}
	return blocks
}
