//! A quick hash of states, so that a state that was met before is not explored again.

/// Takes words in, and is a number in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fold(u64, u64);

impl Fold {
    pub(crate) fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        self.1 = (self.1.rotate_left(7) ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }

    pub(crate) fn wide(&mut self, word: u128) {
        // Both halves, cut on purpose.
        #[allow(clippy::cast_possible_truncation)]
        for half in [word as u64, (word >> 64) as u64] {
            self.word(half);
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// 128 bits: two states that are not the same never meet in it, for all that an exploration can do.
    pub(crate) fn sum(self) -> u128 {
        u128::from(self.0) << 64 | u128::from(self.1)
    }
}
