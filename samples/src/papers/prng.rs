//! A small seeded generator of numbers: the same seed gives the same papers on every machine, for ever.

/// Splitmix64: one multiply-and-shift chain a number, no state but a counter.
#[derive(Debug, Clone)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x6d6f_6362_616e }
    }

    /// A generator of its own for a named part, so that one part's appetite does not shift another's numbers.
    #[must_use]
    pub fn fork(&self, part: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in part.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut forked = Self { state: self.state ^ hash };
        forked.next();
        forked
    }

    /// The next 64 bits.
    #[expect(clippy::should_implement_trait, reason = "an endless generator, not an iterator")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }

    /// A real number from `low` to `high`.
    pub fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// True once in `1 / share`.
    pub fn chance(&mut self, share: f64) -> bool {
        self.real(0.0, 1.0) < share
    }

    /// One of the things.
    pub fn pick<'a, T: ?Sized>(&mut self, things: &[&'a T]) -> &'a T {
        things[(self.next() % things.len() as u64) as usize]
    }

    /// About a normal distribution: mean 0, deviation 1 (sum of four).
    pub fn normal(&mut self) -> f64 {
        (0..4).map(|_| self.real(-1.0, 1.0)).sum::<f64>() * 0.866
    }
}
