//! Which faults are told, of all that are counted: a full disk meets every request, and a log wants to hear of it once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tagcache_fs::Errno;

use crate::error::Error;

/// A kind is told again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How many kinds are remembered: those of the system calls that there are, times a few errors.
const KINDS: usize = 64;

/// What makes two faults one kind: the word, and for a failed call what was being done and why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    word: &'static str,
    call: Option<(&'static str, Errno)>,
}

impl From<&Error> for Kind {
    fn from(error: &Error) -> Self {
        let call = match error {
            Error::Io(error) => Some((error.doing(), error.errno())),
            Error::Incomplete(error) => Some((error.first().doing(), error.first().errno())),
            _ => None,
        };
        Self { word: error.word(), call }
    }
}

/// When each kind was told last.
#[derive(Debug, Default)]
pub(crate) struct Telling(Mutex<Vec<(Kind, Duration)>>);

impl Telling {
    /// Whether this fault is to be told: the first of its kind, or the first after a while. An old value that stood in for
    /// the program's own error is no fault of the surroundings, and is told each time.
    pub(crate) fn is_due(&self, error: &Error, now: Duration) -> bool {
        if matches!(error, Error::StoodIn { .. }) {
            return true;
        }
        let kind = Kind::from(error);
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match told.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, at)) if now.saturating_sub(*at) < AGAIN_AFTER => false,
            Some((_, at)) => {
                *at = now;
                true
            }
            None => {
                if told.len() >= KINDS {
                    // The one that was told longest ago is the first to be told again.
                    let oldest =
                        told.iter().enumerate().min_by_key(|(_, (_, at))| *at).map(|(index, _)| index);
                    oldest.map(|index| told.swap_remove(index));
                }
                told.push((kind, now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_kind_is_told_once_and_again_after_a_minute() {
        let telling = Telling::default();
        let (one, other) = (Error::NoTags, Error::WriteFailed);
        assert!(telling.is_due(&one, SECOND), "the first of its kind");
        assert!(!telling.is_due(&one, SECOND * 60), "one like it within a minute");
        assert!(telling.is_due(&other, SECOND * 60), "another kind");
        assert!(telling.is_due(&one, SECOND * 61), "after a minute");
        assert!(!telling.is_due(&one, SECOND * 62), "which begins anew then");
    }

    #[test]
    fn a_value_that_stood_in_for_an_error_is_told_each_time() {
        let telling = Telling::default();
        let error = Error::StoodIn { key: "data/ae/08/key:6b".into() };
        assert!(telling.is_due(&error, SECOND) && telling.is_due(&error, SECOND));
    }
}
