package verify

import "time"

// Arrival is when the object that carries a signature arrived: it lands now, or it landed then, or that is unknown.
// The zero Arrival is an unknown one, and no signature counts by it.
type Arrival struct {
	landed   time.Time // by the object's own account; zero where that isn't known
	received time.Time // never earlier
	now      bool      // it comes in now, by the receiver's clock
}

// LandedThen is the arrival of what is known to have landed at a time: it came in when it landed.
func LandedThen(landed time.Time) Arrival { return Arrival{landed: landed, received: landed} }

// LandsNow is the arrival of what comes in at a time by the receiver's clock. When it lands is for the object to say:
// see [Arrival.NoEarlier]. As long as nothing has said so, the arrival is unknown.
func LandsNow(received time.Time) Arrival {
	if received.IsZero() {
		return Arrival{}
	}
	return Arrival{received: received, now: true}
}

// NoEarlier is the arrival of an object that says it landed at a time, if that is later than what is known of it.
// What lands after it was received is received when it lands.
func (a Arrival) NoEarlier(landed time.Time) Arrival {
	if a == (Arrival{}) || !landed.After(a.landed) {
		return a
	}
	a.landed = landed
	if a.received.Before(landed) {
		a.received = landed
	}
	return a
}

// ReceivedAt is the arrival of the same object, had it come in at another time by the receiver's clock.
func (a Arrival) ReceivedAt(received time.Time) Arrival {
	return LandsNow(received).NoEarlier(a.landed)
}

// Now says whether it lands now.
func (a Arrival) Now() bool { return a.now }
