//! Two processes at the same thing: the one holds, the other comes.

use crate::stage;
use Comer::{Blocks, Fails, Proceeds};

/// What the holder makes of the comer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Comer {
    /// It waits until the holder lets go.
    Blocks,
    /// It is told at once that another has it.
    Fails,
    /// It does what it came for.
    Proceeds,
}

/// The holder's command, the comer's, and what comes of it.
const PAIRS: &[(&str, &str, Comer)] = &[
    ("hold lease home", "hold lease home", Fails),
    ("hold lease home", "hold lease about", Proceeds),
    ("hold lease home", "get-with cold v2", Proceeds),
    ("hold lease cold", "get-with cold v2", Blocks),
    ("hold lease home", "get-with home v2", Proceeds),
    ("hold lease home", "get home", Proceeds),
    ("hold lease home", "put home v2 bio", Proceeds),
    ("hold lease home", "replace home v2 bio", Proceeds),
    ("hold lease home", "invalidate-key home", Proceeds),
    ("hold lease home", "invalidate-tag bio", Proceeds),
    ("hold lease home", "expire-key home", Proceeds),
    ("hold lease home", "clear", Proceeds),
    ("hold lease home", "sweep", Proceeds),
    ("hold draft home", "hold draft home", Proceeds),
    ("hold draft home", "hold lease home", Proceeds),
    ("hold draft home", "put home v2 bio", Proceeds),
    ("hold draft home", "get home", Proceeds),
    ("hold draft home", "invalidate-key home", Proceeds),
    ("hold draft home", "clear", Proceeds),
    ("hold draft home", "sweep", Proceeds),
    ("hold sweep", "sweep", Fails),
    ("hold sweep", "hold sweep", Fails),
    ("hold sweep", "hold lease home", Proceeds),
    ("hold sweep", "put home v2 bio", Proceeds),
    ("hold sweep", "get-with cold v2", Proceeds),
    ("hold sweep", "invalidate-tag bio", Proceeds),
    ("hold sweep", "clear", Proceeds),
    ("fill cold v1", "fill cold v2", Blocks),
    ("fill cold v1", "put cold v2", Proceeds),
    ("fill cold v1", "get cold", Proceeds),
    ("fill cold v1", "sweep", Proceeds),
];

#[test]
fn each_pair_of_processes_does_what_the_table_says() {
    for &(holder_does, comer_does, expected) in PAIRS {
        let stage = stage();
        let [mut holder, mut comer] = stage.actors();
        holder.expect("put home v1 bio", "stored");
        let held = holder.ask(holder_does);
        assert!(["held", "computing"].contains(&held.as_str()), "{holder_does}: {held}");
        comer.expect("stop-at wait", "ok");
        let said = comer.ask(comer_does);
        let found = match said.as_str() {
            "at wait" => Blocks,
            "busy" => Fails,
            error if error.starts_with("error") => panic!("{comer_does} beside {holder_does}: {error}"),
            _ => Proceeds,
        };
        assert_eq!(found, expected, "{comer_does} beside {holder_does} said `{said}`");
        if expected == Blocks {
            comer.send("go");
            holder.ask(if held == "held" { "release" } else { "go" });
            let then = comer.hear();
            assert!(then.starts_with("computed v2") || then == "fresh v1", "{comer_does}: {then}");
        }
    }
}

#[test]
fn a_reader_and_an_invalidator_never_wait_for_each_other() {
    for (invalidation, stop) in [
        ("invalidate-tag bio", "write log"),
        ("invalidate-tag bio", "futimens-mtime data/"),
        ("invalidate-tag bio", "unlink data/"),
        ("invalidate-key home", "futimens-mtime data/"),
        ("invalidate-key home", "unlink data/"),
        ("expire-tag bio", "fchmod data/"),
    ] {
        let stage = stage();
        let [mut invalidator, mut reader] = stage.actors();
        reader.expect("put home v1 bio", "stored");
        reader.expect("stop-at wait", "ok");
        invalidator.expect(&format!("stop-at {stop}"), "ok");
        invalidator.stops(invalidation, stop.split(' ').next().unwrap());
        // It has not returned, so either answer is right until it does.
        let during = reader.ask("get home");
        assert!(["fresh v1", "none"].contains(&during.as_str()), "{invalidation} before {stop}: {during}");
        invalidator.expect("go", "took 1");
        reader.expect("get home", "none");
    }
}
