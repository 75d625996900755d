//! Deterministic pseudo-random numbers: the same pair of answers always meets the same ones.

/// Hashes words into one number, with the finaliser of SplitMix64 after each word.
pub(crate) fn mix(words: &[u64]) -> u64 {
    let mut state = 0x243f_6a88_85a3_08d3u64;
    for word in words {
        state = state.wrapping_add(*word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}
