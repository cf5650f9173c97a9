//! A value that is not what was stored, told apart from one that the system does not let be read: the first is a miss, the
//! second an error.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use tagcache::Miss;

use crate::out::tell;

/// What is wrong with a value, from the error of reading it; `None` when the system kept it from being read.
pub(super) fn of(error: &io::Error) -> Option<String> {
    // A record that was cut short ends too early, and a recorded run that is none is invalid.
    let is_damage = matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof);
    is_damage.then(|| format!("damaged: {error}"))
}

/// A word about an entry that is a matter for `verify`; none about one that is just old or was taken away.
pub(super) fn tell_of_miss(miss: &Miss) {
    if matches!(miss, Miss::Damaged(_) | Miss::NotAFile | Miss::OtherKey) {
        tell_of(miss);
    }
}

/// A miss that should not be one.
pub(super) fn tell_of(damage: impl Display) {
    tell(format_args!("the entry cannot be served: {damage}; `tagcache verify` says more"));
}
