//! `kill -9` before every call that changes anything, one after the other (before the others it would leave the same):
//! what is left reads right, and sweeps clean.

use tagcache_actors::{Actor, Stage};

use crate::stage;

/// Kills a process that carries out `command`, before each of its changes in turn; after each death a survivor looks.
fn killed_before_every_change(
    command: &str,
    prepare: impl Fn(&mut Actor),
    look: impl Fn(&Stage, &mut Actor, &str),
) {
    for changes in 0.. {
        let stage = stage().volatile();
        let [mut victim, mut survivor] = stage.actors();
        prepare(&mut survivor);
        let Some(call) = victim.stop_after(changes, "change", command) else {
            assert!(changes > 5, "`{command}` makes more than {changes} changes");
            return;
        };
        victim.kill();
        look(&stage, &mut survivor, &call);
        let swept = survivor.ask("sweep");
        assert!(swept.starts_with("swept") && !swept.contains("failed"), "killed before {call}: {swept}");
        stage.assert_nothing_left();
        survivor.expect("put home last bio", "stored");
        survivor.expect("get home", "fresh last");
    }
}

#[test]
fn a_writer_killed_before_any_change_leaves_the_old_value_or_the_new_one() {
    killed_before_every_change(
        "put home new bio author",
        |author| author.expect("put home old bio", "stored"),
        |_, survivor, killed| {
            let found = survivor.ask("lookup home");
            let right = ["fresh old", "fresh new"];
            assert!(right.contains(&found.as_str()), "killed before {killed}: {found}");
        },
    );
}

#[test]
fn a_filler_killed_before_any_change_holds_up_nobody() {
    killed_before_every_change(
        "get-with home lost bio",
        |_| (),
        |stage, survivor, killed| {
            let found = survivor.ask("get-with home mine bio");
            assert!(
                ["fresh lost", "computed mine stored"].contains(&found.as_str()),
                "killed before {killed}: {found}"
            );
            assert!(stage.computations() <= 2, "killed before {killed}");
        },
    );
}

#[test]
fn an_invalidator_killed_before_any_change_is_finished_by_the_next_one() {
    killed_before_every_change(
        "invalidate-tag bio",
        |author| {
            author.expect("put home old bio blog-new", "stored");
            author.expect("put about old bio", "stored");
        },
        |_, survivor, killed| {
            let took = survivor.ask("invalidate-tag bio");
            assert!(took.starts_with("took "), "killed before {killed}: {took}");
            survivor.expect("get home", "none");
            survivor.expect("get about", "none");
        },
    );
}

#[test]
fn a_sweeper_killed_before_any_change_took_nothing_that_lives() {
    killed_before_every_change(
        "sweep",
        |author| {
            author.expect("put home old bio", "stored");
            author.expect("put about old dead bio", "stored");
            author.expect("put post old dead", "stored");
            author.expect("invalidate-tag dead", "took 2");
        },
        |_, survivor, killed| {
            let found = survivor.ask("get home");
            assert_eq!(found, "fresh old", "killed before {killed}");
            survivor.expect("get about", "none");
        },
    );
}
