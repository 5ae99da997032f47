package content

// Shown is how much of a blob is given to Of at most, from its beginning.
const Shown = 1 << 20

// Traits is what a content shows, a set of bits. See [Of].
type Traits uint32

// The traits that Of looks for.
const (
	Binary     Traits = 1 << iota // a NUL byte, or bytes that are no text
	Executable                    // a program or library by its magic bytes
	Archive                       // a compressed file or archive by its magic bytes
	Encoded                       // text that carries a payload, as base64, hexadecimal, numbers or in another way
	Bidi                          // characters that show a reader another order than a compiler reads
	Large                         // longer than what was inspected: the rest is unseen
	Keys                          // OpenPGP keys

	All = Binary | Executable | Archive | Encoded | Bidi | Large | Keys
)

// Names gives the names of the traits, in the order of the alphabet.
func (t Traits) Names() []string {
	var names []string
	for _, known := range []struct {
		trait Traits
		name  string
	}{
		{Archive, "archive"},
		{Bidi, "bidi"},
		{Binary, "binary"},
		{Encoded, "encoded"},
		{Executable, "executable"},
		{Keys, "keys"},
		{Large, "large"},
	} {
		if t&known.trait != 0 {
			names = append(names, known.name)
		}
	}
	return names
}
