//! What one process publishes or takes away, every other one sees.

use tagcache_actors::links;

use crate::stage;

#[test]
fn what_one_process_puts_another_reads() {
    let stage = stage();
    let [mut writer, mut reader] = stage.actors();
    reader.expect("lookup home", "miss absent");
    writer.expect("put home v1 bio blog-new", "stored");
    reader.expect("get home", "fresh v1");
    writer.expect("put home v2 bio", "stored");
    reader.expect("get home", "fresh v2");
    stage.assert_nothing_left();
}

#[test]
fn a_process_that_starts_later_reads_what_one_that_ended_put() {
    let stage = stage();
    let mut writer = stage.actor();
    writer.expect("put home v1 bio", "stored");
    writer.kill();
    stage.actor().expect("get home", "fresh v1");
}

#[test]
fn an_invalidated_tag_takes_its_entries_from_every_process_and_leaves_the_others() {
    let stage = stage();
    let [mut writer, mut reader, mut other] = stage.actors();
    writer.expect("put home v1 bio blog-new", "stored");
    writer.expect("put about v1 bio", "stored");
    writer.expect("put post v1 blog-new", "stored");
    reader.expect("get home", "fresh v1");
    other.expect("invalidate-tag bio", "took 2");
    for actor in [&mut writer, &mut reader, &mut other] {
        actor.expect("lookup home", "miss invalidated");
        actor.expect("lookup about", "miss invalidated");
        actor.expect("get post", "fresh v1");
    }
}

#[test]
fn an_invalidated_key_takes_its_entry_from_every_process_and_leaves_the_others() {
    let stage = stage();
    let [mut writer, mut reader, mut other] = stage.actors();
    writer.expect("put home v1 bio", "stored");
    writer.expect("put about v1 bio", "stored");
    other.expect("invalidate-key home", "took 1");
    other.expect("invalidate-key home", "took 0");
    reader.expect("lookup home", "miss absent");
    reader.expect("get about", "fresh v1");
    stage.assert_nothing_left();
}

#[test]
fn a_clear_leaves_nothing_to_any_process_and_the_root_to_all() {
    let stage = stage();
    let [mut writer, mut reader, mut other] = stage.actors();
    writer.expect("put home v1 bio", "stored");
    writer.expect("put about v1", "stored");
    other.expect("clear", "took 2");
    reader.expect("lookup home", "miss absent");
    reader.expect("lookup about", "miss absent");
    stage.assert_nothing_left();
    writer.expect("put home v2 bio", "stored");
    reader.expect("get home", "fresh v2");
}

#[test]
fn a_reader_meets_the_old_value_or_the_new_one_at_every_call_of_a_put() {
    let stage = stage();
    let [mut writer, mut reader] = stage.actors();
    writer.expect("put home v1 bio blog-new", "stored");
    writer.expect("stop-always any", "ok");
    let (mut seen, mut calls) = (Vec::new(), 0);
    let mut said = writer.ask("put home v2 bio author");
    while said.starts_with("at ") {
        seen.push(reader.ask("lookup home"));
        calls += 1;
        said = writer.ask("go");
    }
    assert_eq!(said, "stored");
    seen.dedup();
    assert_eq!(seen, ["fresh v1", "fresh v2"], "first the one, then the other, and never neither");
    assert!(calls > 10, "a put makes more than ten calls, and {calls} were met");
    stage.assert_nothing_left();
}

#[test]
fn an_entry_overwritten_a_thousand_times_by_one_writer_leaves_no_dead_link() {
    let stage = stage();
    let [mut writer, mut reader] = stage.actors();
    for round in 0..1000 {
        // The tags change, too, and with them the names of the links.
        writer.expect(&format!("put home v{round} bio tag-{}", round % 3), "stored");
    }
    reader.expect("get home", "fresh v999");
    assert_eq!(links(&stage.root()).len(), 2, "two tags, two links");
    stage.assert_nothing_left();
    // What is left of the two other tags is empty folders.
    let swept = reader.ask("sweep");
    assert!(!swept.contains("links") && !swept.contains("entries"), "nothing was dead: {swept}");
    assert!(swept.ends_with("kept=1"), "the last value stays: {swept}");
    reader.expect("get home", "fresh v999");
}
