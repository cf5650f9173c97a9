//! What a reboot leaves: values are trusted over it unless the root is volatile.

use crate::stage;

#[test]
fn a_value_in_a_volatile_root_is_a_miss_after_a_reboot() {
    let stage = stage();
    let [mut before, mut beside, mut after] = [stage.stranger(), stage.stranger(), stage.stranger()];
    before.expect("open durability=volatile boot=1", "opened");
    beside.expect("open boot=1", "opened");
    after.expect("open boot=2", "opened");
    before.expect("put home v1 bio", "stored");
    beside.expect("get home", "fresh v1");
    after.expect("lookup home", "miss other boot");
    after.expect("get-with home v2 bio", "computed v2 stored");
    after.expect("get home", "fresh v2");
    stage.assert_nothing_left();
}

#[test]
fn a_value_in_any_other_root_outlives_a_reboot() {
    for durability in ["", "durability=full "] {
        let stage = stage();
        let [mut before, mut after] = [stage.stranger(), stage.stranger()];
        before.expect(&format!("open {durability}boot=1"), "opened");
        after.expect("open boot=2", "opened");
        before.expect("put home v1 bio", "stored");
        after.expect("get home", "fresh v1");
    }
}

#[test]
fn the_first_sweep_after_a_reboot_takes_what_a_volatile_root_cannot_use() {
    let stage = stage();
    let [mut before, mut after] = [stage.stranger(), stage.stranger()];
    before.expect("open durability=volatile boot=1", "opened");
    before.expect("put home v1 bio", "stored");
    before.kill();
    after.expect("open boot=2", "opened");
    after.expect("sweep", "swept entries=1 links=1");
    stage.assert_nothing_left();
}
