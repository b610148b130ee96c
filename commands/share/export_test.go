package share

// What a test outside makes texts of its own with.
var (
	Encode   = encode
	Decode   = decode
	PrintOf  = printOf
	Standing = standing
)

type Printed = printed
