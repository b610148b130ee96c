package share

import (
	"math/big"
	"slices"
	"strings"
	"testing"
)

// figure8 is what share printed after scenario figure-8 when there was only version 1.
const figure8 = "44qN34Kr83mGxQEUDLouiC0A4FpYypw7OcnzEHew6zWxpY95BYHsAtPNNfWEBTCrb5FsH2vC0ribOKUJszWgSbi5N1sz16Y8eiqfrw2h8ZZ4PbHaULxiKK9bdTT"

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// TestTextsOfEarlierVersionsAreRead holds the format, and the words that texts are compressed
// with: links outlive programs.
func TestTextsOfEarlierVersionsAreRead(t *testing.T) {
	lines, end, err := decode(figure8)
	if err != nil || len(lines) != 42 || lines[1] != "set noop off" || lines[41] != "settle" {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	again, err := encode(lines, end)
	if err != nil || again != figure8 {
		t.Errorf("encoded again it is %s, %v", again, err)
	}
}

// TestEveryDamageIsNoticed changes each letter to each other one, lets any two change places,
// leaves out and doubles each, and takes each beginning and each end.
func TestEveryDamageIsNoticed(t *testing.T) {
	tried := 0
	damaged := func(text string) {
		tried++
		if _, _, err := decode(text); err != errDamaged && text != figure8 {
			t.Errorf("%s: %v", text, err)
		}
	}
	for i := range figure8 {
		for _, letter := range letters {
			damaged(figure8[:i] + string(letter) + figure8[i+1:])
			if tried%50 == 0 {
				damaged(figure8[:i] + string(letter) + figure8[i:])
			}
		}
		for j := range i {
			b := []byte(figure8)
			b[i], b[j] = b[j], b[i]
			damaged(string(b))
		}
		damaged(figure8[:i] + figure8[i+1:])
		damaged(figure8[:i])
		if i > 0 {
			damaged(figure8[i:])
		}
	}
	if tried < 15_000 {
		t.Errorf("only %d were tried", tried)
	}
}

// TestBlanksInATextAreNone breaks a text as a mail or a copy does.
func TestBlanksInATextAreNone(t *testing.T) {
	text, err := encode([]string{"timeout S1", "settle"}, printed{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{" " + text + "\n", text[:9] + " " + text[9:], text[:4] + "\r\n\t" + text[4:], "\u00a0" + text} {
		if lines, end, err := decode(broken); err != nil || len(lines) != 2 || end != (printed{1}) {
			t.Errorf("%q: %q, %v", broken, lines, err)
		}
	}
}

// TestForeignTexts are none of ours, well made or not.
func TestForeignTexts(t *testing.T) {
	ours := func(data ...byte) string {
		n := new(big.Int).SetBytes(data)
		return n.Mul(n, big.NewInt(prime)).Text(base)
	}
	for text, says := range map[string]string{
		"":                                    "not a text that share has printed",
		"0":                                   "not a text",
		"hello":                               "not a text",
		"a-b":                                 `not "-"`,
		"a\x1b[31mb":                          `letters and digits only`,
		"-5":                                  `not "-"`,
		" \n\t":                               "not a text",
		"ünf":                                 `not "ü"`,
		strings.Repeat("z", maxText):          "not a text",
		strings.Repeat("z", maxText+1):        "at most 60000 letters",
		ours(2, 1, 2, 3):                      "format 2, and this raftlab reads 1",
		ours(version):                         "not a text",
		ours(version, 1, 2, 3, 4, 5, 6):       "not a text",
		ours(version, 1, 2, 3, 4, 5, 6, 0xff): "not a text",
		ours(version, 1, 2, 3, 4, 5, 6, 3, 0, 99): "not a text",
	} {
		if _, _, err := decode(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, not %s", text, err, says)
		}
	}
}

// TestATextUnfoldsToABoundedOne makes short texts of long scripts.
func TestATextUnfoldsToABoundedOne(t *testing.T) {
	if _, err := encode([]string{strings.Repeat("x", maxScript+1)}, printed{}); err == nil {
		t.Error("a script is shared that is too long to be read")
	}
	bomb := pack(strings.Repeat("\n", 1<<24), printed{})
	if len(bomb) > maxText {
		t.Fatalf("%d letters", len(bomb))
	}
	if _, _, err := decode(bomb); err == nil || !strings.Contains(err.Error(), "more than 512000 bytes") {
		t.Errorf("%.100v", err)
	}
	long := slices.Repeat([]string{"tick"}, maxScript/5)
	text, err := encode(long, printed{})
	if err != nil {
		t.Fatal(err)
	}
	if lines, _, err := decode(text); err != nil || len(lines) != len(long) {
		t.Errorf("%d of %d lines, %v", len(lines), len(long), err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(figure8)
	f.Fuzz(func(t *testing.T, text string) {
		if lines, end, err := decode(text); err == nil {
			if again, err := encode(lines, end); err != nil || len(again) > maxText {
				t.Errorf("%q is read and cannot be written: %v", text, err)
			}
		}
	})
}
