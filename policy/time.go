package policy

import (
	"fmt"
	"time"
)

// maxDate is the last second of the year 9999: later dates are no dates, and none before it lets
// arithmetic on seconds overflow.
const maxDate = 253402300799

// day is one in seconds.
const day = 24 * 60 * 60

// seconds gives the whole seconds of a duration.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// secondsOf is a date that may not be set, in an order in which that comes first.
func secondsOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// month numbers the calendar months, in UTC.
func month(when int64) int {
	t := time.Unix(when, 0).UTC()
	return 12*t.Year() + int(t.Month())
}

// date says a time, in seconds since 1970, to the minute.
func date(when int64) string { return time.Unix(when, 0).UTC().Format("2006-01-02 15:04 UTC") }

// dayOf says the day of a time, which may not be set.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return "no date"
	}
	return t.UTC().Format(time.DateOnly)
}

// span says a duration as people write it.
func span(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return plural(int(d/(24*time.Hour)), "day")
	}
	if d%time.Hour == 0 {
		return plural(int(d/time.Hour), "hour")
	}
	return d.String()
}

// plural says how many of something there are.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
