//! `docs/DESIGN.md` shows the table. The page is for people, so this test reads it.

use super::table::{LEASES, SEEN, cell};

const PAGE: &str = include_str!("../../../../docs/DESIGN.md");

/// The rows of the table under a heading, with its head, each as its cells.
fn table_under(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).expect("the page has this section");
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
