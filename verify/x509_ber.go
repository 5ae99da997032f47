package verify

import (
	"encoding/asn1"
	"errors"
	"fmt"
)

// The largest real signature has 15 levels and under 400 elements.
const (
	maxBERDepth    = 32
	maxBERElements = 4096
)

// Identifier octets, X.690 §8.1.2.
const (
	berConstructed = 0x20
	berHighTag     = 0x1f // the number stands in the octets that follow; nothing in CMS needs it
)

// toDER gives the one way to write the value in which BER has several: lengths that end at a mark or
// have leading zeros, and strings in pieces, as gpgsm writes them. It is a syntax check too: what
// comes out is one element, nested no deeper than maxBERDepth, with nothing behind it. X.690 §8.1.3,
// §8.7 and §10.
//
// Sets aren't sorted: OpenSSL and gpgsm take a signature's attributes in the order in which they
// stand, and a signature over another order doesn't fit.
func toDER(ber []byte) ([]byte, error) {
	r := berReader{rest: ber}
	der, err := r.element(nil, 0)
	switch {
	case err != nil:
		return nil, err
	case len(r.rest) > 0:
		return nil, fmt.Errorf("%d bytes stand behind it", len(r.rest))
	default:
		return der, nil
	}
}

type berReader struct {
	rest     []byte
	elements int
}

var errBERShort = errors.New("it ends in the middle")

// element appends the next element to der.
func (r *berReader) element(der []byte, depth int) ([]byte, error) {
	tag, length, err := r.header()
	switch {
	case err != nil:
		return nil, err
	case depth == maxBERDepth:
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxBERDepth)
	case tag&berConstructed == 0 && length < 0:
		return nil, errors.New("a length is missing")
	case tag&berConstructed == 0:
		content := r.rest[:length]
		r.rest = r.rest[length:]
		return append(appendHeader(der, tag, length), content...), nil
	}
	var content []byte
	pieces := tag == asn1.TagOctetString|berConstructed
	if pieces {
		tag = asn1.TagOctetString
	}
	if err := r.each(length, func(inner *berReader) error {
		if !pieces {
			content, err = inner.element(content, depth+1)
			return err
		}
		piece, err := inner.element(nil, depth+1)
		if err != nil {
			return err
		}
		var octets []byte
		if _, err := asn1.Unmarshal(piece, &octets); err != nil {
			return errors.New("a string has something else than strings in it")
		}
		content = append(content, octets...)
		return nil
	}); err != nil {
		return nil, err
	}
	return append(appendHeader(der, tag, len(content)), content...), nil
}

// each reads the elements of a constructed one, which ends after length bytes or, if that is
// negative, at a mark.
func (r *berReader) each(length int, read func(*berReader) error) error {
	if length >= 0 {
		inner := berReader{rest: r.rest[:length], elements: r.elements}
		r.rest = r.rest[length:]
		for len(inner.rest) > 0 {
			if err := read(&inner); err != nil {
				return err
			}
		}
		r.elements = inner.elements
		return nil
	}
	for {
		switch {
		case len(r.rest) < 2:
			return errBERShort
		case r.rest[0] == 0 && r.rest[1] == 0:
			r.rest = r.rest[2:]
			return nil
		}
		if err := read(r); err != nil {
			return err
		}
	}
}

// header reads a tag and a length, which is negative where the element ends at a mark.
func (r *berReader) header() (tag byte, length int, err error) {
	if r.elements++; r.elements > maxBERElements {
		return 0, 0, fmt.Errorf("it has more than %d elements", maxBERElements)
	}
	if len(r.rest) < 2 {
		return 0, 0, errBERShort
	}
	tag, first := r.rest[0], r.rest[1]
	r.rest = r.rest[2:]
	switch {
	case tag&berHighTag == berHighTag || tag == 0:
		return 0, 0, fmt.Errorf("a tag 0x%02x stands in it", tag)
	case first == 0x80:
		return tag, -1, nil
	case first < 0x80:
		length = int(first)
	default:
		octets := int(first &^ 0x80)
		if octets > 4 || octets > len(r.rest) {
			return 0, 0, errBERShort // no signature has 4 GiB
		}
		for _, b := range r.rest[:octets] {
			length = length<<8 | int(b)
		}
		r.rest = r.rest[octets:]
	}
	if length < 0 || length > len(r.rest) {
		return 0, 0, errBERShort
	}
	return tag, length, nil
}

// appendHeader writes a tag and a length in the shortest form.
func appendHeader(der []byte, tag byte, length int) []byte {
	switch {
	case length < 0x80:
		return append(der, tag, byte(length))
	case length < 0x100:
		return append(der, tag, 0x81, byte(length))
	case length < 0x10000:
		return append(der, tag, 0x82, byte(length>>8), byte(length))
	default: // maxSignature keeps it under 16 MiB
		return append(der, tag, 0x83, byte(length>>16), byte(length>>8), byte(length))
	}
}
