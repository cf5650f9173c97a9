//! Made-up values, the most harmless first, then some that usual checks let pass.

pub(super) const TEXTS: &[&str] = &[
    "",
    "a",
    "0",
    "1",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00",
    "1970-01-01",
    "00:00:00",
    "1970-01-01T00:00:00+00:00[UTC]",
    "UTC",
    "PT0S",
    "0s",
    "127.0.0.1",
    "::1",
    "127.0.0.1:0",
    "[::1]:0",
    "127.0.0.0/8",
    "00:00:00:00:00:00",
    "http://a.example/",
    "a.example",
    "a@a.example",
    "/a",
    "text/plain",
    "00000000-0000-0000-0000-000000000000",
    "1.0.0",
    "*",
    "en",
    "EUR",
    "#000000",
    "aaaaaaaa",
    "0000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

pub(super) const BYTES: &[&[u8]] =
    &[&[], &[0], &[0; 4], &[0; 8], &[0; 12], &[0; 16], &[0; 20], &[0; 32], &[0; 64]];

pub(super) const CHARS: &[char] = &['a', '0', 'A'];

/// Numbers fit in every width, so that a counter, a percentage, a month and a year all find one.
pub(super) const NUMBERS: &[u8] = &[0, 1, 2, 10, 100];
