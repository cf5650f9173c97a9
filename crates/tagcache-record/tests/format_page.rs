//! `docs/FORMAT.md`, the constants and the code say the same. The page is the source, so these tests read it.

mod common;

use std::fs;
use std::path::Path;

use common::{FIELDS, blog_home};
use tagcache_record::header;

/// The section of the page under a heading, up to the next heading.
fn section(heading: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/FORMAT.md");
    let page = fs::read_to_string(path).expect("the page stands beside the crates");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the page has this section");
    section.split("\n## ").next().expect("a split has a first part").to_owned()
}

/// The first code block of a section.
fn block(section: &str) -> Vec<&str> {
    section
        .lines()
        .skip_while(|line| !line.starts_with("```"))
        .skip(1)
        .take_while(|line| *line != "```")
        .collect()
}

/// The rows of the table of a section, without its head, each as its cells.
fn table(section: &str) -> Vec<Vec<&str>> {
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The fields of the header, with what they leave over.
fn fields_and_reserved() -> Vec<(String, usize, usize)> {
    let reserved = ("reserved", header::offset::RESERVED, header::HEADER_LEN - header::offset::RESERVED);
    FIELDS.into_iter().chain([reserved]).map(|(name, offset, len)| (name.to_owned(), offset, len)).collect()
}

#[test]
fn the_fields_lie_end_to_end_and_fill_the_header() {
    let mut end = 0;
    for (name, offset, len) in fields_and_reserved() {
        assert_eq!(offset, end, "{name} begins where the field before it ends");
        end = offset + len;
    }
    assert_eq!(end, header::HEADER_LEN);
}

#[test]
fn the_table_of_fields_has_the_offsets_of_the_code() {
    let section = section("2.2 The header");
    let rows = table(&section).into_iter().map(|row| {
        let number = |cell: &str| cell.parse::<usize>().expect("offset and length are numbers");
        (row[2].trim_matches('`').to_owned(), number(row[0]), number(row[1]))
    });
    assert_eq!(rows.collect::<Vec<_>>(), fields_and_reserved());
}

#[test]
fn the_diagram_has_the_offsets_of_the_code() {
    let section = section("2.2 The header");
    let mut drawn: Vec<(String, usize, usize)> = Vec::new();
    for line in block(&section) {
        let Some((offset, cells)) = line.split_once(" |") else { continue };
        let mut at: usize = offset.trim().parse().expect("a row begins with its offset");
        for cell in cells.trim_end_matches('|').split('|') {
            // A byte is eight columns wide, its separator included.
            let len = (cell.len() + 1) / 8;
            match (cell.trim(), drawn.last_mut()) {
                ("", Some(above)) => above.2 += len,
                ("(*)", _) => drawn.push(("chunk_log2".to_owned(), at, len)),
                (name, _) => drawn.push((name.to_owned(), at, len)),
            }
            at += len;
        }
    }
    assert_eq!(drawn, fields_and_reserved());
}

#[test]
fn the_limits_are_the_constants_of_the_code() {
    let constants = [
        ("HEADER_LEN", header::HEADER_LEN as u64),
        ("HEAD_CRC_LEN", header::HEAD_CRC_LEN as u64),
        ("ALIGN", header::ALIGN as u64),
        ("MAX_KEY_LEN", header::MAX_KEY_LEN as u64),
        ("MAX_TAG_LEN", header::MAX_TAG_LEN as u64),
        ("TAG_PREFIX_LEN", header::TAG_PREFIX_LEN as u64),
        ("MAX_TAGS", header::MAX_TAGS as u64),
        ("MAX_TAGS_LEN", header::MAX_TAGS_LEN as u64),
        ("MAX_PAYLOAD_LEN", header::MAX_PAYLOAD_LEN),
        ("MAX_HEAD_LEN", header::MAX_HEAD_LEN as u64),
        ("MIN_RECORD_LEN", header::MIN_RECORD_LEN as u64),
        ("CHUNK_LEN", header::CHUNK_LEN as u64),
        ("CHUNK_LOG2", u64::from(header::CHUNK_LOG2)),
        ("CHUNK_CRC_LEN", header::CHUNK_CRC_LEN as u64),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let section = section("2.5 Limits");
    let rows =
        table(&section).into_iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1].parse().unwrap()));
    assert_eq!(rows.collect::<Vec<(String, u64)>>(), constants);
}

#[test]
fn the_worked_example_is_what_the_code_seals() {
    let section = section("2.6 Worked example");
    let mut bytes = Vec::new();
    for line in block(&section) {
        // Offset, then up to sixteen bytes in hex, then what they mean.
        assert_eq!(usize::from_str_radix(&line[..8], 16), Ok(bytes.len()), "the offset of {line:?}");
        let hex = line[10..58].replace(' ', "");
        bytes.extend(hex::decode(hex).unwrap());
    }
    assert_eq!(hex::encode(&bytes), hex::encode(blog_home()));
    assert_eq!(bytes, include_bytes!("golden/blog_home.bin"), "and it is the stored record, too");
}

#[test]
fn the_page_and_the_error_name_the_same_checks_in_the_same_order() {
    let section = section("2.7 Reading");
    let on_the_page = table(&section).into_iter().map(|row| row[0].trim_matches('`').to_owned());

    let (_, code) = include_str!("../src/error.rs").split_once("pub enum ParseError {").unwrap();
    let variants = code.lines().take_while(|line| *line != "}").filter_map(|line| {
        line.strip_prefix("    ")?.strip_suffix(" {").filter(|name| !name.starts_with(' ')).map(str::to_owned)
    });
    assert_eq!(on_the_page.collect::<Vec<_>>(), variants.collect::<Vec<_>>());
}
