package verify

import (
	"testing"
	"time"
)

// Of an arrival that isn't known no signature counts, and it doesn't become known by what an object says of itself.
func TestArrivalUnknownCountsForNothing(t *testing.T) {
	t.Parallel()
	landing := year(2021)
	signer := newEd25519(t)
	k := settledKeyring(t, Settings{}, sshEntry("alice", signer))
	signature := sshSign(t, signer, sshNamespace, testPayload)
	for what, c := range map[string]struct {
		at   Arrival
		want Status
	}{
		"landed then":               {LandedThen(landing), Good},
		"lands now":                 {LandsNow(landing).NoEarlier(landing), Good},
		"unknown":                   {Arrival{}, Bad},
		"unknown, whatever it says": {Arrival{}.NoEarlier(landing), Bad},
		"when it lands isn't said":  {LandsNow(landing), Bad},
		"now, by no clock":          {LandsNow(time.Time{}).NoEarlier(landing), Bad},
	} {
		if got := k.VerifyAt([]byte(testPayload), signature, c.at).Status; got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
