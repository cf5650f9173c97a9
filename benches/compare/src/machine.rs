//! On what it was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tagcache_benches::machine::{self, value};
pub use tagcache_benches::machine::{filesystem, load};

use crate::peers;

/// The machine and the programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The machine, the compiler and the commit.
    #[serde(flatten)]
    pub base: machine::Machine,
    /// The releases of the peers.
    pub releases: BTreeMap<String, String>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        Self { base: machine::Machine::here(), releases: releases(include_str!("../Cargo.lock")) }
    }
}

/// The versions of the crates behind the peers, out of a lock file. The one of LMDB itself is within heed.
fn releases(lock: &str) -> BTreeMap<String, String> {
    let crates: Vec<&str> = peers::ALL.iter().map(|kind| kind.package).collect();
    let mut releases = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            value(package, name).trim_start_matches([' ', '=', '"']).trim_end_matches('"').to_owned()
        };
        let name = field("name");
        if crates.contains(&name.as_str()) {
            releases.insert(name, field("version"));
        }
    }
    releases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_a_release() {
        let releases = Machine::here().releases;
        for kind in peers::ALL {
            assert!(releases.contains_key(kind.package), "no version of {}", kind.package);
        }
    }
}
