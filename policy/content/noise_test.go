package content

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMeasure compares what is measured with what counting every pair of places gives.
func TestMeasure(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	c := new(counts)
	noisy := 0
	for range 400 {
		symbols := make([]uint8, 17+rng.IntN(400))
		alphabet, turn := 1+rng.IntN(256), rng.IntN(4) // of four, one is a table, and one counts up
		for i := range symbols {
			switch symbols[i] = uint8(rng.IntN(alphabet)); {
			case turn == 0 && i >= 8 && rng.IntN(3) > 0:
				symbols[i] = symbols[i-8]
			case turn == 1 && i > 0 && rng.IntN(3) > 0:
				symbols[i] = symbols[i-1] + 3
			}
		}
		var ones, twos, steps float64
		for i := range symbols {
			for j := range i {
				if symbols[i] == symbols[j] {
					ones++
				}
				if j > 0 && symbols[i]-symbols[i-1] == symbols[j]-symbols[j-1] {
					steps++
					if symbols[i] == symbols[j] {
						twos++
					}
				}
			}
		}
		pairs := float64(len(symbols)) * float64(len(symbols)-1) / 2
		alike := max(ones, 1) / pairs
		chance := pairs * alike * alike
		want := twos <= chance*1.08+3.5*math.Sqrt(chance)+1 && steps <= 1.4*ones &&
			!columns(symbols, float64(len(symbols))*alike)
		of, got := c.measure(symbols)
		if got != want || of != min(1/alike, 256) {
			t.Fatalf("%d symbols of %d: %t of %f, want %t of %f", len(symbols), alphabet, got, of, want, min(1/alike, 256))
		}
		if c.tables != (tables{}) {
			t.Fatal("the tables aren't empty")
		}
		if got {
			noisy++
		}
	}
	if noisy < 50 || noisy > 350 {
		t.Errorf("%d of 400 are noise", noisy)
	}
}
