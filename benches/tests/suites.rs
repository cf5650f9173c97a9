//! The suites run, and the page that they write is one.

use std::fs;
use std::process::Command;

use tagcache_benches::report::{MARKS, Run};
use tagcache_benches::rounds::{Effort, measure};
use tagcache_benches::suites::{ALL, Line, raise_descriptor_limit};
use tagcache_benches::{pairs, places};

/// Those of threads too; processes are started from the program itself, below.
#[test]
fn every_pair_runs_on_both_sides() {
    raise_descriptor_limit();
    // In memory, if there is such a place: nobody waits for the disk.
    let places = places();
    let place = places.last().expect("a place");
    for suite in ALL.iter().filter(|suite| suite.word != "processes") {
        for mut pair in (suite.pairs)(place, &Effort::ONCE) {
            let rounds = measure(&mut pair, Effort::ONCE);
            let [round] = rounds[..] else { panic!("{}: {rounds:?}", pair.name) };
            assert!(round.ours > 0.0 && round.floor > 0.0, "{}: {round:?}", pair.name);
        }
    }
}

#[test]
fn the_program_measures_processes_and_writes_its_part_of_a_page() {
    let dir = tempfile::tempdir().expect("a directory");
    let (page, data) = (dir.path().join("PAGE.md"), dir.path().join("run.jsonl"));
    fs::write(&page, "# Benchmarks\n\nWords of somebody.\n").expect("a page");
    let status = Command::new(env!("CARGO_BIN_EXE_suites"))
        .args(["--quick", "--only", "/2 processes", "--page"])
        .arg(&page)
        .arg("--data")
        .arg(&data)
        .env("TAGCACHE_BENCH_DIR", dir.path())
        .status()
        .expect("the program");
    assert!(status.success(), "{status}");

    let text = fs::read_to_string(&page).expect("the page");
    assert!(text.starts_with("# Benchmarks\n\nWords of somebody.\n"), "{text}");
    assert!(MARKS.iter().all(|mark| text.contains(mark)), "{text}");
    assert!(text.contains("hit from disk/4 KiB/2 processes"), "{text}");
    assert_eq!(fs::read_dir(dir.path().join("bench")).expect("plots").count(), 1);

    let lines = fs::read_to_string(&data).expect("the lines");
    let lines: Vec<Line> = lines.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    assert!(Run::of(lines).expect("a run").page().lines().count() > 10, "the page again, from the lines");
}

/// A name is how a pair is told from another in the lines and in the tables.
#[test]
fn no_two_operations_have_one_name() {
    let mut names: Vec<String> =
        pairs::all(&places()[0], 100_000).into_iter().map(|pair| pair.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}
