//! Random numbers that are the same on every machine.

/// A generator of random numbers: xoshiro256** of Blackman and Vigna, seeded by SplitMix64.
///
/// It uses integer arithmetic only, so a seed gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// Creates the generator for one stream of a seed. Streams of a seed are independent.
    #[must_use]
    pub const fn new(seed: u64, stream: u64) -> Self {
        let mut mixer = seed ^ mix(stream);
        let mut state = [0; 4];
        let mut word = 0;
        while word < state.len() {
            mixer = mixer.wrapping_add(GOLDEN_RATIO);
            // SplitMix64 never gives four zeros in a row, the one state that xoshiro cannot leave.
            #[expect(clippy::indexing_slicing, reason = "the loop condition is the bound")]
            {
                state[word] = mix(mixer);
            }
            word += 1;
        }
        Self { state }
    }

    /// Returns any 64-bit number, all equally likely.
    pub const fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Returns a number below `bound`, or 0 if `bound` is 0.
    ///
    /// It is the high half of a product, so some numbers are likelier than others by 1 in
    /// 2^64 / `bound`. No simulation here is long enough to show that.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Returns a number from `low` to `high`, both included, or `low` if `high` is below it.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Returns true with a probability of `per_mille` in 1,000.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// Shuffles the items.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(last);
            items.swap(last, other);
        }
    }
}

/// 2^64 divided by the golden ratio, the step of SplitMix64.
const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64's finisher: a bijection in which every bit of the input moves half the output's.
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_xoshiro256_starstar() {
        // The first numbers of the reference implementation for this state.
        let mut random = Random {
            state: [1, 2, 3, 4],
        };
        let numbers: [u64; 4] = core::array::from_fn(|_| random.next());
        assert_eq!(
            numbers,
            [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        );
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let first = |seed, stream| Random::new(seed, stream).next();
        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(7, 0);
        let mut seen = [false; 5];
        for _ in 0..1_000 {
            let number = random.between(10, 14);
            assert!((10..=14).contains(&number));
            seen[usize::try_from(number - 10).unwrap()] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
    }
}
