//! The command line.

use tagcache::{Durability, Layout};
use tagcache_powerfail::args::Args;
use tagcache_powerfail::power::Break;
use tagcache_powerfail::{Filesystem, Method};

fn parse(line: &str) -> Result<Args, String> {
    Args::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn without_options_it_is_250_states_of_each_filesystem_that_keeps_its_names() {
    let args = parse("").unwrap();
    assert_eq!(args.filesystems, [Filesystem::Ext4, Filesystem::Xfs, Filesystem::Btrfs]);
    assert_eq!((args.states, args.methods.len(), args.durabilities.len()), (250, 3, 3));
    assert_eq!(args.layouts, Layout::ALL, "in turns");
    assert!(!args.require && args.broken.is_none());
}

#[test]
fn every_option_is_understood() {
    let line = "--fs xfs,ext4-nojournal --states 7 --mode both --durability full --layout compact --processes 2 \
        --seed 9 --require";
    let args = parse(line).unwrap();
    assert_eq!(args.filesystems, [Filesystem::Xfs, Filesystem::Ext4NoJournal]);
    assert_eq!(args.methods, [Method::Snapshot, Method::Shutdown]);
    assert_eq!(args.durabilities, [Durability::Full]);
    assert_eq!(args.layouts, [Layout::Compact]);
    assert_eq!((args.states, args.processes, args.seed, args.require), (7, 2, Some(9), true));
}

#[test]
fn a_planted_mistake_is_looked_for_where_something_is_promised() {
    let args = parse("--break empty").unwrap();
    assert_eq!(args.broken, Some(Break::Empty));
    assert!(!args.durabilities.contains(&Durability::Volatile));
}

#[test]
fn what_is_not_understood_is_named() {
    for (line, named) in [
        ("--fs ext5", "ext5"),
        ("--states many", "many"),
        ("--mode fast", "fast"),
        ("--break glass", "glass"),
        ("--layout flat", "flat"),
        ("--seed", "--seed"),
        ("now", "now"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(named), "{line}: {error}");
    }
}
