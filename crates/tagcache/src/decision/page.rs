//! `docs/DESIGN.md` shows the table. The page is for people, so this test reads it.

use std::fs;
use std::path::Path;

use super::table::{LEASES, SEEN, cell};

/// The rows of the table under a heading, with its head, each as its cells.
fn table_under(heading: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/DESIGN.md");
    let page = fs::read_to_string(path).expect("the page stands beside the crates");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the page has this section");
    let section = section.split("\n## ").next().expect("a split has a first part");
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("|--"));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

#[test]
fn the_table_on_the_page_is_the_table_of_the_code() {
    let head = ["the lease is"].into_iter().chain(SEEN).map(str::to_owned).collect();
    let mut expected: Vec<Vec<String>> = vec![head];
    for (name, lease, after_wait) in LEASES {
        let cells = SEEN.iter().map(|row| cell(row, lease, after_wait));
        expected.push([name].into_iter().chain(cells).map(str::to_owned).collect());
    }
    assert_eq!(table_under("What does compute-through do when?"), expected);
}
