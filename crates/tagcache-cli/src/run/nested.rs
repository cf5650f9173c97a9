//! A command that asks for its own output would wait for itself for ever. A variable tells it which runs it is part of.

use std::path::Path;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use sha2::{Digest as _, Sha256};

use crate::names;

/// `PID:DIGEST` of each run that the process is part of, separated by commas.
pub(super) const VARIABLE: &str = "TAGCACHE_RUNNING";

/// A key of a cache, as seen from within other runs.
pub(super) struct Nested<'a> {
    root: &'a Path,
    key: &'a [u8],
    above: Option<String>,
}

impl<'a> Nested<'a> {
    pub(super) fn new(root: &'a Path, key: &'a [u8]) -> Self {
        Self { root, key, above: std::env::var(VARIABLE).ok() }
    }

    /// The process that runs the command of this key already, and that this one is part of. Whoever has outlived that run is
    /// part of it no more.
    pub(super) fn runs_in(&self) -> Option<i32> {
        let above = self.above.as_ref()?;
        let digest = self.digest();
        let same = above.split(',').filter_map(|run| run.split_once(':')).filter(|(_, of)| *of == digest);
        same.filter_map(|(process, _)| process.parse().ok()).find(|process| is_alive(*process))
    }

    /// What the command is told.
    pub(super) fn value(&self) -> String {
        let own = format!("{}:{}", std::process::id(), self.digest());
        match &self.above {
            Some(above) if !above.is_empty() => format!("{above},{own}"),
            _ => own,
        }
    }

    fn digest(&self) -> String {
        let root = std::path::absolute(self.root).unwrap_or_else(|_| self.root.to_owned());
        let hash = Sha256::new().chain_update(root.as_os_str().as_encoded_bytes()).chain_update(b"\0");
        names::hex(&hash.chain_update(self.key).finalize())
    }
}

/// Also when it is somebody else's.
fn is_alive(process: i32) -> bool {
    process > 0 && kill(Pid::from_raw(process), None) != Err(Errno::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(above: Option<String>, key: &'static [u8]) -> Nested<'static> {
        Nested { root: Path::new("/cache"), key, above }
    }

    #[test]
    fn a_key_is_found_below_its_own_run_and_below_others_in_between_as_long_as_it_runs() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(within(None, b"a").runs_in(), None);
        let in_a = within(None, b"a").value();
        assert_eq!(within(Some(in_a.clone()), b"a").runs_in(), Some(own));
        assert_eq!(within(Some(in_a.clone()), b"b").runs_in(), None, "another key");
        let in_both = within(Some(in_a.clone()), b"b").value();
        assert_eq!(
            (within(Some(in_both.clone()), b"a").runs_in(), in_both.split(',').count()),
            (Some(own), 2)
        );
        let elsewhere = Nested { root: Path::new("/other"), key: b"a", above: Some(in_a.clone()) };
        assert_eq!(elsewhere.runs_in(), None, "another cache");
        let gone = in_a.replace(&format!("{own}:"), "2147483647:");
        assert_eq!(within(Some(gone), b"a").runs_in(), None, "it has ended");
        for nonsense in ["", ":", ",,", "-1:x", "x"] {
            assert_eq!(within(Some(nonsense.to_owned()), b"a").runs_in(), None, "{nonsense}");
        }
    }
}
