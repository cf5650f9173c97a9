//! The names of files that come and go. How each is written and how it is recognised stand side by side: a sweep removes
//! what a process that died left behind, and nothing that is not ours.
//!
//! | folder | name | what it is |
//! |---|---|---|
//! | `tmp/` | `<digest>.<unique>` | the draft of an entry |
//! | `tmp/` | `log-<unique>` | a log before it takes its place |
//! | `tmp/` | `usage-<unique>` | a usage before it takes its place |
//! | `tmp/` | `format-<unique>` | the settings of a root that is being made |
//! | `locks/` | `<digest>` | a lease |
//! | all three | `probe-<unique>-a`, `-b` | what a probe tries things on |

use std::ffi::CStr;

use crate::name::{Key, LOCKS, RelPath, TMP};

const LOG: &[u8] = b"log-";
const FORMAT: &[u8] = b"format-";
const USAGE: &[u8] = b"usage-";
const PROBE: &[u8] = b"probe-";

/// Digits of a `<unique>`.
const UNIQUE: usize = 16;
/// Digits of a `<digest>`.
const DIGEST: usize = 32;

pub(crate) fn draft(key: &Key, unique: u64) -> RelPath {
    let mut path = within(TMP);
    path.push(&key.digest().hex()).push(b".").push_hex(&unique.to_be_bytes());
    path
}

pub(crate) fn log(unique: u64) -> RelPath {
    let mut path = within(TMP);
    path.push(LOG).push_hex(&unique.to_be_bytes());
    path
}

pub(crate) fn format(unique: u64) -> RelPath {
    let mut path = within(TMP);
    path.push(FORMAT).push_hex(&unique.to_be_bytes());
    path
}

pub(crate) fn usage(unique: u64) -> RelPath {
    let mut path = within(TMP);
    path.push(USAGE).push_hex(&unique.to_be_bytes());
    path
}

pub(crate) fn lease(key: &Key) -> RelPath {
    let mut path = within(LOCKS);
    path.push(&key.digest().hex());
    path
}

/// The two names of a probe in one folder.
pub(crate) fn probe(folder: &CStr, unique: u64) -> [RelPath; 2] {
    [b"-a", b"-b"].map(|end| {
        let mut path = within(folder);
        path.push(PROBE).push_hex(&unique.to_be_bytes()).push(end);
        path
    })
}

/// The digest in the name of a draft of an entry.
pub(crate) fn draft_digest(name: &[u8]) -> Option<&[u8]> {
    let (digest, rest) = name.split_at_checked(DIGEST)?;
    let is_draft = is_hex(digest, DIGEST) && is_unique_after(b".", rest);
    is_draft.then_some(digest)
}

/// Whether a name in `tmp/` is one of ours.
pub(crate) fn is_in_tmp(name: &[u8]) -> bool {
    draft_digest(name).is_some()
        || is_unique_after(LOG, name)
        || is_unique_after(FORMAT, name)
        || is_unique_after(USAGE, name)
        || is_probe(name)
}

/// Whether a name in `locks/` is one of ours.
pub(crate) fn is_in_locks(name: &[u8]) -> bool {
    is_hex(name, DIGEST) || is_probe(name)
}

/// Whether a name is that of a probe, in any folder.
pub(crate) fn is_probe(name: &[u8]) -> bool {
    let unique = name.strip_suffix(b"-a").or_else(|| name.strip_suffix(b"-b"));
    unique.is_some_and(|unique| is_unique_after(PROBE, unique))
}

fn is_unique_after(prefix: &[u8], name: &[u8]) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| is_hex(rest, UNIQUE))
}

fn is_hex(digits: &[u8], len: usize) -> bool {
    digits.len() == len && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

fn within(folder: &CStr) -> RelPath {
    let mut path = RelPath::new();
    path.push(folder.to_bytes()).push(b"/");
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(path: &RelPath) -> Vec<u8> {
        path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap().to_vec()
    }

    #[test]
    fn every_name_that_is_written_is_recognised_in_its_folder() {
        let key = Key::new("k").unwrap();
        for unique in [0, 1, u64::MAX] {
            assert!(is_in_tmp(&last(&draft(&key, unique))));
            assert!(is_in_tmp(&last(&log(unique))));
            assert!(is_in_tmp(&last(&format(unique))));
            assert!(is_in_tmp(&last(&usage(unique))));
            for path in probe(TMP, unique) {
                assert!(is_in_tmp(&last(&path)) && is_in_locks(&last(&path)) && is_probe(&last(&path)));
            }
        }
        assert!(is_in_locks(&last(&lease(&key))));
        assert_eq!(draft_digest(&last(&draft(&key, 7))), Some(&key.digest().hex()[..]));
    }

    #[test]
    fn a_name_that_is_cut_or_longer_is_not_recognised() {
        let key = Key::new("k").unwrap();
        let [probe, _] = probe(TMP, 7);
        for path in [draft(&key, 7), log(7), format(7), usage(7), probe] {
            let name = last(&path);
            for cut in 0..name.len() {
                assert!(!is_in_tmp(&name[..cut]), "{cut}");
            }
            assert!(!is_in_tmp(&[&name, &b"0"[..]].concat()));
        }
    }
}
